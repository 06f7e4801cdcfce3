//! Losses of whole rows other than cross-entropies: divergence, categorical hinge and cosine.
//!
//! Input: outputs and targets of a row. Output: the loss, or its gradient.

use super::EPSILON;

/// Returns x clipped to ε..1. NaN stays NaN.
fn clipped(x: f32) -> f64 {
    f64::from(x).clamp(EPSILON, 1.0)
}

pub(super) fn divergence(outputs: &[f32], targets: &[f32]) -> f64 {
    let one = |(&p, &y): (&f32, &f32)| clipped(y) * (clipped(y) / clipped(p)).ln();
    outputs.iter().zip(targets).map(one).sum()
}

/// dloss/dp = −y/p, and 0 where p is clipped.
pub(super) fn divergence_gradient(outputs: &[f32], targets: &[f32], d: &mut [f32]) {
    for ((d, &p), &y) in d.iter_mut().zip(outputs).zip(targets) {
        *d = if clipped(p) == f64::from(p) { (-clipped(y) / clipped(p)) as f32 } else { 0.0 };
    }
}

/// Returns max(max((1 − y)·ŷ) − Σ y·ŷ + 1, 0) and the index of the best other class.
fn margin(outputs: &[f32], targets: &[f32]) -> (f64, usize) {
    let pairs = || outputs.iter().zip(targets).map(|(&p, &y)| (f64::from(p), f64::from(y)));
    let own: f64 = pairs().map(|(p, y)| y * p).sum();
    let others = pairs().map(|(p, y)| (1.0 - y) * p).enumerate();
    let best = |best: (usize, f64), at: (usize, f64)| if at.1 > best.1 { at } else { best };
    let (at, other) = others.fold((0, f64::NEG_INFINITY), best);
    let short = other - own + 1.0;
    (if short < 0.0 { 0.0 } else { short }, at)
}

pub(super) fn categorical_hinge(outputs: &[f32], targets: &[f32]) -> f64 {
    margin(outputs, targets).0
}

pub(super) fn categorical_hinge_gradient(outputs: &[f32], targets: &[f32], d: &mut [f32]) {
    let (short, at) = margin(outputs, targets);
    if short == 0.0 {
        return d.fill(0.0);
    }
    d.iter_mut().zip(targets).for_each(|(d, &y)| *d = -y);
    if let (Some(d), Some(&y)) = (d.get_mut(at), targets.get(at)) {
        *d += 1.0 - y;
    }
}

/// Returns 1/‖x‖, at most 1/ε.
fn inverse_norm(x: &[f32]) -> f64 {
    let squares: f64 = x.iter().map(|&x| f64::from(x).powi(2)).sum();
    squares.sqrt().recip().min(EPSILON.recip())
}

/// Returns 1/‖ŷ‖, 1/‖y‖ and the cosine.
fn cosine_parts(outputs: &[f32], targets: &[f32]) -> (f64, f64, f64) {
    let (p_scale, y_scale) = (inverse_norm(outputs), inverse_norm(targets));
    let one = |(&p, &y): (&f32, &f32)| (f64::from(p) * p_scale) * (f64::from(y) * y_scale);
    (p_scale, y_scale, outputs.iter().zip(targets).map(one).sum())
}

pub(super) fn cosine(outputs: &[f32], targets: &[f32]) -> f64 {
    -cosine_parts(outputs, targets).2
}

/// dloss/dŷ = −(y/‖y‖ − cos·ŷ/‖ŷ‖) / ‖ŷ‖; where ‖ŷ‖ is held at ε, the second term is 0.
pub(super) fn cosine_gradient(outputs: &[f32], targets: &[f32], d: &mut [f32]) {
    let (p_scale, y_scale, cosine) = cosine_parts(outputs, targets);
    let turned = if p_scale < EPSILON.recip() { cosine } else { 0.0 };
    for ((d, &p), &y) in d.iter_mut().zip(outputs).zip(targets) {
        *d = ((turned * f64::from(p) * p_scale - f64::from(y) * y_scale) * p_scale) as f32;
    }
}
