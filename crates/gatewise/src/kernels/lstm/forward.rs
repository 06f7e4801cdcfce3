//! The forward pass over one block.

use super::{C, F, G, I, O, Shape, TAPE, TC};
use crate::kernels::activation::{sigmoid, tanh};
use crate::kernels::for_each_isa;
use crate::kernels::lanes::{LANES, Lanes};

/// Where the pre-activations of a step start from.
#[derive(Clone, Copy)]
pub(crate) enum From<'a> {
    /// `[T][D][16]`: to be multiplied by the layer's own weights.
    Input(&'a [f32]),
    /// `rows`: the projected table; `offsets`, `[T][16]`: where in it each lane's row starts. The layer
    /// has no inputs of its own.
    Table { rows: &'a [f32], offsets: &'a [u32] },
}

/// What [`forward`] reads and writes. Lane vectors are written `[…][16]`.
pub(crate) struct Forward<'a> {
    pub shape: Shape,
    /// T, steps to walk.
    pub steps: usize,
    /// From [`pack`](super::pack), read.
    pub packed: &'a [f32],
    pub from: From<'a>,
    /// Bit `l` of `mask[t]` set where lane `l` has a real token at step `t`; read.
    pub mask: Option<&'a [u16]>,
    /// `[2][H][16]`: `h` and `c` before the first step, read.
    pub start: &'a [f32],
    /// `[slots][H][16]`, overwritten: `h_t` goes to slot `t mod slots`; at least 2 slots (or T).
    pub y: &'a mut [f32],
    /// `[slots][H][6][16]`, overwritten in the same way; T slots where
    /// [`backward`](super::backward()) follows, else 1.
    pub tape: &'a mut [f32],
}

#[inline(always)]
unsafe fn forward_lanes<V: Lanes>(io: Forward<'_>) {
    let Shape { inputs, units } = io.shape;
    let (y_step, tape_step) = (units * LANES, io.shape.tape_step());
    assert!(io.packed.len() >= io.shape.packed_len() && io.start.len() >= io.shape.state_len());
    assert!(io.y.len() / y_step >= io.steps.min(2) && io.tape.len() / tape_step >= io.steps.min(1));
    assert!(io.mask.is_none_or(|mask| mask.len() >= io.steps));
    match io.from {
        From::Input(x) => assert!(x.len() >= io.steps * inputs * LANES),
        From::Table { rows, offsets } => {
            assert!(inputs == 0 && offsets.len() >= io.steps * LANES);
            let furthest = offsets[..io.steps * LANES].iter().max().map_or(0, |&at| at as usize);
            assert!(io.steps == 0 || furthest + 4 * units <= rows.len());
        }
    }
    // SAFETY: `walk` stays within the sizes just asserted.
    unsafe {
        // Two units at a time where there are registers for their eight accumulators and the rest.
        match (io.from, V::REGISTERS >= 32) {
            (From::Input(_), true) => walk::<V, false, 2>(io),
            (From::Input(_), false) => walk::<V, false, 1>(io),
            (From::Table { .. }, true) => walk::<V, true, 2>(io),
            (From::Table { .. }, false) => walk::<V, true, 1>(io),
        }
    }
}

for_each_isa!(
    /// Runs the layer over one block.
    pub(crate) fn forward = forward_lanes(io: Forward<'_>)
);

/// Every step, `U` units at a time.
///
/// # Safety
/// As [`Lanes`]; the sizes that `forward_lanes` asserts.
#[inline(always)]
unsafe fn walk<V: Lanes, const TABLE: bool, const U: usize>(io: Forward<'_>) {
    let Forward { shape, steps, packed, from, mask, start, y, tape } = io;
    let Shape { inputs, units } = shape;
    let (rows, y_step, tape_step) = (shape.rows(), units * LANES, shape.tape_step());
    let (y_slots, tape_slots) = (y.len() / y_step, tape.len() / tape_step);
    let (x, table, offsets) = match from {
        From::Input(x) => (x.as_ptr(), std::ptr::null(), std::ptr::null()),
        From::Table { rows, offsets } => (std::ptr::null(), rows.as_ptr(), offsets.as_ptr()),
    };
    // SAFETY: weights are `[units][rows][4]` after the bias; `x`, `offsets` and `mask` are read at
    // `t < steps`; `y` and `tape` at slots below their count; a tile's units are clamped to the last.
    unsafe {
        let bias = packed.as_ptr();
        let weights = bias.add(4 * units);
        for t in 0..steps {
            let h = y.as_mut_ptr().add(t % y_slots * y_step);
            let tape_t = tape.as_mut_ptr().add(t % tape_slots * tape_step);
            // Where the state before this step lies: h, then c and the distance between units.
            let (h_before, c_before, c_stride) = match t {
                0 => (start.as_ptr(), start.as_ptr().add(y_step), LANES),
                t => (
                    y.as_ptr().add((t - 1) % y_slots * y_step),
                    tape.as_ptr().add((t - 1) % tape_slots * tape_step + C),
                    TAPE * LANES,
                ),
            };
            let mut first = 0;
            while first < units {
                // A tile that reaches past the last unit does that unit twice, to the same effect.
                let mut unit = [first; U];
                for u in 0..U {
                    unit[u] = (first + u).min(units - 1);
                }
                let mut z = [[V::zero(); 4]; U];
                for u in 0..U {
                    if TABLE {
                        z[u] = V::gather4(table.add(unit[u] * 4), offsets.add(t * LANES));
                    } else {
                        for gate in 0..4 {
                            z[u][gate] = V::splat(*bias.add(unit[u] * 4 + gate));
                        }
                    }
                }
                if TABLE && first % 4 == 0 {
                    // The next step's rows, a cache line of four units at a time.
                    let next = offsets.add((t + 1).min(steps - 1) * LANES);
                    for lane in 0..LANES {
                        V::prefetch(table.add(*next.add(lane) as usize + first * 4));
                    }
                }
                if !TABLE {
                    accumulate::<V, U>(weights, rows, unit, 0, x.add(t * inputs * LANES), inputs, &mut z);
                }
                accumulate::<V, U>(weights, rows, unit, inputs, h_before, units, &mut z);
                let mut c = [V::zero(); U];
                for u in 0..U {
                    let [i, f, o] = sigmoid([z[u][0], z[u][1], z[u][3]]);
                    let [g] = tanh([z[u][2]]);
                    z[u] = [i, f, g, o];
                    c[u] = f.mul_add(V::load(c_before.add(unit[u] * c_stride)), i.mul(g));
                }
                let tc = tanh(c);
                for u in 0..U {
                    let [i, f, g, o] = z[u];
                    let mut out = o.mul(tc[u]);
                    if let Some(mask) = mask {
                        let real = *mask.get_unchecked(t);
                        c[u] = c[u].select(real, V::load(c_before.add(unit[u] * c_stride)));
                        out = out.select(real, V::load(h_before.add(unit[u] * LANES)));
                    }
                    // With one slot of tape, `c` goes where `c_before` came from: the tile has read it.
                    let q = tape_t.add(unit[u] * TAPE * LANES);
                    i.store(q.add(I));
                    f.store(q.add(F));
                    g.store(q.add(G));
                    o.store(q.add(O));
                    c[u].store(q.add(C));
                    tc[u].store(q.add(TC));
                    out.store(h.add(unit[u] * LANES));
                }
                first += U;
            }
        }
    }
}

/// `z[u][gate] += Σ_k w[unit[u]][row + k][gate]·v[k]` over the `count` vectors at `v`.
///
/// # Safety
/// As [`Lanes`]; `weights` is `[units][rows][4]`, `v` `[count][16]`, and `row + count <= rows`.
#[inline(always)]
unsafe fn accumulate<V: Lanes, const U: usize>(
    weights: *const f32,
    rows: usize,
    unit: [usize; U],
    row: usize,
    v: *const f32,
    count: usize,
    z: &mut [[V; 4]; U],
) {
    // SAFETY: the caller's promise.
    unsafe {
        let mut w = [weights; U];
        for u in 0..U {
            w[u] = weights.add((unit[u] * rows + row) * 4);
        }
        let mut acc = *z;
        for k in 0..count {
            let value = V::load(v.add(k * LANES));
            for u in 0..U {
                for gate in 0..4 {
                    acc[u][gate] = value.mul_add(V::splat(*w[u].add(k * 4 + gate)), acc[u][gate]);
                }
            }
        }
        *z = acc;
    }
}
