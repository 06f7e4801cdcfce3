//! Counts of positive and negative rows over thresholds.
//!
//! Input: outputs. Output: for each threshold the weights of true and false positives and negatives. A row adds
//! to the one place between the thresholds where its output lies, whatever their number.

use super::EPSILON;
use super::mean::check_class;
use crate::error::{Error, Result};
use crate::metrics::MetricRows;
use serde::{Deserialize, Serialize};

/// Below every output: Keras's threshold for `top_k`.
const LOWEST: f32 = -1e10;

/// One threshold, or several.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(in crate::metrics) enum Given {
    One(f64),
    Several(Vec<f64>),
}

/// The thresholds, and which outputs count.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Thresholds {
    /// In the order given.
    values: Vec<f32>,
    /// Whether they divide 0..1 evenly. Keras then computes the place of an output by a product.
    even: bool,
    /// Whether the first and the last lie outside 0..1.
    beyond: bool,
    pub top_k: Option<usize>,
    pub class_id: Option<usize>,
    /// Whether outputs are logits.
    pub from_logits: bool,
}

/// The weights on the two sides of a threshold.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Counts {
    pub true_positives: f64,
    pub false_positives: f64,
    pub true_negatives: f64,
    pub false_negatives: f64,
}

impl Thresholds {
    /// Checks thresholds that a user gives.
    pub fn check(given: Option<&Given>) -> Result<()> {
        let values = match given {
            None => return Ok(()),
            Some(Given::One(value)) => std::slice::from_ref(value),
            Some(Given::Several(values)) => values,
        };
        if values.is_empty() {
            return Err(Error::config("thresholds is empty; it needs at least one number from 0 to 1"));
        }
        match values.iter().find(|value| !(0.0..=1.0).contains(*value)) {
            None => Ok(()),
            Some(value) => Err(Error::config(format!("a threshold is {value}; it must be from 0 to 1"))),
        }
    }

    fn new(values: Vec<f64>, even: bool, beyond: bool) -> Self {
        let values = values.into_iter().map(|value| value as f32).collect();
        Self { values, even, beyond, top_k: None, class_id: None, from_logits: false }
    }

    /// Returns the thresholds that a user gives, by default ½ or, for the `top_k` outputs, none. `chosen` has
    /// `top_k` and `class_id`, where the metric has them.
    pub fn given(given: Option<&Given>, chosen: &[Option<usize>]) -> Self {
        let [top_k, class_id] = [0, 1].map(|at| chosen.get(at).copied().flatten());
        let values = match given {
            None if top_k.is_some() => vec![f64::from(LOWEST)],
            None => vec![0.5],
            Some(Given::One(value)) => vec![*value],
            Some(Given::Several(values)) => values.clone(),
        };
        let even = are_even(&values);
        Self { top_k, class_id, ..Self::new(values, even, false) }
    }

    /// Returns `count` thresholds from 0 to 1.
    pub fn spread(count: usize, class_id: Option<usize>) -> Self {
        let values = match count {
            0 | 1 => vec![0.5],
            _ => (0..count).map(|at| at as f64 / (count - 1) as f64).collect(),
        };
        Self { class_id, ..Self::new(values, count > 1, false) }
    }

    /// Returns thresholds for an area: `count` evenly, or the `given` ones between, and both ends beyond 0..1.
    pub fn for_area(count: usize, given: Option<&[f64]>) -> Self {
        let mut values = match given {
            None => (0..count).map(|at| at as f64 / (count - 1) as f64).collect(),
            Some(given) => {
                let mut given = given.to_vec();
                given.sort_by(f64::total_cmp);
                [&[0.0][..], &given, &[1.0]].concat()
            }
        };
        let even = given.is_none() || are_even(&values);
        let last = values.len() - 1;
        (values[0], values[last]) = (-EPSILON, 1.0 + EPSILON);
        Self::new(values, even, true)
    }

    /// Returns the number of thresholds.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns the sums before the first row, for `labels` separate counts.
    pub fn start(&self, labels: usize) -> Vec<f64> {
        vec![0.0; labels * 2 * (self.len() + 1)]
    }

    /// Returns the thresholds in ascending order.
    fn sorted(&self) -> Vec<f32> {
        let mut sorted = self.values.clone();
        sorted.sort_by(f32::total_cmp);
        sorted
    }

    /// Returns the number of thresholds below `output`.
    fn place(&self, sorted: &[f32], output: f32) -> usize {
        if !self.even {
            return sorted.partition_point(|threshold| *threshold < output);
        }
        let place = (output.clamp(0.0, 1.0) * (self.len() - 1) as f32).ceil() as usize;
        place.max(usize::from(self.beyond))
    }

    /// Adds rows to sums of [`start`](Self::start). `labels` is 1, or the number of outputs, which are then
    /// counted apart. `label_weights` weigh outputs that are counted together.
    pub fn add(
        &self,
        state: &mut [f64],
        rows: &MetricRows<'_>,
        labels: usize,
        label_weights: Option<&[f64]>,
    ) -> Result<()> {
        check_class(self.class_id, rows.width())?;
        let sorted = self.sorted();
        let mut filtered = vec![0.0; rows.width()];
        for (output, target, weight) in rows.iter() {
            filtered.copy_from_slice(output);
            if let Some(k) = self.top_k {
                let mut order: Vec<usize> = (0..output.len()).collect();
                order.sort_by(|&a, &b| output[b].total_cmp(&output[a]));
                order.iter().skip(k).for_each(|&at| filtered[at] = LOWEST);
            }
            let columns = self.class_id.map_or(0..output.len(), |class| class..class + 1);
            for column in columns {
                let mut p = filtered[column];
                if self.from_logits {
                    p = (1.0 / (1.0 + (-f64::from(p)).exp())) as f32;
                }
                let label = if labels > 1 { column } else { 0 };
                let negative = usize::from(target[column] == 0.0);
                let at = (label * 2 + negative) * (self.len() + 1) + self.place(&sorted, p);
                state[at] += weight * label_weights.map_or(1.0, |weights| weights[column]);
            }
        }
        Ok(())
    }

    /// Returns the counts of label `label` at each threshold, in the order given.
    pub fn counts(&self, state: &[f64], label: usize) -> Vec<Counts> {
        let size = self.len() + 1;
        let (positive, negative) = state[label * 2 * size..][..2 * size].split_at(size);
        let sorted = self.sorted();
        // Where the output lies above place.len() thresholds or fewer.
        let split = |sums: &[f64], place: usize| {
            let (below, above) = sums.split_at(place);
            (above.iter().rev().sum::<f64>(), below.iter().sum::<f64>())
        };
        self.values
            .iter()
            .map(|value| {
                let place = sorted.partition_point(|other| other < value) + 1;
                let (true_positives, false_negatives) = split(positive, place);
                let (false_positives, true_negatives) = split(negative, place);
                Counts { true_positives, false_positives, true_negatives, false_negatives }
            })
            .collect()
    }
}

/// Checks a number of thresholds.
pub(super) fn check_count(count: usize, least: usize) -> Result<()> {
    const MOST: usize = 1_000_000;
    match (least..=MOST).contains(&count) {
        true => Ok(()),
        false => Err(Error::config(format!("num_thresholds is {count}; it must be from {least} to {MOST}"))),
    }
}

/// Returns whether `values` divide 0..1 evenly, up to rounding.
fn are_even(values: &[f64]) -> bool {
    let last = values.len().saturating_sub(1) as f64;
    let near = |(at, value): (usize, &f64)| {
        let even = at as f64 / last;
        (value - even).abs() <= EPSILON + 1e-5 * even.abs()
    };
    values.len() >= 3 && values.iter().enumerate().all(near)
}
