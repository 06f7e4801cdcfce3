//! Cache-line aligned memory for kernels.

use super::LANES;
use std::ops::{Deref, DerefMut};

#[derive(Clone, Copy)]
#[repr(C, align(64))]
struct Line([f32; LANES]);

/// A `[f32]` that starts on a cache line, so that no vector load straddles two of them.
#[derive(Clone, Default)]
pub(crate) struct Buffer {
    lines: Vec<Line>,
}

impl Buffer {
    /// Grows to at least `len` floats; what is new is zero.
    pub fn reserve(&mut self, len: usize) {
        if self.len() < len {
            self.lines.resize(len.div_ceil(LANES), Line([0.0; LANES]));
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        // SAFETY: a `Line` is exactly sixteen floats without padding, and the lines are contiguous.
        unsafe { std::slice::from_raw_parts(self.lines.as_ptr().cast(), self.lines.len() * LANES) }
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        // SAFETY: as above, and the borrow is unique.
        unsafe { std::slice::from_raw_parts_mut(self.lines.as_mut_ptr().cast(), self.lines.len() * LANES) }
    }
}

impl std::fmt::Debug for Buffer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Buffer({} floats)", self.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_aligned_zeroed_and_grows() {
        let mut buffer = Buffer::default();
        buffer.reserve(17);
        assert_eq!((buffer.len(), buffer.as_ptr() as usize % 64), (32, 0));
        buffer[31] = 1.0;
        buffer.reserve(33);
        assert_eq!((buffer.len(), buffer[31], buffer[47]), (48, 1.0, 0.0));
    }
}
