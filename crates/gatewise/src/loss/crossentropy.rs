//! Cross-entropies of one row of probabilities, and their gradients.

use super::EPSILON;

/// Returns p clipped to ε..1 − ε, so that no logarithm is infinite. NaN stays NaN.
fn clipped(p: f64) -> f64 {
    p.clamp(EPSILON, 1.0 - EPSILON)
}

/// Returns whether [`clipped`] does not change p, so that the gradient passes.
fn is_free(p: f64) -> bool {
    p.is_nan() || (EPSILON..=1.0 - EPSILON).contains(&p)
}

/// Returns the smoothed target.
fn smooth(y: f64, smoothing: f64, centre: f64) -> f64 {
    y * (1.0 - smoothing) + smoothing * centre
}

pub(super) fn binary(outputs: &[f32], targets: &[f32], smoothing: f64) -> f64 {
    let one = |(&p, &y): (&f32, &f32)| {
        let (p, y) = (clipped(f64::from(p)), smooth(f64::from(y), smoothing, 0.5));
        -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
    };
    outputs.iter().zip(targets).map(one).sum::<f64>() / outputs.len() as f64
}

/// dloss/dp = (p − y) / (p·(1 − p)·n)
pub(super) fn binary_gradient(outputs: &[f32], targets: &[f32], smoothing: f64, d: &mut [f32]) {
    let n = outputs.len() as f64;
    for ((d, &p), &y) in d.iter_mut().zip(outputs).zip(targets) {
        let (p, y) = (f64::from(p), smooth(f64::from(y), smoothing, 0.5));
        *d = if is_free(p) { ((p - y) / (p * (1.0 - p) * n)) as f32 } else { 0.0 };
    }
}

/// dloss/dz = (p − y) / n, for p = σ(z).
pub(super) fn binary_logits(outputs: &[f32], targets: &[f32], smoothing: f32, d: &mut [f32]) {
    let n = outputs.len() as f32;
    for ((d, &p), &y) in d.iter_mut().zip(outputs).zip(targets) {
        *d = (p - (y * (1.0 - smoothing) + 0.5 * smoothing)) / n;
    }
}

/// Returns Σp, by which the outputs are divided so that they sum to 1. (Keras does so for the categorical
/// loss on all backends, and for the sparse loss on all but TensorFlow, which clips first.)
fn total(outputs: &[f32]) -> f64 {
    outputs.iter().map(|&p| f64::from(p)).sum()
}

pub(super) fn categorical(outputs: &[f32], targets: &[f32], smoothing: f64) -> f64 {
    let (total, even) = (total(outputs), 1.0 / outputs.len() as f64);
    let one = |(&p, &y): (&f32, &f32)| {
        let y = smooth(f64::from(y), smoothing, even);
        // 0·ln p is 0, which is most of a one-hot row; NaN must stay NaN.
        if y == 0.0 && !p.is_nan() { 0.0 } else { -y * clipped(f64::from(p) / total).ln() }
    };
    outputs.iter().zip(targets).map(one).sum()
}

/// With q = p/Σp and g = dloss/dq = −y/q (0 where q is clipped): dloss/dp = (g − Σ g·q) / Σp.
pub(super) fn categorical_gradient(outputs: &[f32], targets: &[f32], smoothing: f64, d: &mut [f32]) {
    let (total, even) = (total(outputs), 1.0 / outputs.len() as f64);
    let slope = |p: f32, y: f32| {
        let (q, y) = (f64::from(p) / total, smooth(f64::from(y), smoothing, even));
        // (g, g·q)
        if is_free(q) { (-y / q, -y) } else { (0.0, 0.0) }
    };
    let mean: f64 = outputs.iter().zip(targets).map(|(&p, &y)| slope(p, y).1).sum();
    for ((d, &p), &y) in d.iter_mut().zip(outputs).zip(targets) {
        *d = ((slope(p, y).0 - mean) / total) as f32;
    }
}

/// dloss/dz = p − y, for p = softmax(z) and targets that sum to 1.
pub(super) fn categorical_logits(outputs: &[f32], targets: &[f32], smoothing: f32, d: &mut [f32]) {
    let even = 1.0 / outputs.len() as f32;
    for ((d, &p), &y) in d.iter_mut().zip(outputs).zip(targets) {
        *d = p - (y * (1.0 - smoothing) + smoothing * even);
    }
}

/// Returns the class number of a target; `usize::MAX` where [`check`](super::Loss::check) would refuse it.
fn class(targets: &[f32]) -> usize {
    targets.first().map_or(usize::MAX, |&class| class as usize)
}

pub(super) fn sparse(outputs: &[f32], targets: &[f32]) -> f64 {
    // A NaN anywhere makes the sum NaN.
    outputs.get(class(targets)).map_or(f64::NAN, |&p| -clipped(f64::from(p) / total(outputs)).ln())
}

/// [`categorical_gradient`] where y is 1 for the class and 0 elsewhere.
pub(super) fn sparse_gradient(outputs: &[f32], targets: &[f32], d: &mut [f32]) {
    let (total, class) = (total(outputs), class(targets));
    let q = outputs.get(class).map_or(f64::NAN, |&p| f64::from(p) / total);
    let (g, mean) = if is_free(q) { (-1.0 / q, -1.0) } else { (0.0, 0.0) };
    d.fill((-mean / total) as f32);
    if let Some(d) = d.get_mut(class) {
        *d = ((g - mean) / total) as f32;
    }
}

/// [`categorical_logits`] where y is 1 for the class and 0 elsewhere.
pub(super) fn sparse_logits(outputs: &[f32], targets: &[f32], d: &mut [f32]) {
    d.copy_from_slice(outputs);
    if let Some(d) = d.get_mut(class(targets)) {
        *d -= 1.0;
    }
}
