//! The forward pass over one block.

use super::cell::{After, COLUMNS, Cell, STATES};
use super::{Dropped, SLACK, Shape, tape};
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};

/// The source of the input part of the pre-activations.
#[derive(Clone, Copy)]
pub(crate) enum InputSource<'a> {
    /// `[T][D][16]`: to be multiplied by the layer's own weights.
    Vectors(&'a [f32]),
    /// `rows`: the projected table, and [`SLACK`] floats behind it; `offsets`, `[T][16]`: where in it each
    /// lane's row starts. The layer has no inputs of its own.
    Table { rows: &'a [f32], offsets: &'a [u32] },
}

/// What [`forward`] reads and writes. Lane vectors are written `[…][16]`.
pub(crate) struct Forward<'a, C> {
    pub shape: Shape<C>,
    /// T, the number of steps.
    pub steps: usize,
    /// Whether the last step is computed first. Inputs and mask are in the order of time; everything else is in
    /// the order of computation.
    pub backwards: bool,
    /// From [`pack`](super::pack), read.
    pub packed: &'a [f32],
    pub from: InputSource<'a>,
    /// Bit `l` of `mask[t]` set where lane `l` has a real token at step `t`; read.
    pub mask: Option<&'a [u16]>,
    /// `[states][H][16]`: the state before the first step, `h` first; read.
    pub start: &'a [f32],
    /// `[slots][H][16]`, overwritten: `h_t` goes to slot `t mod slots`; at least 2 slots (or T).
    pub y: &'a mut [f32],
    /// `[slots][H][kept and state][16]`, overwritten in the same way; T slots where
    /// [`backward`](super::backward()) follows, else 1.
    pub tape: &'a mut [f32],
    /// What is dropped of the previous output.
    pub dropped: Option<Dropped<'a>>,
}

#[inline(always)]
unsafe fn forward_lanes<V: Lanes, C: Cell>(io: Forward<'_, C>) {
    let Shape { inputs, units, .. } = io.shape;
    assert!(io.packed.len() >= io.shape.packed_len() && io.start.len() >= io.shape.state_len());
    assert!(io.y.len() / (units * LANES) >= io.steps.min(2));
    assert!(io.tape.len() >= io.steps.min(1) * io.shape.tape_step());
    assert!(io.mask.is_none_or(|mask| mask.len() >= io.steps));
    if let Some(dropped) = &io.dropped {
        dropped.assert_forward(io.shape);
    }
    match io.from {
        InputSource::Vectors(x) => assert!(x.len() >= io.steps * inputs * LANES),
        InputSource::Table { rows, offsets } => {
            assert!(inputs == 0 && offsets.len() >= io.steps * LANES);
            let furthest = offsets[..io.steps * LANES].iter().max().map_or(0, |&at| at as usize);
            assert!(io.steps == 0 || furthest + C::INPUT * units + SLACK <= rows.len());
        }
    }
    // SAFETY: `forward_steps` stays within the sizes just asserted.
    unsafe {
        match C::TILE[usize::from(V::REGISTERS < 32)] {
            1 => tiled::<V, C, 1>(io),
            2 => tiled::<V, C, 2>(io),
            4 => tiled::<V, C, 4>(io),
            _ => tiled::<V, C, 8>(io),
        }
    }
}

for_each_isa!(
    /// Runs the layer over one block.
    pub(crate) fn forward<C: Cell> = forward_lanes(io: Forward<'_, C>)
);

#[inline(always)]
unsafe fn tiled<V: Lanes, C: Cell, const U: usize>(io: Forward<'_, C>) {
    // SAFETY: same contract as the caller's.
    unsafe {
        match io.from {
            InputSource::Vectors(_) => forward_steps::<V, C, false, U>(io),
            InputSource::Table { .. } => forward_steps::<V, C, true, U>(io),
        }
    }
}

/// Every step, `U` units at a time.
///
/// # Safety
/// As [`Lanes`]; the sizes that `forward_lanes` asserts.
#[inline(always)]
unsafe fn forward_steps<V: Lanes, C: Cell, const TABLE: bool, const U: usize>(io: Forward<'_, C>) {
    let Forward { shape, steps, backwards, packed, from, mask, start, y, tape: kept, mut dropped } = io;
    let Shape { cell, inputs, units } = shape;
    let (y_step, tape_step) = (units * LANES, shape.tape_step());
    let y_slots = y.len() / y_step;
    let tape_slots = kept.len().checked_div(tape_step).unwrap_or(1);
    let (x, table, offsets) = match from {
        InputSource::Vectors(x) => (x.as_ptr(), std::ptr::null(), std::ptr::null()),
        InputSource::Table { rows, offsets } => (std::ptr::null(), rows.as_ptr(), offsets.as_ptr()),
    };
    let [both, _] = shape.sections();
    let [bias_len, w_len, ..] = shape.packed_parts();
    // SAFETY: weights are `[units][rows][columns]` after the bias; `x`, `offsets` and `mask` are read at
    // `t < steps`; `y` and the tape at slots below their count; a tile's units are clamped to the last. A
    // tile that reaches past it reads at most 15 floats more of a table's row: `SLACK` is behind the last.
    unsafe {
        let bias = packed.as_ptr();
        let weights = bias.add(bias_len);
        let recurrent = weights.add(w_len);
        for t in 0..steps {
            let time = if backwards { steps - 1 - t } else { t };
            let h = y.as_mut_ptr().add(t % y_slots * y_step);
            let tape_t = kept.as_mut_ptr().add(t % tape_slots * tape_step);
            // Where the state before this step lies: h, then the rest and the distance between units.
            let (h_before, rest_before, rest_stride) = match t {
                0 => (start.as_ptr(), start.as_ptr().add(y_step), LANES),
                t => (
                    y.as_ptr().add((t - 1) % y_slots * y_step),
                    kept.as_ptr().add((t - 1) % tape_slots * tape_step + C::KEPT * LANES),
                    tape::<C>() * LANES,
                ),
            };
            let sums = dropped.as_mut().map(|dropped| dropped.project::<V, C>(shape, recurrent, h_before));
            let mut first = 0;
            while first < units {
                // A tile that reaches past the last unit does that unit again, and does not store it.
                let mut unit = [first; U];
                for u in 0..U {
                    unit[u] = (first + u).min(units - 1);
                }
                let mut z = [[V::zero(); COLUMNS]; U];
                let biased = if TABLE { C::INPUT } else { 0 };
                for u in 0..U {
                    for column in biased..C::ALL {
                        z[u][column] = V::splat(*bias.add(unit[u] * C::ALL + column));
                    }
                }
                if TABLE && first * C::BOTH % LANES < U * C::BOTH {
                    // The next step's rows, a cache line at a time.
                    let next = if backwards { time.saturating_sub(1) } else { (time + 1).min(steps - 1) };
                    let next = offsets.add(next * LANES);
                    for lane in 0..LANES {
                        V::prefetch(table.add(*next.add(lane) as usize + both + first * C::BOTH));
                    }
                }
                if TABLE {
                    let lanes = offsets.add(time * LANES);
                    gather::<V, U>(table.add(both + first * C::BOTH), lanes, C::INPUT_ONLY, C::BOTH, &mut z);
                } else {
                    let (v, w) = (x.add(time * inputs * LANES), weights);
                    accumulate::<V, U>(w, unit, v, inputs, 0, C::INPUT, &mut z);
                }
                match sums {
                    None => {
                        accumulate::<V, U>(recurrent, unit, h_before, units, C::INPUT_ONLY, C::OUTPUT, &mut z)
                    }
                    Some(sums) => {
                        for u in 0..U {
                            for n in 0..C::OUTPUT {
                                let sum = V::load(sums.add((unit[u] * C::OUTPUT + n) * LANES));
                                z[u][C::INPUT_ONLY + n] = z[u][C::INPUT_ONLY + n].add(sum);
                            }
                        }
                    }
                }
                if TABLE && C::INPUT_ONLY > 0 {
                    let lanes = offsets.add(time * LANES);
                    gather::<V, U>(table.add(first * C::INPUT_ONLY), lanes, 0, C::INPUT_ONLY, &mut z);
                }
                let mut before = [[V::zero(); STATES]; U];
                for u in 0..U {
                    before[u][0] = V::load(h_before.add(unit[u] * LANES));
                    if C::STATES == 2 {
                        before[u][1] = V::load(rest_before.add(unit[u] * rest_stride));
                    }
                }
                let after = cell.forward(z, before);
                for u in 0..U {
                    let mut state = after[u].state;
                    if let Some(mask) = mask {
                        let real = *mask.get_unchecked(time);
                        for s in 0..C::STATES {
                            state[s] = state[s].select(real, before[u][s]);
                        }
                    }
                    if first + u < units {
                        let q = tape_t.add(unit[u] * tape::<C>() * LANES);
                        for k in 0..C::KEPT {
                            after[u].kept[k].store(q.add(k * LANES));
                        }
                        if C::STATES == 2 {
                            // With one slot of tape this is where `before` came from: it has been read.
                            state[1].store(q.add(C::KEPT * LANES));
                        }
                        state[0].store(h.add(unit[u] * LANES));
                    }
                }
                first += U;
            }
            if C::RESET.is_some() {
                let weights = packed.as_ptr().add(shape.reset_weights()[0]);
                let real = mask.map_or(u16::MAX, |mask| *mask.get_unchecked(time));
                finish::<V, C>(shape, weights, tape_t, h_before, real, h);
            }
        }
    }
}

/// The second part of a step: U·(r ⊙ h), which needs every unit's r, and what follows from it.
///
/// # Safety
/// As [`Lanes`]; `weights` is `[H][H]`, `kept` a slot of tape, `h_before` and `h` `[H][16]`.
#[inline(always)]
unsafe fn finish<V: Lanes, C: Cell>(
    shape: Shape<C>,
    weights: *const f32,
    kept: *mut f32,
    h_before: *const f32,
    real: u16,
    h: *mut f32,
) {
    // SAFETY: the caller's promise.
    unsafe {
        let stride = tape::<C>() * LANES;
        for unit in 0..shape.units {
            let (q, before) = (kept.add(unit * stride), V::load(h_before.add(unit * LANES)));
            let mut first = After::zero();
            for k in 0..C::KEPT {
                first.kept[k] = V::load(q.add(k * LANES));
            }
            // The product of reset gate and output of every unit is the fourth value that it kept.
            let mut x = first.kept[2];
            for k in 0..shape.units {
                let product = V::load(kept.add(k * stride + 3 * LANES));
                x = product.mul_add(V::splat(*weights.add(unit * shape.units + k)), x);
            }
            let after = shape.cell.finish(x, first, [before; STATES]);
            after.kept[2].store(q.add(2 * LANES));
            after.state[0].select(real, before).store(h.add(unit * LANES));
        }
    }
}

/// The `count` columns from `column` on of `U` units, from their first one's place in the rows at
/// `table + offsets`.
///
/// # Safety
/// As [`Lanes`]; `count · U` floats rounded up to four are there in each row.
#[inline(always)]
unsafe fn gather<V: Lanes, const U: usize>(
    table: *const f32,
    offsets: *const u32,
    column: usize,
    count: usize,
    z: &mut [[V; COLUMNS]; U],
) {
    // SAFETY: the caller's promise.
    unsafe {
        for quad in 0..(U * count).div_ceil(4) {
            let four = V::gather4(table.add(4 * quad), offsets);
            for k in 0..4 {
                let at = 4 * quad + k;
                if at < U * count {
                    z[at / count][column + at % count] = four[k];
                }
            }
        }
    }
}

/// `z[u][column + n] += Σ_k w[unit[u]][k][n]·v[k]`, n below `width`, over the `count` vectors at `v`.
///
/// # Safety
/// As [`Lanes`]; `weights` is `[units][count][width]`, `v` `[count][16]`.
#[inline(always)]
unsafe fn accumulate<V: Lanes, const U: usize>(
    weights: *const f32,
    unit: [usize; U],
    v: *const f32,
    count: usize,
    column: usize,
    width: usize,
    z: &mut [[V; COLUMNS]; U],
) {
    // SAFETY: the caller's promise.
    unsafe {
        // As many units at a time as there are registers for.
        if V::REGISTERS >= 32 || U * width <= 6 {
            sum::<V, U, 0, U>(weights, unit, v, count, column, width, z);
        } else {
            sum::<V, U, 0, 2>(weights, unit, v, count, column, width, z);
            sum::<V, U, 2, U>(weights, unit, v, count, column, width, z);
        }
    }
}

/// As [`accumulate`], for units `A..B` of the tile.
///
/// # Safety
/// As [`accumulate`].
#[inline(always)]
unsafe fn sum<V: Lanes, const U: usize, const A: usize, const B: usize>(
    weights: *const f32,
    unit: [usize; U],
    v: *const f32,
    count: usize,
    column: usize,
    width: usize,
    z: &mut [[V; COLUMNS]; U],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut w = [weights; U];
        for u in A..B {
            w[u] = weights.add(unit[u] * count * width);
        }
        let mut acc = *z;
        for k in 0..count {
            let value = V::load(v.add(k * LANES));
            for u in A..B {
                for n in 0..width {
                    acc[u][column + n] =
                        value.mul_add(V::splat(*w[u].add(k * width + n)), acc[u][column + n]);
                }
            }
        }
        *z = acc;
    }
}
