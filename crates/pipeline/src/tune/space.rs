//! What a search tries: settings, each with the values that it may have.

use crate::choices::Preset;
use crate::config::{Setting, TrainConfig};
use gatewise::layers::RecurrentCell;
use gatewise::rng::{Purpose, Random};

/// A setting and the values that are tried, from small to large, each as a configuration that gives it alone.
struct Knob {
    setting: Setting,
    values: Vec<TrainConfig>,
}

const WORDS: [usize; 6] = [1_000, 2_000, 5_000, 10_000, 20_000, 50_000];

/// All there is to turn. A vocabulary much larger than the data's `words` is none to try.
fn knobs(words: usize) -> Vec<Knob> {
    fn knob<T>(setting: Setting, values: &[T], set: impl Fn(TrainConfig, &T) -> TrainConfig) -> Knob {
        Knob { setting, values: values.iter().map(|value| set(TrainConfig::default(), value)).collect() }
    }
    let enough = WORDS.iter().position(|&most| most >= words).unwrap_or(WORDS.len() - 1);
    let sizes = [16, 32, 64, 128];
    vec![
        // Of the presets that are one model: with or without padding, and word vectors with or without dropout.
        knob(Setting::preset, &[Preset::Fast, Preset::Classic], |it, &preset| it.preset(preset)),
        knob(Setting::cell, &[RecurrentCell::Lstm, RecurrentCell::Gru], |it, &cell| it.cell(cell)),
        knob(Setting::units, &sizes, |it, &units| it.units([units])),
        knob(Setting::embedding, &sizes, |it, &width| it.embedding(width)),
        knob(Setting::dropout, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], |it, &share| it.dropout(share)),
        knob(Setting::learning_rate, &[0.0005, 0.001, 0.002, 0.003, 0.005, 0.01], |it, &rate| {
            it.learning_rate(rate)
        }),
        knob(Setting::batch_size, &sizes, |it, &rows| it.batch_size(rows)),
        knob(Setting::max_words, &WORDS[..=enough], |it, &words| it.max_words(words)),
    ]
}

/// Trials that are drawn freely before some vary the best one.
const FREE: usize = 8;

/// A point of the space: of each knob the place of its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Point(Vec<usize>);

/// The knobs that are free, with their values.
pub(super) struct Space(Vec<Knob>);

impl Space {
    /// All knobs but those that `fixed` gives, for data of so many words.
    pub fn new(fixed: &TrainConfig, words: usize) -> Self {
        Self(knobs(words).into_iter().filter(|knob| !fixed.has(knob.setting)).collect())
    }

    /// What trial `number` tries, drawn from `seed`: the first ones anything, of the later ones every second
    /// something near the `best`.
    pub fn draw(&self, seed: u64, number: usize, best: Option<&Point>) -> Point {
        let mut random = Random::new(seed, Purpose::Data, number as u64);
        let free = |random: &mut Random| self.0.iter().map(|knob| random.below(knob.values.len())).collect();
        let Some(best) = best.filter(|_| number > FREE && number.is_multiple_of(2)) else {
            return Point(free(&mut random));
        };
        // Each knob stays, or goes one step up or down; one goes in any case.
        let moves = random.below(self.0.len().max(1));
        let mut near = |(at, (knob, &place)): (usize, (&Knob, &usize))| {
            let step = random.below(if at == moves { 2 } else { 6 });
            match step {
                0 if place > 0 => place - 1,
                0 | 1 => (place + 1).min(knob.values.len() - 1),
                _ => place,
            }
        };
        Point(self.0.iter().zip(&best.0).enumerate().map(&mut near).collect())
    }

    /// What a point says, as a configuration that gives the knobs alone.
    pub fn settings(&self, point: &Point) -> TrainConfig {
        let values = self.0.iter().zip(&point.0).map(|(knob, &place)| &knob.values[place]);
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
        assert_eq!(space.0.len(), knobs(1).len() - 2);
        let words = space.0.iter().find(|knob| knob.setting == Setting::max_words).unwrap();
        assert_eq!(words.values.iter().map(|it| it.max_words.unwrap()).max(), Some(5_000));
        let mut best = None;
        let mut seen = Vec::new();
        for number in 1..200 {
            let point = space.draw(7, number, best.as_ref());
            assert_eq!(point, space.draw(7, number, best.as_ref()));
            assert!(point.0.iter().zip(&space.0).all(|(&place, knob)| place < knob.values.len()));
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
