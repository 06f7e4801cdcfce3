//! How far back the gradient of a recurrent layer reaches: ‖∂h_T/∂h_{T−k}‖ by the lag k.
//!
//! Input: a model, rows, the name of a recurrent layer. Output: for each lag the norm over the rows.

use super::jacobian::CellWeights;
use super::recurrent_part::RecurrentPart;
use crate::error::{Error, Result};
use crate::model::{Model, Trace};
use crate::rows::{Inputs, Padding};
use serde::{Deserialize, Serialize};

/// Rows traced at a time, which bounds the memory.
const ROWS: usize = 64;

/// The norms of the gradient of the last output of a recurrent layer with respect to its earlier states, by
/// lag. [`gradient_by_lag`] returns it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct GradientByLag {
    /// The name of the layer.
    pub layer: String,
    /// The class of the layer, as Keras names it.
    pub class: String,
    /// H, the number of units.
    pub units: usize,
    /// The number of rows with at least one step.
    pub rows: usize,
    /// ‖∂h_T/∂h_{T−k}‖ for k = 0, 1, …
    pub h: Vec<LagNorm>,
    /// ‖∂h_T/∂c_{T−k}‖ for k = 0, 1, …; `None` if the layer has no cell state.
    pub c: Option<Vec<LagNorm>>,
}

/// A norm at one lag, over the rows that are long enough.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LagNorm {
    /// k, the number of steps back.
    pub lag: usize,
    /// The number of rows of more than k steps.
    pub rows: usize,
    /// The mean.
    pub mean: f64,
    /// The standard deviation; 0 for one row.
    pub std: f64,
    /// The smallest.
    pub min: f64,
    /// The median.
    pub median: f64,
    /// The largest.
    pub max: f64,
}

impl LagNorm {
    fn new(lag: usize, mut norms: Vec<f64>) -> Self {
        norms.sort_by(f64::total_cmp);
        let (rows, count) = (norms.len(), norms.len() as f64);
        let mean = norms.iter().sum::<f64>() / count;
        let variance = norms.iter().map(|norm| (norm - mean) * (norm - mean)).sum::<f64>() / count;
        let median = 0.5 * (norms[(rows - 1) / 2] + norms[rows / 2]);
        Self { lag, rows, mean, std: variance.sqrt(), min: norms[0], median, max: norms[rows - 1] }
    }

    /// Returns the factor by which the median changes with each step from this lag to `later`, the geometric
    /// mean over the steps between: below 1 the gradient vanishes, above 1 it explodes. `None` if `later` is
    /// not later, or a median is not above 0.
    ///
    /// ```
    /// # use gatewise::explain::gradient_by_lag;
    /// # use gatewise::{Sequential, layers::{Input, SimpleRnn}, rows::{Features, Padding}};
    /// // h_t = ½·h_{t−1}: the gradient is halved with each step.
    /// let linear = gatewise::layers::Activation::Linear;
    /// let mut model = Sequential::new().with(Input::new(1)).with(SimpleRnn::new(1).activation(linear)).compile(1)?;
    /// model.params_mut().set("simple_rnn/recurrent_kernel", &[1, 1], &[0.5])?;
    /// let mut rows = Features::new(1);
    /// rows.push(&[1.0; 11])?;
    /// let found = gradient_by_lag(&model, &rows.into(), Padding::default(), "simple_rnn", 10)?;
    /// assert_eq!(found.h[10].median, 0.5f64.powi(10));
    /// assert_eq!(found.h[0].factor_to(&found.h[10]), Some(0.5));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn factor_to(&self, later: &Self) -> Option<f64> {
        let known = later.lag > self.lag && self.median > 0.0 && later.median > 0.0;
        // The difference of logarithms does not overflow.
        known.then(|| ((later.median.ln() - self.median.ln()) / (later.lag - self.lag) as f64).exp())
    }
}

/// Returns the norm of the gradient of the last output of a recurrent layer with respect to its state k steps
/// before, for each lag k up to `max_lag`.
///
/// ```text
/// ‖∂h_T/∂h_{T−k}‖_F      and for an LSTM      ‖∂h_T/∂c_{T−k}‖_F
/// ```
///
/// This is what decides whether training can learn that a step matters k steps later: the gradient of a loss
/// with respect to that step is the gradient with respect to h_T times this matrix. A plain recurrent layer
/// multiplies by one matrix diag(φ')·Uᵀ a step. An LSTM keeps its memory in c, whose way back is the
/// product of the forget gates, so look at `c` there.
///
/// **Norm.** The Frobenius norm: the root of the sum of all squared derivatives. It is at least the largest
/// singular value and at most √H times that. At lag 0 it is √H for h.
///
/// **Derivatives** are those of automatic differentiation: h_{T−k} is computed from c_{T−k}, so the gradient
/// with respect to c contains the way through h_{T−k}, and the gradient with respect to h keeps c_{T−k} fixed.
///
/// **Steps.** T is the last of the row's own inputs in the order in which the layer reads them, and k counts
/// the steps that it reads. Padding and masked steps are not counted, so a row of n steps has the lags 0 to
/// n − 1. Lags that no row has are left out.
///
/// **Numbers.** Gates and states are those of [`Model::trace`], products are `f64`. A unit that is saturated
/// has a slope that is known up to 10⁻⁷. Time: O(H³) a row and step.
///
/// ```
/// use gatewise::explain::gradient_by_lag;
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::rows::{Padding, Sequences};
/// use gatewise::Sequential;
/// let model = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3)).with(Dense::new(1)).compile(1)?;
/// let rows: Sequences = [vec![7, 8, 9, 10], vec![5, 6]].into_iter().collect();
/// let found = gradient_by_lag(&model, &rows.into(), Padding::to(6), "lstm", 100)?;
/// assert_eq!((found.h.len(), found.h[1].rows, found.h[3].rows), (4, 2, 1));
/// assert!((found.h[0].mean - 3f64.sqrt()).abs() < 1e-12);
/// let c = found.c.as_ref().unwrap();
/// assert!(c[3].mean > 0.0 && c[3].mean < c[0].mean);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// * The errors of [`Model::trace`].
/// * [`ErrorKind::Config`](crate::ErrorKind::Config) if there is no such recurrent layer. The message lists
///   the recurrent layers; [`recurrent_layers`](super::recurrent_layers) returns their names.
/// * [`ErrorKind::Data`](crate::ErrorKind::Data) if no row has a step.
pub fn gradient_by_lag(
    model: &Model,
    inputs: &Inputs,
    padding: Padding,
    layer: &str,
    max_lag: usize,
) -> Result<GradientByLag> {
    let part = RecurrentPart::find(model, layer)?;
    let weights = CellWeights::of(model, &part)?;
    // All rows have the length of the longest, as in one trace.
    let padding = padding.maxlen(padding.maxlen.or((0..inputs.len()).map(|row| inputs.steps(row)).max()));
    let mut norms: Norms = [Vec::new(), Vec::new()];
    let order: Vec<usize> = (0..inputs.len()).collect();
    for rows in order.chunks(ROWS) {
        let trace = model.trace(&inputs.select(rows), padding)?;
        for row in 0..trace.len() {
            add_row(&weights, &part, &trace, row, max_lag, &mut norms)?;
        }
    }
    let rows = norms[0].first().map_or(0, Vec::len);
    if rows == 0 {
        return Err(Error::data("no row has a step that the layer reads; give rows that are not empty"));
    }
    let [h, c] =
        norms.map(|lags| lags.into_iter().enumerate().map(|(lag, norms)| LagNorm::new(lag, norms)).collect());
    let c = weights.has_cell_state().then_some(c);
    Ok(GradientByLag {
        layer: part.name.clone(),
        class: part.layer.class_name().into(),
        units: weights.units,
        rows,
        h,
        c,
    })
}

/// By lag, the norms of the rows: of h, of c.
type Norms = [Vec<Vec<f64>>; 2];

/// Adds the norms of one row.
fn add_row(
    weights: &CellWeights,
    part: &RecurrentPart,
    trace: &Trace,
    row: usize,
    max_lag: usize,
    norms: &mut Norms,
) -> Result<()> {
    let units = weights.units;
    let cells = if weights.has_cell_state() { units } else { 0 };
    let read = part.steps(trace, row)?;
    // A row of each matrix for each unit of h_T: of h_{T−k}, and of c_{T−k} where h_{T−k} is fixed.
    let unit = |u: usize| (0..units).map(|k| f64::from(u8::from(k == u))).collect::<Vec<_>>();
    let mut matrix: Vec<_> = (0..units).map(|u| (unit(u), vec![0.0; cells])).collect();
    for (lag, at) in read.own.rev().take(max_lag.saturating_add(1)).enumerate() {
        let before = at.checked_sub(1).map(|before| read.steps[before]);
        let step = weights.jacobian(trace, row, &part.name, read.steps[at], before)?;
        push(&mut norms[0], lag, norm(matrix.iter().flat_map(|(dh, _)| dh.iter().copied())));
        if let Some(out) = step.output_of_cell() {
            let whole = |(dh, dc): &(Vec<f64>, Vec<f64>)| -> Vec<f64> {
                (0..units).map(|u| dc[u] + dh[u] * out[u]).collect()
            };
            push(&mut norms[1], lag, norm(matrix.iter().flat_map(whole)));
        }
        for (dh, dc) in &mut matrix {
            weights.back(&step, dh, dc);
        }
    }
    Ok(())
}

fn push(norms: &mut Vec<Vec<f64>>, lag: usize, norm: f64) {
    if norms.len() == lag {
        norms.push(Vec::new());
    }
    norms[lag].push(norm);
}

/// Returns √Σx². Dividing by the largest keeps the squares of vanishing numbers above 0.
fn norm(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let largest = values.clone().fold(0.0, |largest: f64, x| largest.max(x.abs()));
    if largest == 0.0 || !largest.is_finite() {
        return largest;
    }
    largest * values.map(|x| (x / largest) * (x / largest)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::super::recurrent_layers;
    use super::*;
    use crate::kernels::reference::activation::twin;
    use crate::kernels::reference::recurrent::{Function, Kind, SIGMOID, State, TANH, Weights};
    use crate::layers::{Activation, Bidirectional, Embedding, Gru, Input, Layer, Lstm, SimpleRnn};
    use crate::rng::{Purpose, Random};
    use crate::rows::{Features, Sequences};
    use crate::{Sequential, text::Side};

    const D: usize = 3;

    /// Gives all weights numbers that are not special, biases too.
    fn scramble(model: &mut Model) {
        let mut random = Random::new(5, Purpose::Init, 77);
        model.params_mut().values_mut().iter_mut().for_each(|w| *w = (1.6 * random.uniform() - 0.8) as f32);
    }

    fn rows(lengths: &[usize]) -> Features {
        let mut random = Random::new(6, Purpose::Init, 78);
        let mut rows = Features::new(D);
        for len in lengths {
            let row: Vec<f32> = (0..len * D).map(|_| (3.0 * random.uniform() - 1.5) as f32).collect();
            rows.push(&row).unwrap();
        }
        rows
    }

    fn twin_of(model: &Model, name: &str, kind: Kind, functions: [Function; 2]) -> Weights {
        let tensor = |which: &str| -> Vec<f64> {
            let values = model.params().get(&format!("{name}/{which}")).unwrap_or_default();
            values.iter().map(|&value| f64::from(value)).collect()
        };
        let (kernel, recurrent, bias) = (tensor("kernel"), tensor("recurrent_kernel"), tensor("bias"));
        let units = model.params().tensor(&format!("{name}/recurrent_kernel")).unwrap().0[0];
        let inputs = kernel.len() / (recurrent.len() / units);
        Weights { kind, functions, inputs, units, kernel, recurrent, bias, factors: Vec::new(), sizes: false }
    }

    /// The last output as a function of the state after step `from` − 1 of `xs`, by finite differences: the norms
    /// with respect to h, and with respect to c, from which h is then computed anew.
    fn differences(weights: &Weights, xs: &[Vec<f64>], from: usize) -> Vec<f64> {
        let real = vec![true; xs.len()];
        let steps = weights.forward(&weights.zero_state(), xs, &real);
        let state = if from == 0 { weights.zero_state() } else { steps[from - 1].after.clone() };
        let last = |state: &State| -> Vec<f64> {
            let rest = weights.forward(state, &xs[from..], &real[from..]);
            rest.last().map_or_else(|| state[0].clone(), |step| step.after[0].clone())
        };
        let epsilon = 1e-6;
        let part_norm = |part: usize| {
            let mut sum = 0.0;
            for unit in 0..weights.units {
                let moved = |by: f64| {
                    let mut state = state.clone();
                    state[part][unit] += by;
                    if part == 1 {
                        let o = &steps[from - 1].gates[3];
                        state[0][unit] = o[unit] * (weights.functions[1].of)(state[1][unit]);
                    }
                    last(&state)
                };
                let pairs = moved(epsilon).into_iter().zip(moved(-epsilon));
                sum += pairs.map(|(a, b)| ((a - b) / (2.0 * epsilon)).powi(2)).sum::<f64>();
            }
            sum.sqrt()
        };
        (0..state.len()).map(part_norm).collect()
    }

    fn close(ours: f64, twin: f64, what: &str) {
        assert!((ours - twin).abs() <= 2e-5 * twin + 1e-9, "{what}: {ours} {twin}");
    }

    /// Each row by itself, so that a mean over rows hides nothing.
    fn check(layer: impl Into<Layer>, kind: Kind, functions: [Function; 2]) {
        let layer: Layer = layer.into();
        let mut model = Sequential::new().with(Input::new(D)).with(layer).compile(3).unwrap();
        scramble(&mut model);
        let name = &recurrent_layers(&model)[0];
        let weights = twin_of(&model, name, kind, functions);
        for len in [1, 2, 9] {
            let rows = rows(&[len]);
            let mut xs: Vec<Vec<f64>> =
                rows.row(0).chunks(D).map(|x| x.iter().map(|&x| f64::from(x)).collect()).collect();
            let backwards =
                RecurrentPart::find(&model, name).unwrap().layer.recurrent().unwrap().goes_backwards();
            if backwards {
                xs.reverse();
            }
            let found = gradient_by_lag(&model, &rows.into(), Padding::default(), name, 50).unwrap();
            assert_eq!((found.h.len(), found.c.as_ref().map_or(len, Vec::len)), (len, len));
            for lag in 0..len {
                let twins = differences(&weights, &xs, len - lag);
                close(found.h[lag].mean, twins[0], &format!("{kind:?} h, lag {lag} of {len}"));
                if let Some(c) = &found.c {
                    close(c[lag].mean, twins[1], &format!("{kind:?} c, lag {lag} of {len}"));
                }
            }
        }
    }

    #[test]
    fn every_cell_follows_finite_differences() {
        for units in [1, 5] {
            let usual = [SIGMOID, TANH];
            check(Lstm::new(units), Kind::Lstm { forget: true }, usual);
            check(Lstm::new(units).forget_gate(false), Kind::Lstm { forget: false }, usual);
            check(Gru::new(units), Kind::Gru { reset_after: true }, usual);
            check(Gru::new(units).reset_after(false), Kind::Gru { reset_after: false }, usual);
            check(Gru::new(units).use_bias(false), Kind::Gru { reset_after: true }, usual);
            check(SimpleRnn::new(units), Kind::SimpleRnn, usual);
            check(Lstm::new(units).go_backwards(true), Kind::Lstm { forget: true }, usual);
        }
    }

    #[test]
    fn other_activations_follow_finite_differences() {
        let soft = Function { of: |z| twin("softsign", z).0, slope: |y| (1.0 - y.abs()).powi(2) };
        let hard = Function { of: |z| twin("hard_sigmoid", z).0, slope: |_| 1.0 / 6.0 };
        let lstm =
            Lstm::new(4).activation(Activation::Softsign).recurrent_activation(Activation::HardSigmoid);
        check(lstm, Kind::Lstm { forget: true }, [hard, soft]);
        let elu = Function { of: |z| twin("elu", z).0, slope: |y| if y < 0.0 { y + 1.0 } else { 1.0 } };
        check(SimpleRnn::new(4).activation(Activation::Elu), Kind::SimpleRnn, [SIGMOID, elu]);
        check(Gru::new(3).activation(Activation::Elu), Kind::Gru { reset_after: true }, [SIGMOID, elu]);
    }

    #[test]
    fn ragged_rows_are_rows_alone_and_padding_is_not_counted() {
        let embedding = Embedding::new(20, 4);
        let model =
            Sequential::new().with(embedding.clone().mask_zero(true)).with(Gru::new(5)).compile(2).unwrap();
        let texts = [vec![7, 8, 9, 3, 2], vec![5], vec![], vec![4, 4, 6]];
        let of = |model: &Model, texts: &[Vec<u32>], padding| {
            let rows: Sequences = texts.iter().cloned().collect();
            gradient_by_lag(model, &rows.into(), padding, "gru", 50).unwrap()
        };
        let all = of(&model, &texts, Padding::to(9).padding(Side::Post));
        let alone: Vec<_> = [0, 1, 3].map(|row| of(&model, &texts[row..][..1], Padding::default())).into();
        assert_eq!((all.rows, all.h.len()), (3, 5));
        for (lag, norm) in all.h.iter().enumerate() {
            let each: Vec<f64> = alone.iter().filter_map(|found| Some(found.h.get(lag)?.mean)).collect();
            assert_eq!(norm.rows, each.len());
            close(norm.mean, each.iter().sum::<f64>() / each.len() as f64, "mean");
            close(norm.max, each.iter().fold(0.0, |a: f64, &b| a.max(b)), "max");
            close(norm.min, each.iter().fold(f64::MAX, |a: f64, &b| a.min(b)), "min");
        }
        // Padding that is read changes the states, and is not counted either.
        let read = Sequential::new().with(embedding).with(Gru::new(5)).compile(2).unwrap();
        let left = of(&read, &texts, Padding::to(9));
        assert_eq!((left.h.len(), left.h[4].rows), (5, 1));
        assert_ne!(left.h[2].mean, all.h[2].mean);
    }

    #[test]
    fn a_layer_above_reversed_steps_and_a_direction_read_their_own_order() {
        // A stack of backwards layers, and the two directions of one with the weights of plain layers.
        let mut both =
            Sequential::new().with(Input::new(D)).with(Bidirectional::new(Lstm::new(4))).compile(1).unwrap();
        scramble(&mut both);
        let rows: Inputs = rows(&[7]).into();
        for (way, backwards) in [("forward", false), ("backward", true)] {
            let name = format!("bidirectional/{way}_lstm");
            let plain = Sequential::new().with(Input::new(D)).with(Lstm::new(4).go_backwards(backwards));
            let mut plain = plain.compile(1).unwrap();
            for tensor in ["kernel", "recurrent_kernel", "bias"] {
                let values = both.params().get(&format!("{name}/{tensor}")).unwrap().to_vec();
                plain.params_mut().get_mut(&format!("lstm/{tensor}")).unwrap().copy_from_slice(&values);
            }
            let found = gradient_by_lag(&both, &rows, Padding::default(), &name, 9).unwrap();
            let alone = gradient_by_lag(&plain, &rows, Padding::default(), "lstm", 9).unwrap();
            assert_eq!((found.h, found.c), (alone.h, alone.c));
        }
        let back =
            Sequential::new().with(Input::new(D)).with(Gru::new(4).go_backwards(true).return_sequences(true));
        let mut stacked = back.with(SimpleRnn::new(3)).compile(1).unwrap();
        scramble(&mut stacked);
        let weights = twin_of(&stacked, "simple_rnn", Kind::SimpleRnn, [SIGMOID, TANH]);
        let trace = stacked.trace(&rows, Padding::default()).unwrap();
        let below = trace.get(0, "gru", "output").unwrap();
        let xs: Vec<Vec<f64>> =
            (0..7).rev().map(|t| below.step(t).iter().map(|&x| f64::from(x)).collect()).collect();
        let found = gradient_by_lag(&stacked, &rows, Padding::default(), "simple_rnn", 9).unwrap();
        for lag in 0..7 {
            close(found.h[lag].mean, differences(&weights, &xs, 7 - lag)[0], &format!("lag {lag}"));
        }
    }

    #[test]
    fn tiny_and_huge_norms_keep_their_size() {
        for size in [1e-200, 1e200] {
            assert!((norm([3.0 * size, -4.0 * size].into_iter()) / size - 5.0).abs() < 1e-14);
        }
        assert_eq!(norm([0.0].into_iter()), 0.0);
    }

    #[test]
    fn spread_is_over_rows() {
        let norm = LagNorm::new(2, vec![4.0, 1.0, 2.0, 1.0]);
        assert_eq!((norm.mean, norm.median, norm.min, norm.max), (2.0, 1.5, 1.0, 4.0));
        assert_eq!((norm.std, norm.rows), (1.5f64.sqrt(), 4));
    }

    #[test]
    fn unknown_layers_and_empty_rows_are_refused() {
        let model = Sequential::new().with(Embedding::new(20, 4)).with(Lstm::new(2)).compile(1).unwrap();
        let of = |rows: Vec<Vec<u32>>, layer: &str| {
            let rows: Sequences = rows.into_iter().collect();
            gradient_by_lag(&model, &rows.into(), Padding::to(4), layer, 3).unwrap_err().to_string()
        };
        assert!(of(vec![vec![1]], "gru").contains("the recurrent layers are lstm"));
        assert!(of(vec![vec![]], "lstm").contains("no row has a step"));
        assert!(of(vec![], "lstm").contains("no row has a step"));
    }
}
