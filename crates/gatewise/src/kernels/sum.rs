//! Sums over many numbers, in `f64`.

use super::LANES;

/// The sum of `of(value)` over `values`, always in the same order: sixteen sums, each over every sixteenth
/// value, which are then added one after the other.
#[inline]
pub(crate) fn sum_of(values: &[f32], of: impl Fn(f64) -> f64) -> f64 {
    let (chunks, rest) = values.as_chunks::<LANES>();
    let mut sums = [0.0; LANES];
    for chunk in chunks {
        for (sum, &value) in sums.iter_mut().zip(chunk) {
            *sum += of(f64::from(value));
        }
    }
    rest.iter().zip(&mut sums).for_each(|(&value, sum)| *sum += of(f64::from(value)));
    sums.iter().sum()
}
