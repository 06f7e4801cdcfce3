//! Missing values of a channel: interpolated linearly, and at the ends the nearest value.

/// Replaces each NaN of `values`, which are at the positions `times`, or one apart if there are no times. Returns
/// the number of replaced values, or `None` if no value is present.
pub(super) fn fill(values: &mut [f32], times: &[f64]) -> Option<usize> {
    let present: Vec<usize> = (0..values.len()).filter(|&at| !values[at].is_nan()).collect();
    let (&first, &last) = (present.first()?, present.last()?);
    let time = |at: usize| times.get(at).copied().unwrap_or(at as f64);
    let missing = values.len() - present.len();
    let (before, after) = (values[first], values[last]);
    values[..first].fill(before);
    values[last..].fill(after);
    for pair in present.windows(2) {
        let &[left, right] = pair else { continue };
        let (from, to) = (f64::from(values[left]), f64::from(values[right]));
        let span = time(right) - time(left);
        for (at, value) in (left + 1..).zip(&mut values[left + 1..right]) {
            let share = if span > 0.0 { (time(at) - time(left)) / span } else { 0.5 };
            *value = (from + share * (to - from)) as f32;
        }
    }
    Some(missing)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gaps_are_bridged_and_ends_repeated() {
        const GAP: f32 = f32::NAN;
        let filled = |values: &[f32], times: &[f64]| {
            let mut values = values.to_vec();
            fill(&mut values, times).map(|count| (count, values))
        };
        assert_eq!(
            filled(&[GAP, 1.0, GAP, GAP, 4.0, GAP], &[]),
            Some((4, vec![1.0, 1.0, 2.0, 3.0, 4.0, 4.0]))
        );
        assert_eq!(filled(&[0.0, GAP, 10.0], &[0.0, 9.0, 10.0]), Some((1, vec![0.0, 9.0, 10.0])), "by time");
        assert_eq!(filled(&[0.0, GAP, 10.0], &[3.0, 3.0, 3.0]), Some((1, vec![0.0, 5.0, 10.0])));
        assert_eq!(filled(&[1.0, 2.0], &[]), Some((0, vec![1.0, 2.0])));
        assert_eq!((filled(&[GAP], &[]), filled(&[], &[])), (None, None));
        assert_eq!(filled(&[f32::MAX, GAP, f32::MIN], &[]), Some((1, vec![f32::MAX, 0.0, f32::MIN])));
    }
}
