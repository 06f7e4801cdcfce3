//! `AppliedOptimizer`: an optimizer that holds the state of given variables, without a model.
//!
//! Input: gradients. Output: updated variables.

use super::{Clip, Ema, Optimizer, OptimizerConfig, Update};
use crate::error::{Error, Result};

/// An optimizer applied to variables of one's own, as Keras's `optimizer.apply(gradients, variables)`: it counts the
/// steps, clips, accumulates, decays, and keeps a moving average, as training does.
///
/// ```
/// use gatewise::optimizer::{AppliedOptimizer, OptimizerConfig};
/// use serde_json::json;
/// let config = OptimizerConfig::from_json(json!({"name": "SGD", "learning_rate": 0.5, "clipvalue": 1.0}))?;
/// let (mut kernel, mut bias) = ([1.0, 2.0], [3.0]);
/// let mut optimizer = AppliedOptimizer::new(config, [("kernel", 2), ("bias", 1)]);
/// optimizer.apply(&[&[0.5, 4.0], &[-1.0]], &mut [&mut kernel, &mut bias])?;
/// assert_eq!((kernel, bias, optimizer.iterations()), ([0.75, 1.5], [3.5], 1));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct AppliedOptimizer {
    config: OptimizerConfig,
    variables: Vec<Variable>,
    /// The number of calls.
    calls: u64,
    /// The learning rate that was set.
    learning_rate: Option<f64>,
}

/// The state of a variable.
#[derive(Debug, Clone)]
struct Variable {
    name: String,
    len: usize,
    slots: Vec<Vec<f32>>,
    /// The sum of the gradients since the last update.
    sum: Vec<f32>,
    average: Vec<f32>,
}

impl AppliedOptimizer {
    /// Creates the state of an optimizer for variables with these names and numbers of values.
    pub fn new<'n>(config: OptimizerConfig, variables: impl IntoIterator<Item = (&'n str, usize)>) -> Self {
        let optimizer = config.optimizer();
        let variable = |(name, len): (&str, usize)| Variable {
            name: name.to_owned(),
            len,
            slots: (0..optimizer.slots()).map(|slot| vec![optimizer.slot_start(slot); len]).collect(),
            sum: vec![0.0; len],
            average: vec![0.0; len],
        };
        let variables = variables.into_iter().map(variable).collect();
        Self { config, variables, calls: 0, learning_rate: None }
    }

    /// Returns the number of calls of [`apply`](Self::apply).
    pub fn iterations(&self) -> u64 {
        self.calls
    }

    /// Returns the optimizer.
    pub fn optimizer(&self) -> &dyn Optimizer {
        self.config.optimizer()
    }

    /// Returns the learning rate of the next step.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate.unwrap_or_else(|| self.optimizer().learning_rate(self.calls))
    }

    /// Sets the learning rate from the next step on.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when `rate` is negative, infinite or NaN, or when the
    /// optimizer has a schedule.
    pub fn set_learning_rate(&mut self, rate: f64) -> Result<()> {
        self.learning_rate = Some(super::settable(self.optimizer(), rate)?);
        Ok(())
    }

    /// Returns the state of a variable, by its place: one array of its size for each slot of the optimizer.
    pub fn slots(&self, variable: usize) -> &[Vec<f32>] {
        self.variables.get(variable).map_or(&[], |variable| &variable.slots)
    }

    /// Applies gradients to variables, in the order in which the variables were given.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if their numbers or sizes are others than those given;
    /// nothing has changed then.
    pub fn apply(&mut self, gradients: &[&[f32]], variables: &mut [&mut [f32]]) -> Result<()> {
        let own: Vec<usize> = self.variables.iter().map(|variable| variable.len).collect();
        let sizes: Vec<usize> = gradients.iter().map(|gradient| gradient.len()).collect();
        let others: Vec<usize> = variables.iter().map(|variable| variable.len()).collect();
        if sizes != own || others != own {
            return Err(Error::shape(format!(
                "the optimizer has variables of {own:?} numbers, but there are gradients of {sizes:?} and variables of \
                 {others:?}"
            )));
        }
        let learning_rate = self.learning_rate();
        let Self { config, variables: state, calls, .. } = self;
        let every = config.gradient_accumulation_steps().unwrap_or(1);
        let step = *calls / every + 1;
        *calls += 1;
        let due = calls.is_multiple_of(every);
        let mut gradients: Vec<Vec<f32>> = gradients.iter().map(|gradient| gradient.to_vec()).collect();
        for (gradient, it) in gradients.iter_mut().zip(&mut *state).filter(|_| every > 1) {
            for (gradient, sum) in gradient.iter_mut().zip(&mut it.sum) {
                *sum += *gradient;
                *gradient = *sum / every as f32;
            }
            if due {
                it.sum.fill(0.0);
            }
        }
        if let Some(kind) = config.clip().filter(|_| due) {
            clip(kind, &mut gradients);
        }
        for ((it, params), grads) in state.iter_mut().zip(variables).zip(&gradients) {
            if due {
                let decays = super::decays(config.exclude_from_weight_decay(), &it.name);
                let mut slots: Vec<&mut [f32]> = it.slots.iter_mut().map(|slot| &mut **slot).collect();
                let update = Update::new(step, learning_rate, grads, params, &mut slots);
                config.optimizer().update(update.decays(decays));
            }
            if let Some(ema) = config.ema() {
                ema.update(step, params, &mut it.average);
            }
        }
        Ok(())
    }

    /// Replaces the variables by their moving averages, if the optimizer keeps them: Keras's
    /// `finalize_variable_values`.
    ///
    /// # Errors
    /// As [`apply`](Self::apply).
    pub fn finalize(&self, variables: &mut [&mut [f32]]) -> Result<()> {
        let fits = variables.len() == self.variables.len()
            && variables.iter().zip(&self.variables).all(|(variable, own)| variable.len() == own.len);
        if !fits {
            return Err(Error::shape("the variables differ in number or size from the optimizer's"));
        }
        if let (Some(Ema { .. }), 1..) = (self.config.ema(), self.calls) {
            variables.iter_mut().zip(&self.variables).for_each(|(it, own)| it.copy_from_slice(&own.average));
        }
        Ok(())
    }
}

/// Clips the gradients of all variables.
fn clip(clip: Clip, gradients: &mut [Vec<f32>]) {
    let square = |gradient: &Vec<f32>| gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>();
    let squares: Vec<f64> = gradients.iter().map(square).collect();
    let all = squares.iter().sum::<f64>().sqrt();
    for (gradient, square) in gradients.iter_mut().zip(squares) {
        clip.clip_values(gradient);
        clip.scale(gradient, square.sqrt(), all);
    }
}
