//! Focal cross-entropies: cross-entropies with a factor that is small where the output is right and sure.
//!
//! Input: outputs (probabilities or logits) and targets of a row. Output: the loss, or its gradient.

use super::crossentropy::{Classes, binary_of_logit, binary_of_probability, is_free, sigmoid, smooth};

/// The settings of a focal loss.
#[derive(Debug, Clone, Copy)]
pub(super) struct Focal {
    pub alpha: f64,
    pub gamma: f64,
    /// Whether α weighs class 1 against class 0.
    pub balanced: bool,
    pub smoothing: f64,
    pub from_logits: bool,
}

/// Returns x^γ and its derivative. Where the derivative is infinite (x = 0, γ < 1) it counts as 0: the output is
/// right already.
fn power(x: f64, gamma: f64) -> (f64, f64) {
    let slope = if x > 0.0 || gamma >= 1.0 { gamma * x.powf(gamma - 1.0) } else { 0.0 };
    (x.powf(gamma), slope)
}

impl Focal {
    fn weight(&self, y: f64) -> f64 {
        if self.balanced { y * self.alpha + (1.0 - y) * (1.0 - self.alpha) } else { 1.0 }
    }

    /// Computes w·(1 − p_t)^γ·H for one output, and its derivative with respect to the output.
    pub fn binary(&self, output: f64, target: f64) -> (f64, f64) {
        let y = smooth(target, self.smoothing, 0.5);
        // p, H, and the derivatives of both.
        let (p, p_slope, entropy, entropy_slope) = match self.from_logits {
            true => {
                let p = sigmoid(output);
                (p, p * (1.0 - p), binary_of_logit(output, y), p - y)
            }
            false => {
                let slope = if is_free(output) { (output - y) / (output * (1.0 - output)) } else { 0.0 };
                (output, 1.0, binary_of_probability(output, y), slope)
            }
        };
        // 1 − p_t is y·(1 − p) + (1 − y)·p.
        let (factor, factor_slope) = power(y * (1.0 - p) + (1.0 - y) * p, self.gamma);
        let slope = (1.0 - 2.0 * y) * p_slope * factor_slope * entropy + factor * entropy_slope;
        (self.weight(y) * factor * entropy, self.weight(y) * slope)
    }

    fn smoothed(&self, y: f32, classes: usize) -> f64 {
        smooth(f64::from(y), self.smoothing, 1.0 / classes as f64)
    }

    pub fn categorical(&self, outputs: &[f32], targets: &[f32]) -> f64 {
        let of = Classes::new(outputs, self.from_logits);
        let one = |(&x, &y): (&f32, &f32)| {
            let (y, (q, ln_q)) = (self.smoothed(y, outputs.len()), of.probability(x));
            if y == 0.0 && !x.is_nan() { 0.0 } else { -self.alpha * power(1.0 - q, self.gamma).0 * y * ln_q }
        };
        outputs.iter().zip(targets).map(one).sum()
    }

    pub fn categorical_gradient(&self, outputs: &[f32], targets: &[f32], d: &mut [f32]) {
        let of = Classes::new(outputs, self.from_logits);
        // q·dloss/dq
        let slope = |q: f64, ln_q: f64, y: f32| {
            let (y, (factor, factor_slope)) = (self.smoothed(y, outputs.len()), power(1.0 - q, self.gamma));
            self.alpha * y * (factor_slope * q * ln_q - factor)
        };
        of.gradient(outputs, targets, d, slope);
    }
}
