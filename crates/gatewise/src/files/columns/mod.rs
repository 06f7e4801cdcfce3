//! The text and label columns of a file.
//!
//! Input: column names, where the user or a model names them, and the first records. Output: [`FoundColumns`], which
//! takes the text and the label field of a record.

mod content;
mod found;
mod guess;
mod look;
mod names;
mod place;

pub use found::FoundColumns;

use super::Records;
use super::numbers::{Hints, find_style, is_number};
use super::records::LOOKED_AT;
use crate::error::Result;
use crate::rows::{ColumnNames, Problem};
use content::Holds;
use found::Form;
use look::Look;

/// The columns of a file that contain the texts and the labels. A column that is not named is inferred from the names
/// of the columns and from what they hold.
///
/// ```
/// use gatewise::files::{Columns, RecordFormat, RecordOptions, Records};
/// let table = "id,Title,Body,Category\n1,Hello,how are you?,talk\n";
/// let mut records = Records::from_reader(table.as_bytes(), RecordFormat::Csv, "mail.csv", &RecordOptions::default())?;
/// let found = Columns::default().find(&mut records)?;
/// assert_eq!((&found.names().text[..], &*found.names().label[0]), (&["Title".into(), "Body".into()][..], "Category"));
/// let record = records.next().unwrap()?;
/// let mut scratch = String::new();
/// assert_eq!(found.text(&record, &mut scratch), Some("Hello how are you?"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
#[non_exhaustive]
pub struct Columns {
    /// The names of the text columns, whose texts are joined. A name may also be a comma-separated list of names, or
    /// lead into objects, as `review.text`.
    pub text: Vec<String>,
    /// The name of the label column. A comma-separated list names columns of 0 and 1, one for each label.
    pub label: Option<String>,
    /// The problem, which determines the content of the label column.
    pub problem: Problem,
    /// The columns that a model was trained on. They are used where the file has them.
    pub trained: ColumnNames,
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

    /// Sets the columns that a model was trained on. A column that is not named is one of these, if the file has it:
    /// letter case and separators do not matter.
    pub fn trained(self, columns: ColumnNames) -> Self {
        Self { trained: columns, ..self }
    }

    /// Returns the text columns and the label columns.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if a named column does not exist or is not the only one with its
    /// name, if no column can be inferred, or if a column is both text and label. Also as [`Records::peek`].
    pub fn find(&self, records: &mut Records) -> Result<FoundColumns> {
        self.found(records, true)
    }

    /// Returns the text columns, for files without labels.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub fn find_texts(&self, records: &mut Records) -> Result<FoundColumns> {
        self.found(records, false)
    }

    fn found(&self, records: &mut Records, labelled: bool) -> Result<FoundColumns> {
        let separator = match &self.problem {
            Problem::MultiLabel { separator } => Some(&**separator),
            _ => None,
        };
        let look = Look::at(records, separator)?;
        let mut found = self.find_in(&look, labelled).map_err(|message| look.error(&message))?;
        if let (Problem::Regression { .. }, [label]) = (&found.problem, &*found.labels) {
            let semicolons = records.delimiter().is_some_and(|delimiter| delimiter.byte() == b';');
            let hints = Hints { stated: None, may_state: false, semicolons };
            let rows = records.peek(LOOKED_AT)?;
            let fields: Vec<_> = rows.iter().filter_map(|row| Some(label.value(row)?.0)).collect();
            let numbers = fields.iter().map(|field| &**field).filter(|field| is_number(field));
            // Rows of another style are refused one by one.
            found.style = find_style(numbers, &found.names.label.concat(), hints, &mut found.notes).ok();
        }
        Ok(found)
    }

    fn find_in(&self, look: &Look, labelled: bool) -> Result<FoundColumns, String> {
        let mut texts = named(look, &self.text)?;
        let mut labels = named(look, if labelled { self.label.as_slice() } else { &[] })?;
        let is_guess = labels.is_empty();
        if texts.is_empty() {
            texts = trained(look, &self.trained.text, &labels)?;
        }
        if labels.is_empty() && labelled {
            labels = trained(look, &self.trained.label, &texts)?;
        }
        let mut notes = Vec::new();
        if texts.is_empty() || (labels.is_empty() && labelled) {
            let (text, label) = look.guess(&self.problem, &texts, &labels);
            let label = label.filter(|label| labelled && text != Some(*label));
            if texts.is_empty() {
                let text = look.usable(text.ok_or_else(|| look.without_texts())?)?;
                let taken: Vec<usize> = labels.iter().copied().chain(label).collect();
                texts = look.beside(text, &taken);
            }
            if labels.is_empty() && labelled {
                labels.push(look.usable(label.ok_or_else(|| self.no_label(look, &texts))?)?);
            }
        }
        if let Some(&both) = texts.iter().find(|text| labels.contains(text)) {
            return Err(format!("texts and labels cannot both be in '{}'", look.columns[both].name));
        }
        let name = |at: &usize| look.columns[*at].name.clone();
        let names = ColumnNames::new(texts.iter().map(name), labels.iter().map(name));
        notes.extend(unlike("texts", "--text-column", &self.trained.text, &self.text, &names.text));
        if labelled {
            notes.extend(unlike(
                "labels",
                "--label-column",
                &self.trained.label,
                self.label.as_slice(),
                &names.label,
            ));
        }
        let (problem, form) = self.form(look, &labels, &mut notes)?;
        if let ([label], true, Problem::SingleLabel) = (&*labels, is_guess, &problem) {
            notes.extend(flags_beside(look, *label));
        }
        let place = |at: &usize| look.columns[*at].place.clone();
        let (texts, labels) = (texts.iter().map(place).collect(), labels.iter().map(place).collect());
        Ok(FoundColumns { names, texts, labels, form, style: None, problem, notes })
    }

    /// Returns the problem of the labels, which may be lists or several columns, and the form of a field.
    fn form(
        &self,
        look: &Look,
        labels: &[usize],
        notes: &mut Vec<String>,
    ) -> Result<(Problem, Form), String> {
        let several = match &self.problem {
            Problem::SingleLabel => Problem::multi_label(SEPARATOR),
            problem => problem.clone(),
        };
        match (labels, &self.problem) {
            ([_, _, ..], Problem::Regression { .. }) => {
                Err("several label columns are labels of 0 and 1, but regression predicts one number".into())
            }
            ([_, _, ..], _) => Ok((several, Form::Flags)),
            (&[label], Problem::SingleLabel) if look.columns[label].content.is_lists() => {
                let (name, content) = (&look.columns[label].name, &look.columns[label].content);
                match content.is_lists_of_one() {
                    true => Ok((Problem::SingleLabel, Form::ListOfOne)),
                    false => {
                        notes.push(format!(
                            "the column '{name}' holds lists, so a row has any number of labels"
                        ));
                        Ok((several, Form::Plain))
                    }
                }
            }
            (_, problem) => Ok((problem.clone(), Form::Plain)),
        }
    }

    /// Returns the message when there is no column of labels.
    fn no_label(&self, look: &Look, texts: &[usize]) -> String {
        let number = look.columns.iter().enumerate().find(|(at, column)| {
            let content = &column.content;
            !texts.contains(at)
                && content.is_numbers()
                && content.distinct() > MANY
                && column.label_score(&Problem::regression()) > 0.0
        });
        match (number, &self.problem) {
            (Some((_, column)), Problem::SingleLabel) => format!(
                "none looks like a column of labels; to predict the numbers of '{}', give --task regression, else name the column",
                column.name
            ),
            _ => "none looks like a column of labels; name it".into(),
        }
    }
}

/// The separator in predictions where labels are lists in the data.
pub(super) const SEPARATOR: &str = ";";

/// The number of distinct numbers from which they are quantities rather than classes.
pub(super) const MANY: usize = 20;

/// Returns the named columns. A name that no column has may be a list of names.
fn named(look: &Look, names: &[String]) -> Result<Vec<usize>, String> {
    let mut found = Vec::new();
    for name in names {
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

/// Returns the columns that a model was trained on and that the file has.
fn trained(look: &Look, names: &[String], taken: &[usize]) -> Result<Vec<usize>, String> {
    let spelt = |name: &String| look.columns.iter().position(|column| column.name == *name);
    let found = names.iter().filter_map(|name| spelt(name).or_else(|| look.like(name)));
    found.filter(|at| !taken.contains(at)).map(|at| look.usable(at)).collect()
}

/// Returns a note if the columns are not those that the model was trained on.
fn unlike(
    what: &str,
    option: &str,
    trained: &[String],
    named: &[String],
    taken: &[String],
) -> Option<String> {
    if trained.is_empty() || !named.is_empty() {
        return None;
    }
    let has = |name: &&String| taken.iter().any(|taken| names::Name::new(taken).is(&names::Name::new(name)));
    let missing: Vec<&String> = trained.iter().filter(|name| !has(name)).collect();
    let quoted =
        |names: &[&String]| names.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ");
    let used = quoted(&taken.iter().collect::<Vec<_>>());
    (!missing.is_empty()).then(|| {
        format!(
            "the model was trained on {what} from {}, but this file has no {}; {what} are taken from {used}; {option} names another \
             column",
            quoted(&trained.iter().collect::<Vec<_>>()),
            quoted(&missing)
        )
    })
}

/// Returns a note if a guessed column of 0 and 1 is one of several.
fn flags_beside(look: &Look, label: usize) -> Option<String> {
    let is_flags = |at: &usize| {
        look.columns[*at].content.is_flags() && look.columns[*at].content.holds() != Holds::Object
    };
    let flags: Vec<&str> =
        (0..look.columns.len()).filter(is_flags).map(|at| &*look.columns[at].name).collect();
    (is_flags(&label) && flags.len() > 1 && look.columns[label].words.of_label(&Problem::SingleLabel) <= 0.0).then(|| {
        format!(
            "{} columns hold 0 and 1, of which only '{}' is learned; --label-column {} makes each of them a label",
            flags.len(),
            look.columns[label].name,
            flags.join(",")
        )
    })
}
