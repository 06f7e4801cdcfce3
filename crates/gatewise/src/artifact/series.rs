//! Artifacts that read series: scaling, data sets and self-test.

use super::Artifact;
use crate::error::{Error, Result};
use crate::rows::{Dataset, Features, TimeSeries};

/// Lengths of the self-test's rows, in steps.
const PROBES: [usize; 3] = [1, 7, 30];

impl Artifact {
    /// Scales each channel of `rows` as in training.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when `rows` have another number of channels.
    pub fn scaled(&self, rows: &Features) -> Result<Features> {
        let scalers = self.scalers();
        let width = scalers.len();
        if rows.width() != width {
            return Err(Error::data(match width {
                0 => format!("the model reads {}, not series of numbers", self.reader.describe()),
                _ => format!("the model reads series of {width} channels, but these have {}", rows.width()),
            }));
        }
        let mut scaled = Features::new(width);
        for i in 0..rows.len() {
            let row = rows.row(i).iter().enumerate();
            let mut row: Vec<f32> = row.map(|(at, &x)| scalers[at % width].scale(x)).collect();
            // Masking reads steps of zeros as padding: a step of exact means must not become one.
            let zeros = row.chunks_exact_mut(width).filter(|step| step.iter().all(|&x| x == 0.0));
            zeros.for_each(|step| step[0] = f32::MIN_POSITIVE);
            scaled.push(&row)?;
        }
        Ok(scaled)
    }

    /// Converts labelled series into a data set for this model.
    ///
    /// # Errors
    /// As [`scaled`](Self::scaled), for a label that the model does not have, and for numbers where the model has
    /// classes.
    pub fn series_dataset(&self, series: &TimeSeries) -> Result<Dataset> {
        let targets = self.targets(&series.problem(), &series.labels, &series.targets())?;
        let data = Dataset::new(self.scaled(&series.rows)?, targets)?.with_padding(self.padding);
        match &series.weights {
            Some(weights) => data.with_sample_weight(weights.clone()),
            None => Ok(data),
        }
    }

    /// Returns made-up rows around the training means, for the self-test.
    pub(super) fn series_probes(&self) -> Vec<Vec<f32>> {
        let scalers = self.scalers();
        let width = scalers.len();
        let number = |at: usize| ((at * 37 % 19) as f32 - 9.0) / 6.0;
        let probe = |from: usize, steps: usize| {
            (0..steps * width).map(move |at| scalers[at % width].restore(number(from + at))).collect()
        };
        match self.model.reads_one_vector() {
            true => PROBES.map(|from| probe(from, 1)).to_vec(),
            false => PROBES.map(|steps| probe(0, steps)).to_vec(),
        }
    }
}
