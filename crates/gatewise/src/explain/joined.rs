//! The explained number: the logit of a model, or the weighted sum of the logits of an ensemble's parts.
//!
//! Input: an artifact and an output. Output: its parts and their weights; the number for rows.

use super::gradients::{GradientAttribution, integrated_gradients_on};
use crate::artifact::Artifact;
use crate::error::Result;
use crate::linear::LinearModel;
use crate::model::{Machine, Model};
use crate::rows::{Inputs, Padding, Problem};
use crate::text::Tokenizer;

/// The number that an explanation explains, before the last activation.
///
/// ```text
/// z = shift + Σ_k weight · logit_k(x) + weight_of_linear · log-odds(x)
/// ```
///
/// Of several classes, the ensemble joins the logarithms of probabilities; these differ from the logits by the same
/// number for every class, which the softmax takes away.
#[derive(Debug, Clone, Copy)]
pub(super) struct Joined<'a> {
    artifact: &'a Artifact,
    /// The index of the output.
    pub output: usize,
    machine: &'a Machine,
}

impl<'a> Joined<'a> {
    pub fn new(artifact: &'a Artifact, output: usize, machine: &'a Machine) -> Self {
        Self { artifact, output, machine }
    }

    /// Returns the machine to compute on.
    pub fn machine(&self) -> &'a Machine {
        self.machine
    }

    pub fn padding(&self) -> Padding {
        self.artifact.padding()
    }

    pub fn tokenizer(&self) -> Option<&'a Tokenizer> {
        self.artifact.tokenizer()
    }

    /// Returns the recurrent members.
    pub fn members(&self) -> Vec<&'a Model> {
        self.artifact.members().collect()
    }

    /// Returns the weight of each member.
    pub fn weight(&self) -> f64 {
        match (self.artifact.ensemble(), self.artifact.problem()) {
            (Some(ensemble), _) => ensemble.weights()[0] / ensemble.members() as f64,
            (None, Problem::Regression { scale }) => scale.deviation.into(),
            (None, _) => 1.0,
        }
    }

    /// Returns the linear model of an ensemble and its weight.
    pub fn linear(&self) -> Option<(&'a LinearModel, f64)> {
        self.artifact.ensemble().map(|ensemble| (ensemble.linear(), ensemble.weights()[1]))
    }

    /// Returns the number for rows without any part.
    pub fn shift(&self) -> f64 {
        match self.artifact.problem() {
            Problem::Regression { scale } => scale.mean.into(),
            _ => 0.0,
        }
    }

    /// Returns the contributions by the gradients of each member, in the members' own units.
    pub fn gradients(&self, inputs: &Inputs, points: Option<usize>) -> Result<Vec<Vec<GradientAttribution>>> {
        let of = |model: &Model| {
            let padding = self.artifact.padding();
            integrated_gradients_on(model, inputs, padding, self.output, points, self.machine)
        };
        self.artifact.members().map(of).collect()
    }

    /// Returns the number for each row of `inputs`, which all have the same number of steps or are padded to one.
    pub fn logits(&self, inputs: &Inputs) -> Result<Vec<f64>> {
        let mut sums = vec![self.shift(); inputs.len()];
        for model in self.artifact.members() {
            let logits = model.to_logits()?.predict_on(inputs, self.artifact.padding(), self.machine)?;
            let own = logits.iter().skip(self.output).step_by(model.output_width());
            sums.iter_mut().zip(own).for_each(|(sum, &logit)| *sum += self.weight() * f64::from(logit));
        }
        if let (Some((linear, weight)), Inputs::Ids(rows)) = (self.linear(), inputs) {
            let odds = linear.log_odds(rows);
            let own = odds.iter().skip(self.output).step_by(linear.width());
            sums.iter_mut().zip(own).for_each(|(sum, odds)| *sum += weight * odds);
        }
        Ok(sums)
    }
}
