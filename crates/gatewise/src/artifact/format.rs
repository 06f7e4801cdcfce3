//! The file format of an artifact: its metadata, checksum and self-test.

use super::ensemble::EnsembleMetadata;
use super::{Artifact, Reader, TrainingSummary};
use crate::error::Result;
use crate::model::{Sequential, tensors_of};
use crate::rows::{Padding, Problem, Scaler};
use crate::storage::hex;
use crate::storage::tensors::{MODEL, Tensor};
use crate::text::{Tokenizer, Vocabulary};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Version of the file format: the version that is written, and the newest that is read.
pub const FORMAT: u32 = 1;

/// Key of the only entry of the safetensors metadata (one, because the writer does not keep an order).
pub(super) const KEY: &str = MODEL;

/// The JSON object under [`KEY`], behind a line with its checksum (see
/// [`seal`](crate::storage::tensors::seal)).
#[derive(Debug, Clone, Serialize, Deserialize)]
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
    pub ensemble: Option<EnsembleMetadata>,
    pub padding: Padding,
    #[serde(default, skip_serializing_if = "is_single_label")]
    pub problem: Problem,
    pub labels: Vec<String>,
    pub threshold: f32,
    pub training: TrainingSummary,
    /// SHA-256 of the tensors' bytes in name order.
    pub weights_sha256: String,
    /// Texts or series with their expected outputs, through reader and model.
    pub self_test: Vec<Probe>,
}

/// The problem of files without the field: older versions had no other.
fn is_single_label(problem: &Problem) -> bool {
    *problem == Problem::SingleLabel
}

/// The format version alone, read before the other fields: it identifies files of a newer version.
#[derive(Deserialize)]
pub(super) struct Version {
    pub format: u32,
}

/// One sample of the self-test.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Probe {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
    /// Steps of a series, row-major.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub series: Vec<f32>,
    pub outputs: Vec<f32>,
}

/// Tolerance of the self-test: `exp` may round differently on other processors.
pub(super) const SELF_TEST_TOLERANCE: f32 = 1e-5;

impl Artifact {
    /// Returns the SHA-256 of the tensors' bytes (little-endian) in name order: equal for equal weights.
    pub fn weights_sha256(&self) -> String {
        let mut tensors = self.tensors();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let mut hash = Sha256::new();
        tensors.iter().for_each(|tensor| hash.update(&tensor.bytes));
        hex(hash.finalize())
    }

    /// Returns all tensors: the model's, then the ensemble's.
    pub(super) fn tensors(&self) -> Vec<Tensor<'static>> {
        let mut tensors = tensors_of(self.model.params(), "");
        if let Some(ensemble) = &self.ensemble {
            tensors.extend(super::ensemble::tensors(ensemble));
        }
        tensors
    }

    /// Returns the self-test: texts of in- and out-of-vocabulary words, or made-up series, with their outputs.
    pub(super) fn probes(&self) -> Result<Vec<Probe>> {
        let mut probes: Vec<Probe> = match &self.reader {
            Reader::Series { .. } => {
                let series = self.series_probes().into_iter();
                series.map(|series| Probe { series, ..Probe::default() }).collect()
            }
            Reader::Text { vocabulary, .. } => texts(&vocabulary.words().collect::<Vec<_>>()),
            Reader::Ids => texts(&[]),
        };
        let outputs = self.outputs_of_probes(&probes)?;
        probes.iter_mut().zip(outputs).for_each(|(probe, outputs)| probe.outputs = outputs);
        Ok(probes)
    }

    /// Returns the model's outputs for each probe, computed alone: with one output per step, probes differ in
    /// the number of outputs.
    pub(super) fn outputs_of_probes(&self, probes: &[Probe]) -> Result<Vec<Vec<f32>>> {
        if let Reader::Series { .. } = self.reader {
            let series: Vec<&[f32]> = probes.iter().map(|probe| &*probe.series).collect();
            return self.outputs_of_series(&series);
        }
        let (tokenizer, vocabulary, _) = self.reader.parts(self.model.vocabulary())?;
        let row = |probe: &Probe| {
            let mut ids = Vec::new();
            vocabulary.encode(&tokenizer, &probe.text, &mut ids);
            ids
        };
        self.outputs_of_rows(&probes.iter().map(row).collect::<Vec<_>>())
    }
}

/// Returns the texts of a self-test.
fn texts(words: &[&str]) -> Vec<Probe> {
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
    texts.into_iter().map(|text| Probe { text, ..Probe::default() }).collect()
}
