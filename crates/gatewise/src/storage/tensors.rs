//! Tensors in a safetensors file, beside a JSON text under a seal: the one codec of models, checkpoints and weights.
//!
//! Enters: tensors and a text. Leaves: bytes, and back. What is read is distrusted: sizes are compared with the bytes
//! that are there before memory is taken, a sealed text must match its checksum, and the header of a file that has one
//! must be to the byte what the writer makes of it.

use super::hex;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};
use std::borrow::Cow;

/// A tensor as it stands in a file.
#[derive(Debug)]
pub(crate) struct Tensor<'a> {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Little-endian.
    pub bytes: Cow<'a, [u8]>,
}

impl Tensor<'_> {
    /// Numbers of 32 bits.
    pub fn f32(name: String, shape: &[usize], values: &[f32]) -> Self {
        let bytes = Cow::Owned(super::to_bytes(values));
        Self { name, dtype: Dtype::F32, shape: shape.to_vec(), bytes }
    }
}

/// The file's bytes: `tensors`, and the JSON text behind its checksum as the one entry of the metadata (one, because
/// the writer of safetensors does not keep an order).
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

/// Why bytes are not what was wanted.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// They are not what was written.
    Damaged(String),
    /// They are a safetensors file, but its metadata has no entry of that name.
    Foreign,
}

/// The tensors of a file.
#[derive(Debug)]
pub(crate) struct TensorFile<'a>(SafeTensors<'a>);

impl<'a> TensorFile<'a> {
    /// The tensors of any safetensors file.
    pub fn read(bytes: &'a [u8]) -> Result<Self, String> {
        let whole = SafeTensors::deserialize(bytes);
        whole.map(Self).map_err(|e| format!("it is not a whole safetensors file ({e})"))
    }

    /// The tensors of a file that [`write`] wrote, and its JSON text, which stands under `key`.
    pub fn read_sealed(bytes: &'a [u8], key: &str) -> Result<(Self, String), Unreadable> {
        let tensors = Self::read(bytes).map_err(Unreadable::Damaged)?;
        let damaged = |e: &dyn std::fmt::Display| Unreadable::Damaged(e.to_string());
        let (length, header) = SafeTensors::read_metadata(bytes).map_err(|e| damaged(&e))?;
        // The tensors and the text have checksums; what holds them together is as it is written.
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

    /// Number of tensors.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Numbers of 32 bits that all tensors could hold together.
    pub fn numbers(&self) -> usize {
        self.0.iter().map(|(_, tensor)| tensor.data().len() / 4).sum()
    }

    /// The tensors in name order.
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

    /// The sizes of a tensor.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>, String> {
        self.view(name).map(|view| view.shape().to_vec())
    }

    /// The numbers of a tensor that must have this shape.
    pub fn f32(&self, name: &str, shape: &[usize]) -> Result<impl Iterator<Item = f32> + use<'a>, String> {
        self.words(name, Dtype::F32, shape).map(|words| words.iter().map(|word| f32::from_le_bytes(*word)))
    }

    /// As [`f32`](Self::f32), whole numbers.
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

/// The SHA-256 of `json`, a line break, and `json`.
pub(crate) fn seal(json: &str) -> String {
    format!("{}\n{json}", hex(Sha256::digest(json)))
}

/// The JSON text of a sealed entry, if its checksum is right.
fn unseal(sealed: &str) -> Option<&str> {
    sealed.split_once('\n').map(|(_, json)| json).filter(|json| seal(json) == sealed)
}
