//! Calls of single layers against the real Keras: outputs and final states under every mask, initial state and
//! setting. `golden/calls.json` was made by `tools/golden/calls.py`.

use gatewise::layers::Layer;
use gatewise::rows::{Features, Inputs};
use gatewise::{CallOptions, Sequential};
use serde_json::Value;

/// The golden numbers. Weights and states are written where they change.
fn golden() -> Value {
    let mut golden: Value = serde_json::from_str(include_str!("golden/calls.json")).unwrap();
    for key in ["weights", "start"] {
        let mut last = Value::Null;
        for case in golden["cases"].as_array_mut().unwrap() {
            match &case[key] {
                Value::String(_) => case[key] = last.clone(),
                Value::Null => {}
                value => last = value.clone(),
            }
        }
    }
    golden
}

fn list<T>(values: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    values.as_array().unwrap().iter().map(of).collect()
}

fn numbers(values: &Value) -> Vec<f32> {
    list(values, |value| value.as_f64().unwrap() as f32)
}

fn rows(golden: &Value, count: usize) -> Features {
    let mut x = Features::new(golden["width"].as_u64().unwrap() as usize);
    golden["x"].as_array().unwrap().iter().take(count).for_each(|row| x.push(&numbers(row)).unwrap());
    x
}

fn mask(golden: &Value, count: usize) -> Vec<Vec<bool>> {
    let mut mask = list(&golden["mask"], |row| list(row, |value| value.as_bool().unwrap()));
    mask.truncate(count);
    mask
}

fn assert_close(ours: &[f32], golden: &Value, what: &str) {
    let golden = numbers(golden);
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (ours, golden) in ours.iter().zip(&golden) {
        assert!((ours - golden).abs() < 2e-6, "{what}: {ours} {golden}");
    }
}

#[test]
fn a_call_has_the_outputs_and_states_of_keras() {
    let golden = golden();
    let x: Inputs = rows(&golden, usize::MAX).into();
    let mask = mask(&golden, usize::MAX);
    let cases = golden["cases"].as_array().unwrap();
    assert!(cases.len() > 120);
    for case in cases {
        let layer: Layer = serde_json::from_value(case["layer"].clone()).unwrap();
        let weights = list(&case["weights"], numbers);
        let mut options = CallOptions::new();
        if case["masked"] == true {
            options = options.mask(mask.clone());
        }
        if !case["start"].is_null() {
            options = options.initial_state(list(&case["start"], numbers));
        }
        let what = format!("{} masked {} start {}", case["layer"], case["masked"], case["start"]);
        for options in [options.clone(), options.training(true)] {
            let called = layer.call_with(&x, &weights, &options).unwrap();
            let (outputs, states) =
                (&case["outputs"].as_array().unwrap(), &case["states"].as_array().unwrap());
            assert_eq!(
                (called.outputs().len(), called.states().len()),
                (outputs.len(), states.len()),
                "{what}"
            );
            for (ours, golden) in called.outputs().iter().zip(outputs.iter()) {
                assert_close(ours.values(), golden, &what);
            }
            for (ours, golden) in called.states().iter().zip(states.iter()) {
                assert_close(ours, golden, &what);
            }
            let steps = called.output().steps(0) > 1;
            assert_eq!(called.mask(), (case["masked"] == true && steps).then_some(&mask[..]), "{what}");
        }
    }
}

#[test]
fn other_layers_pass_the_mask_on_or_use_it() {
    let golden = golden();
    let (x, mask): (Inputs, _) = (rows(&golden, 3).into(), mask(&golden, 3));
    for case in golden["others"].as_array().unwrap() {
        let layer: Layer = serde_json::from_value(case["layer"].clone()).unwrap();
        let weights = list(&case["weights"], numbers);
        let called = layer.call_with(&x, &weights, &CallOptions::new().mask(mask.clone())).unwrap();
        assert_close(called.output().values(), &case["outputs"][0], &case["layer"].to_string());
        let pools = case["layer"]["layer"].as_str().unwrap().starts_with("global");
        assert_eq!(called.mask(), (!pools).then_some(&mask[..]));
        assert!(called.states().is_empty());
    }
}

/// In a model, the mask comes from the ids or the vectors; it is the same arithmetic.
#[test]
fn a_model_gives_the_zeros_of_keras_too() {
    use gatewise::layers::{Embedding, Input, Masking};
    use gatewise::rows::{Padding, Sequences};
    let golden = golden();
    let (x, mask) = (rows(&golden, usize::MAX), mask(&golden, usize::MAX));
    let masked = |row: &[f32], mask: &[bool]| -> Vec<f32> {
        let keep = mask.iter().flat_map(|&keep| [f32::from(keep); 2]);
        row.iter().zip(keep).map(|(x, keep)| x * keep).collect()
    };
    let mut zeroed = Features::new(x.width());
    (0..x.len()).for_each(|row| zeroed.push(&masked(x.row(row), &mask[row])).unwrap());
    // The same vectors as rows of a table, the first of zeros.
    let table: Vec<f32> = [0.0; 2].into_iter().chain(x.values().iter().copied()).collect();
    let ids: Sequences = mask
        .iter()
        .zip(0..)
        .map(|(row, at)| row.iter().zip(0..).map(move |(&keep, t)| if keep { 1 + at * 5 + t } else { 0 }))
        .map(|row| row.collect::<Vec<u32>>())
        .collect();
    let mut seen = 0;
    for case in golden["cases"].as_array().unwrap() {
        let one = case["outputs"].as_array().unwrap().len() == 1;
        if case["masked"] == false || !case["start"].is_null() || !one {
            continue;
        }
        let layer: Layer = serde_json::from_value(case["layer"].clone()).unwrap();
        let weights = list(&case["weights"], numbers);
        let what = case["layer"].to_string();
        let vectors = Sequential::new().with(Input::new(2)).with(Masking::new(0.0)).with(layer.clone());
        let mut model = vectors.compile(1).unwrap();
        model.params_mut().set_weights(&weights).unwrap();
        let outputs = model.predict(&zeroed.clone().into(), Padding::default()).unwrap();
        assert_close(&outputs, &case["outputs"][0], &what);
        let words = Sequential::new().with(Embedding::new(21, 2).mask_zero(true)).with(layer);
        let mut model = words.compile(1).unwrap();
        model.params_mut().set_weights(&[vec![table.clone()], weights].concat()).unwrap();
        let outputs = model.predict(&(&ids).into(), Padding::default()).unwrap();
        assert_close(&outputs, &case["outputs"][0], &what);
        seen += 1;
    }
    assert!(seen > 30);
}
