//! Predictions for the series in files.

use super::answers::check_top_k;
use super::file::{Added, borrowed, format_of};
use crate::observer::Observer;
use gatewise::files::{Column, FieldKind, Record, RecordWriter, SeriesFile};
use gatewise::{Answer, AtomicFile, Predictor, Result};
use std::path::{Path, PathBuf};

/// The settings of predictions for files of series.
///
/// ```
/// use gatewise::Predictor;
/// use gatewise_pipeline::{PredictSeries, Source, TrainConfig};
/// # let folder = tempfile::tempdir().unwrap();
/// # let [known, new, answers] = ["known.ts", "new.ts", "out.csv"].map(|name| folder.path().join(name));
/// let rows = ["0,1,2:up\n", "2,1,0:down\n"].concat().repeat(10);
/// std::fs::write(&known, format!("@classLabel true down up\n@data\n{rows}")).unwrap();
/// std::fs::write(&new, "@classLabel false\n@data\n0,1,2\n").unwrap();
/// let outcome = TrainConfig::new(Source::file(&known)).units([8]).epochs(20).plan()?.run(&mut ())?;
/// PredictSeries::new([&new]).write(&Predictor::new(outcome.artifact)?, &answers, &mut ())?;
/// let answers = std::fs::read_to_string(&answers).unwrap();
/// assert!(answers.starts_with("file,series,label,probability\n") && answers.contains(",1,up,"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct PredictSeries {
    files: Vec<PathBuf>,
    top_k: Option<usize>,
}

impl PredictSeries {
    /// Creates the settings for the series of `files`. Their targets are not read.
    pub fn new<P: Into<PathBuf>>(files: impl IntoIterator<Item = P>) -> Self {
        Self { files: files.into_iter().map(Into::into).collect(), top_k: None }
    }

    /// Adds columns for the most probable labels, with their probabilities.
    pub fn top_k(self, count: usize) -> Self {
        Self { top_k: Some(count), ..self }
    }

    /// Calls `each` with the path of each file and the predictions for its series, in order.
    ///
    /// # Errors
    /// As [`SeriesFile::read`] and [`Predictor::predict_series`]; the error of `each`.
    pub fn run(
        &self,
        predictor: &Predictor,
        observer: &mut dyn Observer,
        mut each: impl FnMut(&Path, &[Answer]) -> Result<()>,
    ) -> Result<()> {
        for path in &self.files {
            let file = SeriesFile::read(path)?;
            file.notes.iter().for_each(|note| observer.note(&format!("{}: {note}", path.display())));
            each(path, &predictor.predict_series(&file.rows)?)?;
        }
        Ok(())
    }

    /// Writes a record for each series to a .csv, .tsv, .json, .jsonl or .parquet file: the file, the number of
    /// the series from 1, and the prediction.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a file ending without a format, and for `top_k` of a
    /// model without labels; [`ErrorKind::Io`](gatewise::ErrorKind::Io) when the system refuses a write; otherwise as
    /// [`run`](Self::run).
    pub fn write(&self, predictor: &Predictor, output: &Path, observer: &mut dyn Observer) -> Result<()> {
        let artifact = predictor.artifact();
        if self.top_k.is_some() {
            check_top_k(artifact)?;
        }
        let format = format_of(output)?;
        let own = [Column::new("file", FieldKind::Text), Column::new("series", FieldKind::Integer)];
        let added = Added::new(artifact, &own, self.top_k);
        let columns = [own.to_vec(), added.columns.clone()].concat();
        let mut writer = RecordWriter::of_columns(AtomicFile::create(output)?, format, columns)?;
        self.run(predictor, observer, |path, answers| {
            for (number, answer) in (1..).zip(answers) {
                let own = [
                    (FieldKind::Text, path.display().to_string()),
                    (FieldKind::Integer, usize::to_string(&number)),
                ];
                let fields = [own.to_vec(), added.fields(artifact, answer)].concat();
                writer.write(&Record::default(), &borrowed(&fields))?;
            }
            Ok(())
        })?;
        writer.finish()?.commit()
    }
}
