//! What the metadata of an artifact holds.

use super::ensemble::Joint;
use super::{Artifact, TrainingSummary};
use crate::error::Result;
use crate::model::{ParamInfo, Params, Sequential};
use crate::rows::{Features, Padding, Problem, Scaler};

use crate::storage::{hex, to_bytes};
use crate::text::{Tokenizer, Vocabulary};
use safetensors::tensor::Dtype;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The format this version writes, and the newest it reads.
pub const FORMAT: u32 = 1;

/// Key of the only entry in the safetensors metadata (one, because its writer does not keep an order).
pub(super) const KEY: &str = "gatewise";

/// The JSON object under [`KEY`], behind a line with its checksum (see [`seal`](crate::storage::seal)).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Metadata {
    pub format: u32,
    /// The program that wrote the file.
    pub created_by: String,
    pub layers: Sequential,
    pub tokenizer: Tokenizer,
    pub vocabulary: Vocabulary,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scalers: Vec<Scaler>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ensemble: Option<Joint>,
    pub padding: Padding,
    #[serde(default, skip_serializing_if = "is_single_label")]
    pub problem: Problem,
    pub labels: Vec<String>,
    pub threshold: f32,
    pub training: TrainingSummary,
    /// Of the tensors' bytes in name order.
    pub weights_sha256: String,
    /// Texts or series with the outputs they must give, through all that reads them and the model.
    pub self_test: Vec<Probe>,
}

/// The problem of files that were written before there were others.
fn is_single_label(problem: &Problem) -> bool {
    *problem == Problem::SingleLabel
}

/// The one field that is read before all others, so that a newer file is named as such.
#[derive(Deserialize)]
pub(super) struct Version {
    pub format: u32,
}

/// One question of the self-test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Probe {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Steps of a series, flat.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<f32>,
    pub outputs: Vec<f32>,
}

/// How far a self-test's outputs may be from those saved: other processors' `exp` may round otherwise.
pub(super) const SELF_TEST_TOLERANCE: f32 = 1e-5;

impl Artifact {
    /// SHA-256 of the tensors' bytes (little-endian) in name order: equal for equal weights.
    pub fn weights_sha256(&self) -> String {
        let mut tensors = self.tensors();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let mut hash = Sha256::new();
        tensors.iter().for_each(|tensor| hash.update(&tensor.bytes));
        hex(hash.finalize())
    }

    /// All tensors: those of the model, then those of what answers beside it.
    pub(super) fn tensors(&self) -> Vec<Tensor> {
        let mut tensors = model_tensors(self.model.params(), "");
        if let Some(ensemble) = &self.ensemble {
            tensors.extend(super::ensemble::tensors(ensemble));
        }
        tensors
    }

    /// Texts made of the vocabulary's own words and of words it cannot know, or made-up series, with their outputs.
    pub(super) fn probes(&self) -> Result<Vec<Probe>> {
        // One by one: a model that answers at every step gives each row another number of outputs.
        let answered = |mut probe: Probe| {
            probe.outputs = self.probe_outputs(&probe)?;
            Ok(probe)
        };
        if !self.scalers.is_empty() {
            let series = self.series_probes().into_iter();
            return series.map(|series| answered(Probe { series, ..Probe::default() })).collect();
        }
        let words: Vec<&str> = self.vocabulary.words().collect();
        let pick = |start: usize, step: usize, count: usize| {
            let picked: Vec<_> = words.iter().skip(start).step_by(step).take(count).copied().collect();
            picked.join(" ")
        };
        let texts = [
            String::new(),
            pick(0, 1, 12),
            format!("{}, {}!", pick(3, 7, 20), "Unheard-of \u{1F980}"),
            pick(1, 3, 60),
        ];
        texts.into_iter().map(|text| answered(Probe { text, ..Probe::default() })).collect()
    }

    /// The model's outputs for a question.
    pub(super) fn probe_outputs(&self, probe: &Probe) -> Result<Vec<f32>> {
        if self.scalers.is_empty() {
            return Ok(self.outputs(&[&probe.text])?.0);
        }
        let mut rows = Features::new(self.scalers.len());
        rows.push(&probe.series)?;
        self.series_outputs(&rows)
    }
}

/// A tensor as it stands in the file.
pub(super) struct Tensor {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    pub bytes: Vec<u8>,
}

/// The tensors of a model, `prefix` before their names.
pub(super) fn model_tensors(params: &Params, prefix: &str) -> Vec<Tensor> {
    let tensor = |info: &ParamInfo| Tensor {
        name: format!("{prefix}{}", info.name),
        dtype: Dtype::F32,
        shape: info.shape.clone(),
        bytes: to_bytes(&params.values()[info.range.clone()]),
    };
    params.table().iter().map(tensor).collect()
}
