//! Resuming: the settings that determine a run, and loading its checkpoint.

use super::callback::CallbackList;
use super::checkpoint::Folder;
use super::run_settings::RunSettings;
use super::snapshot::{CREATED_BY, Snapshot};
use super::stepper::Stepper;
use crate::error::{Error, Result};
use crate::loss::Reduction;
use crate::model::Model;
use crate::rows::{Dataset, Inputs};
use crate::storage::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::borrow::BorrowMut;

/// Returns the settings that determine the result of a run, except the number of epochs.
pub(super) fn described_run<M: BorrowMut<Model>>(
    settings: &RunSettings<'_>,
    stepper: &Stepper<M>,
    callbacks: &CallbackList<'_>,
    data: &Dataset,
) -> Value {
    let (model, steps) = (stepper.model(), &stepper.settings);
    let mut run = json!({
        "seed": steps.seed,
        "batch_size": settings.batch_size,
        "validation_split": settings.validation_split,
        "loss": stepper.loss().described(),
        "class_weight": settings.class_weight,
        "callbacks": callbacks.configs(),
        "optimizer": steps.optimizer.config(),
        "clip": steps.clip,
        "ema": steps.ema,
        "layers": model.spec(),
        "first_weights_sha256": bits(model.params().values()),
        "data": described(data),
        "validation_data": settings.validation_data.map(described),
        "validation_steps": settings.validation_steps,
        "validation_freq": settings.validation_freq,
        "shuffle": settings.shuffle,
        "steps_per_epoch": settings.steps_per_epoch,
        "initial_epoch": settings.initial_epoch,
    });
    // Named only where they are set: checkpoints of earlier versions do not have them.
    if let Some(every) = steps.accumulate {
        run["gradient_accumulation_steps"] = every.into();
    }
    if !steps.no_decay.is_empty() {
        run["exclude_from_weight_decay"] = json!(steps.no_decay);
    }
    if !settings.metrics.is_empty() {
        run["metrics"] = json!(settings.metrics);
    }
    if !settings.weighted_metrics.is_empty() {
        run["weighted_metrics"] = json!(settings.weighted_metrics);
    }
    if stepper.steps() > 0 {
        run["begins_with"] = json!({
            "steps": stepper.steps(),
            "epochs": stepper.epochs,
            "learning_rate": stepper.learning_rate,
            "slots_sha256": sha256(stepper.trainer.slots.iter().flatten().map(|value| value.to_bits())),
        });
    }
    if steps.reduction != Reduction::default() {
        run["reduction"] = json!(steps.reduction);
    }
    run
}

/// Loads the snapshot to resume from, or `None`, and returns notes for the user.
pub(super) fn load<M: BorrowMut<Model>>(
    folder: &mut Folder,
    settings: &RunSettings<'_>,
    stepper: &Stepper<M>,
) -> Result<(Option<Snapshot>, Vec<String>)> {
    if !settings.resume {
        return folder.expect_empty().map(|()| (None, Vec::new()));
    }
    let (snapshot, mut notes) = folder.load(stepper.model().params(), stepper.trainer.slots.len())?;
    if let Some(Snapshot { progress: at, step, created_by, .. }) = &snapshot {
        let needed = at.epoch + usize::from(at.batch > 0);
        if settings.epochs < needed {
            return Err(Error::config(format!(
                "cannot resume: epochs is {}, but the checkpoint is from epoch {needed}; ask for at least {needed}",
                settings.epochs
            )));
        }
        notes.push(format!("resumed after step {step}: {} epochs and {} batches", at.epoch, at.batch));
        if created_by != CREATED_BY {
            notes.push(format!(
                "the checkpoint was written by {created_by}, and this is {CREATED_BY}: the result may \
                 differ in the last bits from that of an uninterrupted run"
            ));
        }
    }
    Ok((snapshot, notes))
}

/// Appends the path of the last good checkpoint to `error`.
pub(super) fn name_kept(error: Error, folder: &Option<Folder>) -> Error {
    match folder.as_ref().and_then(|folder| folder.newest.as_ref()) {
        Some(path) => {
            Error::new(error.kind(), format!("{error}; the last good checkpoint is {}", path.display()))
        }
        None => error,
    }
}

/// Returns a fingerprint of a data set.
fn described(data: &Dataset) -> Value {
    let inputs = data.inputs();
    let lengths = (0..inputs.len()).map(|row| inputs.steps(row) as u32);
    let numbers: Box<dyn Iterator<Item = u32>> = match inputs {
        Inputs::Ids(rows) => Box::new(rows.ids().iter().copied()),
        Inputs::Features(rows) => Box::new(rows.values().iter().map(|value| value.to_bits())),
    };
    json!({
        "rows": data.len(),
        "padding": data.padding(),
        "inputs_sha256": sha256(lengths.chain(numbers)),
        "targets_sha256": bits(data.targets().values()),
        "sample_weight_sha256": data.sample_weight().map(bits),
    })
}

fn bits(values: &[f32]) -> String {
    sha256(values.iter().map(|value| value.to_bits()))
}

/// Hashes the little-endian bytes in chunks: a data set may be large.
fn sha256(mut numbers: impl Iterator<Item = u32>) -> String {
    let mut hash = Sha256::new();
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        bytes.extend(numbers.by_ref().take(1 << 14).flat_map(u32::to_le_bytes));
        if bytes.is_empty() {
            return hex(hash.finalize());
        }
        hash.update(&bytes);
    }
}
