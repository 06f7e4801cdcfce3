//! Ensembles: several recurrent models of one architecture and a linear model, stacked.
//!
//! Input: an architecture and labelled rows of ids. Output: members that were each trained without one fold of the
//! rows, a linear model, and the weights of both, fitted to their out-of-fold predictions.

mod fit;
mod folds;
mod members;
mod weights;

pub use fit::{EnsembleOptions, FittedEnsemble, Fold, FoldControl};

use crate::linear::LinearModel;
use crate::model::Model;
use crate::rows::Sequences;

/// An ensemble: the members beside an artifact's first model, a linear model, and the weights of both.
///
/// With the probabilities pₖ of m members, the log-odds l of the linear model, and weights a and b,
///
/// ```text
/// z = a · (1/m) Σₖ ln(pₖ / (1 − pₖ)) + b · l        p = 1 / (1 + exp(−z))
/// ```
///
/// and with more than two classes, for class c,
///
/// ```text
/// z_c = a · (1/m) Σₖ ln pₖ_c + b · l_c              p = softmax(z)
/// ```
///
/// Combining a recurrent model with an n-gram model is established (G. Mesnil, T. Mikolov, M. Ranzato and Y. Bengio,
/// "Ensemble of Generative and Discriminative Techniques for Sentiment Analysis of Movie Reviews", 2014,
/// <https://arxiv.org/abs/1412.5335>); fitting a and b to out-of-fold predictions is stacking (Wolpert 1992).
#[derive(Debug, Clone)]
pub struct Ensemble {
    others: Vec<Model>,
    linear: LinearModel,
    weights: [f64; 2],
    accuracy: Accuracies,
}

impl Ensemble {
    /// Creates an ensemble from the members beside the first, a linear model, and the weights a and b.
    /// [`Artifact::builder`](crate::Artifact::builder) checks that the parts fit.
    pub fn from_parts(
        others: Vec<Model>,
        linear: LinearModel,
        weights: [f64; 2],
        accuracy: Accuracies,
    ) -> Self {
        Self { others, linear, weights, accuracy }
    }

    /// Returns the number of recurrent members, the first included.
    pub fn members(&self) -> usize {
        self.others.len() + 1
    }

    /// Returns the members beside the first.
    pub fn others(&self) -> &[Model] {
        &self.others
    }

    /// Returns the linear model. It reads whole rows; `maxlen` truncates rows for the members only.
    pub fn linear(&self) -> &LinearModel {
        &self.linear
    }

    /// Returns a and b: the weights of the members and of the linear model.
    pub fn weights(&self) -> [f64; 2] {
        self.weights
    }

    /// Returns the out-of-fold accuracies.
    pub fn accuracy(&self) -> Accuracies {
        self.accuracy
    }
}

/// Out-of-fold accuracies: one member, the linear model, and both joined.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Accuracies {
    /// One recurrent member: the mean over all members.
    pub member: f64,
    /// The linear model.
    pub linear: f64,
    /// The weighted ensemble. Its weights are fitted to the same rows.
    pub joined: f64,
}

impl Accuracies {
    /// Creates accuracies of one member, of the linear model, and of the weighted ensemble.
    pub fn new(member: f64, linear: f64, joined: f64) -> Self {
        Self { member, linear, joined }
    }
}

impl Ensemble {
    /// Returns the ensemble's probabilities for `rows`; `outputs` are the probabilities of each member, `width` a row.
    pub(crate) fn join(&self, width: usize, outputs: &[Vec<f32>], rows: &Sequences) -> Vec<f32> {
        let odds = self.linear.log_odds(rows);
        let of_row = |row: usize| {
            let mut z = vec![0.0; width];
            for outputs in outputs {
                add_evidence(&outputs[row * width..][..width], &mut z);
            }
            let [members, linear] = self.weights;
            let members = members / outputs.len() as f64;
            for (z, odds) in z.iter_mut().zip(&odds[row * width..]) {
                *z = members * *z + linear * odds;
            }
            probabilities(&mut z);
            z.into_iter().map(|p| p as f32)
        };
        (0..rows.len()).flat_map(of_row).collect()
    }
}

/// Probabilities are clipped to this distance from 0 and 1.
const LEAST: f64 = 1e-7;

/// Adds evidence to `z`: the log-odds of a single probability, the logarithms of several.
fn add_evidence(outputs: &[f32], z: &mut [f64]) {
    let clamp = |p: f32| f64::from(p).clamp(LEAST, 1.0 - LEAST);
    match (outputs, &mut *z) {
        (&[p], [z]) => *z += (clamp(p) / (1.0 - clamp(p))).ln(),
        _ => z.iter_mut().zip(outputs).for_each(|(z, &p)| *z += clamp(p).ln()),
    }
}

/// Converts evidence into probabilities: the sigmoid of one number, the softmax of several.
fn probabilities(z: &mut [f64]) {
    if let [z] = z {
        *z = 1.0 / (1.0 + (-*z).exp());
        return;
    }
    let highest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    z.iter_mut().for_each(|z| *z = (*z - highest).exp());
    let sum: f64 = z.iter().sum();
    z.iter_mut().for_each(|z| *z /= sum);
}
