//! State in and out against the real Keras: `initial_state`, `return_state` and stateful layers.
//!
//! The numbers in `golden/stateful.json` were made by `tools/golden/stateful.py` with Keras 3 on TensorFlow in
//! float64: random weights, ragged rows under a mask with a hole, random states before them; and three pieces
//! of rows through a stack of stateful layers.

use gatewise::layers::{Gru, Input, Layer, Lstm, Masking};
use gatewise::rows::{Features, Inputs};
use gatewise::{Isa, Machine, Model, Sequential, Stateful};
use serde_json::Value;

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/stateful.json")).unwrap()
}

fn numbers(values: &Value) -> Vec<f32> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
}

/// Rows of steps, each row flat.
fn rows(width: usize, rows: &Value) -> Inputs {
    let mut features = Features::new(width);
    rows.as_array().unwrap().iter().for_each(|row| features.push(&numbers(row)).unwrap());
    features.into()
}

fn set_weights(model: &mut Model, layer: &str, weights: &Value) {
    for (tensor, values) in weights.as_object().unwrap() {
        let to = model.params_mut().get_mut(&format!("{layer}/{tensor}")).unwrap();
        to.copy_from_slice(&numbers(values));
    }
}

fn assert_close(ours: &[f32], golden: &[f32], what: &str) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (ours, golden) in ours.iter().zip(golden) {
        assert!((ours - golden).abs() < 2e-6, "{what}: {ours} {golden}");
    }
}

#[test]
fn a_layer_begins_and_ends_in_the_states_of_keras() {
    let golden = golden();
    let width = golden["inputs"].as_u64().unwrap() as usize;
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let layer: Layer = serde_json::from_value(case["layer"].clone()).unwrap();
        let base = case["layer"]["layer"].as_str().unwrap();
        let layers = Sequential::new().with(Input::new(width)).with(Masking::new(0.0)).with(layer);
        let mut model = layers.compile(1).unwrap();
        set_weights(&mut model, base, &case["weights"]);
        let (x, count) = (rows(width, &case["x"]), case["x"].as_array().unwrap().len());
        let golden_outputs: Vec<f32> = case["y"].as_array().unwrap().iter().flat_map(numbers).collect();
        for isa in Isa::available() {
            let mut state = model.zero_state(count).unwrap();
            let names: Vec<String> = state.names().map(String::from).collect();
            assert_eq!(names.len(), case["start"].as_array().unwrap().len(), "{name}");
            for (name, start) in names.iter().zip(case["start"].as_array().unwrap()) {
                state.get_mut(name).unwrap().copy_from_slice(&numbers(start));
            }
            let outputs = Stateful::on(model.clone(), &Machine::new().threads(2).isa(isa))
                .unwrap()
                .predict(&x, &mut state)
                .unwrap();
            assert_close(&outputs, &golden_outputs, &format!("{name} {isa}: outputs"));
            for (part, after) in names.iter().zip(case["after"].as_array().unwrap()) {
                assert_close(state.get(part).unwrap(), &numbers(after), &format!("{name} {isa}: {part}"));
            }
        }
    }
}

#[test]
fn pieces_through_a_stack_are_those_of_stateful_layers() {
    let (golden, width) = (golden(), 3);
    let stack = &golden["stack"];
    let layers = Sequential::new().with(Input::new(width)).with(Lstm::new(5).return_sequences(true));
    let mut model = layers.with(Gru::new(4)).compile(1).unwrap();
    set_weights(&mut model, "lstm", &stack["weights"][0]);
    set_weights(&mut model, "gru", &stack["weights"][1]);
    let mut state = model.zero_state(3).unwrap();
    for (piece, y) in stack["x"].as_array().unwrap().iter().zip(stack["y"].as_array().unwrap()) {
        let outputs = model.predict_with_state(&rows(width, piece), &mut state).unwrap();
        assert_close(&outputs, &numbers(y), "stack");
    }
}
