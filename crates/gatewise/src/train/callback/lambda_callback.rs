//! `LambdaCallback`: a callback made of closures.

use super::{Callback, Context};
use crate::error::Result;
use crate::train::{BatchLog, EpochLog};
use std::fmt;

type Moment<'a> = Option<Box<dyn FnMut(&mut Context<'_>) -> Result<()> + Send + 'a>>;
type BatchEnd<'a> = Option<Box<dyn FnMut(&mut Context<'_>, &BatchLog) -> Result<()> + Send + 'a>>;
type EpochEnd<'a> = Option<Box<dyn FnMut(&mut Context<'_>, &mut EpochLog) -> Result<()> + Send + 'a>>;

/// A callback made of closures. It has no state in checkpoints.
///
/// The closures are `Send`, as every callback: they share data with the program by `&mut`, a `Mutex` or a
/// channel.
///
/// ```
/// use gatewise::Fit;
/// use gatewise::train::LambdaCallback;
/// let mut losses = Vec::new();
/// let fit = Fit::new().epochs(3).callback(LambdaCallback::new().on_epoch_end(|context, log| {
///     losses.push(log.loss);
///     if log.loss < 0.1 {
///         context.stop();
///     }
///     Ok(())
/// }));
/// ```
#[derive(Default)]
pub struct LambdaCallback<'a> {
    train_begin: Moment<'a>,
    epoch_begin: Moment<'a>,
    batch_end: BatchEnd<'a>,
    epoch_end: EpochEnd<'a>,
    train_end: Moment<'a>,
}

impl fmt::Debug for LambdaCallback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LambdaCallback")
    }
}

impl<'a> LambdaCallback<'a> {
    /// Creates a callback without closures.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the closure to call in [`Callback::on_train_begin`].
    pub fn on_train_begin(self, call: impl FnMut(&mut Context<'_>) -> Result<()> + Send + 'a) -> Self {
        Self { train_begin: Some(Box::new(call)), ..self }
    }

    /// Sets the closure to call in [`Callback::on_epoch_begin`].
    pub fn on_epoch_begin(self, call: impl FnMut(&mut Context<'_>) -> Result<()> + Send + 'a) -> Self {
        Self { epoch_begin: Some(Box::new(call)), ..self }
    }

    /// Sets the closure to call in [`Callback::on_batch_end`].
    pub fn on_batch_end(
        self,
        call: impl FnMut(&mut Context<'_>, &BatchLog) -> Result<()> + Send + 'a,
    ) -> Self {
        Self { batch_end: Some(Box::new(call)), ..self }
    }

    /// Sets the closure to call in [`Callback::on_epoch_end`].
    pub fn on_epoch_end(
        self,
        call: impl FnMut(&mut Context<'_>, &mut EpochLog) -> Result<()> + Send + 'a,
    ) -> Self {
        Self { epoch_end: Some(Box::new(call)), ..self }
    }

    /// Sets the closure to call in [`Callback::on_train_end`].
    pub fn on_train_end(self, call: impl FnMut(&mut Context<'_>) -> Result<()> + Send + 'a) -> Self {
        Self { train_end: Some(Box::new(call)), ..self }
    }
}

impl Callback for LambdaCallback<'_> {
    fn on_train_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.train_begin.as_mut().map_or(Ok(()), |call| call(context))
    }

    fn on_epoch_begin(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.epoch_begin.as_mut().map_or(Ok(()), |call| call(context))
    }

    fn on_batch_end(&mut self, context: &mut Context<'_>, log: &BatchLog) -> Result<()> {
        self.batch_end.as_mut().map_or(Ok(()), |call| call(context, log))
    }

    fn on_epoch_end(&mut self, context: &mut Context<'_>, log: &mut EpochLog) -> Result<()> {
        self.epoch_end.as_mut().map_or(Ok(()), |call| call(context, log))
    }

    fn on_train_end(&mut self, context: &mut Context<'_>) -> Result<()> {
        self.train_end.as_mut().map_or(Ok(()), |call| call(context))
    }
}
