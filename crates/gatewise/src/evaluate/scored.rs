//! The scored outputs of a model for a data set: the input of every metric.

use super::settings::Evaluate;
use crate::error::{Error, Result};
use crate::layers::Activation;
use crate::loss::Loss;
use crate::metrics::{Calibration, Evaluation, Report, ThresholdRule, argmax, best_threshold};
use crate::model::{Machine, Model, PaddedRows};
use crate::rows::Dataset;
use std::borrow::Cow;

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
    /// output at every step. Masked steps and [ignored](Loss::ignores) targets are left out. For a loss
    /// [from logits](Loss#logits) these are logits; see [`probabilities`](Self::probabilities).
    pub outputs: Vec<f32>,
    /// The target of each output, [`Loss::target_width`] numbers each.
    pub targets: Vec<f32>,
    /// The numbers in one output.
    pub width: usize,
    /// The threshold above which the probability of a binary or multi-label output is positive.
    pub threshold: f32,
    /// Whether the classes are the ids that the model reads, so that the model predicts the next token.
    is_language_model: bool,
}

impl Scored {
    /// Returns the outputs as probabilities: the [outputs](Self::outputs), for a loss
    /// [from logits](Loss#logits) after a sigmoid or a softmax.
    pub fn probabilities(&self) -> Cow<'_, [f32]> {
        match self.loss.probabilities().filter(|_| self.loss.from_logits()) {
            Some(activation) => {
                let mut outputs = self.outputs.clone();
                outputs.chunks_exact_mut(self.width).for_each(|row| activation.apply_row(row));
                outputs.into()
            }
            None => (&*self.outputs).into(),
        }
    }

    /// Returns the class index of each target.
    fn classes(&self) -> Vec<f32> {
        match self.loss {
            Loss::SparseCategoricalCrossentropy { .. } => self.targets.clone(),
            _ => self.targets.chunks_exact(self.width).map(|target| argmax(target) as f32).collect(),
        }
    }

    /// Returns a report with the metrics that fit the loss.
    ///
    /// # Errors
    /// As [`Report::binary`], [`Report::labels`], [`Report::classes`], [`Report::regression`] and
    /// [`Report::language_model`], and [`ErrorKind::Config`](crate::ErrorKind::Config) for a hinge loss, whose
    /// outputs are margins.
    pub fn report(&self) -> Result<Report> {
        let probabilities = self.probabilities();
        match self.loss.probabilities() {
            Some(Activation::Sigmoid) if self.width > 1 => {
                Report::labels(&probabilities, &self.targets, self.width, self.threshold)
            }
            Some(Activation::Sigmoid) => Report::binary(&probabilities, &self.targets, self.threshold),
            Some(_) => {
                let classes = self.classes();
                match self.is_language_model {
                    true => Report::language_model(&probabilities, &classes, self.width),
                    false => Report::classes(&probabilities, &classes, self.width),
                }
            }
            None if self.loss.has_accuracy() => Err(Error::config(format!(
                "a report of classes needs probabilities, but the outputs of a model with the loss {} are margins; \
                 use the accuracy of the evaluation",
                self.loss
            ))),
            None => Report::regression(&self.outputs, &self.targets),
        }
    }

    /// Returns the calibration curve of a binary model, in `bins` bins.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the model is not binary, and the errors of
    /// [`Calibration::new`].
    pub fn calibration(&self, bins: usize) -> Result<Calibration> {
        self.check_binary("a calibration curve")?;
        Calibration::new(&self.probabilities(), &self.targets, bins)
    }

    /// Returns the best threshold of the probability for these rows by `rule`. The rows should not be training rows.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if the model is not binary, and the errors of
    /// [`best_threshold`].
    pub fn best_threshold(&self, rule: ThresholdRule) -> Result<f32> {
        self.check_binary("a decision threshold")?;
        best_threshold(&self.probabilities(), &self.targets, rule)
    }

    fn check_binary(&self, what: &str) -> Result<()> {
        match self.loss.probabilities() {
            Some(Activation::Sigmoid) => Ok(()),
            _ => Err(Error::config(format!(
                "{what} is for binary models, but the loss of this model is {}; end the model in \
                 Dense::new(1).activation(Activation::Sigmoid)",
                self.loss
            ))),
        }
    }
}

impl Evaluate {
    /// Returns the outputs of `model` for `data`, scored with these settings.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn score(&self, model: &Model, data: &Dataset) -> Result<Scored> {
        let mut engine = self.engine();
        self.score_outputs(model, data, model.params().penalty(), |rows| engine.predict(model, rows))
    }

    /// As [`score`](Self::score), for the outputs that `predict` returns. `penalty` is added to the loss.
    fn score_outputs(
        &self,
        model: &Model,
        data: &Dataset,
        penalty: f64,
        predict: impl FnOnce(PaddedRows<'_>) -> Vec<f32>,
    ) -> Result<Scored> {
        let scorer = self.scorer(model, data)?;
        let outputs = predict(scorer.rows());
        let evaluation = scorer.all(&outputs, penalty)?;
        let (outputs, targets) = scorer.pairs(outputs);
        let (loss, threshold) = scorer.into_loss();
        let width = model.output_width();
        let is_language_model = model.output_per_step() && model.vocabulary() == width;
        Ok(Scored { evaluation, loss, outputs, targets, width, threshold, is_language_model })
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
        Evaluate::new().threshold(threshold).machine(machine).score(self, data)
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
        Evaluate::new().threshold(threshold).score_outputs(self, data, penalty, predict)
    }
}
