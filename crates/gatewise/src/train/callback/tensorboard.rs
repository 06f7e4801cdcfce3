//! `TensorBoard`: writes metrics to event files for TensorBoard.

use super::event_file::EventFile;
use super::{Callback, Context};
use crate::error::Result;
use crate::train::EpochLog;
use std::path::PathBuf;

/// Writes event files for TensorBoard, with the names and folders of Keras's callback:
/// * `train/`: `epoch_loss`, `epoch_accuracy`, `epoch_learning_rate` and all other training metrics of an
///   epoch.
/// * `validation/`: the validation metrics, without the prefix `val_`.
///
/// Graphs, histograms and metrics of batches are not written. A resumed run creates new files, which mark the
/// repeated epochs as superseded.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::TensorBoard;
/// let fit = Fit::new().epochs(5).validation_split(0.2).callback(TensorBoard::new("logs"));
/// // then: tensorboard --logdir logs
/// ```
#[derive(Debug)]
pub struct TensorBoard {
    train: Log,
    validation: Log,
}

/// A folder, and its event file after the first write.
#[derive(Debug)]
struct Log {
    folder: PathBuf,
    file: Option<EventFile>,
    /// The first epoch of this process.
    from: usize,
}

impl TensorBoard {
    /// Creates the callback: writes to subfolders of `folder`, which are created as needed.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let log = |name: &str| Log { folder: folder.join(name), file: None, from: 0 };
        Self { train: log("train"), validation: log("validation") }
    }
}

impl Log {
    fn write(&mut self, epoch: usize, values: &[(String, f64)]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(EventFile::create(&self.folder, self.from as u64)?),
        };
        file.scalars(epoch as u64, values)
    }
}

impl Callback for TensorBoard {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        (self.train.from, self.validation.from) = (context.epoch(), context.epoch());
        // An unwritable folder should fail now, not after an epoch.
        self.train.file = Some(EventFile::create(&self.train.folder, self.train.from as u64)?);
        Ok(())
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        let (validation, train): (Vec<_>, Vec<_>) =
            log.values().partition(|(name, _)| name.starts_with("val_"));
        let named = |values: Vec<(&str, f64)>| {
            let tag = |name: &str| format!("epoch_{}", name.strip_prefix("val_").unwrap_or(name));
            values.into_iter().map(|(name, value)| (tag(name), value)).collect::<Vec<_>>()
        };
        self.train.write(context.epoch(), &named(train))?;
        self.validation.write(context.epoch(), &named(validation))
    }
}
