//! Metrics that are the mean of a value of each row: accuracies, similarity, and the mean itself.

use super::{Rule, ratio};
use crate::error::{Error, Result};
use crate::metrics::{MetricResult, MetricRows, argmax};
use serde::{Deserialize, Serialize};

/// Adds `value` of each row to a weighted sum and to the sum of the weights.
pub(super) fn add(state: &mut [f64], rows: &MetricRows<'_>, value: impl Fn(&[f32], &[f32]) -> f64) {
    for (output, target, weight) in rows.iter() {
        state[0] += value(output, target) * weight;
        state[1] += weight;
    }
}

/// Returns 1 for `true`.
fn hit(hit: bool) -> f64 {
    f64::from(u8::from(hit))
}

/// Returns the mean over a row.
fn mean(output: &[f32], target: &[f32], value: impl Fn(f32, f32) -> f64) -> f64 {
    output.iter().zip(target).map(|(&p, &y)| value(p, y)).sum::<f64>() / output.len() as f64
}

/// Makes a rule of the value of a row.
macro_rules! mean_of_rows {
    ($name:ty, |$it:ident, $output:ident, $target:ident| $value:expr $(, target_width $width:expr)?) => {
        impl Rule for $name {
            fn start(&self, _: usize) -> Vec<f64> {
                vec![0.0; 2]
            }
            $(fn target_width(&self, _: usize, _: usize) -> Option<usize> {
                Some($width)
            })?
            fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
                let $it = self;
                add(state, rows, |$output, $target| $value);
                Ok(())
            }
            fn result(&self, state: &[f64]) -> MetricResult {
                ratio(state[0], state[1]).into()
            }
        }
    };
}
pub(super) use mean_of_rows;

/// Equality of output and target, the mean over a row.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Equality {}
mean_of_rows!(Equality, |_it, output, target| mean(output, target, |p, y| hit(p == y)));

/// Outputs above a threshold against targets of 0 and 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Binary {
    threshold: f32,
}
impl Default for Binary {
    fn default() -> Self {
        Self { threshold: 0.5 }
    }
}
impl Binary {
    fn value(&self, output: &[f32], target: &[f32]) -> f64 {
        mean(output, target, |p, y| hit(y == f32::from(u8::from(p > self.threshold))))
    }
}
mean_of_rows!(Binary, |it, output, target| it.value(output, target));

/// The largest output at the largest target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Categorical {}
mean_of_rows!(Categorical, |_it, output, target| hit(argmax(output) == argmax(target)));

/// The largest output at the class of the target.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Sparse {}
mean_of_rows!(Sparse, |_it, output, target| hit(argmax(output) as f32 == target[0]), target_width 1);

/// Keras's choice for the word `accuracy`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Automatic {}

impl Rule for Automatic {
    fn target_width(&self, width: usize, given: usize) -> Option<usize> {
        Some(if given == 1 { 1 } else { width })
    }

    fn start(&self, _: usize) -> Vec<f64> {
        vec![0.0; 2]
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        match (rows.width(), rows.target_width()) {
            (1, _) => Binary::default().update(state, rows),
            (_, 1) => Sparse {}.update(state, rows),
            _ => Categorical {}.update(state, rows),
        }
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        ratio(state[0], state[1]).into()
    }
}

/// Whether fewer than `k` classes have a higher output than `class`.
fn in_top_k(output: &[f32], class: usize, k: usize) -> f64 {
    let Some(own) = output.get(class) else { return 0.0 };
    hit(output.iter().filter(|other| *other > own).count() < k)
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct TopK {
    k: usize,
}
impl Default for TopK {
    fn default() -> Self {
        Self { k: 5 }
    }
}
mean_of_rows!(TopK, |it, output, target| in_top_k(output, argmax(target), it.k));

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct SparseTopK {
    k: usize,
    /// Whether the outputs are classes, the likeliest first.
    from_sorted_ids: bool,
}
impl Default for SparseTopK {
    fn default() -> Self {
        Self { k: 5, from_sorted_ids: false }
    }
}
mean_of_rows!(SparseTopK, |it, output, target| match it.from_sorted_ids {
    true => hit(output.iter().take(it.k).any(|id| *id == target[0])),
    false => in_top_k(output, target[0] as usize, it.k),
}, target_width 1);

/// The cosine of the angle between outputs and targets.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Cosine {}
mean_of_rows!(Cosine, |_it, output, target| {
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    // Keras divides by no norm below this.
    let norm = |a: &[f32]| dot(a, a).max(1e-12).sqrt();
    dot(output, target) / (norm(output) * norm(target))
});

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct RootMeanSquaredError {}

impl Rule for RootMeanSquaredError {
    fn start(&self, _: usize) -> Vec<f64> {
        vec![0.0; 2]
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        add(state, rows, |output, target| mean(output, target, |p, y| (f64::from(p) - f64::from(y)).powi(2)));
        Ok(())
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        ratio(state[0], state[1]).sqrt().into()
    }

    fn increases(&self) -> Option<bool> {
        Some(false)
    }
}

/// The mean of the outputs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Mean {}

impl Rule for Mean {
    fn target_width(&self, _: usize, _: usize) -> Option<usize> {
        None
    }

    fn start(&self, _: usize) -> Vec<f64> {
        vec![0.0; 2]
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        add(state, rows, |output, _| mean(output, output, |p, _| f64::from(p)));
        Ok(())
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        ratio(state[0], state[1]).into()
    }

    fn increases(&self) -> Option<bool> {
        None
    }
}

/// The weighted sum of the outputs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in crate::metrics) struct Sum {}

impl Rule for Sum {
    fn target_width(&self, _: usize, _: usize) -> Option<usize> {
        None
    }

    fn start(&self, _: usize) -> Vec<f64> {
        vec![0.0; 2]
    }

    fn update(&self, state: &mut [f64], rows: &MetricRows<'_>) -> Result<()> {
        add(state, rows, |output, _| output.iter().map(|&p| f64::from(p)).sum());
        Ok(())
    }

    fn result(&self, state: &[f64]) -> MetricResult {
        state[0].into()
    }

    fn increases(&self) -> Option<bool> {
        None
    }
}

/// Checks that a class exists.
pub(super) fn check_class(class: Option<usize>, width: usize) -> Result<()> {
    match class.filter(|&class| class >= width) {
        None => Ok(()),
        Some(class) => {
            Err(Error::data(format!("class_id is {class}, but rows have {width} outputs, counted from 0")))
        }
    }
}
