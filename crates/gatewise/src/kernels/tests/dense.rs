//! The dense kernels against the twin of one sample.

use super::super::dense::{Backward, Forward, backward, forward, scratch_len};
use super::super::reference::dense::Weights;
use super::super::{Isa, LANES};
use super::{Guarded, Numbers, assert_close, seeded, size, widen};
use proptest::prelude::*;

const TOLERANCE: f64 = 1e-5;

/// Lane `lane` of `[width][16]`.
fn lane(block: &[f32], lane: usize) -> Vec<f32> {
    block.chunks_exact(LANES).map(|row| row[lane]).collect()
}

proptest! {
    #![proptest_config(seeded(200))]

    #[test]
    fn every_instruction_set_follows_the_twin_with_the_same_bits(
        inputs in size(), units in size(), steps in 0usize..4, lanes in 1..=LANES, want_dx: bool, seed: u64,
    ) {
        let mut numbers = Numbers::new(seed);
        let kernel = Guarded::new(&numbers.vec(inputs * units, 1.0));
        let bias = Guarded::new(&numbers.vec(units, 1.0));
        let x = Guarded::new(&numbers.vec(steps * inputs * LANES, 1.0));
        let mut dz = Guarded::new(&numbers.vec(steps * units * LANES, 1.0));
        for row in dz.get_mut().chunks_exact_mut(LANES) {
            row[lanes..].fill(0.0);
        }
        let twin = Weights { inputs, units, kernel: widen(kernel.get()), bias: widen(bias.get()) };
        let mut twin_grads = twin.zeros_like();
        let mut first: Option<Vec<Vec<u32>>> = None;
        for isa in Isa::available() {
            let mut y = Guarded::poisoned(steps * units * LANES);
            forward(isa, Forward { steps, kernel: kernel.get(), bias: bias.get(), x: x.get(), y: y.get_mut() });
            let mut grads = [Guarded::zeroed(inputs * units), Guarded::zeroed(units)];
            let mut dx = want_dx.then(|| Guarded::poisoned(steps * inputs * LANES));
            let mut scratch = Guarded::poisoned(scratch_len(inputs, units));
            let mut again = |grads: &mut [Guarded; 2]| {
                let [kernel_grad, bias_grad] = grads;
                backward(isa, Backward {
                    steps,
                    kernel: kernel.get(),
                    x: x.get(),
                    dz: dz.get(),
                    kernel_grad: kernel_grad.get_mut(),
                    bias_grad: bias_grad.get_mut(),
                    dx: dx.as_mut().map(Guarded::get_mut),
                    scratch: scratch.get_mut(),
                });
            };
            again(&mut grads);
            let once = grads.clone();
            again(&mut grads);
            for (once, twice) in once.iter().zip(&grads) {
                let doubled: Vec<f64> = once.get().iter().map(|&g| 2.0 * f64::from(g)).collect();
                assert_close(twice.get(), &doubled, 1e-6, "accumulated grads");
            }
            let written = [&y, &once[0], &once[1]].into_iter().chain(&dx).chain(&grads);
            written.clone().for_each(|buffer| buffer.check_guards("dense"));
            let now: Vec<Vec<u32>> = written.map(Guarded::bits).collect();
            let known = first.is_some();
            prop_assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{} has other bits", isa);
            if known {
                continue;
            }
            scratch.check_guards("scratch");
            for (step, l) in (0..steps).flat_map(|step| (0..lanes).map(move |l| (step, l))) {
                let of = |block: &[f32], width: usize| lane(&block[step * width * LANES..][..width * LANES], l);
                let (x, dz) = (widen(&of(x.get(), inputs)), widen(&of(dz.get(), units)));
                assert_close(&of(y.get(), units), &twin.forward(&x), TOLERANCE, "y");
                let twin_dx = twin.backward(&x, &dz, &mut twin_grads);
                dx.iter().for_each(|dx| assert_close(&of(dx.get(), inputs), &twin_dx, TOLERANCE, "dx"));
            }
            assert_close(once[0].get(), &twin_grads.kernel, TOLERANCE, "dW");
            assert_close(once[1].get(), &twin_grads.bias, TOLERANCE, "db");
        }
        [kernel, bias, x, dz].iter().for_each(|read| read.check_guards("read"));
    }
}

#[test]
fn buffers_that_are_too_small_are_refused() {
    let refused = |kernel: usize, x: usize, y: usize| {
        let (kernel, x, mut y) = (vec![0.0; kernel], vec![0.0; x], vec![0.0; y]);
        let run = || {
            forward(Isa::Portable, Forward { steps: 1, kernel: &kernel, bias: &[0.0; 3], x: &x, y: &mut y })
        };
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_err()
    };
    assert!(!refused(6, 32, 48));
    assert!(refused(7, 32, 48) && refused(6, 31, 48) && refused(6, 32, 47));
}
