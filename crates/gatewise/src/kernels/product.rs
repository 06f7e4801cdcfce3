//! The one matrix product of all kernels, in register tiles.

use super::lanes::{LANES, Lanes};

/// `C[m][n] (+)= Σ_k A(m, k)·B[k][n]`, the columns n in whole vectors.
///
/// * `a`: `A(m, k)` is at `a + m·a_row + k·a_col`, read one number at a time, so any stride will do.
/// * `b`: row k starts at `b + k·b_row`, `vectors` vectors of [`LANES`] each, read.
/// * `c`: row m starts at `c + m·c_row`, likewise; overwritten, or accumulated where `accumulate`.
pub(crate) struct Product {
    pub rows: usize,
    pub vectors: usize,
    pub depth: usize,
    pub a: *const f32,
    pub a_row: usize,
    pub a_col: usize,
    pub b: *const f32,
    pub b_row: usize,
    pub c: *mut f32,
    pub c_row: usize,
    pub accumulate: bool,
}

impl Product {
    /// Computes the product. The sum over k is taken in order, k = 0 first, by fused multiply-adds: the
    /// result does not depend on the tiles.
    ///
    /// # Safety
    /// As [`Lanes`]; the pointers are valid for the sizes above, and `c` overlaps neither `a` nor `b`.
    #[inline(always)]
    pub unsafe fn run<V: Lanes>(&self) {
        // SAFETY: same contract as the caller's.
        unsafe {
            // As many accumulators as registers hold beside one row of B and one number of A.
            if V::REGISTERS >= 32 {
                self.panels::<V, 8, 3>();
            } else {
                self.panels::<V, 6, 1>();
            }
        }
    }

    /// Panels of `N` vectors, each in tiles of at most `M` rows.
    #[inline(always)]
    unsafe fn panels<V: Lanes, const M: usize, const N: usize>(&self) {
        // SAFETY: same contract as the caller's.
        unsafe {
            let mut n = 0;
            while n < self.vectors {
                match (self.vectors - n).min(N) {
                    1 => self.panel::<V, M, 1>(n),
                    2 => self.panel::<V, M, 2>(n),
                    _ => self.panel::<V, M, 3>(n),
                }
                n += N;
            }
        }
    }

    /// One panel: its rows in tiles of nearly equal size, so that none is left with a few.
    #[inline(always)]
    unsafe fn panel<V: Lanes, const M: usize, const N: usize>(&self, n: usize) {
        let mut tiles = self.rows.div_ceil(M);
        let mut m = 0;
        while tiles > 0 {
            let height = (self.rows - m).div_ceil(tiles);
            // SAFETY: same contract as the caller's; `m + height <= rows`.
            unsafe {
                match height {
                    1 => self.tile::<V, 1, N>(m, n),
                    2 => self.tile::<V, 2, N>(m, n),
                    3 => self.tile::<V, 3, N>(m, n),
                    4 => self.tile::<V, 4, N>(m, n),
                    5 => self.tile::<V, 5, N>(m, n),
                    6 => self.tile::<V, 6, N>(m, n),
                    7 => self.tile::<V, 7, N>(m, n),
                    _ => self.tile::<V, 8, N>(m, n),
                }
            }
            m += height;
            tiles -= 1;
        }
    }

    #[inline(always)]
    unsafe fn tile<V: Lanes, const M: usize, const N: usize>(&self, m: usize, n: usize) {
        // SAFETY: rows `m..m + M` and vectors `n..n + N` are within the caller's sizes.
        unsafe {
            let a = self.a.add(m * self.a_row);
            let b = self.b.add(n * LANES);
            let c = self.c.add(m * self.c_row + n * LANES);
            let mut acc = [[V::zero(); N]; M];
            if self.accumulate {
                for u in 0..M {
                    for v in 0..N {
                        acc[u][v] = V::load(c.add(u * self.c_row + v * LANES));
                    }
                }
            }
            for k in 0..self.depth {
                let mut row = [V::zero(); N];
                for v in 0..N {
                    row[v] = V::load(b.add(k * self.b_row + v * LANES));
                }
                for u in 0..M {
                    let x = V::splat(*a.add(u * self.a_row + k * self.a_col));
                    for v in 0..N {
                        acc[u][v] = x.mul_add(row[v], acc[u][v]);
                    }
                }
            }
            for u in 0..M {
                for v in 0..N {
                    acc[u][v].store(c.add(u * self.c_row + v * LANES));
                }
            }
        }
    }
}
