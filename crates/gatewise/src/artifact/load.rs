//! Reading an artifact: checksums, parts and self-test are checked before it is returned.

use super::format::{FORMAT, KEY, Metadata, SELF_TEST_TOLERANCE, Version};
use super::{Artifact, Reader};
use crate::error::{Error, Result};
use crate::layers::Layer;
use crate::model::values_of;
use crate::storage::tensors::{TensorFile, Unreadable, begins_as_tensors, begins_with};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Maximum size of a file: far above what [`Sequential`](crate::Sequential) allows.
const MAX_FILE: u64 = 5 << 30;
/// Maximum number of probes: loading should not take minutes.
const MAX_PROBES: usize = 64;

impl Artifact {
    /// Reads an artifact and runs its self-test.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read,
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when the file is not an artifact, is damaged,
    /// was written by a newer version, or fails its self-test.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let io = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => {
                Error::io("there is no such model (check the path, or train it first): cannot read", path, e)
            }
            _ => Error::reading("cannot read the model", path, e),
        };
        let file = File::open(path).map_err(io)?;
        let metadata = file.metadata().map_err(io)?;
        let named = |e: Error| Error::new(e.kind(), format!("{}: {e}", path.display()));
        if !metadata.is_file() {
            return Err(named(Error::artifact(
                "this is not a file; give the path of a model file, such as model.gatewise",
            )));
        }
        if metadata.len() > MAX_FILE {
            return Err(named(damaged("it is larger than any model")));
        }
        let mut bytes = Vec::new();
        file.take(MAX_FILE).read_to_end(&mut bytes).map_err(io)?;
        Self::from_bytes(&bytes).map_err(named)
    }

    /// Returns whether the file at `path` begins like an artifact. The rest of it is not read.
    ///
    /// ```
    /// use gatewise::Artifact;
    /// # let folder = tempfile::tempdir().unwrap();
    /// # let path = folder.path().join("films.csv");
    /// std::fs::write(&path, "text,label\n").unwrap();
    /// assert!(!Artifact::is_at(&path));
    /// ```
    pub fn is_at(path: impl AsRef<Path>) -> bool {
        let mut head = Vec::new();
        let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut head));
        read.is_ok() && begins_with(&head, KEY)
    }

    /// Reads an artifact from bytes in memory and runs its self-test.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        if !bytes.is_empty() && !begins_as_tensors(bytes) {
            return Err(Error::artifact(
                "this is not a gatewise model; give the path of a model file, such as model.gatewise",
            ));
        }
        let (file, json) = TensorFile::read_sealed(bytes, KEY).map_err(|why| match why {
            Unreadable::Damaged(why) => damaged(&why),
            Unreadable::Foreign => Error::artifact(
                "this is a safetensors file, but not one that gatewise wrote: its metadata has no 'gatewise'",
            ),
        })?;
        let unreadable = |e| damaged(&format!("its metadata cannot be read ({e})"));
        let version: Version = serde_json::from_str(&json).map_err(unreadable)?;
        if version.format > FORMAT {
            return Err(Error::artifact(format!(
                "the model has format {}, but this program reads formats up to {FORMAT}; use a newer gatewise",
                version.format
            )));
        }
        let metadata: Metadata = serde_json::from_str(&json).map_err(unreadable)?;
        let artifact = Self::assemble(&file, &metadata)?;
        artifact.check(&metadata)?;
        Ok(artifact)
    }

    /// Builds the artifact; sizes are checked against the tensors before memory is allocated.
    fn assemble(file: &TensorFile<'_>, metadata: &Metadata) -> Result<Self> {
        let stored = file.numbers();
        // A layer has at least as many weights as units: larger sizes are refused before they are multiplied.
        if let Some(wide) = metadata.layers.layers().map(Layer::width).find(|&width| width > stored) {
            return Err(damaged(&format!(
                "its layers do not fit its weights (a layer has the size {wide}, but there are {stored} weights)"
            )));
        }
        let mut model = metadata
            .layers
            .compile_zeros(stored)
            .map_err(|e| damaged(&format!("its layers do not fit its weights ({e})")))?;
        let own = model.params().table().len();
        let needed = own.saturating_add(metadata.ensemble.as_ref().map_or(0, |joint| joint.tensors(own)));
        if needed != file.len() {
            return Err(damaged(&format!("it has {} tensors where its layers need {needed}", file.len())));
        }
        let values = values_of(model.params(), file, "").map_err(|why| damaged(&why))?;
        model.params_mut().values_mut().copy_from_slice(&values);
        let ensemble = metadata.ensemble.as_ref().map(|joint| joint.assemble(&model, file)).transpose();
        let Metadata { tokenizer, vocabulary, scalers, .. } = metadata.clone();
        Ok(Self {
            reader: Reader::of(tokenizer, vocabulary, scalers, model.vocabulary()),
            model,
            ensemble: ensemble.map_err(|why| damaged(&why))?,
            padding: metadata.padding,
            problem: metadata.problem.clone(),
            labels: metadata.labels.clone(),
            threshold: metadata.threshold,
            training: metadata.training.clone(),
        })
    }

    /// Checks the weights against their checksum, the parts against each other, the outputs against the
    /// self-test.
    fn check(&self, metadata: &Metadata) -> Result<()> {
        if self.weights_sha256() != metadata.weights_sha256 {
            return Err(damaged("its weights do not match their checksum"));
        }
        self.check_parts().map_err(|why| damaged(&why))?;
        if metadata.self_test.len() > MAX_PROBES {
            return Err(damaged("its self-test is longer than any that gatewise writes"));
        }
        let outputs = self.outputs_of_probes(&metadata.self_test);
        let outputs = outputs.map_err(|e| damaged(&format!("its self-test cannot be run: {e}")))?.concat();
        let expected: Vec<f32> = metadata.self_test.iter().flat_map(|probe| probe.outputs.clone()).collect();
        let worst = |worst: f32, (a, b): (&f32, &f32)| {
            let e = (a - b).abs();
            if e.is_nan() { f32::INFINITY } else { worst.max(e) }
        };
        let error = outputs.iter().zip(&expected).fold(0.0, worst);
        if expected.is_empty() || outputs.len() != expected.len() || error > SELF_TEST_TOLERANCE {
            return Err(Error::artifact(format!(
                "the model fails its self-test: on the texts saved with it, its outputs differ by {error} from \
                 those saved (allowed: {SELF_TEST_TOLERANCE}); the file or this program is at fault, do not use it"
            )));
        }
        Ok(())
    }
}

fn damaged(why: &str) -> Error {
    Error::artifact(format!("the model cannot be used: {why}; train it again or fetch a whole copy"))
}
