//! Keys of the rows in the lanes, and the hash that draws random numbers from them.

use super::width::LANES;

/// A key for each lane's row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RowKeys {
    pub first: [u32; LANES],
    pub second: [u32; LANES],
}

/// The two factors of the hash.
pub(super) const FACTORS: [u32; 2] = [0x7feb_352d, 0x846c_a68b];

impl RowKeys {
    /// Number `count` of lane `l`'s row: 32 random bits. [`Lanes::keep`](super::lanes::Lanes::keep) does the
    /// same.
    #[inline(always)]
    pub fn draw(&self, l: usize, count: u32) -> u32 {
        let x = count ^ self.first[l];
        let x = (x ^ x >> 16).wrapping_mul(FACTORS[0]) ^ self.second[l];
        let x = (x ^ x >> 15).wrapping_mul(FACTORS[1]);
        x ^ x >> 16
    }
}
