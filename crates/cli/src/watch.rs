//! The observer of the command line: writes notes and bars to standard error, and stops a run at Ctrl-C.

use crate::args::Format;
use crate::interrupt::StopFlag;
use crate::progress::{DownloadBar, EpochBar, RowCounter, SearchBar};
use crate::{Done, note, out};
use gatewise::{Error, Result};
use gatewise_pipeline::{Observer, Progress};
use std::time::Duration;

/// Shows the progress of a run, and stops it at Ctrl-C.
pub struct Watch {
    verbose: u8,
    format: Format,
    stop: Option<StopFlag>,
    /// The first refusal of standard output. It does not end a run whose model is not saved yet.
    unwritten: Option<Error>,
    download: DownloadBar,
    epoch: EpochBar,
    search: Option<SearchBar>,
    rows: Option<RowCounter>,
}

impl Watch {
    /// Shows epochs by `--verbose`; for text output, also prints the data and the summary of the model.
    pub fn new(verbose: u8, format: Format) -> Self {
        let (download, epoch) = (DownloadBar::default(), EpochBar::new(verbose));
        Self { verbose, format, stop: None, unwritten: None, download, epoch, search: None, rows: None }
    }

    /// Shows notes and downloads only.
    pub fn notes() -> Self {
        Self::new(0, Format::Json)
    }

    /// Shows the trials of a search with this time limit.
    pub fn search(time: Duration) -> Self {
        Self { search: Some(SearchBar::new(time)), ..Self::notes() }
    }

    /// Counts the predicted rows of a file; Ctrl-C stops the run.
    pub fn rows() -> Result<Self> {
        let (stop, rows) = (Some(StopFlag::listen()?), Some(RowCounter::new()));
        Ok(Self { stop, rows, ..Self::notes() })
    }

    /// Returns how the run ended.
    ///
    /// # Errors
    /// The error of standard output that the run has outlived.
    pub fn done(self) -> Result<Done> {
        let stopped = self.should_stop();
        match self.unwritten {
            Some(error) => Err(error),
            None => Ok(if stopped { Done::Interrupted } else { Done::Whole }),
        }
    }

    /// Returns the name of the signal that stops the run.
    pub fn signal(&self) -> Option<&'static str> {
        self.stop.as_ref().and_then(StopFlag::raised)
    }

    /// Shows nothing more of a search.
    pub fn end_search(&mut self) {
        self.search = None;
    }

    /// Lets Ctrl-C stop the run and keep its work; before this call, Ctrl-C ends the program.
    fn listen(&mut self) -> Result<()> {
        if self.stop.is_none() {
            self.stop = Some(StopFlag::listen()?);
        }
        Ok(())
    }
}

impl Observer for Watch {
    fn note(&mut self, note: &str) {
        note!("note: {note}");
    }

    fn warn(&mut self, warning: &str) {
        let line = "=".repeat(80);
        note!("{line}\n{warning}\n{line}");
    }

    fn progress(&mut self, progress: Progress<'_>) -> Result<()> {
        match progress {
            Progress::Download { done, total, .. } => self.download.at(done, total),
            Progress::Ready { data, artifact, .. } => {
                self.listen()?;
                if self.format == Format::Text {
                    let steps = data.text.as_ref().map(|text| text.steps).or(artifact.padding().maxlen);
                    self.unwritten = out!("Data: {data}\n{}", artifact.model().summary(steps)).err();
                }
            }
            Progress::Member { member, members, .. } if self.verbose > 0 => {
                note!("Member {member} of {members}");
            }
            Progress::EpochBegin { epoch, epochs, samples, .. } => self.epoch.begin(epoch, epochs, samples),
            Progress::Batch { log, .. } => match &self.search {
                Some(search) => search.tick(),
                None => self.epoch.batch(log),
            },
            Progress::EpochEnd { log, epochs, .. } => self.epoch.end(log, epochs),
            Progress::TrialBegin { trial, best, .. } => {
                self.listen()?;
                if let Some(search) = &mut self.search {
                    search.begin(trial, best);
                }
            }
            Progress::TrialEnd { trial, best, .. } => {
                if let Some(search) = &self.search {
                    search.end(trial, best);
                }
            }
            Progress::Rows { count, .. } => {
                if let Some(rows) = &self.rows {
                    rows.add(count);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn should_stop(&self) -> bool {
        self.signal().is_some()
    }
}
