//! Stratified train/test splits.

use crate::rng::{Purpose, Random};
use std::collections::HashMap;

/// Returns the indices of `count` rows in an order drawn from `seed`.
pub(crate) fn order(count: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    Random::new(seed, Purpose::Data, 0).shuffle(&mut order);
    order
}

/// Splits row indices into kept rows and a held-out `fraction`, both in an order drawn from `seed`.
///
/// Row `i` belongs to the stratum `strata[i]`, for example its class. The split is stratified: the same
/// fraction of each stratum is held out, as nearly as whole rows allow, and at least one row of each stratum
/// is kept. At least one row is held out, unless every row is a stratum of its own.
///
/// ```
/// use gatewise::rows::hold_out;
/// let classes = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2];
/// let [kept, held] = hold_out(&classes, 0.3, 1);
/// let count = |rows: &[usize], class| rows.iter().filter(|&&row| classes[row] == class).count();
/// assert_eq!([0, 1, 2].map(|class| count(&kept, class)), [4, 2, 1]);
/// assert_eq!([0, 1, 2].map(|class| count(&held, class)), [2, 1, 0]);
/// ```
pub fn hold_out(strata: &[u32], fraction: f64, seed: u64) -> [Vec<usize>; 2] {
    split(strata, None, fraction, seed)
}

/// Splits rows as [`hold_out`], and keeps rows of one group, such as equal texts, on one side. Row `i` belongs to the
/// group `groups[i]`; groups are numbered below the number of rows. Without two rows in a group the split is that of
/// [`hold_out`].
///
/// A group that is larger than the rest of its share is kept. Fewer rows are then held out; if less than half of the
/// share would be left, groups are split after all.
///
/// ```
/// use gatewise::rows::hold_out_groups;
/// let (classes, texts) = ([0, 0, 0, 0, 1, 1, 1, 1], [0, 0, 2, 2, 4, 4, 6, 6]);
/// let [kept, held] = hold_out_groups(&classes, &texts, 0.5, 1);
/// assert_eq!((kept.len(), held.len()), (4, 4));
/// assert!(held.iter().all(|&row| !kept.iter().any(|&other| texts[other] == texts[row])));
/// ```
pub fn hold_out_groups(strata: &[u32], groups: &[u32], fraction: f64, seed: u64) -> [Vec<usize>; 2] {
    let whole = hold_out(strata, fraction, seed);
    let grouped = split(strata, Some(groups), fraction, seed);
    if 2 * grouped[1].len() < whole[1].len() { whole } else { grouped }
}

fn split(strata: &[u32], groups: Option<&[u32]>, fraction: f64, seed: u64) -> [Vec<usize>; 2] {
    let order = order(strata.len(), seed);
    let mut todo = quotas(strata, &order, fraction);
    // The rows of each group with other rows; whether a group is held out, once that is decided.
    let groups = groups.unwrap_or_default();
    let mut sizes = vec![0usize; groups.len()];
    groups.iter().for_each(|&group| sizes[group as usize] += 1);
    let mut rows: HashMap<u32, Vec<usize>> = HashMap::new();
    for (row, &group) in groups.iter().enumerate().filter(|(_, group)| sizes[**group as usize] > 1) {
        rows.entry(group).or_default().push(row);
    }
    let mut decided: HashMap<u32, bool> = HashMap::new();
    // From the end, so that the held-out rows of a single stratum are the end of the order.
    let (mut kept, mut held) = (Vec::new(), Vec::new());
    for row in order.into_iter().rev() {
        let group = groups.get(row).and_then(|&group| Some((group, rows.get(&group)?)));
        let is_held = match group {
            None => take(&mut todo, strata, &[row]),
            Some((group, rows)) => *decided.entry(group).or_insert_with(|| take(&mut todo, strata, rows)),
        };
        if is_held { held.push(row) } else { kept.push(row) }
    }
    kept.reverse();
    held.reverse();
    [kept, held]
}

/// Takes `rows` from what is to be held out of their strata; returns whether there was room for all of them.
fn take(todo: &mut [usize], strata: &[u32], rows: &[usize]) -> bool {
    for (count, &row) in rows.iter().enumerate() {
        match &mut todo[strata[row] as usize] {
            0 => {
                rows[..count].iter().for_each(|&row| todo[strata[row] as usize] += 1);
                return false;
            }
            quota => *quota -= 1,
        }
    }
    true
}

/// Returns the number of held-out rows of each stratum, by the largest-remainder method: the fraction of each
/// stratum rounded down, then one more from the strata with the largest remainders.
fn quotas(strata: &[u32], order: &[usize], fraction: f64) -> Vec<usize> {
    let mut counts = vec![0usize; strata.iter().max().map_or(0, |&most| most as usize + 1)];
    strata.iter().for_each(|&stratum| counts[stratum as usize] += 1);
    let most: usize = counts.iter().map(|count| count.saturating_sub(1)).sum();
    let all = ((strata.len() as f64 * fraction).round() as usize).clamp(1.min(most), most);
    let exact = |count: usize| count as f64 * all as f64 / strata.len().max(1) as f64;
    let mut quotas: Vec<usize> =
        counts.iter().map(|&count| (exact(count) as usize).min(count.saturating_sub(1))).collect();
    // Strata with equal remainders are in the order of their first row.
    let mut seen = vec![false; counts.len()];
    let mut queue: Vec<usize> = order.iter().map(|&row| strata[row] as usize).collect();
    queue.retain(|&stratum| !std::mem::replace(&mut seen[stratum], true));
    queue.sort_by(|&a, &b| exact(counts[b]).fract().total_cmp(&exact(counts[a]).fract()));
    let mut missing = all - quotas.iter().sum::<usize>();
    while missing > 0 {
        for &stratum in &queue {
            if missing > 0 && quotas[stratum] + 1 < counts[stratum] {
                quotas[stratum] += 1;
                missing -= 1;
            }
        }
    }
    quotas
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rows_without_classes_are_cut_from_the_end_of_the_order() {
        let [kept, held] = hold_out(&[0; 10], 0.2, 113);
        assert_eq!([kept, held].concat(), order(10, 113));
        assert_eq!(hold_out(&[0; 10], 0.0, 1)[1].len(), 1, "at least one");
        assert_eq!(hold_out(&[0; 10], 1.0, 1)[0].len(), 1, "at least one");
        assert_eq!(hold_out(&[0], 0.5, 1), [vec![0], vec![]]);
        assert!(hold_out(&[], 0.5, 1).concat().is_empty());
        assert!(hold_out(&[0, 1, 2], 0.5, 1)[1].is_empty(), "each is the only one of its class");
    }

    #[test]
    fn small_classes_take_turns() {
        // A hundred classes of four rows: a tenth is forty rows, of forty classes that the seed decides.
        let strata: Vec<u32> = (0..400).map(|row| row % 100).collect();
        let classes = |seed| {
            let mut classes: Vec<_> =
                hold_out(&strata, 0.1, seed)[1].iter().map(|&row| strata[row]).collect();
            classes.sort_unstable();
            classes.dedup();
            classes
        };
        assert_eq!((classes(1).len(), classes(2).len()), (40, 40));
        assert_ne!(classes(1), classes(2));
    }

    #[test]
    fn few_large_groups_are_split() {
        let strata = [[0; 100], [1; 100]].concat();
        let [kept, held] = hold_out_groups(&strata, &strata, 0.1, 1);
        assert_eq!([kept, held], hold_out(&strata, 0.1, 1));
    }

    proptest! {
        #[test]
        fn groups_stay_together(
            rows in prop::collection::vec((0u32..3, any::<prop::sample::Index>()), 1..200),
            share in 0.0f64..1.0,
            seed in any::<u64>(),
        ) {
            let strata: Vec<u32> = rows.iter().map(|row| row.0).collect();
            let groups: Vec<u32> = rows.iter().map(|row| row.1.index(rows.len()) as u32).collect();
            let [kept, held] = hold_out_groups(&strata, &groups, share, seed);
            let whole = hold_out(&strata, share, seed);
            prop_assert_eq!(kept.len() + held.len(), rows.len());
            if [&kept, &held] != [&whole[0], &whole[1]] {
                prop_assert!(held.iter().all(|&row| !kept.iter().any(|&other| groups[other] == groups[row])));
                prop_assert!(2 * held.len() >= whole[1].len() && held.len() <= whole[1].len());
            }
            let alone: Vec<u32> = (0..rows.len() as u32).collect();
            prop_assert_eq!(hold_out_groups(&strata, &alone, share, seed), whole);
        }

        #[test]
        fn every_stratum_keeps_its_share_and_a_row(
            strata in prop::collection::vec(prop_oneof![Just(0u32), Just(3), 0u32..9], 0..200),
            share in 0.0f64..1.0,
            seed in any::<u64>(),
        ) {
            let [kept, held] = hold_out(&strata, share, seed);
            let mut all = [kept.clone(), held.clone()].concat();
            all.sort_unstable();
            prop_assert!(all.into_iter().eq(0..strata.len()));
            let count = |rows: &[usize], stratum| rows.iter().filter(|&&row| strata[row] == stratum).count();
            for stratum in 0..9 {
                let (kept, held) = (count(&kept, stratum), count(&held, stratum));
                prop_assert!(kept > 0 || held == 0);
                let exact = (kept + held) as f64 * share;
                // Small strata cannot give their share, and others give it for them.
                prop_assert!(held as f64 <= exact + 2.0 + 9.0 * share, "{held} of {exact}");
            }
        }
    }
}
