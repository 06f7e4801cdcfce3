//! Checkpoints: the folder where a run saves its state, so that it can be killed and resumed.
//!
//! Input: the state of a run. Output: the newest intact snapshot of a run with the same settings.

use super::snapshot::{Moment, Snapshot, Unusable};
use crate::error::{Error, Result};
use crate::model::Params;
use crate::storage::write_atomic;
use serde_json::Value;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Where and how often a run saves checkpoints; see [`Fit::checkpoints`](crate::Fit::checkpoints).
///
/// A checkpoint is written atomically:
/// * at the end of every epoch,
/// * when a callback stops the run,
/// * after the first batch that ends later than the given time after the last checkpoint.
///
/// The newest two checkpoints are kept. A run that is killed at any moment and resumed ends with the same bits
/// as an uninterrupted run.
///
/// A checkpoint contains the weights, the optimizer's state and step count, the position in the epoch with
/// its running sums, the history, and the state of callbacks
/// ([`Callback::save_state`](super::Callback::save_state)). There is no random state: the order of an epoch's
/// rows is drawn from the seed and the epoch.
///
/// A checkpoint also contains the settings that determine the run: seed, batch size, validation split, loss,
/// optimizer, layers, initial weights, rows, targets and padding. A run with other settings is refused.
/// Threads, instruction set and the number of epochs may differ: a larger number of epochs continues
/// training.
///
/// ```
/// use gatewise::rows::{Dataset, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::train::Checkpoints;
/// use gatewise::{Fit, Sequential};
///
/// let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
/// let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// let spec = Sequential::new()
///     .with(Embedding::new(6, 4))
///     .with(Lstm::new(3))
///     .with(Dense::new(1).activation(Activation::Sigmoid));
///
/// let mut whole = spec.compile(1)?;
/// let history = Fit::new().epochs(4).run(&mut whole, &data)?;
///
/// let folder = tempfile::tempdir().unwrap();
/// let checkpoints = || Checkpoints::new(folder.path());
/// // Killed after two epochs, say; whatever was in memory is gone.
/// Fit::new().epochs(2).checkpoints(checkpoints()).run(&mut spec.compile(1)?, &data)?;
///
/// let mut resumed = spec.compile(1)?;
/// let resumed_history =
///     Fit::new().epochs(4).checkpoints(checkpoints()).resume(true).run(&mut resumed, &data)?;
/// assert_eq!(resumed.params(), whole.params());
/// assert_eq!(resumed_history.epochs.len(), history.epochs.len());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoints {
    folder: PathBuf,
    every: Duration,
}

impl Checkpoints {
    /// Creates checkpoints in `folder` every 30 seconds. The folder is created if it does not exist.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), every: Duration::from_secs(30) }
    }

    /// Sets the time between two checkpoints within an epoch; zero saves after every batch.
    pub fn every(self, every: Duration) -> Self {
        Self { every, ..self }
    }
}

/// Number of checkpoints to keep: the second one, in case the newest is damaged.
const KEPT: usize = 2;
const PREFIX: &str = "checkpoint-";
const SUFFIX: &str = ".safetensors";

/// A folder of checkpoints, opened by the one run that writes them.
#[derive(Debug)]
pub(super) struct Folder {
    path: PathBuf,
    every: Duration,
    saved: Instant,
    /// The newest intact checkpoint of this run.
    pub newest: Option<PathBuf>,
    settings: Value,
    /// Held until the run ends; the system releases it when the process dies.
    _lock: Option<File>,
}

impl Folder {
    /// Creates the folder if needed and locks it.
    pub fn open(checkpoints: &Checkpoints, settings: Value) -> Result<Self> {
        let path = checkpoints.folder.clone();
        fs::create_dir_all(&path).map_err(|e| Error::io("cannot make the checkpoint folder", &path, e))?;
        let lock = path.join(".lock");
        let file = File::create(&lock).map_err(|e| Error::io("cannot write", &lock, e))?;
        let lock = match file.try_lock() {
            Ok(()) => Some(file),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::config(format!(
                    "another run is writing checkpoints to {}; wait for it, stop it, or use another folder",
                    path.display()
                )));
            }
            // Some file systems have no locks.
            Err(TryLockError::Error(_)) => None,
        };
        let folder = Self {
            path,
            every: checkpoints.every,
            saved: Instant::now(),
            newest: None,
            settings,
            _lock: lock,
        };
        folder.remove_unfinished()?;
        Ok(folder)
    }

    /// Returns the paths of checkpoints, newest first.
    fn found(&self) -> Result<Vec<PathBuf>> {
        let step = |name: &str| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX)?.parse::<u64>().ok();
        let mut found: Vec<_> = self.files()?.filter_map(|(name, path)| Some((step(&name)?, path))).collect();
        found.sort_by(|a, b| b.cmp(a));
        Ok(found.into_iter().map(|(_, path)| path).collect())
    }

    fn files(&self) -> Result<impl Iterator<Item = (String, PathBuf)>> {
        let entries = fs::read_dir(&self.path).map_err(|e| Error::reading("cannot read", &self.path, e))?;
        Ok(entries.flatten().map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())))
    }

    /// Removes the temporary files of interrupted writes; the lock excludes other writers.
    fn remove_unfinished(&self) -> Result<()> {
        let unfinished = |name: &str| name.starts_with(&format!(".{PREFIX}")) && name.ends_with(".tmp");
        for (_, path) in self.files()?.filter(|(name, _)| unfinished(name)) {
            // Best effort: the file does no harm.
            let _ = fs::remove_file(path);
        }
        Ok(())
    }

    /// Returns an error if the folder has checkpoints: a new run would replace them.
    pub fn expect_empty(&self) -> Result<()> {
        match self.found()?.first() {
            None => Ok(()),
            Some(newest) => Err(Error::config(format!(
                "{} holds checkpoints of an earlier run (the newest is {}); resume that run (--resume), or give this \
                 one another folder or an empty one",
                self.path.display(),
                file_name(newest)
            ))),
        }
    }

    /// Returns the newest intact snapshot (`None` in an empty folder), and notes for the user.
    ///
    /// # Errors
    /// When the snapshot belongs to another run, or when every checkpoint is damaged.
    pub fn load(&mut self, params: &Params, slots: usize) -> Result<(Option<Snapshot>, Vec<String>)> {
        let found = self.found()?;
        let mut notes = Vec::new();
        for (index, path) in found.iter().enumerate() {
            let read = fs::read(path).map_err(|e| Unusable::Damaged(format!("it cannot be read ({e})")));
            match read.and_then(|bytes| Snapshot::from_bytes(&bytes, &self.settings, params, slots)) {
                Ok(snapshot) => {
                    // Kept for inspection under a name that this run does not write.
                    for damaged in &found[..index] {
                        let aside = damaged.with_extension("damaged");
                        fs::rename(damaged, &aside).map_err(|e| Error::io("cannot rename", damaged, e))?;
                    }
                    self.newest = Some(path.clone());
                    return Ok((Some(snapshot), notes));
                }
                Err(Unusable::Refused(e)) => {
                    return Err(Error::new(e.kind(), format!("cannot resume from {}: {e}", path.display())));
                }
                Err(Unusable::Damaged(why)) => {
                    notes.push(format!("the checkpoint {} is damaged: {why}", path.display()));
                }
            }
        }
        if notes.is_empty() {
            notes.push(format!("no checkpoint in {} yet: starting from the beginning", self.path.display()));
            return Ok((None, notes));
        }
        Err(Error::artifact(format!(
            "cannot resume: {}; no other is left; empty the folder to start from the beginning",
            notes.join("; ")
        )))
    }

    /// Returns whether a checkpoint is due.
    pub fn due(&self) -> bool {
        self.saved.elapsed() >= self.every
    }

    /// Writes a checkpoint, then removes all but the newest two.
    pub fn save(&mut self, moment: &Moment<'_>) -> Result<()> {
        let path = self.path.join(format!("{PREFIX}{:012}{SUFFIX}", moment.step));
        write_atomic(&path, &moment.to_bytes(&self.settings)?)?;
        for old in self.found()?.iter().skip(KEPT) {
            // Best effort: an extra file does no harm.
            let _ = fs::remove_file(old);
        }
        self.newest = Some(path);
        self.saved = Instant::now();
        Ok(())
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
