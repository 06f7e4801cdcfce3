//! Bytes in files: whole or not there, and known to be what was written.
//!
//! Enters: bytes, tensors and texts. Leaves: a file that nobody ever sees half of, tensors beside a sealed text, and
//! both back.

mod atomic;
pub(crate) mod tensors;

pub use atomic::{AtomicFile, check_target, write_atomic};

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|b| format!("{b:02x}")).collect()
}

/// Little-endian bytes of `values`.
pub(crate) fn to_bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|v| v.to_le_bytes()).collect()
}
