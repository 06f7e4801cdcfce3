//! The settings of a run: epochs, batches, validation and checkpoints.
//!
//! Input: a data set. Output: its training rows, their weights, and its validation rows.

use super::Checkpoints;
use crate::error::{Error, Result};
use crate::metrics::Metric;
use crate::model::{Model, PaddedRows};
use crate::rows::{ClassWeight, Dataset, Padding};

/// The settings of [`Fit`](super::Fit) for the loop; the stepper has the settings of a step.
#[derive(Debug)]
pub(super) struct RunSettings<'a> {
    pub epochs: usize,
    pub batch_size: usize,
    pub validation_split: f64,
    pub validation_data: Option<&'a Dataset>,
    pub validation_steps: Option<usize>,
    pub validation_freq: usize,
    pub shuffle: bool,
    pub steps_per_epoch: Option<usize>,
    pub initial_epoch: usize,
    pub class_weight: Option<ClassWeight>,
    pub metrics: Vec<Metric>,
    pub weighted_metrics: Vec<Metric>,
    pub checkpoints: Option<Checkpoints>,
    pub resume: bool,
}

impl Default for RunSettings<'_> {
    fn default() -> Self {
        Self {
            epochs: 1,
            batch_size: 32,
            validation_split: 0.0,
            validation_data: None,
            validation_steps: None,
            validation_freq: 1,
            shuffle: true,
            steps_per_epoch: None,
            initial_epoch: 0,
            class_weight: None,
            metrics: Vec::new(),
            weighted_metrics: Vec::new(),
            checkpoints: None,
            resume: false,
        }
    }
}

impl RunSettings<'_> {
    /// Returns the number of batches of a pass over `rows` rows.
    pub fn batches(&self, rows: usize) -> usize {
        rows.div_ceil(self.batch_size)
    }

    /// Returns the number of steps of an epoch over `rows` rows.
    pub fn steps(&self, rows: usize) -> usize {
        let batches = self.batches(rows);
        self.steps_per_epoch.map_or(batches, |steps| steps.min(batches))
    }

    /// Checks the settings and returns the number of training rows.
    pub fn check(&self, data: &Dataset) -> Result<usize> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to train on"));
        }
        if self.batch_size == 0 {
            return Err(Error::config("batch_size is 0; it must be at least 1"));
        }
        for (name, value) in [
            ("validation_freq", Some(self.validation_freq)),
            ("validation_steps", self.validation_steps),
            ("steps_per_epoch", self.steps_per_epoch),
        ] {
            if value == Some(0) {
                return Err(Error::config(format!("{name} is 0; it must be at least 1")));
            }
        }
        if let Some(own) = self.validation_data {
            return match own.is_empty() {
                true => Err(Error::data("validation_data has no rows")),
                false => Ok(data.len()),
            };
        }
        if !(0.0..1.0).contains(&self.validation_split) {
            return Err(Error::config(format!(
                "validation_split is {}; it must be at least 0 and below 1",
                self.validation_split
            )));
        }
        // As Keras: the split point is rounded down.
        match (data.len() as f64 * (1.0 - self.validation_split)).floor() as usize {
            0 => Err(Error::config(format!(
                "validation_split {} leaves none of the {} rows to train on",
                self.validation_split,
                data.len()
            ))),
            training => Ok(training),
        }
    }

    /// Returns the class weights of the training rows, or `None`.
    pub fn weights(&self, data: &Dataset, training: usize) -> Result<Option<Vec<f32>>> {
        match (&self.class_weight, data.sample_weight()) {
            (None, _) => Ok(None),
            (Some(_), Some(_)) => Err(Error::config(
                "class_weight was given for data with a sample_weight; multiply the two yourself, and give \
                 the product as sample_weight",
            )),
            (Some(class_weight), None) => {
                let order: Vec<usize> = (0..training).collect();
                class_weight.weights(&data.targets().select(&order)).map(Some)
            }
        }
    }

    /// Returns the validation rows: `validation_data`, or the rows after the first `training`, with `padding`.
    pub fn validation(
        &self,
        model: &Model,
        data: &Dataset,
        training: usize,
        padding: Padding,
    ) -> Result<Option<Dataset>> {
        let (data, first, padding) = match self.validation_data {
            Some(own) => (own, 0, PaddedRows::new(model, own.inputs(), own.padding())?.settled()),
            None => (data, training, padding),
        };
        let most = self.validation_steps.map_or(data.len(), |steps| steps.saturating_mul(self.batch_size));
        let chosen: Vec<usize> = (first..data.len()).take(most).collect();
        Ok((!chosen.is_empty()).then(|| data.select(&chosen).with_padding(padding)))
    }
}
