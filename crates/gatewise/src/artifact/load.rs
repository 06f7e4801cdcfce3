//! Reading an artifact: every byte is distrusted until the checksums and the self-test agree.

use super::Artifact;
use super::format::{FORMAT, KEY, Metadata, SELF_TEST_TOLERANCE, Version};
use super::series::check_scalers;
use crate::error::{Error, Result};
use crate::layers::Layer;
use crate::model::Model;
use crate::rows::Problem;
use crate::storage::unseal;
use safetensors::tensor::{Dtype, SafeTensors};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Files larger than this are not read: far above what [`Sequential`](crate::Sequential) allows.
const MAX_FILE: u64 = 5 << 30;
/// More questions in a self-test are refused: a load should not take minutes.
const MAX_PROBES: usize = 64;

impl Artifact {
    /// Reads an artifact and runs its self-test.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) when the file cannot be read,
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when it is not an artifact, is damaged, comes
    /// from a newer version, or fails its self-test.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let io = |e: std::io::Error| match e.kind() {
            std::io::ErrorKind::NotFound => {
                Error::io("there is no such model (check the path, or train it first): cannot read", path, e)
            }
            _ => Error::io("cannot read the model", path, e),
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

    /// As [`load`](Self::load), from bytes in memory.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let tensors = SafeTensors::deserialize(bytes)
            .map_err(|e| damaged(&format!("it is not a whole safetensors file ({e})")))?;
        let (length, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(&e.to_string()))?;
        // The tensors and what describes the model have checksums; what holds them together is as it is written.
        let written = serde_json::to_vec(&header).map_err(|e| damaged(&e.to_string()))?;
        let padding = bytes[8..8 + length].strip_prefix(&*written);
        if !padding.is_some_and(|padding| padding.iter().all(|&byte| byte == b' ')) {
            return Err(damaged("its header is not as gatewise writes it"));
        }
        let sealed = header.metadata().as_ref().and_then(|entries| entries.get(KEY)).ok_or_else(|| {
            Error::artifact(
                "this is a safetensors file, but not one that gatewise wrote: its metadata has no 'gatewise'",
            )
        })?;
        let json = unseal(sealed).ok_or_else(|| damaged("its metadata does not match its checksum"))?;
        let unreadable = |e| damaged(&format!("its metadata cannot be read ({e})"));
        let version: Version = serde_json::from_str(json).map_err(unreadable)?;
        if version.format > FORMAT {
            return Err(Error::artifact(format!(
                "the model has format {}, but this program reads formats up to {FORMAT}; use a newer gatewise",
                version.format
            )));
        }
        let metadata: Metadata = serde_json::from_str(json).map_err(unreadable)?;
        let artifact = Self::assemble(&tensors, &metadata)?;
        artifact.check(&metadata)?;
        Ok(artifact)
    }

    /// The model with its weights; sizes are checked against the tensors before memory is taken.
    fn assemble(tensors: &SafeTensors<'_>, metadata: &Metadata) -> Result<Self> {
        let stored = tensors.iter().map(|(_, tensor)| tensor.data().len() / 4).sum();
        // A layer is no wider than it has weights: sizes beyond that are not even multiplied.
        if let Some(wide) = metadata.layers.layers().iter().map(Layer::width).find(|&width| width > stored) {
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
        if needed != tensors.len() {
            return Err(damaged(&format!("it has {} tensors where its layers need {needed}", tensors.len())));
        }
        fill(&mut model, tensors, "")?;
        let ensemble = metadata.ensemble.as_ref().map(|joint| joint.assemble(&model, tensors)).transpose()?;
        Ok(Self {
            model,
            tokenizer: metadata.tokenizer.clone(),
            vocabulary: metadata.vocabulary.clone(),
            scalers: metadata.scalers.clone(),
            ensemble,
            padding: metadata.padding,
            problem: metadata.problem.clone(),
            labels: metadata.labels.clone(),
            threshold: metadata.threshold,
            training: metadata.training.clone(),
        })
    }

    /// Labels and outputs against what is asked.
    fn check_problem(&self) -> std::result::Result<(), String> {
        let (labels, outputs) = (self.labels.len(), self.model.output_width());
        let (fit, wanted) = match &self.problem {
            Problem::SingleLabel => (
                labels == 0 || (labels, outputs) == (2, 1) || labels > 1 && labels == outputs,
                "a model has one output a label, or one for two",
            ),
            Problem::MultiLabel { separator } => (
                labels > 0 && labels == outputs && !separator.is_empty(),
                "a model of any number of labels has one output a label, and what separates them",
            ),
            Problem::Regression { scale } => (
                labels == 0 && outputs == 1 && scale.is_sound(),
                "a model of numbers has one output, a scale for it, and no labels",
            ),
        };
        match fit {
            true => Ok(()),
            false => Err(format!("it has {labels} labels and {outputs} outputs; {wanted}")),
        }
    }

    /// Weights against their checksum, parts against each other, outputs against the self-test.
    fn check(&self, metadata: &Metadata) -> Result<()> {
        if self.weights_sha256() != metadata.weights_sha256 {
            return Err(damaged("its weights do not match their checksum"));
        }
        let (words, rows) = (self.vocabulary.max_words(), self.model.vocabulary());
        check_scalers(self).map_err(|why| damaged(&why))?;
        if self.scalers.is_empty() && words > rows {
            return Err(damaged(&format!("its vocabulary has ids up to {words}, its Embedding only {rows}")));
        }
        self.check_problem().map_err(|why| damaged(&why))?;
        if metadata.self_test.len() > MAX_PROBES {
            return Err(damaged("its self-test is longer than any that gatewise writes"));
        }
        let outputs = metadata.self_test.iter().map(|probe| self.probe_outputs(probe));
        let outputs: Result<Vec<_>> = outputs.collect();
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

/// Overwrites the weights of `model` with the tensors of its names behind `prefix`.
pub(super) fn fill(model: &mut Model, tensors: &SafeTensors<'_>, prefix: &str) -> Result<()> {
    let table = model.params().table().to_vec();
    for info in table {
        let tensor =
            tensors.tensor(&format!("{prefix}{}", info.name)).map_err(|e| damaged(&e.to_string()))?;
        if tensor.dtype() != Dtype::F32 || tensor.shape() != info.shape {
            return Err(damaged(&format!(
                "its tensor {prefix}{} is {:?} {:?} where {:?} f32 is needed",
                info.name,
                tensor.dtype(),
                tensor.shape(),
                info.shape
            )));
        }
        let own = &mut model.params_mut().values_mut()[info.range];
        own.iter_mut().zip(values(tensor.data())).for_each(|(own, value)| *own = value);
    }
    Ok(())
}

/// Numbers as they stand in a file.
pub(super) fn values(bytes: &[u8]) -> impl Iterator<Item = f32> {
    bytes.as_chunks().0.iter().map(|bytes| f32::from_le_bytes(*bytes))
}

pub(super) fn damaged(why: &str) -> Error {
    Error::artifact(format!("the model cannot be used: {why}; train it again or fetch a whole copy"))
}
