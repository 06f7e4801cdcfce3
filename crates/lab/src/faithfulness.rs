//! Faithfulness of attributions: what deleting and inserting words in the order of their contributions does to the
//! answer.
//!
//! Input: an artifact that reads texts, rows of ids, a linear model. Output: for each method, the area under the
//! deletion and the insertion curve, and the difference from words in random order.

use gatewise::explain::{ExplainOptions, Explainer, Method};
use gatewise::linear::LinearModel;
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Inputs, Sequences};
use gatewise::{Artifact, Result};
use serde::Serialize;

/// Points of a curve beside its first: each deletes or inserts one more tenth of the words.
pub const STEPS: usize = 10;
/// Random orders of the words of a row.
const RANDOM_ORDERS: usize = 5;

/// The curves of one way to order the words of a row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Curves {
    /// The name of the method, or `random`.
    pub method: String,
    /// P(predicted label) after deleting 0, 10, …, 100 % of the words, those that speak most for it first: the mean
    /// over the rows.
    pub deletion: Vec<f64>,
    /// P(predicted label) after inserting 0, 10, …, 100 % of the words into the empty text, in the same order.
    pub insertion: Vec<f64>,
    /// The area under the deletion curve: the lower, the more faithful.
    pub deletion_area: f64,
    /// The area under the insertion curve: the higher, the more faithful.
    pub insertion_area: f64,
    /// The mean difference of the deletion area from that of random orders, row by row, and its standard error.
    pub deletion_gain: [f64; 2],
    /// The same of the insertion area.
    pub insertion_gain: [f64; 2],
}

impl Curves {
    /// Returns whether the order is better than random in both curves, by more than two standard errors.
    pub fn beats_random(&self) -> bool {
        let [deletion, insertion] = [self.deletion_gain, self.insertion_gain];
        deletion[0] + 2.0 * deletion[1] < 0.0 && insertion[0] - 2.0 * insertion[1] > 0.0
    }
}

/// Returns the curves of every method, of the linear model and of random orders, over `rows`: rows of ids that begin
/// with the start id if the vocabulary has one, which stays where it is.
///
/// # Errors
/// As [`Explainer::explain_ids`].
pub fn faithfulness(
    artifact: Artifact,
    linear: LinearModel,
    rows: &Sequences,
    seed: u64,
    stop: &dyn Fn() -> bool,
) -> Result<Option<Vec<Curves>>> {
    let explainer = Explainer::new(artifact)?.with_linear(linear)?;
    let start = explainer.artifact().vocabulary().and_then(|vocabulary| vocabulary.policy().start);
    let options =
        ExplainOptions::new().methods(Method::ALL).states(false).beginnings(false).counterfactuals(false);
    // One list of rows for each method that the model has, and one for random orders.
    let (mut methods, mut all): (Vec<Method>, Vec<Vec<RowCurves>>) = (Vec::new(), Vec::new());
    for at in 0..rows.len() {
        if stop() {
            return Ok(None);
        }
        let ids = rows.row(at);
        let found = explainer.explain_ids(ids, &options)?;
        if at == 0 {
            methods = found.attributions.iter().map(|attribution| attribution.method).collect();
            all = vec![Vec::new(); methods.len() + 1];
        }
        let words: Vec<usize> = (0..ids.len()).filter(|&at| at > 0 || Some(ids[at]) != start).collect();
        // Of a binary model, contributions are to the positive label; what counts is the predicted one.
        let against = found.output.label.as_ref().is_some_and(|label| *label != found.answer.label);
        let sign = if against { -1.0 } else { 1.0 };
        let by_contribution = found.attributions.iter().map(|attribution| {
            let mut order = words.clone();
            let value = |&at: &usize| sign * attribution.values[at];
            order.sort_by(|a, b| value(b).total_cmp(&value(a)));
            order
        });
        let mut random = Random::new(seed, Purpose::Shuffle, at as u64);
        let at_random = (0..RANDOM_ORDERS).map(|_| {
            let mut order = words.clone();
            random.shuffle(&mut order);
            order
        });
        let orders: Vec<Vec<usize>> = by_contribution.chain(at_random).collect();
        let curves = curves(&explainer, ids, &orders, against, found.output.index)?;
        let (of_methods, at_random) = curves.split_at(methods.len());
        for (all, own) in all.iter_mut().zip(of_methods.iter().cloned().chain([mean(at_random)])) {
            all.push(own);
        }
    }
    let names = methods.iter().map(|method| method.name()).chain(["random"]);
    Ok(Some(names.zip(&all).map(|(name, own)| summary(name, own, &all[methods.len()])).collect()))
}

/// The deletion and the insertion curve of one row.
type RowCurves = [Vec<f64>; 2];

/// Returns the mean of some curves, point by point.
fn mean(curves: &[RowCurves]) -> RowCurves {
    let count = curves.len() as f64;
    [0, 1].map(|which| {
        (0..=STEPS).map(|step| curves.iter().map(|row| row[which][step]).sum::<f64>() / count).collect()
    })
}

/// Returns the deletion and the insertion curve for each order of the words of a row.
fn curves(
    explainer: &Explainer,
    ids: &[u32],
    orders: &[Vec<usize>],
    against: bool,
    output: usize,
) -> Result<Vec<RowCurves>> {
    let mut changed = Sequences::new();
    for order in orders {
        for deletes in [true, false] {
            for step in 0..=STEPS {
                let moved = &order[..(order.len() * step).div_ceil(STEPS)];
                let mut keeps = vec![deletes; ids.len()];
                // The start id stays.
                (0..ids.len()).filter(|at| !order.contains(at)).for_each(|at| keeps[at] = true);
                moved.iter().for_each(|&at| keeps[at] = !deletes);
                changed.push(ids.iter().zip(&keeps).filter(|it| *it.1).map(|it| *it.0));
            }
        }
    }
    let width = explainer.artifact().model().output_width();
    let scores = explainer.predictor().scores_of_rows(&Inputs::from(changed))?;
    let p: Vec<f64> = scores
        .iter()
        .skip(output)
        .step_by(width)
        .map(|&p| if against { 1.0 - f64::from(p) } else { f64::from(p) })
        .collect();
    let curve = |from: usize| p[from..from + STEPS + 1].to_vec();
    let each = 2 * (STEPS + 1);
    Ok((0..orders.len()).map(|order| [curve(order * each), curve(order * each + STEPS + 1)]).collect())
}

/// The mean over the points, the first and the last with half the weight.
fn area(curve: &[f64]) -> f64 {
    let ends = (curve[0] + curve[STEPS]) / 2.0;
    (curve[1..STEPS].iter().sum::<f64>() + ends) / STEPS as f64
}

/// Returns the mean over rows, and how far the areas are from those of random orders of the same rows.
fn summary(method: &str, own: &[RowCurves], random: &[RowCurves]) -> Curves {
    let rows = own.len() as f64;
    let gain = |which: usize| {
        let differences: Vec<f64> =
            own.iter().zip(random).map(|(own, random)| area(&own[which]) - area(&random[which])).collect();
        let mean = differences.iter().sum::<f64>() / rows;
        let variance = differences.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / (rows - 1.0).max(1.0);
        [mean, (variance / rows).sqrt()]
    };
    let [deletion, insertion] = mean(own);
    Curves {
        method: method.to_owned(),
        deletion_area: area(&deletion),
        insertion_area: area(&insertion),
        deletion,
        insertion,
        deletion_gain: gain(0),
        insertion_gain: gain(1),
    }
}
