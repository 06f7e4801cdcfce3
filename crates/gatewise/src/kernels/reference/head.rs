//! The head of a binary classifier in `f64`: sigmoid and binary cross-entropy, as one function of the
//! logit.
//!
//! ```text
//! p = 1/(1 + e⁻ᶻ)        loss = −y·ln p − (1 − y)·ln(1 − p) = ln(1 + eᶻ) − y·z        dloss/dz = p − y
//! ```

/// p = σ(z)
pub(crate) fn probability(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// The loss of one sample. ln(1 + eᶻ) is written so that no exponential overflows.
pub(crate) fn loss(z: f64, y: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p() - y * z
}

/// The loss as Keras reports it in `f32`: from the probability, kept 1e-7 from 0 and 2⁻²³ from 1.
pub(crate) fn reported_loss(p: f64, y: f64) -> f64 {
    let p = p.clamp(1e-7, 1.0 - 2f64.powi(-23));
    -(y * p.ln() + (1.0 - y) * (1.0 - p).ln())
}

/// dloss/dz
pub(crate) fn gradient(z: f64, y: f64) -> f64 {
    probability(z) - y
}
