//! Correlations between the outputs and the targets of a row.

use super::mean::{add, mean_of_rows};
use super::{EPSILON, Rule, ratio};
use crate::error::Result;
use crate::metrics::{MetricResult, MetricRows};
use serde::{Deserialize, Serialize};

/// The means, the variances and the covariance of outputs and targets.
struct Moments {
    means: [f64; 2],
    variances: [f64; 2],
    covariance: f64,
}

impl Moments {
    fn of(output: &[f32], target: &[f32]) -> Self {
        let n = output.len() as f64;
        let mean = |values: &[f32]| values.iter().map(|&value| f64::from(value)).sum::<f64>() / n;
        let means = [mean(output), mean(target)];
        let product = |a: &[f32], a_mean: f64, b: &[f32], b_mean: f64| {
            a.iter().zip(b).map(|(&a, &b)| (f64::from(a) - a_mean) * (f64::from(b) - b_mean)).sum::<f64>() / n
        };
        let variances =
            [product(output, means[0], output, means[0]), product(target, means[1], target, means[1])];
        Self { means, variances, covariance: product(output, means[0], target, means[1]) }
    }
}

/// Pearson's correlation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Pearson {}
mean_of_rows!(Pearson, |_it, output, target| {
    let Moments { variances: [p, y], covariance, .. } = Moments::of(output, target);
    covariance / (p.sqrt() * y.sqrt())
});

/// Lin's concordance correlation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Concordance {}
mean_of_rows!(Concordance, |_it, output, target| {
    let Moments { means, variances, covariance } = Moments::of(output, target);
    2.0 * covariance / (variances[0] + variances[1] + (means[0] - means[1]).powi(2) + EPSILON)
});
