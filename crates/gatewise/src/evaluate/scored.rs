//! The scored outputs of a model for a data set: the input of every metric.

use super::model::default_loss;
use super::score::Scorer;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::metrics::{Calibration, Evaluation, Report, ThresholdRule, argmax, best_threshold};
use crate::model::{Engine, Machine, Model, PaddedRows};
use crate::rows::Dataset;

/// The outputs of a model for the rows of a data set, and their targets.
///
/// ```
/// # use gatewise::rows::{Dataset, Sequences};
/// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// # use gatewise::{Fit, Sequential};
/// # let rows: Sequences = (0..200).map(|i| [1 + i % 2, 3, 4, 5]).collect();
/// # let data = Dataset::new(rows, (0..200).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// # let mut model = Sequential::new()
/// #     .with(Embedding::new(6, 4))
/// #     .with(Lstm::new(8))
/// #     .with(Dense::new(1).activation(Activation::Sigmoid))
/// #     .compile(1)?;
/// # Fit::new().epochs(20).learning_rate(0.02).run(&mut model, &data)?;
/// use gatewise::metrics::{Report, roc_auc};
///
/// let scored = model.score(&data)?;
/// assert!(scored.evaluation.accuracy > Some(0.95));
/// // Any function of outputs and targets is a metric,
/// assert!(roc_auc(&scored.outputs, &scored.targets)? > 0.95);
/// // and a report has the metrics that fit the loss.
/// let Report::Binary(report) = scored.report()? else { panic!() };
/// assert_eq!(report.samples, 200);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Scored {
    /// Loss and accuracy.
    pub evaluation: Evaluation,
    /// The loss function.
    pub loss: Loss,
    /// The outputs, `width` numbers each, rows in order: one output a row, or one a step if the model has an
    /// output at every step. Masked steps are left out.
    pub outputs: Vec<f32>,
    /// The target of each output, [`Loss::target_width`] numbers each.
    pub targets: Vec<f32>,
    /// The numbers in one output.
    pub width: usize,
    /// The threshold above which a binary or multi-label output is positive.
    pub threshold: f32,
    /// Whether the classes are the ids that the model reads, so that the model predicts the next token.
    is_language_model: bool,
}

impl Scored {
    /// Returns the class index of each target.
    fn classes(&self) -> Vec<f32> {
        match self.loss {
            Loss::CategoricalCrossentropy { .. } => {
                self.targets.chunks_exact(self.width).map(|target| argmax(target) as f32).collect()
            }
            _ => self.targets.clone(),
        }
    }

    /// Returns a report with the metrics that fit the loss.
    ///
    /// # Errors
    /// As [`Report::binary`], [`Report::labels`], [`Report::classes`], [`Report::regression`] and
    /// [`Report::language_model`].
    pub fn report(&self) -> Result<Report> {
        match self.loss {
            Loss::BinaryCrossentropy { .. } if self.width > 1 => {
                Report::labels(&self.outputs, &self.targets, self.width, self.threshold)
            }
            Loss::BinaryCrossentropy { .. } => Report::binary(&self.outputs, &self.targets, self.threshold),
            Loss::CategoricalCrossentropy { .. } | Loss::SparseCategoricalCrossentropy => {
                let classes = self.classes();
                match self.is_language_model {
                    true => Report::language_model(&self.outputs, &classes, self.width),
                    false => Report::classes(&self.outputs, &classes, self.width),
                }
            }
            _ => Report::regression(&self.outputs, &self.targets),
        }
    }

    /// Returns the calibration curve of a binary model, in `bins` bins.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the model is not binary, and the errors of
    /// [`Calibration::new`].
    pub fn calibration(&self, bins: usize) -> Result<Calibration> {
        self.check_binary("a calibration curve")?;
        Calibration::new(&self.outputs, &self.targets, bins)
    }

    /// Returns the best threshold for these rows by `rule`. The rows should not be training rows.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the model is not binary, and the errors of
    /// [`best_threshold`].
    pub fn best_threshold(&self, rule: ThresholdRule) -> Result<f32> {
        self.check_binary("a decision threshold")?;
        best_threshold(&self.outputs, &self.targets, rule)
    }

    fn check_binary(&self, what: &str) -> Result<()> {
        match self.loss {
            Loss::BinaryCrossentropy { .. } => Ok(()),
            loss => Err(Error::config(format!(
                "{what} is for binary models, but the loss of this model is {loss}; end the model in \
                 Dense::new(1).activation(Activation::Sigmoid)"
            ))),
        }
    }
}

impl Model {
    /// Returns the outputs of the model for `data`, scored with the default loss ([`Loss::default_for`]).
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn score(&self, data: &Dataset) -> Result<Scored> {
        self.score_on(data, 0.5, &Machine::new())
    }

    /// As [`score`](Self::score), with this threshold of the positive class, on `machine`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn score_on(&self, data: &Dataset, threshold: f32, machine: &Machine) -> Result<Scored> {
        let mut engine = Engine::new(machine);
        self.score_with(data, threshold, self.params().penalty(), |rows| engine.predict(self, rows))
    }

    /// As [`score_on`](Self::score_on), for the outputs that `predict` returns: the outputs of this model, or
    /// the mean over an ensemble. `penalty` is added to the loss.
    pub(crate) fn score_with(
        &self,
        data: &Dataset,
        threshold: f32,
        penalty: f64,
        predict: impl FnOnce(PaddedRows<'_>) -> Vec<f32>,
    ) -> Result<Scored> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        let loss = default_loss(self, data);
        let rows = PaddedRows::new(self, data.inputs(), data.padding())?;
        let scorer = Scorer::new(self, loss, data, rows)?.with_threshold(threshold);
        let outputs = predict(rows);
        let evaluation = scorer.all(&outputs, penalty);
        let (outputs, targets) = scorer.pairs(outputs);
        let width = self.output_width();
        let is_language_model = self.output_per_step() && self.vocabulary() == width;
        Ok(Scored { evaluation, loss, outputs, targets, width, threshold, is_language_model })
    }
}
