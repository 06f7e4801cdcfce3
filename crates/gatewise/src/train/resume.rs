//! Resuming: what determines a run, what it goes on from, and what it saves.

use super::Fit;
use super::checkpoint::Folder;
use super::progress::Progress;
use super::snapshot::{CREATED_BY, Moment, Snapshot};
use super::trainer::Trainer;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::model::Model;
use crate::rows::{Dataset, Inputs};
use crate::storage::hex;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

impl Fit<'_> {
    /// The folder for checkpoints, if there are to be any.
    pub(super) fn open_folder(&self, model: &Model, data: &Dataset, loss: Loss) -> Result<Option<Folder>> {
        let Some(checkpoints) = &self.checkpoints else {
            return match self.resume {
                true => Err(Error::config("resume needs a folder with checkpoints, but none was given")),
                false => Ok(None),
            };
        };
        // All that the run's result depends on; epochs aside, threads and instruction set do not count.
        let settings = json!({
            "seed": self.seed,
            "batch_size": self.batch_size,
            "validation_split": self.validation_split,
            "loss": loss,
            "class_weight": self.class_weight,
            "callbacks": self.callbacks.configs(),
            "optimizer": self.optimizer.config(),
            "clip": self.clip,
            "ema": self.ema,
            "layers": model.spec(),
            "first_weights_sha256": bits(model.params().values()),
            "data": described(data),
            "validation_data": self.validation_data.map(described),
            "validation_steps": self.validation_steps,
            "validation_freq": self.validation_freq,
            "shuffle": self.shuffle,
            "steps_per_epoch": self.steps_per_epoch,
            "initial_epoch": self.initial_epoch,
        });
        Folder::open(checkpoints, settings).map(Some)
    }

    /// What to resume from, if anything.
    pub(super) fn load(&mut self, folder: Option<&mut Folder>, model: &Model) -> Result<Option<Snapshot>> {
        let Some(folder) = folder else { return Ok(None) };
        if !self.resume {
            return folder.expect_empty().map(|()| None);
        }
        let (snapshot, mut notes) = folder.load(model.params(), self.slot_starts().len())?;
        if let Some(Snapshot { progress: at, step, created_by, .. }) = &snapshot {
            let needed = at.epoch + usize::from(at.batch > 0);
            if self.epochs < needed {
                return Err(Error::config(format!(
                    "cannot resume: epochs is {}, but the checkpoint is from epoch {needed}; ask for at least {needed}",
                    self.epochs
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
        self.callbacks.note(&notes);
        Ok(snapshot)
    }

    pub(super) fn moment<'m>(
        &'m self,
        model: &'m Model,
        trainer: &'m Trainer,
        progress: &'m Progress,
    ) -> Moment<'m> {
        let (step, slots) = trainer.state();
        Moment { progress, step, callbacks: self.callbacks.states(), params: model.params(), slots }
    }
}

/// `error`, with the checkpoint that stays named.
pub(super) fn name_kept(error: Error, folder: &Option<Folder>) -> Error {
    match folder.as_ref().and_then(|folder| folder.newest.as_ref()) {
        Some(path) => {
            Error::new(error.kind(), format!("{error}; the last good checkpoint is {}", path.display()))
        }
        None => error,
    }
}

/// What tells one data set from another.
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

/// Of the numbers' little-endian bytes, a few at a time: a data set may be large.
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
