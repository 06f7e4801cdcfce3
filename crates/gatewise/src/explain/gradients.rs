//! Integrated gradients and gradient × input.
//!
//! Input: a model, rows and an output. Output: the contribution of each step of each row, by both methods at once:
//! the gradients at the rows themselves lie on the path of integrated gradients.

use super::quadrature::gauss_legendre;
use crate::error::{Error, Result};
use crate::layers::Layer;
use crate::model::{Between, Machine, Model, Output};
use crate::rows::{Features, Inputs, PAD, Padding};
use crate::text::Sequences;

/// Points of the first attempt: with both ends of the path they fill the sixteen lanes of one block.
const POINTS: usize = 14;
/// The error of the sum of contributions that ends the search for enough points.
pub(super) const TOLERANCE: f64 = 0.01;
/// The most points.
pub(super) const MAX_POINTS: usize = 1_022;
/// Rows times points that are differentiated in one call: bounds the memory.
const ROWS_AT_ONCE: usize = 512;

/// Contributions of the steps of one row by integrated gradients and by gradient × input.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct GradientAttribution {
    /// The output before its activation.
    pub logit: f64,
    /// The same for the baseline.
    pub baseline: f64,
    /// Integrated gradients: `[steps][width]`, for the steps that `padding` leaves of the row.
    pub integrated: Vec<f64>,
    /// Gradient × input, likewise.
    pub gradient_times_input: Vec<f64>,
    /// The gradient at the row itself, likewise.
    pub gradient: Vec<f32>,
    /// The number of points.
    pub points: usize,
}

impl GradientAttribution {
    /// Returns the distance of the sum of `integrated` from `logit − baseline`, as a fraction of it; 0 where both
    /// are equal.
    pub fn error(&self) -> f64 {
        relative_error(self.integrated.iter().sum(), self.logit - self.baseline)
    }
}

/// Returns |sum − difference| / |difference|. Differences in the last digits of an `f32` count as none.
pub(super) fn relative_error(sum: f64, difference: f64) -> f64 {
    let distance = (sum - difference).abs();
    if distance <= 1e-6 { 0.0 } else { distance / difference.abs().max(1e-6) }
}

/// Returns the contributions of the steps of each row to logit `output`, by integrated gradients and by gradient ×
/// input.
///
/// ```text
/// integrated[t]           = (x_t − x′_t) ⊙ Σ_k w_k ∂F/∂x_t (x′ + α_k (x − x′))        α_k, w_k: Gauss–Legendre on [0, 1]
/// gradient_times_input[t] = x_t ⊙ ∂F/∂x_t (x)
/// ```
///
/// x are the embedded ids or the vectors of the row, F is the output before its activation. The baseline x′ has at
/// every step of the row the vector of the pad id; zeros where the model masks padding, and for vectors. If the model
/// has an output at each step, F is the output at the last step of the row.
///
/// `points` is the number of points k. `None` takes 14, which with both ends of the path fill one block, and about
/// twice as many until `Σ integrated` is within 1 % of `F(x) − F(x′)`, at most 1,022.
///
/// ```
/// use gatewise::explain::integrated_gradients;
/// use gatewise::rows::{Padding, Sequences};
/// use gatewise::layers::{Activation, Dense, Embedding, Lstm};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3));
/// let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
/// let rows: Sequences = [vec![7, 8, 9], vec![5]].into_iter().collect();
/// let found = integrated_gradients(&model, &rows.into(), Padding::to(6), 0, None)?;
/// let sum: f64 = found[0].integrated.iter().sum();
/// assert!((sum - (found[0].logit - found[0].baseline)).abs() < 1e-4);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// * The errors of [`Model::input_gradients`].
/// * [`ErrorKind::Config`](crate::ErrorKind::Config) if `points` is 0 or above 1,022.
pub fn integrated_gradients(
    model: &Model,
    inputs: &Inputs,
    padding: Padding,
    output: usize,
    points: Option<usize>,
) -> Result<Vec<GradientAttribution>> {
    integrated_gradients_on(model, inputs, padding, output, points, &Machine::new())
}

/// As [`integrated_gradients`], on `machine`.
///
/// # Errors
/// As [`integrated_gradients`].
pub fn integrated_gradients_on(
    model: &Model,
    inputs: &Inputs,
    padding: Padding,
    output: usize,
    points: Option<usize>,
    machine: &Machine,
) -> Result<Vec<GradientAttribution>> {
    if points.is_some_and(|points| !(1..=MAX_POINTS).contains(&points)) {
        return Err(Error::config(format!(
            "integrated gradients with {} points were asked for, but they have 1 to {MAX_POINTS}",
            points.unwrap_or(0)
        )));
    }
    let path = Path { model, padding, output, baseline: baseline(model), machine };
    let mut count = points.unwrap_or(POINTS);
    let mut found = path.attributions(inputs, &(0..inputs.len()).collect::<Vec<_>>(), count)?;
    while points.is_none() && count < MAX_POINTS {
        count = 2 * (count + 2) - 2;
        let short = |row: &usize| found[*row].error() > TOLERANCE;
        let rows: Vec<usize> = (0..found.len()).filter(short).collect();
        if rows.is_empty() {
            break;
        }
        for (row, better) in rows.iter().zip(path.attributions(inputs, &rows, count)?) {
            found[*row] = better;
        }
    }
    Ok(found)
}

/// Returns x′ at one step.
pub(super) fn baseline(model: &Model) -> Vec<f32> {
    match model.spec().layers().next() {
        Some(Layer::Embedding(layer)) if !layer.mask_zero => {
            let table = &model.params().table()[0];
            let start = table.range.start + PAD as usize * layer.output_dim;
            model.params().values()[start..][..layer.output_dim].to_vec()
        }
        Some(Layer::Embedding(layer)) => vec![0.0; layer.output_dim],
        Some(Layer::Input(layer)) => vec![0.0; layer.features],
        _ => Vec::new(),
    }
}

/// The path from the baseline to the rows.
struct Path<'a> {
    model: &'a Model,
    padding: Padding,
    output: usize,
    /// x′ at one step.
    baseline: Vec<f32>,
    machine: &'a Machine,
}

impl Path<'_> {
    /// Returns the contributions of the rows `rows` of `inputs`, with `count` points.
    fn attributions(
        &self,
        inputs: &Inputs,
        rows: &[usize],
        count: usize,
    ) -> Result<Vec<GradientAttribution>> {
        let (nodes, weights) = gauss_legendre(count);
        let alphas: Vec<f32> = [0.0, 1.0].into_iter().chain(nodes).map(|alpha| alpha as f32).collect();
        // Without a length, each row is differentiated at its own.
        let at_once = match self.padding.maxlen {
            Some(_) => (ROWS_AT_ONCE / alphas.len()).max(1),
            None => 1,
        };
        let mut found = Vec::with_capacity(rows.len());
        for rows in rows.chunks(at_once) {
            let repeated: Vec<usize> = rows.iter().flat_map(|&row| vec![row; alphas.len()]).collect();
            let repeated = inputs.select(&repeated);
            let alphas_of_rows = alphas.repeat(rows.len());
            let between = Between { baseline: &self.baseline, alphas: &alphas_of_rows };
            let (model, of) = (self.model, Output::Logit(self.output));
            let (values, gradients) =
                model.differentiate(&repeated, self.padding, of, Some(between), self.machine)?;
            for at in (0..repeated.len()).step_by(alphas.len()) {
                let x = self.vectors(&repeated, at);
                found.push(self.attribution(&x, &values[at..], at, &gradients, &weights));
            }
        }
        Ok(found)
    }

    /// Returns the vectors of the steps that padding leaves of one row.
    fn vectors(&self, inputs: &Inputs, row: usize) -> Vec<f32> {
        let steps = inputs.steps(row);
        let seen = self.padding.seen(steps, self.padding.maxlen.unwrap_or(steps));
        match inputs {
            Inputs::Ids(rows) => embed(self.model, &rows.row(row)[seen]),
            Inputs::Features(rows) => {
                let width = rows.width();
                rows.row(row)[seen.start * width..seen.end * width].to_vec()
            }
        }
    }

    /// Returns the contributions of one row: its gradients are the rows from `at` of `gradients`, at α = 0, at
    /// α = 1, then at the points.
    fn attribution(
        &self,
        x: &[f32],
        values: &[f32],
        at: usize,
        gradients: &Features,
        weights: &[f64],
    ) -> GradientAttribution {
        let own = gradients.row(at + 1);
        let mut mean = vec![0.0; x.len()];
        for (point, weight) in weights.iter().enumerate() {
            let gradient = gradients.row(at + 2 + point);
            mean.iter_mut().zip(gradient).for_each(|(mean, &d)| *mean += weight * f64::from(d));
        }
        let from = self.baseline.iter().cycle();
        let moved = x.iter().zip(from).map(|(&x, &from)| f64::from(x) - f64::from(from));
        GradientAttribution {
            logit: values[1].into(),
            baseline: values[0].into(),
            integrated: mean.iter().zip(moved).map(|(mean, moved)| mean * moved).collect(),
            gradient_times_input: own.iter().zip(x).map(|(&d, &x)| f64::from(d) * f64::from(x)).collect(),
            gradient: own.to_vec(),
            points: weights.len(),
        }
    }
}

/// Returns the vectors of ids: `[steps][width]`.
pub(super) fn embed(model: &Model, ids: &[u32]) -> Vec<f32> {
    let Some(Layer::Embedding(layer)) = model.spec().layers().next() else { return Vec::new() };
    let (start, width) = (model.params().table()[0].range.start, layer.output_dim);
    let table = &model.params().values()[start..];
    ids.iter().flat_map(|&id| &table[id as usize * width..][..width]).copied().collect()
}

/// Returns one row of ids as inputs.
pub(super) fn one_row(ids: &[u32]) -> Inputs {
    Sequences::from_iter([ids.iter().copied()]).into()
}
