//! The rows of a run in three: those to learn from, to validate on and to test on.

use crate::args::Train;
use crate::{data, note};
use gatewise::rows::{Dataset, hold_out};
use gatewise::{Artifact, Error, Result};
use std::path::Path;

/// The rows of a run.
pub(super) struct Parts {
    pub training: Dataset,
    /// Those to validate on; without them the end of the training rows, as Keras takes it.
    pub validation: Option<Dataset>,
    pub test: Dataset,
}

impl Parts {
    /// The parts of a file of texts: the rows to validate on are those of --validation or a share of `rows`, drawn
    /// by chance from each class.
    pub fn of_file(args: &Train, artifact: &Artifact, rows: Dataset, test: Dataset) -> Result<Self> {
        if let Some(file) = &args.validation {
            let validation = file_like_data(args, artifact, file)?;
            return Ok(Self { training: rows, validation: Some(validation), test });
        }
        let share = args.validation_split.unwrap_or(0.2);
        if share == 0.0 {
            return Ok(Self { training: rows, validation: None, test });
        }
        let [kept, held] = hold_out(&artifact.problem().strata(rows.targets()), share, data::SEED);
        if held.is_empty() {
            return Err(Error::data(
                "each label occurs once in the training rows, so none of them can be kept to validate on; give \
                 --validation FILE, or --validation-split 0",
            ));
        }
        Ok(Self { training: rows.select(&kept), validation: Some(rows.select(&held)), test })
    }

    /// The same rows, the end of those to learn from being apart where there are none to validate on.
    pub fn with_validation(self, args: &Train) -> Result<Self> {
        if self.validation.is_some() {
            return Ok(self);
        }
        let (count, share) = (self.training.len(), args.validation_split.unwrap_or(0.2));
        // As Fit::validation_split cuts.
        let kept = (count as f64 * (1.0 - share)).floor() as usize;
        if kept == 0 || kept == count {
            return Err(Error::data(format!(
                "there are {count} training rows, too few to learn from some and validate on others"
            )));
        }
        let rows = |range: std::ops::Range<usize>| self.training.select(&range.collect::<Vec<_>>());
        Ok(Self { training: rows(0..kept), validation: Some(rows(kept..count)), test: self.test })
    }
}

/// All rows of a file of texts, as the model of `artifact` reads them.
fn file_like_data(args: &Train, artifact: &Artifact, file: &Path) -> Result<Dataset> {
    let name = file.to_string_lossy();
    if !data::is_labelled_texts(&name) {
        return Err(Error::config(format!(
            "--validation {name} is not {}; it must be a file like the data",
            data::LABELLED_TEXTS
        )));
    }
    let corpus = data::load(&name, &args.place, data::Test::All, data::Reading::of(artifact))?;
    for note in &corpus.notes {
        note!("note: {name}: {note}");
    }
    artifact.dataset(&corpus, &corpus.test)
}
