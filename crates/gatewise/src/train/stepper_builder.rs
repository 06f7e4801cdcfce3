//! The settings of a [`Stepper`](super::Stepper): optimizer, clipping, moving average, loss, dropout and
//! machine.
//!
//! Input: settings, each optional. Output: the settings of a stepper, checked, with the defaults filled in.

use crate::error::{Error, Result};
use crate::kernels::Isa;
use crate::loss::{Loss, Reduction};
use crate::model::Machine;
use crate::optimizer::{Adam, Clip, Ema, LearningRate, Optimizer, OptimizerConfig};

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
#[derive(Debug, Default)]
pub struct StepperBuilder {
    optimizer: Option<Box<dyn Optimizer>>,
    learning_rate: Option<LearningRate>,
    clip: Option<Clip>,
    pub(super) ema: Option<Ema>,
    gradient_accumulation_steps: Option<u64>,
    exclude_from_weight_decay: Vec<String>,
    pub(super) loss: Option<Loss>,
    reduction: Option<Reduction>,
    seed: Option<u64>,
    first_row: Option<usize>,
    pub(super) machine: Option<Machine>,
}

impl StepperBuilder {
    /// Sets the optimizer. Default: Adam.
    pub fn optimizer(self, optimizer: impl Optimizer + 'static) -> Self {
        Self { optimizer: Some(Box::new(optimizer)), ..self }
    }

    /// Sets the optimizer, and all that Keras sets on it: clipping, moving average, gradient accumulation and
    /// tensors that do not decay, where the configuration has them.
    pub fn optimizer_config(self, config: OptimizerConfig) -> Self {
        let (clip, ema) = (config.clip().or(self.clip), config.ema().or(self.ema));
        let steps = config.gradient_accumulation_steps().or(self.gradient_accumulation_steps);
        let exclude = match config.exclude_from_weight_decay() {
            [] => self.exclude_from_weight_decay,
            names => names.to_vec(),
        };
        Self {
            optimizer: Some(config.into_optimizer()),
            clip,
            ema,
            gradient_accumulation_steps: steps,
            exclude_from_weight_decay: exclude,
            ..self
        }
    }

    /// Sets the learning rate, or a schedule, of the optimizer: the given one, or Adam. The order of the two
    /// calls does not matter.
    pub fn learning_rate(self, learning_rate: impl Into<LearningRate>) -> Self {
        Self { learning_rate: Some(learning_rate.into()), ..self }
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

    /// Sets Keras's `gradient_accumulation_steps`: the gradients of this many steps are averaged, then
    /// applied once. Default: each gradient is applied.
    ///
    /// The weights change at every `steps`-th step only. A schedule still counts all steps; the optimizer and
    /// a moving average count the updates.
    pub fn gradient_accumulation_steps(self, steps: u64) -> Self {
        Self { gradient_accumulation_steps: Some(steps), ..self }
    }

    /// Sets Keras's `exclude_from_weight_decay`: tensors whose name contains one of `names`, such as `bias` or
    /// `lstm/kernel`, do not decay. Default: all tensors decay, if the optimizer has a weight decay.
    pub fn exclude_from_weight_decay<S: Into<String>>(self, names: impl IntoIterator<Item = S>) -> Self {
        Self { exclude_from_weight_decay: names.into_iter().map(Into::into).collect(), ..self }
    }

    /// Sets the loss. Default: by the model's last activation, for targets of one number
    /// ([`Loss::default_for`]).
    pub fn loss(self, loss: Loss) -> Self {
        Self { loss: Some(loss), ..self }
    }

    /// Sets the reduction of the losses of a batch. Default: the mean, [`Reduction::SumOverBatchSize`].
    pub fn reduction(self, reduction: Reduction) -> Self {
        Self { reduction: Some(reduction), ..self }
    }

    /// Sets the seed of dropout, which is drawn from the seed, the step and the row number. All workers need
    /// the same seed. Default: 0.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Sets the row number of row 0 of a data set, for dropout. Default: 0.
    ///
    /// If each worker has only its part of the rows, the index of its first row in the whole data set gives
    /// the dropout of a single machine.
    pub fn first_row(self, first_row: usize) -> Self {
        Self { first_row: Some(first_row), ..self }
    }

    /// Sets the machine to run on; the result does not depend on it. Default: [`Machine::new`].
    pub fn machine(self, machine: &Machine) -> Self {
        Self { machine: Some(machine.clone()), ..self }
    }

    /// Sets the number of threads; the result does not depend on it. Default: the cores this process may use.
    pub fn threads(self, threads: usize) -> Self {
        let machine = self.machine.clone().unwrap_or_default();
        self.machine(&machine.threads(threads))
    }

    /// Sets the instruction set; the result does not depend on it. Default: the fastest of this processor.
    pub fn isa(self, isa: Isa) -> Self {
        let machine = self.machine.clone().unwrap_or_default();
        self.machine(&machine.isa(isa))
    }

    /// Returns an error if a setting is set: `Fit::run_on` takes all of them from the stepper.
    pub(super) fn expect_unset(&self) -> Result<()> {
        let set = [
            ("optimizer", self.optimizer.is_some()),
            ("learning_rate", self.learning_rate.is_some()),
            ("clip", self.clip.is_some()),
            ("ema", self.ema.is_some()),
            ("gradient_accumulation_steps", self.gradient_accumulation_steps.is_some()),
            ("exclude_from_weight_decay", !self.exclude_from_weight_decay.is_empty()),
            ("loss", self.loss.is_some()),
            ("reduction", self.reduction.is_some()),
            ("seed", self.seed.is_some()),
            ("machine, threads or isa", self.machine.is_some()),
        ];
        match set.iter().find(|(_, set)| *set) {
            None => Ok(()),
            Some((name, _)) => Err(Error::config(format!(
                "run_on takes {name} from the stepper, but the run sets it too; set it on the builder of the \
                 stepper only"
            ))),
        }
    }

    /// Fills in the defaults, and checks that the settings are in range.
    pub(super) fn settings(self) -> Result<StepSettings> {
        let mut optimizer = self.optimizer.unwrap_or_else(|| Box::new(Adam::default()));
        if let Some(learning_rate) = self.learning_rate {
            optimizer.set_learning_rate(learning_rate)?;
        }
        let reduction = self.reduction.unwrap_or_default();
        reduction.check()?;
        optimizer.check()?;
        self.clip.map_or(Ok(()), |clip| clip.check())?;
        self.ema.map_or(Ok(()), |ema| ema.check())?;
        if let Some(steps @ 0..2) = self.gradient_accumulation_steps {
            return Err(Error::config(format!(
                "gradient_accumulation_steps is {steps}; it must be at least 2, or left out"
            )));
        }
        if self.exclude_from_weight_decay.iter().any(String::is_empty) {
            return Err(Error::config(
                "exclude_from_weight_decay has an empty name, which is a part of every name; leave it out, and \
                 set no weight decay if no tensor should decay",
            ));
        }
        Ok(StepSettings {
            optimizer,
            clip: self.clip,
            ema: self.ema,
            accumulate: self.gradient_accumulation_steps,
            no_decay: self.exclude_from_weight_decay,
            reduction,
            seed: self.seed.unwrap_or(0),
            first_row: self.first_row.unwrap_or(0),
        })
    }
}

/// The settings of a stepper.
#[derive(Debug)]
pub(super) struct StepSettings {
    pub optimizer: Box<dyn Optimizer>,
    pub clip: Option<Clip>,
    pub ema: Option<Ema>,
    /// The number of steps whose gradients are averaged, if it is not 1.
    pub accumulate: Option<u64>,
    /// Parts of the names of the tensors that do not decay.
    pub no_decay: Vec<String>,
    pub reduction: Reduction,
    pub seed: u64,
    pub first_row: usize,
}

impl StepSettings {
    /// Returns the initial values of the slots: the optimizer's, then the sum of gradients, then the moving
    /// average's.
    pub fn slot_starts(&self) -> Vec<f32> {
        let optimizer = (0..self.optimizer.slots()).map(|slot| self.optimizer.slot_start(slot));
        let own = [self.accumulate.is_some(), self.ema.is_some()];
        optimizer.chain(own.into_iter().filter(|own| *own).map(|_| 0.0)).collect()
    }
}
