//! Traces and input gradients against the real Keras.
//!
//! The numbers in `golden/inside.json` were made by `tools/golden/inside.py` with Keras 3 on TensorFlow in float64:
//! every gate, candidate, cell state and output of every recurrent layer at every step, and the gradients of the
//! logit, the output and the loss with respect to the embedded inputs; random weights, ragged rows, masked and not.

use gatewise::layers::{Embedding, Layer};
use gatewise::rows::{Inputs, Padding, Sequences, Targets};
use gatewise::text::Side;
use gatewise::{Isa, Loss, Machine, Model, Output, Sequential};
use serde_json::Value;

fn numbers(values: &Value) -> Vec<f32> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
}

fn list(values: &Value) -> &[Value] {
    values.as_array().unwrap()
}

fn size(value: &Value) -> usize {
    value.as_u64().unwrap() as usize
}

struct Case {
    name: String,
    value: Value,
    model: Model,
    rows: Inputs,
    padding: Padding,
}

fn cases() -> Vec<Case> {
    let golden: Value = serde_json::from_str(include_str!("golden/inside.json")).unwrap();
    let case = |value: &Value| {
        let embedding = Embedding::new(size(&golden["vocabulary"]), size(&golden["width"]));
        let embedding = embedding.mask_zero(value["masked"].as_bool().unwrap());
        let layers =
            list(&value["layers"]).iter().fold(Sequential::new().with(embedding), |layers, layer| {
                layers.with(serde_json::from_value::<Layer>(layer.clone()).unwrap())
            });
        let mut model = layers.compile(1).unwrap();
        let weights: Vec<_> = list(&value["weights"]).iter().map(numbers).collect();
        model.params_mut().set_weights(&weights).unwrap();
        let ids = |row: &Value| list(row).iter().map(|id| size(id) as u32).collect::<Vec<_>>();
        let rows: Sequences = list(&value["rows"]).iter().map(ids).collect();
        let side = if value["padding"] == "pre" { Side::Pre } else { Side::Post };
        let padding = Padding::to(size(&golden["steps"])).padding(side).truncating(side);
        let name = value["name"].as_str().unwrap().to_owned();
        Case { name, value: value.clone(), model, rows: rows.into(), padding }
    };
    let cases: Vec<_> = list(&golden["cases"]).iter().map(case).collect();
    assert!(cases.len() >= 14);
    cases
}

fn assert_close(ours: &[f32], golden: &[f32], what: &str) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (ours, golden) in ours.iter().zip(golden) {
        assert!((ours - golden).abs() < 2e-6, "{what}: {ours} {golden}");
    }
}

#[test]
fn traces_are_those_of_keras() {
    for case in cases() {
        for isa in Isa::available() {
            let trace =
                case.model.trace_on(&case.rows, case.padding, &Machine::new().threads(2).isa(isa)).unwrap();
            for (layer, signals) in case.value["inside"].as_object().unwrap() {
                let signals = signals.as_object().unwrap();
                assert_eq!(trace.signals(layer).unwrap().len(), signals.len(), "{} {layer}", case.name);
                for (signal, rows) in signals {
                    for (row, golden) in list(rows).iter().enumerate() {
                        let what = format!("{} {isa} {layer} {signal} row {row}", case.name);
                        let ours = trace.get(row, layer, signal).unwrap();
                        let mut golden = numbers(golden);
                        // What a layer computes and does not use at masked steps is nobody's business; Bidirectional
                        // gives zeros there in Keras, which no layer reads.
                        let carries = matches!(&**signal, "cell" | "output") && layer != "bidirectional";
                        if !carries && ours.shape().len() == 2 {
                            let units = ours.shape()[1];
                            for (t, step) in golden.chunks_exact_mut(units).enumerate() {
                                if !trace.mask(row)[t] {
                                    step.copy_from_slice(ours.step(t));
                                }
                            }
                        }
                        assert_close(ours.values(), &golden, &what);
                    }
                }
            }
        }
    }
}

#[test]
fn input_gradients_are_those_of_keras() {
    for case in cases() {
        let output = size(&case.value["output"]);
        let targets = Targets::from(numbers(&case.value["targets"]));
        let loss = match case.model.output_width() {
            1 => Loss::binary_crossentropy(),
            _ => Loss::sparse_categorical_crossentropy(),
        };
        let of = [
            ("logit", Output::Logit(output)),
            ("value", Output::Value(output)),
            ("loss", Output::Loss(&loss, &targets)),
        ];
        for (name, of) in of {
            for isa in Isa::available() {
                let ours = case
                    .model
                    .input_gradients_on(&case.rows, case.padding, of, &Machine::new().threads(2).isa(isa))
                    .unwrap();
                for (row, golden) in list(&case.value["gradients"][name]).iter().enumerate() {
                    let what = format!("{} {isa} {name} row {row}", case.name);
                    assert_close(ours.row(row), &numbers(golden), &what);
                }
            }
        }
    }
}
