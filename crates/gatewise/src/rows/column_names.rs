//! The columns of a file that rows were read from.
//!
//! Input: the names of columns. Output: [`ColumnNames`], which a corpus carries and an artifact remembers.

use serde::{Deserialize, Serialize};

/// The names of the columns that texts and labels were read from. Empty for rows that are not from a file with
/// columns.
///
/// ```
/// use gatewise::rows::ColumnNames;
/// let columns = ColumnNames::new(["title", "body"], ["category"]);
/// assert_eq!((columns.text.len(), &*columns.label[0]), (2, "category"));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct ColumnNames {
    /// The columns of the texts, in the order in which they are joined.
    pub text: Vec<String>,
    /// The column of the labels; several columns of 0 and 1 are one label each.
    pub label: Vec<String>,
}

impl ColumnNames {
    /// Creates the names of the text columns and of the label columns.
    pub fn new<T: Into<String>, L: Into<String>>(
        text: impl IntoIterator<Item = T>,
        label: impl IntoIterator<Item = L>,
    ) -> Self {
        Self {
            text: text.into_iter().map(Into::into).collect(),
            label: label.into_iter().map(Into::into).collect(),
        }
    }

    /// Returns a sentence without a full stop, such as `texts are taken from the column 'text', labels from 'label'`.
    /// Several columns are separated by commas.
    pub fn sentence(&self) -> String {
        let labels = match self.label.is_empty() {
            true => String::new(),
            false => format!(", labels from '{}'", self.label.join(", ")),
        };
        format!("texts are taken from the column '{}'{labels}", self.text.join(", "))
    }

    /// Returns whether there is no column.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty() && self.label.is_empty()
    }
}
