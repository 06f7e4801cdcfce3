//! Callbacks: what they do to a run, what they refuse, and that a resumed run does the same.

mod specs;

use gatewise::train::{
    Callback, CallbackState, Checkpoints, CsvLogger, EarlyStopping, LambdaCallback, LearningRateScheduler,
    ModelCheckpoint, ReduceLrOnPlateau, TerminateOnNan,
};
use gatewise::{ErrorKind, Fit, History, Model};
use serde_json::{Value, json};
use specs::{dataset, paddings, specs};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;
use tempfile::tempdir;

const RATE: f64 = 0.125;

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

#[test]
fn what_model_checkpoint_saves_is_the_model_of_that_epoch() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("best.safetensors");
    let values = json!([0.5, 0.3, 0.4, 0.35]);
    let (mut all, saved) = (Vec::new(), Mutex::new(Vec::new()));
    let keep = LambdaCallback::new().on_epoch_end(|context, _| {
        all.push(context.model().params().clone());
        Ok(())
    });
    let own = ModelCheckpoint::new("{epoch}").save_best_only(true).saving(|path, model| {
        saved.lock().unwrap().push((path.to_owned(), model.params().clone()));
        Ok(())
    });
    let fit = fit(4).callback(feed("val_loss", &values)).callback(keep);
    let fit = fit.callback(ModelCheckpoint::new(&path).save_best_only(true)).callback(own);
    fit.run(&mut model(), &dataset(16, paddings()[0])).unwrap();
    let mut loaded = model();
    loaded.load_weights(&path).unwrap();
    assert_eq!(loaded.params(), &all[1]);
    let names: Vec<_> =
        saved.lock().unwrap().iter().map(|(path, _)| path.to_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["1", "2"]);
    assert_eq!(saved.lock().unwrap()[1].1, all[1]);
    // Weights of another shape are refused, and change nothing.
    let mut other = specs()[4].layers.compile(3).unwrap();
    let before = other.params().clone();
    let error = other.load_weights(&path).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Artifact);
    assert_eq!(other.params(), &before);
}

#[test]
fn a_learning_rate_that_is_set_is_the_one_that_trains() {
    let data = dataset(16, paddings()[0]);
    let run = |fit: Fit<'_>| {
        let mut model = model();
        fit.run(&mut model, &data).unwrap();
        model.params().clone()
    };
    let set = |rate| LearningRateScheduler::new(move |_, _| rate);
    assert_eq!(run(fit(2).learning_rate(0.01)), run(fit(2).callback(set(0.01))));
    assert_eq!(&run(fit(2).callback(set(0.0))), model().params());
    let error = fit(2).callback(set(f64::NAN)).run(&mut model(), &data).unwrap_err();
    assert!(error.kind() == ErrorKind::Config && error.to_string().contains("set to NaN"), "{error}");
}

#[test]
fn divergence_stops_quietly_where_asked_and_the_best_weights_come_back() {
    let data = dataset(16, paddings()[0]);
    let blow_up = || LearningRateScheduler::new(|epoch, rate| if epoch < 2 { rate } else { 1e39 });
    let error = fit(5).callback(blow_up()).run(&mut model(), &data).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let notes = Mutex::new(Vec::new());
    struct Notes<'a>(&'a Mutex<Vec<String>>);
    impl Callback for Notes<'_> {
        fn on_note(&mut self, note: &str) {
            self.0.lock().unwrap().push(note.to_owned());
        }
    }
    let best = EarlyStopping::new().monitor("loss").patience(9).restore_best_weights(true);
    let fit = fit(5).callback(blow_up()).callback(TerminateOnNan).callback(best).callback(Notes(&notes));
    let mut model = model();
    let history = fit.run(&mut model, &data).unwrap();
    // As in Keras, the epoch that diverged is in the history.
    assert!(history.stopped && history.epochs.len() == 3);
    assert!(history.epochs[..2].iter().all(|log| log.loss.is_finite()) && history.epochs[2].loss.is_nan());
    assert_eq!(history.notes, *notes.lock().unwrap());
    assert!(model.params().values().iter().all(|weight| weight.is_finite()));
    let notes = notes.lock().unwrap().join("\n");
    assert!(
        notes.contains("training has diverged at step") && notes.contains("those after epoch"),
        "{notes}"
    );
}

#[test]
fn what_cannot_be_watched_is_refused_or_told() {
    let data = dataset(16, paddings()[0]);
    let refused = |fit: Fit<'_>, found: &str| {
        let error = fit.run(&mut model(), &data).unwrap_err();
        assert!(error.kind() == ErrorKind::Config && error.to_string().contains(found), "{error}");
    };
    refused(fit(1).callback(EarlyStopping::new().monitor("speed")), "set the mode");
    refused(fit(1).callback(ReduceLrOnPlateau::new().factor(1.0)), "factor is 1");
    refused(fit(1).callback(ReduceLrOnPlateau::new().min_lr(-1.0)), "min_lr is -1");
    refused(fit(1).callback(ModelCheckpoint::new("{epoch")), "other half");
    refused(fit(1).callback(ModelCheckpoint::new("x").save_freq(0)), "save_freq is 0");
    refused(fit(1).callback(ModelCheckpoint::new("{speed}")), "{speed}");
}

/// Everything with state at once, on figures that make each of them act.
fn eventful<'a>(fit: Fit<'a>, values: &'a Value, folder: &Path) -> Fit<'a> {
    fit.callback(feed("val_loss", values))
        .callback(ReduceLrOnPlateau::new().patience(1).factor(0.5).cooldown(1))
        .callback(LearningRateScheduler::new(|_, rate| rate * 0.9))
        .callback(ModelCheckpoint::new(folder.join("{epoch}-{batch}")).save_freq(3))
        .callback(ModelCheckpoint::new(folder.join("best")).save_best_only(true))
        .callback(CsvLogger::new(folder.join("log.csv")))
        .callback(CsvLogger::new(folder.join("more.csv")).append(true))
        .callback(EarlyStopping::new().patience(3).restore_best_weights(true))
}

#[test]
fn a_run_stopped_at_any_batch_ends_as_one_never_stopped() {
    let values = json!([0.9, 0.5, 0.6, 0.55, 0.7, 0.4, 0.45, 0.5, 0.6, 0.7]);
    let data = dataset(20, paddings()[0]);
    let settled = |mut history: History| {
        history.epochs.iter_mut().for_each(|log| log.seconds = 0.0);
        // What a run says of its resumes differs.
        history.notes.retain(|note| !note.contains("resumed after") && !note.starts_with("no checkpoint in"));
        history
    };
    let files = |folder: &Path| {
        let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|f| f.unwrap().path()).collect();
        files.sort();
        let read =
            |path: &std::path::PathBuf| (path.file_name().unwrap().to_owned(), std::fs::read(path).unwrap());
        files.iter().map(read).collect::<Vec<_>>()
    };
    let prepared = || {
        let folder = tempdir().unwrap();
        std::fs::write(folder.path().join("more.csv"), "what was there\n").unwrap();
        folder
    };
    let out = prepared();
    let mut whole = model();
    let history = settled(eventful(fit(10), &values, out.path()).run(&mut whole, &data).unwrap());
    assert!(history.stopped && history.epochs.len() == 5);
    for batches in [1, 2, 4, 5] {
        let (own, checkpoints) = (prepared(), tempdir().unwrap());
        let mut runs = 0;
        let (last, resumed) = loop {
            runs += 1;
            let mut left = batches;
            let stop = LambdaCallback::new().on_batch_end(|context, _| {
                left -= 1;
                if left == 0 {
                    context.stop();
                }
                Ok(())
            });
            let saving = Checkpoints::new(checkpoints.path()).every(Duration::ZERO);
            let fit = eventful(fit(10).checkpoints(saving).resume(true), &values, own.path()).callback(stop);
            let mut model = model();
            let history = settled(fit.run(&mut model, &data).unwrap());
            if history.epochs.len() == 5 {
                break (model, history);
            }
        };
        assert!(runs > 2);
        assert_eq!(resumed, history, "{batches} batches at a time");
        assert!(last.params() == whole.params(), "{batches} batches at a time");
        assert_eq!(files(own.path()), files(out.path()), "{batches} batches at a time");
    }
    // The settings of callbacks decide what a run does.
    let checkpoints = tempdir().unwrap();
    let run = |patience| {
        let saving = Checkpoints::new(checkpoints.path());
        let stopping = EarlyStopping::new().monitor("loss").patience(patience);
        fit(1).checkpoints(saving).resume(true).callback(stopping).run(&mut model(), &data)
    };
    run(2).unwrap();
    let error = run(3).unwrap_err();
    assert!(error.to_string().contains("callbacks.0.patience is 2 in the checkpoint, but 3"), "{error}");
}

/// State that is not what a callback saved is refused, not believed.
#[test]
fn foreign_state_is_refused() {
    for value in [json!(null), json!({"wait": -1}), json!([1])] {
        let state = CallbackState::from(value);
        assert_eq!(
            EarlyStopping::new().restore_state(state.clone()).unwrap_err().kind(),
            ErrorKind::Artifact
        );
        assert!(ReduceLrOnPlateau::new().restore_state(state.clone()).is_err());
        assert!(ModelCheckpoint::new("x").restore_state(state).is_err());
    }
}
