//! NumPy's `RandomState(seed).shuffle`.
//!
//! Input: a seed. Output: orders of rows, identical to NumPy's, because Keras shuffles its data sets with
//! NumPy and results are compared row by row. The rest of the crate draws from [`crate::rng`].

use rand_mt::Mt;

/// NumPy's legacy random number generator, reduced to shuffling.
pub(crate) struct NumpyShuffle(Mt);

impl NumpyShuffle {
    /// `numpy.random.RandomState(seed)`.
    pub(crate) fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// Returns `indices` after `indices = numpy.arange(n); rng.shuffle(indices)`. The generator keeps its
    /// state between calls.
    pub(crate) fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.interval(i as u64) as usize);
        }
        order
    }

    /// NumPy's `random_interval`: draws a uniform integer in `0..=most` by masked rejection sampling.
    fn interval(&mut self, most: u64) -> u64 {
        let mask = u64::MAX >> most.leading_zeros();
        loop {
            let bits = match u32::try_from(most) {
                Ok(_) => u64::from(self.0.next_u32()),
                // The first draw is the upper half.
                Err(_) => u64::from(self.0.next_u32()) << 32 | u64::from(self.0.next_u32()),
            };
            if bits & mask <= most {
                return bits & mask;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From NumPy: `rng = RandomState(113); i = arange(25000); rng.shuffle(i)`, then the same again.
    #[test]
    fn is_numpys_order() {
        let mut shuffle = NumpyShuffle::new(113);
        assert_eq!(shuffle.order(25_000)[..4], [7798, 13226, 18078, 793]);
        assert_eq!(shuffle.order(25_000)[..4], [22748, 4083, 8015, 13688]);
        assert_eq!(shuffle.order(0), [0; 0]);
        assert_eq!(shuffle.order(1), [0]);
    }
}
