//! The rows of a run in three: those to learn from, to validate on and to test on.

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
    /// Those to validate on; without them the end of the training rows, as Keras takes it.
    pub validation: Option<Dataset>,
    /// Those to test on, where anything is tested.
    pub test: Option<Dataset>,
}

impl Parts {
    /// The parts of texts of the user's own: the rows to validate on are those that are given or a share of `rows`, drawn
    /// by chance from each class.
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
                "each label occurs once in the training rows, so none of them can be kept to validate on; give \
                 --validation FILE, or --validation-split 0",
            ));
        }
        Ok(Self { training: rows.select(&kept), validation: Some(rows.select(&held)), test })
    }

    /// The same rows, the end of those to learn from being apart where there are none to validate on.
    pub fn with_validation(self, plan: &TrainPlan) -> Result<Self> {
        if self.validation.is_some() {
            return Ok(self);
        }
        let (count, share) = (self.training.len(), plan.validation_split().unwrap_or_default());
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

/// The rows to validate on, where they are given apart, as the model of `artifact` reads them.
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
        on_error: config.on_error,
    }
}
