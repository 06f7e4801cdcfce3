//! Models that read series of numbers: their rows scaled as in training, and answers for them.

use super::Artifact;
use crate::error::{Error, Result};
use crate::layers::Layer;
use crate::model::Model;
use crate::rows::{Dataset, Features, Inputs, Problem, TimeSeries};

/// Rows of the self-test, in steps.
const PROBES: [usize; 3] = [1, 7, 30];

impl Artifact {
    /// `rows` as this model reads them: each channel on the scale that it was trained on.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when rows have another number of channels.
    pub fn scaled(&self, rows: &Features) -> Result<Features> {
        let width = self.scalers.len();
        if rows.width() != width {
            return Err(Error::data(match width {
                0 => "the model reads texts, not series of numbers".to_owned(),
                _ => format!("the model reads series of {width} channels, but these have {}", rows.width()),
            }));
        }
        let mut scaled = Features::new(width);
        for i in 0..rows.len() {
            let row = rows.row(i).iter().enumerate();
            let mut row: Vec<f32> = row.map(|(at, &x)| self.scalers[at % width].scale(x)).collect();
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

    /// The model's outputs for series.
    pub(crate) fn series_outputs(&self, rows: &Features) -> Result<Vec<f32>> {
        self.model.predict(&Inputs::from(self.scaled(rows)?), self.padding)
    }

    /// Made-up rows around the means of the training part, for the self-test.
    pub(super) fn series_probes(&self) -> Vec<Vec<f32>> {
        let width = self.scalers.len();
        let number = |at: usize| ((at * 37 % 19) as f32 - 9.0) / 6.0;
        let probe = |steps: usize| (0..steps * width).map(|at| self.scalers[at % width].restore(number(at)));
        PROBES.map(|steps| probe(steps).collect()).to_vec()
    }
}

/// Whether `scalers` suit a model.
pub(super) fn check_scalers(artifact: &Artifact) -> std::result::Result<(), String> {
    let Artifact { model, scalers, .. } = artifact;
    let channels = channels(model).unwrap_or(0);
    if scalers.len() != channels {
        return Err(format!("it has scales for {} channels where its Input has {channels}", scalers.len()));
    }
    match scalers.iter().all(|scaler| scaler.is_sound()) {
        true => Ok(()),
        false => Err("the scale of a channel is no positive number".into()),
    }
}

/// Numbers a step, of a model that reads vectors.
fn channels(model: &Model) -> Option<usize> {
    match model.spec().layers().first() {
        Some(Layer::Input(input)) => Some(input.features),
        _ => None,
    }
}
