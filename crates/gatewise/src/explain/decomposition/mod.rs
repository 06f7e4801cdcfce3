//! Contextual decomposition: the part of an output that is due to a phrase.
//!
//! Input: a model, a row and phrases of it. Output: one score a phrase.
//!
//! Phrases are lanes: a block of sixteen phrases shares the whole signals of the row, which a trace has, and
//! computes its shares together, from the first step of its first phrase on.

mod layers;
mod plan;
mod recurrent;
mod shares;

use crate::error::{Error, Result};
use crate::kernels::LANES;
use crate::model::{Machine, Model};
use crate::rows::{Inputs, Padding};
use plan::{Plan, shares_of_input};
use std::ops::Range;

/// Returns the part of an output that is due to each phrase of one row, by contextual decomposition.
///
/// Every signal s of the model is split into `s = β + γ`: β is due to the phrase, γ to all other tokens, to padding
/// and to the biases. The score of a phrase is β of logit `output`: of the output before the last activation. If the
/// model has an output at each step, the score is taken at the last step of the row, as
/// [`Output::Logit`](crate::Output::Logit) is.
///
/// `phrases` are ranges of the row's own inputs, counted as by [`Trace::inputs`](crate::Trace::inputs): `3..5` are its
/// fourth and fifth input. An empty phrase has the score 0, and so have inputs that `padding` cuts off. The score of
/// a phrase less the scores of its words is their interaction.
///
/// # Equations
///
/// With a the part of a sum due to the phrase, c its bias, z the whole sum and f an activation, the part of f(z) due
/// to the phrase is the mean of what a adds as the first term after the bias and as the last term:
///
/// ```text
/// L_f(a) = ½·(f(c + a) − f(c) + f(z) − f(z − a))            f(c): the constant part of f(z), c(f)
/// ```
///
/// In a product, terms with a part of γ belong to γ, and so does the product of two constants:
///
/// ```text
/// β(p ⊙ q) = β_p ⊙ (β_q + c_q) + c_p ⊙ β_q
/// ```
///
/// | layer | β of its output |
/// |---|---|
/// | `Embedding`, `Input` | `β_x = x_t` at the steps of the phrase, else 0 |
/// | `Lstm` | `a_k = β_x·W_k + β_h·U_k` for the gates k, `β_c ← β(f ⊙ c_{t-1}) + β(i ⊙ g)`, `β_h = o ⊙ L_tanh(β_c)` |
/// | `Gru` | `a_z`, `a_r` alike, `a_h = β_x·W_h + β(r ⊙ s)`, `β_h ← β(z ⊙ h_{t-1}) + β((1 − z) ⊙ g)`; `s = h_{t-1}·U_h + b'_h`. Before the product: `a_h = β_x·W_h + β(r ⊙ h_{t-1})·U_h` |
/// | `SimpleRnn` | `β_h = L_tanh(β_x·W + β_h·U)` |
/// | `Dense`, `Activation` | `L_f(β_x·W)`; without the last activation of the model `β_x·W` |
/// | `SkipConnection` | the wrapped layer's, and β_x beside it |
/// | `Bidirectional` | each direction's, merged: `mul` by the product rule |
/// | average pooling, `RepeatVector` | the same of β |
/// | max pooling | β of the step with the largest value |
/// | `Dropout`, `SpatialDropout1D` | `β_x` |
///
/// Masked steps keep β of the state.
///
/// The LSTM follows the paper and its authors' program: `x_t` and the state form one term of a gate's sum, the bias is
/// always its first term, and the output gate is not decomposed. One choice differs from the program, which counts
/// the product of two constants, `c_i ⊙ c_g`, to a phrase of several words at all of its steps but the last. Here it
/// belongs to γ at every step, since no word has a part in it. The other layers follow the same two rules.
///
/// # Cost
///
/// One trace of the row, and then for each phrase less than one prediction, from the first step of the phrase on. The
/// 200 words and 199 pairs of neighbours of a text of 200 tokens, padded to 300 steps, take 1.4 ms with the classic
/// model (Embedding 15, LSTM 10) on one thread with AVX-512, and 1.6 ms with AVX2 (the benchmark
/// `contextual_decomposition_of_one_row`). Blocks of sixteen phrases are shared by the threads of the machine.
///
/// ```
/// use gatewise::rows::{Padding, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::{Sequential, explain::contextual_decomposition};
/// let layers = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
/// let row: Sequences = [vec![7, 8, 9]].into_iter().collect();
///
/// let scores = contextual_decomposition(&model, &row.into(), Padding::to(6), 0, &[0..2, 0..1, 1..2])?;
/// let interaction = scores[0] - scores[1] - scores[2];
/// assert!(interaction.abs() > 0.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// * The errors of [`Model::trace`](crate::Model::trace).
/// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is not exactly one row, no such output, no such phrase,
///   or a layer that cannot be decomposed, such as `LayerNormalization`.
/// * [`ErrorKind::Data`](crate::ErrorKind::Data) if a score is not finite.
///
/// # Source
/// W. J. Murdoch, P. J. Liu and B. Yu, "Beyond Word Importance: Contextual Decomposition to Extract Interactions from
/// LSTMs", ICLR 2018.
pub fn contextual_decomposition(
    model: &Model,
    inputs: &Inputs,
    padding: Padding,
    output: usize,
    phrases: &[Range<usize>],
) -> Result<Vec<f64>> {
    contextual_decomposition_on(model, inputs, padding, output, phrases, &Machine::new())
}

/// As [`contextual_decomposition`], on `machine`.
///
/// # Errors
/// As [`contextual_decomposition`].
pub fn contextual_decomposition_on(
    model: &Model,
    inputs: &Inputs,
    padding: Padding,
    output: usize,
    phrases: &[Range<usize>],
    machine: &Machine,
) -> Result<Vec<f64>> {
    check(model, inputs, output, phrases)?;
    let trace = model.trace_on(inputs, padding, machine)?;
    let plan = Plan::new(model, &trace, machine.instruction_set())?;
    let (positions, seen) = (trace.positions(0), trace.inputs(0));
    // The step of the output: the last of the row, or of the steps that the model makes, in the output's own order.
    let at = plan.steps.map_or(Some(0), |steps| {
        let last = if model.other_steps(trace.steps()).is_some() { steps } else { positions.end };
        last.checked_sub(1).map(|t| if plan.flipped { steps - 1 - t } else { t })
    });
    let Some(at) = at else { return Ok(vec![0.0; phrases.len()]) };
    // The phrases by their steps, so that those of a block begin close to each other.
    let place = |phrase: &Range<usize>| {
        let [start, end] =
            [phrase.start, phrase.end].map(|input| input.clamp(seen.start, seen.end) - seen.start);
        positions.start + start..positions.start + end
    };
    let mut order: Vec<(usize, Range<usize>)> = phrases.iter().map(place).enumerate().collect();
    order.sort_by_key(|(_, steps)| (steps.start, steps.end));
    let (found, places): (Vec<usize>, Vec<Range<usize>>) = order.into_iter().unzip();
    let mut blocks: Vec<_> = places.chunks(LANES).map(|phrases| (phrases, [0.0f32; LANES])).collect();
    let pool = machine.pool();
    let mut locals = vec![(); pool.threads()];
    pool.for_each(&mut locals, &mut blocks, |(), _, (phrases, scores)| {
        let shares = shares_of_input(plan.input, phrases);
        let shares = plan.layers.iter().fold(shares, |shares, layer| layer.shares(shares));
        *scores = shares.step(at).map_or([0.0; LANES], |shares| shares[output]);
    });
    let mut scores = vec![0.0; phrases.len()];
    for (&phrase, score) in found.iter().zip(blocks.iter().flat_map(|(_, scores)| scores)) {
        scores[phrase] = f64::from(*score);
    }
    match scores.iter().position(|score| !score.is_finite()) {
        Some(phrase) => Err(Error::data(format!(
            "the contextual decomposition of the phrase {:?} is not finite; the weights or the inputs are too large",
            phrases[phrase]
        ))),
        None => Ok(scores),
    }
}

/// Checks that there is one row, and that it has the phrases and the model the output.
fn check(model: &Model, inputs: &Inputs, output: usize, phrases: &[Range<usize>]) -> Result<()> {
    if inputs.len() != 1 {
        return Err(Error::config(format!(
            "contextual_decomposition reads one row, but got {}; call it once for each row",
            inputs.len()
        )));
    }
    let outputs = model.output_width();
    if output >= outputs {
        return Err(Error::config(format!(
            "there is no output {output}; the model has {outputs} outputs, counted from 0"
        )));
    }
    let len = inputs.steps(0);
    match phrases.iter().find(|phrase| phrase.start > phrase.end || phrase.end > len) {
        Some(phrase) => Err(Error::config(format!(
            "there is no phrase {phrase:?}; the row has {len} inputs, counted from 0, and a phrase ends where it \
             begins or later"
        ))),
        None => Ok(()),
    }
}
