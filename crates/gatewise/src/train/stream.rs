//! Training on a stream of data sets instead of epochs over one data set.

use super::Fit;
use super::progress::Progress;
use crate::error::{Error, Result};
use crate::evaluate::default_loss;
use crate::model::Model;
use crate::rows::Dataset;

impl Fit<'_> {
    /// Trains `model` on the data sets that `next` returns, until `next` returns `None`. Returns the number
    /// of rows trained on. `next` takes the current model and the number of rows trained on so far.
    ///
    /// Each data set is passed over once, without shuffling; the state of the optimizer carries over. Use it
    /// to train on more rows than fit in memory, or until the model reaches a score on held-out rows.
    ///
    /// ```
    /// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
    /// use gatewise::rows::{Dataset, Sequences};
    /// use gatewise::{Fit, Sequential};
    /// let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(4));
    /// let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
    /// // Rows that begin with a 1 are positive.
    /// let fresh = |seen: usize| {
    ///     let rows: Sequences = (seen..seen + 32).map(|i| [2 - i as u32 % 2, 3, 4]).collect();
    ///     Dataset::new(rows, (seen..seen + 32).map(|i| (i % 2) as f32).collect::<Vec<_>>())
    /// };
    /// let rows = Fit::new().batch_size(16).run_stream(&mut model, |_, rows| {
    ///     (rows < 64).then(|| fresh(rows)).transpose()
    /// })?;
    /// assert_eq!(rows, 64);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`run`](Self::run); any error of `next`; [`ErrorKind::Config`](crate::ErrorKind::Config) when epochs,
    /// validation, checkpoints, callbacks, metrics or a moving average of the weights are set: these need epochs.
    pub fn run_stream(
        self,
        model: &mut Model,
        mut next: impl FnMut(&Model, usize) -> Result<Option<Dataset>>,
    ) -> Result<usize> {
        let Self { settings, stepper: mut steps, callbacks } = self;
        let validation = settings.validation_split != 0.0 || settings.validation_data.is_some();
        let epochs = settings.epochs != 1
            || settings.initial_epoch != 0
            || settings.steps_per_epoch.is_some()
            || validation;
        let metrics = !(settings.metrics.is_empty() && settings.weighted_metrics.is_empty());
        if epochs || settings.checkpoints.is_some() || steps.ema.is_some() || !callbacks.is_empty() || metrics
        {
            return Err(Error::config(
                "a stream has no epochs: leave out epochs, validation, checkpoints, callbacks, metrics and ema",
            ));
        }
        // Loss and optimizer are checked against the first data set.
        let Some(mut data) = next(model, 0)? else { return Ok(0) };
        settings.check(&data)?;
        steps.loss.get_or_insert_with(|| default_loss(model, &data));
        let mut stepper = steps.build(model)?;
        let mut at = Progress::default();
        loop {
            let weights = settings.weights(&data, data.len())?;
            let mut scorer = stepper.scorer(&data)?;
            if let Some(weights) = &weights {
                scorer = scorer.with_weights(weights);
            }
            let mut order: Vec<usize> = (0..data.len()).collect();
            for batch in order.chunks_mut(settings.batch_size) {
                let learning_rate = stepper.learning_rate();
                let (sum, finite) = stepper.step(&scorer, batch, learning_rate)?;
                at.count(sum, batch.len());
                if !(finite && sum.loss.is_finite()) {
                    return Err(stepper.diverged(sum, Some((at.epoch, at.batch))));
                }
            }
            let Some(more) = next(stepper.model(), at.samples)? else { return Ok(at.samples) };
            settings.check(&more)?;
            data = more;
        }
    }
}
