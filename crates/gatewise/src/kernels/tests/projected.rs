//! The projected table against the twins of the embedding and of the fully connected layer: a row is
//! what a dense layer of G·H units makes of an embedding.

use super::super::recurrent::projected::{
    Project, ProjectRows, Projection, Share, TILE, Unproject, UnprojectRows, pack, project, project_rows,
    unproject, unproject_rows,
};
use super::super::reference::{dense::Weights, embedding::Table};
use super::super::{Isa, round_up};
use super::cells::{Tested, for_each_cell, shape};
use super::{Guarded, Numbers, assert_close, seeded, size, widen};
use proptest::prelude::*;

proptest! {
    #![proptest_config(seeded(150))]

    #[test]
    fn every_instruction_set_follows_the_twins_with_the_same_bits(
        width in size(), units in size(), count in 0usize..=2 * TILE + 3, first_id in 0u32..50, seed: u64,
    ) {
        for_each_cell!(check(width, units, count, first_id, seed));
    }

    #[test]
    fn rows_of_vectors_follow_the_twin_with_the_same_bits(
        width in size(), units in size(), count in 0usize..=19, seed: u64,
    ) {
        for_each_cell!(check_rows(width, units, count, seed));
    }
}

/// Keras's biases.
fn bias_of<C: Tested>(numbers: &mut Numbers, units: usize) -> Vec<f32> {
    numbers.vec(C::BIASES * C::GATES * units, 1.0)
}

/// What of them is added to the columns that the input reaches: both, where the previous output does too.
fn summed<C: Tested>(bias: &[f32], units: usize) -> Vec<f64> {
    let row = C::GATES * units;
    let both = |at: usize| C::BIASES == 2 && at / units < C::GATES - C::OUTPUT_ONLY;
    (0..row).map(|at| f64::from(bias[at]) + if both(at) { f64::from(bias[row + at]) } else { 0.0 }).collect()
}

fn check<C: Tested>(width: usize, units: usize, count: usize, first_id: u32, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let projection = Projection::new(C::THIS, width, units);
    let (columns, stride) = (C::GATES * units, projection.stride());
    // Where column `at` of Keras's lies in a row of the kernels, and which of a unit's it is.
    let column = |at: usize| C::INPUT_GATES.iter().position(|&gate| gate == at / units).unwrap();
    let place = |at: usize| shape::<C>(0, units).place(at % units, column(at));
    let vocabulary = 150;
    let embeddings = numbers.vec(vocabulary * width, 1.0);
    let (kernel, bias) = (numbers.vec(width * columns, 1.0), bias_of::<C>(&mut numbers, units));
    // Distinct ids in order, from `first_id` on.
    let mut ids: Vec<u32> = (0..vocabulary as u32).collect();
    numbers.0.shuffle(&mut ids);
    ids.truncate(count);
    ids.sort_unstable();
    let real_ids: Vec<u32> = ids.iter().map(|id| id + first_id).collect();
    // Memory of packed weights starts as zeros and keeps its layout: padding columns rely on it.
    let mut packed = Guarded::zeroed(projection.packed_len());
    pack(projection, &kernel, &bias, packed.get_mut());
    packed.check_guards("packed");
    // Two blocks: one used every row, the other every second one; rows not used hold anything. The
    // table's rows begin before those that are wanted.
    let (first_place, extra) = (3, numbers.vec(stride, 1.0));
    let mut shares = [Vec::new(), Vec::new()];
    let places = [1, 2].map(|step| (first_place as u32..).take(count).step_by(step).collect::<Vec<_>>());
    for (rows, places) in shares.iter_mut().zip(&places) {
        *rows = vec![f32::NAN; (first_place + count) * stride];
        for &place in places {
            let row = &mut rows[place as usize * stride..][..stride];
            row.fill(0.0);
            row[..columns].iter_mut().for_each(|dp| *dp = numbers.one(1.0));
        }
    }
    let dp = |row: usize, at: usize| {
        let share = |which: usize| f64::from(shares[which][(first_place + row) * stride + at]);
        let second = if row.is_multiple_of(2) { share(1) } else { 0.0 };
        share(0) + second + if row == 0 { f64::from(extra[at]) } else { 0.0 }
    };

    let table = Table { width, values: widen(&embeddings) };
    let weights =
        Weights { inputs: width, units: columns, kernel: widen(&kernel), bias: summed::<C>(&bias, units) };
    let (mut twin_rows, mut twin_de) = (vec![0.0; count * columns], Vec::new());
    let mut twin_grads = weights.zeros_like();
    for (row, x) in table.forward(&ids).iter().enumerate() {
        let z = weights.forward(x);
        let dz: Vec<f64> = (0..columns).map(|at| dp(row, place(at))).collect();
        for at in 0..columns {
            // Forward wants what goes into a sigmoid scaled.
            let scale = f64::from(C::THIS.scale(column(at)));
            twin_rows[row * columns + place(at)] = scale * z[at];
        }
        twin_de.extend(weights.backward(x, &dz, &mut twin_grads));
    }

    let mut first: Option<[Vec<u32>; 3]> = None;
    for isa in Isa::available() {
        let mut table = Guarded::poisoned(count * stride);
        let mut scratch = Guarded::poisoned(projection.scratch_len(TILE));
        project(
            isa,
            Project {
                projection,
                embeddings: &embeddings,
                first_id,
                packed: packed.get(),
                ids: &real_ids,
                table: table.get_mut(),
                scratch: scratch.get_mut(),
            },
        );
        let mut more = Guarded::poisoned(projection.scratch_len(count));
        let mut de = Guarded::poisoned(embeddings.len());
        let mut dw = Guarded::zeroed(projection.grads_len());
        unproject(
            isa,
            Unproject {
                projection,
                embeddings: &embeddings,
                first_id,
                packed: packed.get(),
                ids: &real_ids,
                first_place,
                shares: &[0, 1].map(|which| Share { places: &places[which], rows: &shares[which] }),
                extra: Some(&extra),
                de: de.get_mut(),
                dw: dw.get_mut(),
                scratch: more.get_mut(),
            },
        );
        [&table, &scratch, &more, &de, &dw].iter().for_each(|buffer| buffer.check_guards("projected"));
        let now = [&table, &de, &dw].map(Guarded::bits);
        assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{} has other bits", isa);

        let rows = table.get().chunks_exact(stride);
        assert!(rows.clone().all(|row| row[columns..].iter().all(|&pad| pad == 0.0)));
        let rows: Vec<f32> = rows.flat_map(|row| row[..columns].to_vec()).collect();
        assert_close(&rows, &twin_rows, 1e-5, "P");
        let de: Vec<f32> =
            ids.iter().flat_map(|&id| de.get()[id as usize * width..][..width].to_vec()).collect();
        assert_close(&de, &twin_de, 1e-5, "dE");
        let mut keras = vec![0.0; (width + 1) * columns];
        projection.shape.unpack_kernel(dw.get(), &mut keras);
        assert_close(&keras[..width * columns], &twin_grads.kernel, 1e-5, "dW");
        assert_close(&keras[width * columns..], &twin_grads.bias, 1e-5, "db");
    }
}

fn check_rows<C: Tested>(width: usize, units: usize, count: usize, seed: u64) {
    let mut numbers = Numbers::new(seed);
    let projection = Projection::new(C::THIS, width, units);
    let (columns, stride, padded) = (C::GATES * units, projection.stride(), round_up(width));
    let column = |at: usize| C::INPUT_GATES.iter().position(|&gate| gate == at / units).unwrap();
    let place = |at: usize| shape::<C>(0, units).place(at % units, column(at));
    let (kernel, bias) = (numbers.vec(width * columns, 1.0), bias_of::<C>(&mut numbers, units));
    let mut packed = Guarded::zeroed(projection.packed_len());
    pack(projection, &kernel, &bias, packed.get_mut());
    // Padding holds zeros: of the rows, and of the gradients behind the last column.
    let mut x = vec![0.0; count * padded];
    x.chunks_exact_mut(padded).for_each(|row| row[..width].copy_from_slice(&numbers.vec(width, 1.0)));
    let mut dz = vec![0.0; count * stride];
    dz.chunks_exact_mut(stride).for_each(|row| row[..columns].copy_from_slice(&numbers.vec(columns, 1.0)));
    // What is accumulated on.
    let before = numbers.vec(width * stride, 1.0);

    let weights =
        Weights { inputs: width, units: columns, kernel: widen(&kernel), bias: summed::<C>(&bias, units) };
    let mut grads = weights.zeros_like();
    let (mut twin_rows, mut twin_dx) = (vec![0.0; count * columns], Vec::new());
    for (row, (x, dz)) in x.chunks_exact(padded).zip(dz.chunks_exact(stride)).enumerate() {
        let x = widen(&x[..width]);
        for (at, z) in weights.forward(&x).into_iter().enumerate() {
            twin_rows[row * columns + place(at)] = f64::from(C::THIS.scale(column(at))) * z;
        }
        let dz: Vec<f64> = (0..columns).map(|at| f64::from(dz[place(at)])).collect();
        twin_dx.extend(weights.backward(&x, &dz, &mut grads));
    }
    let twin_dw: Vec<f64> = (0..width * columns)
        .map(|i| grads.kernel[i] + f64::from(before[i / columns * stride + place(i % columns)]))
        .collect();

    let (packed, mut first) = (packed.get(), None);
    for isa in Isa::available() {
        let mut table = Guarded::poisoned(count * stride);
        project_rows(isa, ProjectRows { projection, packed, x: &x, table: table.get_mut() });
        let (mut dx, mut dw) = (Guarded::poisoned(count * padded), Guarded::new(&before));
        let (into_dw, into_dx) = (dw.get_mut(), dx.get_mut());
        unproject_rows(isa, UnprojectRows { projection, packed, x: &x, dz: &dz, dw: into_dw, dx: into_dx });
        [&table, &dx, &dw].iter().for_each(|buffer| buffer.check_guards("rows"));
        let now = [&table, &dx, &dw].map(Guarded::bits);
        assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{isa} has other bits");

        let parts = |of: &Guarded, row: usize, part: usize| -> Vec<f32> {
            of.get().chunks_exact(row).flat_map(|row| row[..part].to_vec()).collect()
        };
        assert_close(&parts(&table, stride, columns), &twin_rows, 1e-5, "rows");
        assert!(dx.get().chunks_exact(padded).all(|row| row[width..].iter().all(|&pad| pad == 0.0)));
        assert_close(&parts(&dx, padded, width), &twin_dx, 1e-5, "dx");
        let ours: Vec<f32> =
            (0..width * columns).map(|i| dw.get()[i / columns * stride + place(i % columns)]).collect();
        assert_close(&ours, &twin_dw, 1e-5, "dW");
    }
}
