//! Tensors in a safetensors file, beside a JSON text under a seal: the one codec of models, checkpoints and
//! weights.
//!
//! Input: tensors and a text. Output: bytes, and back. Reading validates everything: sizes are compared with
//! the bytes present before memory is allocated, a sealed text must match its checksum, and the header of a
//! file with a sealed text must equal, byte for byte, the header that the writer produces.

use super::hex;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// A tensor in a file.
#[derive(Debug)]
pub(crate) struct Tensor<'a> {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Little-endian.
    pub bytes: Cow<'a, [u8]>,
}

impl Tensor<'_> {
    /// Creates a tensor of 32-bit floats.
    pub fn f32(name: String, shape: &[usize], values: &[f32]) -> Self {
        let bytes = Cow::Owned(super::to_bytes(values));
        Self { name, dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }
}

/// Returns the bytes of a file with `tensors` and, as the only entry of its metadata, the JSON text behind
/// its checksum (one entry, because the writer of safetensors does not keep an order).
pub(crate) fn write(tensors: &[Tensor<'_>], sealed: Option<(&str, &str)>) -> Result<Vec<u8>, String> {
    let mut views = Vec::with_capacity(tensors.len());
    for Tensor { name, dtype, shape, bytes } in tensors {
        let view = TensorView::new(*dtype, shape.clone(), bytes);
        views.push((name.as_str(), view.map_err(|e| e.to_string())?));
    }
    // The map is std's or not, as other crates ask of safetensors.
    let header = sealed.map(|(key, json)| std::iter::once((key.to_owned(), seal(json))).collect());
    safetensors::serialize(views, header).map_err(|e| e.to_string())
}

/// The key of the sealed text of a model.
pub(crate) const MODEL: &str = "gatewise";

/// Returns whether `head`, the first bytes of a file, begins a file of [`write`] with a text under `key`.
pub(crate) fn begins_with(head: &[u8], key: &str) -> bool {
    head.get(8..).is_some_and(|json| json.starts_with(format!("{{\"__metadata__\":{{\"{key}\":").as_bytes()))
}

/// Returns whether `head`, the first bytes of a file, begins like a file of tensors: the length of a JSON object, and its start.
pub(crate) fn begins_as_tensors(head: &[u8]) -> bool {
    head.get(8..).is_some_and(|json| json.starts_with(b"{"))
}

/// Why bytes cannot be read.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// The bytes are damaged.
    Damaged(String),
    /// The bytes are a safetensors file whose metadata lacks the key.
    Foreign,
}

/// The tensors of a file.
#[derive(Debug)]
pub(crate) struct TensorFile<'a>(SafeTensors<'a>);

impl<'a> TensorFile<'a> {
    /// Reads any safetensors file.
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let whole = SafeTensors::deserialize(bytes);
        whole.map(Self).map_err(|e| format!("it is not a whole safetensors file ({e})"))
    }

    /// Reads a file of [`write`]: its tensors, and its JSON text under `key`.
    pub fn read_sealed(bytes: &'a [u8], key: &str) -> Result<(Self, String), Unreadable> {
        let tensors = Self::read(bytes).map_err(Unreadable::Damaged)?;
        let damaged = |e: &dyn std::fmt::Display| Unreadable::Damaged(e.to_string());
        let (length, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(&e))?;
        // Tensors and text have checksums; the header is compared with what the writer produces.
        let written = serde_json::to_vec(&header).map_err(|e| damaged(&e))?;
        let padding = bytes[8..8 + length].strip_prefix(&*written);
        if !padding.is_some_and(|padding| padding.iter().all(|&byte| byte == b' ')) {
            return Err(damaged(&"its header is not as gatewise writes it"));
        }
        let sealed = header.metadata().as_ref().and_then(|entries| entries.get(key));
        let json = unseal(sealed.ok_or(Unreadable::Foreign)?);
        let json = json.ok_or_else(|| damaged(&"its metadata does not match its checksum"))?;
        Ok((tensors, json.to_owned()))
    }

    /// Returns the number of tensors.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Returns the number of 32-bit numbers that fit in the bytes of all tensors.
    pub fn numbers(&self) -> usize {
        self.0.iter().map(|(_, tensor)| tensor.data().len() / 4).sum()
    }

    /// Returns the tensors in name order.
    pub fn sorted(&self) -> Vec<Tensor<'a>> {
        let tensor = |(name, view): (&str, TensorView<'a>)| Tensor {
            name: name.to_owned(),
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            bytes: Cow::Borrowed(view.data()),
        };
        let mut all: Vec<_> = self.0.iter().map(tensor).collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Returns the shape of a tensor.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>, String> {
        self.view(name).map(|view| view.shape().to_vec())
    }

    /// Returns the 32-bit floats of a tensor, which must have this shape.
    pub fn f32(&self, name: &str, shape: &[usize]) -> Result<impl Iterator<Item = f32> + use<'a>, String> {
        self.words(name, Dtype::F32, shape).map(|words| words.iter().map(|word| f32::from_le_bytes(*word)))
    }

    /// Returns the 32-bit integers of a tensor, which must have this shape.
    pub fn u32(&self, name: &str, shape: &[usize]) -> Result<impl Iterator<Item = u32> + use<'a>, String> {
        self.words(name, Dtype::U32, shape).map(|words| words.iter().map(|word| u32::from_le_bytes(*word)))
    }

    fn words(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Result<&'a [[u8; 4]], String> {
        let view = self.view(name)?;
        if view.shape() != shape || view.dtype() != dtype {
            return Err(format!(
                "its {name} has shape {:?} and type {:?}, but shape {shape:?} and type {dtype:?} are needed",
                view.shape(),
                view.dtype()
            ));
        }
        Ok(view.data().as_chunks().0)
    }

    fn view(&self, name: &str) -> Result<TensorView<'a>, String> {
        self.0.tensor(name).map_err(|_| {
            let mut there = self.0.names();
            there.sort_unstable();
            format!("it has no {name}, but {}", there.join(", "))
        })
    }
}

/// Returns the SHA-256 of `json`, a line break, and `json`.
pub(crate) fn seal(json: &str) -> String {
    format!("{}\n{json}", hex(Sha256::digest(json)))
}

/// Returns the JSON text of a sealed entry if its checksum matches.
fn unseal(sealed: &str) -> Option<&str> {
    sealed.split_once('\n').map(|(_, json)| json).filter(|json| seal(json) == sealed)
}
