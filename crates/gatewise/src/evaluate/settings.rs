//! The settings of an evaluation.
//!
//! Input: settings, a model and a data set. Output: loss and accuracy, or the scored outputs.

use super::measures::Measures;
use super::score::Scorer;
use crate::error::{Error, Result};
use crate::loss::{Loss, Reduction};
use crate::metrics::{Evaluation, Metric};
use crate::model::{Engine, Machine, Model, PaddedRows};
use crate::rows::Dataset;

/// Returns the default loss of `model` for `data`; see [`Loss::default_for`].
pub(crate) fn default_loss(model: &Model, data: &Dataset) -> Loss {
    default_loss_for_width(model, data.targets().width())
}

/// Returns the default loss of `model` for targets of `width` numbers; see [`Loss::default_for`].
pub(crate) fn default_loss_for_width(model: &Model, width: usize) -> Loss {
    let activation = model.stages().last().and_then(|stage| stage.activation());
    Loss::default_for(activation.unwrap_or_default(), width)
}

/// An evaluation: loss, metrics, reduction, threshold and machine, each with a default.
///
/// ```
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::rows::{Dataset, Sequences};
/// use gatewise::{Evaluate, Fit, Loss, Sequential};
/// let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
/// let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// // A model that ends in logits.
/// let mut model = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8)).with(Dense::new(1)).compile(1)?;
/// let loss = Loss::BinaryCrossentropy { label_smoothing: 0.0, from_logits: true };
/// Fit::new().epochs(30).learning_rate(0.02).loss(loss.clone()).run(&mut model, &data)?;
/// let evaluation = Evaluate::new().loss(loss).run(&model, &data)?;
/// assert!(evaluation.accuracy > Some(0.95));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Evaluate {
    loss: Option<Loss>,
    reduction: Reduction,
    batch_size: usize,
    threshold: f32,
    metrics: Vec<Metric>,
    weighted_metrics: Vec<Metric>,
    machine: Machine,
}

impl Default for Evaluate {
    fn default() -> Self {
        let (reduction, machine) = (Reduction::default(), Machine::new());
        Self {
            loss: None,
            reduction,
            batch_size: 32,
            threshold: 0.5,
            metrics: Vec::new(),
            weighted_metrics: Vec::new(),
            machine,
        }
    }
}

impl Evaluate {
    /// Returns the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the loss. Default: by the model's last activation and the targets ([`Loss::default_for`]).
    pub fn loss(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }

    /// Sets the reduction of the losses. Default: the mean over all outputs.
    pub fn reduction(self, reduction: Reduction) -> Self {
        Self { reduction, ..self }
    }

    /// Sets the number of rows in a batch, for reductions that are not a mean over all outputs: the reduced
    /// losses of batches are averaged, weighted by the number of their outputs, as in Keras. Metrics read a batch at
    /// a time. Default: 32.
    pub fn batch_size(self, batch_size: usize) -> Self {
        Self { batch_size, ..self }
    }

    /// Sets the threshold above which the probability of a binary or multi-label output is positive. Default:
    /// 0.5.
    pub fn threshold(self, threshold: f32) -> Self {
        Self { threshold, ..self }
    }

    /// Sets the metrics that [`measure`](Self::measure) returns. Sample weights do not count. Default: none.
    pub fn metrics(self, metrics: impl IntoIterator<Item = Metric>) -> Self {
        Self { metrics: metrics.into_iter().collect(), ..self }
    }

    /// Sets the metrics that [`measure`](Self::measure) returns and in which sample weights count. Default: none.
    pub fn weighted_metrics(self, metrics: impl IntoIterator<Item = Metric>) -> Self {
        Self { weighted_metrics: metrics.into_iter().collect(), ..self }
    }

    /// Sets the machine to run on. The result does not depend on it. Default: [`Machine::new`].
    pub fn machine(self, machine: &Machine) -> Self {
        Self { machine: machine.clone(), ..self }
    }

    /// Returns the loss, penalties included, and the accuracy of `model` on `data`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if there are no rows, an id is outside the vocabulary, or the
    /// targets do not fit the loss; [`ErrorKind::Config`](crate::ErrorKind::Config) if the model does not fit the
    /// loss, or for [`Reduction::None`]; any error of a custom loss.
    pub fn run(&self, model: &Model, data: &Dataset) -> Result<Evaluation> {
        self.run_in(&mut Engine::new(&self.machine), model, data, &mut Measures::default())
    }

    /// As [`run`](Self::run), with the results of the metrics, under their names in logs.
    ///
    /// ```
    /// # use gatewise::rows::{Dataset, Sequences};
    /// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// # use gatewise::{Evaluate, Sequential};
    /// # let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
    /// # let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
    /// # let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
    /// # let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// let evaluate = Evaluate::new().metrics(["auc".parse()?, "precision".parse()?]);
    /// let (evaluation, results) = evaluate.measure(&model, &data)?;
    /// assert_eq!((evaluation.samples, &*results[0].0, &*results[1].0), (64, "auc", "precision"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run), and for a metric that cannot measure the rows.
    pub fn measure(&self, model: &Model, data: &Dataset) -> Result<(Evaluation, Vec<(String, f64)>)> {
        let mut measures = Measures::new(&self.metrics, &self.weighted_metrics)?;
        let evaluation = self.run_in(&mut Engine::new(&self.machine), model, data, &mut measures)?;
        Ok((evaluation, measures.results()?))
    }

    /// As [`run`](Self::run), in this engine; `measures` add the rows.
    pub(crate) fn run_in(
        &self,
        engine: &mut Engine,
        model: &Model,
        data: &Dataset,
        measures: &mut Measures,
    ) -> Result<Evaluation> {
        let scorer = self.scorer(model, data)?;
        measures.check_widths(scorer.width(), data.targets().width())?;
        let outputs = engine.predict(model, scorer.rows());
        measures.add_all(&scorer, &outputs, self.batch_size)?;
        scorer.all(&outputs, model.params().penalty())
    }

    /// Checks the settings, and that model, loss and data fit.
    pub(super) fn scorer<'d>(&self, model: &Model, data: &'d Dataset) -> Result<Scorer<'d>> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        if self.batch_size == 0 {
            return Err(Error::config("batch_size is 0; it must be at least 1"));
        }
        self.reduction.check()?;
        let loss = self.loss.clone().unwrap_or_else(|| default_loss(model, data));
        let rows = PaddedRows::new(model, data.inputs(), data.padding())?;
        let scorer = Scorer::new(model, loss, data, rows)?;
        Ok(scorer.with_threshold(self.threshold).with_reduction(self.reduction, self.batch_size))
    }

    /// Returns the engine of the machine.
    pub(super) fn engine(&self) -> Engine {
        Engine::new(&self.machine)
    }
}
