//! The text and label columns of a file.
//!
//! Input: column names, where the user names them, and the first records. Output: the indices of the columns.

use super::records::LOOKED_AT;
use super::{Record, RecordFormat, Records, UnreadColumn};
use crate::error::{Error, Result};
use crate::rows::Problem;
use std::collections::HashSet;

/// The columns of a file that contain the texts and the labels. A column that is not named is inferred from the
/// header, then from its content.
///
/// ```
/// use gatewise::files::{Columns, RecordFormat, RecordOptions, Records};
/// let table = "id,Title,Body,Category\n1,Hello,how are you?,talk\n";
/// let mut records = Records::from_reader(table.as_bytes(), RecordFormat::Csv, "mail.csv", &RecordOptions::default())?;
/// assert_eq!(Columns::default().find(&mut records)?, (vec![2], 3));
/// let both = Columns::default().text(["Title", "Body"]);
/// let (texts, _) = both.find(&mut records)?;
/// let record = records.next().unwrap()?;
/// assert_eq!(record.join(&texts, &mut String::new()), Some("Hello how are you?"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Columns {
    /// The names of the text columns, whose texts are joined. A name may also be a comma-separated list of
    /// names.
    pub text: Vec<String>,
    /// The name of the label column.
    pub label: Option<String>,
    /// The problem, which determines the content of the label column.
    pub problem: Problem,
}

/// Common names of text columns, the most likely first.
const TEXTS: &[&str] =
    &["text", "sentence", "review", "content", "body", "message", "comment", "question", "tweet", "title"];

/// Returns common names of label columns, the most likely first.
fn label_names(problem: &Problem) -> &'static [&'static str] {
    match problem {
        Problem::SingleLabel => &["label", "class", "category", "sentiment", "target", "polarity", "y"],
        Problem::MultiLabel { .. } => {
            &["labels", "tags", "genres", "categories", "topics", "label", "target", "y"]
        }
        Problem::Regression { .. } => &["target", "score", "rating", "stars", "value", "label", "y"],
    }
}

impl Columns {
    /// Sets the names of the text columns.
    pub fn text<T: Into<String>>(self, names: impl IntoIterator<Item = T>) -> Self {
        Self { text: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets the name of the label column.
    pub fn label(self, name: impl Into<String>) -> Self {
        Self { label: Some(name.into()), ..self }
    }

    /// Sets the problem, which determines the content of the label column.
    pub fn problem(self, problem: Problem) -> Self {
        Self { problem, ..self }
    }

    /// Returns the indices of the text columns and the index of the label column.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if a named column does not exist, if no column can be
    /// inferred, or if a column is both text and label. Also as [`Records::peek`].
    pub fn find(&self, records: &mut Records) -> Result<(Vec<usize>, usize)> {
        let look = Look::at(records)?;
        let (texts, label) =
            (self.named_texts(&look), self.label.as_ref().map(|name| look.named(name)).transpose());
        let names = label_names(&self.problem);
        let found = texts.and_then(|texts| {
            let label = label?;
            let label = label.or_else(|| look.usual(names, &texts));
            let texts = if texts.is_empty() { vec![look.guess_text(label)?] } else { texts };
            let label = label
                .or_else(|| look.usual(names, &texts))
                .or_else(|| look.likely_label(&self.problem, &texts));
            let label = label.ok_or("none looks like a column of labels; name it")?;
            match texts.contains(&label) {
                true => Err(format!("texts and labels cannot both be in '{}'", look.header[label])),
                false => Ok((texts, label)),
            }
        });
        found.map_err(|message| look.error(&message))
    }

    /// Returns the indices of the text columns, for files without labels.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_texts(&self, records: &mut Records) -> Result<Vec<usize>> {
        let look = Look::at(records)?;
        let texts = self.named_texts(&look).and_then(|texts| match texts.is_empty() {
            true => Ok(vec![look.guess_text(None)?]),
            false => Ok(texts),
        });
        texts.map_err(|message| look.error(&message))
    }

    /// Returns the indices of the named text columns.
    fn named_texts(&self, look: &Look<'_>) -> Result<Vec<usize>, String> {
        let mut found = Vec::new();
        for name in &self.text {
            match look.named(name) {
                Ok(column) => found.push(column),
                Err(message) if !name.contains(',') => return Err(message),
                Err(_) => {
                    let parts = name.split(',').map(|name| look.named(name));
                    found.extend(parts.collect::<Result<Vec<_>, _>>()?);
                }
            }
        }
        Ok(found)
    }
}

/// The header and the first records, from which columns are inferred.
struct Look<'a> {
    place: String,
    header: Vec<String>,
    unread: Vec<UnreadColumn>,
    rows: &'a [Record],
}

impl<'a> Look<'a> {
    fn at(records: &'a mut Records) -> Result<Self> {
        let header = records.columns().iter().map(|column| column.name.clone()).collect();
        let place = match records.format() {
            RecordFormat::Csv | RecordFormat::Tsv => format!("{}:1", records.name()),
            _ => records.name().to_owned(),
        };
        let unread = records.unread().to_vec();
        Ok(Self { place, header, unread, rows: records.peek(LOOKED_AT)? })
    }

    fn error(&self, message: &str) -> Error {
        Error::data(format!("{}: {message}; the columns are {}", self.place, self.header.join(", ")))
    }

    fn named(&self, wanted: &str) -> Result<usize, String> {
        let wanted = wanted.trim();
        let found = self.header.iter().position(|column| column == wanted);
        found.ok_or_else(|| match self.unread.iter().find(|column| column.name == wanted) {
            Some(UnreadColumn { reason, .. }) => {
                format!(
                    "the column '{wanted}' is {reason}, but only columns of one plain value a row are read"
                )
            }
            None => format!("there is no column '{wanted}'"),
        })
    }

    /// Returns the column with the most likely of `names` that is not in `taken`.
    fn usual(&self, names: &[&str], taken: &[usize]) -> Option<usize> {
        names.iter().find_map(|name| {
            let found = self.header.iter().position(|column| column.eq_ignore_ascii_case(name));
            found.filter(|found| !taken.contains(found))
        })
    }

    fn guess_text(&self, label: Option<usize>) -> Result<usize, String> {
        // By content: texts are long.
        let length = |at: usize| self.rows.iter().map(|row| row.get(at).map_or(0, str::len)).sum::<usize>();
        let taken: Vec<usize> = label.into_iter().collect();
        let longest = || self.free(&taken).max_by_key(|&at| length(at)).filter(|&at| length(at) > 0);
        Ok(self.usual(TEXTS, &taken).or_else(longest).ok_or("there is no column of texts")?)
    }

    /// Infers the label column by content. Labels repeat, and the column with the fewest distinct labels is
    /// the most likely. For regression it is the last column of numbers.
    fn likely_label(&self, problem: &Problem, texts: &[usize]) -> Option<usize> {
        let fields = |at: usize| self.rows.iter().filter_map(move |row| row.get(at));
        let is_number = |field: &str| field.trim().parse::<f32>().is_ok_and(f32::is_finite);
        if let Problem::Regression { .. } = problem {
            return self.free(texts).filter(|&at| !self.rows.is_empty() && fields(at).all(is_number)).last();
        }
        let kinds = |at: usize| fields(at).collect::<HashSet<_>>().len();
        let repeats = |at: usize| match problem {
            Problem::MultiLabel { separator } => fields(at).any(|field| field.contains(separator.as_str())),
            _ => kinds(at) >= 2 && 2 * kinds(at) <= self.rows.len(),
        };
        self.free(texts).filter(|&at| repeats(at)).min_by_key(|&at| kinds(at))
    }

    fn free(&self, taken: &[usize]) -> impl Iterator<Item = usize> {
        (0..self.header.len()).filter(move |at| !taken.contains(at))
    }
}
