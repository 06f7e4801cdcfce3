//! A model's answers to a data set, scored: what every metric is computed from.

use super::model::default_loss;
use super::score::Scorer;
use crate::error::{Error, Result};
use crate::loss::Loss;
use crate::metrics::{Calibration, Evaluation, Report, ThresholdRule, argmax, best_threshold};
use crate::model::{Engine, Machine, Model, PaddedRows};
use crate::rows::Dataset;

/// What a model answered to the rows of a data set, beside what was right.
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
/// // and those that suit the model are collected in a report.
/// let Report::Binary(report) = scored.report()? else { panic!() };
/// assert_eq!(report.samples, 200);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Scored {
    /// Loss and accuracy.
    pub evaluation: Evaluation,
    /// The loss that the answers were measured with.
    pub loss: Loss,
    /// `width` numbers for each row, rows in order; or for each step, where the model answers at every step.
    /// Steps that are masked are left out.
    pub outputs: Vec<f32>,
    /// As many targets, each of [`Loss::target_width`] numbers.
    pub targets: Vec<f32>,
    /// Numbers in an answer.
    pub width: usize,
    /// Of a model with one output: the answer is yes above it.
    pub threshold: f32,
    /// Whether the classes are the ids that the model reads, so that it says what comes next.
    is_language_model: bool,
}

impl Scored {
    /// The targets as numbers of classes, one an answer.
    fn classes(&self) -> Vec<f32> {
        match self.loss {
            Loss::CategoricalCrossentropy { .. } => {
                self.targets.chunks_exact(self.width).map(|target| argmax(target) as f32).collect()
            }
            _ => self.targets.clone(),
        }
    }

    /// The metrics that suit the model's loss.
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

    /// How well a binary model's probabilities agree with what happens, in `bins` bins.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a model that is not binary; else as
    /// [`Calibration::new`].
    pub fn calibration(&self, bins: usize) -> Result<Calibration> {
        self.check_binary("a calibration curve")?;
        Calibration::new(&self.outputs, &self.targets, bins)
    }

    /// The threshold that is best for these rows, which should not be those that the model was trained on.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for a model that is not binary; else as
    /// [`best_threshold`].
    pub fn best_threshold(&self, rule: ThresholdRule) -> Result<f32> {
        self.check_binary("a decision threshold")?;
        best_threshold(&self.outputs, &self.targets, rule)
    }

    fn check_binary(&self, what: &str) -> Result<()> {
        match self.loss {
            Loss::BinaryCrossentropy { .. } => Ok(()),
            loss => Err(Error::config(format!(
                "{what} is for models that answer yes or no, but this one was measured by {loss}; end it in \
                 Dense::new(1).activation(Activation::Sigmoid)"
            ))),
        }
    }
}

impl Model {
    /// The model's answers to `data`, with the loss that suits it ([`Loss::default_for`]).
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn score(&self, data: &Dataset) -> Result<Scored> {
        self.score_on(data, 0.5, &Machine::new())
    }

    /// As [`score`](Self::score), the answer of a binary model being yes above `threshold`, on
    /// `machine`.
    ///
    /// # Errors
    /// As [`evaluate`](Self::evaluate).
    pub fn score_on(&self, data: &Dataset, threshold: f32, machine: &Machine) -> Result<Scored> {
        let mut engine = Engine::new(machine);
        self.score_with(data, threshold, self.params().penalty(), |rows| engine.predict(self, rows))
    }

    /// As [`score_on`](Self::score_on), of what `answer` says of the rows: this model, or it with others.
    /// `penalty` is that of the weights behind the answer.
    pub(crate) fn score_with(
        &self,
        data: &Dataset,
        threshold: f32,
        penalty: f64,
        answer: impl FnOnce(PaddedRows<'_>) -> Vec<f32>,
    ) -> Result<Scored> {
        if data.is_empty() {
            return Err(Error::data("there are no rows to evaluate on"));
        }
        let loss = default_loss(self, data);
        let rows = PaddedRows::new(self, data.inputs(), data.padding())?;
        let scorer = Scorer::new(self, loss, data, rows)?.with_threshold(threshold);
        let outputs = answer(rows);
        let evaluation = scorer.all(&outputs, penalty);
        let (outputs, targets) = scorer.pairs(outputs);
        let width = self.output_width();
        let is_language_model = self.output_per_step() && self.vocabulary() == width;
        Ok(Scored { evaluation, loss, outputs, targets, width, threshold, is_language_model })
    }
}
