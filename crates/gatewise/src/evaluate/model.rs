//! `Model::predict` and `Model::evaluate`.
//!
//! Input: a model and rows. Output: outputs, or loss and accuracy.

use super::measures::Measures;
use super::score::Scorer;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::metrics::{Evaluation, Metric};
use crate::model::{Engine, Machine, Model, PaddedRows};
use crate::rows::{Dataset, Inputs, Padding};

/// Returns the default loss of `model` for `data`; see [`Loss::default_for`].
pub(crate) fn default_loss(model: &Model, data: &Dataset) -> Loss {
    default_loss_for_width(model, data.targets().width())
}

/// Returns the default loss of `model` for targets of `width` numbers; see [`Loss::default_for`].
pub(crate) fn default_loss_for_width(model: &Model, width: usize) -> Loss {
    let activation = model.stages().last().and_then(|stage| stage.activation());
    Loss::default_for(activation.unwrap_or_default(), width)
}

/// What an evaluation measures besides loss and accuracy, and the number of rows that a metric reads at a time.
pub(crate) struct Measured<'m> {
    pub measures: &'m mut Measures,
    pub batch_size: usize,
}

pub(crate) fn evaluate(
    engine: &mut Engine,
    model: &Model,
    data: &Dataset,
    loss: Loss,
    measured: Option<Measured<'_>>,
) -> Result<Evaluation> {
    let rows = PaddedRows::new(model, data.inputs(), data.padding())?;
    let scorer = Scorer::new(model, loss, data, rows)?;
    let outputs = engine.predict(model, rows);
    if let Some(Measured { measures, batch_size }) = measured {
        measures.check_widths(scorer.width(), data.targets().width())?;
        measures.add_all(&scorer, &outputs, batch_size)?;
    }
    Ok(scorer.all(&outputs, model.params().penalty()))
}

impl Model {
    /// Returns the default loss for `data`: by the last activation and the targets ([`Loss::default_for`]).
    pub fn default_loss(&self, data: &Dataset) -> Loss {
        default_loss(self, data)
    }

    /// Returns the outputs of the model for these rows.
    ///
    /// The result has [`output_width`](Self::output_width) numbers for each row, rows in order. If the model
    /// has an output at every step, it has as many for each step that `padding` leaves of the row.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if an id is outside the vocabulary, or the model reads
    /// another kind of rows.
    pub fn predict(&self, inputs: &Inputs, padding: Padding) -> Result<Vec<f32>> {
        self.predict_on(inputs, padding, &Machine::new())
    }

    /// As [`predict`](Self::predict), on `machine`.
    ///
    /// # Errors
    /// As [`predict`](Self::predict).
    pub fn predict_on(&self, inputs: &Inputs, padding: Padding, machine: &Machine) -> Result<Vec<f32>> {
        let rows = PaddedRows::new(self, inputs, padding)?;
        Ok(Engine::new(machine).predict(self, rows))
    }

    /// Returns the default loss ([`Loss::default_for`]) and the accuracy on `data`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if there are no rows, an id is outside the vocabulary, or
    /// the targets do not fit the loss.
    pub fn evaluate(&self, data: &Dataset) -> Result<Evaluation> {
        self.evaluate_with(data, default_loss(self, data), &Machine::new())
    }

    /// As [`evaluate`](Self::evaluate), with `loss`, on `machine`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_with(&self, data: &Dataset, loss: Loss, machine: &Machine) -> Result<Evaluation> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        evaluate(&mut Engine::new(machine), self, data, loss, None)
    }

    /// Returns the default loss and the accuracy on `data`, and the results of `metrics`, which ignore sample
    /// weights, and of `weighted_metrics`, with their names in logs. Metrics read 32 rows at a time.
    ///
    /// ```
    /// # use gatewise::rows::{Dataset, Sequences};
    /// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// # use gatewise::{Machine, Sequential};
    /// # let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
    /// # let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// # let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
    /// # let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// let metrics = ["auc".parse()?, "precision".parse()?];
    /// let (evaluation, results) = model.evaluate_metrics(&data, &metrics, &[], &Machine::new())?;
    /// assert_eq!((evaluation.samples, &*results[0].0, &*results[1].0), (64, "auc", "precision"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate), and for a metric that cannot measure the rows.
    pub fn evaluate_metrics(
        &self,
        data: &Dataset,
        metrics: &[Metric],
        weighted_metrics: &[Metric],
        machine: &Machine,
    ) -> Result<(Evaluation, Vec<(String, f64)>)> {
        self.evaluate_metrics_with(data, default_loss(self, data), metrics, weighted_metrics, machine)
    }

    /// As [`evaluate_metrics`](Self::evaluate_metrics), with `loss`.
    ///
    /// # Errors
    /// As [`evaluate_metrics`](Self::evaluate_metrics).
    pub fn evaluate_metrics_with(
        &self,
        data: &Dataset,
        loss: Loss,
        metrics: &[Metric],
        weighted_metrics: &[Metric],
        machine: &Machine,
    ) -> Result<(Evaluation, Vec<(String, f64)>)> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        let mut measures = Measures::new(metrics, weighted_metrics)?;
        let measured = Some(Measured { measures: &mut measures, batch_size: 32 });
        let evaluation = evaluate(&mut Engine::new(machine), self, data, loss, measured)?;
        Ok((evaluation, measures.results()?))
    }

    /// As [`evaluate`](Self::evaluate), on `machine`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn evaluate_on(&self, data: &Dataset, machine: &Machine) -> Result<Evaluation> {
        self.evaluate_with(data, default_loss(self, data), machine)
    }
}
