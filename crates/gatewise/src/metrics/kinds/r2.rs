//! R², the coefficient of determination, of each output, and its averages.

use super::Rule;
use crate::error::Result;
use crate::metrics::{MetricResult, MetricRows};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Aggregation {
    UniformAverage,
    VarianceWeightedAverage,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct R2Score {
    class_aggregation: Option<Aggregation>,
    /// The number of regressors of the adjusted R², or 0.
    num_regressors: u32,
}

impl Default for R2Score {
    fn default() -> Self {
        Self { class_aggregation: Some(Aggregation::UniformAverage), num_regressors: 0 }
    }
}

/// Sum of the targets, of their squares, of the squared errors, and of the weights of an output.
const SUMS: usize = 4;

impl Rule for R2Score {
    fn start(&self, width: usize) -> Vec<f64> {
        // The last one is the number of targets.
        vec![0.0; SUMS * width + 1]
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        let (sums, count) = state.as_chunks_mut::<SUMS>();
        for (output, target, weight) in rows.iter() {
            for ((&p, &y), [sum, squares, errors, weights]) in output.iter().zip(target).zip(&mut *sums) {
                let (p, y) = (f64::from(p), f64::from(y));
                *sum += weight * y;
                *squares += weight * y * y;
                *errors += weight * (y - p) * (y - p);
                *weights += weight;
                count[0] += 1.0;
            }
        }
        Ok(())
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        let (sums, count) = state.as_chunks::<SUMS>();
        let spread = |[sum, squares, _, weights]: &[f64; SUMS]| squares - sum * (sum / weights);
        let score = |sums: &[f64; SUMS]| {
            let score = 1.0 - sums[2] / spread(sums);
            if score.is_infinite() { 0.0 } else { score }
        };
        let adjusted = |score: f64| {
            let (n, p) = (count[0], f64::from(self.num_regressors));
            // As in Keras, too few rows for an adjustment give R² itself.
            let adjusts = p != 0.0 && p < n - 1.0;
            if adjusts { 1.0 - (1.0 - score) * (n - 1.0) / (n - p - 1.0) } else { score }
        };
        let scores: Vec<f64> = sums.iter().map(score).collect();
        match self.class_aggregation {
            None => MetricResult::Vector(scores.into_iter().map(adjusted).collect()),
            Some(Aggregation::UniformAverage) => {
                adjusted(scores.iter().sum::<f64>() / scores.len() as f64).into()
            }
            Some(Aggregation::VarianceWeightedAverage) => {
                let weighted: f64 = sums.iter().zip(&scores).map(|(sums, score)| spread(sums) * score).sum();
                adjusted(weighted / sums.iter().map(spread).sum::<f64>()).into()
            }
        }
    }
}
