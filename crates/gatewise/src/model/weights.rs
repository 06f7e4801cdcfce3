//! Weights in files: safetensors under Keras's names, without the model they belong to.
//!
//! Enters: a model. Leaves: a file of its weights, and back into a model of the same shape.

use super::Model;
use super::params::{ParamInfo, Params};
use crate::error::{Error, Result};
use crate::storage::tensors::{Tensor, TensorFile, write};
use crate::storage::write_atomic;
use std::path::Path;

impl Model {
    /// Writes the weights to `path` as safetensors, each under its name (`lstm/kernel`), whole or not at all.
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

    /// Takes the weights that [`save_weights`](Self::save_weights) wrote for a model of the same shape. On an
    /// error the model stays as it was.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read, and
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when it is damaged, or its tensors are not those of
    /// this model by name, shape and type.
    pub fn load_weights(&mut self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let refused =
            |why: String| Error::artifact(format!("cannot take weights from {}: {why}", path.display()));
        let bytes = std::fs::read(path).map_err(|e| Error::io("cannot read the weights", path, e))?;
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

/// The tensors of a model, `prefix` before their names.
pub(crate) fn tensors_of(params: &Params, prefix: &str) -> Vec<Tensor<'static>> {
    let values = params.values();
    let tensor = |info: &ParamInfo| {
        Tensor::f32(format!("{prefix}{}", info.name), &info.shape, &values[info.range.clone()])
    };
    params.table().iter().map(tensor).collect()
}

/// The values that `file` has for a model whose parameters are laid out as `params`, under its names behind
/// `prefix`.
pub(crate) fn values_of(params: &Params, file: &TensorFile<'_>, prefix: &str) -> Result<Vec<f32>, String> {
    let mut values = Vec::with_capacity(params.len());
    for info in params.table() {
        values.extend(file.f32(&format!("{prefix}{}", info.name), &info.shape)?);
    }
    Ok(values)
}
