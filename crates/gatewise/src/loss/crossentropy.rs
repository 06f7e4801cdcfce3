//! Cross-entropies of one row of probabilities or logits, and their gradients.
//!
//! Input: outputs and targets of a row. Output: the loss, or its gradient.

use super::EPSILON;

/// 1 − ε as Keras has it in `f32`, 1 − 2⁻²³.
const ALMOST_ONE: f64 = 1.0 - 1.0 / 8_388_608.0;

/// Returns p clipped to ε..1 − ε, so that no logarithm is infinite. NaN stays NaN.
fn clipped(p: f64) -> f64 {
    p.clamp(EPSILON, ALMOST_ONE)
}

/// Returns whether [`clipped`] does not change p, so that the gradient passes.
pub(super) fn is_free(p: f64) -> bool {
    p.is_nan() || (EPSILON..=ALMOST_ONE).contains(&p)
}

/// Returns σ(z), accurate in both tails.
pub(super) fn sigmoid(z: f64) -> f64 {
    if z >= 0.0 { 1.0 / (1.0 + (-z).exp()) } else { z.exp() / (1.0 + z.exp()) }
}

/// Returns the smoothed target.
pub(super) fn smooth(y: f64, smoothing: f64, centre: f64) -> f64 {
    y * (1.0 - smoothing) + smoothing * centre
}

/// Computes the cross-entropy of one probability.
pub(super) fn binary_of_probability(p: f64, y: f64) -> f64 {
    let p = clipped(p);
    -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
}

/// Computes the cross-entropy of σ(z): max(z, 0) − y·z + ln(1 + e^−|z|).
pub(super) fn binary_of_logit(z: f64, y: f64) -> f64 {
    z.max(0.0) - y * z + (-z.abs()).exp().ln_1p()
}

pub(super) fn binary(outputs: &[f32], targets: &[f32], smoothing: f64) -> f64 {
    let one =
        |(&p, &y): (&f32, &f32)| binary_of_probability(f64::from(p), smooth(f64::from(y), smoothing, 0.5));
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
    targets.first().map_or(usize::MAX, |&class| if class >= 0.0 { class as usize } else { usize::MAX })
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

/// The distribution of the classes of a row, from probabilities or from logits.
#[derive(Debug, Clone, Copy)]
pub(super) struct Classes {
    from_logits: bool,
    /// Σp, or ln Σ e^z.
    total: f64,
}

impl Classes {
    pub fn new(outputs: &[f32], from_logits: bool) -> Self {
        if !from_logits {
            return Self { from_logits, total: total(outputs) };
        }
        let highest = f64::from(outputs.iter().fold(f32::NEG_INFINITY, |highest, &z| highest.max(z)));
        let sum: f64 = outputs.iter().map(|&z| (f64::from(z) - highest).exp()).sum();
        Self { from_logits, total: highest + sum.ln() }
    }

    /// Returns the probability q of a class with output x, and ln q. A q of probabilities is clipped.
    pub fn probability(&self, x: f32) -> (f64, f64) {
        let x = f64::from(x);
        match self.from_logits {
            true => ((x - self.total).exp(), x - self.total),
            false => {
                let q = clipped(x / self.total);
                (q, q.ln())
            }
        }
    }

    /// Writes the gradient of Σ f(q, y), where `slope` returns q·df/dq of q, ln q and y.
    ///
    /// With g = df/dq: dloss/dp = (g − Σ g·q) / Σp, and dloss/dz = g·q − q·Σ g·q. Where q is clipped, g is 0.
    pub fn gradient(
        &self,
        outputs: &[f32],
        targets: &[f32],
        d: &mut [f32],
        slope: impl Fn(f64, f64, f32) -> f64,
    ) {
        let slope = |x: f32, y: f32| {
            let (q, ln_q) = self.probability(x);
            let free = self.from_logits || is_free(f64::from(x) / self.total);
            (q, if free { slope(q, ln_q, y) } else { 0.0 })
        };
        let sum: f64 = outputs.iter().zip(targets).map(|(&x, &y)| slope(x, y).1).sum();
        for ((d, &x), &y) in d.iter_mut().zip(outputs).zip(targets) {
            let (q, g) = slope(x, y);
            *d = if self.from_logits { g - q * sum } else { (g / q - sum) / self.total } as f32;
        }
    }

    /// Returns −Σ y·ln q for logits.
    pub fn crossentropy(&self, outputs: &[f32], targets: &[f32], smoothing: f64) -> f64 {
        let even = 1.0 / outputs.len() as f64;
        let one = |(&x, &y): (&f32, &f32)| {
            let y = smooth(f64::from(y), smoothing, even);
            if y == 0.0 && !x.is_nan() { 0.0 } else { -y * self.probability(x).1 }
        };
        outputs.iter().zip(targets).map(one).sum()
    }

    /// Returns −ln q of the true class for logits.
    pub fn sparse(&self, outputs: &[f32], targets: &[f32]) -> f64 {
        outputs.get(class(targets)).map_or(f64::NAN, |&x| -self.probability(x).1)
    }

    /// Writes dloss/dz = q − y for logits, where y is 1 for the class and 0 elsewhere.
    pub fn sparse_gradient(&self, outputs: &[f32], targets: &[f32], d: &mut [f32]) {
        for (at, (d, &x)) in d.iter_mut().zip(outputs).enumerate() {
            let y = if at == class(targets) { 1.0 } else { 0.0 };
            *d = (self.probability(x).0 - y) as f32;
        }
    }

    /// Writes dloss/dz = q·Σy − y for logits.
    pub fn crossentropy_gradient(&self, outputs: &[f32], targets: &[f32], smoothing: f64, d: &mut [f32]) {
        let even = 1.0 / outputs.len() as f64;
        self.gradient(outputs, targets, d, |_, _, y| -smooth(f64::from(y), smoothing, even));
    }
}
