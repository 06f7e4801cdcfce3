//! The kernel of optimizers, by way of the optimizers themselves, against the twins of one parameter.

use super::super::Isa;
use super::super::reference::optimizers::Optimizer as Twin;
use super::super::update::{Rule, Sgd, Step, step};
use super::{Guarded, Numbers, assert_close, seeded};
use crate::optimizer::{self, Optimizer, Update};
use proptest::prelude::*;

/// Each optimizer with its options, beside its twin, at Keras's defaults but for decay.
fn pairs(decay: Option<f64>) -> Vec<(Box<dyn Optimizer>, Twin)> {
    let mut pairs: Vec<(Box<dyn Optimizer>, Twin)> = Vec::new();
    for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
        let sgd = optimizer::Sgd::default().momentum(momentum).nesterov(nesterov).weight_decay(decay);
        pairs.push((Box::new(sgd), Twin::Sgd { momentum, nesterov }));
    }
    for (momentum, centered) in [(0.0, false), (0.8, false), (0.0, true), (0.8, true)] {
        let rms_prop =
            optimizer::RmsProp::default().momentum(momentum).centered(centered).weight_decay(decay);
        pairs.push((Box::new(rms_prop), Twin::RmsProp { rho: 0.9, momentum, epsilon: 1e-7, centered }));
    }
    let adagrad = optimizer::Adagrad::default().weight_decay(decay);
    pairs.push((Box::new(adagrad), Twin::Adagrad { initial_accumulator_value: 0.1, epsilon: 1e-7 }));
    let (beta_1, beta_2, epsilon) = (0.9, 0.999, 1e-7);
    for amsgrad in [false, true] {
        let adam = optimizer::Adam::default().amsgrad(amsgrad).weight_decay(decay);
        pairs.push((Box::new(adam), Twin::Adam { beta_1, beta_2, epsilon, amsgrad }));
    }
    let nadam = optimizer::Nadam::default().weight_decay(decay);
    pairs.push((Box::new(nadam), Twin::Nadam { beta_1, beta_2, epsilon }));
    let adamax = optimizer::Adamax::default().weight_decay(decay);
    pairs.push((Box::new(adamax), Twin::Adamax { beta_1, beta_2, epsilon }));
    let adadelta = optimizer::Adadelta::default().weight_decay(decay);
    pairs.push((Box::new(adadelta), Twin::Adadelta { rho: 0.95, epsilon }));
    let lion = optimizer::Lion::default().weight_decay(decay);
    pairs.push((Box::new(lion), Twin::Lion { beta_1, beta_2: 0.99 }));
    pairs
}

proptest! {
    #![proptest_config(seeded(60))]

    #[test]
    fn six_steps_follow_the_twins_with_the_same_bits(
        len in 0usize..70, cut in 0usize..70, rate in 1e-4f64..0.1, exponent in -3i32..3, decays: bool, seed: u64,
    ) {
        let decay = decays.then_some(0.1);
        let mut numbers = Numbers::new(seed);
        let start = numbers.vec(len, 1.0);
        let size = 10f64.powi(exponent);
        // Every fifth gradient is zero: rows that a batch does not touch.
        let mut grads: Vec<Vec<f32>> = (0..6).map(|_| numbers.vec(len, size)).collect();
        grads.iter_mut().flatten().step_by(5).for_each(|g| *g = 0.0);
        for (optimizer, twin) in pairs(decay) {
            let mut params: Vec<_> = start.iter().map(|&value| twin.begin(f64::from(value))).collect();
            for (t, grads) in (1..).zip(&grads) {
                let decay = decay.unwrap_or(0.0);
                params.iter_mut().zip(grads).for_each(|(p, &g)| twin.step(t, rate, decay, f64::from(g), p));
            }
            let values: Vec<f64> = params.iter().map(|p| p.value).collect();
            let mut first: Option<Vec<Vec<u32>>> = None;
            // Threads get parts: however the parameters are cut, the bits are the same.
            for (isa, cut) in Isa::available().into_iter().zip([0, cut.min(len), len]) {
                let mut state: Vec<_> = (0..optimizer.slots())
                    .map(|slot| Guarded::new(&vec![optimizer.slot_start(slot); len]))
                    .chain([Guarded::new(&start)])
                    .collect();
                for (t, grads) in (1..).zip(&grads) {
                    let grads = Guarded::new(grads);
                    for range in [0..cut, cut..len] {
                        let mut slots: Vec<_> =
                            state.iter_mut().map(|slot| &mut slot.get_mut()[range.clone()]).collect();
                        let params = slots.pop().unwrap();
                        let (grads, slots) = (&grads.get()[range], &mut *slots);
                        optimizer.update(Update { step: t, learning_rate: rate, isa, decays: true, grads, params, slots });
                    }
                    state.iter().for_each(|buffer| buffer.check_guards("update"));
                }
                let now: Vec<_> = state.iter().map(Guarded::bits).collect();
                prop_assert_eq!(first.get_or_insert_with(|| now.clone()), &now, "{:?} {}", optimizer, isa);
                // Where squares all but cancel in a variance, roots of rounding are divided by.
                let tolerance = if format!("{optimizer:?}").contains("centered: true") { 1e-4 } else { 2e-6 };
                assert_close(state.pop().unwrap().get(), &values, tolerance, &format!("{optimizer:?}"));
            }
        }
    }
}

#[test]
fn slices_of_different_lengths_and_other_numbers_of_slots_are_refused() {
    let run = |lengths: [usize; 2], slots: usize| {
        let [g, mut p] = lengths.map(|len| vec![0.0; len]);
        let mut state = vec![vec![0.0; 20]; slots];
        let mut slots: Vec<_> = state.iter_mut().map(|slot| &mut **slot).collect();
        let (grads, params, slots) = (&*g, &mut *p, &mut *slots);
        let rule = Rule::Sgd(Sgd { rate: 0.1 });
        let run = || step(Isa::Portable, Step { rule, decay: 0.0, grads, params, slots });
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(run)).is_ok()
    };
    assert!(run([20; 2], 0) && !run([19, 20], 0) && !run([20, 19], 0) && !run([20; 2], 1));
}
