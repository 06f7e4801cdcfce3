//! Losses that are the mean of a function of one output p and its target y, and the derivatives of these
//! functions with respect to p.
//!
//! Input: outputs and targets of a row. Output: the loss, or its gradient. NaN passes: `max` would drop it.

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

pub(super) fn percentage(p: f64, y: f64) -> f64 {
    100.0 * absolute(p, y) / y.abs().max(EPSILON)
}

pub(super) fn percentage_slope(p: f64, y: f64) -> f64 {
    100.0 * absolute_slope(p, y) / y.abs().max(EPSILON)
}

/// Returns ln(1 + max(x, ε)).
fn logarithm(x: f64) -> f64 {
    if x < EPSILON { EPSILON.ln_1p() } else { x.ln_1p() }
}

pub(super) fn squared_logarithmic(p: f64, y: f64) -> f64 {
    squared(logarithm(p), logarithm(y))
}

pub(super) fn squared_logarithmic_slope(p: f64, y: f64) -> f64 {
    if p < EPSILON { 0.0 } else { squared_slope(logarithm(p), logarithm(y)) / (1.0 + p) }
}

/// ln cosh e = |e| + ln(1 + exp(−2·|e|)) − ln 2, without overflow.
pub(super) fn log_cosh(p: f64, y: f64) -> f64 {
    let error = (p - y).abs();
    error + (-2.0 * error).exp().ln_1p() - std::f64::consts::LN_2
}

pub(super) fn log_cosh_slope(p: f64, y: f64) -> f64 {
    (p - y).tanh()
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

/// Returns the label as −1 or 1: 0 counts as −1.
fn sign(y: f64) -> f64 {
    if y == 0.0 { -1.0 } else { y }
}

/// Returns how far output p is on the wrong side of the margin; at least 0.
pub(super) fn hinge(p: f64, y: f64) -> f64 {
    let short = 1.0 - sign(y) * p;
    if short < 0.0 { 0.0 } else { short }
}

pub(super) fn hinge_slope(p: f64, y: f64) -> f64 {
    if hinge(p, y) > 0.0 { -sign(y) } else { 0.0 }
}

pub(super) fn squared_hinge(p: f64, y: f64) -> f64 {
    hinge(p, y) * hinge(p, y)
}

pub(super) fn squared_hinge_slope(p: f64, y: f64) -> f64 {
    -2.0 * sign(y) * hinge(p, y)
}
