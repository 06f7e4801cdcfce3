//! The F score of each class, and its averages.

use super::{EPSILON, Rule};
use crate::error::{Error, Result};
use crate::metrics::{MetricResult, MetricRows};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Average {
    Micro,
    Macro,
    Weighted,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct FBetaScore {
    average: Option<Average>,
    beta: f64,
    /// Above it, a class is predicted. Without one, the largest output of a row is.
    threshold: Option<f32>,
}

impl Default for FBetaScore {
    fn default() -> Self {
        Self { average: None, beta: 1.0, threshold: None }
    }
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct F1Score {
    average: Option<Average>,
    threshold: Option<f32>,
}

impl F1Score {
    fn score(&self) -> FBetaScore {
        FBetaScore { average: self.average, beta: 1.0, threshold: self.threshold }
    }
}

impl Rule for F1Score {
    fn check(&self) -> Result<()> {
        self.score().check()
    }

    fn start(&self, width: usize) -> Vec<f64> {
        self.score().start(width)
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        self.score().update(state, rows)
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        self.score().result(state)
    }
}

/// True positives, false positives, false negatives and the weight of a class.
const SUMS: usize = 4;

impl FBetaScore {
    fn of(&self, [tp, fp, fn_, _]: [f64; SUMS]) -> f64 {
        let (precision, recall) = (tp / (tp + fp + EPSILON), tp / (tp + fn_ + EPSILON));
        let squared = self.beta * self.beta;
        (1.0 + squared) * precision * recall / (squared * precision + recall + EPSILON)
    }
}

impl Rule for FBetaScore {
    fn check(&self) -> Result<()> {
        if !(self.beta > 0.0 && self.beta.is_finite()) {
            return Err(Error::config(format!("beta is {}; it must be above 0 and finite", self.beta)));
        }
        match self.threshold.filter(|threshold| !(*threshold > 0.0 && *threshold <= 1.0)) {
            Some(threshold) => {
                Err(Error::config(format!("threshold is {threshold}; it must be above 0 and at most 1")))
            }
            None => Ok(()),
        }
    }

    fn start(&self, width: usize) -> Vec<f64> {
        vec![0.0; SUMS * width]
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        let (sums, _) = state.as_chunks_mut::<SUMS>();
        for (output, target, weight) in rows.iter() {
            let largest = output.iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for ((&p, &y), [tp, fp, fn_, all]) in output.iter().zip(target).zip(&mut *sums) {
                let predicted = match self.threshold {
                    Some(threshold) => p > threshold,
                    // A row of zeros predicts nothing.
                    None => p >= largest && p.abs() > 1e-9,
                };
                let y = f64::from(y);
                let (of_positive, of_negative) = if predicted { (tp, fp) } else { (fn_, &mut 0.0) };
                *of_positive += weight * y;
                *of_negative += weight * (1.0 - y);
                *all += weight * y;
            }
        }
        Ok(())
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        let classes = state.as_chunks::<SUMS>().0;
        let scores: Vec<f64> = classes.iter().map(|sums| self.of(*sums)).collect();
        match self.average {
            None => MetricResult::Vector(scores),
            Some(Average::Macro) => (scores.iter().sum::<f64>() / scores.len() as f64).into(),
            Some(Average::Weighted) => {
                let all: f64 = classes.iter().map(|sums| sums[3]).sum::<f64>() + EPSILON;
                scores.iter().zip(classes).map(|(score, sums)| score * sums[3] / all).sum::<f64>().into()
            }
            Some(Average::Micro) => {
                let mut together = [0.0; SUMS];
                classes
                    .iter()
                    .for_each(|sums| together.iter_mut().zip(sums).for_each(|(all, one)| *all += one));
                self.of(together).into()
            }
        }
    }
}
