//! Language models speak: one token after the other, drawn from what the model expects next.

use crate::artifact::Artifact;
use crate::error::{Error, Result};
use crate::metrics::argmax;
use crate::model::{State, Stateful};
use crate::rng::{Purpose, Random};
use crate::text::Sequences;

/// How the next token is drawn.
///
/// ```
/// use gatewise::Sampling;
/// let sampling = Sampling { temperature: 0.7, ..Sampling::default() };
/// assert_eq!((sampling.top_k, sampling.top_p), (0, 1.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// Probabilities are raised to the power of its inverse: below 1 bolder about what is likely, above 1
    /// more even. 0 always takes the likeliest.
    pub temperature: f64,
    /// Only this many of the likeliest tokens may be drawn; 0 for all.
    pub top_k: usize,
    /// Only the likeliest tokens that together have this probability may be drawn.
    pub top_p: f64,
    /// Decides what is drawn.
    pub seed: u64,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { temperature: 1.0, top_k: 0, top_p: 1.0, seed: 1 }
    }
}

impl Sampling {
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

    /// The place drawn from `probabilities`, which need not sum to 1, but of which one is above 0.
    fn draw(&self, probabilities: &[f32], random: &mut Random) -> usize {
        if self.temperature == 0.0 {
            return argmax(probabilities);
        }
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|&a, &b| probabilities[b].total_cmp(&probabilities[a]).then(a.cmp(&b)));
        if self.top_k > 0 {
            order.truncate(self.top_k);
        }
        // Relative to the likeliest, so that no power underflows all of them.
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

/// Tokens that a language model goes on with, without end.
///
/// Each is drawn given the whole text so far: the model hears a token once and carries its state from there, so
/// that the next one costs the same after ten tokens as after a million.
///
/// ```
/// # use gatewise::rows::next_tokens;
/// # use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// # use gatewise::text::{Tokenizer, Vocabulary};
/// # use gatewise::{Artifact, Fit, Generator, Sampling, Sequential, TrainingSummary};
/// let (tokenizer, text) = (Tokenizer::characters(), "abc".repeat(200));
/// let vocabulary = Vocabulary::from_ranked(&["a", "b", "c"].map(String::from), 7)?;
/// let mut ids = Vec::new();
/// vocabulary.encode(&tokenizer, &text, &mut ids);
/// let data = next_tokens(&ids, 12)?;
/// let layers = Sequential::new().with(Embedding::new(7, 4)).with(Lstm::new(8).return_sequences(true));
/// let mut model = layers.with(Dense::new(7).activation(Activation::Softmax)).compile(1)?;
/// let history = Fit::new().epochs(20).learning_rate(0.03).run(&mut model, &data)?;
/// let (padding, labels) = (data.padding(), Vec::new());
/// let training = TrainingSummary { history, ..Default::default() };
/// let artifact = Artifact { model, tokenizer, vocabulary, scalers: vec![], ensemble: None, padding, problem: Default::default(), labels, threshold: 0.5, training };
/// let sampling = Sampling { temperature: 0.0, ..Sampling::default() };
/// let said: String = Generator::new(&artifact, "ca", sampling)?.take(7).collect();
/// assert_eq!(said, "bcabcab");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug)]
pub struct Generator<'a> {
    artifact: &'a Artifact,
    model: Stateful<'a>,
    state: State,
    sampling: Sampling,
    random: Random,
    /// What the model expects after all it has heard: a probability an id.
    next: Vec<f32>,
}

/// Tokens of a prompt that are heard at a time: outputs of all their steps are made.
const PIECE: usize = 1024;

impl<'a> Generator<'a> {
    /// Goes on from `prompt`, which may be empty where the vocabulary has an id for the start of a text.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) when the artifact is no language model (one that gives
    /// a probability for each id of its vocabulary at every step), one of its layers reads backwards, or a
    /// setting is out of range; [`ErrorKind::Data`](crate::ErrorKind::Data) when a hand-made one's vocabulary is
    /// larger than its embedding.
    pub fn new(artifact: &'a Artifact, prompt: &str, sampling: Sampling) -> Result<Self> {
        sampling.check()?;
        let Artifact { model, vocabulary, tokenizer, .. } = artifact;
        let words = vocabulary.max_words();
        if !model.output_per_step() || model.output_width() != words || !artifact.labels.is_empty() {
            return Err(Error::config(
                "this model is no language model: it does not give a probability for every word of its \
                 vocabulary at every step; train one with --task language-model",
            ));
        }
        let mut ids = Vec::new();
        vocabulary.encode(tokenizer, prompt, &mut ids);
        if ids.is_empty() {
            return Err(Error::config(
                "there is nothing to go on from: this model's vocabulary has no id for the start of a text, \
                 so give a prompt",
            ));
        }
        let mut model = Stateful::new(model)?;
        let (mut state, mut next) = (model.zero_state(1)?, Vec::new());
        // An id of every kind that the vocabulary can give, to be checked once.
        hear(&mut model, &[words.saturating_sub(1) as u32], &mut state.clone())?;
        for piece in ids.chunks(PIECE) {
            next = hear(&mut model, piece, &mut state)?;
        }
        let random = Random::new(sampling.seed, Purpose::Sample, 0);
        Ok(Self { artifact, model, state, sampling, random, next })
    }
}

/// What `model` expects after the next tokens of a text that `state` has heard before.
fn hear(model: &mut Stateful<'_>, tokens: &[u32], state: &mut State) -> Result<Vec<f32>> {
    let mut outputs = model.predict(&Sequences::from_iter([tokens.iter().copied()]).into(), state)?;
    Ok(outputs.split_off(outputs.len() - outputs.len() / tokens.len()))
}

impl<'a> Iterator for Generator<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let vocabulary = &self.artifact.vocabulary;
        // Only ids that stand for words can be said.
        let first = vocabulary.policy().index_from as usize + 1;
        let words = &self.next[first.min(self.next.len())..][..vocabulary.len()];
        if words.is_empty() || !words.iter().any(|&p| p > 0.0) {
            return None;
        }
        let id = (first + self.sampling.draw(words, &mut self.random)) as u32;
        self.next = hear(&mut self.model, &[id], &mut self.state).ok()?;
        vocabulary.word(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifact::TrainingSummary;
    use crate::layers::{Activation, Dense, Embedding, Gru, Lstm};
    use crate::model::Sequential;
    use crate::rows::{Padding, Problem};
    use crate::text::{Side, Tokenizer, Vocabulary};

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
        let (tokenizer, labels, training) = (Tokenizer::characters(), Vec::new(), TrainingSummary::default());
        let artifact = Artifact {
            model,
            tokenizer,
            vocabulary,
            scalers: vec![],
            ensemble: None,
            padding,
            problem: Problem::SingleLabel,
            labels,
            threshold: 0.5,
            training,
        };
        let mut text = "abcdefgh".repeat(2 * PIECE / 8 + 1);
        let (sampling, mut random) = (Sampling::default(), Random::new(1, Purpose::Sample, 0));
        for said in Generator::new(&artifact, &text.clone(), sampling).unwrap().take(30) {
            let mut ids = Vec::new();
            artifact.vocabulary.encode(&artifact.tokenizer, &text, &mut ids);
            let rows = Sequences::from_iter([ids]).into();
            let outputs = artifact.model.predict(&rows, Padding { maxlen: None, ..padding }).unwrap();
            let next = sampling.draw(&outputs[outputs.len() - 8..], &mut random);
            assert_eq!(said, letters[next], "after {} characters", text.len());
            text.push_str(said);
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
