//! Initialisers, as Keras defines them.

use crate::rng::Random;

/// How a parameter tensor starts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Init {
    /// All zero.
    Zeros,
    /// Uniform in ±0.05 (Keras's `"uniform"`, the default of `Embedding`).
    Uniform,
    /// Uniform in ±√(6 / (fan_in + fan_out)).
    GlorotUniform,
    /// Rows (or columns, whichever are fewer) orthonormal.
    Orthogonal,
    /// The bias of an LSTM: zero but for the forget gate, which is one.
    UnitForgetBias,
}

impl Init {
    /// Fills `values`, a tensor of `shape` in row-major order.
    pub fn fill(self, shape: &[usize], values: &mut [f32], random: &mut Random) {
        let uniform = |values: &mut [f32], limit: f64, random: &mut Random| {
            values.iter_mut().for_each(|v| *v = ((random.uniform() * 2.0 - 1.0) * limit) as f32);
        };
        match self {
            Self::Zeros => values.fill(0.0),
            Self::Uniform => uniform(values, 0.05, random),
            Self::GlorotUniform => {
                let fans: usize = shape.iter().sum();
                uniform(values, (6.0 / fans as f64).sqrt(), random);
            }
            Self::Orthogonal => orthogonal(shape[0], shape[1], values, random),
            Self::UnitForgetBias => {
                let units = shape[0] / 4;
                values.fill(0.0);
                values[units..2 * units].fill(1.0);
            }
        }
    }
}

/// Gram and Schmidt, twice over for accuracy, on the shorter side's vectors of normal numbers.
fn orthogonal(rows: usize, cols: usize, values: &mut [f32], random: &mut Random) {
    let (count, len) = (rows.min(cols), rows.max(cols));
    let mut basis: Vec<Vec<f64>> = Vec::with_capacity(count);
    while basis.len() < count {
        let mut v: Vec<f64> = (0..len).map(|_| random.normal()).collect();
        for _ in 0..2 {
            for b in &basis {
                let dot: f64 = v.iter().zip(b).map(|(v, b)| v * b).sum();
                v.iter_mut().zip(b).for_each(|(v, b)| *v -= dot * b);
            }
        }
        let norm = v.iter().map(|v| v * v).sum::<f64>().sqrt();
        v.iter_mut().for_each(|v| *v /= norm);
        basis.push(v);
    }
    for row in 0..rows {
        for col in 0..cols {
            let value = if rows <= cols { basis[row][col] } else { basis[col][row] };
            values[row * cols + col] = value as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn fill(init: Init, shape: &[usize]) -> Vec<f32> {
        let mut values = vec![f32::NAN; shape.iter().product()];
        init.fill(shape, &mut values, &mut Random::new(3, Purpose::Init, 0));
        values
    }

    #[test]
    fn orthogonal_on_the_shorter_side() {
        for (rows, cols) in [(10, 40), (7, 7), (9, 4), (1, 4)] {
            let v = fill(Init::Orthogonal, &[rows, cols]);
            let vector = |i: usize| -> Vec<f32> {
                if rows <= cols {
                    v[i * cols..(i + 1) * cols].to_vec()
                } else {
                    (0..rows).map(|r| v[r * cols + i]).collect()
                }
            };
            for a in 0..rows.min(cols) {
                for b in 0..rows.min(cols) {
                    let dot: f32 = vector(a).iter().zip(vector(b)).map(|(a, b)| a * b).sum();
                    assert!((dot - f32::from(u8::from(a == b))).abs() < 1e-5);
                }
            }
        }
    }

    #[test]
    fn limits_are_keras_s() {
        let limit = (6.0f32 / 55.0).sqrt();
        let v = fill(Init::GlorotUniform, &[15, 40]);
        let largest = v.iter().fold(0f32, |a, v| a.max(v.abs()));
        assert!(largest <= limit && largest > 0.97 * limit);
        assert!(fill(Init::Uniform, &[100, 9]).iter().all(|v| v.abs() <= 0.05));
        assert_eq!(fill(Init::UnitForgetBias, &[8]), [0., 0., 1., 1., 0., 0., 0., 0.]);
    }
}
