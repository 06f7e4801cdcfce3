//! Keras's copy of the IMDB reviews: `imdb.npz` and `imdb_word_index.json`.
//!
//! Input: these files, untrusted. Output: the return value of `keras.datasets.imdb.load_data`
//! ([`load_data`]), or a [`Corpus`], whose vocabulary size can be chosen later ([`corpus`]).

mod npy;
mod pickle;
mod pickle_stream;

use crate::datasets::numpy_shuffle::NumpyShuffle;
use crate::error::{Error, Result};
use crate::rows::{Corpus, Dataset, Sequences, Split};
use crate::text::Tokenizer;
use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;
use zip::ZipArchive;

/// The maximum number of rows of an array; Keras's arrays have 25,000.
const MOST_ROWS: u64 = 1_000_000;
/// The maximum size of a decompressed array in bytes; Keras's arrays have 14 million.
const MOST_BYTES: u64 = 1 << 28;
/// The maximum size of the word index in bytes; Keras's word index has 1.6 million.
const MOST_INDEX_BYTES: u64 = 1 << 26;

/// The arguments of `keras.datasets.imdb.load_data`, with its names and defaults.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct LoadData {
    /// Ids from `num_words` on are out of vocabulary. `None` (or 0) is the largest id of all rows, which is
    /// then out of vocabulary itself, as in Keras. Default: `None`.
    pub num_words: Option<u32>,
    /// Ids below `skip_top` are out of vocabulary, the start id included. Default: 0.
    pub skip_top: u32,
    /// Rows of `maxlen` or more ids are **removed**. `None` (or 0) removes no row. Default: `None`.
    pub maxlen: Option<usize>,
    /// The seed that shuffles the training rows, then the test rows. Default: 113.
    pub seed: u32,
    /// The id at the start of every row. Default: 1.
    pub start_char: Option<u32>,
    /// The out-of-vocabulary id; `None` drops out-of-vocabulary words. Default: 2.
    pub oov_char: Option<u32>,
    /// The offset that is added to every rank. Default: 3.
    pub index_from: u32,
}

impl LoadData {
    /// Sets the exclusive upper bound of the ids in the vocabulary.
    pub fn num_words(self, num_words: impl Into<Option<u32>>) -> Self {
        Self { num_words: num_words.into(), ..self }
    }

    /// Sets the lower bound of the ids in the vocabulary.
    pub fn skip_top(self, skip_top: u32) -> Self {
        Self { skip_top, ..self }
    }

    /// Sets the length from which rows are removed.
    pub fn maxlen(self, maxlen: impl Into<Option<usize>>) -> Self {
        Self { maxlen: maxlen.into(), ..self }
    }

    /// Sets the seed that shuffles the rows.
    pub fn seed(self, seed: u32) -> Self {
        Self { seed, ..self }
    }

    /// Sets the id at the start of every row.
    pub fn start_char(self, start_char: impl Into<Option<u32>>) -> Self {
        Self { start_char: start_char.into(), ..self }
    }

    /// Sets the out-of-vocabulary id.
    pub fn oov_char(self, oov_char: impl Into<Option<u32>>) -> Self {
        Self { oov_char: oov_char.into(), ..self }
    }

    /// Sets the offset that is added to every rank.
    pub fn index_from(self, index_from: u32) -> Self {
        Self { index_from, ..self }
    }
}

impl Default for LoadData {
    fn default() -> Self {
        Self {
            num_words: None,
            skip_top: 0,
            maxlen: None,
            seed: 113,
            start_char: Some(1),
            oov_char: Some(2),
            index_from: 3,
        }
    }
}

/// Returns the training rows and the test rows of `keras.datasets.imdb.load_data`, in the same order.
///
/// `path` is `imdb.npz` or its folder.
///
/// ```no_run
/// use gatewise::datasets::keras_imdb::{LoadData, load_data};
/// let options = LoadData::default().num_words(5000);
/// let (train, test) = load_data("imdb.npz".as_ref(), &options)?;
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read,
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if it is damaged or contains anything but an array of lists of
/// numbers, and [`ErrorKind::Config`](crate::ErrorKind::Config) where Keras raises too: `maxlen` removes all
/// rows, or a row is empty and `num_words` is not set.
pub fn load_data(path: &Path, options: &LoadData) -> Result<(Dataset, Dataset)> {
    let (train, test) = read_shuffled(path, options.seed)?;
    numbered(&train, &test, options)
}

/// Returns the training rows and the test rows of `corpus` as [`load_data`] returns those of `imdb.npz`, in the order of
/// the corpus. A word that the training rows do not have is out of vocabulary.
///
/// ```
/// use gatewise::datasets::keras_imdb::{LoadData, from_corpus};
/// use gatewise::{datasets::reviews, text::Tokenizer};
/// let corpus = reviews::corpus(1, &Tokenizer::default());
/// let (train, test) = from_corpus(&corpus, &LoadData::default().num_words(50))?;
/// assert_eq!((train.len(), test.len()), (corpus.train.words.len(), corpus.test.words.len()));
/// assert!(train.sequences().unwrap().rows().all(|row| row[0] == 1 && row.iter().all(|&id| id < 50)));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Config`](crate::ErrorKind::Config) as [`load_data`].
pub fn from_corpus(corpus: &Corpus, options: &LoadData) -> Result<(Dataset, Dataset)> {
    // Beyond all ranks, so that it is never among the most frequent words.
    let unknown = corpus.vocabulary.len() as u32 + 1;
    let known = |split: &Split| {
        let rank = |&rank: &u32| if rank == 0 { unknown } else { rank };
        let words = split.words.rows().map(|row| row.iter().map(rank).collect::<Vec<_>>()).collect();
        Split::new(words, split.targets.clone())
    };
    numbered(&known(&corpus.train), &known(&corpus.test), options)
}

/// Returns both parts with the ids that the options give to ranks.
fn numbered(train: &Split, test: &Split, options: &LoadData) -> Result<(Dataset, Dataset)> {
    let top = train.words.ids().iter().chain(test.words.ids()).max().copied().unwrap_or(0);
    if top.checked_add(options.index_from).is_none() {
        return Err(Error::config(format!(
            "index_from is {}, which takes the largest rank, {top}, beyond 32 bits: use less",
            options.index_from
        )));
    }
    let (train, test) = (shift(train, options), shift(test, options));
    if let Some(maxlen) = options.maxlen.filter(|&maxlen| maxlen > 0)
        && (train.words.is_empty() || test.words.is_empty())
    {
        return Err(Error::config(format!(
            "no sequence is shorter than maxlen ({maxlen}) in the training or the test part, and longer \
             ones are removed: increase maxlen"
        )));
    }
    let num_words = match options.num_words.filter(|&n| n > 0) {
        Some(n) => n,
        None => largest(&train.words, &test.words)?,
    };
    Ok((limit(train, num_words, options)?, limit(test, num_words, options)?))
}

/// Adds the start id and `index_from`, and removes long rows.
fn shift(split: &Split, options: &LoadData) -> Split {
    let start = options.start_char;
    let maxlen = options.maxlen.filter(|&maxlen| maxlen > 0).unwrap_or(usize::MAX);
    let added = usize::from(start.is_some());
    let mut words =
        Sequences::with_capacity(split.words.len(), split.words.ids().len() + added * split.words.len());
    let mut classes = Vec::with_capacity(split.words.len());
    for (row, &class) in split.words.rows().zip(split.targets.values()) {
        if row.len() + added < maxlen {
            words.push(start.into_iter().chain(row.iter().map(|rank| rank + options.index_from)));
            classes.push(class);
        }
    }
    Split::new(words, classes)
}

/// Keras's `max(max(x) for x in xs)`, which fails if a row is empty.
fn largest(train: &Sequences, test: &Sequences) -> Result<u32> {
    let mut largest = None;
    for row in train.rows().chain(test.rows()) {
        let Some(&id) = row.iter().max() else {
            return Err(Error::config(
                "a review is empty, and so has no largest id to find num_words by: give num_words or start_char",
            ));
        };
        largest = largest.max(Some(id));
    }
    largest.ok_or_else(|| Error::data("there are no reviews at all"))
}

/// Replaces or drops out-of-vocabulary ids.
fn limit(split: Split, num_words: u32, options: &LoadData) -> Result<Dataset> {
    let known = options.skip_top..num_words;
    let mut words = Sequences::with_capacity(split.words.len(), split.words.ids().len());
    for row in split.words.rows() {
        match options.oov_char {
            Some(oov) => words.push(row.iter().map(|id| if known.contains(id) { *id } else { oov })),
            None => words.push(row.iter().copied().filter(|id| known.contains(id))),
        }
    }
    Dataset::new(words, split.targets)
}

/// Returns the reviews as a [`Corpus`], in the order of [`load_data`] with the same `seed`.
///
/// `folder` contains `imdb.npz` and `imdb_word_index.json`. The ranks are the ranks of the word index, for
/// which Keras counted training and test reviews together. A corpus read from the reviews is ranked by the
/// training split only.
///
/// ```no_run
/// let corpus = gatewise::datasets::keras_imdb::corpus("datasets/keras".as_ref(), 113)?;
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// # Errors
/// As [`load_data`] and [`word_index`].
pub fn corpus(folder: &Path, seed: u32) -> Result<Corpus> {
    let vocabulary = word_index(&folder.join("imdb_word_index.json"))?;
    let (mut train, mut test) = read_shuffled(folder, seed)?;
    let mut unnamed = 0;
    for split in [&mut train, &mut test] {
        if split.words.ids().iter().all(|&rank| rank as usize <= vocabulary.len()) {
            continue;
        }
        let known = |&rank: &u32| if rank as usize <= vocabulary.len() { rank } else { 0 };
        unnamed += split.words.ids().iter().filter(|&&rank| rank as usize > vocabulary.len()).count();
        split.words = split.words.rows().map(|row| row.iter().map(known).collect::<Vec<_>>()).collect();
    }
    let notes = match unnamed {
        0 => Vec::new(),
        n => vec![format!(
            "{n} words of imdb.npz have no name in imdb_word_index.json and count as out of vocabulary."
        )],
    };
    let corpus = Corpus::new(vocabulary, train, test).tokenizer(Tokenizer::keras());
    Ok(corpus.labels(["neg", "pos"]).notes(notes))
}

/// Returns the words of `imdb_word_index.json` by rank: `words[rank - 1]`.
///
/// ```
/// let folder = std::env::temp_dir();
/// let path = folder.join(format!("gatewise-doc-{}.json", std::process::id()));
/// std::fs::write(&path, r#"{"and": 2, "the": 1}"#)?;
/// assert_eq!(gatewise::datasets::keras_imdb::word_index(&path)?, ["the", "and"]);
/// # std::fs::remove_file(path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`ErrorKind::Io`](crate::ErrorKind::Io) if the file cannot be read, and
/// [`ErrorKind::Data`](crate::ErrorKind::Data) if it does not map words to the ranks 1, 2, 3 …
pub fn word_index(path: &Path) -> Result<Vec<String>> {
    let doing = "cannot read the word index";
    let file = File::open(path).map_err(|e| Error::reading(doing, path, e))?;
    let mut json = Vec::new();
    file.take(MOST_INDEX_BYTES + 1).read_to_end(&mut json).map_err(|e| Error::reading(doing, path, e))?;
    if json.len() as u64 > MOST_INDEX_BYTES {
        return Err(Error::data(format!(
            "the word index {} is larger than {} MiB; Keras's has about 2 MiB",
            path.display(),
            MOST_INDEX_BYTES >> 20
        )));
    }
    let ranks: HashMap<String, u32> = serde_json::from_slice(&json).map_err(|e| {
        Error::data(format!(
            "{} is not a JSON object that maps each word to its rank, such as {{\"the\": 1, \"and\": 2}}: {e}",
            path.display()
        ))
    })?;
    let mut words = vec![None; ranks.len()];
    for (word, rank) in ranks {
        let slot = (rank as usize).checked_sub(1).and_then(|i| words.get_mut(i));
        match slot {
            Some(free @ None) => *free = Some(word),
            _ => {
                return Err(Error::data(format!(
                    "{} gives {word:?} the rank {rank}, but its {} words need each rank from 1 to {} once",
                    path.display(),
                    words.len(),
                    words.len()
                )));
            }
        }
    }
    // There are as many words as ranks and no rank occurs twice, so that every rank has a word.
    Ok(words.into_iter().flatten().collect())
}

/// Reads the ranks and classes of the file, in the order of NumPy's shuffle.
fn read_shuffled(path: &Path, seed: u32) -> Result<(Split, Split)> {
    let npz = if path.is_dir() { path.join("imdb.npz") } else { path.to_owned() };
    let file = File::open(&npz).map_err(|e| Error::reading("cannot open Keras's imdb.npz at", &npz, e))?;
    let damaged = |what: String| Error::data(format!("{} cannot be used: {what}", npz.display()));
    let mut archive = ZipArchive::new(BufReader::new(file))
        .map_err(|e| damaged(format!("it is not an .npz (zip) archive ({e}); fetch it again")))?;
    let mut shuffle = NumpyShuffle::new(seed);
    let mut split = |part: &str| -> Result<Split> {
        let words = member(&mut archive, &format!("x_{part}.npy"), |from, name| {
            let header = npy::header(from, name)?;
            match header.descr.trim_start_matches('|') {
                "O" => pickle::rows(from, name, header.rows),
                other => Err(Error::data(format!(
                    "{name} holds elements of type {other}; an array of lists (type O) is expected"
                ))),
            }
        })?;
        let classes = member(&mut archive, &format!("y_{part}.npy"), |from, name| {
            npy::labels(from, name, MOST_ROWS, 2)
        })?;
        if words.len() != classes.len() {
            return Err(Error::data(format!(
                "x_{part} has {} rows but y_{part} has {}",
                words.len(),
                classes.len()
            )));
        }
        let order = shuffle.order(words.len());
        let classes: Vec<f32> = order.iter().map(|&i| classes[i] as f32).collect();
        Ok(Split::new(words.select(&order), classes))
    };
    let mut both = || Ok((split("train")?, split("test")?));
    both().map_err(|e: Error| damaged(e.to_string()))
}

/// Reads a member of the archive to its end, which verifies its checksum.
fn member<T>(
    archive: &mut ZipArchive<BufReader<File>>,
    name: &str,
    read: impl FnOnce(&mut BufReader<std::io::Take<zip::read::ZipFile<'_, BufReader<File>>>>, &str) -> Result<T>,
) -> Result<T> {
    let file = archive.by_name(name).map_err(|e| {
        Error::data(format!(
            "it has no readable {name} ({e}); x_train, y_train, x_test and y_test are expected"
        ))
    })?;
    if file.size() > MOST_BYTES {
        return Err(Error::data(format!(
            "{name} is {} bytes long; at most {MOST_BYTES} are read",
            file.size()
        )));
    }
    let mut from = BufReader::with_capacity(1 << 16, file.take(MOST_BYTES + 1));
    let value = read(&mut from, name)?;
    match std::io::copy(&mut from, &mut std::io::sink()) {
        Ok(0) => Ok(value),
        Ok(more) => Err(Error::data(format!("{name} goes on for {more} bytes after its end"))),
        Err(e) => Err(Error::data(format!("{name} is damaged: {e}"))),
    }
}
