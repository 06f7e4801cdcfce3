//! Metrics during a run: they are those of the outputs, change nothing, stop runs, and are resumed exactly.

mod specs;

use gatewise::layers::{Activation, Dense, Embedding, Lstm};
use gatewise::metrics::{CustomMetric, Metric, MetricResult, MetricRows, MetricState};
use gatewise::optimizer::Sgd;
use gatewise::rows::{ClassWeight, Dataset, Sequences, Targets};
use gatewise::train::{Checkpoints, EarlyStopping, LambdaCallback, MonitorMode, ReduceLrOnPlateau};
use gatewise::{Error, ErrorKind, Evaluate, Fit, History, Model, Result, Sequential};
use serde_json::json;
use specs::{dataset, paddings, specs, weight_bits};
use std::time::Duration;

fn metrics(names: &[&str]) -> Vec<Metric> {
    names.iter().map(|name| name.parse().unwrap()).collect()
}

const NAMES: [&str; 5] = ["AUC", "precision", "mse", "true_positives", "accuracy"];

/// The results over rows whose outputs are given.
fn of_outputs(metrics: &[Metric], outputs: &[f32], targets: &[f32], weights: Option<&[f32]>) -> Vec<f64> {
    let result = |metric: &Metric| {
        let mut state = MetricState::new(metric);
        state.update(outputs, targets, 1, weights).unwrap();
        state.result().unwrap().number()
    };
    metrics.iter().map(result).collect()
}

#[test]
fn they_are_the_metrics_of_the_outputs_and_change_nothing() {
    let weights: Vec<f32> = (0..50).map(|row| (row % 4) as f32 / 2.0).collect();
    for spec in specs().iter().filter(|spec| !spec.drops()) {
        for padding in paddings() {
            let data = dataset(50, padding).with_sample_weight(weights.clone()).unwrap();
            let mut model = spec.lively();
            let outputs = model.predict(data.inputs(), data.padding()).unwrap();
            let (own, weighted) = (metrics(&NAMES), metrics(&["auc", "mse"]));
            // A rate of 0: the outputs stay what they are.
            let fit = Fit::new().optimizer(Sgd::new(0.0)).batch_size(16).validation_split(0.3).threads(2);
            let fit = fit.metrics(own.clone()).weighted_metrics(weighted.clone());
            let history = fit.run(&mut model, &data).unwrap();
            let log = &history.epochs[0];
            for (prefix, rows) in [("", 0..35), ("val_", 35..50)] {
                let (p, y) = (&outputs[rows.clone()], &data.targets().values()[rows.clone()]);
                let plain = of_outputs(&own, p, y, None);
                let with = of_outputs(&weighted, p, y, Some(&weights[rows]));
                let names =
                    ["auc", "precision", "mse", "true_positives", "accuracy", "weighted_auc", "weighted_mse"];
                for (name, expected) in names.iter().zip(plain.iter().chain(&with)) {
                    let found = log.get(&format!("{prefix}{name}")).unwrap();
                    assert!(
                        (found - expected).abs() < 2e-6,
                        "{} {prefix}{name}: {found} {expected}",
                        spec.name
                    );
                }
            }
            let evaluate = Evaluate::new().metrics(own).weighted_metrics(weighted);
            let rows: Vec<usize> = (35..50).collect();
            let (_, results) = evaluate.measure(&model, &data.select(&rows)).unwrap();
            for (name, value) in results {
                assert!((value - log.get(&format!("val_{name}")).unwrap()).abs() < 2e-6, "{name}");
            }
        }
        let data = dataset(40, paddings()[0]);
        let fit = || Fit::new().epochs(2).batch_size(16).learning_rate(0.01).seed(3);
        let (mut with, mut without) = (spec.lively(), spec.lively());
        let measured = fit().metrics(metrics(&NAMES)).run(&mut with, &data).unwrap();
        let plain = fit().run(&mut without, &data).unwrap();
        assert_eq!(weight_bits(&with), weight_bits(&without));
        assert_eq!(measured.epochs[1].loss, plain.epochs[1].loss);
        assert_eq!(measured.epochs[1].accuracy, plain.epochs[1].accuracy);
    }
}

#[test]
fn answers_at_every_step_are_measured_where_they_are_scored() {
    let rows: Sequences = [vec![1, 2, 3], vec![4], vec![2, 1], vec![3, 3, 1, 2]].into_iter().collect();
    let lengths = [3, 1, 2, 4];
    let targets: Vec<f32> = (0..10).map(|at| (at % 3) as f32).collect();
    let data = Dataset::new(rows, Targets::steps(1, targets.clone(), &lengths).unwrap()).unwrap();
    let layers = Sequential::new()
        .with(Embedding::new(6, 3).mask_zero(true))
        .with(Lstm::new(4).return_sequences(true));
    let mut model = layers.with(Dense::new(3).activation(Activation::Softmax)).compile(1).unwrap();
    let scored = model.score(&data).unwrap();
    let own = metrics(&["sparse_categorical_crossentropy", "sparse_top_k_categorical_accuracy", "accuracy"]);
    let own =
        [own, vec![Metric::from_json(json!({"name": "SparseTopKCategoricalAccuracy", "k": 2})).unwrap()]]
            .concat();
    let history = Fit::new().optimizer(Sgd::new(0.0)).metrics(own.clone()).run(&mut model, &data).unwrap();
    for (at, metric) in own.iter().enumerate() {
        let mut state = MetricState::new(metric);
        state.update(&scored.outputs, &targets, 3, None).unwrap();
        let name = if at == 3 { "sparse_top_k_categorical_accuracy_1" } else { metric.label() };
        let (found, expected) = (history.epochs[0].get(name).unwrap(), state.result().unwrap().number());
        assert!((found - expected).abs() < 1e-6, "{name}");
    }
    assert!(
        (history.epochs[0].get("sparse_categorical_crossentropy").unwrap() - history.epochs[0].loss).abs()
            < 1e-6
    );
}

/// The largest error, and how often it was asked.
#[derive(Debug)]
struct Largest {
    fails: bool,
}

impl CustomMetric for Largest {
    fn name(&self) -> &str {
        "largest_error"
    }
    fn start(&self) -> Vec<f64> {
        vec![0.0]
    }
    fn update(&self, state: &mut Vec<f64>, rows: &MetricRows<'_>) -> Result<()> {
        if self.fails {
            return Err(Error::data("the metric of mine has failed"));
        }
        state.push(rows.len() as f64);
        let errors = rows.iter().map(|(p, y, _)| f64::from((p[0] - y[0]).abs()));
        state[0] = errors.fold(state[0], f64::max);
        Ok(())
    }
    fn result(&self, state: &[f64]) -> Result<MetricResult> {
        Ok(MetricResult::Vector(vec![state[0], state[1..].iter().sum()]))
    }
    fn increases(&self) -> Option<bool> {
        Some(false)
    }
}

fn eventful<'a>() -> Fit<'a> {
    let own =
        [metrics(&NAMES), vec![Metric::custom(Largest { fails: false }), "auc".parse().unwrap()]].concat();
    let fit = Fit::new().epochs(6).batch_size(6).learning_rate(0.02).validation_split(0.25).seed(4);
    fit.metrics(own).callback(EarlyStopping::new().monitor("val_auc").patience(3).restore_best_weights(true))
}

fn settled(mut history: History) -> History {
    history.epochs.iter_mut().for_each(|log| log.seconds = 0.0);
    history.notes.clear();
    history
}

#[test]
fn a_run_stopped_at_any_batch_has_the_metrics_of_one_never_stopped() {
    let data = dataset(32, paddings()[0]);
    let model = || specs()[0].lively();
    let mut whole = model();
    let history = settled(eventful().run(&mut whole, &data).unwrap());
    assert_eq!(history.epochs[0].get("largest_error[1]"), Some(24.0));
    for batches in [1, 3, 5] {
        let folder = tempfile::tempdir().unwrap();
        let (last, resumed) = loop {
            let mut left = batches;
            let stop = LambdaCallback::new().on_batch_end(|context, log| {
                assert!(log.values().any(|(name, value)| name == "auc" && value.is_finite()));
                left -= 1;
                if left == 0 {
                    context.stop();
                }
                Ok(())
            });
            let saving = Checkpoints::new(folder.path()).every(Duration::ZERO);
            let mut model = model();
            let fit = eventful().checkpoints(saving).resume(true).callback(stop);
            let run = settled(fit.run(&mut model, &data).unwrap());
            if run.epochs.len() == history.epochs.len() {
                break (model, run);
            }
        };
        assert_eq!(resumed, history, "{batches} batches at a time");
        assert_eq!(weight_bits(&last), weight_bits(&whole));
        let saving = Checkpoints::new(folder.path());
        let other = eventful().metrics(metrics(&["auc"])).checkpoints(saving).resume(true);
        let error = other.run(&mut model(), &data).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains("metrics"), "{error}");
    }
}

#[test]
fn callbacks_know_the_direction_of_metrics_and_only_of_those() {
    let data = dataset(24, paddings()[0]);
    let run = |fit: Fit<'_>| fit.validation_split(0.25).run(&mut specs()[0].lively(), &data);
    let watch = |name: &str| EarlyStopping::new().monitor(name);
    let area = || [Metric::custom(Largest { fails: false }), metrics(&["auc"])[0].clone().labelled("area")];
    for name in ["val_area", "area", "largest_error[0]", "val_largest_error[0]"] {
        run(Fit::new().metrics(area()).callback(watch(name))).unwrap();
    }
    run(Fit::new().metrics(area()).callback(ReduceLrOnPlateau::new().monitor("val_area"))).unwrap();
    let error = run(Fit::new().callback(watch("val_area"))).unwrap_err();
    assert!(error.to_string().contains("set the mode"), "{error}");
    // A count has none of itself.
    let counts = || metrics(&["false_positives"]);
    assert!(run(Fit::new().metrics(counts()).callback(watch("val_false_positives"))).is_err());
    run(Fit::new().metrics(counts()).callback(watch("val_false_positives").mode(MonitorMode::Min))).unwrap();
}

#[test]
fn what_cannot_be_measured_is_refused_before_training() {
    let data = dataset(24, paddings()[0]);
    let before = specs()[0].lively();
    let refused = |fit: Fit<'_>, kind: ErrorKind, found: &str| {
        let mut model: Model = before.clone();
        let error = fit.run(&mut model, &data).unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(found), "{error}");
        // A metric of one's own fails after a step.
        assert_eq!(weight_bits(&model) == weight_bits(&before), kind == ErrorKind::Config);
    };
    let labelled = |label: &str| [metrics(&["auc"])[0].clone().labelled(label)];
    for name in ["loss", "val_auc", "epoch", "learning_rate"] {
        refused(Fit::new().metrics(labelled(name)), ErrorKind::Config, name);
    }
    refused(
        Fit::new().metrics([Metric::custom(Largest { fails: true })]),
        ErrorKind::Data,
        "of mine has failed",
    );
    let mut many = Sequential::new().with(Embedding::new(specs::VOCABULARY, 3)).with(Lstm::new(3));
    many = many.with(Dense::new(3).activation(Activation::Softmax));
    let error =
        Fit::new().metrics(metrics(&["categorical_accuracy"])).run(&mut many.compile(1).unwrap(), &data);
    let error = error.unwrap_err().to_string();
    assert!(error.contains("categorical_accuracy needs 3 targets"), "{error}");
    // Class weights count in weighted metrics only.
    let mut model = before.clone();
    let fit = Fit::new().optimizer(Sgd::new(0.0)).class_weight(ClassWeight::Balanced);
    let history = fit
        .metrics(metrics(&["recall"]))
        .weighted_metrics(metrics(&["true_positives"]))
        .run(&mut model, &data);
    let log = history.unwrap().epochs[0].clone();
    assert!(log.get("true_positives").unwrap().fract() != 0.0 || log.get("recall") == Some(0.0), "{log:?}");
}

/// Keras's own figures of `SparseCategoricalCrossentropy(ignore_class=0)`.
#[test]
fn an_ignored_class_counts_only_without_weights() {
    let metric =
        Metric::from_json(json!({"name": "sparse_categorical_crossentropy", "ignore_class": 0})).unwrap();
    let outputs = [0.8, 0.1, 0.1, 0.05, 0.95, 0.0, 0.1, 0.8, 0.1];
    for (weights, expected) in [(Some(&[0.5, 1.5, 2.0][..]), 1.337_746), (None, 0.784_626)] {
        let mut state = MetricState::new(&metric);
        state.update(&outputs, &[0.0, 1.0, 2.0], 3, weights).unwrap();
        let result = state.result().unwrap().number();
        assert!((result - expected).abs() < 1e-5, "{result}, expected {expected}");
    }
}
