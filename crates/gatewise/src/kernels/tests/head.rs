//! What training computes from a logit (sigmoid, loss, gradient) against the twin.

use super::super::reference::head;
use crate::Loss;
use proptest::prelude::*;

proptest! {
    #![proptest_config(super::seeded(2_000))]

    #[test]
    fn sigmoid_loss_and_gradient_follow_the_twin(z in -60f32..60.0, soft in 0f32..=1.0, kind in 0..3) {
        let y = [0.0, 1.0, soft][kind as usize];
        let loss = Loss::BinaryCrossentropy;
        let p = loss.folds().apply(z);
        let (z, y64) = (f64::from(z), f64::from(y));
        let twin = head::probability(z);
        prop_assert!((f64::from(p) / twin - 1.0).abs() < 1e-6, "{p} {twin}");
        prop_assert!((f64::from(p - y) - head::gradient(z, y64)).abs() < 1e-6);
        // The reported loss is a function of the rounded probability; near 0 and 1 that is all it knows.
        let reported = head::reported_loss(f64::from(p), y64);
        prop_assert!((loss.of(p, y) - reported).abs() < 1e-12);
        if z.abs() < 5.0 {
            prop_assert!((loss.of(p, y) - head::loss(z, y64)).abs() < 1e-4);
        }
    }
}

#[test]
fn extreme_logits_stay_finite_and_nan_shows() {
    let loss = Loss::BinaryCrossentropy;
    for z in [f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 90.0, -90.0, 0.0, -0.0] {
        let p = loss.folds().apply(z);
        assert!(
            (0.0..=1.0).contains(&p) && loss.of(p, 0.0).is_finite() && loss.of(p, 1.0).is_finite(),
            "{z}"
        );
    }
    assert!(loss.folds().apply(f32::NAN).is_nan() && loss.of(f32::NAN, 1.0).is_nan());
}
