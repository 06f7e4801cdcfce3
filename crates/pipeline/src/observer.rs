//! Whoever watches a run: hears notes, sees how far it is, and may stop it.

use crate::data_summary::DataSummary;
use crate::trial_log::TrialLog;
use gatewise::train::{BatchLog, Callback, Context, EpochLog};
use gatewise::{Artifact, Result};

/// Watches a run. Every method does nothing unless it is written; `()` watches nothing.
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
    /// Receives a sentence that the user should know: what was found in the data, where a run resumed.
    fn note(&mut self, _note: &str) {}

    /// Receives a note that the user must not overlook: other data than those asked for. By default, a note.
    fn warn(&mut self, warning: &str) {
        self.note(warning);
    }

    /// Receives how far the run is.
    ///
    /// # Errors
    /// Whatever is to end the run at once; what was learnt is lost. Of a download, an error is not heeded.
    fn progress(&mut self, _progress: Progress<'_>) -> Result<()> {
        Ok(())
    }

    /// Returns whether the run is to stop. It is asked after every batch; what is learnt by then is kept.
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

/// How far a run is.
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// Named data are being fetched from their publisher.
    Download {
        /// Bytes that have come.
        done: u64,
        /// Bytes in all, where the server says so.
        total: Option<u64>,
    },
    /// The data are read and the model is made; training begins.
    #[non_exhaustive]
    Ready {
        /// What the data are.
        data: &'a DataSummary,
        /// The model, not trained yet.
        artifact: &'a Artifact,
    },
    /// A member of an ensemble is to be trained.
    #[non_exhaustive]
    Member {
        /// Which one, from 1.
        member: usize,
        /// Members in all.
        members: usize,
    },
    /// An epoch begins, or a resumed run goes on within one.
    #[non_exhaustive]
    EpochBegin {
        /// Which one, from 0.
        epoch: usize,
        /// The epoch that the run ends before.
        epochs: usize,
        /// Rows an epoch.
        samples: usize,
    },
    /// A batch is over.
    #[non_exhaustive]
    Batch {
        /// Running figures of the epoch so far.
        log: &'a BatchLog,
    },
    /// An epoch is over.
    #[non_exhaustive]
    EpochEnd {
        /// Its figures.
        log: &'a EpochLog,
        /// The epoch that the run ends before.
        epochs: usize,
        /// Rows an epoch.
        samples: usize,
    },
    /// A trial of a search begins.
    #[non_exhaustive]
    TrialBegin {
        /// Which one, from 1.
        trial: usize,
        /// The best trial so far, and its figure.
        best: Option<(usize, f64)>,
    },
    /// A trial of a search is over.
    #[non_exhaustive]
    TrialEnd {
        /// What came of it.
        trial: &'a TrialLog,
        /// The best trial so far, and its figure.
        best: Option<(usize, f64)>,
    },
    /// Rows of a file are predicted.
    #[non_exhaustive]
    Rows {
        /// Rows since the last time.
        count: usize,
    },
}

/// Passes what happens in `Fit` on to an observer: the one place that knows both.
pub(crate) struct Watched<'a>(pub &'a mut dyn Observer);

impl Watched<'_> {
    fn begin(&mut self, context: &Context<'_>) -> Result<()> {
        let (epoch, epochs, samples) = (context.epoch(), context.epochs(), context.samples());
        self.0.progress(Progress::EpochBegin { epoch, epochs, samples })
    }
}

impl Callback for Watched<'_> {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        // Resumed within an epoch, which then does not begin again.
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
