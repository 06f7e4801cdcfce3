//! The shared start against the twin of one sequence, and against the block kernel bit for bit.

use super::super::lstm::shared_start::{Offsets, Walk, WalkBack, pack, walk, walk_back};
use super::super::lstm::{self, From, Shape};
use super::super::reference::lstm::{State, Weights};
use super::super::{Isa, LANES};
use super::{Guarded, Numbers, assert_close, bits, seeded, size, widen};
use crate::kernels::activation::SIGMOID_SCALE;
use proptest::prelude::*;

/// A layer over a table of `rows` rows.
struct Layer {
    shape: Shape,
    twin: Weights,
    packed: Guarded,
    block_packed: Vec<f32>,
    table: Guarded,
}

impl Layer {
    fn new(units: usize, rows: usize, numbers: &mut Numbers) -> Self {
        let shape = Shape { inputs: 0, units };
        let columns = 4 * units;
        let recurrent = numbers.vec(units * columns, 2.0 / (units as f64).sqrt());
        let keras = numbers.vec(rows * columns, 1.0);
        let mut table = Guarded::zeroed(rows * shape.stride());
        for (row, keras) in table.get_mut().chunks_exact_mut(shape.stride()).zip(keras.chunks_exact(columns))
        {
            for (at, &z) in keras.iter().enumerate() {
                row[4 * (at % units) + at / units] = if at / units == 2 { z } else { SIGMOID_SCALE * z };
            }
        }
        // Memory of packed weights starts as zeros and keeps its layout: padding columns rely on it.
        let mut packed = Guarded::zeroed(shape.single_packed_len());
        pack(shape, &recurrent, packed.get_mut());
        packed.check_guards("packed");
        let mut block_packed = vec![f32::NAN; shape.packed_len()];
        lstm::pack(shape, &[], &recurrent, &vec![0.0; columns], &mut block_packed);
        let (kernel, recurrent) = (widen(&keras), widen(&recurrent));
        let twin = Weights { inputs: rows, units, kernel, recurrent, bias: vec![0.0; columns] };
        Self { shape, twin, packed, block_packed, table }
    }

    /// The trajectory `[steps + 1][7][H']` from zero state; with `keep` false, its two slots.
    fn walk(&self, isa: Isa, offsets: Offsets<'_>, steps: usize, keep: bool) -> Guarded {
        let shape = self.shape;
        let mut trajectory = Guarded::poisoned(shape.trajectory_step() * if keep { steps + 1 } else { 2 });
        trajectory.get_mut()[..shape.trajectory_step()].fill(0.0);
        let mut scratch = Guarded::poisoned(shape.single_scratch_len());
        walk(
            isa,
            Walk {
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
    fn the_walk_follows_the_twin_and_has_the_bits_of_a_block(
        units in size(), steps in 0usize..=9, same: bool, seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let layer = Layer::new(units, 4, &mut numbers);
        let shape = layer.shape;
        let chosen: Vec<usize> = (0..steps).map(|_| if same { 2 } else { numbers.0.below(4) }).collect();
        let each: Vec<u32> = chosen.iter().map(|row| (row * shape.stride()) as u32).collect();
        let offsets =
            if same { Offsets::Same(2 * shape.stride() as u32, steps) } else { Offsets::Each(&each) };
        let xs: Vec<Vec<f64>> =
            chosen.iter().map(|&row| (0..4).map(|r| f64::from(u8::from(r == row))).collect()).collect();
        let twin = layer.twin.forward(&layer.twin.zero_state(), &xs, &vec![true; steps]);

        let lanes: Vec<u32> = each.iter().flat_map(|&at| [at; LANES]).collect();
        let mut y = vec![f32::NAN; steps * units * LANES];
        let mut tape = vec![f32::NAN; steps * shape.tape_step()];
        lstm::forward(Isa::detect(), lstm::Forward {
            shape,
            steps,
            packed: &layer.block_packed,
            from: From::Table { rows: layer.table.get(), offsets: &lanes },
            mask: None,
            start: &vec![0.0; shape.state_len()],
            y: &mut y,
            tape: &mut tape,
        });

        for isa in Isa::available() {
            let kept = layer.walk(isa, offsets, steps, true);
            for parts in kept.get().chunks_exact(shape.trajectory_step()) {
                let state = parts.chunks_exact(shape.units_padded()).take(2);
                prop_assert!(state.flat_map(|part| &part[units..]).all(|&pad| pad == 0.0), "padding units");
            }
            let turns = layer.walk(isa, offsets, steps, false);
            for (t, twin) in twin.iter().enumerate() {
                let (h, c) = (layer.part(&kept, t + 1, 0), layer.part(&kept, t + 1, 1));
                assert_close(h, &twin.h, 1e-5, "h");
                assert_close(c, &twin.c, 1e-5, "c");
                let block: Vec<f32> = y[t * units * LANES..][..units * LANES].iter().copied().step_by(LANES).collect();
                prop_assert_eq!(bits(h), bits(&block), "{} step {}", isa, t);
            }
            for part in [0, 1] {
                let (kept, turns) = (layer.part(&kept, steps, part), layer.part(&turns, steps % 2, part));
                prop_assert_eq!(bits(kept), bits(turns), "{} without keeping", isa);
            }
        }
    }

    #[test]
    fn the_walk_back_follows_the_twin_with_the_same_bits(units in size(), steps in 0usize..=9, seed: u64) {
        let mut numbers = Numbers::new(seed);
        let layer = Layer::new(units, 1, &mut numbers);
        let (shape, padded) = (layer.shape, layer.shape.units_padded());
        let xs = vec![vec![1.0]; steps];
        let twin = layer.twin.forward(&layer.twin.zero_state(), &xs, &vec![true; steps]);
        // Blocks leave gradients at some numbers of steps, nothing at others.
        let mut dstates = Guarded::zeroed((steps + 1) * 2 * padded);
        for state in dstates.get_mut().chunks_exact_mut(padded) {
            if numbers.0.below(3) > 0 {
                state[..units].iter_mut().for_each(|d| *d = numbers.one(1.0));
            }
        }
        let arriving: Vec<State> = (1..=steps)
            .map(|t| {
                let part = |part: usize| widen(&dstates.get()[(2 * t + part) * padded..][..units]);
                State { h: part(0), c: part(1) }
            })
            .collect();
        let mut twin_grads = layer.twin.zeros_like();
        layer.twin.backward(&twin, &arriving, &mut twin_grads);

        let mut first: Option<[Vec<u32>; 2]> = None;
        for isa in Isa::available() {
            let trajectory = layer.walk(isa, Offsets::Same(0, steps), steps, true);
            let mut drow = Guarded::zeroed(shape.stride());
            let mut dw = Guarded::zeroed(units * shape.stride());
            let mut scratch = Guarded::poisoned(steps * shape.single_scratch_len() + 2 * padded);
            walk_back(isa, WalkBack {
                shape,
                packed: layer.packed.get(),
                trajectory: trajectory.get(),
                steps,
                dstates: dstates.get(),
                drow: drow.get_mut(),
                dw: dw.get_mut(),
                scratch: scratch.get_mut(),
            });
            [&drow, &dw, &scratch].iter().for_each(|buffer| buffer.check_guards("walk_back"));
            let now = [&drow, &dw].map(Guarded::bits);
            prop_assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{} has other bits", isa);
            let (mut row, mut recurrent) = (vec![0.0; 4 * units], vec![0.0; units * 4 * units]);
            shape.unpack(drow.get(), &mut row);
            shape.unpack(dw.get(), &mut recurrent);
            assert_close(&row, &twin_grads.kernel, 1e-5, "the row");
            assert_close(&recurrent, &twin_grads.recurrent, 1e-5, "dU");
        }
    }
}
