//! Models of every layer against the real Keras: outputs, loss, every gradient tensor.
//!
//! The numbers in `golden/layers_*.safetensors` were made by `tools/golden/layers.py` with Keras 3 on
//! TensorFlow in float64 (skip connections by `skip_connection.py`, on JAX): random weights, biases too, rows of every length, padding on both sides, masked and
//! not. Each file describes its layers as Keras does, and a layer's settings are read here by the same names
//! that an artifact writes: a new case needs no line here.

use gatewise::layers::{Input, Layer};
use gatewise::rows::{Dataset, Features, Inputs, Padding, Sequences, Targets};
use gatewise::text::Side;
use gatewise::{Isa, Loss, Model, Sequential};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;
use std::path::{Path, PathBuf};

struct Golden {
    name: String,
    case: Value,
    bytes: Vec<u8>,
}

/// A layer from Keras's class name and settings.
fn layer(description: &Value) -> Layer {
    let tag = match description["class_name"].as_str().unwrap() {
        "SimpleRNN" => "simple_rnn".to_owned(),
        "GlobalMaxPooling1D" => "global_max_pooling1d".to_owned(),
        "GlobalAveragePooling1D" => "global_average_pooling1d".to_owned(),
        "LayerNormalization" => "layer_normalization".to_owned(),
        "SkipConnection" => "skip_connection".to_owned(),
        "TimeDistributed" => "time_distributed".to_owned(),
        class => class.to_lowercase(),
    };
    let mut settings = description["config"].clone();
    settings["tag"] = tag.into();
    let rename = |mut settings: Value| {
        let fields = settings.as_object_mut().unwrap();
        // Keras calls a wrapped layer `layer`, which is the tag here.
        if let Some(wrapped) = fields.remove("layer") {
            fields.insert("wrapped".into(), serde_json::to_value(layer(&wrapped)).unwrap());
        }
        let tag = fields.remove("tag").unwrap();
        fields.insert("layer".into(), tag);
        settings
    };
    serde_json::from_value(rename(settings)).unwrap()
}

impl Golden {
    fn all() -> Vec<Self> {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
        let ours = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("layers_");
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut paths: Vec<_> = paths.filter(ours).collect();
        paths.sort();
        assert!(paths.len() >= 30, "golden files are missing; see tools/golden/README.md");
        paths.iter().map(|path| Self::read(path)).collect()
    }

    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap();
        let case = serde_json::from_str(&header.metadata().as_ref().unwrap()["case"]).unwrap();
        Self { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), case, bytes }
    }

    fn tensor(&self, name: &str) -> (Vec<usize>, Vec<f64>) {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = tensors.tensor(name).unwrap_or_else(|_| panic!("{}: no {name}", self.name));
        let data = tensor.data();
        let four = || data.as_chunks::<4>().0.iter().copied();
        let values = match tensor.dtype() {
            Dtype::F64 => data.as_chunks::<8>().0.iter().map(|&b| f64::from_le_bytes(b)).collect(),
            Dtype::F32 => four().map(|b| f64::from(f32::from_le_bytes(b))).collect(),
            Dtype::I32 => four().map(|b| f64::from(i32::from_le_bytes(b))).collect(),
            other => panic!("{name}: {other:?}"),
        };
        (tensor.shape().to_vec(), values)
    }

    fn floats(&self, name: &str) -> Vec<f32> {
        self.tensor(name).1.iter().map(|&v| v as f32).collect()
    }

    /// The model of the case, with the golden weights; every one of them must find its place.
    fn model(&self) -> Model {
        let layers = self.case["layers"].as_array().unwrap();
        // Keras is told the shape of its input when it is called.
        let start = match self.case["features"] == true && layers[0]["class_name"] != "Input" {
            true => Sequential::new().with(Input::new(self.tensor("rows").0[1])),
            false => Sequential::new(),
        };
        let spec = layers.iter().fold(start, |spec, description| spec.with(layer(description)));
        let mut model = spec.compile(0).unwrap();
        let names: Vec<_> = model.params().table().iter().map(|info| info.name.clone()).collect();
        for name in &names {
            let values = self.floats(&format!("weights/{name}"));
            model.params_mut().get_mut(name).unwrap().copy_from_slice(&values);
        }
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let golden = tensors.names().into_iter().filter(|name| name.starts_with("weights/")).count();
        assert_eq!(golden, names.len(), "{}: {names:?}", self.name);
        model
    }

    fn data(&self) -> Dataset {
        let ((shape, rows), (_, offsets)) = (self.tensor("rows"), self.tensor("offsets"));
        let width = shape[1..].iter().product::<usize>();
        let of = offsets.windows(2).map(|w| &rows[w[0] as usize * width..w[1] as usize * width]);
        let inputs: Inputs = if self.case["features"] == true {
            let mut features = Features::new(width);
            of.for_each(|row| features.push(&row.iter().map(|&v| v as f32).collect::<Vec<_>>()).unwrap());
            features.into()
        } else {
            of.map(|row| row.iter().map(|&id| id as u32).collect::<Vec<_>>()).collect::<Sequences>().into()
        };
        let width = *self.tensor("targets").0.last().unwrap();
        let targets = Targets::rows(width, self.floats("targets")).unwrap();
        let side = if self.case["padding"] == "pre" { Side::Pre } else { Side::Post };
        let maxlen = Some(self.case["steps"].as_u64().unwrap() as usize);
        let padding = Padding::default().maxlen(maxlen).padding(side).truncating(side);
        Dataset::new(inputs, targets).unwrap().with_padding(padding)
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
fn outputs_loss_and_every_gradient_are_those_of_keras_on_every_instruction_set() {
    for golden in Golden::all() {
        let (name, model, data) = (&golden.name, golden.model(), golden.data());
        let outputs = model.predict(data.inputs(), data.padding()).unwrap();
        let e = error(&outputs, &golden.tensor("output").1);
        assert!(e < TOLERANCE, "{name}: outputs off by {e:e}");
        let loss: Loss = golden.case["loss"].as_str().unwrap().parse().unwrap();
        for isa in Isa::available() {
            let (value, grads) = model.gradients(&data, loss.clone(), isa).unwrap();
            let e = (value / golden.tensor("loss").1[0] - 1.0).abs();
            assert!(e < TOLERANCE, "{name} {isa}: loss off by {e:e}");
            for info in model.params().table() {
                let e = error(&grads[info.range.clone()], &golden.tensor(&format!("grads/{}", info.name)).1);
                assert!(e < TOLERANCE, "{name} {isa}: d{} off by {e:e}", info.name);
            }
        }
    }
}
