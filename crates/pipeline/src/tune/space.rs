//! The search space: hyperparameters, each with its values.

use crate::choices::Preset;
use crate::config::{Setting, TrainConfig};
use gatewise::layers::RecurrentCell;
use gatewise::rng::{Purpose, Random};

/// A hyperparameter and its values, from small to large. Each value is a configuration with this setting alone.
struct Hyperparameter {
    setting: Setting,
    values: Vec<TrainConfig>,
}

const WORDS: [usize; 6] = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000];

/// Returns all hyperparameters. A vocabulary much larger than the data's `words` is not a value.
fn hyperparameters(words: usize) -> Vec<Hyperparameter> {
    fn hyperparameter<T>(
        setting: Setting,
        values: &[T],
        set: impl Fn(TrainConfig, &T) -> TrainConfig,
    ) -> Hyperparameter {
        Hyperparameter {
            setting,
            values: values.iter().map(|value| set(TrainConfig::default(), value)).collect(),
        }
    }
    let enough = WORDS.iter().position(|&most| most >= words).unwrap_or(WORDS.len() - 1);
    let sizes = [16, 32, 64, 128];
    vec![
        // The presets of one model differ in masking and in dropout of the word vectors.
        hyperparameter(Setting::preset, &[Preset::Fast, Preset::Classic], |it, &preset| it.preset(preset)),
        hyperparameter(Setting::cell, &[RecurrentCell::Lstm, RecurrentCell::Gru], |it, &cell| it.cell(cell)),
        hyperparameter(Setting::units, &sizes, |it, &units| it.units([units])),
        hyperparameter(Setting::embedding, &sizes, |it, &width| it.embedding(width)),
        hyperparameter(Setting::dropout, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], |it, &share| {
            it.dropout(share)
        }),
        hyperparameter(Setting::learning_rate, &[0.0005, 0.001, 0.002, 0.003, 0.005, 0.01], |it, &rate| {
            it.learning_rate(rate)
        }),
        hyperparameter(Setting::batch_size, &sizes, |it, &rows| it.batch_size(rows)),
        hyperparameter(Setting::max_words, &WORDS[..=enough], |it, &words| it.max_words(words)),
    ]
}

/// The number of trials that are drawn uniformly, before some vary the best one.
const FREE: usize = 8;

/// A point of the space: the index of the value of each hyperparameter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Point(Vec<usize>);

/// The free hyperparameters, with their values.
pub(super) struct Space(Vec<Hyperparameter>);

impl Space {
    /// Returns all hyperparameters that `fixed` does not set, for data of `words` words.
    pub fn new(fixed: &TrainConfig, words: usize) -> Self {
        Self(
            hyperparameters(words)
                .into_iter()
                .filter(|hyperparameter| !fixed.has(hyperparameter.setting))
                .collect(),
        )
    }

    /// Returns the point of trial `number`, drawn from `seed`: the first ones uniformly, then every second
    /// one near the `best`.
    pub fn draw(&self, seed: u64, number: usize, best: Option<&Point>) -> Point {
        let mut random = Random::new(seed, Purpose::Data, number as u64);
        let free = |random: &mut Random| {
            self.0.iter().map(|hyperparameter| random.below(hyperparameter.values.len())).collect()
        };
        let Some(best) = best.filter(|_| number > FREE && number.is_multiple_of(2)) else {
            return Point(free(&mut random));
        };
        // Each index stays, or changes by one; at least one changes.
        let moves = random.below(self.0.len().max(1));
        let mut near = |(at, (hyperparameter, &place)): (usize, (&Hyperparameter, &usize))| {
            let step = random.below(if at == moves { 2 } else { 6 });
            match step {
                0 if place > 0 => place - 1,
                0 | 1 => (place + 1).min(hyperparameter.values.len() - 1),
                _ => place,
            }
        };
        Point(self.0.iter().zip(&best.0).enumerate().map(&mut near).collect())
    }

    /// Returns a point as a configuration of the hyperparameters alone.
    pub fn settings(&self, point: &Point) -> TrainConfig {
        let values =
            self.0.iter().zip(&point.0).map(|(hyperparameter, &place)| &hyperparameter.values[place]);
        values.fold(TrainConfig::default(), TrainConfig::overlaid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_drawn_from_the_seed_and_stay_in_range() {
        let fixed = TrainConfig::default().cell(RecurrentCell::Gru).units([8]);
        let space = Space::new(&fixed, 3_000);
        assert_eq!(space.0.len(), hyperparameters(1).len() - 2);
        let words =
            space.0.iter().find(|hyperparameter| hyperparameter.setting == Setting::max_words).unwrap();
        assert_eq!(words.values.iter().map(|it| it.max_words.unwrap()).max(), Some(5_000));
        let mut best = None;
        let mut seen = Vec::new();
        for number in 1..200 {
            let point = space.draw(7, number, best.as_ref());
            assert_eq!(point, space.draw(7, number, best.as_ref()));
            assert!(
                point
                    .0
                    .iter()
                    .zip(&space.0)
                    .all(|(&place, hyperparameter)| place < hyperparameter.values.len())
            );
            if let Some(Point(best)) = best.filter(|_| number > FREE && number.is_multiple_of(2)) {
                assert!(point.0.iter().zip(&best).all(|(a, b)| a.abs_diff(*b) <= 1), "near the best");
            }
            seen.push(space.settings(&point).options());
            best = Some(point);
        }
        assert_eq!(seen[0].len(), 2 * space.0.len());
        seen.dedup();
        assert!(seen.len() > 150, "{} of 199 differ from the trial before", seen.len());
        assert_ne!(space.draw(7, 1, None), space.draw(8, 1, None));
    }

    #[test]
    fn a_space_without_knobs_has_one_point() {
        let all = Space::new(&TrainConfig::default(), 10);
        let all = all.settings(&all.draw(1, 1, None));
        let space = Space::new(&all, 10);
        assert_eq!(space.settings(&space.draw(1, 9, None)), TrainConfig::default());
        let only = space.draw(1, 1, None);
        assert_eq!(space.draw(1, 10, Some(&only)), only);
    }
}
