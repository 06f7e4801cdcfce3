//! Attributions against Captum and against the published equations of contextual decomposition.
//!
//! The numbers in `golden/explain.json` were made by `tools/golden/explain.py` in float64: integrated gradients, input
//! × gradient and occlusion by Captum on PyTorch models, contextual decomposition in NumPy; random weights, ragged rows
//! with padding on the left that is not masked.

use gatewise::explain::{GradientAttribution, contextual_decomposition, integrated_gradients, occlusion};
use gatewise::layers::Layer;
use gatewise::rows::{Features, Inputs, Padding, Sequences};
use gatewise::{Model, Sequential};
use serde_json::Value;
use std::ops::Range;

struct Case {
    name: String,
    model: Model,
    rows: Inputs,
    padding: Padding,
    output: usize,
    results: Vec<Value>,
}

fn list(values: &Value) -> &[Value] {
    values.as_array().unwrap()
}

fn numbers(values: &Value) -> Vec<f64> {
    list(values).iter().map(|value| value.as_f64().unwrap()).collect()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

fn cases() -> Vec<Case> {
    let golden: Value = serde_json::from_str(include_str!("golden/explain.json")).unwrap();
    let case = |value: &Value| {
        let layers = list(&value["layers"]).iter().fold(Sequential::new(), |layers, layer| {
            layers.with(serde_json::from_value::<Layer>(layer.clone()).unwrap())
        });
        let mut model = layers.compile(1).unwrap();
        let narrow = |values: &Value| numbers(values).into_iter().map(|w| w as f32).collect::<Vec<_>>();
        let weights: Vec<_> = list(&value["weights"]).iter().map(narrow).collect();
        model.params_mut().set_weights(&weights).unwrap();
        let rows: Inputs = if value["layers"][0]["layer"] == "embedding" {
            let ids = |row: &Value| list(row).iter().map(|id| size(id) as u32).collect::<Vec<_>>();
            list(&value["rows"]).iter().map(ids).collect::<Sequences>().into()
        } else {
            let mut rows = Features::new(size(&value["layers"][0]["features"]));
            list(&value["rows"]).iter().for_each(|row| rows.push(&narrow(row)).unwrap());
            rows.into()
        };
        Case {
            name: value["name"].as_str().unwrap().to_owned(),
            model,
            rows,
            padding: Padding::to(size(&golden["steps"])),
            output: size(&value["output"]),
            results: list(&value["results"]).to_vec(),
        }
    };
    let cases: Vec<_> = list(&golden["cases"]).iter().map(case).collect();
    assert!(cases.len() >= 9 && cases.iter().all(|case| case.results.len() == case.rows.len()));
    cases
}

/// Compares numbers up to 1e-4 of the largest golden one.
fn assert_close(ours: &[f64], golden: &[f64], what: &str) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    let largest = golden.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    assert!(largest > 1e-4, "{what}: nothing to compare");
    for (ours, golden) in ours.iter().zip(golden) {
        assert!((ours - golden).abs() <= 1e-4 * largest, "{what}: {ours} {golden}");
    }
}

#[test]
fn gradients_are_those_of_captum() {
    for case in cases() {
        for points in [16, 50] {
            let (rows, padding) = (&case.rows, case.padding);
            let found = integrated_gradients(&case.model, rows, padding, case.output, Some(points)).unwrap();
            for (row, (found, golden)) in found.iter().zip(&case.results).enumerate() {
                let GradientAttribution { logit, baseline, integrated, gradient_times_input, .. } = found;
                let what = |method: &str| format!("{} row {row} {points} points: {method}", case.name);
                let captum = numbers(&golden["integrated_gradients"][points.to_string()]);
                assert_close(integrated, &captum, &what("integrated gradients"));
                assert_close(
                    gradient_times_input,
                    &numbers(&golden["input_x_gradient"]),
                    &what("input x gradient"),
                );
                let ends = [golden["logit"].as_f64().unwrap(), golden["baseline"].as_f64().unwrap()];
                assert_close(&[*logit, *baseline], &ends, &what("the ends of the path"));
                // Captum's convergence delta: the sum less the difference of the ends.
                let delta = integrated.iter().sum::<f64>() - (logit - baseline);
                let captum = golden["convergence_delta"][points.to_string()].as_f64().unwrap();
                let scale = integrated.iter().map(|value| value.abs()).sum::<f64>();
                assert!((delta - captum).abs() < 1e-5 * (1.0 + scale), "{}: {delta} {captum}", what("delta"));
            }
        }
    }
}

#[test]
fn occlusion_is_that_of_captum() {
    for case in cases() {
        for (row, golden) in case.results.iter().enumerate() {
            let found = occlusion(&case.model, &case.rows.select(&[row]), case.padding, case.output).unwrap();
            let captum = numbers(&golden["occlusion"]);
            // Steps that are cut off change nothing.
            let (cut, seen) = found.split_at(found.len() - captum.len());
            assert!(cut.iter().all(|&value| value == 0.0), "{} row {row}", case.name);
            assert_close(seen, &captum, &format!("{} row {row}", case.name));
        }
    }
}

#[test]
fn contextual_decomposition_is_that_of_the_published_equations() {
    for case in cases() {
        for (row, golden) in case.results.iter().enumerate() {
            let phrase = |ends: &Value| -> Range<usize> { size(&ends[0])..size(&ends[1]) };
            let phrases: Vec<_> = list(&golden["phrases"]).iter().map(phrase).collect();
            let row_alone = case.rows.select(&[row]);
            let found =
                contextual_decomposition(&case.model, &row_alone, case.padding, case.output, &phrases)
                    .unwrap();
            let golden = numbers(&golden["contextual_decomposition"]);
            assert_close(&found, &golden, &format!("{} row {row}", case.name));
        }
    }
}
