//! The one matrix product of all kernels, in register tiles.

use super::lanes::{LANES, Lanes, Vector, Work};

/// `C[m][n] (+)= Σ_k A(m, k)·B[k][n]`.
///
/// * `a`: `A(m, k)` is at `a + m·a_row + k·a_col`, read one number at a time, so any stride will do.
/// * `b`: row k starts at `b + k·b_row`, read.
/// * `c`: row m starts at `c + m·c_row`, overwritten, or accumulated where `accumulate`.
///
/// Rows of B and C are read and written in whole vectors of [`LANES`], the last one in half where it has no
/// more than half: what `columns` needs, rounded up, must be there.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    pub rows: usize,
    pub columns: usize,
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

/// Rows to which the rows of B are added while the product reads them, in order of k.
#[derive(Clone, Copy)]
pub(crate) struct Scatter {
    pub rows: *mut f32,
    /// Where the row for each k starts.
    pub offsets: *const u32,
    /// Where the rows of the next product start: they are prefetched.
    pub next: *const u32,
}

/// A product that waits to be compiled. It has its operands by value: behind a second reference the compiler would
/// read them again after every write.
struct Tiles {
    product: Product,
    scatter: Option<Scatter>,
}

impl Work for Tiles {
    #[inline(always)]
    unsafe fn run<V: Lanes>(&self) {
        // SAFETY: the creator of this value guarantees the requirements of `tiles`.
        unsafe { self.product.tiles::<V>(self.scatter.as_ref()) }
    }
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
        unsafe { self.run_and_scatter::<V>(None) }
    }

    /// As [`tiles`](Self::tiles), compiled for the instruction set once: its many tiles are long, and many
    /// kernels use it.
    ///
    /// # Safety
    /// As [`tiles`](Self::tiles).
    #[inline(always)]
    pub unsafe fn run_and_scatter<V: Lanes>(&self, scatter: Option<&Scatter>) {
        // SAFETY: same contract as the caller's.
        unsafe { V::compiled(&Tiles { product: *self, scatter: scatter.copied() }) }
    }

    /// The product in tiles. With `scatter` it adds the rows of B to other rows on the way: the two together
    /// take little longer than the product, which waits for arithmetic where they wait for memory.
    ///
    /// # Safety
    /// As [`run`](Self::run); `scatter` has `depth` offsets, each of a row of `columns`, which overlap none
    /// of the others.
    #[inline(always)]
    pub unsafe fn tiles<V: Lanes>(&self, scatter: Option<&Scatter>) {
        // SAFETY: same contract as the caller's.
        unsafe {
            match scatter {
                None => self.panels::<V, false>(None),
                Some(&scatter) => self.panels::<V, true>(Some(scatter)),
            }
        }
    }

    /// Panels of a few vectors, each in tiles of as many rows as there are registers for accumulators, beside
    /// one row of B and one number of A.
    #[inline(always)]
    unsafe fn panels<V: Lanes, const SCATTER: bool>(&self, scatter: Option<Scatter>) {
        let half = self.columns % LANES;
        let whole = self.columns - if half <= V::Half::WIDTH { half } else { 0 };
        // SAFETY: same contract as the caller's.
        unsafe {
            let mut n = 0;
            while n < whole {
                if V::REGISTERS >= 32 {
                    match (whole - n).div_ceil(LANES) {
                        1 => n += self.panel::<V, 12, 1, SCATTER>(n, scatter),
                        2 => n += self.panel::<V, 10, 2, SCATTER>(n, scatter),
                        _ => n += self.panel::<V, 8, 3, SCATTER>(n, scatter),
                    }
                } else {
                    n += self.panel::<V, 6, 1, SCATTER>(n, scatter);
                }
            }
            if n < self.columns {
                self.panel::<V::Half, 12, 1, SCATTER>(n, scatter);
            }
        }
    }

    /// The panel of `N` vectors at column `n`, its rows in tiles of nearly equal size, so that none is left
    /// with a few. Returns its width.
    #[inline(always)]
    unsafe fn panel<V: Vector, const M: usize, const N: usize, const SCATTER: bool>(
        &self,
        n: usize,
        mut scatter: Option<Scatter>,
    ) -> usize {
        let mut tiles = self.rows.div_ceil(M);
        let mut m = 0;
        while tiles > 0 {
            let height = (self.rows - m).div_ceil(tiles);
            // SAFETY: same contract as the caller's; `m + height <= rows`.
            unsafe {
                match height {
                    1 => self.tile::<V, 1, N, SCATTER>(m, n, scatter),
                    2 => self.tile::<V, 2, N, SCATTER>(m, n, scatter),
                    3 => self.tile::<V, 3, N, SCATTER>(m, n, scatter),
                    4 => self.tile::<V, 4, N, SCATTER>(m, n, scatter),
                    5 => self.tile::<V, 5, N, SCATTER>(m, n, scatter),
                    6 => self.tile::<V, 6, N, SCATTER>(m, n, scatter),
                    7 => self.tile::<V, 7, N, SCATTER>(m, n, scatter),
                    8 => self.tile::<V, 8, N, SCATTER>(m, n, scatter),
                    9 => self.tile::<V, 9, N, SCATTER>(m, n, scatter),
                    10 => self.tile::<V, 10, N, SCATTER>(m, n, scatter),
                    11 => self.tile::<V, 11, N, SCATTER>(m, n, scatter),
                    _ => self.tile::<V, 12, N, SCATTER>(m, n, scatter),
                }
            }
            // Once a row of B is enough.
            scatter = None;
            m += height;
            tiles -= 1;
        }
        N * V::WIDTH
    }

    #[inline(always)]
    unsafe fn tile<V: Vector, const M: usize, const N: usize, const SCATTER: bool>(
        &self,
        m: usize,
        n: usize,
        scatter: Option<Scatter>,
    ) {
        // SAFETY: rows `m..m + M` and `N` vectors from column `n` on are within the caller's sizes.
        unsafe {
            let a = self.a.add(m * self.a_row);
            let b = self.b.add(n);
            let c = self.c.add(m * self.c_row + n);
            let mut acc = [[V::zero(); N]; M];
            if self.accumulate {
                for u in 0..M {
                    for v in 0..N {
                        acc[u][v] = V::load(c.add(u * self.c_row + v * V::WIDTH));
                    }
                }
            }
            for k in 0..self.depth {
                let mut row = [V::zero(); N];
                for v in 0..N {
                    row[v] = V::load(b.add(k * self.b_row + v * V::WIDTH));
                }
                if let (true, Some(Scatter { rows, offsets, next })) = (SCATTER, scatter) {
                    let to = rows.add(*offsets.add(k) as usize + n);
                    for v in 0..N {
                        let to = to.add(v * V::WIDTH);
                        V::load(to).add(row[v]).store(to);
                        V::prefetch(rows.add(*next.add(k) as usize + n + v * V::WIDTH));
                    }
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
                    acc[u][v].store(c.add(u * self.c_row + v * V::WIDTH));
                }
            }
        }
    }
}
