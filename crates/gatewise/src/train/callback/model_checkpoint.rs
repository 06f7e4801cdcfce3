//! `ModelCheckpoint`: the model in a file, at the best epoch or at every one.

use super::file_name::FileName;
use super::monitor::{Monitor, MonitorMode};
use super::{Callback, CallbackState, Context};
use crate::error::{Error, Result};
use crate::model::Model;
use crate::train::number::Number;
use crate::train::{BatchLog, EpochLog};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};

const NAME: &str = "ModelCheckpoint";

type Save<'a> = Box<dyn FnMut(&Path, &Model) -> Result<()> + Send + 'a>;

/// Saves the model at the end of epochs or every so many batches; with Keras's settings, defaults and
/// decisions.
///
/// The file's name may have fields, filled in as Python's `format` would: `{epoch}` and `{batch}` (counted
/// from 1) and every figure of the log, with a width and a precision where wanted:
/// `"{epoch:02d}-{val_loss:.2f}.safetensors"`. Folders are made as needed, and the file is written whole or
/// not at all.
///
/// What is written are the weights ([`Model::save_weights`], to be read by [`Model::load_weights`]), or
/// whatever a closure makes of the model ([`saving`](Self::saving)), such as an
/// [`Artifact`](crate::Artifact). It holds no optimizer: to go on with a run there are
/// [`Checkpoints`](crate::Checkpoints).
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::ModelCheckpoint;
/// let best = ModelCheckpoint::new("best.safetensors").monitor("val_accuracy").save_best_only(true);
/// let fit = Fit::new().epochs(5).validation_split(0.2).callback(best);
/// ```
pub struct ModelCheckpoint<'a> {
    path: PathBuf,
    monitor: Monitor,
    save_best_only: bool,
    save_freq: Option<usize>,
    threshold: Option<f64>,
    save: Save<'a>,
    kept: Kept,
}

/// What it remembers.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    best: Option<Number>,
    /// Batches since the last look.
    batches: usize,
}

impl fmt::Debug for ModelCheckpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(NAME).field("path", &self.path).field("kept", &self.kept).finish_non_exhaustive()
    }
}

impl<'a> ModelCheckpoint<'a> {
    /// Saves the weights to `path` after every epoch; `val_loss` is what `save_best_only` would watch.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            monitor: Monitor::new(0.0),
            save_best_only: false,
            save_freq: None,
            threshold: None,
            save: Box::new(|path, model| model.save_weights(path)),
            kept: Kept::default(),
        }
    }

    /// Saves whatever `save` makes of the model in place of its weights.
    pub fn saving(self, save: impl FnMut(&Path, &Model) -> Result<()> + Send + 'a) -> Self {
        Self { save: Box::new(save), ..self }
    }

    /// The figure that says which model is best.
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// Whether to save only when the figure is better than ever.
    pub fn save_best_only(self, save_best_only: bool) -> Self {
        Self { save_best_only, ..self }
    }

    /// Which way is better.
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// Saves every `batches` batches, counted over the whole run, instead of at the end of epochs. Figures are
    /// then those of the epoch so far.
    pub fn save_freq(self, batches: usize) -> Self {
        Self { save_freq: Some(batches), ..self }
    }

    /// What the figure has to beat at first.
    pub fn initial_value_threshold(self, threshold: f64) -> Self {
        Self { threshold: Some(threshold), ..self }
    }

    fn look(
        &mut self,
        context: &mut Context<'_>,
        batch: Option<usize>,
        values: &[(&str, f64)],
    ) -> Result<()> {
        if self.save_best_only
            && let Some(current) = self.monitor.find(NAME, context, values.iter().copied())
        {
            if !self.monitor.improves(current, self.kept.best.or(self.threshold.map(Number))) {
                return Ok(());
            }
            self.kept.best = Some(Number(current));
        }
        let counts = [("epoch", Some(context.epoch() + 1)), ("batch", batch.map(|batch| batch + 1))];
        let path = self.name()?.fill(&counts, values)?;
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|e| Error::io("cannot make the folder", folder, e))?;
        }
        (self.save)(&path, context.model())
    }

    fn name(&self) -> Result<FileName> {
        FileName::parse(&self.path).map_err(|e| Error::config(format!("{NAME}: {e}")))
    }
}

impl Callback for ModelCheckpoint<'_> {
    fn on_train_begin(&mut self, _: &mut Context<'_>) -> Result<()> {
        self.name()?;
        if self.save_freq == Some(0) {
            return Err(Error::config(format!("{NAME}: save_freq is 0 batches; it must be at least 1")));
        }
        if self.save_best_only { self.monitor.check(NAME) } else { Ok(()) }
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        let Some(every) = self.save_freq else { return Ok(()) };
        self.kept.batches += 1;
        if self.kept.batches < every {
            return Ok(());
        }
        self.kept.batches = 0;
        self.look(context, Some(log.batch), &log.values().collect::<Vec<_>>())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        match self.save_freq {
            None => self.look(context, None, &log.values().collect::<Vec<_>>()),
            Some(_) => Ok(()),
        }
    }

    fn config(&self) -> Value {
        json!({
            "name": "model_checkpoint",
            "watch": self.monitor,
            "save_best_only": self.save_best_only,
            "save_freq": self.save_freq,
            "initial_value_threshold": self.threshold.map(Number),
        })
    }

    fn save_state(&self) -> CallbackState<'_> {
        json!(self.kept).into()
    }

    fn restore_state(&mut self, state: CallbackState<'_>) -> Result<()> {
        self.kept = state.read(NAME)?;
        Ok(())
    }
}
