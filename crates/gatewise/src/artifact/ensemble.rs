//! The file format of an ensemble: the members' weights as `member_2/…` and so on, the linear model as
//! `linear/features` (hashes, u32), `linear/weights` and `linear/bias`, and the rest in the metadata.

use super::check::MAX_MEMBERS;
use crate::ensemble::{Accuracies, Ensemble};
use crate::linear::LinearModel;
use crate::model::{Model, tensors_of, values_of};
use crate::storage::tensors::{Tensor, TensorFile};
use safetensors::tensor::Dtype;
use serde::{Deserialize, Serialize};

/// The metadata of an ensemble.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EnsembleMetadata {
    /// Number of recurrent members, the first included.
    members: usize,
    /// Longest n-gram of the linear model.
    ngram: usize,
    /// Weights of the members and of the linear model.
    weights: [f64; 2],
    accuracy: Accuracies,
}

/// Names of the linear model's tensors.
const LINEAR: [&str; 3] = ["linear/features", "linear/weights", "linear/bias"];

fn prefix(member: usize) -> String {
    format!("member_{}/", member + 1)
}

impl EnsembleMetadata {
    pub fn of(ensemble: &Ensemble) -> Self {
        let (members, ngram) = (ensemble.members(), ensemble.linear().parts().0);
        Self { members, ngram, weights: ensemble.weights(), accuracy: ensemble.accuracy() }
    }

    /// Returns the number of tensors beside the `own` tensors of the model.
    pub fn tensors(&self, own: usize) -> usize {
        own.saturating_mul(self.members.saturating_sub(1)).saturating_add(LINEAR.len())
    }

    /// Reads the ensemble around `model` from `file`.
    pub fn assemble(&self, model: &Model, file: &TensorFile<'_>) -> Result<Ensemble, String> {
        if !(1..=MAX_MEMBERS).contains(&self.members) {
            return Err("the number or the weights of its members are out of bounds".into());
        }
        let mut others = Vec::new();
        for member in 1..self.members {
            let values = values_of(model.params(), file, &prefix(member))?;
            let mut other = model.clone();
            other.params_mut().values_mut().copy_from_slice(&values);
            others.push(other);
        }
        let [features, weights, bias] = LINEAR;
        let count = file.shape(features)?.first().copied().unwrap_or(0);
        let width = model.output_width();
        let hashes = file.u32(features, &[count])?.collect();
        let mut weights = file.f32(weights, &[width, count])?;
        let bias = file.f32(bias, &[width])?;
        let regressions = bias.map(|bias| (weights.by_ref().take(count).collect(), bias)).collect();
        let linear = LinearModel::from_parts(self.ngram, hashes, regressions)?;
        Ok(Ensemble::from_parts(others, linear, self.weights, self.accuracy))
    }
}

/// Returns the tensors of all parts but the first member.
pub(super) fn tensors(ensemble: &Ensemble) -> Vec<Tensor<'static>> {
    let members = (1..).zip(ensemble.others());
    let mut tensors: Vec<_> =
        members.flat_map(|(member, model)| tensors_of(model.params(), &prefix(member))).collect();
    let (_, hashes, regressions) = ensemble.linear().parts();
    let width = regressions.len();
    let (mut weights, mut bias) = (Vec::new(), Vec::new());
    for (own, own_bias) in regressions {
        weights.extend_from_slice(own);
        bias.push(own_bias);
    }
    let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_le_bytes()).collect();
    let [features, weights_name, bias_name] = LINEAR.map(String::from);
    let shape = vec![hashes.len()];
    tensors.push(Tensor { name: features, dtype: Dtype::U32, shape, bytes: bytes.into() });
    tensors.push(Tensor::f32(weights_name, &[width, hashes.len()], &weights));
    tensors.push(Tensor::f32(bias_name, &[width], &bias));
    tensors
}
