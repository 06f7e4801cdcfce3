//! Reductions: from the losses of rows to the loss of a batch.
//!
//! Input: losses and sample weights. Output: a number.

use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The reduction of the losses of a batch to one number, by Keras's names.
///
/// L is the loss of a row (or step) that counts, w its sample weight, and n the number of rows.
///
/// | name | reduced loss |
/// |---|---|
/// | `sum_over_batch_size`, `mean` | Σ w·L / n |
/// | `sum` | Σ w·L |
/// | `mean_with_sample_weight` | Σ w·L / Σ w |
/// | `none` | w·L of each row: only for [`weigh`](Self::weigh) |
///
/// ```
/// use gatewise::Reduction;
/// let (losses, weights) = ([1.0, 3.0], [1.0f32, 0.5]);
/// assert_eq!(Reduction::default().reduce(&losses, Some(&weights))?, 1.25);
/// assert_eq!("sum".parse::<Reduction>()?.reduce(&losses, None)?, 4.0);
/// assert_eq!(Reduction::MeanWithSampleWeight.reduce(&losses, Some(&weights))?, 2.5 / 1.5);
/// assert_eq!(Reduction::weigh(&losses, Some(&weights))?, [1.0, 1.5]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Reduction {
    /// The sum divided by the number of rows.
    #[default]
    SumOverBatchSize,
    /// The sum.
    Sum,
    /// The same as [`SumOverBatchSize`](Self::SumOverBatchSize).
    Mean,
    /// The sum divided by the sum of the sample weights.
    MeanWithSampleWeight,
    /// No reduction.
    None,
}

impl Reduction {
    /// All reductions.
    pub const ALL: [Self; 5] =
        [Self::SumOverBatchSize, Self::Sum, Self::Mean, Self::MeanWithSampleWeight, Self::None];

    /// Returns Keras's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::SumOverBatchSize => "sum_over_batch_size",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::MeanWithSampleWeight => "mean_with_sample_weight",
            Self::None => "none",
        }
    }

    /// Returns the reduced loss of `losses`; 0 if the divisor is 0. A missing weight is 1.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if there are not as many weights as losses, and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for [`None`](Self::None).
    pub fn reduce(self, losses: &[f64], sample_weight: Option<&[f32]>) -> Result<f64> {
        self.check()?;
        let sum = Self::weigh(losses, sample_weight)?.into_iter().sum::<f64>();
        let weight = match sample_weight {
            Some(weights) => weights.iter().map(|&weight| f64::from(weight)).sum(),
            None => losses.len() as f64,
        };
        Ok(match self.divisor(losses.len(), weight) {
            0.0 => 0.0,
            divisor => sum / divisor,
        })
    }

    /// Returns the weighted loss of each row.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if there are not as many weights as losses.
    pub fn weigh(losses: &[f64], sample_weight: Option<&[f32]>) -> Result<Vec<f64>> {
        let Some(weights) = sample_weight else { return Ok(losses.to_vec()) };
        if weights.len() != losses.len() {
            return Err(Error::shape(format!(
                "sample_weight needs one weight for each loss, but there are {} losses and {} weights",
                losses.len(),
                weights.len()
            )));
        }
        Ok(losses.iter().zip(weights).map(|(loss, &weight)| loss * f64::from(weight)).collect())
    }

    /// Returns the number by which the sum of `count` losses with weights of this sum is divided.
    pub(crate) fn divisor(self, count: usize, weight: f64) -> f64 {
        match self {
            Self::Sum | Self::None => 1.0,
            Self::SumOverBatchSize | Self::Mean => count as f64,
            Self::MeanWithSampleWeight => weight,
        }
    }

    /// Checks that the reduction leaves one number, which training and evaluation need.
    pub(crate) fn check(self) -> Result<()> {
        match self {
            Self::None => Err(Error::config(
                "the reduction none leaves one loss for each row, but one number is needed; use \
                 sum_over_batch_size, sum or mean_with_sample_weight",
            )),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Reduction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Reduction {
    type Err = Error;

    /// Parses Keras's name of a reduction.
    fn from_str(name: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|it| it.name() == name).ok_or_else(|| {
            let names = Self::ALL.map(Self::name).join(", ");
            Error::config(format!("unknown reduction '{name}'; the reductions are {names}"))
        })
    }
}
