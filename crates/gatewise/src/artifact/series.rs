//! Models that read series of numbers: their rows scaled as in training, and answers for them.

use super::Artifact;
use crate::error::{Error, Result};
use crate::rows::{Dataset, Features, Problem, TimeSeries};

/// Rows of the self-test, in steps.
const PROBES: [usize; 3] = [1, 7, 30];

impl Artifact {
    /// `rows` as this model reads them: each channel on the scale that it was trained on.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when rows have another number of channels.
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
            // Masking takes steps of zeros for padding; one that is the mean exactly is none.
            let zeros = row.chunks_exact_mut(width).filter(|step| step.iter().all(|&x| x == 0.0));
            zeros.for_each(|step| step[0] = f32::MIN_POSITIVE);
            scaled.push(&row)?;
        }
        Ok(scaled)
    }

    /// Labelled series as this model reads them, their labels among its own.
    ///
    /// # Errors
    /// As [`scaled`](Self::scaled), and for a label that the model does not know.
    pub fn series_dataset(&self, series: &TimeSeries) -> Result<Dataset> {
        let classes: Vec<f32> = series.classes.iter().map(|&class| class as f32).collect();
        let targets = self.targets(&Problem::SingleLabel, &series.labels, &classes.into())?;
        Ok(Dataset::new(self.scaled(&series.rows)?, targets)?.with_padding(self.padding))
    }

    /// Made-up rows around the means of the training part, for the self-test.
    pub(super) fn series_probes(&self) -> Vec<Vec<f32>> {
        let scalers = self.scalers();
        let width = scalers.len();
        let number = |at: usize| ((at * 37 % 19) as f32 - 9.0) / 6.0;
        let probe = |steps: usize| (0..steps * width).map(|at| scalers[at % width].restore(number(at)));
        PROBES.map(|steps| probe(steps).collect()).to_vec()
    }
}
