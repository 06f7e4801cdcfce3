//! The observer of a run: receives notes and progress, and can stop the run.

use crate::data_summary::DataSummary;
use crate::trial_log::TrialLog;
use gatewise::train::{BatchLog, Callback, Context, EpochLog};
use gatewise::{Artifact, Result};

/// Receives the notes and the progress of a run, and can stop it. The default methods do nothing; `()`
/// implements them.
///
/// ```
/// use gatewise::train::EpochLog;
/// use gatewise_pipeline::{Observer, Progress, Source, TrainConfig};
/// #[derive(Default)]
/// struct Losses(Vec<f64>);
/// impl Observer for Losses {
///     fn progress(&mut self, progress: Progress<'_>) -> gatewise::Result<()> {
///         if let Progress::EpochEnd { log, .. } = progress {
///             self.0.push(log.loss);
///         }
///         Ok(())
///     }
///     fn should_stop(&self) -> bool {
///         self.0.last().is_some_and(|&loss| loss < 0.6)
///     }
/// }
/// let rows = (0..80).map(|row| (["good", "bad"][row % 2], ["p", "n"][row % 2]));
/// let config = TrainConfig::new(Source::texts(rows)).epochs(100).units([4]).embedding(4).learning_rate(0.05);
/// let mut losses = Losses::default();
/// let outcome = config.plan()?.run(&mut losses)?;
/// assert!(outcome.interrupted && losses.0.len() < 100);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub trait Observer: Send {
    /// Receives a note, such as a finding about the data, or where a run resumed.
    fn note(&mut self, _note: &str) {}

    /// Receives a warning, such as a fallback to other data. By default, calls [`note`](Self::note).
    fn warn(&mut self, warning: &str) {
        self.note(warning);
    }

    /// Receives the progress of the run.
    ///
    /// # Errors
    /// An error ends the run at once, and the model is lost. Errors during a download are ignored.
    fn progress(&mut self, _progress: Progress<'_>) -> Result<()> {
        Ok(())
    }

    /// Returns whether to stop the run. It is called after every batch; a stopped run keeps its model.
    fn should_stop(&self) -> bool {
        false
    }
}

impl Observer for () {}

impl<O: Observer + ?Sized> Observer for &mut O {
    fn note(&mut self, note: &str) {
        (**self).note(note);
    }

    fn warn(&mut self, warning: &str) {
        (**self).warn(warning);
    }

    fn progress(&mut self, progress: Progress<'_>) -> Result<()> {
        (**self).progress(progress)
    }

    fn should_stop(&self) -> bool {
        (**self).should_stop()
    }
}

/// The progress of a run.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A data set is being downloaded.
    Download {
        /// Bytes received.
        done: u64,
        /// Total bytes, if the server reports them.
        total: Option<u64>,
    },
    /// The data are read, the model is compiled, and training begins.
    #[non_exhaustive]
    Ready {
        /// Numbers of rows.
        data: &'a DataSummary,
        /// Untrained model.
        artifact: &'a Artifact,
    },
    /// The training of an ensemble member begins.
    #[non_exhaustive]
    Member {
        /// Number, from 1.
        member: usize,
        /// Total number of members.
        members: usize,
    },
    /// An epoch begins, or a resumed run continues within an epoch.
    #[non_exhaustive]
    EpochBegin {
        /// Number of the epoch, from 0.
        epoch: usize,
        /// Total number of epochs.
        epochs: usize,
        /// Rows per epoch.
        samples: usize,
    },
    /// A batch ends.
    #[non_exhaustive]
    Batch {
        /// Running metrics of the epoch.
        log: &'a BatchLog,
    },
    /// An epoch ends.
    #[non_exhaustive]
    EpochEnd {
        /// Metrics of the epoch.
        log: &'a EpochLog,
        /// Total number of epochs.
        epochs: usize,
        /// Rows per epoch.
        samples: usize,
    },
    /// A trial of a search begins.
    #[non_exhaustive]
    TrialBegin {
        /// Number, from 1.
        trial: usize,
        /// Number and metric of the best trial so far.
        best: Option<(usize, f64)>,
    },
    /// A trial of a search ends.
    #[non_exhaustive]
    TrialEnd {
        /// Result of the trial.
        trial: &'a TrialLog,
        /// Number and metric of the best trial so far.
        best: Option<(usize, f64)>,
    },
    /// Rows of a file are predicted.
    #[non_exhaustive]
    Rows {
        /// Rows since the last report.
        count: usize,
    },
}

/// Forwards the callbacks of `Fit` to an observer.
pub(crate) struct Watched<'a>(pub &'a mut dyn Observer);

impl Watched<'_> {
    fn begin(&mut self, context: &Context<'_>) -> Result<()> {
        let (epoch, epochs, samples) = (context.epoch(), context.epochs(), context.samples());
        self.0.progress(Progress::EpochBegin { epoch, epochs, samples })
    }
}

impl Callback for Watched<'_> {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        // A run that resumes within an epoch does not begin the epoch again.
        if context.batch() > 0 { self.begin(context) } else { Ok(()) }
    }

    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.begin(context)
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        self.0.progress(Progress::Batch { log })?;
        if self.0.should_stop() {
            context.stop();
        }
        Ok(())
    }

    fn on_note(&mut self, note: &str) {
        self.0.note(note);
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        let (epochs, samples) = (context.epochs(), context.samples());
        self.0.progress(Progress::EpochEnd { log, epochs, samples })
    }
}
