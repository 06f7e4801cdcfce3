//! The shared start against the twin of one sequence, and against the block kernel bit for bit.

use super::super::recurrent::pad_prefix::{Backward, Forward, Offsets, backward, forward, pack};
use super::super::recurrent::{self, InputSource, Shape};
use super::super::reference::recurrent::{State, Weights};
use super::super::{Isa, LANES};
use super::cells::{Tested, for_each_cell, shape, table};
use super::{Guarded, Numbers, assert_close, bits, seeded, size, widen};
use proptest::prelude::*;

/// A layer over a table of `rows` rows.
struct Layer<C> {
    shape: Shape<C>,
    twin: Weights,
    packed: Guarded,
    block_packed: Vec<f32>,
    table: Guarded,
}

impl<C: Tested> Layer<C> {
    fn new(units: usize, rows: usize, numbers: &mut Numbers) -> Self {
        let shape = shape::<C>(0, units);
        let columns = C::GATES * units;
        let recurrent = numbers.vec(units * columns, 2.0 / (units as f64).sqrt());
        let keras = numbers.vec(rows * columns, 1.0);
        // What the input reaches has its bias in the table.
        let mut bias = vec![0.0; C::BIASES * columns];
        let apart = bias.len() - C::OUTPUT_ONLY * units;
        bias[apart..].iter_mut().for_each(|b| *b = numbers.one(1.0));
        let table = table(shape, &keras);
        // Memory of packed weights starts as zeros and keeps its layout: padding columns rely on it.
        let mut packed = Guarded::zeroed(shape.single_packed_len());
        pack(shape, &recurrent, &bias, packed.get_mut());
        packed.check_guards("packed");
        let mut block_packed = vec![f32::NAN; shape.packed_len()];
        recurrent::pack(shape, &[], &recurrent, &bias, &mut block_packed);
        let (kernel, recurrent) = (widen(&keras), widen(&recurrent));
        let (kind, functions) = (C::KIND, C::FUNCTIONS);
        let twin = Weights {
            kind,
            functions,
            inputs: rows,
            units,
            kernel,
            recurrent,
            bias: widen(&bias),
            factors: Vec::new(),
            sizes: false,
        };
        Self { shape, twin, packed, block_packed, table }
    }

    /// The trajectory `[steps + 1][…][H']` from zero state; with `keep` false, its two slots.
    fn forward(&self, isa: Isa, offsets: Offsets<'_>, steps: usize, keep: bool) -> Guarded {
        let shape = self.shape;
        let mut trajectory = Guarded::poisoned(shape.trajectory_step() * if keep { steps + 1 } else { 2 });
        trajectory.get_mut()[..shape.trajectory_step()].fill(0.0);
        let mut scratch = Guarded::poisoned(shape.single_scratch_len());
        forward(
            isa,
            Forward {
                shape,
                packed: self.packed.get(),
                table: self.table.get(),
                offsets,
                trajectory: trajectory.get_mut(),
                keep,
                scratch: scratch.get_mut(),
            },
        );
        trajectory.check_guards("trajectory");
        scratch.check_guards("scratch");
        trajectory
    }

    /// Part `part` (0: h, 1: c) of slot `slot`.
    fn part<'a>(&self, trajectory: &'a Guarded, slot: usize, part: usize) -> &'a [f32] {
        let at = slot * self.shape.trajectory_step() + part * self.shape.units_padded();
        &trajectory.get()[at..][..self.shape.units]
    }
}

proptest! {
    #![proptest_config(seeded(150))]

    #[test]
    fn forward_follows_the_twin_and_has_the_bits_of_a_block(
        units in size(), steps in 0usize..=9, same: bool, seed: u64,
    ) {
        for_each_cell!(check_forward(units, steps, same, seed));
    }

    #[test]
    fn backward_follows_the_twin_with_the_same_bits(units in size(), steps in 0usize..=9, seed: u64) {
        for_each_cell!(check_backward(units, steps, seed));
    }
}

fn check_forward<C: Tested>(units: usize, steps: usize, same: bool, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let layer = Layer::<C>::new(units, 4, &mut numbers);
    let shape = layer.shape;
    let chosen: Vec<usize> = (0..steps).map(|_| if same { 2 } else { numbers.0.below(4) }).collect();
    let each: Vec<u32> = chosen.iter().map(|row| (row * shape.stride()) as u32).collect();
    let offsets = if same { Offsets::Same(2 * shape.stride() as u32, steps) } else { Offsets::Each(&each) };
    let xs: Vec<Vec<f64>> =
        chosen.iter().map(|&row| (0..4).map(|r| f64::from(u8::from(r == row))).collect()).collect();
    let twin = layer.twin.forward(&layer.twin.zero_state(), &xs, &vec![true; steps]);

    let lanes: Vec<u32> = each.iter().flat_map(|&at| [at; LANES]).collect();
    let mut y = vec![f32::NAN; steps * units * LANES];
    let mut tape = vec![f32::NAN; steps * shape.tape_step()];
    recurrent::forward(
        Isa::detect(),
        recurrent::Forward {
            shape,
            steps,
            backwards: false,
            packed: &layer.block_packed,
            from: InputSource::Table { rows: layer.table.get(), offsets: &lanes },
            mask: None,
            start: &vec![0.0; shape.state_len()],
            y: &mut y,
            tape: &mut tape,
            dropped: None,
        },
    );

    for isa in Isa::available() {
        let kept = layer.forward(isa, offsets, steps, true);
        for parts in kept.get().chunks_exact(shape.trajectory_step()) {
            let state = parts.chunks_exact(shape.units_padded()).take(C::STATES);
            assert!(state.flat_map(|part| &part[units..]).all(|&pad| pad == 0.0), "padding units");
        }
        let turns = layer.forward(isa, offsets, steps, false);
        for (t, twin) in twin.iter().enumerate() {
            let h = layer.part(&kept, t + 1, 0);
            for (part, twin) in twin.after.iter().enumerate() {
                assert_close(layer.part(&kept, t + 1, part), twin, 1e-5, "state");
            }
            let block: Vec<f32> =
                y[t * units * LANES..][..units * LANES].iter().copied().step_by(LANES).collect();
            assert_eq!(bits(h), bits(&block), "{} step {}", isa, t);
        }
        for part in 0..C::STATES {
            let (kept, turns) = (layer.part(&kept, steps, part), layer.part(&turns, steps % 2, part));
            assert_eq!(bits(kept), bits(turns), "{} without keeping", isa);
        }
    }
}

fn check_backward<C: Tested>(units: usize, steps: usize, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let layer = Layer::<C>::new(units, 1, &mut numbers);
    let (shape, padded) = (layer.shape, layer.shape.units_padded());
    let xs = vec![vec![1.0]; steps];
    let twin = layer.twin.forward(&layer.twin.zero_state(), &xs, &vec![true; steps]);
    // Blocks leave gradients at some numbers of steps, nothing at others.
    let mut dstates = Guarded::zeroed((steps + 1) * C::STATES * padded);
    for state in dstates.get_mut().chunks_exact_mut(padded) {
        if numbers.0.below(3) > 0 {
            state[..units].iter_mut().for_each(|d| *d = numbers.one(1.0));
        }
    }
    let arriving: Vec<State> = (1..=steps)
        .map(|t| {
            let part = |part: usize| widen(&dstates.get()[(C::STATES * t + part) * padded..][..units]);
            (0..C::STATES).map(part).collect()
        })
        .collect();
    let mut twin_grads = layer.twin.zeros_like();
    layer.twin.backward(&twin, &arriving, &mut twin_grads);

    let mut first: Option<[Vec<u32>; 2]> = None;
    for isa in Isa::available() {
        let trajectory = layer.forward(isa, Offsets::Same(0, steps), steps, true);
        let mut drow = Guarded::zeroed(shape.columns());
        let mut dw = Guarded::zeroed(units * shape.recurrent_stride());
        let mut rows = Guarded::poisoned(steps * shape.stride());
        let mut scratch = Guarded::poisoned(steps * shape.single_scratch_len() + shape.state_padded());
        backward(
            isa,
            Backward {
                shape,
                packed: layer.packed.get(),
                trajectory: trajectory.get(),
                steps,
                dstates: dstates.get(),
                drow: drow.get_mut(),
                dw: dw.get_mut(),
                rows: Some(rows.get_mut()),
                scratch: scratch.get_mut(),
            },
        );
        [&drow, &dw, &rows, &scratch].iter().for_each(|buffer| buffer.check_guards("backward"));
        let now = [&drow, &dw].map(Guarded::bits);
        assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{} has other bits", isa);
        let gates = C::GATES * units;
        let (mut row, mut recurrent) = (vec![0.0; gates], vec![0.0; units * gates]);
        let mut bias = vec![0.0; C::BIASES * gates];
        shape.unpack_kernel(&drow.get()[..shape.stride()], &mut row);
        shape.unpack_recurrent(dw.get(), &mut recurrent);
        shape.unpack_bias(drow.get(), &mut bias);
        assert_close(&bias, &twin_grads.bias, 1e-5, "db");
        // One row was repeated: its gradient is the sum of those of the steps.
        let mut sum = vec![0.0; shape.stride()];
        for row in rows.get().chunks_exact(shape.stride()) {
            sum.iter_mut().zip(row).for_each(|(sum, &d)| *sum += f64::from(d));
        }
        assert_close(&drow.get()[..C::INPUT * units], &sum[..C::INPUT * units], 1e-5, "the steps' rows");
        assert!(sum[C::INPUT * units..].iter().all(|&pad| pad == 0.0));
        assert_close(&row, &twin_grads.kernel, 1e-5, "the row");
        assert_close(&recurrent, &twin_grads.recurrent, 1e-5, "dU");
    }
}
