//! Labelled texts in files of records.
//!
//! Input: files with a text column and a label column, inferred if they are not named. Output:
//! [`LabelledTexts`], and from training and test texts a [`Corpus`] of word ranks. Texts are tokenized as
//! they are read and are not kept.

use super::description::{LabelSummary, LengthTally, WordSummary};
use super::findings::{Finding, Findings, overlap};
use super::row_labels::RowLabels;
use super::row_words::RowWords;
use super::{Columns, Description, OnError, Record, RecordOptions, Records, Skipped};
use crate::error::{Error, Result};
use crate::rows::{Corpus, Problem, Split, hold_out, order};
use crate::text::Tokenizer;
use std::path::Path;
use std::sync::Arc;

/// The options of [`LabelledTexts::read`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ReadOptions {
    /// The text and label columns. Default: inferred.
    pub columns: Columns,
    /// The tokenizer that splits texts into words.
    pub tokenizer: Tokenizer,
    /// How the file is read: delimiter, header, encoding, and the handling of bad records.
    pub records: RecordOptions,
    /// The memory for the words of all texts, in bytes (default: 512 MiB). A word takes one or two bytes.
    /// Further words are written to a temporary file.
    pub memory: usize,
}

impl ReadOptions {
    /// Sets the text and label columns.
    pub fn columns(self, columns: Columns) -> Self {
        Self { columns, ..self }
    }

    /// Sets the tokenizer that splits texts into words.
    pub fn tokenizer(self, tokenizer: Tokenizer) -> Self {
        Self { tokenizer, ..self }
    }

    /// Sets how the file is read.
    pub fn records(self, records: RecordOptions) -> Self {
        Self { records, ..self }
    }

    /// Sets the handling of bad records.
    pub fn on_error(mut self, on_error: OnError) -> Self {
        self.records.on_error = on_error;
        self
    }

    /// Sets the memory for the words of all texts, in bytes.
    pub fn memory(self, bytes: usize) -> Self {
        Self { memory: bytes, ..self }
    }
}

impl Default for ReadOptions {
    fn default() -> Self {
        let (columns, tokenizer) = (Columns::default(), Tokenizer::default());
        Self { columns, tokenizer, records: RecordOptions::default(), memory: 512 << 20 }
    }
}

/// Labelled texts: the rows of a file, in the order of the file.
///
/// ```no_run
/// use gatewise::files::{Columns, LabelledTexts, OnError, ReadOptions};
/// let options = ReadOptions::default().columns(Columns::default().label("category")).on_error(OnError::Skip);
/// let texts = LabelledTexts::read("questions.csv".as_ref(), &options)?;
/// println!("the texts are in {}, the labels in {}", texts.text_column, texts.label_column);
/// texts.notes().iter().for_each(|note| println!("{note}"));
/// let (training, test) = texts.hold_out(0.1, 113);
/// let corpus = training.corpus(&test)?;
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LabelledTexts {
    /// The name of the text column; several names are separated by commas.
    pub text_column: String,
    /// The name of the label column.
    pub label_column: String,
    file: Arc<Rows>,
    /// The indices of these rows in the file.
    order: Vec<usize>,
    labels: RowLabels,
}

/// The content of a file.
#[derive(Debug)]
struct Rows {
    tokenizer: Tokenizer,
    words: RowWords,
    findings: Findings,
    /// What was found by looking at the file.
    looked: Vec<String>,
    skipped: Skipped,
    /// For test rows: rows whose text is in the training rows too.
    overlap: Option<Finding>,
}

/// Rows as they are taken up, one by one.
struct Taken<'a> {
    options: &'a ReadOptions,
    words: RowWords,
    labels: RowLabels,
    findings: Findings,
    /// The rows to train on, where these are to test on, and what these share with them.
    training: Option<&'a Findings>,
    shared: Finding,
    scratch: String,
}

impl<'a> Taken<'a> {
    fn new(options: &'a ReadOptions, training: Option<&'a Findings>) -> Self {
        let (words, labels) = (RowWords::new(options.memory), RowLabels::new(&options.columns.problem));
        let (findings, shared) = (Findings::default(), Finding::default());
        Self { options, words, labels, findings, training, shared, scratch: String::new() }
    }

    /// Takes up the next row, or returns what is wrong with its label field.
    fn row(
        &mut self,
        text: &str,
        field: &str,
        number: u64,
        place: impl Fn() -> String,
    ) -> Result<Result<(), String>> {
        if let Err(flaw) = self.labels.push(field) {
            return Ok(Err(flaw));
        }
        let words = &mut self.words;
        self.options.tokenizer.for_each_word(text, &mut self.scratch, |word| words.word(word));
        let has_words = words.end_row()?;
        self.findings.note(text, field, has_words, number, &place);
        if has_words && self.training.is_some_and(|training| training.knows(text)) {
            self.shared.add(place);
        }
        Ok(Ok(()))
    }

    fn finish(
        self,
        [text_column, label_column]: [String; 2],
        looked: Vec<String>,
        skipped: Skipped,
    ) -> LabelledTexts {
        let Self { options, words, labels, findings, training, shared, .. } = self;
        let (order, tokenizer) = ((0..words.len()).collect(), options.tokenizer.clone());
        let overlap = training.map(|_| shared);
        let file = Arc::new(Rows { tokenizer, words, findings, looked, skipped, overlap });
        LabelledTexts { text_column, label_column, file, order, labels }
    }
}

fn no_row(name: &str, skipped: &Skipped, expected: &str) -> Error {
    Error::data(match skipped.first.first() {
        Some(first) => format!("{name} has no good row: all {} were skipped; {first}", skipped.count),
        None => format!("{name} has no row {expected}"),
    })
}

impl LabelledTexts {
    /// Reads a file in any [`RecordFormat`](super::RecordFormat).
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if it is malformed.
    pub fn read(path: &Path, options: &ReadOptions) -> Result<Self> {
        Self::read_beside(path, options, None)
    }

    /// Reads a file of test rows and finds test texts that are in the training rows `self` too.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_test(&self, path: &Path, options: &ReadOptions) -> Result<Self> {
        Self::read_beside(path, options, Some(&self.file.findings))
    }

    fn read_beside(path: &Path, options: &ReadOptions, training: Option<&Findings>) -> Result<Self> {
        let mut records = Records::open(path, &options.records)?;
        let (texts, label) = options.columns.find(&mut records)?;
        let mut taken = Taken::new(options, training);
        let (mut record, mut joined) = (Record::default(), String::new());
        while records.read(&mut record)? {
            let Some(text) = record.join(&texts, &mut joined) else {
                records.reject(&record, "the text is missing")?;
                continue;
            };
            let field = record.get(label).unwrap_or_default();
            if let Err(flaw) = taken.row(text, field, record.number(), || records.place(&record))? {
                records.reject(&record, &flaw)?;
            }
        }
        let skipped = records.skipped().clone();
        if taken.words.len() == 0 {
            return Err(no_row(&path.display().to_string(), &skipped, "below its header"));
        }
        let name = |column: usize| records.columns()[column].name.clone();
        let text_column = texts.iter().map(|&text| name(text)).collect::<Vec<_>>().join(", ");
        Ok(taken.finish([text_column, name(label)], records.notes().to_vec(), skipped))
    }

    /// Reads rows in memory, each a text and its label field, as a file with a column `text` and a column `label`. `name`
    /// names the rows in notes and errors; a row's place is its number, from 1.
    ///
    /// ```
    /// use gatewise::files::{LabelledTexts, ReadOptions};
    /// let rows = [("A fine film.", "pos"), ("A dull film", "neg"), ("Fine!", "pos")];
    /// let texts = LabelledTexts::from_rows("films", rows, &ReadOptions::default())?;
    /// assert_eq!(texts.len(), 3);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with name and number, for a row whose label field does not suit
    /// the problem, or when there is no row; [`ErrorKind::Io`](crate::ErrorKind::Io) as [`read`](Self::read).
    pub fn from_rows<T: AsRef<str>, L: AsRef<str>>(
        name: &str,
        rows: impl IntoIterator<Item = (T, L)>,
        options: &ReadOptions,
    ) -> Result<Self> {
        Self::from_rows_beside(name, rows, options, None)
    }

    /// Reads rows in memory to test on, as [`from_rows`](Self::from_rows), and finds which of their texts are among these,
    /// the rows to train on.
    ///
    /// # Errors
    /// As [`from_rows`](Self::from_rows).
    pub fn test_from_rows<T: AsRef<str>, L: AsRef<str>>(
        &self,
        name: &str,
        rows: impl IntoIterator<Item = (T, L)>,
        options: &ReadOptions,
    ) -> Result<Self> {
        Self::from_rows_beside(name, rows, options, Some(&self.file.findings))
    }

    fn from_rows_beside<T: AsRef<str>, L: AsRef<str>>(
        name: &str,
        rows: impl IntoIterator<Item = (T, L)>,
        options: &ReadOptions,
        training: Option<&Findings>,
    ) -> Result<Self> {
        let (mut taken, mut skipped) = (Taken::new(options, training), Skipped::default());
        for (number, (text, label)) in (1..).zip(rows) {
            let place = || format!("{name}, row {number}");
            if let Err(flaw) = taken.row(text.as_ref(), label.as_ref(), number, place)? {
                skipped.reject(options.records.on_error, format!("{}: {flaw}", place()))?;
            }
        }
        if taken.words.len() == 0 {
            return Err(no_row(name, &skipped, "at all"));
        }
        Ok(taken.finish(["text".into(), "label".into()], Vec::new(), skipped))
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Returns notes about the rows of the file, one sentence each:
    ///
    /// - what was found by looking at the file, such as its delimiter,
    /// - bad rows that were skipped,
    /// - duplicate texts, with the same label or with another label,
    /// - texts without words,
    /// - labels with one example, or, after [`read_test`](Self::read_test), texts that are in the training rows too.
    pub fn notes(&self) -> Vec<String> {
        let Rows { findings, looked, skipped, overlap: shared, words, .. } = &*self.file;
        let mut notes = looked.clone();
        if skipped.count > 0 {
            let more = if skipped.count > skipped.first.len() as u64 { ", the first of them" } else { "" };
            let (count, first) = (skipped.count, skipped.first.join("\n  "));
            notes.push(format!("bad rows skipped: {count}{more}:\n  {first}"));
        }
        notes.extend(findings.sentences());
        notes.extend(match shared {
            Some(shared) => overlap(shared, words.len()),
            None => self.labels_seen_once(),
        });
        notes
    }

    fn labels_seen_once(&self) -> Option<String> {
        let tally = self.labels.tally();
        let once: Vec<&str> =
            tally.iter().filter(|label| label.1 == 1).map(|label| label.0.as_str()).collect();
        let (first, more) = (once[..once.len().min(3)].join(", "), if once.len() > 3 { ", …" } else { "" });
        let sentence =
            || format!("labels with one example only, which is hardly enough to learn from: {first}{more}");
        (!once.is_empty()).then(sentence)
    }

    /// Returns a description of the rows: labels or numbers, lengths, words, and suggested settings. Unlike a
    /// [`Corpus`], a description does not need two labels.
    ///
    /// ```
    /// use gatewise::files::{LabelledTexts, ReadOptions};
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("films.csv");
    /// std::fs::write(&path, "text,label\nA fine film.,pos\nA dull film,neg\nFine!,pos\n").unwrap();
    /// let description = LabelledTexts::read(&path, &ReadOptions::default())?.describe()?;
    /// assert_eq!((description.rows, description.lengths.max), (3, 3));
    /// assert_eq!((description.words.running, description.words.distinct), (7, 4));
    /// println!("{description}");                              // a report of 80 columns
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if there is no row;
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the temporary file cannot be read.
    pub fn describe(&self) -> Result<Description> {
        if self.is_empty() {
            return Err(Error::data("there is no row to describe"));
        }
        let mut lengths = LengthTally::default();
        let (words, max_words) =
            WordSummary::of(self.file.words.count(&self.order, |length| lengths.add(length))?);
        let mut notes = self.notes();
        notes.extend(self.nothing_to_learn(&self.labels.problem(), &self.labels.names()));
        Ok(Description {
            text_column: self.text_column.clone(),
            label_column: self.label_column.clone(),
            rows: self.len(),
            skipped: self.file.skipped.count,
            labels: LabelSummary::of(&self.labels),
            lengths: lengths.lengths(),
            words,
            max_words,
            maxlen: lengths.maxlen(),
            notes,
        })
    }

    /// Returns the rows with the indices `order`, in that order.
    fn select(&self, order: &[usize]) -> Self {
        let rows = order.iter().map(|&row| self.order[row]).collect();
        let (text_column, label_column) = (self.text_column.clone(), self.label_column.clone());
        let (file, labels) = (self.file.clone(), self.labels.select(order));
        Self { text_column, label_column, file, order: rows, labels }
    }

    /// Returns the rows in an order drawn from `seed`.
    pub fn shuffle(&self, seed: u64) -> Self {
        self.select(&order(self.len(), seed))
    }

    /// Splits the rows into training rows and a held-out `fraction`, drawn from `seed` and stratified by
    /// class (see [`hold_out`](crate::rows::hold_out)). Multi-label rows are stratified by their rarest
    /// label.
    pub fn hold_out(&self, fraction: f64, seed: u64) -> (Self, Self) {
        let [kept, held] = hold_out(&self.labels.strata(), fraction, seed);
        (self.select(&kept), self.select(&held))
    }

    /// Returns the corpus with these rows as training split and `test` as test split. Labels are in
    /// alphabetical order. Words are counted in the training split only.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if all rows have one label, or if a label occurs in `test`
    /// only; [`ErrorKind::Io`](crate::ErrorKind::Io) if the temporary file cannot be read.
    pub fn corpus(&self, test: &Self) -> Result<Corpus> {
        let (problem, labels) = (self.labels.problem(), self.labels.names());
        self.check(&problem, &labels)?;
        let words = &self.file.words;
        let ranking = words.rank(&words.count(&self.order, |_| ())?);
        let split = |rows: &Self| -> Result<Split> {
            let targets = rows.labels.targets(&labels).map_err(|label| {
                Error::data(format!(
                    "the label '{label}' occurs in the test rows only, not in the training rows"
                ))
            })?;
            Ok(Split { words: rows.file.words.ranks(&rows.order, words, &ranking)?, targets })
        };
        let (train, test) = (split(self)?, split(test)?);
        let tokenizer = self.file.tokenizer.clone();
        Ok(Corpus { tokenizer, vocabulary: ranking.words, problem, labels, train, test, notes: Vec::new() })
    }

    /// Checks that there is anything to learn.
    fn check(&self, problem: &Problem, labels: &[String]) -> Result<()> {
        match self.nothing_to_learn(problem, labels) {
            Some(flaw) => Err(Error::data(format!("{flaw}; name another column"))),
            None => Ok(()),
        }
    }

    fn nothing_to_learn(&self, problem: &Problem, labels: &[String]) -> Option<String> {
        let column = &self.label_column;
        let flaw = match (problem, labels) {
            (Problem::SingleLabel, [only]) => {
                format!("every row has the label '{only}' in the column {column}")
            }
            (Problem::MultiLabel { .. }, []) => format!("no row has a label in the column {column}"),
            _ => return None,
        };
        Some(format!("{flaw}, so there is nothing to learn"))
    }
}

#[cfg(test)]
mod tests;
