//! `Gradient`: the gradient of a batch as a value that can be added, serialized and applied.
//!
//! Input: sums over the rows of a batch. Output: their sum with other gradients, and their bytes.

use crate::error::{Error, Result};
use crate::evaluate::ScoreSum as Scores;
use crate::loss::{Loss, Reduction};
use crate::model::Params;
use sha2::{Digest, Sha256};
use std::fmt;
use std::iter::Sum;
use std::ops::Add;

/// The gradient of a batch: the sum over its scored outputs, not divided by their count.
///
/// [`Stepper::gradient`](super::Stepper::gradient) computes it, and [`Stepper::apply`](super::Stepper::apply)
/// changes the weights by it. The gradient excludes penalties of regularizers; `apply` adds them. The
/// gradient of a batch is the sum of the gradients of its parts:
///
/// ```
/// use gatewise::rows::{Dataset, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::train::{Gradient, Stepper};
/// use gatewise::{Result, Sequential};
///
/// let rows: Sequences = (0..48).map(|i| [1 + i % 2, 3, 4, 5]).collect();
/// let data = Dataset::new(rows, (0..48).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
/// let mut stepper = Stepper::builder().build(model)?;
///
/// let mut parts = Vec::new();
/// for first in [0, 16, 32] {
///     let rows: Vec<usize> = (first..first + 16).collect();
///     // What another process would receive.
///     let bytes = stepper.gradient_of(&data, &rows)?.to_bytes();
///     parts.push(Gradient::from_bytes(&bytes)?);
/// }
/// let sum = parts.into_iter().sum::<Result<Gradient>>()?;
/// let whole = stepper.gradient(&data)?;
/// assert_eq!((sum.count(), sum.hits()), (48, whole.hits()));
/// assert!(sum.values().iter().zip(whole.values()).all(|(a, b)| (a - b).abs() < 1e-5));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Clone, PartialEq)]
pub struct Gradient {
    fingerprint: [u8; 32],
    /// Number of steps that the stepper had done.
    step: u64,
    scores: Scores,
    values: Vec<f32>,
}

impl fmt::Debug for Gradient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { step, scores, values, .. } = self;
        write!(f, "Gradient {{ step: {step}, {scores:?}, {} values }}", values.len())
    }
}

/// First bytes of a serialized gradient.
const MAGIC: [u8; 8] = *b"gw-grad\0";
/// Version of the format. Only this version is read: the workers of a cluster run one program.
const FORMAT: u32 = 2;
/// Magic, format, fingerprint, step, count, weight, loss, hits, number of values.
const HEADER: usize = 8 + 4 + 32 + 8 + 8 + 8 + 8 + 8 + 8;
/// Length of the checksum after the values.
const CHECKSUM: usize = 4;

/// Returns a checksum of the names and shapes of the tensors, of the loss and of its reduction.
pub(super) fn fingerprint(params: &Params, loss: &Loss, reduction: Reduction) -> [u8; 32] {
    let mut hash = Sha256::new();
    hash.update(format!("{} {reduction}", loss.described()));
    for info in params.table() {
        hash.update(format!("\0{}{:?}", info.name, info.shape));
    }
    hash.finalize().into()
}

impl Gradient {
    pub(super) fn new(fingerprint: [u8; 32], step: u64, scores: Scores, values: Vec<f32>) -> Self {
        Self { fingerprint, step, scores, values }
    }

    /// Returns the gradient, one number per parameter, in the order of [`Params::values`].
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the sum of the losses, weighted by sample weight, without penalties.
    pub fn loss(&self) -> f64 {
        self.scores.loss
    }

    /// Returns the sum of the sample weights of the scored outputs; without sample weights, their number.
    pub fn weight(&self) -> f64 {
        self.scores.weight
    }

    /// Returns the number of scored outputs: one per row, or one per step for a model with an output per step.
    pub fn count(&self) -> usize {
        self.scores.count
    }

    /// Returns the number of correct predictions; 0 for a loss without an accuracy.
    pub fn hits(&self) -> f64 {
        self.scores.hits
    }

    /// Returns the number of steps that the stepper had done before this gradient.
    pub fn step(&self) -> u64 {
        self.step
    }

    pub(super) fn scores(&self) -> Scores {
        self.scores
    }

    /// Adds `other` elementwise. `a.accumulate(&b)` and `b.accumulate(&a)` have the same bits; the rounding
    /// of a sum of three or more gradients depends on their order.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when the gradients belong to different models or losses,
    /// and [`ErrorKind::Config`](crate::ErrorKind::Config) when they belong to different steps. On an error
    /// the gradient is unchanged.
    pub fn accumulate(&mut self, other: &Self) -> Result<()> {
        other.check("the sum", &self.fingerprint, self.step, self.values.len())?;
        self.values.iter_mut().zip(&other.values).for_each(|(sum, value)| *sum += value);
        self.scores.add(other.scores);
        Ok(())
    }

    /// Checks that the gradient fits `into`, which has this fingerprint, number of steps and number of values.
    pub(super) fn check(&self, into: &str, fingerprint: &[u8; 32], step: u64, values: usize) -> Result<()> {
        if self.fingerprint != *fingerprint || self.values.len() != values {
            return Err(Error::shape(format!(
                "the gradient ({} values) is of another model or loss than {into} ({values} values); names and \
                 shapes of all tensors and the loss must be the same",
                self.values.len()
            )));
        }
        if self.step != step {
            return Err(Error::config(format!(
                "the gradient was computed after {} steps, but {into} is at {step}; compute all gradients of a step \
                 from the same weights, and apply their sum once on every worker",
                self.step
            )));
        }
        Ok(())
    }

    /// Serializes the gradient: little-endian, with a checksum, in 96 bytes plus 4 per parameter.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { fingerprint, step, scores, values } = self;
        let mut bytes = Vec::with_capacity(HEADER + 4 * values.len() + CHECKSUM);
        bytes.extend(MAGIC);
        bytes.extend(FORMAT.to_le_bytes());
        bytes.extend(fingerprint);
        bytes.extend(step.to_le_bytes());
        bytes.extend((scores.count as u64).to_le_bytes());
        bytes.extend(scores.weight.to_le_bytes());
        bytes.extend(scores.loss.to_le_bytes());
        bytes.extend(scores.hits.to_le_bytes());
        bytes.extend((values.len() as u64).to_le_bytes());
        bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
        let checksum = crc32c::crc32c(&bytes);
        bytes.extend(checksum.to_le_bytes());
        bytes
    }

    /// Reads a gradient from the bytes of [`to_bytes`](Self::to_bytes). The bytes need not be trusted: sizes
    /// are compared with the bytes present before memory is allocated. The checksum detects accidents, not
    /// forgeries.
    ///
    /// # Errors
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when the bytes are not a gradient, have another
    /// format version, are truncated or are damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let refused = |why: String| Error::artifact(format!("cannot read a gradient: {why}"));
        if !bytes.starts_with(&MAGIC) {
            return Err(refused("the bytes are not a gradient; send the bytes of to_bytes".into()));
        }
        if bytes.len() < HEADER + CHECKSUM {
            return Err(refused(format!(
                "there are {} bytes, but a gradient has at least {}; send it whole",
                bytes.len(),
                HEADER + CHECKSUM
            )));
        }
        let mut rest = &bytes[MAGIC.len()..];
        let format = u32::from_le_bytes(head(&mut rest));
        if format != FORMAT {
            return Err(refused(format!(
                "it has format {format}, but this program reads format {FORMAT}; run the same gatewise on all workers"
            )));
        }
        let fingerprint = head(&mut rest);
        let step = u64::from_le_bytes(head(&mut rest));
        let count = u64::from_le_bytes(head(&mut rest));
        let weight = f64::from_le_bytes(head(&mut rest));
        let (loss, hits) = (f64::from_le_bytes(head(&mut rest)), f64::from_le_bytes(head(&mut rest)));
        let len = u64::from_le_bytes(head(&mut rest));
        let there = (rest.len() - CHECKSUM) as u64;
        if len.checked_mul(4) != Some(there) {
            return Err(refused(format!("it should have {len} values, but there are {there} bytes of them")));
        }
        let (values, checksum) = rest.split_at(rest.len() - CHECKSUM);
        if crc32c::crc32c(&bytes[..bytes.len() - CHECKSUM]).to_le_bytes() != checksum {
            return Err(refused("it does not match its checksum; send it again".into()));
        }
        let count = usize::try_from(count).ok().filter(|&count| (0.0..=count as f64).contains(&hits));
        let Some(count) = count else {
            return Err(refused(format!("it has {hits} correct predictions, which cannot be")));
        };
        let values = values.as_chunks().0.iter().map(|value| f32::from_le_bytes(*value)).collect();
        Ok(Self { fingerprint, step, scores: Scores { count, weight, loss, hits }, values })
    }
}

/// Cuts the first `N` bytes off `rest`, which has as many.
fn head<const N: usize>(rest: &mut &[u8]) -> [u8; N] {
    let (head, tail) = rest.split_at(N);
    *rest = tail;
    let mut bytes = [0; N];
    bytes.copy_from_slice(head);
    bytes
}

/// The sum of two gradients, as [`Gradient::accumulate`].
impl Add for Gradient {
    type Output = Result<Gradient>;

    fn add(mut self, other: Self) -> Result<Gradient> {
        self.accumulate(&other).map(|()| self)
    }
}

/// The sum of all gradients in order; an error if there is none, or if two do not fit.
impl Sum<Gradient> for Result<Gradient> {
    fn sum<I: Iterator<Item = Gradient>>(mut gradients: I) -> Self {
        let first = gradients.next().ok_or_else(|| Error::data("there is no gradient to sum"))?;
        gradients.try_fold(first, |sum, gradient| sum + gradient)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gradient(values: &[f32]) -> Gradient {
        let scores = Scores { count: 3, weight: 2.5, loss: 0.1 + 0.2, hits: 1.5 };
        Gradient::new([7; 32], 5, scores, values.to_vec())
    }

    #[test]
    fn bytes_give_back_every_bit() {
        for values in [&[][..], &[1.0], &[-0.0, 1e-40, f32::MAX, f32::INFINITY]] {
            let it = gradient(values);
            let bytes = it.to_bytes();
            assert_eq!(bytes.len(), 96 + 4 * values.len());
            assert_eq!(Gradient::from_bytes(&bytes).unwrap(), it);
            assert_eq!(Gradient::from_bytes(&bytes).unwrap().to_bytes(), bytes);
        }
    }

    #[test]
    fn no_damage_goes_unseen_or_panics() {
        let bytes = gradient(&[1.0, 2.0, 3.0]).to_bytes();
        let refused = |bytes: &[u8]| {
            let error = Gradient::from_bytes(bytes).unwrap_err();
            assert_eq!(error.kind(), crate::ErrorKind::Artifact);
            error.to_string()
        };
        for length in 0..bytes.len() {
            refused(&bytes[..length]);
        }
        refused(&[&bytes[..], &[0]].concat());
        let mut copy = bytes.clone();
        for at in 0..bytes.len() {
            for mask in [0x01, 0x10, 0x80, 0xff] {
                copy[at] ^= mask;
                refused(&copy);
                copy[at] ^= mask;
            }
        }
        let forged = |at: usize, with: [u8; 8]| {
            let mut bytes = bytes[..bytes.len() - CHECKSUM].to_vec();
            bytes[at..at + 8].copy_from_slice(&with);
            bytes.extend(crc32c::crc32c(&bytes).to_le_bytes());
            bytes
        };
        // A number of values that would overflow, one that would take all memory, and hits that cannot be.
        assert!(refused(&forged(HEADER - 8, u64::MAX.to_le_bytes())).contains("values"));
        assert!(refused(&forged(HEADER - 8, (1u64 << 40).to_le_bytes())).contains("values"));
        for hits in [f64::NAN, -1.0, 3.5, f64::INFINITY] {
            assert!(refused(&forged(HEADER - 16, hits.to_le_bytes())).contains("correct predictions"));
        }
        // Counts at the end of their range are added without a panic.
        let mut most = Gradient::from_bytes(&forged(52, u64::MAX.to_le_bytes())).unwrap();
        most.accumulate(&gradient(&[1.0, 2.0, 3.0])).unwrap();
        assert_eq!(most.count(), usize::MAX);
    }

    #[test]
    fn what_does_not_fit_is_not_added() {
        let (mut sum, one) = (gradient(&[1.0, 2.0]), gradient(&[0.5, 0.25]));
        let before = sum.clone();
        let refused = |sum: &mut Gradient, other: Gradient| sum.accumulate(&other).unwrap_err().to_string();
        assert!(refused(&mut sum, gradient(&[1.0])).contains("another model"));
        assert!(
            refused(&mut sum, Gradient { fingerprint: [8; 32], ..one.clone() }).contains("another model")
        );
        assert!(refused(&mut sum, Gradient { step: 4, ..one.clone() }).contains("after 4 steps"));
        assert_eq!(sum, before);
        sum.accumulate(&one).unwrap();
        assert_eq!((sum.values(), sum.count(), sum.hits()), (&[1.5, 2.25][..], 6, 3.0));
        assert_eq!((one + before).unwrap(), sum);
        assert!(std::iter::empty().sum::<Result<Gradient>>().is_err());
    }
}
