//! The rows of a run in three parts: training, validation and test rows.

use crate::observer::Observer;
use crate::plan::TrainPlan;
use crate::reading::{self, Reading, RowOptions, SEED, Test};
use crate::source::{Data, Source};
use gatewise::rows::{Dataset, hold_out};
use gatewise::{Artifact, Error, Result};

/// The rows of a run.
#[derive(Debug)]
pub(crate) struct Parts {
    pub training: Dataset,
    /// Validation rows; without them, the end of the training rows, as in Keras.
    pub validation: Option<Dataset>,
    /// Test rows, if any.
    pub test: Option<Dataset>,
}

impl Parts {
    /// Returns the parts of the user's texts. The validation rows are given, or a fraction of `rows`, drawn
    /// at random from each class.
    pub fn of_own(
        plan: &TrainPlan,
        artifact: &Artifact,
        rows: Dataset,
        test: Option<Dataset>,
        observer: &mut dyn Observer,
    ) -> Result<Self> {
        if let Some(validation) = given(plan, artifact, observer)? {
            return Ok(Self { training: rows, validation: Some(validation), test });
        }
        let share = plan.validation_split().unwrap_or_default();
        if share == 0.0 {
            return Ok(Self { training: rows, validation: None, test });
        }
        let [kept, held] = hold_out(&artifact.problem().strata(rows.targets()), share, SEED);
        if held.is_empty() {
            return Err(Error::data(
                "each label occurs once in the training rows, so no row can be held out for validation; give \
                 --validation FILE, or --validation-split 0",
            ));
        }
        Ok(Self { training: rows.select(&kept), validation: Some(rows.select(&held)), test })
    }

    /// Splits the validation rows off the end of the training rows, unless there are validation rows.
    pub fn with_validation(self, plan: &TrainPlan) -> Result<Self> {
        if self.validation.is_some() {
            return Ok(self);
        }
        let (count, share) = (self.training.len(), plan.validation_split().unwrap_or_default());
        // The same split as Fit::validation_split.
        let kept = (count as f64 * (1.0 - share)).floor() as usize;
        if kept == 0 || kept == count {
            return Err(Error::data(format!(
                "there are {count} training rows, too few for training and validation"
            )));
        }
        let rows = |range: std::ops::Range<usize>| self.training.select(&range.collect::<Vec<_>>());
        Ok(Self { training: rows(0..kept), validation: Some(rows(kept..count)), test: self.test })
    }
}

/// Returns the given validation rows, encoded for the model of `artifact`.
fn given(plan: &TrainPlan, artifact: &Artifact, observer: &mut dyn Observer) -> Result<Option<Dataset>> {
    let rows = row_options(plan);
    let corpus = match (&plan.config().validation, &plan.config().data.0) {
        (Some(file), _) => {
            let source = Source::file(file);
            let corpus = reading::for_artifact(artifact, &source, &rows, Test::All, observer)?;
            corpus.notes.iter().for_each(|note| observer.note(&format!("{source}: {note}")));
            corpus
        }
        (None, Data::Texts(texts)) => {
            let Some(own) = &texts.validation else { return Ok(None) };
            let reading = Reading::of(artifact, &rows)?;
            let corpus = reading::memory_rows(own, reading)?;
            corpus.notes.iter().for_each(|note| observer.note(&format!("validation rows: {note}")));
            corpus
        }
        _ => return Ok(None),
    };
    artifact.dataset(&corpus, &corpus.test).map(Some)
}

/// How the rows of a run are read.
pub(crate) fn row_options(plan: &TrainPlan) -> RowOptions {
    let config = plan.config();
    RowOptions {
        data_dir: config.data_dir.clone(),
        text_column: config.text_column.clone().unwrap_or_default(),
        label_column: config.label_column.clone(),
        delimiter: config.delimiter,
        header: config
            .header
            .filter(|given| *given)
            .or(config.no_header.filter(|given| *given).map(|_| false)),
        encoding: config.encoding,
        on_error: config.on_error,
    }
}
