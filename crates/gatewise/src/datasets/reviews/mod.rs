//! The generated corpus `reviews`: film reviews from a grammar, whose class depends on the order of the words.
//!
//! Input: a seed. Output: labelled texts ([`generate`]), or a [`Corpus`] of word ranks ([`corpus`]).
//!
//! The corpus needs no download and shows the purpose of a recurrent network. Words of praise and of blame
//! are equally frequent in both classes. The class depends on the speaker, the subject and negation: "not, at
//! any point, a dull film", "although the critics loved it, I …", "the dull original was better than this". A
//! bag-of-words model is little better than chance; a model that reads the words in order is. The rules are
//! in `grammar.txt`.

mod grammar;

use hashbrown::HashSet;

use crate::rng::{Purpose, Random};
use crate::rows::{Corpus, Sequences, Split};
use crate::text::{Tokenizer, WordCounter};
use grammar::Grammar;
use std::ops::Range;

/// The number of training rows of [`corpus`].
pub const TRAIN_ROWS: usize = 20_000;
/// The number of test rows of [`corpus`].
pub const TEST_ROWS: usize = 4_000;

/// The length of a review, in words.
const WORDS: std::ops::RangeInclusive<usize> = 8..=60;

/// Returns `rows` distinct reviews, each with its class: 0 "neg" or 1 "pos".
///
/// Each pair of rows contains one negative and one positive review in random order, so that any part of the
/// rows is balanced. The same seed yields the same rows on every platform. Fewer rows are a prefix of more
/// rows.
///
/// ```
/// use gatewise::datasets::reviews;
/// let rows = reviews::generate(1, 4);
/// assert_eq!(rows.iter().filter(|(_, class)| *class == 1).count(), 2);
/// assert_eq!(rows[..2], reviews::generate(1, 2));
/// assert!(rows[0].0.ends_with('.'));
/// ```
pub fn generate(seed: u64, rows: usize) -> Vec<(String, u32)> {
    let grammar = Grammar::parse(include_str!("grammar.txt"));
    let mut random = Random::new(seed, Purpose::Data, 0);
    let mut seen = HashSet::with_capacity(rows);
    let mut out = Vec::with_capacity(rows);
    let mut class = 0;
    while out.len() < rows {
        if out.len() % 2 == 0 {
            class = random.below(2);
        }
        // Drawn again until it is new and has a valid length; neither depends on the class.
        let text = loop {
            let text = grammar.text(&mut random, class);
            if WORDS.contains(&text.split(' ').count()) && seen.insert(text.clone()) {
                break text;
            }
        };
        out.push((text, class as u32));
        class = 1 - class;
    }
    out
}

/// Returns the corpus for `seed`, tokenized by `tokenizer`: [`TRAIN_ROWS`] training rows and [`TEST_ROWS`]
/// test rows. No text occurs in both.
///
/// ```
/// use gatewise::{datasets::reviews, text::Tokenizer};
/// let corpus = reviews::corpus(1, &Tokenizer::default());
/// assert_eq!(corpus.labels, ["neg", "pos"]);
/// assert_eq!(corpus.vocabulary[0], "the");
/// assert_eq!(corpus.train.words.len(), reviews::TRAIN_ROWS);
/// ```
pub fn corpus(seed: u64, tokenizer: &Tokenizer) -> Corpus {
    let mut counter = WordCounter::new();
    let mut scratch = String::new();
    let (mut numbers, mut classes) = (Sequences::new(), Vec::new());
    for (row, (text, class)) in generate(seed, TRAIN_ROWS + TEST_ROWS).into_iter().enumerate() {
        let mut words = Vec::new();
        tokenizer.for_each_word(&text, &mut scratch, |word| {
            // Only the training split is counted. A grammar has far fewer words than the counter can hold.
            words.extend(if row < TRAIN_ROWS { counter.add(word) } else { counter.note(word) });
        });
        numbers.push(words);
        classes.push(class as f32);
    }
    let ranking = counter.finish();
    let split = |rows: Range<usize>| Split {
        words: rows
            .clone()
            .map(|row| {
                numbers.row(row).iter().map(|&number| ranking.ranks[number as usize]).collect::<Vec<_>>()
            })
            .collect(),
        targets: classes[rows].to_vec().into(),
        weights: None,
    };
    let (train, test) = (split(0..TRAIN_ROWS), split(TRAIN_ROWS..TRAIN_ROWS + TEST_ROWS));
    Corpus::new(ranking.words, train, test).tokenizer(tokenizer.clone()).labels(["neg", "pos"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use hashbrown::HashMap;

    fn words(text: &str) -> Vec<String> {
        Tokenizer::default().words(text)
    }

    #[test]
    fn the_same_seed_gives_the_same_reviews_for_ever() {
        // A fingerprint rather than a sample: quoted accuracies hold for exactly these texts. When the
        // grammar changes on purpose, put the new number here and measure the accuracies again.
        let mut crc = crc32fast::Hasher::new();
        for (text, class) in generate(1, 2_000) {
            crc.update(text.as_bytes());
            crc.update(&[class as u8]);
        }
        assert_eq!(crc.finalize(), 1_790_102_289);
        assert_ne!(generate(1, 2), generate(2, 2));
    }

    #[test]
    fn reviews_are_balanced_distinct_and_of_the_stated_length() {
        let rows = generate(3, 5_000);
        assert!(rows.chunks(2).all(|pair| pair[0].1 + pair[1].1 == 1));
        assert_eq!(rows.iter().map(|(text, _)| text).collect::<HashSet<_>>().len(), rows.len());
        for (text, _) in &rows {
            assert!(WORDS.contains(&words(text).len()), "{text}");
        }
    }

    #[test]
    fn reviews_are_clean_sentences() {
        for (text, _) in generate(4, 5_000) {
            assert!(text.is_ascii() && text.ends_with('.'), "{text}");
            assert!(text.starts_with(|c: char| c.is_ascii_uppercase()), "{text}");
            for fault in ["  ", " .", " ,", "{", "}", "..", "|", "*", " a a", " a e", " a i", " a o", " a u"]
            {
                assert!(!text.contains(fault), "{fault:?} in: {text}");
            }
            let opens =
                text.split(". ").all(|sentence| sentence.starts_with(|c: char| c.is_ascii_uppercase()));
            assert!(opens, "{text}");
        }
    }

    #[test]
    fn words_with_a_side_are_as_common_in_both_classes() {
        let mut counts: HashMap<String, [f64; 2]> = HashMap::new();
        for (text, class) in generate(6, 20_000) {
            for word in words(&text) {
                counts.entry(word).or_default()[class as usize] += 1.0;
            }
        }
        for word in
            ["gripping", "dull", "masterpiece", "disaster", "loved", "hated", "never", "not", "although"]
        {
            let [neg, pos] = counts[word];
            let share = pos / (neg + pos);
            assert!((0.35..0.65).contains(&share), "{word}: {neg} in negative reviews, {pos} in positive");
        }
    }

    #[test]
    fn the_corpus_is_ranked_by_the_training_part_and_holds_out_the_rest() {
        let rows = generate(7, TRAIN_ROWS + TEST_ROWS);
        let corpus = corpus(7, &Tokenizer::default());
        assert_eq!(corpus.train.targets.len(), TRAIN_ROWS);
        assert_eq!(corpus.test.targets.len(), TEST_ROWS);
        assert_eq!(corpus.test.words.len(), TEST_ROWS);
        assert_eq!(corpus.test.targets.values().iter().sum::<f32>() as usize, TEST_ROWS / 2);
        assert!((300..600).contains(&corpus.vocabulary.len()), "{} words", corpus.vocabulary.len());

        let mut counts = vec![0; corpus.vocabulary.len() + 1];
        corpus.train.words.ids().iter().for_each(|&rank| counts[rank as usize] += 1);
        assert_eq!(counts[0], 0, "the training part knows all its words");
        for rank in 2..counts.len() {
            let (word, before) = (&corpus.vocabulary[rank - 1], &corpus.vocabulary[rank - 2]);
            assert!(counts[rank] < counts[rank - 1] || (counts[rank] == counts[rank - 1] && word > before));
        }
        // Ranks lead back to the text.
        let (text, class) = &rows[TRAIN_ROWS];
        let back: Vec<_> =
            corpus.test.words.row(0).iter().map(|&r| corpus.vocabulary[r as usize - 1].clone()).collect();
        assert_eq!(back, words(text));
        assert_eq!(corpus.test.targets.values()[0], *class as f32);
    }
}
