//! Builds the corpus: tokenizes, counts, orders and ranks.
//!
//! Input: reviews in the order of their source, read and decompressed by a second thread. Output: a
//! [`Corpus`] that does not depend on that order.

use super::source::{Chunk, LABELS, PARTS, Review, Source};
use crate::datasets::numpy_shuffle::NumpyShuffle;
use crate::error::{Error, Result};
use crate::rows::{Corpus, Sequences, Split};
use crate::text::{Tokenizer, WordCounter};
use std::sync::mpsc;
use std::thread;

/// The capacity of the channel between the two threads, in chunks.
const WAITING: usize = 8;

/// Reads all reviews of `source`.
pub(super) fn corpus(source: &Source, tokenizer: &Tokenizer, seed: u32) -> Result<Corpus> {
    thread::scope(|scope| {
        let (give, take) = mpsc::sync_channel::<Chunk>(WAITING);
        let reader = thread::Builder::new()
            .name("imdb-reader".into())
            .spawn_scoped(scope, move || source.read(|chunk| give.send(chunk).is_ok()))
            .map_err(|e| Error::io("cannot start a thread to read", source.path(), e))?;
        let mut assembly = Assembly::default();
        for chunk in take {
            assembly.add(&chunk, tokenizer);
        }
        match reader.join() {
            Ok(read) => read?,
            Err(panic) => std::panic::resume_unwind(panic),
        }
        assembly.finish(source, tokenizer, seed)
    })
}

/// The reviews that were read so far.
#[derive(Default)]
struct Assembly {
    counter: WordCounter,
    parts: [Part; 2],
    scratch: String,
    row: Vec<u32>,
}

#[derive(Default)]
struct Part {
    /// The provisional word numbers of the counter.
    words: Sequences,
    keys: Vec<Key>,
}

/// The sort key of a row: class, then the numbers in the file name, then the name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    class: u32,
    id: u64,
    rating: u64,
    name: String,
    row: usize,
    broken: bool,
}

impl Assembly {
    fn add(&mut self, chunk: &Chunk, tokenizer: &Tokenizer) {
        let mut start = 0;
        for Review { part, class, name, end } in &chunk.reviews {
            let text = String::from_utf8_lossy(&chunk.text[start..*end]);
            start = *end;
            let counter = &mut self.counter;
            self.row.clear();
            tokenizer.for_each_word(&text, &mut self.scratch, |word| {
                // Only the training split is counted. The size limit of a source is far below the
                // capacity of the counter, so that no word is lost.
                self.row.extend(if *part == 0 { counter.add(word) } else { counter.note(word) });
            });
            let to = &mut self.parts[*part];
            let (id, rating) = numbers(name);
            let broken = matches!(text, std::borrow::Cow::Owned(_));
            to.keys.push(Key { class: *class, id, rating, name: name.clone(), row: to.words.len(), broken });
            to.words.push(self.row.iter().copied());
        }
    }

    fn finish(mut self, source: &Source, tokenizer: &Tokenizer, seed: u32) -> Result<Corpus> {
        for part in &mut self.parts {
            part.keys.sort_unstable();
        }
        self.check(source)?;
        let notes = self.notes();
        let ranking = self.counter.finish();
        let mut shuffle = NumpyShuffle::new(seed);
        let [train, test] = self.parts.map(|part| {
            let order = shuffle.order(part.keys.len());
            let keys = || order.iter().map(|&i| &part.keys[i]);
            let mut words = Sequences::with_capacity(part.words.len(), part.words.ids().len());
            for key in keys() {
                words.push(part.words.row(key.row).iter().map(|&number| ranking.ranks[number as usize]));
            }
            Split::new(words, keys().map(|key| key.class as f32).collect::<Vec<_>>())
        });
        let corpus = Corpus::new(ranking.words, train, test).tokenizer(tokenizer.clone());
        Ok(corpus.labels(LABELS).notes(notes))
    }

    fn check(&self, source: &Source) -> Result<()> {
        let at = source.path().display();
        let count = |part: usize, class| self.parts[part].keys.iter().filter(|k| k.class == class).count();
        for (part, name) in PARTS.iter().enumerate() {
            let found = [count(part, 0), count(part, 1)];
            if found.contains(&0) {
                return Err(Error::data(format!(
                    "{at} has {} reviews in {name}/neg and {} in {name}/pos; there must be some in each of \
                     train/neg, train/pos, test/neg and test/pos: fetch the data set again from {}",
                    found[0],
                    found[1],
                    super::URL
                )));
            }
            let twice = self.parts[part]
                .keys
                .windows(2)
                .find(|k| (k[0].class, &k[0].name) == (k[1].class, &k[1].name));
            if let Some([key, _]) = twice {
                return Err(Error::data(format!(
                    "{at} holds {name}/{}/{} twice: pack it again with each review once",
                    LABELS[key.class as usize], key.name
                )));
            }
        }
        Ok(())
    }

    fn notes(&self) -> Vec<String> {
        let broken = |part: &'static str, keys: &[Key]| -> Vec<String> {
            let broken = keys.iter().filter(|key| key.broken);
            broken.map(|key| format!("{part}/{}/{}", LABELS[key.class as usize], key.name)).collect()
        };
        let mut found = broken(PARTS[0], &self.parts[0].keys);
        found.extend(broken(PARTS[1], &self.parts[1].keys));
        match &found[..] {
            [] => Vec::new(),
            [one] => vec![format!("1 review is not UTF-8; its broken bytes were replaced ({one}).")],
            [first, ..] => vec![format!(
                "{} reviews are not UTF-8; their broken bytes were replaced (the first is {first}).",
                found.len()
            )],
        }
    }
}

/// Returns the id and the rating in a name such as `123_8.txt`; other names are last.
fn numbers(name: &str) -> (u64, u64) {
    let numbers = || {
        let (id, rating) = name.strip_suffix(".txt")?.split_once('_')?;
        Some((id.parse().ok()?, rating.parse().ok()?))
    };
    numbers().unwrap_or((u64::MAX, u64::MAX))
}
