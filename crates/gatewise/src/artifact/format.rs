//! What the metadata of an artifact holds.

use super::{Artifact, TrainingSummary};
use crate::data::Padding;
use crate::error::Result;
use crate::model::{Params, Sequential};
use crate::storage::{hex, to_bytes};
use crate::text::{Tokenizer, Vocabulary};
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
    pub padding: Padding,
    pub labels: Vec<String>,
    pub threshold: f32,
    pub training: TrainingSummary,
    /// Of the tensors' bytes in name order.
    pub weights_sha256: String,
    /// Texts with the outputs they must give, through tokeniser, vocabulary, padding and model.
    pub self_test: Vec<Probe>,
}

/// The one field that is read before all others, so that a newer file is named as such.
#[derive(Deserialize)]
pub(super) struct Version {
    pub format: u32,
}

/// One question of the self-test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Probe {
    pub text: String,
    pub outputs: Vec<f32>,
}

/// How far a self-test's outputs may be from those saved: other processors' `exp` may round otherwise.
pub(super) const SELF_TEST_TOLERANCE: f32 = 1e-5;

impl Artifact {
    /// SHA-256 of the tensors' bytes (little-endian `f32`) in name order: equal for equal weights.
    pub fn weights_sha256(&self) -> String {
        weights_sha256(self.model.params())
    }

    /// Texts made of the vocabulary's own words and of words it cannot know, with their outputs.
    pub(super) fn probes(&self) -> Result<Vec<Probe>> {
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
        // One by one: a model that answers at every step gives each text another number of outputs.
        let probe = |text: String| Ok(Probe { outputs: self.outputs(&[&text])?.0, text });
        texts.into_iter().map(probe).collect()
    }
}

pub(super) fn weights_sha256(params: &Params) -> String {
    let mut table: Vec<_> = params.table().iter().collect();
    table.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = Sha256::new();
    for info in table {
        hash.update(to_bytes(&params.values()[info.range.clone()]));
    }
    hex(hash.finalize())
}
