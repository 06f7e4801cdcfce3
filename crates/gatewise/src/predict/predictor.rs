//! The predictor: an artifact prepared for inference, callable from any number of threads.
//!
//! Input: texts, series or ids. Output: predictions, or the model's outputs.

use super::answer::Answer;
use super::ready::Ready;
use crate::artifact::Artifact;
use crate::error::Result;
use crate::model::Machine;
use crate::rows::{Features, Inputs};
use crate::text::Sequences;
use std::sync::Arc;

/// A predictor: an artifact prepared once for inference, for as long as a service runs.
///
/// A predictor owns its artifact, or shares it (`Arc<Artifact>`). It is `Send`, `Sync` and `Clone`, and every
/// method takes `&self`: any number of threads may share one, or each have a clone. Clones share the
/// artifact, the projected vocabulary and the workspaces; cloning increments two reference counts.
///
/// A single row is computed on the calling thread. A batch of rows is computed on the thread pool of the
/// predictor's [`Machine`], or on the calling thread while another call uses the pool. The outputs of a row
/// are the same bits either way, and do not depend on the other rows of the batch.
///
/// ```
/// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// # use gatewise::text::{Tokenizer, Vocabulary};
/// # use gatewise::{rows::Padding, Artifact, Predictor, Sequential};
/// # let words = ["good", "bad"].map(String::from);
/// # let model = Sequential::new()
/// #     .with(Embedding::new(6, 4))
/// #     .with(Lstm::new(3))
/// #     .with(Dense::new(1).activation(Activation::Sigmoid))
/// #     .compile(1)?;
/// # let artifact = Artifact::builder(model)
/// #     .text(Tokenizer::default(), Vocabulary::from_ranked(&words, 6)?)
/// #     .padding(Padding::to(10))
/// #     .labels(["neg", "pos"])
/// #     .build()?;
/// let predictor = Predictor::new(artifact)?;
/// let answers = std::thread::scope(|scope| {
///     let texts = ["good, good", "bad", "good"];
///     let threads = texts.map(|text| scope.spawn(|| predictor.answer(text)));
///     threads.map(|thread| thread.join().unwrap())
/// });
/// let [first, ..] = answers;
/// let first = first?;
/// assert_eq!(first.scores, [predictor.probability("good, good")?]);
/// // The probability of an answer is the probability of its label.
/// assert!(first.probability >= 0.5);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Predictor {
    artifact: Arc<Artifact>,
    ready: Arc<Ready>,
}

impl Predictor {
    /// Creates a predictor on the default machine ([`Machine::new`]).
    ///
    /// # Errors
    /// None at present: an artifact is checked when it is built or loaded.
    pub fn new(artifact: impl Into<Arc<Artifact>>) -> Result<Self> {
        Self::on(artifact, &Machine::new())
    }

    /// Creates a predictor on `machine`.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn on(artifact: impl Into<Arc<Artifact>>, machine: &Machine) -> Result<Self> {
        let artifact = artifact.into();
        let ready = Arc::new(Ready::new(&artifact, machine));
        Ok(Self { artifact, ready })
    }

    /// Returns the artifact.
    pub fn artifact(&self) -> &Artifact {
        &self.artifact
    }

    /// Returns the machine.
    pub(crate) fn machine(&self) -> &Machine {
        self.ready.machine()
    }

    /// Returns the prediction for one text.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the model predicts neither classes, labels nor a
    /// number ([`Artifact::answer_kind`]), [`ErrorKind::Data`](crate::ErrorKind::Data) when it does not read
    /// texts.
    pub fn answer(&self, text: &str) -> Result<Answer> {
        self.artifact.check_predicts_rows()?;
        self.ready.text(&self.artifact, text, |scores, stats| Answer {
            words: stats.words,
            oov: stats.oov,
            ..self.artifact.decode(scores)
        })
    }

    /// Returns the prediction for one row of ids.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) as [`answer`](Self::answer); otherwise as
    /// [`scores_of_ids`](Self::scores_of_ids).
    pub fn answer_of_ids(&self, ids: &[u32]) -> Result<Answer> {
        self.artifact.check_predicts_rows()?;
        self.ready.ids(&self.artifact, ids, |scores| self.artifact.decode(scores))
    }

    /// Returns the first output for one text. Binary: P(positive), whichever label is predicted; the probability
    /// of the predicted label is [`Answer::probability`].
    ///
    /// # Errors
    /// As [`scores`](Self::scores).
    pub fn probability(&self, text: &str) -> Result<f32> {
        self.ready.text(&self.artifact, text, |scores, _| first(scores))
    }

    /// Returns the first output for one row of ids. Binary: P(positive), whichever label is predicted.
    ///
    /// # Errors
    /// As [`scores_of_ids`](Self::scores_of_ids).
    pub fn probability_of_ids(&self, ids: &[u32]) -> Result<f32> {
        self.ready.ids(&self.artifact, ids, first)
    }

    /// Returns the model's outputs for one text.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the model does not read texts,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the text exceeds the maximum number of words.
    pub fn scores(&self, text: &str) -> Result<Vec<f32>> {
        self.ready.text(&self.artifact, text, |scores, _| scores.to_vec())
    }

    /// Returns the model's outputs for one row of ids.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when an id is outside the model's vocabulary,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the row exceeds the maximum length.
    pub fn scores_of_ids(&self, ids: &[u32]) -> Result<Vec<f32>> {
        self.ready.ids(&self.artifact, ids, <[f32]>::to_vec)
    }

    /// Returns the model's outputs for many rows, row after row. Series are those of [`Artifact::scaled`].
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when the model reads other rows,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when a row exceeds the maximum length.
    pub fn scores_of_rows(&self, rows: &Inputs) -> Result<Vec<f32>> {
        self.ready.rows(&self.artifact, rows)
    }

    /// Returns the predictions for `texts`, in order.
    ///
    /// # Errors
    /// As [`answer`](Self::answer).
    pub fn predict<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Answer>> {
        predict(&self.ready, &self.artifact, texts)
    }

    /// Returns the predictions for rows of ids, in order.
    ///
    /// # Errors
    /// As [`answer_of_ids`](Self::answer_of_ids).
    pub fn predict_of_ids(&self, rows: &Sequences) -> Result<Vec<Answer>> {
        self.artifact.check_predicts_rows()?;
        let outputs = self.ready.rows(&self.artifact, &rows.into())?;
        Ok(answers(&self.artifact, &outputs).collect())
    }

    /// Returns the predictions for series, in order.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) as [`answer`](Self::answer); otherwise as
    /// [`Artifact::scaled`].
    pub fn predict_series(&self, rows: &Features) -> Result<Vec<Answer>> {
        predict_series(&self.ready, &self.artifact, rows)
    }
}

impl Artifact {
    /// Returns the predictions for `texts`, in order.
    ///
    /// Each call prepares the model; a [`Predictor`] prepares it once.
    ///
    /// # Errors
    /// As [`Predictor::predict`].
    pub fn predict<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Answer>> {
        predict(&Ready::new(self, &Machine::new()), self, texts)
    }

    /// Returns the predictions for series, in order.
    ///
    /// # Errors
    /// As [`Predictor::predict_series`].
    pub fn predict_series(&self, rows: &Features) -> Result<Vec<Answer>> {
        predict_series(&Ready::new(self, &Machine::new()), self, rows)
    }
}

fn first(scores: &[f32]) -> f32 {
    scores.first().copied().unwrap_or(f32::NAN)
}

fn predict<T: AsRef<str>>(ready: &Ready, artifact: &Artifact, texts: &[T]) -> Result<Vec<Answer>> {
    artifact.check_predicts_rows()?;
    let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
    let (rows, stats) = ready.encoded(artifact, &texts)?;
    let outputs = ready.rows(artifact, &rows.into())?;
    let found = answers(artifact, &outputs).zip(stats);
    Ok(found.map(|(answer, stats)| Answer { words: stats.words, oov: stats.oov, ..answer }).collect())
}

fn predict_series(ready: &Ready, artifact: &Artifact, rows: &Features) -> Result<Vec<Answer>> {
    artifact.check_predicts_rows()?;
    let outputs = ready.rows(artifact, &artifact.scaled(rows)?.into())?;
    Ok(answers(artifact, &outputs).collect())
}

fn answers(artifact: &Artifact, outputs: &[f32]) -> impl Iterator<Item = Answer> {
    outputs.chunks_exact(artifact.model().output_width()).map(|scores| artifact.decode(scores))
}
