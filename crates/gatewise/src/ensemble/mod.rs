//! Several recurrent models of one architecture and a linear one, which answer together.
//!
//! Enters: an architecture and labelled rows of ids. Leaves: models that were each trained without another fold of
//! the rows, and how much each kind counts, learnt from what they said of the rows they had not seen.

mod fit;
mod folds;
mod members;
mod weights;

pub use fit::{EnsembleOptions, Fitted, Fold, Next};

use crate::linear::LinearModel;
use crate::model::Model;
use crate::rows::Sequences;

/// What answers beside an artifact's first model.
///
/// With m members whose probabilities are pₖ, a linear model whose log-odds are l, and weights a and b,
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
/// Such joints of a recurrent model with counts of word runs are old (G. Mesnil, T. Mikolov, M. Ranzato and Y. Bengio,
/// "Ensemble of Generative and Discriminative Techniques for Sentiment Analysis of Movie Reviews", 2014,
/// <https://arxiv.org/abs/1412.5335>); fitting a and b to what each says of rows it has not seen is stacking
/// (Wolpert 1992).
#[derive(Debug, Clone)]
pub struct Ensemble {
    others: Vec<Model>,
    linear: LinearModel,
    weights: [f64; 2],
    accuracy: Accuracies,
}

impl Ensemble {
    /// Returns an ensemble of the first member and `others`, which have its layers, beside a linear model;
    /// [`Artifact::builder`](crate::Artifact::builder) checks that they fit. `weights` are a and b.
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

    /// Returns the linear model. It reads all of a row, also what is cut off for the members.
    pub fn linear(&self) -> &LinearModel {
        &self.linear
    }

    /// Returns a and b: how much the members and the linear model count.
    pub fn weights(&self) -> [f64; 2] {
        self.weights
    }

    /// Returns the accuracy of each part on rows that it was not trained on.
    pub fn accuracy(&self) -> Accuracies {
        self.accuracy
    }
}

/// Shares of the rows whose class was found by models that had not seen them: one member, the linear model, and
/// the two joined.
#[derive(Debug, Clone, Copy, PartialEq, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accuracies {
    /// One recurrent model, trained without the row's fold; the mean over the models.
    pub member: f64,
    /// The linear model, likewise.
    pub linear: f64,
    /// Those members and the linear model, with weights that are fitted to these very rows.
    pub joined: f64,
}

impl Ensemble {
    /// The joint probabilities for `rows`, of which `outputs` holds each member's, `width` a row.
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

/// The least that a probability is taken for: f32's outputs may be 0 or 1.
const LEAST: f64 = 1e-7;

/// Adds what probabilities speak for to `z`: of one, its log-odds; of several, their logarithms.
fn add_evidence(outputs: &[f32], z: &mut [f64]) {
    let clamp = |p: f32| f64::from(p).clamp(LEAST, 1.0 - LEAST);
    match (outputs, &mut *z) {
        (&[p], [z]) => *z += (clamp(p) / (1.0 - clamp(p))).ln(),
        _ => z.iter_mut().zip(outputs).for_each(|(z, &p)| *z += clamp(p).ln()),
    }
}

/// Turns evidence into probabilities: the sigmoid of one number, the softmax of several.
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
