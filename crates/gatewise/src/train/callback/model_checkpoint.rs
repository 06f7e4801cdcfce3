//! `ModelCheckpoint`: saves the model after each epoch, or after the best epochs only.

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

/// Saves the model at the end of epochs, or every given number of batches, as Keras's callback of this name.
///
/// The file name may contain fields in the syntax of Python's `str.format`: `{epoch}` and `{batch}` (from 1),
/// and every metric of the log, with an optional width and precision:
/// `"{epoch:02d}-{val_loss:.2f}.safetensors"`. Folders are created as needed, and the file is written
/// atomically.
///
/// The callback writes the weights ([`Model::save_weights`], read by [`Model::load_weights`]), or calls a
/// closure ([`saving`](Self::saving)), for example to save an [`Artifact`](crate::Artifact). The file does
/// not contain the optimizer: use [`Checkpoints`](crate::Checkpoints) to resume a run.
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

/// The state.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    best: Option<Number>,
    /// Number of batches since the last save.
    batches: usize,
}

impl fmt::Debug for ModelCheckpoint<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(NAME).field("path", &self.path).field("kept", &self.kept).finish_non_exhaustive()
    }
}

impl<'a> ModelCheckpoint<'a> {
    /// Creates the callback: saves the weights to `path` after every epoch.
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

    /// Sets a closure that saves the model. Default: [`Model::save_weights`].
    pub fn saving(self, save: impl FnMut(&Path, &Model) -> Result<()> + Send + 'a) -> Self {
        Self { save: Box::new(save), ..self }
    }

    /// Sets the metric to monitor for `save_best_only`. Default: `val_loss`.
    pub fn monitor(mut self, name: impl Into<String>) -> Self {
        self.monitor.name = name.into();
        self
    }

    /// Sets whether to save only when the metric is the best so far. Default: false.
    pub fn save_best_only(self, save_best_only: bool) -> Self {
        Self { save_best_only, ..self }
    }

    /// Sets whether the metric should decrease or increase. Default: [`MonitorMode::Auto`].
    pub fn mode(mut self, mode: MonitorMode) -> Self {
        self.monitor.mode = mode;
        self
    }

    /// Sets the number of batches between two saves, counted over the whole run, with the metrics of the
    /// epoch so far. Default: saves at the end of epochs.
    pub fn save_freq(self, batches: usize) -> Self {
        Self { save_freq: Some(batches), ..self }
    }

    /// Sets the initial best value of the metric. Default: none.
    pub fn initial_value_threshold(self, threshold: f64) -> Self {
        Self { threshold: Some(threshold), ..self }
    }

    /// Returns whether the callback can write to `path`: whether the file name is `path` with numbers in the place
    /// of its fields.
    ///
    /// ```
    /// use gatewise::train::ModelCheckpoint;
    /// let best = ModelCheckpoint::new("best-{epoch}.safetensors");
    /// assert!(best.may_write("best-12.safetensors".as_ref())?);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a file name with fields that cannot be filled.
    pub fn may_write(&self, path: &Path) -> Result<bool> {
        Ok(self.name()?.could_be(&path.to_string_lossy()))
    }

    fn save_if_best(
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
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.name()?;
        if self.save_freq == Some(0) {
            return Err(Error::config(format!("{NAME}: save_freq is 0 batches; it must be at least 1")));
        }
        if self.save_best_only { self.monitor.check(NAME, context) } else { Ok(()) }
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        let Some(every) = self.save_freq else { return Ok(()) };
        self.kept.batches += 1;
        if self.kept.batches < every {
            return Ok(());
        }
        self.kept.batches = 0;
        self.save_if_best(context, Some(log.batch), &log.values().collect::<Vec<_>>())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        match self.save_freq {
            None => self.save_if_best(context, None, &log.values().collect::<Vec<_>>()),
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
