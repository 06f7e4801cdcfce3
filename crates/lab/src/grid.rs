//! Which settings an LSTM needs: every learning rate with every size and every beginning of the gates.
//!
//! Input: reviews or a long-lag task, and one point of the grid. Output: how well the LSTM did there.

use crate::reviews::ClassicReviews;
use crate::settings::Setting;
use crate::trial::run;
use gatewise::layers::{Lstm, RecurrentCell};
use gatewise::{Error, ErrorKind, Machine, Result};
use serde_json::{Value, json};

/// One point of a grid.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Step size of Adam.
    pub learning_rate: f64,
    /// Units of the LSTM.
    pub units: usize,
    /// How the gates begin: the bias of the forget gate (reviews), or the steps that they begin by keeping for (tasks).
    pub start: f64,
    /// Decides weights and rows.
    pub seed: u64,
}

/// How a point did.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scored {
    /// The point.
    pub point: Point,
    /// The share of unseen rows that were answered correctly; `None` if training diverged.
    pub score: Option<f64>,
    /// Whether a task was solved within its budget.
    pub solved: bool,
    /// Sequences that a task was trained on.
    pub sequences: Option<usize>,
}

impl Scored {
    /// The same for programs.
    pub fn to_json(&self) -> Value {
        let Self { point: Point { learning_rate, units, start, seed }, score, solved, sequences } = self;
        json!({
            "learning_rate": learning_rate, "units": units, "start": start, "seed": seed, "score": score,
            "solved": solved, "sequences": sequences,
        })
    }
}

impl Point {
    /// Trains the classic model at this point; the score is its accuracy on the test rows.
    ///
    /// # Errors
    /// As [`ClassicReviews::train`], but for training that diverges.
    pub fn on_reviews(self, reviews: &ClassicReviews, machine: &Machine) -> Result<Scored> {
        let Self { learning_rate, units, start, seed } = self;
        let mut model = reviews.model(Lstm::new(units), seed)?;
        let bias = model.params_mut().get_mut("lstm/bias").unwrap_or_default();
        // Columns i | f | c | o.
        bias[units..2 * units].fill(start as f32);
        let score = match reviews.train(&mut model, learning_rate, seed, machine) {
            Ok(()) => Some(reviews.accuracy(&model, machine)?),
            Err(error) => diverged(error)?,
        };
        Ok(Scored { point: self, score, solved: false, sequences: None })
    }

    /// Trains an LSTM on the task of `setting` at this point; the score is that of the last look at unseen sequences. `None` if
    /// `stop` gave true.
    ///
    /// # Errors
    /// As [`run`], but for training that diverges.
    pub fn on_task(
        self,
        setting: &Setting,
        machine: &Machine,
        stop: &dyn Fn() -> bool,
    ) -> Result<Option<Scored>> {
        let trial = run(setting, RecurrentCell::Lstm, self.seed, machine.instruction_set(), stop);
        let failed = Scored { point: self, score: None, solved: false, sequences: None };
        match trial {
            Ok(trial) => Ok(trial.map(|trial| Scored {
                score: trial.curve.last().map(|point| point.1),
                solved: trial.solved,
                sequences: Some(trial.sequences),
                ..failed
            })),
            Err(error) => diverged(error).map(|_| Some(failed)),
        }
    }
}

/// Training that diverged has no score; all else is an error.
fn diverged(error: Error) -> Result<Option<f64>> {
    if error.kind() == ErrorKind::Diverged { Ok(None) } else { Err(error) }
}

/// Returns the least and the greatest learning rate between which every point is good; `None` if there is none. Of several such
/// ranges, the widest.
pub fn good_rates(points: &[Scored], good: impl Fn(&Scored) -> bool) -> Option<(f64, f64)> {
    let mut rates: Vec<f64> = points.iter().map(|scored| scored.point.learning_rate).collect();
    rates.sort_by(f64::total_cmp);
    rates.dedup();
    let all_good = |rate: &f64| points.iter().filter(|scored| scored.point.learning_rate == *rate).all(&good);
    let runs = rates.chunk_by(|a, b| all_good(a) == all_good(b)).filter(|run| all_good(&run[0]));
    let ranges = runs.filter_map(|run| Some((*run.first()?, *run.last()?)));
    ranges.max_by(|a, b| (a.1 / a.0).total_cmp(&(b.1 / b.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_range_of_good_rates_is_found() {
        let at = |learning_rate, score| {
            let point = Point { learning_rate, units: 4, start: 1.0, seed: 1 };
            Scored { point, score: Some(score), solved: false, sequences: None }
        };
        let points =
            [at(0.1, 0.8), at(0.001, 0.9), at(0.01, 0.9), at(0.01, 0.86), at(1.0, 0.87), at(0.0001, 0.5)];
        let range = |least| good_rates(&points, |scored| scored.score > Some(least));
        assert_eq!(range(0.85), Some((0.001, 0.01)));
        assert_eq!(range(0.88), Some((0.001, 0.001)));
        assert_eq!(range(0.95), None);
        assert_eq!(range(0.1), Some((0.0001, 1.0)));
    }

    #[test]
    fn a_rate_that_is_far_too_large_has_a_poor_score_and_is_not_an_error() {
        let reviews = ClassicReviews::generated().unwrap().first(4_000);
        let machine = Machine::new().threads(1);
        let point = |learning_rate| Point { learning_rate, units: 4, start: 0.0, seed: 1 };
        let huge = point(1e30).on_reviews(&reviews, &machine).unwrap();
        assert!(huge.score.is_none_or(|score| score < 0.7), "{huge:?}");
        let good = point(0.02).on_reviews(&reviews, &machine).unwrap();
        assert!(good.score > Some(0.6), "{good:?}");
    }
}
