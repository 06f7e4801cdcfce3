//! Weight files: safetensors with Keras's names, without the model.
//!
//! Input: a model. Output: a file of its weights, which a model of the same shape loads.

use super::Model;
use super::params::{ParamInfo, Params};
use crate::error::{Error, Result};
use crate::storage::tensors::{Tensor, TensorFile, write};
use crate::storage::write_atomic;
use std::path::Path;

impl Model {
    /// Writes the weights to `path` as safetensors, with their names (`lstm/kernel`). The write is atomic.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Embedding, Lstm};
    /// use gatewise::Sequential;
    /// let spec = Sequential::new().with(Embedding::new(9, 2)).with(Lstm::new(3)).with(Dense::new(1));
    /// let (model, mut other) = (spec.compile(1)?, spec.compile(2)?);
    /// let folder = tempfile::tempdir().unwrap();
    /// let path = folder.path().join("weights.safetensors");
    /// model.save_weights(&path)?;
    /// other.load_weights(&path)?;
    /// assert_eq!(other.params(), model.params());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`write_atomic`](crate::write_atomic).
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        let bytes = write(&tensors_of(self.params(), ""), None);
        let bytes = bytes.map_err(|e| Error::artifact(format!("cannot write the weights: {e}")))?;
        write_atomic(path.as_ref(), &bytes)
    }

    /// Loads the weights that [`save_weights`](Self::save_weights) wrote for a model of the same shape. On an
    /// error the model does not change.
    ///
    /// # Errors
    /// * [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read.
    /// * [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) if the file is damaged, or its tensors differ
    ///   from the tensors of the model in name, shape or type.
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let refused =
            |why: String| Error::artifact(format!("cannot take weights from {}: {why}", path.display()));
        let bytes = std::fs::read(path).map_err(|e| Error::reading("cannot read the weights", path, e))?;
        let file = TensorFile::read(&bytes).map_err(refused)?;
        let params = self.params();
        let values = values_of(params, &file, "").map_err(refused)?;
        if file.len() != params.table().len() {
            let (found, own) = (file.len(), params.table().len());
            return Err(refused(format!("it has {found} tensors, but the model {own}")));
        }
        self.params_mut().values_mut().copy_from_slice(&values);
        Ok(())
    }
}

/// Returns the tensors of a model, with `prefix` before their names.
pub(crate) fn tensors_of(params: &Params, prefix: &str) -> Vec<Tensor<'static>> {
    let values = params.values();
    let tensor = |info: &ParamInfo| {
        Tensor::f32(format!("{prefix}{}", info.name), &info.shape, &values[info.range.clone()])
    };
    params.table().iter().map(tensor).collect()
}

/// Returns the values in `file` of the tensors of `params`, whose names in the file begin with `prefix`.
pub(crate) fn values_of(params: &Params, file: &TensorFile<'_>, prefix: &str) -> Result<Vec<f32>, String> {
    let mut values = Vec::with_capacity(params.len());
    for info in params.table() {
        values.extend(file.f32(&format!("{prefix}{}", info.name), &info.shape)?);
    }
    Ok(values)
}
