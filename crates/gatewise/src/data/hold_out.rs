//! Which rows are kept to test on, where nobody says.

use crate::rng::{Purpose, Random};

/// An order of `count` rows drawn from `seed`, and how many of its last rows are `share` of them. At least one row
/// is on either side where there are two.
pub(super) fn hold_out(count: usize, share: f64, seed: u64) -> (Vec<usize>, usize) {
    let mut order: Vec<usize> = (0..count).collect();
    Random::new(seed, Purpose::Data, 0).shuffle(&mut order);
    let most = count.saturating_sub(1);
    (order, ((count as f64 * share).round() as usize).clamp(1.min(most), most))
}
