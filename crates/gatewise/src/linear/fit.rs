//! Fits a [`LinearModel`]: counts the n-grams once, then solves a regression for each class and penalty.

use super::{LinearModel, LinearOptions, MAX_NGRAM, Ngrams, Regression, logistic};
use crate::error::{Error, Result};
use crate::rows::{Dataset, Sequences};
use std::sync::Arc;

/// Largest number of classes.
const CLASSES: f32 = 1_000.0;

impl LinearModel {
    /// Fits a model for each of `penalties` (in place of `options.l2`) and for `count` classes, even if
    /// `data` has no row of some of them. Each fit starts at the solution of the previous one. See
    /// [`fit`](Self::fit).
    pub(crate) fn fit_path(
        data: &Dataset,
        options: &LinearOptions,
        penalties: &[f64],
        count: usize,
    ) -> Result<Vec<Self>> {
        check_options(options, penalties)?;
        let sequences = check_rows(data, count)?;
        let (targets, width) = (data.targets().values(), data.targets().width());
        let ngrams = Arc::new(Ngrams::learn(sequences, options.ngram, options.min_count));
        let rows = ngrams.apply(sequences);
        let classes = match (width, count) {
            (2.., _) => 0..=width - 1,
            (_, ..=2) => 1..=1,
            _ => 0..=count - 1,
        };
        let of_penalty = || Self { ngrams: ngrams.clone(), regressions: Vec::new() };
        let mut models: Vec<Self> = penalties.iter().map(|_| of_penalty()).collect();
        for class in classes {
            let of_row = |row: &[f32]| match row {
                [y] => *y as usize == class,
                labels => labels[class] == 1.0,
            };
            let targets: Vec<f32> =
                targets.chunks_exact(width).map(|row| f32::from(u8::from(of_row(row)))).collect();
            let scale = log_count_ratios(&rows, &targets, ngrams.len(), options.alpha);
            let objective = logistic::Objective { rows: &rows, targets: &targets, scale: &scale };
            let mut models = models.iter_mut();
            objective.minimise(penalties, options.tolerance, options.max_steps, |solution| {
                let model = models.next().expect("a model for each penalty");
                model.regressions.push(Regression::new(solution, &scale));
            });
        }
        Ok(models)
    }
}

impl Regression {
    /// Creates a regression from the weights of the scaled features, followed by the bias.
    fn new(solution: &[f64], scale: &[f64]) -> Self {
        let weights = solution.iter().zip(scale).map(|(w, r)| (w * r) as f32).collect();
        Self { weights, bias: solution[scale.len()] as f32 }
    }
}

fn check_options(options: &LinearOptions, penalties: &[f64]) -> Result<()> {
    let penalties = penalties.iter().map(|&l2| ("l2", l2));
    for (name, value) in
        [("alpha", options.alpha), ("tolerance", options.tolerance)].into_iter().chain(penalties)
    {
        if !(value > 0.0 && value.is_finite()) {
            return Err(Error::config(format!(
                "the linear model's {name} is {value}, but it must be positive and finite"
            )));
        }
    }
    match (1..=MAX_NGRAM).contains(&options.ngram) {
        true => Ok(()),
        false => Err(Error::config(format!(
            "the linear model's ngram is {}, but it must be from 1 to {MAX_NGRAM}",
            options.ngram
        ))),
    }
}

/// Returns the rows of `data`, if they are of ids and their targets are of `count` classes.
fn check_rows(data: &Dataset, count: usize) -> Result<&Sequences> {
    if data.is_empty() {
        return Err(Error::data("there are no rows to fit the linear model to; pass at least one"));
    }
    let Some(sequences) = data.sequences().filter(|_| !data.targets().per_step()) else {
        return Err(Error::data(
            "the linear model needs rows of ids with one target a row, but these rows are vectors or have a target \
             for each step",
        ));
    };
    let (targets, width) = (data.targets().values(), data.targets().width());
    let is_class = |y: f32| y.fract() == 0.0 && (0.0..CLASSES.min(count.max(2) as f32)).contains(&y);
    if let Some(at) = targets.iter().position(|&y| !is_class(y)) {
        return Err(Error::data(format!(
            "the linear model is a classifier, so targets must be class numbers 0, 1, 2 and so on, below {CLASSES}, \
             but row {} has {}",
            at / width,
            targets[at]
        )));
    }
    match width > 1 && count > 2 {
        false => Ok(sequences),
        true => Err(Error::data(format!(
            "the linear model reads {width} labels, which must be 1 (present) or 0 (absent), but there is a {}",
            count - 1
        ))),
    }
}

/// Computes r of [`LinearModel`], one number for each feature.
fn log_count_ratios(rows: &Sequences, targets: &[f32], features: usize, alpha: f64) -> Vec<f64> {
    let (mut p, mut q) = (vec![alpha; features], vec![alpha; features]);
    for (row, &y) in rows.rows().zip(targets) {
        let counts = if y > 0.5 { &mut p } else { &mut q };
        row.iter().for_each(|&f| counts[f as usize] += 1.0);
    }
    let prior = q.iter().sum::<f64>() / p.iter().sum::<f64>();
    p.iter().zip(&q).map(|(p, q)| (p / q * prior).ln()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_match_a_calculation_by_hand() {
        let rows: Sequences = [vec![3, 7], vec![3, 3], vec![3, 8], vec![8], vec![7]].into_iter().collect();
        let ngrams = Ngrams::learn(&rows, 1, 1);
        let present = ngrams.apply(&rows);
        // A word that occurs twice counts once.
        let number = |row: usize| present.row(row)[0] as usize;
        let (seven, eight) = (number(4), number(3));
        let three = 3 - seven - eight;
        // p = 1 + (2, 2, 0), which sums to 7; q = 1 + (1, 0, 2), which sums to 6.
        let ratios = log_count_ratios(&present, &[1.0, 1.0, 0.0, 0.0, 1.0], 3, 1.0);
        let by_hand: [(usize, f64); 3] = [
            (three, (3.0 / 7.0) / (2.0 / 6.0)),
            (seven, (3.0 / 7.0) / (1.0 / 6.0)),
            (eight, (1.0 / 7.0) / (3.0 / 6.0)),
        ];
        for (feature, by_hand) in by_hand {
            let ratio = ratios[feature];
            assert!((ratio - by_hand.ln()).abs() < 1e-15, "{ratio} against {}", by_hand.ln());
        }
    }

    /// The solution does not depend on the start: the objective has one minimum.
    #[test]
    fn each_fit_of_a_path_matches_a_fit_alone() {
        let rows: Sequences = (0..60u32).map(|i| [i % 7, 10 + i * i % 5, 20 + i % 3]).collect();
        let data = Dataset::new(rows, (0..60).map(|i| (i % 7 % 3) as f32).collect::<Vec<_>>()).unwrap();
        let options = LinearOptions::default().ngram(2).tolerance(1e-8).max_steps(1000);
        let penalties = [10.0, 1.0, 0.1];
        let path = LinearModel::fit_path(&data, &options, &penalties, 3).unwrap();
        let rows = data.sequences().unwrap();
        for (l2, model) in penalties.into_iter().zip(path) {
            let alone = LinearModel::fit(&data, &options.l2(l2)).unwrap();
            for (odds, alone) in model.log_odds(rows).iter().zip(alone.log_odds(rows)) {
                assert!((odds - alone).abs() < 1e-4, "{l2}: {odds} against {alone}");
            }
        }
    }
}
