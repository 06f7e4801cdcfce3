//! Training on data made as they are needed: a stream rather than epochs over the same rows.

use super::Fit;
use super::evaluate::suiting;
use super::progress::Progress;
use crate::error::{Error, Result};
use crate::model::Model;
use crate::rows::Dataset;

impl Fit<'_> {
    /// Trains `model` on one data set after the other, as `next` makes them, until it gives `None`. `next`
    /// sees the model as it is by then and the number of rows it has been trained on, which is also what is
    /// returned in the end.
    ///
    /// Each data set is passed over once, its rows in their order; the optimizer goes on from one to the next
    /// as if they were one. So a model can be trained on more rows than there is memory for, or until it
    /// answers well on rows that it has not seen.
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
    /// As [`run`](Self::run), what `next` fails with, and [`ErrorKind::Config`](crate::ErrorKind::Config) when
    /// epochs, validation, checkpoints, callbacks or an average of the weights are set: they go by epochs.
    pub fn run_stream(
        self,
        model: &mut Model,
        mut next: impl FnMut(&Model, usize) -> Result<Option<Dataset>>,
    ) -> Result<usize> {
        let Self { settings, stepper: steps, callbacks } = self;
        let validation = settings.validation_split != 0.0 || settings.validation_data.is_some();
        let epochs = settings.epochs != 1
            || settings.initial_epoch != 0
            || settings.steps_per_epoch.is_some()
            || validation;
        if epochs || settings.checkpoints.is_some() || steps.ema.is_some() || !callbacks.is_empty() {
            return Err(Error::config(
                "a stream has no epochs: leave out epochs, validation, checkpoints, callbacks and ema",
            ));
        }
        // Loss and optimizer are checked against the first data set.
        let Some(mut data) = next(model, 0)? else { return Ok(0) };
        settings.check(&data)?;
        let loss = steps.loss.unwrap_or_else(|| suiting(model, &data));
        let mut stepper = steps.loss(loss).build(model)?;
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
                let (sum, finite) = stepper.step(&scorer, batch, learning_rate);
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
