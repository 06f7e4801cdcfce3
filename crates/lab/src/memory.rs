//! What a sentiment model keeps in mind: the line along which its states lie, and what each unit carries.
//!
//! Input: a model of texts with one output, and reviews. Output: the states of many reviews on their two main
//! axes, for the model and for the same layers untrained, and the roles of the units. After Maheswaranathan et
//! al., "Reverse engineering recurrent networks for sentiment classification reveals line attractor dynamics"
//! (2019).

use crate::principal_axes::PrincipalAxes;
use crate::{ReviewCorpus, Watch};
use gatewise::explain::{UnitRoles, recurrent_layers, unit_roles};
use gatewise::rows::{Dataset, Features, Sequences, Split};
use gatewise::{Artifact, Error, Model, Result};
use serde_json::{Value, json};

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Memory<'a> {
    /// The model.
    pub artifact: &'a Artifact,
    /// Test reviews to look at, half as many of each class where the data are balanced.
    pub rows: usize,
    /// The seed of the untrained model.
    pub seed: u64,
}

/// Sentences of our own, whose states are followed word by word.
pub const SENTENCES: [(&str, &str); 4] = [
    (
        "praise",
        "A wonderful film. The story is great, the acting is excellent and I loved every minute of it.",
    ),
    ("blame", "A terrible film. The story is boring, the acting is awful and I hated every minute of it."),
    ("turn", "It begins with a boring and awful story, but in the end it is a great and wonderful film."),
    ("neutral", "The film is about a man and his brother who go to the city and live there for a year."),
];

/// The states of one model.
#[derive(Debug, Clone)]
pub struct StateCloud {
    /// Fraction of the variance of the states at all steps along each axis, the largest first.
    pub shares: Vec<f64>,
    /// The effective number of dimensions, (Σλ)²/Σλ².
    pub dimensions: f64,
    /// For each row, the last state on the two main axes and the label.
    pub points: Vec<([f64; 2], f64)>,
    /// Correlation of the last state's coordinate on axis 1 with the model's logit.
    pub logit: f64,
    /// Correlation of it with the label.
    pub label: f64,
    /// The fraction of the last states on the right side of the best cut of axis 1.
    pub split: f64,
    /// The fraction of the model's answers that are right.
    pub right: f64,
    /// The states of each of [`SENTENCES`] on the two axes, word by word.
    pub paths: Vec<Vec<[f64; 2]>>,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct MemoryResult {
    /// Where the reviews are from.
    pub data: &'static str,
    /// The name of the layer: the last recurrent one.
    pub layer: String,
    /// The number of units.
    pub units: usize,
    /// The number of reviews.
    pub rows: usize,
    /// The model.
    pub trained: StateCloud,
    /// The same layers before training.
    pub untrained: StateCloud,
    /// What each unit does.
    pub roles: UnitRoles,
}

impl MemoryResult {
    /// For programs.
    pub fn to_json(&self) -> Value {
        let cloud = |it: &StateCloud| {
            json!({
                "shares": it.shares, "dimensions": it.dimensions, "logit": it.logit, "label": it.label,
                "split": it.split, "right": it.right, "points": it.points, "paths": it.paths,
            })
        };
        json!({
            "data": self.data, "layer": self.layer, "units": self.units, "rows": self.rows,
            "trained": cloud(&self.trained), "untrained": cloud(&self.untrained), "roles": self.roles,
        })
    }

    /// Returns the claims that do not hold: none, where all do.
    ///
    /// * At least 80 % of the variance of the trained states lies along one axis, at most 60 % of the untrained ones'.
    /// * The place on that axis is the model's logit: a correlation of at least 0.9.
    /// * So one cut of that axis is right as often as the model, up to 3 points.
    pub fn broken_claims(&self) -> Vec<String> {
        let (trained, untrained) = (&self.trained, &self.untrained);
        let claims = [
            (
                trained.shares[0] >= 0.8,
                format!("axis 1 has {:.3} of the variance, below 0.8", trained.shares[0]),
            ),
            (
                untrained.shares[0] <= 0.6,
                format!("untrained, axis 1 has {:.3} of the variance, above 0.6", untrained.shares[0]),
            ),
            (
                trained.logit >= 0.9,
                format!("axis 1 and the logit have the correlation {:.3}, below 0.9", trained.logit),
            ),
            (
                (trained.split - trained.right).abs() <= 0.03,
                format!(
                    "a cut of axis 1 is right for {:.3}, the model for {:.3}",
                    trained.split, trained.right
                ),
            ),
        ];
        claims.into_iter().filter(|(holds, _)| !holds).map(|(_, text)| text).collect()
    }
}

impl Memory<'_> {
    /// Measures the model. `None` if it was stopped.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) if the model does not read texts, has no recurrent layer, or
    /// more than one output.
    pub fn run(&self, reviews: &ReviewCorpus, watch: Watch<'_>) -> Result<Option<MemoryResult>> {
        let Self { artifact, rows, seed } = *self;
        let model = artifact.model();
        let (Some(vocabulary), Some(tokenizer)) = (artifact.vocabulary(), artifact.tokenizer()) else {
            return Err(Error::config("the model does not read texts; lab memory needs a model of texts"));
        };
        if model.output_width() != 1 || model.output_per_step() || artifact.labels().len() != 2 {
            return Err(Error::config(
                "the model does not decide between two labels; lab memory needs a model with one output, such as \
                 one of sentiment",
            ));
        }
        let layers = recurrent_layers(model);
        let layer = layers.last().filter(|name| !name.contains('/')).cloned().ok_or_else(|| {
            Error::config(
                "lab memory follows one recurrent layer from the first word to the last, and the last layer of this \
                 model is bidirectional or not recurrent",
            )
        })?;
        let test = &reviews.corpus.test;
        let first: Vec<usize> = (0..test.words.len().min(rows)).collect();
        let split = Split::new(test.words.select(&first), test.targets.select(&first));
        let data = artifact.dataset(&reviews.corpus, &split)?;
        let mut texts = Sequences::new();
        for (_, text) in SENTENCES {
            let mut ids = Vec::new();
            vocabulary.encode(tokenizer, text, &mut ids);
            texts.push(ids);
        }
        let trained = cloud(model, &data, &layer, &texts)?;
        (watch.note)("the trained model: done");
        if (watch.stop)() {
            return Ok(None);
        }
        let untrained = cloud(&model.spec().compile(seed)?, &data, &layer, &texts)?;
        (watch.note)("the same layers untrained: done");
        if (watch.stop)() {
            return Ok(None);
        }
        let min_count = (data.len() / 50).max(2);
        let roles = unit_roles(model, &data, &layer, Some(vocabulary), 4, min_count)?;
        let units = roles.units.len();
        let name = reviews.name;
        Ok(Some(MemoryResult { data: name, layer, units, rows: data.len(), trained, untrained, roles }))
    }
}

fn cloud(model: &Model, data: &Dataset, layer: &str, texts: &Sequences) -> Result<StateCloud> {
    let (inputs, padding) = (data.inputs(), data.padding());
    let states = model.hidden_states(inputs, padding, layer)?;
    let width = states.width();
    let last = |rows: &Features, row: usize| rows.row(row).chunks(width).next_back().map(<[f32]>::to_vec);
    let mut axes = PrincipalAxes::of(states.values().chunks_exact(width), width);
    let logits: Vec<f64> = model.predict(inputs, padding)?.into_iter().map(logit).collect();
    let known = |row: &usize| states.steps(*row) > 0;
    let rows: Vec<usize> = (0..data.len()).filter(known).collect();
    let ends: Vec<Vec<f32>> = rows.iter().filter_map(|&row| last(&states, row)).collect();
    let on = |axes: &PrincipalAxes, axis: usize| -> Vec<f64> {
        ends.iter().map(|end| axes.project(end, axis.min(width - 1))).collect()
    };
    let logits: Vec<f64> = rows.iter().map(|&row| logits[row]).collect();
    let labels: Vec<f64> = rows.iter().map(|&row| f64::from(data.targets().of(row, 0..0)[0])).collect();
    // The axis points to the positive answer.
    if correlation(&on(&axes, 0), &logits) < 0.0 {
        axes.flip(0);
    }
    let (x, y) = (on(&axes, 0), on(&axes, 1));
    let paths = model.hidden_states(&texts.clone().into(), padding, layer)?;
    let place = |state: &[f32]| [axes.project(state, 0), axes.project(state, 1.min(width - 1))];
    Ok(StateCloud {
        shares: (0..width).map(|axis| axes.share(axis)).collect(),
        dimensions: axes.dimensions(),
        logit: correlation(&x, &logits),
        label: correlation(&x, &labels),
        split: best_cut(&x, &labels),
        right: logits.iter().zip(&labels).filter(|(logit, label)| (**logit > 0.0) == (**label > 0.5)).count()
            as f64
            / labels.len().max(1) as f64,
        points: x.iter().zip(&y).zip(&labels).map(|((&x, &y), &label)| ([x, y], label)).collect(),
        paths: (0..paths.len()).map(|row| paths.row(row).chunks(width).map(place).collect()).collect(),
    })
}

/// Returns ln(p / (1 − p)), for a probability that may be rounded to 0 or 1.
fn logit(p: f32) -> f64 {
    let p = f64::from(p).clamp(1e-7, 1.0 - 1e-7);
    (p / (1.0 - p)).ln()
}

fn correlation(x: &[f64], y: &[f64]) -> f64 {
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
    let (mx, my) = (mean(x), mean(y));
    let sum = |f: &dyn Fn(f64, f64) -> f64| x.iter().zip(y).map(|(x, y)| f(x - mx, y - my)).sum::<f64>();
    let scale = (sum(&|x, _| x * x) * sum(&|_, y| y * y)).sqrt();
    if scale > 0.0 { sum(&|x, y| x * y) / scale } else { 0.0 }
}

/// Returns the largest fraction of rows on the right side of a cut: the larger labels above, or below.
fn best_cut(x: &[f64], labels: &[f64]) -> f64 {
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let positive = labels.iter().filter(|&&label| label > 0.5).count();
    // So many are right if everything is above the cut.
    let (mut right, count) = (positive, x.len());
    let mut best = right.max(count - right);
    for row in order {
        if labels[row] > 0.5 {
            right -= 1;
        } else {
            right += 1;
        }
        best = best.max(right).max(count - right);
    }
    best as f64 / count.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_and_correlations_are_as_by_hand() {
        assert_eq!(best_cut(&[1.0, 2.0, 3.0, 4.0], &[0.0, 1.0, 0.0, 1.0]), 0.75);
        assert_eq!(best_cut(&[1.0, 2.0, 3.0, 4.0], &[1.0, 1.0, 0.0, 0.0]), 1.0);
        assert_eq!(best_cut(&[1.0], &[1.0]), 1.0);
        assert!((correlation(&[1.0, 2.0, 3.0], &[2.0, 1.0, 6.0]) - 4.0 / 28f64.sqrt()).abs() < 1e-12);
        assert_eq!(correlation(&[1.0, 1.0], &[2.0, 1.0]), 0.0);
        assert!((logit(0.75) - 3f64.ln()).abs() < 1e-6 && logit(1.0).is_finite());
    }
}
