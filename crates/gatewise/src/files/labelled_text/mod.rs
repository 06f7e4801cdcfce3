//! Labelled texts in files of records.
//!
//! Input: files with a text column and a label column, inferred if they are not named. Output:
//! [`LabelledTexts`], and from training and test texts a [`Corpus`] of word ranks. Texts are tokenized as
//! they are read and are not kept.

mod options;
mod read;
mod split;

pub use options::ReadOptions;

use super::columns::MANY;
use super::description::{LabelSummary, LengthTally, WordSummary};
use super::findings::{Finding, Findings, overlap};
use super::row_labels::RowLabels;
use super::row_words::RowWords;
use super::{Description, Skipped};
use crate::error::{Error, Result};
use crate::rows::{ColumnNames, Corpus, Problem, Split};
use crate::text::Tokenizer;
use std::sync::Arc;

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
    /// The sample weight of each row of the file.
    weights: Option<Arc<Vec<f32>>>,
}

/// The content of a file.
#[derive(Debug)]
struct Rows {
    tokenizer: Tokenizer,
    words: RowWords,
    findings: Findings,
    skipped: Skipped,
    /// For test rows: rows whose text is in the training rows too.
    overlap: Option<Finding>,
    /// The columns of a file that has columns.
    columns: ColumnNames,
    /// Notes about columns, labels and script.
    notes: Vec<String>,
}

impl LabelledTexts {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Sets the sample weight of each row, which multiplies its loss; the rows must be in the order of the file. A split and
    /// a [`corpus`](Self::corpus) keep the weights.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the number of weights differs from the number of rows.
    pub fn with_sample_weight(self, weights: &[f32]) -> Result<Self> {
        match weights.len() == self.file.words.len() {
            true => Ok(Self { weights: Some(Arc::new(weights.to_vec())), ..self }),
            false => Err(Error::data(format!(
                "there are {} rows and {} sample weights; give one weight for each row, and skip no rows",
                self.file.words.len(),
                weights.len()
            ))),
        }
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// Returns the names of the columns; none for a folder and for rows in memory.
    pub fn columns(&self) -> &ColumnNames {
        &self.file.columns
    }

    /// Returns the tokenizer that split the texts into words.
    pub fn tokenizer(&self) -> &Tokenizer {
        &self.file.tokenizer
    }

    /// Returns notes about the rows of the file, one sentence each:
    ///
    /// - columns other than the columns of a model, labels that are lists, and a script without spaces,
    /// - labels that are one label, and numbers that are hardly classes,
    /// - bad rows that were skipped,
    /// - duplicate texts, with the same label or with another label,
    /// - texts without words,
    /// - labels with one example, or, after [`read_test`](Self::read_test), texts that are in the training rows too.
    pub fn notes(&self) -> Vec<String> {
        let Rows { findings, skipped, overlap: shared, words, notes, .. } = &*self.file;
        let mut notes = notes.clone();
        if skipped.count > 0 {
            let more = if skipped.count > skipped.first.len() as u64 { ", the first of them" } else { "" };
            let (count, first) = (skipped.count, skipped.first.join("\n  "));
            notes.push(format!("bad rows skipped: {count}{more}:\n  {first}"));
        }
        notes.extend(findings.sentences());
        let quantities = self.quantities();
        notes.extend(match shared {
            Some(shared) => overlap(shared, words.len()),
            // Rows to evaluate a model on are not learned from, and numbers are hardly classes.
            None if self.labels.known().is_some() || quantities.is_some() => None,
            None => self.labels_seen_once(),
        });
        notes.extend(quantities);
        notes
    }

    /// Returns a note if the labels are many different numbers.
    fn quantities(&self) -> Option<String> {
        let distinct = self.labels.tally().len();
        let many = distinct > MANY || (distinct > 5 && 2 * distinct > self.len());
        (many && self.labels.is_numbers()).then(|| {
            format!(
                "the column {} holds {distinct} different numbers, each of which is a label here; --task regression predicts numbers",
                self.label_column
            )
        })
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

    /// Returns the corpus with these rows as training split and `test` as test split. Labels are in the order of numbers if all
    /// are numbers, else in alphabetical order. Words are counted in the training split only.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if all rows have one label, or if a label occurs in `test`
    /// only; [`ErrorKind::Io`](crate::ErrorKind::Io) if the temporary file cannot be read.
    pub fn corpus(&self, test: &Self) -> Result<Corpus> {
        let (problem, labels) = (self.labels.problem(), self.labels.names());
        self.check_labels(&problem, &labels)?;
        let words = &self.file.words;
        let ranking = words.rank(&words.count(&self.order, |_| ())?);
        let split = |rows: &Self| -> Result<Split> {
            let targets = rows.labels.targets(&labels).map_err(|label| {
                Error::data(format!(
                    "the label '{label}' occurs in the test rows only, not in the training rows"
                ))
            })?;
            let of_row = |weights: &Arc<Vec<f32>>| rows.order.iter().map(|&row| weights[row]).collect();
            let weights = rows.weights.as_ref().map(of_row);
            Ok(Split { words: rows.file.words.ranks(&rows.order, words, &ranking)?, targets, weights })
        };
        let (train, test) = (split(self)?, split(test)?);
        let (tokenizer, columns) = (self.file.tokenizer.clone(), self.file.columns.clone());
        let vocabulary = ranking.words;
        Ok(Corpus { tokenizer, vocabulary, problem, labels, train, test, columns, notes: Vec::new() })
    }

    /// Returns a corpus with these rows as test split and without training split, for a model that exists. One row, or
    /// one label, is enough. The labels are [`ReadOptions::labels`], else the labels of the rows.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if the temporary file cannot be read.
    pub fn test_corpus(&self) -> Result<Corpus> {
        let labels = self.labels.known().map_or_else(|| self.labels.names(), <[String]>::to_vec);
        let targets = self.labels.targets(&labels).map_err(Error::data)?;
        let words = &self.file.words;
        let ranking = words.rank(&words.count(&self.order, |_| ())?);
        let test = Split::new(words.ranks(&self.order, words, &ranking)?, targets);
        Ok(Corpus {
            tokenizer: self.file.tokenizer.clone(),
            vocabulary: ranking.words,
            problem: self.labels.problem(),
            labels,
            test,
            columns: self.file.columns.clone(),
            ..Corpus::default()
        })
    }

    /// Checks that the labels are classes: not numbers that all differ.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if each row has another number.
    pub fn check_classes(&self) -> Result<()> {
        let is_whole = self.len() == self.file.words.len();
        let labels = self.labels.tally().len();
        match is_whole && labels > 2 && labels == self.len() && self.labels.is_numbers() {
            false => Ok(()),
            true => Err(Error::data(format!(
                "each row has another number in the column {}, so these are no classes; give --task regression to predict \
                 numbers, or name another column",
                self.label_column
            ))),
        }
    }

    fn check_labels(&self, problem: &Problem, labels: &[String]) -> Result<()> {
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
