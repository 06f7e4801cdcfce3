//! The metrics of a run or an evaluation, as they accumulate together.
//!
//! Input: scored rows. Output: results by name.

use super::kept_rows::KeptRows;
use super::score::Scorer;
use crate::error::{Error, Result};
use crate::metrics::{Metric, MetricState};
use std::collections::BTreeSet;

/// A metric under its name in logs.
#[derive(Debug, Clone)]
struct Measure {
    label: String,
    /// Whether sample weights count.
    weighted: bool,
    state: MetricState,
}

/// Metrics as they accumulate.
#[derive(Debug, Clone, Default)]
pub(crate) struct Measures {
    all: Vec<Measure>,
    batch: KeptRows,
}

impl Measures {
    /// Creates the states of `metrics`, which ignore sample weights, and of `weighted` metrics. As in Keras, a
    /// second metric of a name is called `name_1`, and a weighted one `weighted_name`.
    pub fn new(metrics: &[Metric], weighted: &[Metric]) -> Result<Self> {
        let mut taken = BTreeSet::new();
        let both =
            metrics.iter().map(|metric| (metric, false)).chain(weighted.iter().map(|metric| (metric, true)));
        let mut all = Vec::new();
        for (metric, weighted) in both {
            let own = metric.label();
            if ["", "loss", "epoch", "learning_rate"].contains(&own) || own.starts_with("val_") {
                return Err(Error::config(format!(
                    "a metric is called '{own}', which is the name of another figure in the logs; give it another label"
                )));
            }
            let prefix = if weighted && taken.contains(own) { "weighted_" } else { "" };
            let names = (0..)
                .map(|at| if at == 0 { format!("{prefix}{own}") } else { format!("{prefix}{own}_{at}") });
            let label = names.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
            taken.insert(label.clone());
            all.push(Measure { label, weighted, state: MetricState::new(metric) });
        }
        Ok(Self { all, batch: KeptRows::default() })
    }

    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Checks that the metrics can measure rows of `width` outputs and `target_width` targets.
    pub fn check_widths(&self, width: usize, target_width: usize) -> Result<()> {
        self.all.iter().try_for_each(|it| it.state.metric().check_widths(width, target_width))
    }

    /// Returns whether the figure called `name` in logs should increase, if that is known.
    pub fn increases(&self, name: &str) -> Option<bool> {
        let own = name.split('[').next().unwrap_or(name);
        self.all.iter().find(|it| it.label == own).and_then(|it| it.state.metric().increases())
    }

    /// Adds the rows of a batch, whose outputs have `width` numbers.
    pub fn add<'k>(&mut self, parts: impl Iterator<Item = &'k KeptRows>, width: usize) -> Result<()> {
        let mut batch = std::mem::take(&mut self.batch);
        parts.for_each(|part| batch.append(part));
        let added = self.add_batch(&batch, width);
        batch.clear();
        self.batch = batch;
        added
    }

    fn add_batch(&mut self, batch: &KeptRows, width: usize) -> Result<()> {
        let (Some(plain), Some(weighted)) = (batch.rows(width, false)?, batch.rows(width, true)?) else {
            return Ok(());
        };
        self.all.iter_mut().try_for_each(|it| it.state.add(if it.weighted { &weighted } else { &plain }))
    }

    /// Adds all rows of `scorer`, whose outputs are `outputs`, in batches of `batch_size` rows.
    pub fn add_all(&mut self, scorer: &Scorer<'_>, outputs: &[f32], batch_size: usize) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let (width, mut batch, mut result, mut before) = (scorer.width(), KeptRows::default(), Ok(()), 0);
        scorer.for_each(outputs, |index, output, target, weight| {
            if index / batch_size != before && result.is_ok() {
                result = self.add_batch(&batch, width);
                batch.clear();
                before = index / batch_size;
            }
            batch.push(output, target, weight);
        });
        result?;
        self.add_batch(&batch, width)
    }

    /// Returns the results with their names in logs.
    pub fn results(&self) -> Result<Vec<(String, f64)>> {
        let mut results = Vec::new();
        for it in &self.all {
            results.extend(it.state.result()?.named(&it.label));
        }
        Ok(results)
    }

    pub fn reset(&mut self) {
        self.all.iter_mut().for_each(|it| it.state.reset());
    }

    /// Returns the numbers of each state, and the width of its rows.
    pub fn parts(&self) -> impl Iterator<Item = (&[f64], usize)> {
        self.all.iter().map(|it| it.state.parts())
    }

    /// Restores [`parts`](Self::parts), or all states before the first row where there are none. Returns `false`
    /// if they do not fit.
    pub fn restore(&mut self, parts: impl ExactSizeIterator<Item = (Vec<f64>, usize)>) -> bool {
        self.reset();
        let fits = [0, self.all.len()].contains(&parts.len());
        fits && self.all.iter_mut().zip(parts).all(|(it, (numbers, width))| it.state.restore(numbers, width))
    }
}
