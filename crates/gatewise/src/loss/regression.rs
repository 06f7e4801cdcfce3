//! Losses that are the mean of a function of one output p and its target y, and the derivatives of these
//! functions with respect to p.

use super::EPSILON;

/// Computes the mean of `f(p, y)` over a row.
pub(super) fn mean(outputs: &[f32], targets: &[f32], f: impl Fn(f64, f64) -> f64) -> f64 {
    let pairs = outputs.iter().zip(targets);
    pairs.map(|(&p, &y)| f(f64::from(p), f64::from(y))).sum::<f64>() / outputs.len() as f64
}

/// Computes the gradient of [`mean`] from the derivative of its function.
pub(super) fn gradient(outputs: &[f32], targets: &[f32], d: &mut [f32], slope: impl Fn(f64, f64) -> f64) {
    let n = outputs.len() as f64;
    for ((d, &p), &y) in d.iter_mut().zip(outputs).zip(targets) {
        *d = (slope(f64::from(p), f64::from(y)) / n) as f32;
    }
}

pub(super) fn squared(p: f64, y: f64) -> f64 {
    (p - y) * (p - y)
}

pub(super) fn squared_slope(p: f64, y: f64) -> f64 {
    2.0 * (p - y)
}

pub(super) fn absolute(p: f64, y: f64) -> f64 {
    (p - y).abs()
}

pub(super) fn absolute_slope(p: f64, y: f64) -> f64 {
    let error = p - y;
    // Not `signum`, which is 1 at 0.
    if error == 0.0 { 0.0 } else { error.signum() }
}

pub(super) fn huber(p: f64, y: f64, delta: f64) -> f64 {
    let error = (p - y).abs();
    if error > delta { delta * error - 0.5 * delta * delta } else { 0.5 * error * error }
}

pub(super) fn huber_slope(p: f64, y: f64, delta: f64) -> f64 {
    (p - y).clamp(-delta, delta)
}

pub(super) fn poisson(p: f64, y: f64) -> f64 {
    p - y * (p + EPSILON).ln()
}

pub(super) fn poisson_slope(p: f64, y: f64) -> f64 {
    1.0 - y / (p + EPSILON)
}
