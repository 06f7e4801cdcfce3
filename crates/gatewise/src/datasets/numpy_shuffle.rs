//! The order that NumPy's `RandomState(seed).shuffle` puts rows in.
//!
//! Enters: a seed. Leaves: orders, the same as NumPy's to the last row, because Keras's data sets are
//! shuffled by it and results are compared row by row. Everything else in this crate draws from
//! [`crate::rng`].

use rand_mt::Mt;

/// NumPy's legacy generator, as far as shuffling needs it.
pub(crate) struct NumpyShuffle(Mt);

impl NumpyShuffle {
    /// `numpy.random.RandomState(seed)`.
    pub(crate) fn new(seed: u32) -> Self {
        Self(Mt::new(seed))
    }

    /// `indices = numpy.arange(n); rng.shuffle(indices)`. The next call goes on from here.
    pub(crate) fn order(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for i in (1..n).rev() {
            order.swap(i, self.interval(i as u64) as usize);
        }
        order
    }

    /// NumPy's `random_interval`: uniform in `0..=most`, by masking and rejecting.
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
