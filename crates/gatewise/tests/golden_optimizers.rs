//! Optimizers, schedules, clipping, weight averages and regularisers against the real Keras.
//!
//! The numbers in `golden/optimizers.safetensors`, `schedules.json` and `fit.safetensors` were made by
//! `tools/golden/optimizers.py` with Keras 3 on TensorFlow in float64.

use gatewise::layers::{Activation, Dense, Embedding, Lstm, Regularizer};
use gatewise::optimizer::{
    Adagrad, Adam, AdamW, Clip, Ema, ExponentialDecay, LearningRate, Nadam, Optimizer, RmsProp, Sgd, Update,
};
use gatewise::rows::{Dataset, Sequences};
use gatewise::{Fit, Isa, Loss, Model, Sequential};
use safetensors::SafeTensors;
use serde_json::Value;
use std::path::PathBuf;

const STEPS: usize = 12;

fn golden(name: &str) -> Vec<u8> {
    std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)).unwrap()
}

/// A tensor's numbers, of whichever width.
fn get(file: &SafeTensors<'_>, name: &str) -> Vec<f64> {
    let tensor = file.tensor(name).unwrap_or_else(|_| panic!("no {name}"));
    let bytes = tensor.data();
    match tensor.dtype() {
        safetensors::Dtype::F64 => bytes.as_chunks().0.iter().map(|b| f64::from_le_bytes(*b)).collect(),
        safetensors::Dtype::F32 => {
            bytes.as_chunks().0.iter().map(|b| f64::from(f32::from_le_bytes(*b))).collect()
        }
        _ => bytes.as_chunks().0.iter().map(|b| f64::from(i32::from_le_bytes(*b))).collect(),
    }
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&v| v as f32).collect()
}

/// Largest difference, relative to the largest golden value.
fn error(ours: &[f32], golden: &[f64]) -> f64 {
    assert_eq!(ours.len(), golden.len());
    let scale = golden.iter().fold(1e-12, |a: f64, g| a.max(g.abs()));
    ours.iter().zip(golden).fold(0.0, |e: f64, (&o, g)| e.max((f64::from(o) - g).abs())) / scale
}

/// The cases of the golden file, by their names there.
fn cases() -> Vec<(&'static str, Box<dyn Optimizer>)> {
    let sgd = |momentum, nesterov| Sgd::new(0.1).momentum(momentum).nesterov(nesterov);
    let rms_prop = |momentum, centered| RmsProp::new(0.02).momentum(momentum).centered(centered);
    vec![
        ("sgd", Box::new(sgd(0.0, false))),
        ("sgd_momentum", Box::new(sgd(0.9, false))),
        ("sgd_nesterov", Box::new(sgd(0.9, true))),
        ("sgd_decay", Box::new(sgd(0.5, false).weight_decay(0.05))),
        ("rmsprop", Box::new(rms_prop(0.0, false))),
        ("rmsprop_momentum", Box::new(rms_prop(0.8, false).rho(0.8))),
        ("rmsprop_centered", Box::new(rms_prop(0.0, true))),
        ("rmsprop_both", Box::new(rms_prop(0.8, true))),
        ("adagrad", Box::new(Adagrad::new(0.1))),
        ("adagrad_start", Box::new(Adagrad::new(0.1).initial_accumulator_value(0.5))),
        ("adam", Box::new(Adam::new(0.02))),
        ("adam_betas", Box::new(Adam::new(0.02).beta_1(0.8).beta_2(0.95).epsilon(1e-3))),
        ("adam_amsgrad", Box::new(Adam::new(0.02).amsgrad(true).beta_2(0.7))),
        ("adamw", Box::new(AdamW::new(0.02))),
        ("adamw_decay", Box::new(AdamW::new(0.02).weight_decay(0.3))),
        ("nadam", Box::new(Nadam::new(0.02))),
        ("nadam_betas", Box::new(Nadam::new(0.02).beta_1(0.8).beta_2(0.95))),
        ("schedule", Box::new(Sgd::new(ExponentialDecay::new(0.1, 3, 0.5)))),
    ]
}

#[test]
fn twelve_steps_of_every_optimizer_are_those_of_keras() {
    let bytes = golden("optimizers.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let count = file.names().iter().filter(|name| name.ends_with("/after/a")).count();
    assert_eq!(count, cases().len());
    for (name, optimizer) in cases() {
        for tensor in ["a", "b"] {
            let grads = narrow(&get(&file, &format!("gradients/{tensor}")));
            let after = get(&file, &format!("{name}/after/{tensor}"));
            for isa in Isa::available() {
                let mut params = narrow(&get(&file, &format!("start/{tensor}")));
                let len = params.len();
                let mut slots: Vec<_> =
                    (0..optimizer.slots()).map(|slot| vec![optimizer.slot_start(slot); len]).collect();
                for step in 0..STEPS {
                    let mut slots: Vec<_> = slots.iter_mut().map(|slot| &mut **slot).collect();
                    let rate = optimizer.learning_rate(step as u64);
                    let grads = &grads[step * len..][..len];
                    let update = Update::new(step as u64 + 1, rate, grads, &mut params, &mut slots);
                    optimizer.update(update.isa(isa));
                    let e = error(&params, &after[step * len..][..len]);
                    assert!(e < 1e-6, "{name} {isa}: {tensor} after step {step} off by {e:e}");
                }
            }
        }
    }
}

#[test]
fn schedules_are_those_of_keras() {
    let all: Value = serde_json::from_slice(&golden("schedules.json")).unwrap();
    let at: Vec<u64> = serde_json::from_value(all["at"].clone()).unwrap();
    let schedules = all["schedules"].as_object().unwrap();
    assert_eq!(schedules.len(), 12);
    for (name, case) in schedules {
        let mut settings = case.clone();
        let rates: Vec<f64> =
            serde_json::from_value(settings.as_object_mut().unwrap().remove("rates").unwrap()).unwrap();
        // Where Keras's defaults apply, ours must be the same.
        let number = |key: &str| case[key].as_f64().unwrap();
        let rate = match name.as_str() {
            "polynomial" => {
                gatewise::optimizer::PolynomialDecay::new(number("initial_learning_rate"), 100).into()
            }
            "restarts" => {
                gatewise::optimizer::CosineDecayRestarts::new(number("initial_learning_rate"), 100).into()
            }
            _ => serde_json::from_value::<LearningRate>(settings).unwrap_or_else(|e| panic!("{name}: {e}")),
        };
        rate.check().unwrap();
        assert!(matches!(rate, LearningRate::Schedule(_)), "{name}");
        for (&t, golden) in at.iter().zip(&rates) {
            let ours = rate.at(t);
            assert!((ours - golden).abs() <= 1e-6 * golden.abs() + 1e-15, "{name} {t}: {ours} {golden}");
        }
    }
}

fn model(file: &SafeTensors<'_>) -> Model {
    let lstm = Lstm::new(4)
        .kernel_regularizer(Regularizer::l1(0.01))
        .recurrent_regularizer(Regularizer::l1_l2(0.01, 0.03))
        .bias_regularizer(Regularizer::l2(0.05));
    let dense = Dense::new(1)
        .activation(Activation::Sigmoid)
        .kernel_regularizer(Regularizer::l2(0.1))
        .bias_regularizer(Regularizer::l1(0.02));
    let spec = Sequential::new()
        .with(Embedding::new(9, 3).embeddings_regularizer(Regularizer::l2(0.02)))
        .with(lstm)
        .with(dense);
    let mut model = spec.compile(0).unwrap();
    for info in model.params().table().to_vec() {
        let values = narrow(&get(file, &format!("weights/{}", info.name)));
        model.params_mut().get_mut(&info.name).unwrap().copy_from_slice(&values);
    }
    model
}

#[test]
fn penalties_clipping_and_averages_are_those_of_keras() {
    let bytes = golden("fit.safetensors");
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let ids: Vec<u32> = get(&file, "ids").iter().map(|&id| id as u32).collect();
    let rows: Sequences = ids.chunks(5).map(<[u32]>::to_vec).collect();
    let data = Dataset::new(rows, narrow(&get(&file, "labels"))).unwrap();
    let fit = || Fit::new().epochs(10).batch_size(data.len());
    let sgd = || fit().optimizer(Sgd::new(0.1));
    let momentum = || fit().optimizer(Sgd::new(0.1).momentum(0.5));
    type Case<'a> = (&'a str, &'a dyn Fn() -> Fit<'a>);
    let cases: [Case<'_>; 6] = [
        ("plain", &sgd),
        ("clipnorm", &|| sgd().clip(Clip::Norm(0.1))),
        ("clipvalue", &|| sgd().clip(Clip::Value(0.03))),
        ("global_clipnorm", &|| sgd().clip(Clip::GlobalNorm(0.2))),
        ("ema", &|| sgd().ema(Ema::default())),
        ("ema_overwrite", &|| momentum().ema(Ema::new().momentum(0.7).overwrite_frequency(4))),
    ];
    for (name, fit) in cases {
        let mut bits: Option<Vec<u32>> = None;
        for (isa, threads) in Isa::available().into_iter().flat_map(|isa| [(isa, 1), (isa, 3)]) {
            let mut model = model(&file);
            let history = fit().isa(isa).threads(threads).run(&mut model, &data).unwrap();
            let losses: Vec<f32> = history.epochs.iter().map(|log| log.loss as f32).collect();
            let e = error(&losses, &get(&file, &format!("{name}/losses")));
            assert!(e < 2e-6, "{name} {isa}: losses off by {e:e}");
            for info in model.params().table() {
                let e = error(
                    &model.params().values()[info.range.clone()],
                    &get(&file, &format!("{name}/after/{}", info.name)),
                );
                assert!(e < 1e-5, "{name} {isa}: {} off by {e:e}", info.name);
            }
            let loss = model.evaluate(&data).unwrap().loss as f32;
            let e = error(&[loss], &get(&file, &format!("{name}/final_loss")));
            assert!(e < 2e-6, "{name} {isa}: final loss off by {e:e}");
            let now: Vec<u32> = model.params().values().iter().map(|v| v.to_bits()).collect();
            assert_eq!(bits.get_or_insert_with(|| now.clone()), &now, "{name} {isa} {threads}");
        }
    }
    // The gradient that is reported is that of the loss that is reported.
    let (loss, _) = model(&file).gradients(&data, Loss::binary_crossentropy(), Isa::detect()).unwrap();
    assert!((loss / get(&file, "plain/losses")[0] - 1.0).abs() < 1e-6);
}
