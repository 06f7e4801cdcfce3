//! Weights in files: safetensors under Keras's names, without the model they belong to.
//!
//! Enters: a model. Leaves: a file of its weights, and back into a model of the same shape.

use super::Model;
use crate::error::{Error, Result};
use crate::storage::{to_bytes, write_whole};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
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
    /// As [`write_whole`](crate::write_whole).
    pub fn save_weights(&self, path: impl AsRef<Path>) -> Result<()> {
        let failed =
            |e: safetensors::SafeTensorError| Error::artifact(format!("cannot write the weights: {e}"));
        let bytes = to_bytes(self.params().values());
        let mut tensors = Vec::new();
        for info in self.params().table() {
            let data = &bytes[4 * info.range.start..4 * info.range.end];
            let view = TensorView::new(Dtype::F32, info.shape.clone(), data).map_err(failed)?;
            tensors.push((info.name.as_str(), view));
        }
        write_whole(path.as_ref(), &safetensors::serialize(tensors, None).map_err(failed)?)
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
        let file = SafeTensors::deserialize(&bytes)
            .map_err(|e| refused(format!("it is not a whole safetensors file ({e})")))?;
        let mut values = vec![0.0; self.params().len()];
        let table = self.params().table();
        for info in table {
            let tensor = file.tensor(&info.name).map_err(|_| {
                let there = file.names();
                refused(format!("it has no {}, but {}", info.name, there.join(", ")))
            })?;
            if tensor.shape() != info.shape || tensor.dtype() != Dtype::F32 {
                return Err(refused(format!(
                    "its {} has shape {:?} and type {:?}, but the model's has {:?} and F32",
                    info.name,
                    tensor.shape(),
                    tensor.dtype(),
                    info.shape
                )));
            }
            for (value, bytes) in values[info.range.clone()].iter_mut().zip(tensor.data().as_chunks().0) {
                *value = f32::from_le_bytes(*bytes);
            }
        }
        if file.len() != table.len() {
            return Err(refused(format!("it has {} tensors, but the model {}", file.len(), table.len())));
        }
        self.params_mut().values_mut().copy_from_slice(&values);
        Ok(())
    }
}
