//! Artifact to answers: the one path from text to label that library, command line, server and Python
//! share.

use crate::artifact::Artifact;
use crate::data::Dataset;
use crate::error::Result;
use crate::kernels::Isa;
use crate::metrics::Evaluation;
use crate::text::{EncodeStats, Sequences};
use serde::Serialize;

/// What a model says of one text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// Name of the class.
    pub label: String,
    /// Probability of the positive class, the last of the labels.
    pub probability: f32,
    /// Words in the text.
    pub words: usize,
    /// Of those, words that the vocabulary does not hold.
    pub oov: usize,
}

impl Artifact {
    /// Answers for `texts`, in order.
    ///
    /// # Errors
    /// None for an artifact that was loaded; [`ErrorKind::Data`](crate::ErrorKind::Data) when a hand-made
    /// one's vocabulary is larger than its embedding.
    pub fn predict<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Answer>> {
        let (outputs, stats) = self.outputs(texts)?;
        let answer = |(probability, stats): (f32, EncodeStats)| Answer {
            label: self.labels[usize::from(probability > self.threshold)].clone(),
            probability,
            words: stats.words,
            oov: stats.oov,
        };
        Ok(outputs.into_iter().zip(stats).map(answer).collect())
    }

    /// Loss and accuracy on `data`, whose ids are this vocabulary's.
    ///
    /// # Errors
    /// As [`Model::evaluate`](crate::Model::evaluate).
    pub fn evaluate(&self, data: &Dataset, threads: usize, isa: Isa) -> Result<Evaluation> {
        self.model.evaluate_on(data, threads, isa)
    }

    /// The model's raw outputs for `texts`, and what their encoding found.
    pub(crate) fn outputs<T: AsRef<str>>(&self, texts: &[T]) -> Result<(Vec<f32>, Vec<EncodeStats>)> {
        let (mut rows, mut ids) = (Sequences::new(), Vec::new());
        let mut stats = Vec::with_capacity(texts.len());
        for text in texts {
            ids.clear();
            stats.push(self.vocabulary.encode(&self.tokenizer, text.as_ref(), &mut ids));
            rows.push(ids.iter().copied());
        }
        Ok((self.model.predict(&rows, self.padding)?, stats))
    }
}
