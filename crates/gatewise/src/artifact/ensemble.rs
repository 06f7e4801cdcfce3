//! What of an ensemble stands in a file: its members' weights as `member_2/…` and so on, the linear model as
//! `linear/features` (hashes, u32), `linear/weights` and `linear/bias`, and the rest in the metadata.

use super::format::{Tensor, model_tensors};
use super::load::{damaged, fill, values};
use crate::ensemble::{Accuracies, Ensemble};
use crate::error::Result;
use crate::linear::LinearModel;
use crate::model::Model;
use crate::storage::to_bytes;
use safetensors::tensor::{Dtype, SafeTensors};
use serde::{Deserialize, Serialize};

/// The metadata of an ensemble.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Joint {
    /// Recurrent members, the first included.
    members: usize,
    /// The longest runs that the linear model counts.
    ngram: usize,
    /// Of the members and of the linear model.
    weights: [f64; 2],
    accuracy: Accuracies,
}

/// More members are refused: each is as large as the model.
const MAX_MEMBERS: usize = 64;
/// Tensors of the linear model.
const LINEAR: [&str; 3] = ["linear/features", "linear/weights", "linear/bias"];

fn prefix(member: usize) -> String {
    format!("member_{}/", member + 1)
}

impl Joint {
    pub fn of(ensemble: &Ensemble) -> Self {
        let Ensemble { others, linear, weights, accuracy } = ensemble;
        Self { members: others.len() + 1, ngram: linear.parts().0, weights: *weights, accuracy: *accuracy }
    }

    /// How many tensors stand beside those of the model, of which there are `own`.
    pub fn tensors(&self, own: usize) -> usize {
        own.saturating_mul(self.members.saturating_sub(1)).saturating_add(LINEAR.len())
    }

    /// The ensemble around `model`, whose weights `tensors` hold.
    pub fn assemble(&self, model: &Model, tensors: &SafeTensors<'_>) -> Result<Ensemble> {
        if !(1..=MAX_MEMBERS).contains(&self.members) || self.weights.iter().any(|it| !it.is_finite()) {
            return Err(damaged("the number or the weights of its members are out of bounds"));
        }
        let mut others = Vec::new();
        for member in 1..self.members {
            let mut other = model.clone();
            fill(&mut other, tensors, &prefix(member))?;
            others.push(other);
        }
        let [features, weights, bias] = LINEAR.map(|name| tensors.tensor(name));
        let [features, weights, bias] =
            [features, weights, bias].map(|tensor| tensor.map_err(|e| damaged(&e.to_string())));
        let (features, weights, bias) = (features?, weights?, bias?);
        let (width, count) = (model.output_width(), features.shape().first().copied().unwrap_or(0));
        let fits = features.dtype() == Dtype::U32
            && features.shape() == [count]
            && (weights.dtype(), weights.shape()) == (Dtype::F32, &[width, count])
            && (bias.dtype(), bias.shape()) == (Dtype::F32, &[width]);
        if !fits {
            return Err(damaged("the tensors of its linear part do not fit one another"));
        }
        let hashes = features.data().as_chunks().0.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect();
        let mut weights = values(weights.data());
        let regressions = values(bias.data()).map(|bias| (weights.by_ref().take(count).collect(), bias));
        let regressions = regressions.collect();
        let linear = LinearModel::from_parts(self.ngram, hashes, regressions).map_err(|why| damaged(&why))?;
        Ok(Ensemble { others, linear, weights: self.weights, accuracy: self.accuracy })
    }
}

/// The tensors beside those of the first member.
pub(super) fn tensors(ensemble: &Ensemble) -> Vec<Tensor> {
    let members = (1..).zip(&ensemble.others);
    let mut tensors: Vec<_> =
        members.flat_map(|(member, model)| model_tensors(model.params(), &prefix(member))).collect();
    let (_, hashes, regressions) = ensemble.linear.parts();
    let width = regressions.len();
    let (mut weights, mut bias) = (Vec::new(), Vec::new());
    for (own, own_bias) in regressions {
        weights.extend(to_bytes(own));
        bias.extend(own_bias.to_le_bytes());
    }
    let features = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    let shapes = [vec![hashes.len()], vec![width, hashes.len()], vec![width]];
    let dtypes = [Dtype::U32, Dtype::F32, Dtype::F32];
    for (((name, dtype), shape), bytes) in
        LINEAR.into_iter().zip(dtypes).zip(shapes).zip([features, weights, bias])
    {
        tensors.push(Tensor { name: name.to_owned(), dtype, shape, bytes });
    }
    tensors
}
