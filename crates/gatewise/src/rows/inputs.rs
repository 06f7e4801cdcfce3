//! The inputs of a model: rows of token ids, or rows of vectors.

use super::{Features, Sequences};

/// The rows of a data set: token ids or vectors.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Inputs {
    /// Token ids, for a model that starts with an `Embedding`.
    Ids(Sequences),
    /// Vectors, for a model that starts with an `Input`.
    Features(Features),
}

impl Inputs {
    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(rows) => rows.len(),
            Self::Features(rows) => rows.len(),
        }
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the number of steps of row `i`.
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    pub fn steps(&self, i: usize) -> usize {
        match self {
            Self::Ids(rows) => rows.row(i).len(),
            Self::Features(rows) => rows.steps(i),
        }
    }

    /// Returns the rows with the indices `order`, in that order.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        match self {
            Self::Ids(rows) => Self::Ids(rows.select(order)),
            Self::Features(rows) => Self::Features(rows.select(order)),
        }
    }

    /// Returns what a row consists of, for messages.
    pub(crate) fn describe(&self) -> String {
        match self {
            Self::Ids(_) => "token ids".into(),
            Self::Features(rows) => format!("vectors of {} numbers", rows.width()),
        }
    }
}

impl From<Sequences> for Inputs {
    fn from(rows: Sequences) -> Self {
        Self::Ids(rows)
    }
}

impl From<Features> for Inputs {
    fn from(rows: Features) -> Self {
        Self::Features(rows)
    }
}

/// Copies the rows.
impl From<&Sequences> for Inputs {
    fn from(rows: &Sequences) -> Self {
        Self::Ids(rows.clone())
    }
}
