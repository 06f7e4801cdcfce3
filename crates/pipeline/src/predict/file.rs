//! Predictions for the texts in a file of records: writes the records with the predictions added.

use super::answers::{check_top_k, predicted_probabilities, top_labels};
use super::drift::Drift;
use crate::observer::{Observer, Progress};
use crate::run_files::RunFiles;
use gatewise::files::{
    Column, Columns, Field, FieldKind, FoundColumns, Record, RecordFormat, RecordOptions, RecordWriter,
    Records,
};
use gatewise::rows::Problem;
use gatewise::{Answer, Artifact, AtomicFile, Error, Predictor, Result};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// The largest number of records, and about the largest number of bytes, predicted at a time, so that memory
/// is constant.
const CHUNK: usize = 8192;
const CHUNK_BYTES: usize = 8 << 20;

/// The settings of predictions for a file.
///
/// ```
/// use gatewise::Predictor;
/// use gatewise_pipeline::{PredictFile, Source, TrainConfig};
/// let outcome = TrainConfig::new(Source::reviews()).epochs(1).no_baseline(true).plan()?.run(&mut ())?;
/// # let folder = tempfile::tempdir().unwrap();
/// # let [questions, answers] = ["in.csv", "out.csv"].map(|name| folder.path().join(name));
/// std::fs::write(&questions, "id,text\n7,A fine film\n").unwrap();
/// PredictFile::new(&questions).to_file(&answers).run(&Predictor::new(outcome.artifact)?, &mut ())?;
/// let answers = std::fs::read_to_string(&answers).unwrap();
/// assert!(answers.starts_with("id,text,label,probability\n7,A fine film,"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct PredictFile<'a> {
    input: PathBuf,
    text_column: Vec<String>,
    records: RecordOptions,
    top_k: Option<usize>,
    destination: Destination<'a>,
}

/// The destination of predictions.
#[non_exhaustive]
pub enum Destination<'a> {
    /// A file in the format of its ending, written atomically.
    File(PathBuf),
    /// A stream in this format; by default the format of the records, but JSON lines for Parquet.
    Stream(Box<dyn Write + Send + 'a>, Option<RecordFormat>),
}

impl std::fmt::Debug for Destination<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Stream(_, format) => f.debug_tuple("Stream").field(format).finish(),
        }
    }
}

/// The outcome of predictions for a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct PredictOutcome {
    /// Out-of-vocabulary words of its texts.
    pub drift: Drift,
    /// Whether the observer stopped the run. The destination file is then not written.
    pub interrupted: bool,
}

impl<'a> PredictFile<'a> {
    /// Creates the settings for the texts of `input`, without a destination.
    pub fn new(input: impl Into<PathBuf>) -> Self {
        let destination = Destination::Stream(Box::new(std::io::sink()), None);
        let (input, records) = (input.into(), RecordOptions::default());
        Self { input, text_column: Vec::new(), records, top_k: None, destination }
    }

    /// Sets the columns that contain the texts; several columns are joined. By default they are guessed.
    pub fn text_columns(self, names: &[String]) -> Self {
        Self { text_column: names.to_vec(), ..self }
    }

    /// Sets how the file is read: delimiter, header, encoding, and the handling of bad records.
    pub fn records(self, records: RecordOptions) -> Self {
        Self { records, ..self }
    }

    /// Adds columns for the most probable labels, with their probabilities.
    pub fn top_k(self, count: usize) -> Self {
        Self { top_k: Some(count), ..self }
    }

    /// Sets the file to write: a .csv, .tsv, .json, .jsonl or .parquet file.
    pub fn to_file(self, path: impl Into<PathBuf>) -> Self {
        Self { destination: Destination::File(path.into()), ..self }
    }

    /// Sets the destination.
    pub fn to(self, destination: Destination<'a>) -> Self {
        Self { destination, ..self }
    }

    /// Writes each record of the file with the prediction added. A new column whose name exists is called
    /// `predicted_…`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a model that does not predict for texts, or a
    /// file ending without a format, or a destination that is the file itself; [`ErrorKind::Data`](gatewise::ErrorKind::Data), with file and line, for
    /// bad records; [`ErrorKind::Io`](gatewise::ErrorKind::Io) when the system refuses a read or a write.
    pub fn run(self, predictor: &Predictor, observer: &mut dyn Observer) -> Result<PredictOutcome> {
        let artifact = predictor.artifact();
        if self.top_k.is_some() {
            check_top_k(artifact)?;
        }
        let files = RunFiles::new().reads("the texts", &self.input);
        match &self.destination {
            Destination::File(path) => files.replaces("--output", path).check()?,
            Destination::Stream(..) => {}
        }
        // A model that predicts no labels or numbers is refused before anything is written.
        predictor.predict::<&str>(&[])?;
        let (records, texts) = open_texts(&self.input, &self.records, self.text_column, artifact, observer)?;
        let added = Added::new(artifact, records.columns(), self.top_k);
        let mut job = Job { artifact, added, drift: Drift::default(), texts };
        let whole = match self.destination {
            Destination::File(path) => {
                let (format, out) = (format_of(&path)?, AtomicFile::create(&path)?);
                match job.run(records, predictor, out, format, observer)? {
                    Some(file) => file.commit().map(|_| true)?,
                    None => false,
                }
            }
            Destination::Stream(out, format) => {
                let as_is = match records.format() {
                    RecordFormat::Parquet => RecordFormat::JsonLines,
                    RecordFormat::LabelledLines => RecordFormat::Tsv,
                    RecordFormat::Arff => RecordFormat::Csv,
                    format => format,
                };
                let done = job.run(records, predictor, out, format.unwrap_or(as_is), observer)?;
                let flushed = done.map(|mut out| out.flush()).transpose();
                flushed.map_err(|e| Error::io("cannot write to", "standard output", e))?.is_some()
            }
        };
        Ok(PredictOutcome { drift: job.drift, interrupted: !whole })
    }
}

/// Opens a file of records, and finds the columns of its texts.
pub(crate) fn open_texts(
    input: &Path,
    options: &RecordOptions,
    text_column: Vec<String>,
    artifact: &Artifact,
    observer: &mut dyn Observer,
) -> Result<(Records, FoundColumns)> {
    let mut records = Records::open(input, options)?;
    records.notes().iter().for_each(|note| observer.note(note));
    let columns = Columns::default().text(text_column).trained(artifact.training().columns.clone());
    let texts = columns.find_texts(&mut records)?;
    observer.note(&texts.names().sentence());
    texts.notes().iter().for_each(|note| observer.note(note));
    for column in records.unread() {
        observer.note(&format!("the column '{}' is {} and is left out", column.name, column.reason));
    }
    Ok((records, texts))
}

/// Returns the format of a file's ending.
pub(super) fn format_of(output: &Path) -> Result<RecordFormat> {
    let packed = output
        .extension()
        .is_some_and(|end| end.eq_ignore_ascii_case("gz") || end.eq_ignore_ascii_case("zst"));
    if packed {
        return Err(Error::config(format!(
            "--output {}: predictions are written without compression; leave the ending .gz or .zst out",
            output.display()
        )));
    }
    let format = RecordFormat::from_path(output).filter(|format| format.is_written());
    format.ok_or_else(|| {
        Error::config(format!(
            "--output {} must end in .csv, .tsv, .json, .jsonl or .parquet, because the predictions are a file of records",
            output.display()
        ))
    })
}

/// The state of a run over a file.
struct Job<'a> {
    artifact: &'a Artifact,
    added: Added,
    drift: Drift,
    texts: FoundColumns,
}

impl Job<'_> {
    /// Writes all records with their predictions; returns `None` if the run was stopped.
    fn run<W: Write + Send>(
        &mut self,
        records: Records,
        predictor: &Predictor,
        out: W,
        format: RecordFormat,
        observer: &mut dyn Observer,
    ) -> Result<Option<W>> {
        let mut writer = RecordWriter::new(out, format, &records, &self.added.columns)?;
        // A second thread reads while this one predicts.
        thread::scope(|scope| {
            let (give, take) = sync_channel(2);
            scope.spawn(move || read(records, &give));
            for chunk in take {
                let chunk: Vec<Record> = chunk?;
                let mut scratch = String::new();
                let cut: Vec<String> = chunk
                    .iter()
                    .map(|record| self.texts.text(record, &mut scratch).unwrap_or_default().to_owned())
                    .collect();
                let answers = predictor.predict(&cut)?;
                self.drift.count(&answers);
                for (record, answer) in chunk.iter().zip(&answers) {
                    writer.write(record, &borrowed(&self.added.fields(self.artifact, answer)))?;
                }
                observer.progress(Progress::Rows { count: chunk.len() })?;
                if observer.should_stop() {
                    return Ok(None);
                }
            }
            writer.finish().map(Some)
        })
    }
}

/// Sends records in chunks until the file ends or the receiver is gone.
fn read(mut records: Records, give: &SyncSender<Result<Vec<Record>>>) {
    loop {
        let (mut chunk, mut bytes) = (Vec::with_capacity(CHUNK), 0);
        let mut problem = None;
        while chunk.len() < CHUNK && bytes < CHUNK_BYTES {
            let mut record = Record::default();
            match records.read(&mut record) {
                Ok(true) => {
                    bytes += record.raw().len().max(64);
                    chunk.push(record);
                }
                Ok(false) => break,
                Err(error) => {
                    problem = Some(error);
                    break;
                }
            }
        }
        let over = chunk.is_empty() || problem.is_some();
        let taken = chunk.is_empty() || give.send(Ok(chunk)).is_ok();
        if let (Some(error), true) = (problem, taken) {
            let _ = give.send(Err(error));
        }
        if over || !taken {
            return;
        }
    }
}

/// The columns that predictions add.
pub(super) struct Added {
    pub columns: Vec<Column>,
    top: Option<usize>,
}

impl Added {
    /// Returns the columns: `label` and `probability` (multi-label: `labels` and `probabilities`, regression:
    /// `value`), and the columns of `top_k`. A name that the file has already, among its `own` columns, is prefixed
    /// with `predicted_`.
    pub fn new(artifact: &Artifact, own: &[Column], top: Option<usize>) -> Self {
        let top = top.map(|count| count.min(artifact.labels().len()));
        let ranked = (1..=top.unwrap_or(0)).flat_map(|rank| {
            [(format!("top_{rank}"), FieldKind::Text), (format!("top_{rank}_probability"), FieldKind::Float)]
        });
        let probability = ("probability", FieldKind::Float);
        let first = match artifact.problem() {
            Problem::MultiLabel { .. } => {
                vec![("labels", FieldKind::Text), ("probabilities", FieldKind::Text)]
            }
            Problem::Regression { .. } => vec![("value", FieldKind::Float)],
            _ => vec![("label", FieldKind::Text), probability],
        };
        let first = first.into_iter().map(|(name, kind)| (name.to_owned(), kind));
        let taken = |name: &str| own.iter().any(|column| column.name == name);
        let free = |(mut name, kind): (String, FieldKind)| {
            while taken(&name) {
                name.insert_str(0, "predicted_");
            }
            Column::new(name, kind)
        };
        Self { columns: first.chain(ranked).map(free).collect(), top }
    }

    /// Returns the fields of a prediction, one for each column.
    pub fn fields(&self, artifact: &Artifact, answer: &Answer) -> Vec<(FieldKind, String)> {
        let ranked = self.top.map(|count| top_labels(artifact, &answer.scores, count)).unwrap_or_default();
        let probability = match artifact.problem() {
            Problem::MultiLabel { separator, .. } => {
                let all = predicted_probabilities(artifact, &answer.scores);
                all.iter().map(f32::to_string).collect::<Vec<_>>().join(separator)
            }
            _ => answer.probability.to_string(),
        };
        let ranked = ranked.into_iter().map(|(label, probability)| (label, probability.to_string()));
        let pairs = std::iter::once((answer.label.as_str(), probability)).chain(ranked);
        let texts = pairs.flat_map(|(label, probability)| [label.to_owned(), probability]);
        self.columns.iter().map(|column| column.kind).zip(texts).collect()
    }
}

/// Returns fields as a writer takes them.
pub(super) fn borrowed(fields: &[(FieldKind, String)]) -> Vec<Field<'_>> {
    fields.iter().map(|(kind, text)| (*kind, text.as_str())).collect()
}
