//! Reads labelled texts from a file, or from rows in memory.
//!
//! Input: records, or texts with their label fields. Output: [`LabelledTexts`].

use super::{LabelledTexts, ReadOptions, Rows};
use crate::error::{Error, Result};
use crate::files::findings::{Finding, Findings};
use crate::files::records::LOOKED_AT;
use crate::files::row_labels::{KnownLabels, RowLabels};
use crate::files::row_words::RowWords;
use crate::files::{FoundColumns, Record, RecordFormat, Records, Skipped};
use crate::rows::{ColumnNames, Problem};
use crate::text::{ScriptTally, Tokenizer};
use std::path::Path;
use std::sync::Arc;

/// Rows as they are taken up, one by one.
struct Taken<'a> {
    tokenizer: Tokenizer,
    words: RowWords,
    labels: RowLabels,
    findings: Findings,
    /// The rows to train on, where these are to test on, and what these share with them.
    training: Option<&'a LabelledTexts>,
    shared: Finding,
    scratch: String,
    notes: Vec<String>,
}

impl<'a> Taken<'a> {
    /// Returns no rows yet. `script` is the script of the first texts.
    fn new(
        options: &ReadOptions,
        problem: &Problem,
        training: Option<&'a LabelledTexts>,
        script: ScriptTally,
    ) -> Self {
        let known = match (&options.labels, training) {
            _ if matches!(problem, Problem::Regression { .. }) => None,
            (Some(names), _) => Some(KnownLabels::of_model(names)),
            (None, Some(training)) => Some(KnownLabels::of_training(&training.labels.names())),
            (None, None) => None,
        };
        let mut notes = Vec::new();
        let given = training.map(|training| &training.file.tokenizer).or(options.tokenizer.as_ref());
        let tokenizer = given.cloned().unwrap_or_else(|| match script.is_unspaced() {
            true => {
                notes.push(
                    "the texts are in a script without spaces between words, so --tokenizer unicode is used, which cuts them \
                     into characters; another --tokenizer replaces it"
                        .to_owned(),
                );
                Tokenizer::unicode()
            }
            false => Tokenizer::default(),
        });
        let (words, labels) = (RowWords::new(options.memory), RowLabels::new(problem, known));
        let (findings, shared) = (Findings::default(), Finding::default());
        Self { tokenizer, words, labels, findings, training, shared, scratch: String::new(), notes }
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
        self.tokenizer.for_each_word(text, &mut self.scratch, |word| words.word(word));
        let has_words = words.end_row()?;
        self.findings.note(text, field, has_words, number, &place);
        if has_words && self.training.is_some_and(|training| training.file.findings.knows(text)) {
            self.shared.add(place);
        }
        Ok(Ok(()))
    }

    /// Returns the texts. `is_free` is set if nobody chose the separator of the labels.
    fn finish(mut self, columns: ColumnNames, skipped: Skipped, is_free: bool) -> LabelledTexts {
        self.notes.extend(self.labels.settle(is_free));
        let Self { tokenizer, words, labels, findings, training, shared, notes, .. } = self;
        let order = (0..words.len()).collect();
        let overlap = training.map(|_| shared);
        let [text_column, label_column] = match columns.is_empty() {
            true => ["text", "label"].map(str::to_owned),
            false => [columns.text.join(", "), columns.label.join(", ")],
        };
        let file = Arc::new(Rows { tokenizer, words, findings, skipped, overlap, columns, notes });
        LabelledTexts { text_column, label_column, file, order, labels, weights: None }
    }
}

fn no_row(name: &str, skipped: &Skipped, expected: &str) -> Error {
    Error::data(match skipped.first.first() {
        Some(first) => format!("{name} has no good row: all {} were skipped; {first}", skipped.count),
        None => format!("{name} has no row {expected}"),
    })
}

impl LabelledTexts {
    /// Reads a file in any [`RecordFormat`](crate::files::RecordFormat).
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
    /// [`ErrorKind::Data`](crate::ErrorKind::Data), with file and line, if it is malformed.
    pub fn read(path: &Path, options: &ReadOptions) -> Result<Self> {
        Self::read_beside(path, options, None)
    }

    /// Reads a file of test rows as the training rows `self` were read: the same columns, where the file has them, the
    /// same tokenizer and the same labels. A row with another label is a bad record. Also finds test texts that are in
    /// the training rows too.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_test(&self, path: &Path, options: &ReadOptions) -> Result<Self> {
        Self::read_beside(path, options, Some(self))
    }

    fn read_beside(path: &Path, options: &ReadOptions, training: Option<&Self>) -> Result<Self> {
        let mut columns = options.columns.clone();
        if let Some(training) = training {
            columns = columns.problem(training.labels.problem()).trained(training.file.columns.clone());
        }
        let mut records = Records::open(path, &options.records)?;
        let found = columns.find(&mut records)?;
        let script = script(&found, records.peek(LOOKED_AT)?);
        let mut taken = Taken::new(options, found.problem(), training, script);
        taken.labels.expect(found.labels());
        let (mut record, mut joined, mut label) = (Record::default(), String::new(), String::new());
        while records.read(&mut record)? {
            let Some(text) = found.text(&record, &mut joined) else {
                records.reject(&record, "the text is missing")?;
                continue;
            };
            let flaw = match found.label(&record, &mut label) {
                Ok(field) => taken.row(text, field, record.number(), || records.place(&record))?,
                Err(flaw) => Err(flaw),
            };
            if let Err(flaw) = flaw {
                records.reject(&record, &flaw)?;
            }
        }
        let skipped = records.skipped().clone();
        if taken.words.len() == 0 {
            return Err(no_row(&path.display().to_string(), &skipped, "below its header"));
        }
        taken.notes.splice(0..0, records.notes().iter().chain(found.notes()).cloned());
        let is_free = *found.problem() != columns.problem;
        let names = match records.format() {
            RecordFormat::Folder => ColumnNames::default(),
            _ => found.names().clone(),
        };
        Ok(taken.finish(names, skipped, is_free))
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
    /// As [`from_rows`](Self::from_rows), and for a label that no training row has.
    pub fn test_from_rows<T: AsRef<str>, L: AsRef<str>>(
        &self,
        name: &str,
        rows: impl IntoIterator<Item = (T, L)>,
        options: &ReadOptions,
    ) -> Result<Self> {
        Self::from_rows_beside(name, rows, options, Some(self))
    }

    fn from_rows_beside<T: AsRef<str>, L: AsRef<str>>(
        name: &str,
        rows: impl IntoIterator<Item = (T, L)>,
        options: &ReadOptions,
        training: Option<&Self>,
    ) -> Result<Self> {
        let mut rows = rows.into_iter();
        let first: Vec<(T, L)> = rows.by_ref().take(LOOKED_AT).collect();
        let mut script = ScriptTally::default();
        first.iter().for_each(|(text, _)| script.add(text.as_ref()));
        let mut taken = Taken::new(options, &options.columns.problem, training, script);
        let mut skipped = Skipped::default();
        for (number, (text, label)) in (1..).zip(first.into_iter().chain(rows)) {
            let place = || format!("{name}, row {number}");
            if let Err(flaw) = taken.row(text.as_ref(), label.as_ref(), number, place)? {
                skipped.reject(options.records.on_error, number, format!("{}: {flaw}", place()))?;
            }
        }
        if taken.words.len() == 0 {
            return Err(no_row(name, &skipped, "at all"));
        }
        Ok(taken.finish(ColumnNames::default(), skipped, false))
    }
}

/// Counts the letters of the first texts.
fn script(found: &FoundColumns, records: &[Record]) -> ScriptTally {
    let (mut tally, mut scratch) = (ScriptTally::default(), String::new());
    for record in records {
        tally.add(found.text(record, &mut scratch).unwrap_or_default());
    }
    tally
}
