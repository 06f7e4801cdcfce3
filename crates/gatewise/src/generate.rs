//! Text generation with a language model: one token after the other, sampled from the predicted distribution.
//!
//! Input: an artifact of a language model and a prompt. Output: an iterator of tokens.

use crate::artifact::{AnswerKind, Artifact, Reader};
use crate::error::{Error, Result};
use crate::metrics::argmax;
use crate::model::{Machine, Session, State, read_on, session};
use crate::rng::{Purpose, Random};
use crate::text::{Sequences, Vocabulary};
use std::sync::Arc;

/// Sampling options of a [`Generator`]: how the next token is drawn from the predicted distribution.
///
/// ```
/// use gatewise::Sampling;
/// let sampling = Sampling::default().temperature(0.7);
/// assert_eq!((sampling.top_k, sampling.top_p), (0, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct Sampling {
    /// Softmax temperature: probabilities are raised to the power 1/temperature and normalised. Below 1
    /// sharpens the distribution, above 1 flattens it; 0 is greedy decoding (the most probable token).
    /// Default: 1.
    pub temperature: f64,
    /// Top-k sampling: the number of most probable tokens to draw from; 0 for all. Default: 0.
    pub top_k: usize,
    /// Nucleus sampling: draws from the most probable tokens whose probabilities sum to `top_p`. Default: 1.
    pub top_p: f64,
    /// Seed of the random draws. Default: 1.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: 0, top_p: 1.0, seed: 1 }
    }
}

impl Sampling {
    /// Sets the softmax temperature; 0 is greedy decoding.
    pub fn temperature(self, temperature: f64) -> Self {
        Self { temperature, ..self }
    }

    /// Sets the number of most probable tokens to draw from; 0 for all.
    pub fn top_k(self, top_k: usize) -> Self {
        Self { top_k, ..self }
    }

    /// Sets the cumulative probability of nucleus sampling.
    pub fn top_p(self, top_p: f64) -> Self {
        Self { top_p, ..self }
    }

    /// Sets the seed of the random draws.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    fn check(&self) -> Result<()> {
        let refused = |name: &str, value: f64, wanted: &str| {
            Err(Error::config(format!("{name} is {value}, but it must be {wanted}")))
        };
        if !(self.temperature >= 0.0 && self.temperature.is_finite()) {
            return refused("temperature", self.temperature, "a number of at least 0");
        }
        if !(self.top_p > 0.0 && self.top_p <= 1.0) {
            return refused("top_p", self.top_p, "above 0 and at most 1");
        }
        Ok(())
    }

    /// Draws an index from `probabilities`: they need not sum to 1, but at least one must be above 0.
    fn draw(&self, probabilities: &[f32], random: &mut Random) -> usize {
        if self.temperature == 0.0 {
            return argmax(probabilities);
        }
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]).then(a.cmp(&b)));
        if self.top_k > 0 {
            order.truncate(self.top_k);
        }
        // Relative to the highest, so that no power underflows all of them.
        let most = f64::from(probabilities[order[0]]);
        let weight = |&place: &usize| (f64::from(probabilities[place]) / most).powf(1.0 / self.temperature);
        let mut weights: Vec<f64> = order.iter().map(weight).collect();
        let total: f64 = weights.iter().sum();
        let mut sum = 0.0;
        let kept = weights.iter().position(|weight| {
            sum += weight;
            sum >= self.top_p * total
        });
        weights.truncate(kept.map_or(weights.len(), |last| last + 1));
        let mut at = random.uniform() * weights.iter().sum::<f64>();
        let drawn = weights.iter().position(|weight| {
            at -= weight;
            at < 0.0
        });
        order[drawn.unwrap_or(weights.len() - 1)]
    }
}

/// A text generator: an endless iterator of tokens that a language model continues a prompt with.
///
/// Each token is drawn given the whole text so far. The model reads every token once and carries its state, so
/// the cost of a token does not grow with the length of the text.
///
/// ```
/// # use gatewise::rows::next_tokens;
/// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// # use gatewise::text::{Tokenizer, Vocabulary};
/// # use gatewise::{Artifact, Fit, Generator, Sampling, Sequential};
/// let (tokenizer, text) = (Tokenizer::characters(), "abc".repeat(200));
/// let vocabulary = Vocabulary::from_ranked(&["a", "b", "c"].map(String::from), 7)?;
/// let mut ids = Vec::new();
/// vocabulary.encode(&tokenizer, &text, &mut ids);
/// let data = next_tokens(&ids, 12)?;
/// let layers = Sequential::new().with(Embedding::new(7, 4)).with(Lstm::new(8).return_sequences(true));
/// let mut model = layers.with(Dense::new(7).activation(Activation::Softmax)).compile(1)?;
/// Fit::new().epochs(20).learning_rate(0.03).run(&mut model, &data)?;
/// let artifact = Artifact::builder(model).text(tokenizer, vocabulary).padding(data.padding()).build()?;
/// let sampling = Sampling::default().temperature(0.0);
/// let generator = Generator::new(artifact, "ca", sampling)?;
/// let other = generator.restart("ab", sampling)?;
/// let said: String = generator.take(7).collect();
/// assert_eq!(said, "bcabcab");
/// assert_eq!(other.take(2).collect::<String>(), "ca");
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// A generator owns its artifact, or shares it (`Arc<Artifact>`), and is `Send`. A clone continues the same
/// text and draws the same tokens. Clones and [restarts](Self::restart) share the prepared weights.
#[derive(Debug, Clone)]
pub struct Generator {
    artifact: Arc<Artifact>,
    session: Arc<Session>,
    state: State,
    sampling: Sampling,
    random: Random,
    /// Predicted distribution of the next token: one probability per id.
    next: Vec<f32>,
}

/// Number of tokens of a prompt read at a time: the outputs of all their steps are held in memory.
const PIECE: usize = 1024;

impl Generator {
    /// Creates a generator that continues `prompt`. The prompt may be empty if the vocabulary has an id for
    /// the start of a text.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the artifact is not a language model (it must
    /// output a probability for each id of its vocabulary at every step), when a layer has `go_backwards`,
    /// when the prompt is empty and must not be, or when a sampling option is out of range.
    pub fn new(artifact: impl Into<Arc<Artifact>>, prompt: &str, sampling: Sampling) -> Result<Self> {
        let artifact = artifact.into();
        sampling.check()?;
        if artifact.answer_kind() != AnswerKind::NextToken {
            return Err(Error::config(
                "this model is not a language model: it does not output a probability for every word of its \
                 vocabulary at every step; train one with --task language-model",
            ));
        }
        artifact.model().check_reads_forward()?;
        let session = Arc::new(session(artifact.model(), &Machine::new())?);
        Self::begin(artifact, session, prompt, sampling)
    }

    /// Returns a generator that continues another prompt.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn restart(&self, prompt: &str, sampling: Sampling) -> Result<Self> {
        sampling.check()?;
        Self::begin(Arc::clone(&self.artifact), Arc::clone(&self.session), prompt, sampling)
    }

    fn begin(
        artifact: Arc<Artifact>,
        session: Arc<Session>,
        prompt: &str,
        sampling: Sampling,
    ) -> Result<Self> {
        let mut ids = Vec::new();
        if let Reader::Text { tokenizer, vocabulary, .. } = artifact.reader() {
            // A byte order mark is not a character of a text.
            vocabulary.encode(tokenizer, prompt.strip_prefix('\u{feff}').unwrap_or(prompt), &mut ids);
        }
        if ids.is_empty() {
            return Err(Error::config(
                "the prompt is empty, but this model's vocabulary has no id for the start of a text; give a \
                 prompt",
            ));
        }
        let random = Random::new(sampling.seed, Purpose::Sample, 0);
        let state = artifact.model().zero_state(1)?;
        let mut generator = Self { artifact, session, state, sampling, random, next: Vec::new() };
        for piece in ids.chunks(PIECE) {
            generator.read(piece)?;
        }
        Ok(generator)
    }

    /// Reads the next tokens of the text.
    fn read(&mut self, tokens: &[u32]) -> Result<()> {
        let rows = Sequences::from_iter([tokens.iter().copied()]).into();
        let mut outputs = read_on(&self.session, self.artifact.model(), &rows, &mut self.state)?;
        self.next = outputs.split_off(outputs.len() - outputs.len() / tokens.len());
        Ok(())
    }

    /// Draws the id of the next token among the ids of words.
    fn draw(&mut self, vocabulary: &Vocabulary) -> Option<u32> {
        let first = vocabulary.policy().index_from as usize + 1;
        let words = &self.next[first.min(self.next.len())..][..vocabulary.len()];
        let any = words.iter().any(|&p| p > 0.0);
        any.then(|| (first + self.sampling.draw(words, &mut self.random)) as u32)
    }
}

impl Iterator for Generator {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let artifact = Arc::clone(&self.artifact);
        let vocabulary = artifact.vocabulary()?;
        let id = self.draw(vocabulary)?;
        self.read(&[id]).ok()?;
        vocabulary.word(id).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Activation, Dense, Embedding, Gru, Lstm};
    use crate::model::Sequential;
    use crate::rows::Padding;
    use crate::text::{Side, Tokenizer};

    fn counts(sampling: Sampling, probabilities: &[f32]) -> Vec<usize> {
        let mut counts = vec![0; probabilities.len()];
        let mut random = Random::new(3, Purpose::Sample, 0);
        (0..20_000).for_each(|_| counts[sampling.draw(probabilities, &mut random)] += 1);
        counts
    }

    #[test]
    fn draws_follow_the_probabilities_and_the_settings() {
        let p = [0.1, 0.4, 0.0, 0.3, 0.2];
        let near = |counts: Vec<usize>, wanted: [f64; 5]| {
            for (&count, wanted) in counts.iter().zip(wanted) {
                assert!((count as f64 / 20_000.0 - wanted).abs() < 0.015, "{counts:?} {wanted}");
            }
        };
        let all = Sampling::default();
        near(counts(all, &p), [0.1, 0.4, 0.0, 0.3, 0.2]);
        near(counts(Sampling { top_k: 2, ..all }, &p), [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0, 0.0]);
        near(counts(Sampling { top_p: 0.6, ..all }, &p), [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0, 0.0]);
        let squares = 0.01 + 0.16 + 0.09 + 0.04;
        near(
            counts(Sampling { temperature: 0.5, ..all }, &p),
            [0.01 / squares, 0.16 / squares, 0.0, 0.09 / squares, 0.04 / squares],
        );
        near(counts(Sampling { temperature: 0.0, ..all }, &p), [0.0, 1.0, 0.0, 0.0, 0.0]);
        near(counts(Sampling { temperature: 1e-3, ..all }, &p), [0.0, 1.0, 0.0, 0.0, 0.0]);
    }

    /// Far beyond the windows that the model was made for, and with a prompt of several pieces.
    #[test]
    fn each_token_is_drawn_given_the_whole_text() {
        let letters: Vec<String> = ('a'..='h').map(String::from).collect();
        let vocabulary = Vocabulary::from_ranked(&letters, 12).unwrap();
        let layers = Sequential::new().with(Embedding::new(12, 5)).with(Gru::new(6).return_sequences(true));
        let head = Dense::new(12).activation(Activation::Softmax);
        let mut model = layers.with(Lstm::new(4).return_sequences(true)).with(head).compile(5).unwrap();
        let mut random = Random::new(5, Purpose::Data, 0);
        let values = model.params_mut().values_mut().iter_mut();
        values.for_each(|w| *w += 2.0 * (random.uniform() as f32 - 0.5));
        let padding = Padding { maxlen: Some(3), padding: Side::Post, truncating: Side::Post };
        let tokenizer = Tokenizer::characters();
        let builder = Artifact::builder(model).text(tokenizer.clone(), vocabulary.clone());
        let artifact = Arc::new(builder.padding(padding).build().unwrap());
        let mut text = "abcdefgh".repeat(2 * PIECE / 8 + 1);
        let (sampling, mut random) = (Sampling::default(), Random::new(1, Purpose::Sample, 0));
        for said in Generator::new(Arc::clone(&artifact), &text.clone(), sampling).unwrap().take(30) {
            let mut ids = Vec::new();
            vocabulary.encode(&tokenizer, &text, &mut ids);
            let rows = Sequences::from_iter([ids]).into();
            let outputs = artifact.model().predict(&rows, Padding { maxlen: None, ..padding }).unwrap();
            let next = sampling.draw(&outputs[outputs.len() - 8..], &mut random);
            assert_eq!(said, letters[next], "after {} characters", text.len());
            text.push_str(&said);
        }
        let said = &text[text.len() - 30..];
        assert!(said.chars().any(|c| !said.starts_with(c)), "there is a choice: {said}");
    }

    #[test]
    fn settings_out_of_range_are_refused() {
        let all = Sampling::default();
        for sampling in [
            Sampling { temperature: -1.0, ..all },
            Sampling { temperature: f64::NAN, ..all },
            Sampling { top_p: 0.0, ..all },
            Sampling { top_p: 1.5, ..all },
        ] {
            assert!(sampling.check().unwrap_err().to_string().contains("must be"));
        }
        all.check().unwrap();
    }
}
