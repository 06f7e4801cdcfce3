//! Exact resume: whatever the moment of a kill, the finished run is that of one never interrupted.

mod specs;

use gatewise::optimizer::{
    Adagrad, Adam, AdamW, Clip, Ema, ExponentialDecay, LearningRate, Nadam, Optimizer, RmsProp, Sgd, Update,
};
use gatewise::rows::Dataset;
use gatewise::train::{BatchLog, Callback, CallbackState, Checkpoints, Context, EpochLog};
use gatewise::{Error, ErrorKind, Fit, History, Isa, Model, Result};
use serde_json::json;
use specs::{Spec, dataset, paddings, specs, weight_bits};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::{TempDir, tempdir};

const EPOCHS: usize = 3;
/// 32 of 40 rows in batches of 5.
const BATCHES: usize = 7;

fn data() -> Dataset {
    dataset(40, paddings()[0])
}

fn fit<'a>() -> Fit<'a> {
    Fit::new().epochs(EPOCHS).batch_size(5).validation_split(0.2).learning_rate(0.01).seed(5).threads(1)
}

fn saving<'a>(folder: &Path) -> Fit<'a> {
    fit().checkpoints(Checkpoints::new(folder).every(Duration::ZERO))
}

fn resuming<'a>(folder: &Path) -> Fit<'a> {
    fit().checkpoints(Checkpoints::new(folder)).resume(true)
}

fn model(spec: &Spec) -> Model {
    spec.layers.compile(3).unwrap()
}

/// The history without the seconds, which no two runs share.
fn settled(mut history: History) -> History {
    history.epochs.iter_mut().for_each(|log| log.seconds = 0.0);
    // What a run says of its resumes differs.
    history.notes.clear();
    history
}

type Outcome = (Vec<u32>, History);

fn outcome(fit: Fit<'_>, spec: &Spec) -> Result<Outcome> {
    let mut model = model(spec);
    let history = fit.run(&mut model, &data())?;
    assert!(history.epochs.iter().all(|log| log.seconds > 0.0));
    Ok((weight_bits(&model), settled(history)))
}

/// Files in `folder`, names sorted, the lock left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<_> = paths.filter(|path| !path.ends_with(".lock")).collect();
    paths.sort();
    paths
}

fn names(folder: &Path) -> Vec<String> {
    let name = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    files(folder).iter().map(name).collect()
}

fn copied(folder: &Path) -> TempDir {
    let copy = tempdir().unwrap();
    for file in files(folder) {
        fs::copy(&file, copy.path().join(file.file_name().unwrap())).unwrap();
    }
    copy
}

/// Keeps what a kill would have left at each batch and after each epoch.
struct Witness<'a> {
    folder: &'a Path,
    kills: Arc<Mutex<Vec<TempDir>>>,
}

impl Callback for Witness<'_> {
    fn on_batch_end(&mut self, _: &mut Context<'_>, _: &BatchLog) -> Result<()> {
        self.kills.lock().unwrap().push(copied(self.folder));
        Ok(())
    }
    fn on_epoch_end(&mut self, _: &mut Context<'_>, _: &mut EpochLog) -> Result<()> {
        self.kills.lock().unwrap().push(copied(self.folder));
        Ok(())
    }
}

/// Stops at its `left`-th batch.
struct StopAfter {
    left: usize,
}

impl Callback for StopAfter {
    fn on_batch_end(&mut self, context: &mut Context<'_>, _: &BatchLog) -> Result<()> {
        self.left -= 1;
        if self.left == 0 {
            context.stop();
        }
        Ok(())
    }
}

#[derive(Default, Clone)]
struct Notes(Arc<Mutex<Vec<String>>>);

impl Callback for Notes {
    fn on_note(&mut self, note: &str) {
        self.0.lock().unwrap().push(note.to_owned());
    }
}

impl Notes {
    fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }
}

#[test]
fn a_run_killed_at_any_batch_ends_with_the_same_bits() {
    for spec in specs() {
        let whole = outcome(fit(), &spec).unwrap();
        let folder = tempdir().unwrap();
        let kills = Arc::default();
        let witness = Witness { folder: folder.path(), kills: Arc::clone(&kills) };
        let watched = outcome(saving(folder.path()).callback(witness), &spec).unwrap();
        assert!(watched == whole, "{}: saving changes nothing", spec.name);
        let kills = std::mem::take(&mut *kills.lock().unwrap());
        assert_eq!(kills.len(), EPOCHS * (BATCHES + 1));
        for (at, left) in kills.iter().enumerate() {
            // What computes may differ from run to run.
            let isa = Isa::available()[at % Isa::available().len()];
            let resumed = outcome(resuming(left.path()).threads(1 + at % 3).isa(isa), &spec).unwrap();
            assert!(resumed == whole, "{}: killed at {at}", spec.name);
        }
        // The run is over: resuming computes nothing, and gives it all the same.
        assert!(outcome(resuming(folder.path()), &spec).unwrap() == whole);
    }
}

#[test]
fn a_run_stopped_again_and_again_ends_with_the_same_bits() {
    let spec = &specs()[0];
    let whole = outcome(fit(), spec).unwrap();
    for batches in [1, 2, 5] {
        let folder = tempdir().unwrap();
        let mut runs = 0;
        let last = loop {
            runs += 1;
            let stopping = resuming(folder.path()).callback(StopAfter { left: batches });
            let outcome = outcome(stopping, spec).unwrap();
            assert!(names(folder.path()).len() <= 2);
            if !outcome.1.stopped {
                break outcome;
            }
        };
        assert!(last == whole, "{batches} batches at a time");
        assert_eq!(runs, EPOCHS * BATCHES / batches + 1);
    }
}

#[test]
fn every_optimizer_and_average_goes_on_with_its_state() {
    let spec = &specs()[0];
    let falling = || ExponentialDecay::new(0.02, 5, 0.7);
    let sgd = || Sgd::new(falling()).momentum(0.9).nesterov(true);
    let rms_prop = || RmsProp::new(0.01).momentum(0.5).centered(true);
    type With<'a> = &'a dyn Fn(Fit<'a>) -> Fit<'a>;
    let all: [With<'_>; 7] = [
        &|fit| fit.optimizer(sgd()),
        &|fit| fit.optimizer(rms_prop()).clip(Clip::GlobalNorm(0.1)),
        &|fit| fit.optimizer(Adagrad::new(0.05)).clip(Clip::Value(0.01)),
        &|fit| fit.optimizer(Adam::new(falling()).amsgrad(true)).clip(Clip::Norm(0.1)),
        &|fit| fit.optimizer(AdamW::new(0.01)).ema(Ema::default()),
        &|fit| fit.optimizer(Nadam::new(falling())),
        &|fit| fit.optimizer(sgd()).ema(Ema::new().momentum(0.8).overwrite_frequency(5)),
    ];
    let mut ends = Vec::new();
    for (at, with) in all.into_iter().enumerate() {
        let whole = outcome(with(fit()), spec).unwrap();
        let folder = tempdir().unwrap();
        let last = loop {
            let stopping = with(resuming(folder.path())).callback(StopAfter { left: 4 });
            let outcome = outcome(stopping, spec).unwrap();
            if !outcome.1.stopped {
                break outcome;
            }
        };
        assert!(last == whole, "{at}");
        // The run is over: resuming computes nothing, and gives the average again.
        assert!(outcome(with(resuming(folder.path())), spec).unwrap() == whole, "{at}");
        ends.push(whole.0);
    }
    ends.dedup();
    assert_eq!(ends.len(), all.len());
}

#[test]
fn settings_that_cannot_work_are_refused_before_training() {
    let spec = &specs()[0];
    let refused = |fit: Fit<'_>, found: &str| {
        let error = outcome(fit, spec).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(found), "{found} is missing from: {error}");
    };
    refused(fit().learning_rate(f64::NAN), "Adam: learning_rate is NaN");
    refused(fit().learning_rate(ExponentialDecay::new(0.1, 0, 0.5)), "Adam: decay_steps is 0");
    refused(fit().optimizer(Sgd::new(0.1).momentum(1.5)), "Sgd: momentum is 1.5; it must be from 0 to 1");
    refused(fit().optimizer(RmsProp::new(0.1).rho(-0.1)), "RmsProp: rho is -0.1");
    refused(
        fit().optimizer(Adagrad::new(0.1).initial_accumulator_value(-1.0)),
        "Adagrad: initial_accumulator_value is -1; it must be finite and at least 0",
    );
    refused(fit().optimizer(Adam::new(0.1).beta_1(1.0)), "Adam: beta_1 is 1;");
    refused(fit().optimizer(AdamW::new(0.1).weight_decay(f64::INFINITY)), "AdamW: weight_decay is inf");
    refused(fit().optimizer(Nadam::new(0.1).beta_2(f64::NAN)), "Nadam: beta_2 is NaN");
    refused(fit().clip(Clip::GlobalNorm(0.0)), "global_clipnorm is 0; it must be a finite number above 0");
    refused(fit().ema(Ema::default().momentum(1.1)), "ema_momentum is 1.1");
    refused(fit().ema(Ema::default().overwrite_frequency(0)), "ema_overwrite_frequency is 0");
}

#[test]
fn more_epochs_train_on_and_fewer_are_refused() {
    let spec = &specs()[0];
    let folder = tempdir().unwrap();
    outcome(saving(folder.path()).epochs(2), spec).unwrap();
    let part = copied(folder.path());
    let longer = outcome(resuming(folder.path()).epochs(5), spec).unwrap();
    assert!(longer == outcome(fit().epochs(5), spec).unwrap());
    let error = outcome(resuming(part.path()).epochs(1), spec).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("epochs is 1, but the checkpoint is from epoch 2"), "{error}");
    // Within the second epoch one epoch is too few as well, and two are enough.
    let folder = tempdir().unwrap();
    outcome(resuming(folder.path()).callback(StopAfter { left: BATCHES + 1 }), spec).unwrap();
    assert!(outcome(resuming(folder.path()).epochs(1), spec).is_err());
    assert!(
        outcome(resuming(folder.path()).epochs(2), spec).unwrap() == outcome(fit().epochs(2), spec).unwrap()
    );
}

/// Ends the run after an epoch in which it has seen `limit` batches in all; remembers what it saw.
#[derive(Clone)]
struct Counter {
    limit: usize,
    seen: Arc<Mutex<(usize, usize, f64)>>,
}

impl Counter {
    fn new(limit: usize) -> Self {
        Self { limit, seen: Arc::default() }
    }
}

impl Callback for Counter {
    fn on_epoch_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        self.seen.lock().unwrap().0 += 1;
        Ok(())
    }
    fn on_batch_end(&mut self, _: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        let mut seen = self.seen.lock().unwrap();
        seen.1 += 1;
        seen.2 += log.loss / 3.0;
        Ok(())
    }
    fn on_epoch_end(&mut self, context: &mut Context<'_>, _: &mut EpochLog) -> Result<()> {
        if self.seen.lock().unwrap().1 >= self.limit {
            context.stop();
        }
        Ok(())
    }
    fn save_state(&self) -> CallbackState<'_> {
        let (epochs, batches, sum) = *self.seen.lock().unwrap();
        json!({"epochs": epochs, "batches": batches, "sum": sum}).into()
    }
    fn restore_state(&mut self, state: CallbackState<'_>) -> Result<()> {
        let state = state.value;
        let number = |key: &str| state[key].as_u64().map(|n| n as usize);
        let all = number("epochs").zip(number("batches")).zip(state["sum"].as_f64());
        let ((epochs, batches), sum) = all.ok_or_else(|| Error::artifact("no state of a counter"))?;
        *self.seen.lock().unwrap() = (epochs, batches, sum);
        Ok(())
    }
}

#[test]
fn callbacks_go_on_with_what_they_knew() {
    let spec = &specs()[0];
    let limit = BATCHES + 3;
    let counter = Counter::new(limit);
    let whole = outcome(fit().epochs(6).callback(counter.clone()), spec).unwrap();
    assert!(whole.1.stopped && whole.1.epochs.len() == 2);
    let folder = tempdir().unwrap();
    let kills = Arc::default();
    let witness = Witness { folder: folder.path(), kills: Arc::clone(&kills) };
    outcome(saving(folder.path()).epochs(6).callback(Counter::new(limit)).callback(witness), spec).unwrap();
    for (at, left) in std::mem::take(&mut *kills.lock().unwrap()).iter().enumerate() {
        let own = Counter::new(limit);
        // A callback without state may come and go.
        let resumed = resuming(left.path()).epochs(6).callback(Notes::default()).callback(own.clone());
        assert!(outcome(resumed, spec).unwrap() == whole, "killed at {at}");
        assert_eq!(*own.seen.lock().unwrap(), *counter.seen.lock().unwrap(), "killed at {at}");
    }
    // A run that a callback ended is over, even if more epochs are asked for.
    let again = outcome(resuming(folder.path()).epochs(9).callback(Counter::new(limit)), spec).unwrap();
    assert!(again == whole);
    let error = outcome(resuming(folder.path()).epochs(6), spec).unwrap_err();
    assert!(error.to_string().contains("the state of 1 callbacks, but this run has 0"), "{error}");
}

#[test]
fn a_damaged_checkpoint_is_reported_and_the_one_before_it_used() {
    let spec = &specs()[0];
    let whole = outcome(fit(), spec).unwrap();
    let folder = tempdir().unwrap();
    outcome(saving(folder.path()).callback(StopAfter { left: BATCHES + 2 }), spec).unwrap();
    assert_eq!(
        names(folder.path()),
        ["checkpoint-000000000008.safetensors", "checkpoint-000000000009.safetensors"]
    );
    let bytes = fs::read(&files(folder.path())[1]).unwrap();
    let (n, mut damages) = (bytes.len(), Vec::new());
    damages.extend([0, 1, 7, 8, 9, 100, n / 3, n / 2, n - 4, n - 1].map(|length| bytes[..length].to_vec()));
    for at in (0..n).step_by(n / 29) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (at % 8);
        damages.push(damaged);
    }
    damages.push([&bytes[..], b"x"].concat());
    for (index, damage) in damages.iter().enumerate() {
        let copy = copied(folder.path());
        let newest = files(copy.path()).pop().unwrap();
        fs::write(&newest, damage).unwrap();
        let notes = Notes::default();
        let resumed = outcome(resuming(copy.path()).callback(notes.clone()), spec).unwrap();
        assert!(resumed == whole, "damage {index}");
        let text = notes.text();
        assert!(text.contains("checkpoint-000000000009.safetensors is damaged: "), "damage {index}: {text}");
        assert!(text.contains("resumed after step 8: 1 epochs and 1 batches"), "damage {index}: {text}");
        // Set aside, it does not count among the newest.
        assert!(names(copy.path()).contains(&"checkpoint-000000000009.damaged".to_owned()));
        assert_eq!(names(copy.path()).len(), 3);
    }
}

#[test]
fn where_no_checkpoint_is_whole_nothing_is_lost_silently() {
    let spec = &specs()[0];
    let folder = tempdir().unwrap();
    let notes = Notes::default();
    outcome(resuming(folder.path()).callback(StopAfter { left: 3 }).callback(notes.clone()), spec).unwrap();
    assert!(notes.text().contains("no checkpoint in") && notes.text().contains("from the beginning"));
    for file in files(folder.path()) {
        fs::write(file, b"not a checkpoint").unwrap();
    }
    // Twice: the first refusal must not make the folder look empty to the second.
    for _ in 0..2 {
        let error = outcome(resuming(folder.path()), spec).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Artifact);
        let text = error.to_string();
        assert!(text.contains("is damaged") && text.contains("no other is left"), "{text}");
    }
}

#[test]
fn other_settings_are_refused_by_name() {
    let spec = &specs()[0];
    let folder = tempdir().unwrap();
    outcome(saving(folder.path()), spec).unwrap();
    let refused = |fit: Fit<'_>, mut model: Model, data: &Dataset, found: &str| {
        let error = fit.run(&mut model, data).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert!(error.to_string().contains(found), "{found} is missing from: {error}");
    };
    let resumed = || resuming(folder.path());
    let own = || model(spec);
    refused(resumed().seed(6), own(), &data(), "seed is 5 in the checkpoint, but 6 in this run");
    refused(resumed().batch_size(6), own(), &data(), "batch_size is 5 in the checkpoint, but 6 in this run");
    refused(
        resumed().validation_split(0.3),
        own(),
        &data(),
        "validation_split is 0.2 in the checkpoint, but 0.3",
    );
    refused(
        resumed().learning_rate(0.02),
        own(),
        &data(),
        "optimizer.learning_rate is 0.01 in the checkpoint, but 0.02",
    );
    let adam = Adam::new(0.01).beta_1(0.8);
    refused(resumed().optimizer(adam), own(), &data(), "optimizer.beta_1 is 0.9 in the checkpoint, but 0.8");
    let clipping = resumed().clip(Clip::Norm(1.0));
    refused(clipping, own(), &data(), "clip.clipnorm is nothing in the checkpoint, but 1.0 in this run");
    let averaging = resumed().ema(Ema::default());
    refused(averaging, own(), &data(), "ema.momentum is nothing in the checkpoint, but 0.99 in this run");
    refused(resumed().optimizer(Poison { at: 1 }), own(), &data(), "optimizer.name is \"adam\"");
    refused(resumed(), spec.layers.compile(4).unwrap(), &data(), "the model begins with other weights");
    refused(
        resumed(),
        model(&specs()[1]),
        &data(),
        "layers.0.mask_zero is false in the checkpoint, but true",
    );
    refused(resumed(), model(&specs()[4]), &data(), "layers.1.units is 4 in the checkpoint, but 33");
    refused(resumed(), own(), &dataset(41, paddings()[0]), "data.rows is 40 in the checkpoint, but 41");
    refused(
        resumed(),
        own(),
        &dataset(40, paddings()[1]),
        "data.padding.padding is \"pre\" in the checkpoint, but \"post\"",
    );
    let other = |row: usize, target: f32| {
        let mut rows = specs::rows(40);
        rows[11].swap(0, row);
        let mut targets = data().targets().values().to_vec();
        targets[3] = target;
        Dataset::new(specs::sequences(&rows), targets).unwrap().with_padding(paddings()[0])
    };
    refused(resumed(), own(), &other(1, data().targets().values()[3]), "the training rows are others");
    refused(resumed(), own(), &other(0, 0.5), "the training rows have other labels");
    // A refusal leaves the checkpoints as they are.
    resumed().run(&mut own(), &other(0, data().targets().values()[3])).unwrap();
}

#[test]
fn a_folder_belongs_to_one_run() {
    let spec = &specs()[0];
    let folder = tempdir().unwrap();
    let refused = |fit: Fit<'_>, found: &str| {
        let error = outcome(fit, spec).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(found), "{error}");
    };
    refused(fit().resume(true), "resume needs a folder");

    struct Rival<'a>(&'a Path);
    impl Callback for Rival<'_> {
        fn on_batch_end(&mut self, context: &mut Context<'_>, _: &BatchLog) -> Result<()> {
            let error = outcome(resuming(self.0), &specs()[0]).unwrap_err();
            assert!(error.to_string().contains("another run is writing checkpoints"), "{error}");
            context.stop();
            Ok(())
        }
    }
    // What a kill in the middle of a write leaves does no harm and does not stay; other files do.
    fs::write(folder.path().join(".checkpoint-000000000003.safetensors.77.tmp"), b"half").unwrap();
    fs::write(folder.path().join("notes.txt"), b"mine").unwrap();
    outcome(saving(folder.path()).callback(Rival(folder.path())), spec).unwrap();
    assert_eq!(names(folder.path()), ["checkpoint-000000000001.safetensors", "notes.txt"]);
    refused(
        saving(folder.path()),
        "holds checkpoints of an earlier run (the newest is checkpoint-000000000001",
    );
    outcome(resuming(folder.path()), spec).unwrap();
}

/// Plain descent whose step `at` makes a weight of each tensor infinite.
#[derive(Debug)]
struct Poison {
    at: u64,
}

impl Optimizer for Poison {
    fn slots(&self) -> usize {
        0
    }
    fn learning_rate(&self, _iterations: u64) -> f64 {
        0.1
    }
    fn set_learning_rate(&mut self, _: LearningRate) -> Result<()> {
        Ok(())
    }
    fn update(&self, update: Update<'_, '_>) {
        for (param, grad) in update.params.iter_mut().zip(update.grads) {
            *param -= 0.1 * grad;
        }
        if update.step == self.at {
            update.params[0] = f32::INFINITY;
        }
    }
}

#[test]
fn divergence_names_the_step_the_tensor_the_norm_and_the_checkpoint() {
    for spec in specs() {
        let folder = tempdir().unwrap();
        let poisoned = |at| saving(folder.path()).resume(true).optimizer(Poison { at });
        let error = outcome(poisoned(BATCHES as u64 + 3), &spec).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Diverged);
        let text = error.to_string();
        let newest = files(folder.path()).pop().unwrap();
        for part in [
            "at step 10 (epoch 2, batch 3): a weight of embedding/embeddings is inf (",
            "the batch's loss is 0.",
            "the norm of its gradient ",
            &format!("the last good checkpoint is {}", newest.display()),
        ] {
            assert!(text.contains(part), "{}: {part} is missing from: {text}", spec.name);
        }
        assert!(newest.ends_with("checkpoint-000000000009.safetensors"), "{}", newest.display());
    }
}

#[test]
fn divergence_of_a_gradient_is_named_before_it_reaches_a_weight() {
    let spec = &specs()[0];
    // Outputs stay in range, but what flows back grows at the head, and again where it leaves the gates.
    let mut model = spec.lively();
    for (name, scale) in [("embedding/embeddings", 1e-5), ("lstm/kernel", 1e5), ("dense/kernel", 1e38)] {
        model.params_mut().get_mut(name).unwrap().iter_mut().for_each(|w| *w *= scale);
    }
    let text = fit().run(&mut model, &data()).unwrap_err().to_string();
    assert!(text.contains("at step 1 (epoch 1, batch 1): a gradient of embedding/embeddings is "), "{text}");
    assert!(text.contains("; try a smaller learning rate") && !text.contains("checkpoint"), "{text}");
    assert!(model.params().values().iter().all(|w| w.is_finite()), "no weight was spoilt");
    model = spec.lively();
    model.params_mut().get_mut("lstm/bias").unwrap()[2] = f32::NAN;
    let error = fit().run(&mut model, &data()).unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("a weight of lstm/bias is NaN (1 of its 16 numbers")
            && text.contains("before the first step"),
        "{text}"
    );
}
