//! Optimizers made from Keras's names and arguments, against the real Keras.
//!
//! The numbers in `golden/optimizer_configs.json` were made by `tools/golden/optimizer_configs.py` in float64.

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::optimizer::{
    Adam, AppliedOptimizer, Clip, Ema, LearningRate, Lion, Optimizer, OptimizerConfig, Schedule, Sgd,
};
use gatewise::rows::{Dataset, Sequences};
use gatewise::{ErrorKind, Fit, Model, Sequential};
use serde_json::{Value, json};

fn golden() -> Value {
    serde_json::from_str(include_str!("golden/optimizer_configs.json")).unwrap()
}

fn floats(value: &Value) -> Vec<f32> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

#[test]
fn fourteen_steps_of_every_configuration_are_those_of_keras() {
    let all = golden();
    let gradients = ["kernel", "bias"].map(|name| all["gradients"][name].as_array().unwrap().clone());
    for case in all["cases"].as_array().unwrap() {
        let config = OptimizerConfig::from_json(case["config"].clone()).unwrap();
        assert_eq!(OptimizerConfig::from_json(config.config()).unwrap(), config);
        let [mut kernel, mut bias] = ["kernel", "bias"].map(|name| floats(&all["start"][name]));
        let mut optimizer = AppliedOptimizer::new(config, [("kernel", kernel.len()), ("bias", bias.len())]);
        let after = case["after"].as_array().unwrap();
        for (step, after) in after.iter().enumerate() {
            let variables = &mut [&mut *kernel, &mut *bias];
            if step + 1 < case["after"].as_array().unwrap().len() {
                let [of_kernel, of_bias] = [0, 1].map(|at: usize| floats(&gradients[at][step]));
                optimizer.apply(&[&of_kernel, &of_bias], variables).unwrap();
                assert_eq!(optimizer.iterations(), step as u64 + 1);
            } else {
                optimizer.finalize(variables).unwrap();
            }
            for (own, golden) in kernel.iter().chain(&bias).zip(floats(after)) {
                assert!(
                    (own - golden).abs() < 3e-6,
                    "{own}, but Keras has {golden} after step {step}: {}",
                    case["config"]
                );
            }
        }
    }
}

#[test]
fn a_configuration_in_a_run_is_its_parts() {
    let rows: Sequences = (0..40).map(|i| [1 + i % 2, 3, 4 + i % 3]).collect();
    let data = Dataset::new(rows, (0..40).map(|i| (i % 2) as f32).collect::<Vec<_>>()).unwrap();
    let layers = Sequential::new().with(Embedding::new(8, 4)).with(Lstm::new(5));
    let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1).unwrap();
    let run = |fit: Fit<'_>| {
        let mut model: Model = model.clone();
        fit.epochs(3).batch_size(8).run(&mut model, &data).unwrap();
        model.params().clone()
    };
    let config = OptimizerConfig::from_json(json!({
        "name": "adamw", "learning_rate": 0.02, "weight_decay": 0.1, "clipnorm": 0.2, "use_ema": true,
        "ema_momentum": 0.5, "gradient_accumulation_steps": 2, "exclude_from_weight_decay": ["bias"],
    }));
    let parts = Fit::new()
        .optimizer(gatewise::optimizer::AdamW::new(0.02).weight_decay(0.1))
        .clip(Clip::Norm(0.2))
        .ema(Ema::new().momentum(0.5))
        .gradient_accumulation_steps(2)
        .exclude_from_weight_decay(["bias"]);
    assert_eq!(run(Fit::new().optimizer_config(config.unwrap())), run(parts));
    assert_eq!(run(Fit::new().optimizer_config("adam".parse().unwrap())), run(Fit::new()));
    // A function is the schedule that it computes.
    let halved = |steps: u64| 0.02 * 0.5f64.powf(steps as f64 / 5.0);
    let schedule: Schedule = serde_json::from_value(json!({
        "schedule": "ExponentialDecay", "initial_learning_rate": 0.02, "decay_steps": 5, "decay_rate": 0.5
    }))
    .unwrap();
    assert_eq!(schedule.at(5), 0.01);
    let own = Adam::new(LearningRate::from_fn("halved", halved));
    assert_eq!(
        run(Fit::new().optimizer(own.clone())),
        run(Fit::new().learning_rate(LearningRate::Schedule(schedule)))
    );
    assert_eq!(own.config()["learning_rate"]["name"], "halved");
    let bad = Fit::new()
        .learning_rate(LearningRate::from_fn("bad", |steps| if steps < 3 { 0.1 } else { f64::NAN }));
    let error = bad.batch_size(8).run(&mut model.clone(), &data).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("NaN after 3 steps"), "{error}");
}

#[test]
fn names_defaults_and_what_is_refused() {
    let lion: OptimizerConfig = "Lion".parse().unwrap();
    assert_eq!(lion.optimizer().config(), Lion::default().config());
    let nulls =
        json!({"name": "SGD", "weight_decay": null, "clipnorm": null, "momentum": 0.5, "use_ema": false});
    let sgd = OptimizerConfig::from_json(nulls).unwrap();
    assert_eq!(sgd.optimizer().config(), Sgd::default().momentum(0.5).config());
    assert_eq!((sgd.clip(), sgd.ema()), (None, None));
    let keras = json!({"class_name": "PolynomialDecay", "config": {
        "initial_learning_rate": 0.1, "decay_steps": 10, "name": "PolynomialDecay"}});
    let decay = OptimizerConfig::from_json(json!({"name": "adam", "learning_rate": keras})).unwrap();
    assert!((decay.optimizer().learning_rate(10) - 1e-4).abs() < 1e-12);
    let refused = |config: Value, found: &str| {
        let error = OptimizerConfig::from_json(config).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(found), "{error}");
    };
    refused(json!("ftrl"), "unknown variant `ftrl`");
    refused(json!({"name": "adam", "beta1": 0.9}), "beta1");
    refused(json!({"name": "adam", "beta_1": 1.0}), "beta_1 is 1");
    refused(json!({"name": "adam", "clipnorm": 1.0, "clipvalue": 1.0}), "more than one of clipnorm");
    refused(json!({"name": "adam", "clipnorm": 0.0}), "clipnorm is 0");
    refused(json!({"name": "sgd", "use_ema": true, "ema_momentum": 2.0}), "ema_momentum is 2");
    refused(json!({"name": "sgd", "learning_rate": {"name": "Rise", "by": 1}}), "Rise");
    refused(
        json!({"name": "sgd", "learning_rate": {"name": "CosineDecay", "initial_learning_rate": 1.0}}),
        "decay_steps",
    );
    refused(json!({"name": "sgd", "learning_rate": "fast"}), "a number or a schedule");
    refused(json!({"name": "sgd", "loss_scale_factor": 2.0}), "loss_scale_factor");
    refused(json!({"name": "adamw", "weight_decay": null}), "AdamW needs a weight_decay");
    refused(json!({"learning_rate": 0.1}), "needs a name");
    let mut optimizer = AppliedOptimizer::new("sgd".parse().unwrap(), [("a", 2)]);
    assert_eq!(optimizer.apply(&[&[1.0]], &mut [&mut [1.0]]).unwrap_err().kind(), ErrorKind::Shape);
    optimizer.set_learning_rate(0.5).unwrap();
    let mut a = [1.0, 2.0];
    optimizer.apply(&[&[1.0, -1.0]], &mut [&mut a]).unwrap();
    assert_eq!(a, [0.5, 2.5]);
    assert!(optimizer.set_learning_rate(f64::NAN).is_err());
}
