//! What `gatewise tune` tries: settings as options of `gatewise train`.

use super::is_fixed;
use gatewise::rng::{Purpose, Random};

/// An option and the values that are tried, from small to large.
struct Knob {
    option: &'static str,
    values: &'static [&'static str],
}

const KNOBS: [Knob; 8] = [
    // Of the presets that are one model: with or without padding, and word vectors with or without dropout.
    Knob { option: "--preset", values: &["fast", "classic"] },
    Knob { option: "--cell", values: &["lstm", "gru"] },
    Knob { option: "--units", values: &["16", "32", "64", "128"] },
    Knob { option: "--embedding", values: &["16", "32", "64", "128"] },
    Knob { option: "--dropout", values: &["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"] },
    Knob { option: "--learning-rate", values: &["0.0005", "0.001", "0.002", "0.003", "0.005", "0.01"] },
    Knob { option: "--batch-size", values: &["16", "32", "64", "128"] },
    Knob { option: "--max-words", values: WORDS },
];
const WORDS: &[&str] = &["1000", "2000", "5000", "10000", "20000", "50000"];

/// Trials that are drawn freely before some vary the best one.
const FREE: usize = 8;

/// The settings of one trial: of each knob the place of its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Settings(Vec<usize>);

/// The knobs that are free, with their values.
pub(super) struct Space(Vec<Knob>);

impl Space {
    /// All knobs but those that are `fixed` by options of train; a vocabulary much larger than the data's `words` is
    /// none to try.
    pub fn new(fixed: &[String], words: usize) -> Self {
        let enough = WORDS.iter().position(|most| most.parse().is_ok_and(|most: usize| most >= words));
        let values = |knob: &Knob| match (knob.option, enough) {
            ("--max-words", Some(last)) => &WORDS[..=last],
            _ => knob.values,
        };
        let free = KNOBS.iter().filter(|knob| !is_fixed(fixed, knob.option));
        Self(free.map(|knob| Knob { option: knob.option, values: values(knob) }).collect())
    }

    /// What trial `number` tries, drawn from `seed`: the first ones anything, of the later ones every second
    /// something near the `best`.
    pub fn draw(&self, seed: u64, number: usize, best: Option<&Settings>) -> Settings {
        let mut random = Random::new(seed, Purpose::Data, number as u64);
        let free = |random: &mut Random| self.0.iter().map(|knob| random.below(knob.values.len())).collect();
        let Some(best) = best.filter(|_| number > FREE && number.is_multiple_of(2)) else {
            return Settings(free(&mut random));
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
        Settings(self.0.iter().zip(&best.0).enumerate().map(&mut near).collect())
    }

    /// `settings` as options of train.
    pub fn options(&self, settings: &Settings) -> Vec<String> {
        let option =
            |(knob, &place): (&Knob, &usize)| [knob.option.to_owned(), knob.values[place].to_owned()];
        self.0.iter().zip(&settings.0).flat_map(option).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trials_are_drawn_from_the_seed_and_stay_in_range() {
        let space = Space::new(&["--cell=gru".into(), "--units".into(), "8".into()], 3_000);
        assert_eq!(space.0.len(), KNOBS.len() - 2);
        let words = space.0.iter().find(|knob| knob.option == "--max-words").unwrap();
        assert_eq!(words.values, ["1000", "2000", "5000"]);
        let mut best = None;
        let mut seen = Vec::new();
        for number in 1..200 {
            let settings = space.draw(7, number, best.as_ref());
            assert_eq!(settings, space.draw(7, number, best.as_ref()));
            assert!(settings.0.iter().zip(&space.0).all(|(&place, knob)| place < knob.values.len()));
            if let Some(Settings(best)) = best.filter(|_| number > FREE && number.is_multiple_of(2)) {
                assert!(settings.0.iter().zip(&best).all(|(a, b)| a.abs_diff(*b) <= 1), "near the best");
            }
            seen.push(space.options(&settings));
            best = Some(settings);
        }
        assert_eq!(seen[0].len(), 2 * space.0.len());
        seen.dedup();
        assert!(seen.len() > 150, "{} of 199 differ from the trial before", seen.len());
        assert_ne!(space.draw(7, 1, None), space.draw(8, 1, None));
    }

    #[test]
    fn a_space_without_knobs_has_one_point() {
        let all: Vec<String> = KNOBS.iter().map(|knob| knob.option.to_owned()).collect();
        let space = Space::new(&all, 10);
        assert!(space.options(&space.draw(1, 9, None)).is_empty());
        let only = space.draw(1, 1, None);
        assert_eq!(space.draw(1, 10, Some(&only)), only);
    }
}
