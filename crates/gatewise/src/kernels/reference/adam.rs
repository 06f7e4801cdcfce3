//! Adam (Kingma & Ba 2015) in `f64`, one parameter at a time, in the form that Keras uses: the bias
//! correction of both moments is folded into the rate, and ε is added to the uncorrected root.

/// The settings.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Adam {
    pub learning_rate: f64,
    pub beta_1: f64,
    pub beta_2: f64,
    pub epsilon: f64,
}

/// A parameter with its two moments (zero at first).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Param {
    pub value: f64,
    pub m: f64,
    pub v: f64,
}

impl Adam {
    /// lr·√(1 − β2ᵗ)/(1 − β1ᵗ); steps `t` are counted from 1.
    pub fn rate(&self, t: i32) -> f64 {
        self.learning_rate * (1.0 - self.beta_2.powi(t)).sqrt() / (1.0 - self.beta_1.powi(t))
    }

    /// The `t`-th step of one parameter, whose gradient is `g`.
    pub fn step(&self, t: i32, g: f64, p: &mut Param) {
        p.m = self.beta_1 * p.m + (1.0 - self.beta_1) * g;
        p.v = self.beta_2 * p.v + (1.0 - self.beta_2) * g * g;
        p.value -= self.rate(t) * p.m / (p.v.sqrt() + self.epsilon);
    }
}
