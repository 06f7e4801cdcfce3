//! Keras's callbacks decide here what they decide in Keras.
//!
//! `golden/callbacks.json` holds what real Keras did when given figures were put into its logs
//! (`tools/golden/callbacks.py`); here a callback that comes first puts in the same ones.

mod specs;

use gatewise::train::{
    Callback, Context, CsvLogger, EarlyStopping, EpochLog, LambdaCallback, LearningRateScheduler,
    ModelCheckpoint, MonitorMode, ReduceLrOnPlateau,
};
use gatewise::{Fit, Model, Result};
use serde_json::{Value, json};
use specs::{dataset, paddings, specs};
use std::sync::{Arc, Mutex};
use tempfile::tempdir;

const RATE: f64 = 0.125;

fn golden(part: &str) -> Vec<Value> {
    let text = include_str!("golden/callbacks.json");
    let all: Value = serde_json::from_str(text).unwrap();
    all[part].as_array().unwrap().clone()
}

/// The callback under test, and what it remembers after each epoch.
struct Watched<C> {
    subject: C,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl<C: Callback> Callback for Watched<C> {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.subject.on_train_begin(context)
    }
    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        self.subject.on_epoch_end(context, log)?;
        let mut seen = self.subject.save_state().value;
        seen["learning_rate"] = context.learning_rate().into();
        self.seen.lock().unwrap().push(seen);
        Ok(())
    }
    fn on_train_end(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.subject.on_train_end(context)
    }
}

fn model() -> Model {
    specs()[0].layers.compile(3).unwrap()
}

fn fit<'a>(epochs: usize) -> Fit<'a> {
    Fit::new().epochs(epochs).batch_size(8).learning_rate(RATE).threads(1)
}

/// Puts `values` into the log under `name`; where there is none, there is no such figure.
fn feed<'a>(name: &'a str, values: &'a Value) -> LambdaCallback<'a> {
    LambdaCallback::new().on_epoch_end(move |context, log| {
        (log.val_loss, log.val_accuracy) = (None, None);
        if let Some(value) = values[context.epoch()].as_f64() {
            log.set(name, value);
        }
        Ok(())
    })
}

/// Runs ten epochs with the figures and `subject`; returns how many were run, which epoch's weights the model
/// has, and what was seen.
fn decide<C: Callback>(name: &str, values: &Value, subject: C) -> (usize, usize, Vec<Value>) {
    let (seen, weights) = (Arc::default(), Mutex::new(Vec::new()));
    let mut model = model();
    let keep = LambdaCallback::new().on_epoch_end(|context, _| {
        weights.lock().unwrap().push(context.model().params().clone());
        Ok(())
    });
    let watched = Watched { subject, seen: Arc::clone(&seen) };
    let fit = fit(10).callback(feed(name, values)).callback(keep).callback(watched);
    let history = fit.run(&mut model, &dataset(16, paddings()[0])).unwrap();
    let of = weights.lock().unwrap().iter().position(|weights| weights == model.params()).unwrap();
    (history.epochs.len(), of, std::mem::take(&mut *seen.lock().unwrap()))
}

fn mode(settings: &Value) -> MonitorMode {
    match settings["mode"].as_str() {
        Some("max") => MonitorMode::Max,
        Some(other) => panic!("{other}"),
        None => MonitorMode::Auto,
    }
}

fn monitor(settings: &Value) -> &str {
    settings["monitor"].as_str().unwrap_or("val_loss")
}

fn same(own: &Value, keras: &Value, case: &Value) {
    // Keras keeps the learning rate in single precision.
    let near = |a: f64, b: f64| (a - b).abs() <= 1e-6 * b.abs();
    let agree = own == keras || own.as_f64().zip(keras.as_f64()).is_some_and(|(a, b)| near(a, b));
    assert!(agree, "{own}, but Keras has {keras}: {case}");
}

#[test]
fn early_stopping_decides_as_keras() {
    for case in golden("early_stopping") {
        let s = &case["settings"];
        let count = |name: &str| s[name].as_u64().unwrap_or(0) as usize;
        let mut subject = EarlyStopping::new()
            .monitor(monitor(s))
            .mode(mode(s))
            .patience(count("patience"))
            .min_delta(s["min_delta"].as_f64().unwrap_or(0.0))
            .start_from_epoch(count("start_from_epoch"))
            .restore_best_weights(s["restore_best_weights"] == true);
        if let Some(baseline) = s["baseline"].as_f64() {
            subject = subject.baseline(baseline);
        }
        let (epochs, weights_of, seen) = decide(monitor(s), &case["values"], subject);
        assert_eq!(
            (epochs, weights_of),
            (case["epochs"].as_u64().unwrap() as usize, case["weights_of"].as_u64().unwrap() as usize),
            "{case}"
        );
        for (epoch, own) in seen.iter().enumerate() {
            for name in ["wait", "best", "best_epoch"] {
                same(&own[name], &case["seen"][name][epoch], &case);
            }
        }
    }
}

#[test]
fn the_learning_rate_shrinks_as_keras_shrinks_it() {
    for case in golden("reduce_lr_on_plateau") {
        let s = &case["settings"];
        let number = |name: &str, default: f64| s[name].as_f64().unwrap_or(default);
        let subject = ReduceLrOnPlateau::new()
            .monitor(monitor(s))
            .mode(mode(s))
            .patience(s["patience"].as_u64().unwrap() as usize)
            .cooldown(s["cooldown"].as_u64().unwrap_or(0) as usize)
            .factor(number("factor", 0.1))
            .min_delta(number("min_delta", 1e-4))
            .min_lr(number("min_lr", 0.0));
        let (epochs, _, seen) = decide(monitor(s), &case["values"], subject);
        assert_eq!((epochs, seen.len()), (10, 10));
        for (epoch, own) in seen.iter().enumerate() {
            for (name, theirs) in [
                ("wait", "wait"),
                ("best", "best"),
                ("cooldown", "cooldown_counter"),
                ("learning_rate", "learning_rate"),
            ] {
                same(&own[name], &case["seen"][theirs][epoch], &case);
            }
        }
    }
}

#[test]
fn the_files_of_model_checkpoint_are_those_of_keras() {
    for case in golden("model_checkpoint") {
        let s = &case["settings"];
        let folder = tempdir().unwrap();
        let below = folder.path().join("made");
        let mut subject = ModelCheckpoint::new(below.join(s["filepath"].as_str().unwrap()))
            .save_best_only(s["save_best_only"] == true)
            .mode(mode(s));
        if let Some(threshold) = s["initial_value_threshold"].as_f64() {
            subject = subject.initial_value_threshold(threshold);
        }
        if let Some(batches) = s["save_freq"].as_u64() {
            subject = subject.save_freq(batches as usize);
        }
        let fit = fit(10).callback(feed("val_loss", &case["values"])).callback(subject);
        fit.run(&mut model(), &dataset(16, paddings()[0])).unwrap();
        let mut files: Vec<_> = std::fs::read_dir(&below)
            .map(|all| all.map(|f| f.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        files.sort();
        assert_eq!(json!(files), case["files"], "{case}");
    }
}

#[test]
fn a_schedule_sets_the_learning_rate_as_in_keras() {
    let rates = Mutex::new(Vec::new());
    let watch = LambdaCallback::new().on_epoch_end(|context, log| {
        assert_eq!(log.get("learning_rate"), Some(context.learning_rate()));
        rates.lock().unwrap().push(json!(context.learning_rate()));
        Ok(())
    });
    let scheduler = LearningRateScheduler::new(|epoch, rate| if epoch < 3 { rate } else { rate * 0.5 });
    fit(10).callback(scheduler).callback(watch).run(&mut model(), &dataset(16, paddings()[0])).unwrap();
    assert_eq!(*rates.lock().unwrap(), golden("scheduler"));
}

/// The lines of Keras's file, whose ends are `\r\n`, and ours without the column that Keras lacks.
#[test]
fn the_csv_file_holds_what_that_of_keras_holds() {
    for case in golden("csv_logger") {
        let folder = tempdir().unwrap();
        let path = folder.path().join("log.csv");
        let separator = case["separator"].as_str().unwrap();
        for _ in 0..2 {
            let figures = LambdaCallback::new().on_epoch_end(|context, log| {
                let epoch = context.epoch();
                (log.val_loss, log.val_accuracy) = (None, None);
                log.set("loss", [0.5, 0.25, 1e-5][epoch]);
                log.set("accuracy", [0.75, 1.0, 0.5][epoch]);
                if epoch == 1 {
                    log.set("val_loss", 0.125);
                    log.set("val_accuracy", 0.5);
                }
                Ok(())
            });
            let logger = CsvLogger::new(&path).separator(separator.chars().next().unwrap());
            let fit = fit(3).validation_split(0.25).callback(figures);
            let logger = logger.append(case["append"] == true);
            fit.callback(logger).run(&mut model(), &dataset(16, paddings()[0])).unwrap();
        }
        let cells = |text: &str| -> Vec<Vec<String>> {
            let rows = text.lines().map(|line| line.split(separator).map(str::to_owned).collect());
            rows.collect()
        };
        let mut own = cells(&std::fs::read_to_string(&path).unwrap());
        let column = own[0].iter().position(|name| name == "learning_rate").unwrap();
        own.iter_mut().for_each(|row| drop(row.remove(column)));
        let keras = cells(case["text"].as_str().unwrap());
        assert_eq!(own.len(), keras.len());
        for (own, keras) in own.iter().zip(&keras) {
            for (own, keras) in own.iter().zip(keras) {
                let numbers = own.parse::<f64>().ok().zip(keras.parse::<f64>().ok());
                assert!(own == keras || numbers.is_some_and(|(a, b)| a == b), "{own}, but Keras has {keras}");
            }
            assert_eq!(own.len(), keras.len());
        }
    }
}

#[test]
fn steps_per_epoch_cuts_a_pass_where_keras_cuts_it() {
    for case in golden("steps_per_epoch") {
        let counts = Mutex::new(Vec::new());
        let count = LambdaCallback::new().on_epoch_end(|context, _| {
            counts.lock().unwrap().push(Value::from(context.batch()));
            Ok(())
        });
        let steps = case["steps_per_epoch"].as_u64().unwrap() as usize;
        let fit = fit(6).batch_size(5).learning_rate(0.01).steps_per_epoch(steps).callback(count);
        fit.run(&mut model(), &dataset(35, paddings()[0])).unwrap();
        assert_eq!(
            Value::from(std::mem::take(&mut *counts.lock().unwrap())),
            case["batches"],
            "{steps} steps"
        );
    }
}
