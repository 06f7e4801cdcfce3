//! Whole models against the real Keras: outputs, loss, every gradient tensor, ten training steps.
//!
//! The numbers in `golden/model_*.safetensors` were made by `tools/golden/make.py` with Keras 3 on
//! TensorFlow in float64 (versions in each file's metadata): random weights, biases too, rows of every
//! length from empty to longer than the model sees, padding on both sides, masked and not.

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::rows::{Dataset, Padding, Sequences};
use gatewise::text::Side;
use gatewise::{Fit, Isa, Loss, Model, Sequential};
use safetensors::{Dtype, SafeTensors};
use std::path::PathBuf;

/// One golden file, its arrays widened to f64.
struct Golden {
    name: String,
    case: serde_json::Value,
    bytes: Vec<u8>,
}

impl Golden {
    fn all() -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("model_"))
            .collect();
        names.sort();
        assert!(names.len() >= 9, "golden files are missing; see tools/golden/README.md");
        names
            .iter()
            .map(|path| {
                let bytes = std::fs::read(path).unwrap();
                let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
                let metadata = header.metadata().clone().unwrap();
                Self {
                    name: path.file_stem().unwrap().to_str().unwrap().to_owned(),
                    case: serde_json::from_str(&metadata["case"]).unwrap(),
                    bytes,
                }
            })
            .collect()
    }

    fn get(&self, name: &str) -> Vec<f64> {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = tensors.tensor(name).unwrap_or_else(|_| panic!("{}: no {name}", self.name));
        let data = tensor.data();
        match tensor.dtype() {
            Dtype::F64 => data.chunks_exact(8).map(|b| f64::from_le_bytes(b.try_into().unwrap())).collect(),
            Dtype::F32 => {
                data.chunks_exact(4).map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap()))).collect()
            }
            Dtype::I32 => {
                data.chunks_exact(4).map(|b| f64::from(i32::from_le_bytes(b.try_into().unwrap()))).collect()
            }
            other => panic!("{name}: {other:?}"),
        }
    }

    fn number(&self, key: &str) -> usize {
        self.case[key].as_u64().unwrap() as usize
    }

    /// The model of the case, with the golden weights.
    fn model(&self) -> Model {
        let spec = match self.case.get("layers") {
            Some(layers) => serde_json::from_value(layers.clone()).unwrap(),
            None => self.stacked_lstm(),
        };
        let mut model: Model = spec.compile(0).unwrap();
        for info in model.params().table().to_vec() {
            let values = self.get(&format!("weights/{}", info.name));
            let to = model.params_mut().get_mut(&info.name).unwrap();
            to.iter_mut().zip(values).for_each(|(to, v)| *to = v as f32);
        }
        model
    }

    /// The layers of a case that names none.
    fn stacked_lstm(&self) -> Sequential {
        let mask = self.case["mask_zero"].as_bool().unwrap();
        let units: Vec<_> =
            self.case["units"].as_array().unwrap().iter().map(|u| u.as_u64().unwrap()).collect();
        let mut spec =
            Sequential::new().with(Embedding::new(self.number("vocab"), self.number("dim")).mask_zero(mask));
        for (index, &units_here) in units.iter().enumerate() {
            spec = spec.with(Lstm::new(units_here as usize).return_sequences(index + 1 < units.len()));
        }
        spec.with(Dense::new(1).activation(Activation::Sigmoid))
    }

    fn data(&self) -> Dataset {
        let (ids, offsets) = (self.get("ids"), self.get("offsets"));
        let rows: Sequences = offsets
            .windows(2)
            .map(|w| ids[w[0] as usize..w[1] as usize].iter().map(|&id| id as u32).collect::<Vec<_>>())
            .collect();
        let side = |key: &str| if self.case[key] == "pre" { Side::Pre } else { Side::Post };
        Dataset::new(rows, self.get("labels").iter().map(|&y| y as f32).collect::<Vec<_>>())
            .unwrap()
            .with_padding(
                Padding::to(self.number("steps")).padding(side("padding")).truncating(side("truncating")),
            )
    }
}

/// Largest difference, relative to the largest golden value.
fn error(ours: &[f32], golden: &[f64]) -> f64 {
    assert_eq!(ours.len(), golden.len());
    let scale = golden.iter().fold(1e-12, |a: f64, g| a.max(g.abs()));
    ours.iter().zip(golden).fold(0.0, |e: f64, (&o, g)| e.max((f64::from(o) - g).abs())) / scale
}

const TOLERANCE: f64 = 1e-5;

#[test]
fn outputs_are_those_of_keras() {
    for golden in Golden::all() {
        let data = golden.data();
        let outputs = golden.model().predict(data.inputs(), data.padding()).unwrap();
        let e = error(&outputs, &golden.get("output"));
        assert!(e < TOLERANCE, "{}: {e:e}", golden.name);
    }
}

#[test]
fn loss_and_every_gradient_are_those_of_keras_on_every_instruction_set() {
    for golden in Golden::all() {
        let model = golden.model();
        for isa in Isa::available() {
            let (loss, grads) = model.gradients(&golden.data(), Loss::default(), isa).unwrap();
            let e = (loss / golden.get("loss")[0] - 1.0).abs();
            assert!(e < TOLERANCE, "{} {isa}: loss off by {e:e}", golden.name);
            for info in model.params().table() {
                let e = error(&grads[info.range.clone()], &golden.get(&format!("grads/{}", info.name)));
                assert!(e < TOLERANCE, "{} {isa}: d{} off by {e:e}", golden.name, info.name);
            }
        }
    }
}

#[test]
fn ten_adam_steps_follow_keras_and_do_not_depend_on_threads_or_instruction_set() {
    for golden in Golden::all() {
        let data = golden.data();
        let mut bits: Option<Vec<u32>> = None;
        for (isa, threads) in Isa::available().into_iter().flat_map(|isa| [(isa, 1), (isa, 3)]) {
            let mut model = golden.model();
            let rate = golden.case["learning_rate"].as_f64().unwrap();
            let fit =
                Fit::new().learning_rate(rate).epochs(10).batch_size(data.len()).isa(isa).threads(threads);
            let history = fit.run(&mut model, &data).unwrap();
            for (step, (log, golden_loss)) in history.epochs.iter().zip(golden.get("losses")).enumerate() {
                let e = (log.loss / golden_loss - 1.0).abs();
                assert!(e < TOLERANCE, "{} {isa}: loss of step {step} off by {e:e}", golden.name);
            }
            for info in model.params().table() {
                let values = model.params().get(&info.name).unwrap();
                // Where a gradient all but vanishes, Adam divides rounding by rounding; no weight moves
                // by more than the rate a step, so such a weight may differ by a share of that.
                let e = error(values, &golden.get(&format!("after/{}", info.name)));
                assert!(e < 1e-4, "{} {isa}: {} after ten steps off by {e:e}", golden.name, info.name);
            }
            let now: Vec<u32> = model.params().values().iter().map(|v| v.to_bits()).collect();
            assert_eq!(bits.get_or_insert_with(|| now.clone()), &now, "{} {isa} {threads}", golden.name);
        }
    }
}
