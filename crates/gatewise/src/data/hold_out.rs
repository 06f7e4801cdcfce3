//! Which rows are kept to test on, where nobody says.

use crate::rng::{Purpose, Random};

/// The numbers of `count` rows in an order drawn from `seed`.
pub(super) fn order(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    Random::new(seed, Purpose::Data, 0).shuffle(&mut order);
    order
}

/// That order in two: the rows that are kept, and the `share` of them that is held out. At least one is on either
/// side where there are two.
pub(super) fn hold_out(count: usize, share: f64, seed: u64) -> [Vec<usize>; 2] {
    let mut kept = order(count, seed);
    let most = count.saturating_sub(1);
    let held = ((count as f64 * share).round() as usize).clamp(1.min(most), most);
    let held = kept.split_off(count - held);
    [kept, held]
}
