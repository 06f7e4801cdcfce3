//! Activations of one number in `f64`: the textbook formulas, slopes by the chain rule written out.

use libm::erf;
use std::f64::consts::{PI, SQRT_2};

/// The function that Keras calls `name`, and its slope, at `z`.
pub(crate) fn twin(name: &str, z: f64) -> (f64, f64) {
    let sigmoid = 1.0 / (1.0 + (-z).exp());
    let softplus = z.exp().ln_1p();
    let (scale, alpha) = (1.050_700_987_355_480_5, 1.673_263_242_354_377_2);
    match name {
        "linear" => (z, 1.0),
        "sigmoid" => (sigmoid, sigmoid * (1.0 - sigmoid)),
        "tanh" => (z.tanh(), 1.0 - z.tanh().powi(2)),
        "relu" => {
            if z > 0.0 {
                (z, 1.0)
            } else {
                (0.0, 0.0)
            }
        }
        "leaky_relu" => {
            if z > 0.0 {
                (z, 1.0)
            } else {
                (0.2 * z, 0.2)
            }
        }
        "elu" => {
            if z > 0.0 {
                (z, 1.0)
            } else {
                (z.exp_m1(), z.exp())
            }
        }
        "selu" => {
            if z > 0.0 {
                (scale * z, scale)
            } else {
                (scale * alpha * z.exp_m1(), scale * alpha * z.exp())
            }
        }
        "gelu" => {
            let normal = 0.5 * (1.0 + erf(z / SQRT_2));
            (z * normal, normal + z * (-0.5 * z * z).exp() / (2.0 * PI).sqrt())
        }
        "silu" => (z * sigmoid, sigmoid * (1.0 + z * (1.0 - sigmoid))),
        "mish" => {
            let t = softplus.tanh();
            (z * t, t + z * (1.0 - t * t) * sigmoid)
        }
        "softplus" => (softplus, sigmoid),
        "softsign" => (z / (1.0 + z.abs()), 1.0 / (1.0 + z.abs()).powi(2)),
        "hard_sigmoid" => ((z / 6.0 + 0.5).clamp(0.0, 1.0), if z.abs() < 3.0 { 1.0 / 6.0 } else { 0.0 }),
        "exponential" => (z.exp(), z.exp()),
        _ => panic!("no twin of {name}"),
    }
}
