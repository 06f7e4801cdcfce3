//! The settings of a run: what is trained on in which epoch, what is validated on, and that a resume keeps to it.

mod specs;

use gatewise::train::{Checkpoints, LambdaCallback};
use gatewise::{ErrorKind, Fit, History, Model};
use specs::{dataset, paddings, specs};
use std::time::Duration;
use tempfile::tempdir;

fn model() -> Model {
    specs()[0].layers.compile(3).unwrap()
}

fn fit<'a>(epochs: usize) -> Fit<'a> {
    Fit::new().epochs(epochs).batch_size(5).learning_rate(0.01).threads(1)
}

fn run(fit: Fit<'_>) -> (Model, History) {
    let mut model = model();
    let mut history = fit.run(&mut model, &dataset(35, paddings()[0])).unwrap();
    history.epochs.iter_mut().for_each(|log| log.seconds = 0.0);
    // What a run says of its resumes differs.
    history.notes.clear();
    (model, history)
}

#[test]
fn parts_of_a_pass_train_as_the_whole_pass() {
    // 7 batches: three epochs of 3, 3 and 1 are one pass; their rows have the order of that pass.
    let whole = run(fit(2)).0;
    assert_eq!(run(fit(6).steps_per_epoch(3)).0.params(), whole.params());
    assert_ne!(run(fit(2).shuffle(false)).0.params(), whole.params());
    assert_eq!(run(fit(2).shuffle(false)).0.params(), run(fit(2).shuffle(false).seed(9)).0.params());
}

#[test]
fn a_later_first_epoch_has_its_own_rows_and_number() {
    let (_, history) = run(fit(5).initial_epoch(3));
    let epochs: Vec<_> = history.epochs.iter().map(|log| log.epoch).collect();
    assert_eq!((epochs, history.stopped), (vec![3, 4], false));
    assert!(run(fit(2).initial_epoch(2)).1.epochs.is_empty());
    // The order of the rows is that of epoch 3, not of epoch 0.
    assert_ne!(run(fit(4).initial_epoch(3)).0.params(), run(fit(1)).0.params());
}

#[test]
fn validation_has_its_rows_its_steps_and_its_epochs() {
    let all = dataset(35, paddings()[0]);
    let own = all.select(&[3, 5, 9, 11, 30, 31, 32]).with_padding(paddings()[0]);
    let (model, history) = run(fit(4).validation_data(&own).validation_freq(2).validation_split(0.9));
    assert_eq!((history.samples, history.validation_samples), (35, 7));
    let given: Vec<_> = history.epochs.iter().map(|log| log.val_loss.is_some()).collect();
    assert_eq!(given, [false, true, false, true]);
    let measured = model.evaluate(&own).unwrap();
    assert_eq!(history.epochs[3].val_loss, Some(measured.loss));
    let (model, history) = run(fit(1).validation_data(&own).validation_steps(1));
    assert_eq!(history.validation_samples, 5);
    let first = own.select(&[0, 1, 2, 3, 4]).with_padding(paddings()[0]);
    assert_eq!(history.epochs[0].val_loss, Some(model.evaluate(&first).unwrap().loss));
}

#[test]
fn a_resumed_run_keeps_to_its_settings() {
    let own = dataset(9, paddings()[0]);
    let options = || {
        let fit = fit(7).steps_per_epoch(3).initial_epoch(1).validation_freq(2).validation_data(&own);
        fit.shuffle(true).seed(4)
    };
    let whole = run(options());
    for batches in [1, 2, 5] {
        let folder = tempdir().unwrap();
        let last = loop {
            let mut left = batches;
            let stop = LambdaCallback::new().on_batch_end(|context, _| {
                left -= 1;
                if left == 0 {
                    context.stop();
                }
                Ok(())
            });
            let saving = Checkpoints::new(folder.path()).every(Duration::ZERO);
            let (model, history) = run(options().checkpoints(saving).resume(true).callback(stop));
            if !history.stopped {
                break (model, history);
            }
        };
        assert_eq!(last.1, whole.1);
        assert_eq!(last.0.params(), whole.0.params());
        for (other, found) in [
            (options().shuffle(false), "shuffle is true in the checkpoint, but false"),
            (options().steps_per_epoch(4), "steps_per_epoch is 3"),
            (options().initial_epoch(2), "initial_epoch is 1"),
            (options().validation_freq(1), "validation_freq is 2"),
        ] {
            let resumed = other.checkpoints(Checkpoints::new(folder.path())).resume(true);
            let error = resumed.run(&mut model(), &dataset(35, paddings()[0])).unwrap_err();
            assert!(error.to_string().contains(found), "{error}");
        }
    }
}

#[test]
fn settings_out_of_range_are_refused() {
    let empty = dataset(0, paddings()[0]);
    for (fit, kind, found) in [
        (fit(1).steps_per_epoch(0), ErrorKind::Config, "steps_per_epoch is 0"),
        (fit(1).validation_freq(0), ErrorKind::Config, "validation_freq is 0"),
        (fit(1).validation_steps(0), ErrorKind::Config, "validation_steps is 0"),
        (fit(1).validation_data(&empty), ErrorKind::Data, "validation_data has no rows"),
    ] {
        let error = fit.run(&mut model(), &dataset(35, paddings()[0])).unwrap_err();
        assert!(error.kind() == kind && error.to_string().contains(found), "{error}");
    }
}
