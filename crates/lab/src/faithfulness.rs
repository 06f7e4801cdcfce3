//! Faithfulness of attributions: what deleting and inserting words in the order of their contributions does to the
//! answer.
//!
//! Input: a model of texts, and reviews. Output: for each method, the area under the deletion and the insertion curve,
//! and the difference from words in random order. After Petsiuk, Das and Saenko, "RISE" (2018), on words.

use crate::{ReviewCorpus, Watch};
use gatewise::explain::{ExplainOptions, Explainer, Method};
use gatewise::linear::{LinearModel, LinearOptions};
use gatewise::rng::{Purpose, Random};
use gatewise::rows::{Inputs, Sequences};
use gatewise::{Artifact, Result};
use serde_json::{Value, json};

/// Points of a curve beside its first: each deletes or inserts one more tenth of the words.
const STEPS: usize = 10;
/// Random orders of the words of a row.
const RANDOM_ORDERS: usize = 5;

/// The curves of one way to order the words of a row.
#[derive(Debug, Clone, PartialEq)]
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

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Faithfulness<'a> {
    /// The model.
    pub artifact: &'a Artifact,
    /// Test reviews to look at.
    pub rows: usize,
    /// The seed of the random orders.
    pub seed: u64,
}

/// What was found.
#[derive(Debug, Clone)]
pub struct FaithfulnessResult {
    /// Where the reviews are from.
    pub data: &'static str,
    /// The number of reviews.
    pub rows: usize,
    /// The accuracy of the linear model on all test reviews, and the model's.
    pub accuracy: [f64; 2],
    /// One for each method, and the last for random orders.
    pub curves: Vec<Curves>,
}

impl FaithfulnessResult {
    /// For programs.
    pub fn to_json(&self) -> Value {
        let curves = self.curves.iter().map(|it| {
            json!({
                "method": it.method, "deletion": it.deletion, "insertion": it.insertion,
                "deletion_area": it.deletion_area, "insertion_area": it.insertion_area,
                "deletion_gain": it.deletion_gain, "insertion_gain": it.insertion_gain,
                "beats_random": it.beats_random(),
            })
        });
        let [linear, model] = self.accuracy;
        json!({
            "data": self.data, "rows": self.rows, "accuracy": model, "linear_accuracy": linear,
            "curves": curves.collect::<Vec<_>>(),
        })
    }

    /// Returns the claims that do not hold: none, where all do. Claimed is that integrated gradients, occlusion and
    /// contextual decomposition beat random orders in both curves.
    pub fn broken_claims(&self) -> Vec<String> {
        let claimed = [Method::IntegratedGradients, Method::Occlusion, Method::ContextualDecomposition]
            .map(Method::name);
        let broken = self.curves.iter().filter(|it| claimed.contains(&&*it.method) && !it.beats_random());
        broken.map(|it| format!("{} does not beat random orders", it.method)).collect()
    }
}

impl Faithfulness<'_> {
    /// Runs the experiment: the linear model (single words) is fitted to all training reviews, and the first test
    /// reviews are explained. `None` if it was stopped.
    ///
    /// # Errors
    /// As [`Artifact::dataset`] and [`Explainer::explain_ids`].
    pub fn run(&self, reviews: &ReviewCorpus, watch: Watch<'_>) -> Result<Option<FaithfulnessResult>> {
        let corpus = &reviews.corpus;
        let training = self.artifact.dataset(corpus, &corpus.train)?;
        let test = self.artifact.dataset(corpus, &corpus.test)?;
        (watch.note)("Fitting the linear model");
        let linear = LinearModel::fit(&training, &LinearOptions::default())?;
        let model = self.artifact.evaluate(&test, &gatewise::Machine::new())?.accuracy.unwrap_or(f64::NAN);
        let accuracy = [linear.accuracy(&test), model];
        let count = test.len().min(self.rows);
        let rows = test.select(&(0..count).collect::<Vec<_>>());
        let Some(rows) = rows.sequences() else { return Ok(None) };
        (watch.note)(&format!("Explaining {count} reviews"));
        let curves = faithfulness(self.artifact.clone(), linear, rows, self.seed, watch.stop)?;
        Ok(curves.map(|curves| FaithfulnessResult { data: reviews.name, rows: count, accuracy, curves }))
    }
}

/// Returns the curves of every method, of the linear model and of random orders, over `rows`: rows of ids that begin
/// with the start id if the vocabulary has one, which stays where it is.
fn faithfulness(
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

#[cfg(test)]
mod tests {
    use super::*;

    fn row(deletion: f64, insertion: f64) -> RowCurves {
        [deletion, insertion].map(|p| vec![p; STEPS + 1])
    }

    #[test]
    fn better_than_random_is_better_in_both_curves_and_beyond_chance() {
        let random: Vec<RowCurves> = (0..50).map(|_| row(0.5, 0.5)).collect();
        let of = |own: Vec<RowCurves>| summary("it", &own, &random);
        let better = of((0..50).map(|i| row(0.3 + 0.01 * f64::from(i % 5), 0.7)).collect());
        assert!(better.beats_random());
        assert!(
            (better.deletion_area - 0.32).abs() < 1e-12 && (better.insertion_gain[0] - 0.2).abs() < 1e-12
        );
        assert!(!of((0..50).map(|_| row(0.3, 0.5)).collect()).beats_random(), "one curve alone");
        // As often worse as better.
        let chance = (0..50).map(|i| if i % 2 == 0 { row(0.1, 0.9) } else { row(0.9, 0.1) });
        assert!(!of(chance.collect()).beats_random());
        assert!(!of(random.clone()).beats_random());
    }

    #[test]
    fn the_area_is_that_of_the_trapezoids() {
        let line: Vec<f64> = (0..=STEPS).map(|step| step as f64 / STEPS as f64).collect();
        assert!((area(&line) - 0.5).abs() < 1e-12);
    }
}
