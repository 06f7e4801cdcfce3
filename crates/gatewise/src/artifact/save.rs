//! Writing an artifact: all of it or nothing.

use super::Artifact;
use super::ensemble::Joint;
use super::format::{FORMAT, KEY, Metadata};
use crate::error::{Error, Result};
use crate::storage::{seal, write_whole};
use safetensors::tensor::TensorView;
use std::path::Path;

impl Artifact {
    /// Writes the artifact to `path`, replacing a file that is there only once the new one is whole.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the folder cannot be written or the disk is full: the
    /// previous file is then untouched.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        write_whole(path.as_ref(), &self.to_bytes()?)
    }

    /// The file's bytes: the same artifact always gives the same.
    ///
    /// # Errors
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when the model cannot be written.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let metadata = Metadata {
            format: FORMAT,
            created_by: concat!("gatewise ", env!("CARGO_PKG_VERSION")).to_owned(),
            layers: self.model.spec().clone(),
            tokenizer: self.tokenizer.clone(),
            vocabulary: self.vocabulary.clone(),
            scalers: self.scalers.clone(),
            ensemble: self.ensemble.as_ref().map(Joint::of),
            padding: self.padding,
            problem: self.problem.clone(),
            labels: self.labels.clone(),
            threshold: self.threshold,
            training: self.training.clone(),
            weights_sha256: self.weights_sha256(),
            self_test: self.probes()?,
        };
        let failed = |e: &dyn std::fmt::Display| Error::artifact(format!("cannot write the model: {e}"));
        let json = serde_json::to_string(&metadata).map_err(|e| failed(&e))?;
        let tensors = self.tensors();
        let mut views = Vec::new();
        for tensor in &tensors {
            let view = TensorView::new(tensor.dtype, tensor.shape.clone(), &tensor.bytes);
            views.push((tensor.name.as_str(), view.map_err(|e| failed(&e))?));
        }
        // The map is std's or not, as other crates ask of safetensors.
        let header = std::iter::once((KEY.to_owned(), seal(&json))).collect();
        safetensors::serialize(views, Some(header)).map_err(|e| failed(&e))
    }
}
