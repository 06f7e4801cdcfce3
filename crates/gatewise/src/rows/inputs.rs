//! What a model reads: rows of token ids, or rows of vectors.

use super::{Features, Sequences};

/// The rows of a data set, of either kind.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Inputs {
    /// Token ids, for a model that begins with an `Embedding`.
    Ids(Sequences),
    /// Vectors, for a model that begins with an `Input`.
    Features(Features),
}

impl Inputs {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Ids(rows) => rows.len(),
            Self::Features(rows) => rows.len(),
        }
    }

    /// True when there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Steps of row `i`. Panics if there is no such row.
    pub fn steps(&self, i: usize) -> usize {
        match self {
            Self::Ids(rows) => rows.row(i).len(),
            Self::Features(rows) => rows.steps(i),
        }
    }

    /// Returns the rows named by `order`, in that order; a row may be named any number of times.
    ///
    /// # Panics
    /// When there is no such row. The message names it.
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        match self {
            Self::Ids(rows) => Self::Ids(rows.select(order)),
            Self::Features(rows) => Self::Features(rows.select(order)),
        }
    }

    /// What a row consists of, for messages.
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

/// The rows are copied.
impl From<&Sequences> for Inputs {
    fn from(rows: &Sequences) -> Self {
        Self::Ids(rows.clone())
    }
}
