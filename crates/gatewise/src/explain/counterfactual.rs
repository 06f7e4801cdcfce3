//! Counterfactuals: the smallest deletions and swaps of words that turn an answer.
//!
//! Input: an artifact, a row of ids and the gradient at the row. Output: the changed tokens and the answer to the
//! changed row. Both searches are greedy and bounded: each round computes the answers to a few hundred rows.

use super::gradients::embed;
use super::{Change, Counterfactuals};
use crate::artifact::Artifact;
use crate::error::Result;
use crate::layers::Layer;
use crate::predict::Predictor;
use crate::rows::{Inputs, Problem};
use crate::text::Sequences;
use std::ops::Range;

/// The most words that are deleted.
const MAX_DELETED: usize = 64;
/// The most words that are swapped.
const MAX_SWAPPED: usize = 5;
/// Tokens that a round of swaps looks at, and the words that it tries for each.
const TOKENS_A_ROUND: usize = 16;
const WORDS_A_TOKEN: usize = 8;

/// The answer that a search wants to turn.
pub(super) struct Search<'a> {
    predictor: &'a Predictor,
    ids: &'a [u32],
    output: usize,
    /// The predicted class, or for several labels whether the label is predicted.
    predicted: usize,
}

/// A changed row, how far its answer is from turning (negative: turned), and the explained output.
struct Outcome {
    margin: f32,
    value: f32,
    label: String,
}

impl<'a> Search<'a> {
    /// Creates a search for a row of ids, which the model answers with `scores`.
    pub fn new(predictor: &'a Predictor, ids: &'a [u32], output: usize, scores: &[f32]) -> Self {
        let predicted = class(predictor.artifact(), scores, output);
        Self { predictor, ids, output, predicted }
    }

    /// Returns the smallest changes found. `gradient` returns the gradient of the explained logit of the first member
    /// at a row, and the range of the row's ids that it belongs to.
    pub fn run(
        &self,
        gradient: impl Fn(&[u32]) -> Result<(Vec<f32>, Range<usize>)>,
    ) -> Result<Counterfactuals> {
        Ok(Counterfactuals { deletion: self.deletion()?, swap: self.swap(gradient)? })
    }

    /// The places of the words: all ids but the start.
    fn words(&self) -> Vec<usize> {
        let start = self.predictor.artifact().vocabulary().and_then(|vocabulary| vocabulary.policy().start);
        (0..self.ids.len()).filter(|&at| at > 0 || Some(self.ids[at]) != start).collect()
    }

    fn outcomes(&self, rows: Sequences) -> Result<Vec<Outcome>> {
        let artifact = self.predictor.artifact();
        let width = artifact.model().output_width();
        let scores = self.predictor.scores_of_rows(&Inputs::from(rows))?;
        let outcome = |scores: &[f32]| Outcome {
            margin: self.margin(scores),
            value: scores[self.output],
            label: artifact.decode(scores).label,
        };
        Ok(scores.chunks_exact(width).map(outcome).collect())
    }

    /// Returns how far the scores are from another answer: negative if they are one.
    fn margin(&self, scores: &[f32]) -> f32 {
        let artifact = self.predictor.artifact();
        if class(artifact, scores, self.output) != self.predicted {
            return -1.0;
        }
        match artifact.problem() {
            Problem::SingleLabel if scores.len() > 1 => {
                let others = scores.iter().enumerate().filter(|other| other.0 != self.predicted);
                scores[self.predicted] - others.map(|other| *other.1).fold(f32::NEG_INFINITY, f32::max)
            }
            _ => (scores[self.output] - artifact.threshold()).abs(),
        }
    }

    /// Returns the row without some of its ids.
    fn without(&self, deleted: &[usize]) -> Vec<u32> {
        let kept = |(at, &id): (usize, &u32)| (!deleted.contains(&at)).then_some(id);
        self.ids.iter().enumerate().filter_map(kept).collect()
    }

    /// Deletes words: the first that alone turns the answer; else those that bring it nearest, one after the other,
    /// until it turns, and then puts back every word that is not needed.
    fn deletion(&self) -> Result<Option<Change>> {
        let words = self.words();
        let alone = self.outcomes(words.iter().map(|&at| self.without(&[at])).collect())?;
        let mut order: Vec<usize> = (0..words.len()).collect();
        order.sort_by(|&a, &b| alone[a].margin.total_cmp(&alone[b].margin));
        let Some(&first) = order.first() else { return Ok(None) };
        if alone[first].margin < 0.0 {
            // Of several, the one whose output moves furthest.
            let turned = order.iter().take_while(|&&at| alone[at].margin < 0.0);
            let moved = |at: usize| (alone[at].value - self.value()).abs();
            let best = turned.copied().max_by(|&a, &b| moved(a).total_cmp(&moved(b)));
            let best = best.unwrap_or(first);
            return Ok(Some(change(vec![words[best]], Vec::new(), &alone[best])));
        }
        let order: Vec<usize> = order.into_iter().take(MAX_DELETED).map(|at| words[at]).collect();
        let more = (2..=order.len()).map(|count| self.without(&order[..count])).collect();
        let Some(enough) = self.outcomes(more)?.iter().position(|outcome| outcome.margin < 0.0) else {
            return Ok(None);
        };
        let mut deleted = order[..enough + 2].to_vec();
        loop {
            let less = |at: usize| [&deleted[..at], &deleted[at + 1..]].concat();
            let outcomes = self.outcomes((0..deleted.len()).map(|at| self.without(&less(at))).collect())?;
            let Some(unneeded) = outcomes.iter().rposition(|outcome| outcome.margin < 0.0) else { break };
            deleted.remove(unneeded);
        }
        deleted.sort_unstable();
        let outcome = self.outcomes(Sequences::from_iter([self.without(&deleted)]))?;
        Ok(outcome.first().map(|outcome| change(deleted, Vec::new(), outcome)))
    }

    fn value(&self) -> f32 {
        self.predictor.scores_of_ids(self.ids).map_or(0.0, |scores| scores[self.output])
    }

    /// Swaps one word in each round: the swap that brings the answer nearest to turning, among the words that the
    /// gradient promises most from.
    fn swap(&self, gradient: impl Fn(&[u32]) -> Result<(Vec<f32>, Range<usize>)>) -> Result<Option<Change>> {
        let artifact = self.predictor.artifact();
        let (Some(vocabulary), Some(Layer::Embedding(embedding))) =
            (artifact.vocabulary(), artifact.model().spec().layers().next())
        else {
            return Ok(None);
        };
        let known: Vec<u32> = vocabulary.words().map(|word| vocabulary.id(word)).collect();
        let width = embedding.output_dim;
        let table = transposed(&embed(artifact.model(), &known), width);
        let (words, mut ids) = (self.words(), self.ids.to_vec());
        let (mut swapped, mut gains): (Vec<usize>, Vec<f32>) = (Vec::new(), vec![0.0; known.len()]);
        for _ in 0..MAX_SWAPPED {
            let (gradient, seen) = gradient(&ids)?;
            let slope = |at: usize| &gradient[(at - seen.start) * width..][..width];
            let steepness = |at: usize| slope(at).iter().map(|d| d * d).sum::<f32>();
            // The tokens with the steepest gradient can move the logit furthest.
            let mut tokens: Vec<usize> =
                words.iter().copied().filter(|at| seen.contains(at) && !swapped.contains(at)).collect();
            tokens.sort_by(|&a, &b| steepness(b).total_cmp(&steepness(a)));
            let mut tried: Vec<(usize, u32)> = Vec::new();
            for &at in tokens.iter().take(TOKENS_A_ROUND) {
                // The first-order change of the logit but for the token's own part: e_word · gradient.
                gains.fill(0.0);
                for (column, d) in table.chunks_exact(known.len()).zip(slope(at)) {
                    let d = self.direction() * d;
                    gains.iter_mut().zip(column).for_each(|(gain, e)| *gain += e * d);
                }
                let best = highest(&gains, WORDS_A_TOKEN).into_iter().map(|word| known[word]);
                tried.extend(best.filter(|&id| id != ids[at]).map(|id| (at, id)));
            }
            let with = |&(at, id): &(usize, u32)| {
                let mut row = ids.clone();
                row[at] = id;
                row
            };
            let outcomes = self.outcomes(tried.iter().map(with).collect())?;
            let best = (0..tried.len()).min_by(|&a, &b| outcomes[a].margin.total_cmp(&outcomes[b].margin));
            let Some(best) = best else { return Ok(None) };
            let (at, id) = tried[best];
            ids[at] = id;
            swapped.push(at);
            if outcomes[best].margin < 0.0 {
                swapped.sort_unstable();
                let word = |&at: &usize| vocabulary.word(ids[at]).unwrap_or_default().to_owned();
                let words = swapped.iter().map(word).collect();
                return Ok(Some(change(swapped, words, &outcomes[best])));
            }
        }
        Ok(None)
    }

    /// Returns −1 if the explained output must fall for another answer, 1 if it must rise.
    fn direction(&self) -> f32 {
        let artifact = self.predictor.artifact();
        match artifact.model().output_width() {
            1 if self.predicted == 0 => 1.0,
            _ if matches!(artifact.problem(), Problem::MultiLabel { .. }) && self.predicted == 0 => 1.0,
            width if width > 1 && self.predicted != self.output => 1.0,
            _ => -1.0,
        }
    }
}

/// Returns the columns of `rows` of `width` numbers, one after the other.
fn transposed(rows: &[f32], width: usize) -> Vec<f32> {
    (0..width).flat_map(|column| rows.iter().skip(column).step_by(width)).copied().collect()
}

/// Returns the places of the `count` highest numbers, highest first.
fn highest(numbers: &[f32], count: usize) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(count + 1);
    let mut least = f32::NEG_INFINITY;
    for (at, &number) in numbers.iter().enumerate() {
        if best.len() == count && number <= least {
            continue;
        }
        let place = best.partition_point(|&other| numbers[other] >= number);
        best.insert(place, at);
        best.truncate(count);
        least = best.last().map_or(least, |&last| numbers[last]);
    }
    best
}

fn change(tokens: Vec<usize>, words: Vec<String>, outcome: &Outcome) -> Change {
    Change { tokens, words, label: outcome.label.clone(), value: outcome.value }
}

/// Returns the predicted class; of several labels, 1 if the label is predicted.
fn class(artifact: &Artifact, scores: &[f32], output: usize) -> usize {
    match artifact.problem() {
        Problem::MultiLabel { .. } => usize::from(scores[output] > artifact.threshold()),
        _ => artifact.class(scores),
    }
}
