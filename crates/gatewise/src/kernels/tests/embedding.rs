//! The embedding stage, which is plain code, against the twin of one sequence.

use super::super::reference::embedding::Table;
use super::super::{Buffer, Isa, LANES};
use super::{Guarded, Numbers, assert_close, seeded, size, widen};
use crate::layers::{
    Backward, Block, BlockGrads, EmbeddingStage, Forward, PadPrefixSums, Reduce, Shared, Stage,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(seeded(100))]

    #[test]
    fn the_stage_follows_the_twin(
        vocabulary in 1usize..9, width in size(), steps in 0usize..=9, lanes in 1..=LANES, seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        // The table stands somewhere inside the model's parameters.
        let before = numbers.0.below(20);
        let range = before..before + vocabulary * width;
        let params = numbers.vec(range.end + 7, 1.0);
        // Lanes without a sample hold the pad id.
        let ids: Vec<u32> = (0..steps * LANES)
            .map(|at| if at % LANES < lanes { numbers.0.below(vocabulary) as u32 } else { 0 })
            .collect();
        let mut dy = numbers.vec(steps * width * LANES, 1.0);
        dy.iter_mut().enumerate().filter(|(at, _)| at % LANES >= lanes).for_each(|(_, dy)| *dy = 0.0);
        let stage = EmbeddingStage { table: range.clone(), width };
        // The table holds the rows that a batch uses: those of this block, and one of another.
        let mut used: Vec<u32> = ids.iter().copied().chain([numbers.0.below(vocabulary) as u32]).collect();
        used.sort_unstable();
        used.dedup();
        let place = |id: &u32| used.binary_search(id).unwrap() as u32;
        let mut places: Vec<u32> = ids.iter().map(place).collect();
        let offsets: Vec<u32> = places.iter().map(|place| place * width as u32).collect();
        places.sort_unstable();
        places.dedup();
        let mut rows = Guarded::poisoned(used.len() * width);
        let shared = Shared { isa: Isa::Portable, params: &params, packed: &[], table: &[], ids: &used };
        stage.project(shared, rows.get_mut(), &mut Buffer::default());
        let shared = Shared { table: rows.get(), ..shared };
        let block = Block { steps, offsets: &offsets, places: &places, ..Block::default() };
        let mut y = Guarded::poisoned(steps * width * LANES);
        let (noise, y_out, tape, state) = (None, y.get_mut(), &mut [], None);
        stage.forward(Forward { shared, block, training: true, noise, x: &[], y: y_out, tape, state });
        let mut partial = Guarded::poisoned(stage.partial_len(used.len()));
        stage.backward(Backward {
            shared, block, noise: None, x: &[], y: y.get(), dy: &dy, dx: None, partial: partial.get_mut(), tape: &[],
            scratch: &mut [],
        });
        partial.check_guards("partial");
        y.check_guards("y");

        let table = Table { width, values: widen(&params[range.clone()]) };
        let mut twin_grads = table.zeros_like();
        let at = |block: &[f32], t: usize, k: usize, lane: usize| block[(t * width + k) * LANES + lane];
        for lane in 0..lanes {
            let ids: Vec<u32> = ids.iter().skip(lane).step_by(LANES).copied().collect();
            let rows = |block: &[f32]| -> Vec<Vec<f64>> {
                (0..steps).map(|t| (0..width).map(|k| f64::from(at(block, t, k, lane))).collect()).collect()
            };
            prop_assert_eq!(rows(y.get()), table.forward(&ids));
            Table::backward(&ids, &rows(&dy), &mut twin_grads);
        }
        let mut share = Buffer::default();
        share.reserve(partial.get().len());
        share[..partial.get().len()].copy_from_slice(partial.get());
        let share = BlockGrads { places, prefix_steps: 0, partials: vec![share] };
        let mut grads = Guarded::poisoned(range.len());
        for (part, piece) in stage.parts().into_iter().enumerate() {
            let grads = &mut grads.get_mut()[piece.start - range.start..piece.end - range.start];
            let (blocks, prefix, scratch) = (&[&share][..], PadPrefixSums::default(), &mut Buffer::default());
            stage.reduce(Reduce { shared, blocks, stage: 0, part, prefix, grads, left: &mut [], scratch });
        }
        grads.check_guards("dE");
        assert_close(grads.get(), &twin_grads.values, 1e-5, "dE");
    }
}
