//! Training on data made as they are needed: a stream rather than epochs over the same rows.

use super::Fit;
use super::diverged::{self, Suspects};
use super::evaluate::suiting;
use super::progress::Progress;
use super::score::Scorer;
use super::trainer::Trainer;
use crate::error::{Error, Result};
use crate::model::{Model, Rows};
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
        let validation = self.validation_split != 0.0 || self.validation_data.is_some();
        let epochs =
            self.epochs != 1 || self.initial_epoch != 0 || self.steps_per_epoch.is_some() || validation;
        if epochs || self.checkpoints.is_some() || self.ema.is_some() || !self.callbacks.is_empty() {
            return Err(Error::config(
                "a stream has no epochs: leave out epochs, validation, checkpoints, callbacks and ema",
            ));
        }
        if let Some(error) = diverged::before_training(model) {
            return Err(error);
        }
        let mut trainer: Option<Trainer> = None;
        let mut at = Progress::default();
        while let Some(data) = next(model, at.samples)? {
            self.check(&data)?;
            let loss = self.loss.unwrap_or_else(|| suiting(model, &data));
            let rows = Rows::new(model, data.inputs(), data.padding())?;
            let weights = self.weights(&data, data.len())?;
            let mut scorer = Scorer::new(model, loss, &data, rows)?;
            if let Some(weights) = &weights {
                scorer = scorer.with_weights(weights);
            }
            let trainer = match &mut trainer {
                Some(trainer) => trainer,
                None => {
                    let new = Trainer::new(model, loss, &self.slot_starts(), &self.machine)?;
                    trainer.insert(new.with_noise(self.seed))
                }
            };
            let mut order: Vec<usize> = (0..data.len()).collect();
            for indices in order.chunks_mut(self.batch_size) {
                let sum = trainer.forward_backward(model, &scorer, &rows, indices);
                let change = self.change(&at, trainer.state().0);
                let finite = trainer.update(model, Some(change), indices.len());
                at.count(sum, indices.len());
                if !(finite && sum.loss.is_finite()) {
                    let (grads, step) = (trainer.grads(), trainer.state().0);
                    let loss = sum.loss / sum.count.max(1) as f64;
                    return Err(Suspects { model, grads, step, loss }.error(&at));
                }
            }
        }
        Ok(at.samples)
    }
}
