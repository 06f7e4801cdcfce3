//! `TrainingState`: what a stepper knows besides the weights, as a value and as bytes.
//!
//! Input: a stepper. Output: its steps, epochs, learning rate and slots, which another stepper continues from.

use super::snapshot::sha256;
use super::stepper::Stepper;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::storage::tensors::{Tensor, TensorFile, Unreadable, write};
use serde::{Deserialize, Serialize};
use std::borrow::BorrowMut;

/// The state of a [`Stepper`], without the weights: steps and epochs done, the learning rate that was set,
/// the state of the optimizer, and the moving average of the weights.
///
/// A stepper for the same weights with the same settings that [restores](Stepper::restore) the state trains on
/// to the same bits as the stepper that the state was taken from:
///
/// ```
/// use gatewise::rows::{Dataset, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::train::{Stepper, TrainingState};
/// use gatewise::{Fit, Sequential};
/// let rows: Sequences = (0..64).map(|i| [1 + i % 2, 3, 4]).collect();
/// let data = Dataset::new(rows, (0..64).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
/// let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
///
/// let mut one = Stepper::builder().learning_rate(0.02).build(model)?;
/// Fit::new().epochs(2).run_on(&mut one, &data)?;
/// let (weights, bytes) = (one.model().clone(), one.state().to_bytes()?);
///
/// let mut other = Stepper::builder().learning_rate(0.02).build(weights)?;
/// other.restore(TrainingState::from_bytes(&bytes)?)?;
/// for stepper in [&mut one, &mut other] {
///     Fit::new().epochs(3).run_on(stepper, &data)?;
/// }
/// assert_eq!(one.model().params(), other.model().params());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingState {
    pub(super) about: About,
    pub(super) slots: Vec<Vec<f32>>,
    pub(super) set_aside: Option<Vec<f32>>,
}

/// The state without its arrays.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct About {
    /// Names and shapes of the tensors.
    tensors: Vec<(String, Vec<usize>)>,
    /// The name of the optimizer.
    optimizer: String,
    steps: u64,
    epochs: usize,
    learning_rate: Option<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Metadata {
    format: u32,
    state: About,
    set_aside: bool,
    tensors_sha256: String,
}

const FORMAT: u32 = 1;
const KEY: &str = "gatewise_training_state";
/// The name of the weights that are set aside.
const SET_ASIDE: &str = "set_aside";

impl TrainingState {
    /// Returns the number of steps done.
    pub fn steps(&self) -> u64 {
        self.about.steps
    }

    /// Returns the number of epochs that [`Fit::run_on`](crate::Fit::run_on) has begun.
    pub fn epochs(&self) -> usize {
        self.about.epochs
    }

    /// Returns the state of the optimizer, and behind it the sum of accumulated gradients and the moving
    /// average of the weights, if there are any: arrays of one number for each parameter.
    pub fn slots(&self) -> &[Vec<f32>] {
        &self.slots
    }

    /// Serializes the state: a safetensors file with checksums.
    ///
    /// # Errors
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when the state cannot be written, which does not
    /// happen.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let failed =
            |e: &dyn std::fmt::Display| Error::artifact(format!("cannot write a training state: {e}"));
        let named = self.slots.iter().enumerate().map(|(slot, values)| (slot.to_string(), values));
        let named = named.chain(self.set_aside.iter().map(|values| (SET_ASIDE.to_owned(), values)));
        let mut tensors: Vec<_> =
            named.map(|(name, values)| Tensor::f32(name, &[values.len()], values)).collect();
        tensors.sort_by(|a, b| a.name.cmp(&b.name));
        let metadata = Metadata {
            format: FORMAT,
            state: self.about.clone(),
            set_aside: self.set_aside.is_some(),
            tensors_sha256: sha256(&tensors),
        };
        let json = serde_json::to_string(&metadata).map_err(|e| failed(&e))?;
        write(&tensors, Some((KEY, &json))).map_err(|e| failed(&e))
    }

    /// Reads a state from the bytes of [`to_bytes`](Self::to_bytes). The bytes need not be trusted.
    ///
    /// # Errors
    /// [`ErrorKind::Artifact`](crate::ErrorKind::Artifact) when the bytes are not a training state, or are
    /// damaged.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let refused =
            |why: &dyn std::fmt::Display| Error::artifact(format!("cannot read a training state: {why}"));
        let (file, json) = TensorFile::read_sealed(bytes, KEY).map_err(|why| match why {
            Unreadable::Damaged(why) => refused(&why),
            Unreadable::Foreign => {
                refused(&"the bytes are those of another file; give the bytes of to_bytes")
            }
        })?;
        let Metadata { format, state: about, set_aside, tensors_sha256 } =
            serde_json::from_str(&json).map_err(|e| refused(&e))?;
        if format != FORMAT {
            return Err(refused(&format_args!(
                "it has format {format}, but this program reads format {FORMAT}"
            )));
        }
        if sha256(&file.sorted()) != tensors_sha256 {
            return Err(refused(&"its tensors do not match their checksum"));
        }
        let len = about.len();
        let read = |name: &str| -> Result<Vec<f32>> {
            let len = len.ok_or_else(|| refused(&"it has more numbers than there can be"))?;
            Ok(file.f32(name, &[len]).map_err(|why| refused(&why))?.collect())
        };
        let slots = file.len() - usize::from(set_aside).min(file.len());
        Ok(Self {
            slots: (0..slots).map(|slot| read(&slot.to_string())).collect::<Result<_>>()?,
            set_aside: set_aside.then(|| read(SET_ASIDE)).transpose()?,
            about,
        })
    }
}

impl About {
    /// Returns the number of parameters.
    fn len(&self) -> Option<usize> {
        let count = |shape: &[usize]| shape.iter().try_fold(1usize, |all, &size| all.checked_mul(size));
        self.tensors.iter().try_fold(0usize, |sum, (_, shape)| sum.checked_add(count(shape)?))
    }
}

impl<M: BorrowMut<Model>> Stepper<M> {
    fn about(&self) -> About {
        let config = self.settings.optimizer.config();
        let name = config["name"].as_str().or(config.as_str()).unwrap_or_default();
        let table = self.model().params().table().iter();
        About {
            tensors: table.map(|info| (info.name.clone(), info.shape.clone())).collect(),
            optimizer: name.to_owned(),
            steps: self.steps(),
            epochs: self.epochs,
            learning_rate: self.learning_rate,
        }
    }

    /// Returns the state of the stepper, without the weights.
    pub fn state(&self) -> TrainingState {
        let (slots, set_aside) = (self.trainer.slots.clone(), self.set_aside.clone());
        TrainingState { about: self.about(), slots, set_aside }
    }

    /// Restores a [`state`](Self::state): training continues as the stepper would that it was taken from, if
    /// the weights and the settings are the same.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when the state belongs to a model with other tensors, and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when it belongs to another optimizer or to other
    /// settings of it. The stepper is then unchanged.
    pub fn restore(&mut self, state: TrainingState) -> Result<()> {
        let (own, TrainingState { about, slots, set_aside }) = (self.about(), state);
        if about.tensors != own.tensors {
            let first = about.tensors.iter().zip(&own.tensors).find(|(a, b)| a != b);
            let why = match first {
                Some(((name, shape), (own, other))) => {
                    format!("it has {name} of shape {shape:?} where the model has {own} of shape {other:?}")
                }
                None => {
                    format!("it has {} tensors, and the model {}", about.tensors.len(), own.tensors.len())
                }
            };
            return Err(Error::shape(format!("the training state is of another model: {why}")));
        }
        let wanted = self.trainer.slots.len();
        if about.optimizer != own.optimizer || slots.len() != wanted {
            return Err(Error::config(format!(
                "the training state is of the optimizer {} with {} arrays of state, but the stepper has {} with {wanted}; \
                 build the stepper with the settings that it had",
                about.optimizer,
                slots.len(),
                own.optimizer
            )));
        }
        let all = self.model().params().len();
        if slots.iter().chain(&set_aside).any(|values| values.len() != all) {
            return Err(Error::shape(format!("an array of the training state has not {all} numbers")));
        }
        (self.trainer.step, self.trainer.slots) = (about.steps, slots);
        (self.epochs, self.learning_rate, self.set_aside) = (about.epochs, about.learning_rate, set_aside);
        Ok(())
    }

    /// Replaces the weights by their moving average, if there is one and a step was done, and sets the weights
    /// aside.
    pub(super) fn take_average(&mut self) {
        if let (Some(_), 1..) = (self.settings.ema, self.steps()) {
            self.set_aside = Some(self.model().params().values().to_vec());
            self.trainer.finish(self.model.borrow_mut(), self.settings.ema);
        }
    }

    /// Puts back the weights that [`take_average`](Self::take_average) has set aside, unless the average has
    /// been changed since: then training continues from what it was changed to.
    pub(super) fn put_back(&mut self) {
        let (Some(weights), Some(average)) = (self.set_aside.take(), self.trainer.slots.last()) else {
            return;
        };
        let params = self.model.borrow_mut().params_mut();
        let is_average = |(at, value): (usize, &f32)| {
            [weights[at], average[at]].map(f32::to_bits).contains(&value.to_bits())
        };
        if params.values().iter().enumerate().all(is_average) {
            params.values_mut().copy_from_slice(&weights);
        }
    }
}
