//! What training computes from a logit (sigmoid, loss, gradient) against the twin.

use super::super::reference::head;
use crate::Loss;
use crate::layers::Activation;
use proptest::prelude::*;

/// As training folds it into the loss.
fn probability(z: f32) -> f32 {
    let mut z = [z];
    Activation::Sigmoid.apply_row(&mut z);
    z[0]
}

proptest! {
    #![proptest_config(super::seeded(2_000))]

    #[test]
    fn sigmoid_loss_and_gradient_follow_the_twin(z in -60f32..60.0, soft in 0f32..=1.0, kind in 0..3) {
        let y = [0.0, 1.0, soft][kind as usize];
        let loss = Loss::default();
        let p = probability(z);
        let (z, y64) = (f64::from(z), f64::from(y));
        let twin = head::probability(z);
        prop_assert!((f64::from(p) / twin - 1.0).abs() < 1e-6, "{p} {twin}");
        let mut d = [0.0];
        loss.logit_gradient(&[p], &[y], &mut d);
        prop_assert!((f64::from(d[0]) - head::gradient(z, y64)).abs() < 1e-6);
        // The reported loss is a function of the rounded probability; near 0 and 1 that is all it knows.
        let reported = head::reported_loss(f64::from(p), y64);
        prop_assert!((loss.value(&[p], &[y]) - reported).abs() < 1e-12);
        if z.abs() < 5.0 {
            prop_assert!((loss.value(&[p], &[y]) - head::loss(z, y64)).abs() < 1e-4);
        }
    }
}

#[test]
fn extreme_logits_stay_finite_and_nan_shows() {
    let loss = |p: f32, y: f32| Loss::default().value(&[p], &[y]);
    for z in [f32::INFINITY, f32::NEG_INFINITY, 1e30, -1e30, 90.0, -90.0, 0.0, -0.0] {
        let p = probability(z);
        assert!((0.0..=1.0).contains(&p) && loss(p, 0.0).is_finite() && loss(p, 1.0).is_finite(), "{z}");
    }
    assert!(probability(f32::NAN).is_nan() && loss(f32::NAN, 1.0).is_nan());
}
