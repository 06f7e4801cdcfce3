//! The cells of the recurrent layers: the columns of each, and the arithmetic of one unit.
//!
//! Everything else (the pass over a block, the projected table, the pad prefix, one row) is written
//! once, over a [`Cell`], and compiled for each.

use super::activations::Activations;
use crate::kernels::lanes::Lanes;
use std::fmt::Debug;

/// Columns that a unit has at most: pre-activations that are summed apart.
pub(crate) const COLUMNS: usize = 4;
/// Vectors of state that a unit has at most.
pub(crate) const STATES: usize = 2;
/// Values that a unit keeps for backward at most.
pub(crate) const KEPT: usize = 5;

/// A recurrent cell.
///
/// A unit has some columns, each a pre-activation. Three kinds stand in this order, so that the columns
/// that the input reaches lie together, and those that the previous output reaches too:
///
/// ```text
/// only the input | both | only the previous output
/// ```
pub(crate) trait Cell: Copy + Debug + Send + Sync + 'static {
    /// Columns of a unit that only the input reaches.
    const INPUT_ONLY: usize;
    /// Columns that input and previous output both reach.
    const BOTH: usize;
    /// Columns that only the previous output reaches.
    const OUTPUT_ONLY: usize;
    /// Blocks of H columns in Keras's kernels.
    const GATES: usize;
    /// Which of them each column that the input reaches comes from.
    const INPUT_GATES: &'static [usize];
    /// Which of them each column that the previous output reaches comes from.
    const OUTPUT_GATES: &'static [usize];
    /// Biases in Keras's layout: one, or one for the input and one for the previous output.
    const BIASES: usize;
    /// Vectors of state: `h`, and what is carried beside it.
    const STATES: usize;
    /// Values kept for backward beside the state.
    const KEPT: usize;
    /// The names of the values that are kept, and the index of each.
    const SIGNALS: &'static [(&'static str, usize)];
    /// Whether `h` of the step before reaches `h` past the recurrent weights too.
    const CARRIES: bool;
    /// Units that are computed at a time where there are registers for their accumulators and the rest;
    /// and where there are few. A multiple of 4 unless a unit has 4 columns.
    const TILE: [usize; 2];

    /// Whether the products of every step are inlined.
    const INLINE: bool = false;

    /// Where the previous output, times a gate, reaches the column that only the input reaches too (the GRU
    /// whose reset gate comes before the product): the gate of Keras's kernel that it does so by. A step is
    /// then done in two parts, [`forward`](Self::forward) and [`finish`](Self::finish).
    const RESET: Option<usize> = None;

    /// Columns that the input reaches.
    const INPUT: usize = Self::INPUT_ONLY + Self::BOTH;
    /// Columns that the previous output reaches: the last ones.
    const OUTPUT: usize = Self::BOTH + Self::OUTPUT_ONLY;
    /// All columns of a unit.
    const ALL: usize = Self::INPUT + Self::OUTPUT_ONLY;

    /// The factor on a column of the weights that forward uses.
    fn scale(self, column: usize) -> f32;

    /// One step of `U` units, from their pre-activations `z` and states before it.
    ///
    /// # Safety
    /// As [`Lanes`].
    unsafe fn forward<V: Lanes, const U: usize>(
        self,
        z: [[V; COLUMNS]; U],
        before: [[V; STATES]; U],
    ) -> [After<V>; U];

    /// The gradients of one step of one unit.
    ///
    /// # Safety
    /// As [`Lanes`].
    unsafe fn backward<V: Lanes>(self, step: CellStep<V>) -> Gradients<V>;

    /// The second part of a step of one unit: from the column that is now whole, and what the first kept.
    ///
    /// # Safety
    /// As [`Lanes`].
    unsafe fn finish<V: Lanes>(self, _: V, first: After<V>, _: [V; STATES]) -> After<V> {
        first
    }

    /// The gradient of the reset gate's column and more of that of `h` before the step, from that of their
    /// product.
    ///
    /// # Safety
    /// As [`Lanes`].
    unsafe fn reset_back<V: Lanes>(self, d: V, _: &CellStep<V>) -> [V; 2] {
        [d; 2]
    }
}

/// A unit after a step.
#[derive(Clone, Copy)]
pub(crate) struct After<V> {
    /// `h`, then the rest of the state.
    pub state: [V; STATES],
    /// The values kept for backward.
    pub kept: [V; KEPT],
}

impl<V: Lanes> After<V> {
    /// All zero.
    ///
    /// # Safety
    /// As [`Lanes`].
    #[inline(always)]
    pub unsafe fn zero() -> Self {
        // SAFETY: same contract as the caller's.
        unsafe { Self { state: [V::zero(); STATES], kept: [V::zero(); KEPT] } }
    }
}

/// The input of backward for one step of one unit.
#[derive(Clone, Copy)]
pub(crate) struct CellStep<V> {
    /// The state before the step.
    pub before: [V; STATES],
    /// The output of the step.
    pub h: V,
    pub kept: [V; KEPT],
    /// The gradient of the state after the step.
    pub d: [V; STATES],
}

/// The output of backward for one step of one unit.
#[derive(Clone, Copy)]
pub(crate) struct Gradients<V> {
    /// Of the pre-activations.
    pub z: [V; COLUMNS],
    /// Of the state before the step, but for what passes through the recurrent weights.
    pub before: [V; STATES],
}

/// Long short-term memory: i, f, c, o; without `FORGET`, the cell of 1997: i, c, o.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lstm<A, const FORGET: bool = true>(pub A);

impl<A: Activations, const FORGET: bool> Lstm<A, FORGET> {
    const F: usize = 1;
    const C: usize = if FORGET { 2 } else { 1 };
    const O: usize = Self::C + 1;
}

impl<A: Activations, const FORGET: bool> Cell for Lstm<A, FORGET> {
    const INPUT_ONLY: usize = 0;
    const BOTH: usize = Self::O + 1;
    const OUTPUT_ONLY: usize = 0;
    const GATES: usize = Self::BOTH;
    const INPUT_GATES: &'static [usize] = if FORGET { &[0, 1, 2, 3] } else { &[0, 1, 2] };
    const OUTPUT_GATES: &'static [usize] = Self::INPUT_GATES;
    const BIASES: usize = 1;
    const STATES: usize = 2;
    const KEPT: usize = 5;
    const SIGNALS: &'static [(&'static str, usize)] = match FORGET {
        true => &[("input_gate", 0), ("forget_gate", 1), ("candidate", 2), ("output_gate", 3)],
        false => &[("input_gate", 0), ("candidate", 2), ("output_gate", 3)],
    };
    const CARRIES: bool = false;
    const TILE: [usize; 2] = if FORGET { [2, 1] } else { [4, 4] };
    const INLINE: bool = FORGET && A::USUAL;

    fn scale(self, column: usize) -> f32 {
        if column == Self::C { 1.0 } else { self.0.gate_scale() }
    }

    #[inline(always)]
    unsafe fn forward<V: Lanes, const U: usize>(
        self,
        z: [[V; COLUMNS]; U],
        before: [[V; STATES]; U],
    ) -> [After<V>; U] {
        // SAFETY: same contract as the caller's.
        unsafe {
            let mut after = [After::zero(); U];
            let mut c = [V::zero(); U];
            for u in 0..U {
                let [g] = self.0.cell([z[u][Self::C]]);
                if FORGET {
                    let [i, f, o] = self.0.gate([z[u][0], z[u][Self::F], z[u][Self::O]]);
                    c[u] = f.mul_add(before[u][1], i.mul(g));
                    after[u].kept = [i, f, g, o, o];
                } else {
                    let [i, o] = self.0.gate([z[u][0], z[u][Self::O]]);
                    c[u] = i.mul_add(g, before[u][1]);
                    after[u].kept = [i, i, g, o, o];
                }
            }
            let tc = self.0.cell(c);
            for u in 0..U {
                after[u].state = [after[u].kept[3].mul(tc[u]), c[u]];
                after[u].kept[4] = tc[u];
            }
            after
        }
    }

    #[inline(always)]
    unsafe fn backward<V: Lanes>(self, step: CellStep<V>) -> Gradients<V> {
        let CellStep { before: [_, c_before], kept: [i, f, g, o, tc], d: [dh, dc_after], .. } = step;
        // SAFETY: same contract as the caller's.
        unsafe {
            let a = self.0;
            let dc = dh.mul(o).mul_add(a.cell_slope(tc), dc_after);
            let di = dc.mul(g).mul(a.gate_slope(i));
            let dg = dc.mul(i).mul(a.cell_slope(g));
            let d_o = dh.mul(tc).mul(a.gate_slope(o));
            if FORGET {
                let df = dc.mul(c_before).mul(a.gate_slope(f));
                Gradients { z: [di, df, dg, d_o], before: [V::zero(), dc.mul(f)] }
            } else {
                Gradients { z: [di, dg, d_o, V::zero()], before: [V::zero(), dc] }
            }
        }
    }
}

/// The values that both GRUs keep.
const GRU_SIGNALS: &[(&str, usize)] = &[("update_gate", 0), ("reset_gate", 1), ("candidate", 2)];

/// The gated recurrent unit with the reset gate after the product (Keras's `reset_after`). Its columns:
/// the candidate's part from the input, z, r, and the candidate's part from the previous output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Gru<A>(pub A);

impl<A: Activations> Cell for Gru<A> {
    const INPUT_ONLY: usize = 1;
    const BOTH: usize = 2;
    const OUTPUT_ONLY: usize = 1;
    const GATES: usize = 3;
    const INPUT_GATES: &'static [usize] = &[2, 0, 1];
    const OUTPUT_GATES: &'static [usize] = &[0, 1, 2];
    const BIASES: usize = 2;
    const STATES: usize = 1;
    const KEPT: usize = 4;
    const SIGNALS: &'static [(&'static str, usize)] = GRU_SIGNALS;
    const CARRIES: bool = true;
    const TILE: [usize; 2] = [4, 4];

    fn scale(self, column: usize) -> f32 {
        if matches!(column, 1 | 2) { self.0.gate_scale() } else { 1.0 }
    }

    #[inline(always)]
    unsafe fn forward<V: Lanes, const U: usize>(
        self,
        z: [[V; COLUMNS]; U],
        before: [[V; STATES]; U],
    ) -> [After<V>; U] {
        // SAFETY: same contract as the caller's.
        unsafe {
            let mut after = [After::zero(); U];
            for u in 0..U {
                let [x, z, r, s] = z[u];
                let [z, r] = self.0.gate([z, r]);
                let [g] = self.0.cell([r.mul_add(s, x)]);
                after[u].state[0] = z.mul_add(before[u][0].sub(g), g);
                after[u].kept = [z, r, g, s, s];
            }
            after
        }
    }

    #[inline(always)]
    unsafe fn backward<V: Lanes>(self, step: CellStep<V>) -> Gradients<V> {
        let CellStep { before: [h_before, _], kept: [z, r, g, s, _], d: [dh, _], .. } = step;
        // SAFETY: same contract as the caller's.
        unsafe {
            let dz = dh.mul(h_before.sub(g)).mul(self.0.gate_slope(z));
            let through = dh.mul(z);
            let dx = dh.sub(through).mul(self.0.cell_slope(g));
            let dr = dx.mul(s).mul(self.0.gate_slope(r));
            Gradients { z: [dx, dz, dr, dx.mul(r)], before: [through, V::zero()] }
        }
    }
}

/// The gated recurrent unit with the reset gate before the product. Its columns: the candidate, z, r.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ResetBefore<A>(pub A);

impl<A: Activations> Cell for ResetBefore<A> {
    const INPUT_ONLY: usize = 1;
    const BOTH: usize = 2;
    const OUTPUT_ONLY: usize = 0;
    const GATES: usize = 3;
    const INPUT_GATES: &'static [usize] = &[2, 0, 1];
    const OUTPUT_GATES: &'static [usize] = &[0, 1];
    const BIASES: usize = 1;
    const STATES: usize = 1;
    const KEPT: usize = 4;
    const SIGNALS: &'static [(&'static str, usize)] = GRU_SIGNALS;
    const CARRIES: bool = true;
    const TILE: [usize; 2] = [4, 4];
    const RESET: Option<usize> = Some(2);

    fn scale(self, column: usize) -> f32 {
        if column > 0 { self.0.gate_scale() } else { 1.0 }
    }

    #[inline(always)]
    unsafe fn forward<V: Lanes, const U: usize>(
        self,
        z: [[V; COLUMNS]; U],
        before: [[V; STATES]; U],
    ) -> [After<V>; U] {
        // SAFETY: same contract as the caller's.
        unsafe {
            let mut after = [After::zero(); U];
            for u in 0..U {
                let [x, z, r, _] = z[u];
                let [z, r] = self.0.gate([z, r]);
                after[u].kept = [z, r, x, r.mul(before[u][0]), x];
            }
            after
        }
    }

    #[inline(always)]
    unsafe fn finish<V: Lanes>(self, x: V, first: After<V>, before: [V; STATES]) -> After<V> {
        // SAFETY: same contract as the caller's.
        unsafe {
            let [z, r, _, product, _] = first.kept;
            let [g] = self.0.cell([x]);
            let h = z.mul_add(before[0].sub(g), g);
            After { state: [h; STATES], kept: [z, r, g, product, g] }
        }
    }

    #[inline(always)]
    unsafe fn backward<V: Lanes>(self, step: CellStep<V>) -> Gradients<V> {
        let CellStep { before: [h_before, _], kept: [z, _, g, ..], d: [dh, _], .. } = step;
        // SAFETY: same contract as the caller's.
        unsafe {
            let dz = dh.mul(h_before.sub(g)).mul(self.0.gate_slope(z));
            let through = dh.mul(z);
            let dx = dh.sub(through).mul(self.0.cell_slope(g));
            Gradients { z: [dx, dz, V::zero(), V::zero()], before: [through, V::zero()] }
        }
    }

    #[inline(always)]
    unsafe fn reset_back<V: Lanes>(self, d: V, step: &CellStep<V>) -> [V; 2] {
        // SAFETY: same contract as the caller's.
        unsafe {
            let r = step.kept[1];
            [d.mul(step.before[0]).mul(self.0.gate_slope(r)), d.mul(r)]
        }
    }
}

/// The fully connected recurrent layer: `h = tanh(z)`. It keeps nothing but its outputs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SimpleRnn<A>(pub A);

impl<A: Activations> Cell for SimpleRnn<A> {
    const INPUT_ONLY: usize = 0;
    const BOTH: usize = 1;
    const OUTPUT_ONLY: usize = 0;
    const GATES: usize = 1;
    const INPUT_GATES: &'static [usize] = &[0];
    const OUTPUT_GATES: &'static [usize] = &[0];
    const BIASES: usize = 1;
    const STATES: usize = 1;
    const KEPT: usize = 0;
    const SIGNALS: &'static [(&'static str, usize)] = &[];
    const CARRIES: bool = false;
    const TILE: [usize; 2] = [8, 4];

    fn scale(self, _: usize) -> f32 {
        1.0
    }

    #[inline(always)]
    unsafe fn forward<V: Lanes, const U: usize>(
        self,
        z: [[V; COLUMNS]; U],
        _: [[V; STATES]; U],
    ) -> [After<V>; U] {
        // SAFETY: same contract as the caller's.
        unsafe {
            let mut h = [V::zero(); U];
            for u in 0..U {
                h[u] = z[u][0];
            }
            let h = self.0.cell(h);
            let mut after = [After::zero(); U];
            for u in 0..U {
                after[u].state[0] = h[u];
            }
            after
        }
    }

    #[inline(always)]
    unsafe fn backward<V: Lanes>(self, step: CellStep<V>) -> Gradients<V> {
        // SAFETY: same contract as the caller's.
        unsafe {
            let zero = V::zero();
            let dz = step.d[0].mul(self.0.cell_slope(step.h));
            Gradients { z: [dz, zero, zero, zero], before: [zero; STATES] }
        }
    }
}
