//! How ragged rows become rectangles: a policy, applied when a block is cut.

use crate::text::Side;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The padding policy of a data set, with `pad_sequences`'s names and defaults.
///
/// Nothing is ever copied into a padded matrix; the policy says which ids of a row a model sees, and
/// where the pad id 0 stands.
///
/// ```
/// use gatewise::{rows::Padding, text::Side};
/// let padding = Padding::to(300);
/// assert_eq!((padding.maxlen, padding.padding, padding.truncating), (Some(300), Side::Pre, Side::Pre));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Padding {
    /// Length of every row afterwards. `None`: in training and scoring, the length of the longest row of the data set;
    /// in the answers of an [`Artifact`](crate::Artifact), each row's own.
    pub maxlen: Option<usize>,
    /// The side that short rows are filled on.
    pub padding: Side,
    /// The side that long rows lose ids on.
    pub truncating: Side,
}

impl Padding {
    /// Keras's default sides (`pre`, `pre`) at length `maxlen`.
    pub fn to(maxlen: usize) -> Self {
        Self { maxlen: Some(maxlen), ..Self::default() }
    }

    /// The part of a row of `len` steps that is seen when rows have length `steps`.
    pub(crate) fn seen(&self, len: usize, steps: usize) -> Range<usize> {
        match self.truncating {
            Side::Pre => len.saturating_sub(steps)..len,
            Side::Post => 0..len.min(steps),
        }
    }
}

/// The id that fills short rows.
pub(crate) const PAD: u32 = 0;
