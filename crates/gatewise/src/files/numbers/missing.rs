//! What becomes of numbers that are missing.
//!
//! Input: the numbers of a series, with holes. Output: the numbers without holes.

use serde::{Deserialize, Serialize};

/// What becomes of missing numbers, and of dates without a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Missing {
    /// The first one is an error.
    #[default]
    Refuse,
    /// The straight line between the numbers before and after takes its place.
    Interpolate,
    /// The number before takes its place.
    Previous,
    /// The step is left out; the numbers around it become neighbours.
    Drop,
}

impl Missing {
    /// Returns what is done, for a note.
    pub(super) fn done(self) -> &'static str {
        match self {
            Self::Refuse | Self::Drop => "left out",
            Self::Interpolate => "interpolated",
            Self::Previous => "replaced by the number before",
        }
    }

    /// Fills the holes between the first and the last number.
    pub(super) fn fill(self, values: &mut [Option<f64>]) {
        let mut before: Option<(usize, f64)> = None;
        for at in 0..values.len() {
            let Some(value) = values[at] else { continue };
            if let Some((from, number)) = before {
                for (steps, hole) in (1u32..).zip(&mut values[from + 1..at]) {
                    *hole = match self {
                        Self::Interpolate => {
                            Some(number + f64::from(steps) / (at - from) as f64 * (value - number))
                        }
                        Self::Previous => Some(number),
                        Self::Refuse | Self::Drop => None,
                    };
                }
            }
            before = Some((at, value));
        }
    }
}
