//! The padding policy, applied when a batch is cut into blocks.

use crate::text::Side;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The padding policy of a data set, with the names and defaults of Keras's `pad_sequences`.
///
/// Rows are not copied into a padded matrix. The policy determines which ids of a row a model reads and on
/// which side the pad id 0 is added.
///
/// ```
/// use gatewise::{rows::Padding, text::Side};
/// let padding = Padding::to(300);
/// assert_eq!((padding.maxlen, padding.padding, padding.truncating), (Some(300), Side::Pre, Side::Pre));
/// assert_eq!(padding.padding(Side::Post).padding, Side::Post);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Padding {
    /// The length of every row. `None`: in training and scoring, the length of the longest row of the data set;
    /// in the answers of an [`Artifact`](crate::Artifact), each row's own length.
    pub maxlen: Option<usize>,
    /// The side on which short rows are padded.
    pub padding: Side,
    /// The side on which long rows are truncated.
    pub truncating: Side,
}

impl Padding {
    /// Returns the policy that pads and truncates rows to `maxlen` steps on Keras's default sides (`pre`,
    /// `pre`).
    pub fn to(maxlen: usize) -> Self {
        Self { maxlen: Some(maxlen), ..Self::default() }
    }

    /// Sets the length of every row; `None` takes the length of the longest row of the data set.
    pub fn maxlen(self, maxlen: impl Into<Option<usize>>) -> Self {
        Self { maxlen: maxlen.into(), ..self }
    }

    /// Sets the side on which short rows are padded.
    pub fn padding(self, padding: Side) -> Self {
        Self { padding, ..self }
    }

    /// Sets the side on which long rows are truncated.
    pub fn truncating(self, truncating: Side) -> Self {
        Self { truncating, ..self }
    }

    /// Returns the range of a row of `len` steps that remains when rows have length `steps`.
    pub(crate) fn seen(&self, len: usize, steps: usize) -> Range<usize> {
        match self.truncating {
            Side::Pre => len.saturating_sub(steps)..len,
            Side::Post => 0..len.min(steps),
        }
    }
}

/// The id that pads short rows.
pub(crate) const PAD: u32 = 0;
