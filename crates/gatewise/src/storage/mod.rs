//! Storage: atomic writes, and the safetensors codec with checksums.
//!
//! Input: bytes, tensors and texts. Output: a file that is complete or absent; tensors beside a checksummed text.

mod atomic;
pub(crate) mod tensors;

pub use atomic::{AtomicFile, check_target, write_atomic};

/// Returns `bytes` in lower-case hexadecimal.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// Returns `values` as little-endian bytes.
pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}
