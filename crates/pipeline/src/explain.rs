//! Explanations for the texts of a file, and a linear baseline beside a model.

use crate::evaluate::rows_for;
use crate::observer::{Observer, Progress};
use crate::predict::open_texts;
use crate::reading::RowOptions;
use crate::source::Source;
use gatewise::explain::{ExplainOptions, Explainer, Explanation};
use gatewise::files::{Record, RecordOptions};
use gatewise::linear::{LinearModel, LinearOptions};
use gatewise::rows::Problem;
use gatewise::{Artifact, Error, Result};
use std::path::PathBuf;

/// The settings of explanations for the texts of a file of records.
#[derive(Debug, Clone)]
pub struct ExplainFile {
    input: PathBuf,
    text_column: Vec<String>,
    records: RecordOptions,
}

impl ExplainFile {
    /// The number of texts explained at a time, so that memory is bounded.
    pub const CHUNK: usize = 256;

    /// Creates the settings for the texts of `input`.
    pub fn new(input: impl Into<PathBuf>) -> Self {
        Self { input: input.into(), text_column: Vec::new(), records: RecordOptions::default() }
    }

    /// Sets the columns that contain the texts; several columns are joined. By default they are guessed.
    pub fn text_columns(self, names: &[String]) -> Self {
        Self { text_column: names.to_vec(), ..self }
    }

    /// Sets how the file is read: delimiter, header, encoding, and the handling of bad records.
    pub fn records(self, records: RecordOptions) -> Self {
        Self { records, ..self }
    }

    /// Calls `each` with the texts and the explanations of up to [`CHUNK`](Self::CHUNK) records, in order. Returns
    /// `false` if the observer stopped the run.
    ///
    /// # Errors
    /// As [`PredictFile::run`](crate::PredictFile::run) for the file, as [`Explainer::explain_with`], and the error of
    /// `each`.
    pub fn run(
        &self,
        explainer: &Explainer,
        options: &ExplainOptions,
        observer: &mut dyn Observer,
        mut each: impl FnMut(&[String], &[Explanation]) -> Result<()>,
    ) -> Result<bool> {
        let (mut records, columns) =
            open_texts(&self.input, &self.records, self.text_column.clone(), explainer.artifact(), observer)?;
        let (mut record, mut scratch) = (Record::default(), String::new());
        loop {
            let mut texts = Vec::with_capacity(Self::CHUNK);
            while texts.len() < Self::CHUNK && records.read(&mut record)? {
                texts.push(columns.text(&record, &mut scratch).unwrap_or_default().to_owned());
            }
            if texts.is_empty() {
                return Ok(true);
            }
            each(&texts, &explainer.explain_many(&texts, options)?)?;
            observer.progress(Progress::Rows { count: texts.len() })?;
            if observer.should_stop() {
                return Ok(false);
            }
        }
    }
}

/// Fits a linear baseline (single words) to the training rows of `source`, drawn as in training and read with the
/// vocabulary of `artifact`.
///
/// ```
/// use gatewise_pipeline::{RowOptions, Source, TrainConfig, linear_baseline};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(0).no_baseline(true).plan()?.run(&mut ())?;
/// let linear = linear_baseline(&outcome.artifact, &Source::reviews(), &RowOptions::new(), &mut ())?;
/// assert_eq!(linear.width(), 1);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`rows_for`]; [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a model that outputs numbers.
pub fn linear_baseline(
    artifact: &Artifact,
    source: &Source,
    rows: &RowOptions,
    observer: &mut dyn Observer,
) -> Result<LinearModel> {
    if matches!(artifact.problem(), Problem::Regression { .. }) || artifact.vocabulary().is_none() {
        return Err(Error::config(
            "a linear baseline classifies texts, but this model does not; leave --baseline out",
        ));
    }
    let (training, _) = rows_for(artifact, source, rows, observer)?;
    LinearModel::fit(&training, &LinearOptions::default())
}
