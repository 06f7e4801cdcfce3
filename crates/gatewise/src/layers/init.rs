//! Initializers, as Keras defines them.

use crate::error::{Error, Result};
use crate::rng::{Purpose, Random};
use serde::{Deserialize, Serialize};

/// An initializer: how the weights of a tensor are drawn when a model is compiled. Initializers and defaults
/// are Keras's.
///
/// A tensor of shape `(a, b)` has fan_in a and fan_out b. A vector of n numbers has fan_in n and fan_out n.
///
/// ```
/// use gatewise::layers::{Dense, Embedding, Initializer, Lstm};
/// use gatewise::Sequential;
/// let dense = Dense::new(1).kernel_initializer(Initializer::HeNormal);
/// let dense = dense.bias_initializer(Initializer::Constant { value: -1.0 });
/// let layers = Sequential::new().with(Embedding::new(9, 4)).with(Lstm::new(3));
/// assert_eq!(layers.with(dense).compile(1)?.params().get("dense/bias"), Some(&[-1.0][..]));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Initializer {
    /// Zeros.
    Zeros,
    /// Ones.
    Ones,
    /// A constant.
    Constant {
        /// The value.
        value: f64,
    },
    /// Uniform between two bounds; see [`random_uniform`](Self::random_uniform).
    RandomUniform {
        /// Lower bound.
        minval: f64,
        /// Upper bound.
        maxval: f64,
    },
    /// Normal; see [`random_normal`](Self::random_normal).
    RandomNormal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        stddev: f64,
    },
    /// Normal, where values of more than two standard deviations from the mean are drawn again; see
    /// [`truncated_normal`](Self::truncated_normal).
    TruncatedNormal {
        /// Mean.
        mean: f64,
        /// Standard deviation before truncation.
        stddev: f64,
    },
    /// Uniform in ±√(6 / (fan_in + fan_out)).
    GlorotUniform,
    /// Truncated normal of variance 2 / (fan_in + fan_out).
    GlorotNormal,
    /// Uniform in ±√(6 / fan_in).
    HeUniform,
    /// Truncated normal of variance 2 / fan_in.
    HeNormal,
    /// Uniform in ±√(3 / fan_in).
    LecunUniform,
    /// Truncated normal of variance 1 / fan_in.
    LecunNormal,
    /// Orthogonal rows, or columns if they are fewer, of length `gain`.
    Orthogonal {
        /// Length of a row or column.
        gain: f64,
    },
    /// `gain` on the diagonal, 0 elsewhere.
    Identity {
        /// Value of the diagonal.
        gain: f64,
    },
    /// Mean 0, variance `scale` / fan.
    VarianceScaling {
        /// Variance times fan.
        scale: f64,
        /// The fan.
        mode: Fan,
        /// The distribution.
        distribution: Distribution,
    },
}

/// The fan by which [`Initializer::VarianceScaling`] divides the variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fan {
    /// Number of inputs.
    FanIn,
    /// Number of outputs.
    FanOut,
    /// Mean of both.
    FanAvg,
}

/// The distribution of [`Initializer::VarianceScaling`]. All have the same mean and variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Distribution {
    /// Normal, truncated at two standard deviations.
    TruncatedNormal,
    /// Normal.
    UntruncatedNormal,
    /// Uniform.
    Uniform,
}

/// The most numbers that [`Initializer::values`] draws.
const MAX_VALUES: usize = 1 << 31;

/// The standard deviation of a standard normal that is cut at ±2.
const TRUNCATED_STDDEV: f64 = 0.879_625_661_034_239_8;

impl Initializer {
    /// Returns Keras's `"uniform"`: uniform between −0.05 and 0.05.
    pub fn random_uniform() -> Self {
        Self::RandomUniform { minval: -0.05, maxval: 0.05 }
    }

    /// Returns a normal distribution of mean 0 and standard deviation 0.05.
    pub fn random_normal() -> Self {
        Self::RandomNormal { mean: 0.0, stddev: 0.05 }
    }

    /// Returns a truncated normal distribution of mean 0 and standard deviation 0.05 (before truncation).
    pub fn truncated_normal() -> Self {
        Self::TruncatedNormal { mean: 0.0, stddev: 0.05 }
    }

    /// Returns an orthogonal initializer with gain 1.
    pub fn orthogonal() -> Self {
        Self::Orthogonal { gain: 1.0 }
    }

    /// Returns the identity matrix.
    pub fn identity() -> Self {
        Self::Identity { gain: 1.0 }
    }

    /// Returns the values of a vector or a matrix of `shape`, row-major, drawn from `seed`. The same seed gives
    /// the same values.
    ///
    /// ```
    /// use gatewise::layers::Initializer;
    /// assert_eq!(Initializer::identity().values(&[2, 2], 0)?, [1.0, 0.0, 0.0, 1.0]);
    /// assert_eq!(Initializer::HeNormal.values(&[3, 4], 7)?, Initializer::HeNormal.values(&[3, 4], 7)?);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if a setting is out of range, or does not suit the shape.
    pub fn values(self, shape: &[usize], seed: u64) -> Result<Vec<f32>> {
        self.check(shape)?;
        let plain = matches!(
            self,
            Self::Zeros
                | Self::Ones
                | Self::Constant { .. }
                | Self::RandomUniform { .. }
                | Self::RandomNormal { .. }
                | Self::TruncatedNormal { .. }
        );
        if !plain && !(1..=2).contains(&shape.len()) {
            return Err(Error::config(format!(
                "{} needs a vector or a matrix, but the shape is {shape:?}; use another initializer",
                self.name()
            )));
        }
        let size = shape.iter().try_fold(1usize, |size, &n| size.checked_mul(n));
        let Some(size) = size.filter(|&size| size <= MAX_VALUES) else {
            return Err(Error::config(format!(
                "the shape {shape:?} has more than {MAX_VALUES} numbers; make it smaller"
            )));
        };
        let mut values = vec![0.0; size];
        self.fill(shape, &mut values, &mut Random::new(seed, Purpose::Init, 0));
        Ok(values)
    }

    /// Checks the settings for a tensor of `shape`.
    pub(crate) fn check(self, shape: &[usize]) -> Result<()> {
        let refuse = |what: String| Err(Error::config(what));
        let name = self.name();
        let numbers: &[f64] = &match self {
            Self::Constant { value } => [value, 0.0],
            Self::RandomUniform { minval, maxval } => [minval, maxval],
            Self::RandomNormal { mean, stddev } | Self::TruncatedNormal { mean, stddev } => [mean, stddev],
            Self::Orthogonal { gain } | Self::Identity { gain } => [gain, 0.0],
            Self::VarianceScaling { scale, .. } => [scale, 0.0],
            _ => [0.0; 2],
        };
        if let Some(number) = numbers.iter().find(|number| !(**number as f32).is_finite()) {
            return refuse(format!("{name} needs finite numbers, but got {number}"));
        }
        match self {
            Self::RandomUniform { minval, maxval } if minval > maxval => {
                refuse(format!("{name} needs a minval of at most its maxval, but got {minval} and {maxval}"))
            }
            Self::RandomNormal { stddev, .. } | Self::TruncatedNormal { stddev, .. } if stddev < 0.0 => {
                refuse(format!("{name} needs a stddev of at least 0, but got {stddev}"))
            }
            Self::VarianceScaling { scale, .. } if scale <= 0.0 => {
                refuse(format!("{name} needs a scale above 0, but got {scale}"))
            }
            Self::Orthogonal { .. } | Self::Identity { .. } if shape.len() != 2 => {
                refuse(format!("{name} needs a matrix, but the shape is {shape:?}; use another initializer"))
            }
            _ => Ok(()),
        }
    }

    /// Returns Keras's name.
    fn name(self) -> &'static str {
        match self {
            Self::Zeros => "zeros",
            Self::Ones => "ones",
            Self::Constant { .. } => "constant",
            Self::RandomUniform { .. } => "random_uniform",
            Self::RandomNormal { .. } => "random_normal",
            Self::TruncatedNormal { .. } => "truncated_normal",
            Self::GlorotUniform => "glorot_uniform",
            Self::GlorotNormal => "glorot_normal",
            Self::HeUniform => "he_uniform",
            Self::HeNormal => "he_normal",
            Self::LecunUniform => "lecun_uniform",
            Self::LecunNormal => "lecun_normal",
            Self::Orthogonal { .. } => "orthogonal",
            Self::Identity { .. } => "identity",
            Self::VarianceScaling { .. } => "variance_scaling",
        }
    }

    /// Fills `values`, a tensor of `shape` in row-major order. [`check`](Self::check) must have accepted the
    /// shape.
    pub(crate) fn fill(self, shape: &[usize], values: &mut [f32], random: &mut Random) {
        use Distribution::{TruncatedNormal, Uniform};
        let scaled = |scale, mode, distribution| Self::VarianceScaling { scale, mode, distribution };
        let mut each = |draw: &mut dyn FnMut(&mut Random) -> f64| {
            values.iter_mut().for_each(|value| *value = draw(random) as f32);
        };
        match self {
            Self::Zeros => values.fill(0.0),
            Self::Ones => values.fill(1.0),
            Self::Constant { value } => values.fill(value as f32),
            Self::RandomUniform { minval, maxval } => {
                let (middle, half) = ((minval + maxval) / 2.0, (maxval - minval) / 2.0);
                each(&mut |random| middle + (random.uniform() * 2.0 - 1.0) * half);
            }
            Self::RandomNormal { mean, stddev } => each(&mut |random| mean + stddev * random.normal()),
            Self::TruncatedNormal { mean, stddev } => each(&mut |random| {
                let mut draws = std::iter::repeat_with(|| random.normal());
                mean + stddev * draws.find(|x| x.abs() < 2.0).unwrap_or_default()
            }),
            Self::GlorotUniform => scaled(1.0, Fan::FanAvg, Uniform).fill(shape, values, random),
            Self::GlorotNormal => scaled(1.0, Fan::FanAvg, TruncatedNormal).fill(shape, values, random),
            Self::HeUniform => scaled(2.0, Fan::FanIn, Uniform).fill(shape, values, random),
            Self::HeNormal => scaled(2.0, Fan::FanIn, TruncatedNormal).fill(shape, values, random),
            Self::LecunUniform => scaled(1.0, Fan::FanIn, Uniform).fill(shape, values, random),
            Self::LecunNormal => scaled(1.0, Fan::FanIn, TruncatedNormal).fill(shape, values, random),
            Self::Orthogonal { gain } => orthogonal(shape[0], shape[1], gain, values, random),
            Self::Identity { gain } => {
                values.fill(0.0);
                values.iter_mut().step_by(shape[1] + 1).take(shape[0]).for_each(|v| *v = gain as f32);
            }
            Self::VarianceScaling { scale, mode, distribution } => {
                let (fan_in, fan_out) = (shape[0] as f64, shape[shape.len() - 1] as f64);
                let fan = match mode {
                    Fan::FanIn => fan_in,
                    Fan::FanOut => fan_out,
                    Fan::FanAvg => (fan_in + fan_out) / 2.0,
                };
                let (mean, variance) = (0.0, scale / fan.max(1.0));
                let stddev = variance.sqrt();
                let limit = (3.0 * scale / fan.max(1.0)).sqrt();
                let plain = match distribution {
                    Uniform => Self::RandomUniform { minval: -limit, maxval: limit },
                    Distribution::UntruncatedNormal => Self::RandomNormal { mean, stddev },
                    TruncatedNormal => Self::TruncatedNormal { mean, stddev: stddev / TRUNCATED_STDDEV },
                };
                plain.fill(shape, values, random);
            }
        }
    }
}

/// The initial values of a parameter tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Init {
    /// Values of an initializer.
    Plain(Initializer),
    /// The bias of an LSTM: values of an initializer, and ones for the forget gate.
    UnitForgetBias(Initializer),
}

impl From<Initializer> for Init {
    fn from(initializer: Initializer) -> Self {
        Self::Plain(initializer)
    }
}

impl Init {
    /// See [`Initializer::check`].
    pub fn check(self, shape: &[usize]) -> Result<()> {
        let (Self::Plain(initializer) | Self::UnitForgetBias(initializer)) = self;
        initializer.check(shape)
    }

    /// Fills `values`, a tensor of `shape` in row-major order.
    pub fn fill(self, shape: &[usize], values: &mut [f32], random: &mut Random) {
        match self {
            Self::Plain(initializer) => initializer.fill(shape, values, random),
            Self::UnitForgetBias(initializer) => {
                let units = shape[0] / 4;
                initializer.fill(shape, values, random);
                values[units..2 * units].fill(1.0);
            }
        }
    }
}

/// Fills `values` with an orthogonal matrix: the Gram-Schmidt process, applied twice for accuracy, on normal
/// vectors.
fn orthogonal(rows: usize, cols: usize, gain: f64, values: &mut [f32], random: &mut Random) {
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
            values[row * cols + col] = (gain * value) as f32;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Purpose;

    fn fill(init: impl Into<Init>, shape: &[usize]) -> Vec<f32> {
        let mut values = vec![f32::NAN; shape.iter().product()];
        let init = init.into();
        init.check(shape).unwrap();
        init.fill(shape, &mut values, &mut Random::new(3, Purpose::Init, 0));
        values
    }

    #[test]
    fn orthogonal_on_the_shorter_side() {
        for (rows, cols) in [(10, 40), (7, 7), (9, 4), (1, 4)] {
            let v = fill(Initializer::Orthogonal { gain: 2.0 }, &[rows, cols]);
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
                    assert!((dot - 4.0 * f32::from(u8::from(a == b))).abs() < 1e-5);
                }
            }
        }
    }

    /// Compares mean, variance and largest magnitude with Keras's documentation, for a kernel of 200 inputs
    /// and 300 outputs.
    #[test]
    fn draws_have_keras_s_distributions() {
        use Initializer as I;
        let scaled = |scale, mode, distribution| I::VarianceScaling { scale, mode, distribution };
        // The variance of a uniform distribution in ±a is a²/3; truncation at two deviations keeps 0.7737 of
        // a normal's.
        let (uniform, cut) = (|variance: f64| (3.0 * variance).sqrt(), 2.0 / TRUNCATED_STDDEV);
        for (init, mean, variance, largest) in [
            (I::random_uniform(), 0.0, 0.05 * 0.05 / 3.0, 0.05),
            (I::RandomUniform { minval: 1.0, maxval: 3.0 }, 2.0, 1.0 / 3.0, 3.0),
            (I::random_normal(), 0.0, 0.0025, f64::INFINITY),
            (I::RandomNormal { mean: -1.0, stddev: 0.5 }, -1.0, 0.25, f64::INFINITY),
            (I::truncated_normal(), 0.0, 0.0025 / cut.powi(2) * 4.0, 0.1),
            (I::GlorotUniform, 0.0, 2.0 / 500.0, uniform(2.0 / 500.0)),
            (I::GlorotNormal, 0.0, 2.0 / 500.0, cut * (2.0f64 / 500.0).sqrt()),
            (I::HeUniform, 0.0, 2.0 / 200.0, uniform(2.0 / 200.0)),
            (I::HeNormal, 0.0, 2.0 / 200.0, cut * (2.0f64 / 200.0).sqrt()),
            (I::LecunUniform, 0.0, 1.0 / 200.0, uniform(1.0 / 200.0)),
            (I::LecunNormal, 0.0, 1.0 / 200.0, cut * (1.0f64 / 200.0).sqrt()),
            (scaled(3.0, Fan::FanOut, Distribution::Uniform), 0.0, 3.0 / 300.0, uniform(3.0 / 300.0)),
            (scaled(1.0, Fan::FanAvg, Distribution::UntruncatedNormal), 0.0, 1.0 / 250.0, f64::INFINITY),
        ] {
            let v = fill(init, &[200, 300]);
            let n = v.len() as f64;
            let m = v.iter().map(|&v| f64::from(v)).sum::<f64>() / n;
            let s = v.iter().map(|&v| (f64::from(v) - m).powi(2)).sum::<f64>() / n;
            let l = v.iter().fold(0f32, |l, v| l.max(v.abs()));
            assert!((m - mean).abs() < 5.0 * (variance / n).sqrt(), "{init:?}: mean {m}");
            assert!((s / variance - 1.0).abs() < 0.03, "{init:?}: variance {s}, not {variance}");
            assert!(f64::from(l) <= largest * 1.000_001, "{init:?}: largest {l}, not {largest}");
            let bounded = largest.is_finite();
            assert!(!bounded || f64::from(l) > 0.995 * largest, "{init:?}: largest {l}, not {largest}");
        }
    }

    #[test]
    fn what_is_not_drawn_is_exact() {
        use Initializer as I;
        assert_eq!(fill(I::Zeros, &[3]), [0.0; 3]);
        assert_eq!(fill(I::Ones, &[3]), [1.0; 3]);
        assert_eq!(fill(I::Constant { value: 0.3 }, &[1, 2]), [0.3; 2]);
        assert_eq!(fill(I::Identity { gain: 2.0 }, &[2, 3]), [2., 0., 0., 0., 2., 0.]);
        assert_eq!(fill(I::identity(), &[3, 2]), [1., 0., 0., 1., 0., 0.]);
        let forget = |init| fill(Init::UnitForgetBias(init), &[8]);
        assert_eq!(forget(I::Zeros), [0., 0., 1., 1., 0., 0., 0., 0.]);
        assert_eq!(forget(I::Constant { value: 7.0 }), [7., 7., 1., 1., 7., 7., 7., 7.]);
    }

    #[test]
    fn nonsense_is_refused() {
        use Initializer as I;
        let scaled =
            |scale| I::VarianceScaling { scale, mode: Fan::FanIn, distribution: Distribution::Uniform };
        for (init, part) in [
            (I::RandomUniform { minval: 1.0, maxval: 0.0 }, "minval"),
            (I::RandomNormal { mean: 0.0, stddev: -1.0 }, "stddev"),
            (I::TruncatedNormal { mean: f64::NAN, stddev: 1.0 }, "finite"),
            (I::Constant { value: 1e39 }, "finite"),
            (I::orthogonal(), "matrix"),
            (I::identity(), "matrix"),
            (scaled(0.0), "scale"),
        ] {
            let message = init.check(&[4]).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }
}
