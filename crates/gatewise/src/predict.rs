//! Artifact to answers: the one path from text to label that library, command line, server and Python
//! share.

use crate::artifact::Artifact;
use crate::error::{Error, Result};
use crate::evaluate::Scored;
use crate::kernels::Isa;
use crate::metrics::{Evaluation, argmax};
use crate::model::{Engine, Model, Rows, default_threads};
use crate::rows::{Dataset, Features, Inputs, Problem};
use crate::text::{EncodeStats, Sequences};
use serde::Serialize;

/// What a model says of one text or series.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The answer as text: the name of the class; the names of the labels, separated as in training; the number.
    pub label: String,
    /// The class, or the labels; none of a number.
    pub labels: Vec<String>,
    /// Of a model with one output the probability of the positive class, the last of the labels; of one
    /// with an output a class, that of `label`; of one of any number of labels, the highest of all; NaN of a number.
    pub probability: f32,
    /// The number, of a model that answers with one.
    pub value: Option<f32>,
    /// The model's outputs: the one, or one a label.
    pub scores: Vec<f32>,
    /// Words in the text; of a series none.
    pub words: usize,
    /// Of those, words that the vocabulary does not hold.
    pub oov: usize,
}

impl Artifact {
    /// The model, and those beside it.
    fn members(&self) -> impl Iterator<Item = &Model> {
        std::iter::once(&self.model).chain(self.ensemble.iter().flat_map(|ensemble| &ensemble.others))
    }

    /// The answers of all members as one.
    fn joined(&self, mut outputs: Vec<Vec<f32>>, rows: Rows<'_>) -> Vec<f32> {
        match (&self.ensemble, rows.inputs) {
            (Some(ensemble), Inputs::Ids(rows)) => ensemble.join(self.model.output_width(), &outputs, rows),
            _ => outputs.swap_remove(0),
        }
    }

    /// The class that the model's outputs for a row speak for: an index into the labels. One output speaks
    /// for the second class above the threshold; several, for the largest.
    pub fn class(&self, scores: &[f32]) -> usize {
        match scores {
            [probability] => usize::from(*probability > self.threshold),
            _ => argmax(scores),
        }
    }

    /// What the model's outputs for a row say.
    pub(crate) fn answer(&self, scores: &[f32]) -> Answer {
        let (labels, probability, value) = match &self.problem {
            Problem::SingleLabel => {
                let class = self.class(scores);
                let probability = if scores.len() == 1 { scores[0] } else { scores[class] };
                (vec![self.labels[class].clone()], probability, None)
            }
            Problem::MultiLabel { .. } => {
                let yes = self.labels.iter().zip(scores).filter(|(_, score)| **score > self.threshold);
                (yes.map(|(label, _)| label.clone()).collect(), scores[argmax(scores)], None)
            }
            Problem::Regression { scale } => (Vec::new(), f32::NAN, Some(scale.restore(scores[0]))),
        };
        let label = match (&self.problem, value) {
            (_, Some(value)) => value.to_string(),
            (Problem::MultiLabel { separator }, None) => labels.join(separator),
            (_, None) => labels.concat(),
        };
        Answer { label, labels, probability, value, scores: scores.to_vec(), words: 0, oov: 0 }
    }

    pub(crate) fn expect_labels(&self) -> Result<()> {
        let answers = !self.labels.is_empty() || matches!(self.problem, Problem::Regression { .. });
        match answers && !self.model.output_per_step() {
            false => Err(Error::config(
                "this model sorts nothing into classes: its answers are numbers, or one a step",
            )),
            true => Ok(()),
        }
    }

    /// Answers for series, in order.
    ///
    /// # Errors
    /// As [`scaled`](Self::scaled), and
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the model does not
    /// sort them into classes.
    pub fn predict_series(&self, rows: &Features) -> Result<Vec<Answer>> {
        self.expect_labels()?;
        let outputs = self.series_outputs(rows)?;
        Ok(outputs.chunks_exact(self.model.output_width()).map(|scores| self.answer(scores)).collect())
    }

    /// Answers for `texts`, in order.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the model does not sort texts into classes,
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when a hand-made one's vocabulary is larger than its
    /// embedding.
    pub fn predict<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Answer>> {
        Predictor::new(self)?.predict(texts)
    }

    /// The answers to `data`, whose ids are this vocabulary's, a binary model's by this threshold, and numbers
    /// brought back from their scale; the loss is measured on it.
    ///
    /// # Errors
    /// As [`Model::score`](crate::Model::score).
    pub fn score(&self, data: &Dataset, threads: usize, isa: Isa) -> Result<Scored> {
        let mut engine = Engine::new(isa, threads);
        let answer = |rows: Rows<'_>| {
            let outputs = self.members().map(|model| engine.predict(model, rows)).collect();
            self.joined(outputs, rows)
        };
        // An ensemble was not trained as one: there is no loss that its members' penalties are part of.
        let penalty = if self.ensemble.is_some() { 0.0 } else { self.model.params().penalty() };
        let mut scored = self.model.score_with(data, self.threshold, penalty, answer)?;
        if let Problem::Regression { scale } = self.problem {
            let numbers = scored.outputs.iter_mut().chain(&mut scored.targets);
            numbers.for_each(|number| *number = scale.restore(*number));
        }
        Ok(scored)
    }

    /// Loss and accuracy on `data`, whose ids are this vocabulary's, a binary model's by this threshold.
    ///
    /// # Errors
    /// As [`Model::evaluate`](crate::Model::evaluate).
    pub fn evaluate(&self, data: &Dataset, threads: usize, isa: Isa) -> Result<Evaluation> {
        Ok(self.score(data, threads, isa)?.evaluation)
    }

    /// The model's raw outputs for `texts`, and what their encoding found.
    pub(crate) fn outputs<T: AsRef<str>>(&self, texts: &[T]) -> Result<(Vec<f32>, Vec<EncodeStats>)> {
        Predictor::new(self)?.outputs(texts)
    }
}

/// A model made ready to answer again and again: the projected table and the padding's trajectory are
/// computed once, and a single row is answered without allocating.
///
/// ```
/// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// # use gatewise::text::{Tokenizer, Vocabulary};
/// # use gatewise::{rows::Padding, Artifact, Predictor, Sequential, TrainingSummary};
/// # let words = ["good", "bad"].map(String::from);
/// # let model = Sequential::new()
/// #     .with(Embedding::new(6, 4))
/// #     .with(Lstm::new(3))
/// #     .with(Dense::new(1).activation(Activation::Sigmoid))
/// #     .compile(1)?;
/// # let artifact = Artifact {
/// #     model,
/// #     tokenizer: Tokenizer::default(),
/// #     vocabulary: Vocabulary::from_ranked(&words, 6)?,
/// #     scalers: Vec::new(),
/// #     ensemble: None,
/// #     padding: Padding::to(10),
/// #     problem: Default::default(),
/// #     labels: vec!["neg".into(), "pos".into()],
/// #     threshold: 0.5,
/// #     training: TrainingSummary::default(),
/// # };
/// let mut predictor = Predictor::new(&artifact)?;
/// let p = predictor.probability("good, good")?;
/// assert_eq!(p, artifact.predict(&["good, good"])?[0].probability);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Predictor<'a> {
    artifact: &'a Artifact,
    /// One for each member; of an artifact without an ensemble, one.
    engines: Vec<Engine>,
    ids: Vec<u32>,
    scores: Vec<f32>,
    scratch: String,
    threads: usize,
}

/// Fewer texts are not worth a second thread.
const FEW: usize = 256;

impl<'a> Predictor<'a> {
    /// With the fastest instruction set, on the cores this process may run on.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the artifact's rows are longer than is supported,
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when its vocabulary is larger than its embedding.
    pub fn new(artifact: &'a Artifact) -> Result<Self> {
        Self::with(artifact, Isa::detect(), default_threads())
    }

    /// With this instruction set and number of threads.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn with(artifact: &'a Artifact, isa: Isa, threads: usize) -> Result<Self> {
        let model = &artifact.model;
        let steps = artifact.padding.maxlen.unwrap_or(0);
        // An id of every kind that the vocabulary can give, to be checked once.
        let last = artifact.vocabulary.max_words().saturating_sub(1) as u32;
        Rows::new(model, &Sequences::from_iter([[last]]).into(), artifact.padding)?;
        let ready = |model: &Model| {
            let mut engine = Engine::new(isa, threads);
            engine.prepare_outputs(model, artifact.padding, steps);
            engine
        };
        let engines = artifact.members().map(ready).collect();
        let (ids, scores, scratch) = (Vec::new(), Vec::new(), String::new());
        Ok(Self { artifact, engines, ids, scores, scratch, threads })
    }

    /// The first output for one text: of a model with one output, the probability of the positive class.
    ///
    /// # Errors
    /// As [`scores_of_ids`](Self::scores_of_ids).
    pub fn probability(&mut self, text: &str) -> Result<f32> {
        self.scores(text).map(|scores| scores[0])
    }

    /// As [`probability`](Self::probability), for one row of ids.
    ///
    /// # Errors
    /// As [`scores_of_ids`](Self::scores_of_ids).
    pub fn probability_of_ids(&mut self, ids: &[u32]) -> Result<f32> {
        self.scores_of_ids(ids).map(|scores| scores[0])
    }

    /// The model's outputs for one text.
    ///
    /// # Errors
    /// As [`scores_of_ids`](Self::scores_of_ids).
    pub fn scores(&mut self, text: &str) -> Result<&[f32]> {
        let mut ids = std::mem::take(&mut self.ids);
        ids.clear();
        let Artifact { vocabulary, tokenizer, .. } = self.artifact;
        vocabulary.encode_with(tokenizer, text, &mut self.scratch, &mut ids);
        let found = self.score(&ids);
        self.ids = ids;
        found.map(|()| &*self.scores)
    }

    /// The model's outputs for one row of ids.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) when an id is outside the model's vocabulary,
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the row is longer than is supported.
    pub fn scores_of_ids(&mut self, ids: &[u32]) -> Result<&[f32]> {
        self.score(ids).map(|()| &*self.scores)
    }

    fn score(&mut self, ids: &[u32]) -> Result<()> {
        self.scores.clear();
        let Artifact { model, padding, ensemble, .. } = self.artifact;
        let fits = ensemble.is_none() && ids.iter().all(|&id| (id as usize) < model.vocabulary());
        if let (true, Some(steps)) = (fits, padding.maxlen)
            && let Some(output) = self.engines[0].output_of_one(model, *padding, steps, ids)
        {
            self.scores.extend_from_slice(output);
            return Ok(());
        }
        // Rare rows (a pad id amid masked ones), ensembles and some models go the way of many; so do errors.
        let row = Sequences::from_iter([ids.iter().copied()]).into();
        let rows = Rows::new(model, &row, *padding)?;
        self.scores = self.of_rows(rows);
        Ok(())
    }

    /// Answers for `texts`, in order.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn predict<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<Vec<Answer>> {
        self.artifact.expect_labels()?;
        let (outputs, stats) = self.outputs(texts)?;
        let Artifact { model, .. } = self.artifact;
        let answer = |(scores, stats): (&[f32], EncodeStats)| Answer {
            words: stats.words,
            oov: stats.oov,
            ..self.artifact.answer(scores)
        };
        Ok(outputs.chunks_exact(model.output_width()).zip(stats).map(answer).collect())
    }

    fn outputs<T: AsRef<str>>(&mut self, texts: &[T]) -> Result<(Vec<f32>, Vec<EncodeStats>)> {
        let Artifact { model, padding, .. } = self.artifact;
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let (rows, stats) = self.encoded(&texts);
        let rows = rows.into();
        let rows = Rows::new(model, &rows, *padding)?;
        Ok((self.of_rows(rows), stats))
    }

    /// The ids of `texts`; of many, each thread does a share.
    fn encoded(&self, texts: &[&str]) -> (Sequences, Vec<EncodeStats>) {
        if self.threads == 1 || texts.len() < FEW {
            return encode(self.artifact, texts);
        }
        let shares = texts.chunks(texts.len().div_ceil(self.threads));
        let mut parts = std::thread::scope(|scope| {
            let parts: Vec<_> = shares.map(|share| scope.spawn(|| encode(self.artifact, share))).collect();
            parts
                .into_iter()
                .map(|part| part.join().unwrap_or_else(|e| std::panic::resume_unwind(e)))
                .collect::<Vec<_>>()
        })
        .into_iter();
        let (mut rows, mut stats) = parts.next().unwrap_or_default();
        for (more, their) in parts {
            more.rows().for_each(|row| rows.push(row.iter().copied()));
            stats.extend(their);
        }
        (rows, stats)
    }

    fn of_rows(&mut self, rows: Rows<'_>) -> Vec<f32> {
        let outputs = |(engine, model): (&mut Engine, &Model)| match self.artifact.padding.maxlen {
            Some(_) => engine.outputs(model, rows, None),
            // How long rows are, and so what they share, is known only now.
            None => engine.predict(model, rows),
        };
        let outputs = self.engines.iter_mut().zip(self.artifact.members()).map(outputs).collect();
        self.artifact.joined(outputs, rows)
    }
}

fn encode(artifact: &Artifact, texts: &[&str]) -> (Sequences, Vec<EncodeStats>) {
    let Artifact { vocabulary, tokenizer, .. } = artifact;
    let (mut rows, mut ids, mut scratch) = (Sequences::new(), Vec::new(), String::new());
    let mut one = |text: &&str| {
        ids.clear();
        let stats = vocabulary.encode_with(tokenizer, text, &mut scratch, &mut ids);
        rows.push(ids.iter().copied());
        stats
    };
    let stats = texts.iter().map(&mut one).collect();
    (rows, stats)
}
