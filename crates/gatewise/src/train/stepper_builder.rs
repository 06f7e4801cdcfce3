//! The settings of a [`Stepper`](super::Stepper): optimizer, clipping, moving average, loss, dropout and
//! machine.

use crate::error::Result;
use crate::kernels::Isa;
use crate::loss::{Loss, Reduction};
use crate::model::Machine;
use crate::optimizer::{Adam, Clip, Ema, LearningRate, Optimizer};

/// A builder of a [`Stepper`](super::Stepper), with Keras's names and defaults; see
/// [`Stepper::builder`](super::Stepper::builder).
///
/// ```
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::optimizer::{Adam, Clip};
/// use gatewise::train::Stepper;
/// use gatewise::{Loss, Sequential};
/// let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
/// let stepper = Stepper::builder()
///     .optimizer(Adam::new(0.01))
///     .clip(Clip::GlobalNorm(1.0))
///     .loss(Loss::binary_crossentropy())
///     .seed(7)
///     .build(model)?;
/// assert_eq!((stepper.steps(), stepper.learning_rate()), (0, 0.01));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct StepperBuilder {
    pub(super) optimizer: Box<dyn Optimizer>,
    pub(super) clip: Option<Clip>,
    pub(super) ema: Option<Ema>,
    pub(super) loss: Option<Loss>,
    pub(super) reduction: Reduction,
    pub(super) seed: u64,
    pub(super) first_row: usize,
    pub(super) machine: Machine,
}

impl Default for StepperBuilder {
    fn default() -> Self {
        Self {
            optimizer: Box::new(Adam::default()),
            clip: None,
            ema: None,
            loss: None,
            reduction: Reduction::default(),
            seed: 0,
            first_row: 0,
            machine: Machine::new(),
        }
    }
}

impl StepperBuilder {
    /// Sets the optimizer. Default: Adam.
    pub fn optimizer(self, optimizer: impl Optimizer + 'static) -> Self {
        Self { optimizer: Box::new(optimizer), ..self }
    }

    /// Sets Adam with this learning rate or schedule as the optimizer.
    pub fn learning_rate(self, learning_rate: impl Into<LearningRate>) -> Self {
        self.optimizer(Adam::new(learning_rate))
    }

    /// Sets gradient clipping. Default: none.
    pub fn clip(self, clip: Clip) -> Self {
        Self { clip: Some(clip), ..self }
    }

    /// Sets an exponential moving average of the weights; [`Stepper::finish`](super::Stepper::finish) returns
    /// the average. Default: none.
    pub fn ema(self, ema: Ema) -> Self {
        Self { ema: Some(ema), ..self }
    }

    /// Sets the loss. Default: by the model's last activation, for targets of one number
    /// ([`Loss::default_for`]).
    pub fn loss(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }

    /// Sets the reduction of the losses of a batch. Default: the mean, [`Reduction::SumOverBatchSize`].
    pub fn reduction(self, reduction: Reduction) -> Self {
        Self { reduction, ..self }
    }

    /// Sets the seed of dropout, which is drawn from the seed, the step and the row number. All workers need
    /// the same seed. Default: 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Sets the row number of row 0 of a data set, for dropout. Default: 0.
    ///
    /// If each worker has only its part of the rows, the index of its first row in the whole data set gives
    /// the dropout of a single machine.
    pub fn first_row(self, first_row: usize) -> Self {
        Self { first_row, ..self }
    }

    /// Sets the machine to run on; the result does not depend on it. Default: [`Machine::new`].
    pub fn machine(self, machine: &Machine) -> Self {
        Self { machine: machine.clone(), ..self }
    }

    /// Sets the number of threads; the result does not depend on it. Default: the cores this process may use.
    pub fn threads(self, threads: usize) -> Self {
        Self { machine: self.machine.threads(threads), ..self }
    }

    /// Sets the instruction set; the result does not depend on it. Default: the fastest of this processor.
    pub fn isa(self, isa: Isa) -> Self {
        Self { machine: self.machine.isa(isa), ..self }
    }

    /// Returns an error for settings out of range.
    pub(super) fn check(&self) -> Result<()> {
        self.reduction.check()?;
        self.optimizer.check()?;
        self.clip.map_or(Ok(()), |clip| clip.check())?;
        self.ema.map_or(Ok(()), |ema| ema.check())
    }

    /// Returns the initial values of the slots: the optimizer's, then the moving average's.
    pub(super) fn slot_starts(&self) -> Vec<f32> {
        let optimizer = (0..self.optimizer.slots()).map(|slot| self.optimizer.slot_start(slot));
        optimizer.chain(self.ema.map(|_| 0.0)).collect()
    }
}
