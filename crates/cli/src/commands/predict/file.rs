//! Answers for the texts in a file of records: the records with the answers added.

use super::answers::{of_labels, top, unheard};
use super::oov::Oov;
use crate::args::{Format, Predict};
use crate::interrupt::StopFlag;
use crate::progress::row_counter;
use crate::{Done, note};
use gatewise::files::{Column, Columns, FieldKind, OnError, Record, RecordFormat, RecordWriter, Records};
use gatewise::rows::Problem;
use gatewise::{Answer, Artifact, Error, Predictor, Result, WholeFile};
use std::io::{Stdout, Write};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread;

/// Records answered at a time at most, and about how many bytes they may have: memory stays the same for any file.
const CHUNK: usize = 8192;
const CHUNK_BYTES: usize = 8 << 20;

pub fn file(artifact: &Artifact, path: &Path, args: &Predict) -> Result<Done> {
    let stop = StopFlag::listen()?;
    let mut predictor = Predictor::new(artifact)?;
    let mut records = Records::open(path, OnError::Fail)?;
    let columns = Columns::default().text(&args.text_column);
    let texts = columns.find_texts(&mut records)?;
    let names: Vec<&str> = texts.iter().map(|&at| records.columns()[at].name.as_str()).collect();
    note!("note: texts are taken from the column '{}'", names.join("', '"));
    for column in records.unread() {
        note!("note: the column '{}' is {} and is left out", column.name, column.reason);
    }
    let mut job =
        Job { artifact, added: Added::new(artifact, &records, args.top_k), oov: Oov::default(), stop };
    let whole = match &args.output {
        Some(output) => {
            let format = RecordFormat::from_path(output).filter(|&format| format != RecordFormat::Folder);
            let format = format.ok_or_else(|| {
                Error::config(format!(
                    "--output {} should end in .csv, .tsv, .jsonl or .parquet, for the answers are a file of records",
                    output.display()
                ))
            })?;
            let out = WholeFile::create(output)?;
            match job.run(records, &texts, &mut predictor, out, format)? {
                Some(file) => {
                    file.commit()?;
                    true
                }
                None => false,
            }
        }
        None => {
            let format = match (args.format, records.format()) {
                (Format::Json, _) | (_, RecordFormat::Parquet) => RecordFormat::JsonLines,
                (Format::Text, format) => format,
            };
            let done = job.run(records, &texts, &mut predictor, std::io::stdout(), format);
            match done.and_then(|out| out.map(|mut out: Stdout| out.flush().map_err(to_stdout)).transpose()) {
                Ok(out) => out.is_some(),
                Err(error) => {
                    unheard(error)?;
                    false
                }
            }
        }
    };
    if !whole {
        note!("Stopped by Ctrl-C.");
        return Ok(Done::Interrupted);
    }
    job.oov.report(artifact);
    Ok(Done::Whole)
}

fn to_stdout(error: std::io::Error) -> Error {
    Error::io("cannot write to", "standard output", error)
}

/// What a run over a file needs, and what it finds.
struct Job<'a> {
    artifact: &'a Artifact,
    added: Added,
    oov: Oov,
    stop: StopFlag,
}

impl Job<'_> {
    /// Writes all records with their answers; `None` when it was stopped.
    fn run<W: Write + Send>(
        &mut self,
        records: Records,
        texts: &[usize],
        predictor: &mut Predictor<'_>,
        out: W,
        format: RecordFormat,
    ) -> Result<Option<W>> {
        let mut writer = RecordWriter::new(out, format, &records, &self.added.columns)?;
        let bar = row_counter();
        // Reading goes on beside answering.
        thread::scope(|scope| {
            let (give, take) = sync_channel(2);
            scope.spawn(move || read(records, &give));
            for chunk in take {
                let chunk: Vec<Record> = chunk?;
                let mut scratch = String::new();
                let cut: Vec<String> = chunk
                    .iter()
                    .map(|record| record.join(texts, &mut scratch).unwrap_or_default().to_owned())
                    .collect();
                let answers = predictor.predict(&cut)?;
                self.oov.count(&answers);
                for (record, answer) in chunk.iter().zip(&answers) {
                    self.added.write(self.artifact, answer, record, &mut writer)?;
                }
                bar.inc(chunk.len() as u64);
                if self.stop.raised() {
                    return Ok(None);
                }
            }
            bar.finish_and_clear();
            writer.finish().map(Some)
        })
    }
}

/// Hands out records in chunks until there are none, or nobody takes them.
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

/// The columns that answers add.
struct Added {
    columns: Vec<Column>,
    top: Option<usize>,
}

impl Added {
    /// `label` and `probability` (`labels` and `probabilities` where a row may have several, `value` of a model that
    /// answers with one), and for `--top-k` each of the likeliest; those that the file has already are told apart by
    /// `predicted_`.
    fn new(artifact: &Artifact, records: &Records, top: Option<usize>) -> Self {
        let top = top.map(|count| count.min(artifact.labels.len()));
        let ranked = (1..=top.unwrap_or(0)).flat_map(|rank| {
            [(format!("top_{rank}"), FieldKind::Text), (format!("top_{rank}_probability"), FieldKind::Float)]
        });
        let probability = ("probability", FieldKind::Float);
        let first = match artifact.problem {
            Problem::MultiLabel { .. } => {
                vec![("labels", FieldKind::Text), ("probabilities", FieldKind::Text)]
            }
            Problem::Regression { .. } => vec![("value", FieldKind::Float)],
            _ => vec![("label", FieldKind::Text), probability],
        };
        let first = first.into_iter().map(|(name, kind)| (name.to_owned(), kind));
        let taken = |name: &str| records.columns().iter().any(|column| column.name == name);
        let free = |(mut name, kind): (String, FieldKind)| {
            while taken(&name) {
                name.insert_str(0, "predicted_");
            }
            Column::new(name, kind)
        };
        Self { columns: first.chain(ranked).map(free).collect(), top }
    }

    fn write<W: Write + Send>(
        &self,
        artifact: &Artifact,
        answer: &Answer,
        record: &Record,
        writer: &mut RecordWriter<W>,
    ) -> Result<()> {
        let ranked = self.top.map(|count| top(artifact, &answer.scores, count)).unwrap_or_default();
        let probability = match &artifact.problem {
            Problem::MultiLabel { separator, .. } => {
                of_labels(artifact, &answer.scores, |probability| probability.to_string()).join(separator)
            }
            _ => answer.probability.to_string(),
        };
        let ranked = ranked.into_iter().map(|(label, probability)| (label, probability.to_string()));
        let all: Vec<(&str, String)> =
            std::iter::once((answer.label.as_str(), probability)).chain(ranked).collect();
        let pairs = all.iter().flat_map(|(label, probability)| [*label, probability.as_str()]);
        let fields: Vec<_> = self.columns.iter().map(|column| column.kind).zip(pairs).collect();
        writer.write(record, &fields)
    }
}
