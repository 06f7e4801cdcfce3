//! The Adam kernel, and the optimizer round it, against the twin of one parameter.

use super::super::Isa;
use super::super::adam::{Step, step};
use super::super::reference::adam::{Adam, Param};
use super::{Guarded, Numbers, assert_close, seeded};
use crate::optimizer::{self, Optimizer, Update};
use proptest::prelude::*;

/// Keras's defaults but for the rate.
fn settings(learning_rate: f64) -> Adam {
    Adam { learning_rate, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 }
}

/// The kernel's own arguments for step `t`.
fn kernel_step(isa: Isa, twin: &Adam, t: i32, grads: &[f32], [m, v, params]: [&mut [f32]; 3]) {
    let (rate, epsilon) = (twin.rate(t) as f32, twin.epsilon as f32);
    let (keep_m, keep_v) = ((1.0 - twin.beta_1) as f32, (1.0 - twin.beta_2) as f32);
    step(isa, Step { rate, keep_m, keep_v, epsilon, grads, m, v, params });
}

proptest! {
    #![proptest_config(seeded(100))]

    #[test]
    fn five_steps_follow_the_twin_with_the_same_bits(
        len in 0usize..70, rate in 1e-4f64..0.1, exponent in -6i32..3, seed: u64,
    ) {
        let twin = settings(rate);
        let mut numbers = Numbers::new(seed);
        let start = numbers.vec(len, 1.0);
        let size = 10f64.powi(exponent);
        // Every fifth gradient is zero: rows that a batch does not touch.
        let mut grads: Vec<Vec<f32>> = (0..5).map(|_| numbers.vec(len, size)).collect();
        grads.iter_mut().flatten().step_by(5).for_each(|g| *g = 0.0);
        let mut params: Vec<Param> =
            start.iter().map(|&value| Param { value: f64::from(value), ..Param::default() }).collect();
        for (t, grads) in (1..).zip(&grads) {
            params.iter_mut().zip(grads).for_each(|(p, &g)| twin.step(t, f64::from(g), p));
        }
        let mut first: Option<[Vec<u32>; 3]> = None;
        for isa in Isa::available() {
            let mut state = [Guarded::zeroed(len), Guarded::zeroed(len), Guarded::new(&start)];
            for (t, grads) in (1..).zip(&grads) {
                let grads = Guarded::new(grads);
                kernel_step(isa, &twin, t, grads.get(), state.each_mut().map(Guarded::get_mut));
                state.iter().for_each(|buffer| buffer.check_guards("adam"));
            }
            let now = state.each_ref().map(Guarded::bits);
            prop_assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{} has other bits", isa);
            let column = |f: fn(&Param) -> f64| params.iter().map(f).collect::<Vec<_>>();
            assert_close(state[0].get(), &column(|p| p.m), 1e-6, "m");
            assert_close(state[1].get(), &column(|p| p.v), 1e-6, "v");
            assert_close(state[2].get(), &column(|p| p.value), 1e-6, "params");
        }
    }

    /// Threads get parts; however the parameters are cut, the bits are the same.
    #[test]
    fn the_optimizer_treats_each_element_alone(len in 1usize..70, cut in 0usize..70, seed: u64) {
        let mut numbers = Numbers::new(seed);
        let (start, grads) = (numbers.vec(len, 1.0), numbers.vec(len, 1.0));
        let run = |isa: Isa, cut: usize| {
            let [mut m, mut v, mut params] = [vec![0.0; len], vec![0.0; len], start.clone()];
            for step in 1..=3 {
                for range in [0..cut, cut..len] {
                    let mut slots = [&mut m[range.clone()], &mut v[range.clone()]];
                    optimizer::Adam::new(0.01).update(Update {
                        learning_rate: 0.01,
step,
                        isa,
                        grads: &grads[range.clone()],
                        params: &mut params[range],
                        slots: &mut slots,
                    });
                }
            }
            super::bits(&params)
        };
        let whole = run(Isa::detect(), 0);
        for isa in Isa::available() {
            prop_assert_eq!(run(isa, cut.min(len)), whole.clone(), "{}", isa);
        }
        let twin = settings(0.01);
        let values: Vec<f64> = start.iter().zip(&grads).map(|(&value, &g)| {
            let mut p = Param { value: f64::from(value), ..Param::default() };
            (1..=3).for_each(|t| twin.step(t, f64::from(g), &mut p));
            p.value
        }).collect();
        let ours: Vec<f32> = whole.into_iter().map(f32::from_bits).collect();
        assert_close(&ours, &values, 1e-6, "params");
    }
}

#[test]
fn slices_of_different_lengths_are_refused() {
    let run = |lengths: [usize; 4]| {
        let [g, mut m, mut v, mut p] = lengths.map(|len| vec![0.0; len]);
        let run = || kernel_step(Isa::Portable, &settings(0.1), 1, &g, [&mut m, &mut v, &mut p]);
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_ok()
    };
    assert!(run([20; 4]) && !run([19, 20, 20, 20]) && !run([20, 19, 20, 20]) && !run([20, 20, 19, 20]));
}
