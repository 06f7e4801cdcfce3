//! Models that make other steps than those of their rows, or read vectors, against the real Keras: outputs, loss
//! and every gradient. `golden/steps.json` was made by `tools/golden/steps.py`.

use gatewise::rows::{Dataset, Features, Inputs, Padding, Sequences, Targets};
use gatewise::{Isa, Loss, Sequential};
use serde_json::Value;

fn list<T>(values: &Value, of: impl Fn(&Value) -> T) -> Vec<T> {
    values.as_array().unwrap().iter().map(of).collect()
}

fn numbers(values: &Value) -> Vec<f32> {
    list(values, |value| value.as_f64().unwrap() as f32)
}

fn assert_close(ours: &[f32], golden: &[f32], what: &str) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    for (ours, golden) in ours.iter().zip(golden) {
        assert!((ours - golden).abs() < 3e-6 * (1.0 + golden.abs()), "{what}: {ours} {golden}");
    }
}

#[test]
fn outputs_losses_and_gradients_are_those_of_keras() {
    let golden: Value = serde_json::from_str(include_str!("golden/steps.json")).unwrap();
    for case in golden["cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let layers: Sequential = serde_json::from_value(case["layers"].clone()).unwrap();
        let mut model = layers.compile(1).unwrap();
        model.params_mut().set_weights(&list(&case["weights"], numbers)).unwrap();
        let vectors = name == "perceptron";
        let rows: Inputs = match vectors {
            true => {
                let mut rows = Features::new(3);
                list(&case["x"], numbers).iter().for_each(|row| rows.push(row).unwrap());
                rows.into()
            }
            false => {
                let id = |id: &Value| id.as_u64().unwrap() as u32;
                list(&case["x"], |row| list(row, id)).into_iter().collect::<Sequences>().into()
            }
        };
        let (golden_outputs, width) = (numbers(&case["outputs"]), model.output_width());
        for padding in [Padding::default(), Padding::to(6)] {
            assert_close(&model.predict(&rows, padding).unwrap(), &golden_outputs, name);
        }
        let targets = match model.output_per_step() {
            true => Targets::steps(width, numbers(&case["targets"]), &[6; 4]).unwrap(),
            false => Targets::rows(width, numbers(&case["targets"])).unwrap(),
        };
        let data = Dataset::new(rows, targets).unwrap();
        for isa in Isa::available() {
            let (loss, grads) = model.gradients(&data, Loss::MeanSquaredError, isa).unwrap();
            assert!((loss - case["loss"].as_f64().unwrap()).abs() < 1e-6, "{name}: {loss}");
            for (info, golden) in model.params().table().iter().zip(list(&case["grads"], numbers)) {
                assert_close(&grads[info.range.clone()], &golden, &format!("{name} {isa}: {}", info.name));
            }
        }
    }
}
