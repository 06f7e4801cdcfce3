//! Optimizers in `f64`, one parameter at a time, in the forms that Keras uses.

/// The settings.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Optimizer {
    Sgd { momentum: f64, nesterov: bool },
    RmsProp { rho: f64, momentum: f64, epsilon: f64, centered: bool },
    Adagrad { initial_accumulator_value: f64, epsilon: f64 },
    Adam { beta_1: f64, beta_2: f64, epsilon: f64, amsgrad: bool },
    Nadam { beta_1: f64, beta_2: f64, epsilon: f64 },
    Adamax { beta_1: f64, beta_2: f64, epsilon: f64 },
    Adadelta { rho: f64, epsilon: f64 },
    Lion { beta_1: f64, beta_2: f64 },
}

/// A parameter with its state: the mean of gradients, that of their squares, what momentum keeps, the
/// largest mean square, and Nadam's product.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Param {
    pub value: f64,
    mean: f64,
    square: f64,
    momentum: f64,
    largest: f64,
    product: f64,
}

impl Optimizer {
    /// A parameter before its first step.
    pub fn begin(self, value: f64) -> Param {
        let square = match self {
            Self::Adagrad { initial_accumulator_value, .. } => initial_accumulator_value,
            _ => 0.0,
        };
        Param { value, mean: 0.0, square, momentum: 0.0, largest: 0.0, product: 1.0 }
    }

    /// The `t`-th step (from 1) of one parameter whose gradient is `g`, at rate `lr`, with weight decay `wd`.
    pub fn step(self, t: i32, lr: f64, wd: f64, g: f64, p: &mut Param) {
        p.value -= p.value * wd * lr;
        let decay = |mean: f64, rate: f64, new: f64| rate * mean + (1.0 - rate) * new;
        match self {
            Self::Sgd { momentum, nesterov } => {
                p.momentum = momentum * p.momentum - lr * g;
                p.value += if nesterov { momentum * p.momentum - lr * g } else { p.momentum };
            }
            Self::RmsProp { rho, momentum, epsilon, centered } => {
                p.square = decay(p.square, rho, g * g);
                p.mean = decay(p.mean, rho, g);
                let variance = p.square - if centered { p.mean * p.mean } else { 0.0 };
                p.momentum = momentum * p.momentum + lr * g / (variance + epsilon).sqrt();
                p.value -= p.momentum;
            }
            Self::Adagrad { epsilon, .. } => {
                p.square += g * g;
                p.value -= lr * g / (p.square + epsilon).sqrt();
            }
            Self::Adam { beta_1, beta_2, epsilon, amsgrad } => {
                p.mean = decay(p.mean, beta_1, g);
                p.square = decay(p.square, beta_2, g * g);
                p.largest = p.largest.max(p.square);
                let square = if amsgrad { p.largest } else { p.square };
                let rate = lr * (1.0 - beta_2.powi(t)).sqrt() / (1.0 - beta_1.powi(t));
                p.value -= rate * p.mean / (square.sqrt() + epsilon);
            }
            Self::Nadam { beta_1, beta_2, epsilon } => {
                let u = |t: i32| beta_1 * (1.0 - 0.5 * 0.96f64.powi(t));
                p.product *= u(t);
                p.mean = decay(p.mean, beta_1, g);
                p.square = decay(p.square, beta_2, g * g);
                let mean =
                    u(t + 1) * p.mean / (1.0 - p.product * u(t + 1)) + (1.0 - u(t)) * g / (1.0 - p.product);
                p.value -= lr * mean / ((p.square / (1.0 - beta_2.powi(t))).sqrt() + epsilon);
            }
            Self::Adamax { beta_1, beta_2, epsilon } => {
                p.mean = decay(p.mean, beta_1, g);
                p.largest = (beta_2 * p.largest).max(g.abs());
                p.value -= lr * p.mean / ((1.0 - beta_1.powi(t)) * (p.largest + epsilon));
            }
            Self::Adadelta { rho, epsilon } => {
                p.square = decay(p.square, rho, g * g);
                let delta = g * (p.momentum + epsilon).sqrt() / (p.square + epsilon).sqrt();
                // What is kept here is the mean square of the steps.
                p.momentum = decay(p.momentum, rho, delta * delta);
                p.value -= lr * delta;
            }
            Self::Lion { beta_1, beta_2 } => {
                let ahead = decay(p.mean, beta_1, g);
                p.value -= if ahead == 0.0 { 0.0 } else { lr * ahead.signum() };
                p.mean = decay(p.mean, beta_2, g);
            }
        }
    }
}
