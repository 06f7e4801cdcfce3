//! Data sets: Keras's copy of the IMDB reviews, and the reviews as their publisher has them.

use crate::errors::OrRaise;
use crate::settings;
use gatewise::datasets::imdb::{self, ImdbOptions};
use gatewise::datasets::keras_imdb::{self as source, LoadData};
use gatewise::rows::{Corpus, Dataset};
use gatewise::text::Tokenizer;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use serde::Deserialize;
use std::path::PathBuf;

/// Flat ids, the end of each row, and the labels.
type Part<'py> = (Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

/// Keras's arguments of `load_data`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    num_words: Option<u32>,
    skip_top: u32,
    maxlen: Option<usize>,
    seed: u32,
    start_char: Option<u32>,
    oov_char: Option<u32>,
    index_from: u32,
}

impl Arguments {
    fn options(&self) -> LoadData {
        LoadData::default()
            .num_words(self.num_words)
            .skip_top(self.skip_top)
            .maxlen(self.maxlen)
            .seed(self.seed)
            .start_char(self.start_char)
            .oov_char(self.oov_char)
            .index_from(self.index_from)
    }
}

/// Reads `imdb.npz`. Returns training and test rows: flat ids, the end of each row, and the labels.
#[pyfunction]
pub fn keras_imdb<'py>(py: Python<'py>, path: PathBuf, arguments: &str) -> PyResult<(Part<'py>, Part<'py>)> {
    let options = settings::read::<Arguments>("load_data", arguments)?.options();
    let (train, test) = py.detach(|| source::load_data(&path, &options)).or_raise()?;
    Ok((part(py, &train), part(py, &test)))
}

/// Reads the reviews as their publisher has them, and downloads them if need be: `progress(done, total)`. Returns what
/// `keras_imdb` returns; words are ranked by the training rows.
#[pyfunction]
pub fn imdb_reviews<'py>(
    py: Python<'py>,
    arguments: &str,
    progress: Py<PyAny>,
) -> PyResult<(Part<'py>, Part<'py>)> {
    let arguments: Arguments = settings::read("load_data", arguments)?;
    let options = arguments.options();
    let loaded = py.detach(|| source::from_corpus(&reviews(arguments.seed, &progress)?, &options));
    let (train, test) = loaded.or_raise()?;
    Ok((part(py, &train), part(py, &test)))
}

/// Returns the words of `imdb_reviews` by rank, from rank 1.
#[pyfunction]
pub fn imdb_words(py: Python<'_>, progress: Py<PyAny>) -> PyResult<Vec<String>> {
    Ok(py.detach(|| reviews(LoadData::default().seed, &progress)).or_raise()?.vocabulary)
}

fn reviews(seed: u32, progress: &Py<PyAny>) -> gatewise::Result<Corpus> {
    let mut download = |done: u64, total: Option<u64>| {
        // What cannot be shown does not end the download.
        let _ = Python::attach(|py| progress.call1(py, (done, total)).map(drop));
    };
    imdb::load(ImdbOptions::default().seed(seed).tokenizer(Tokenizer::keras()).download(&mut download))
}

fn part<'py>(py: Python<'py>, data: &Dataset) -> Part<'py> {
    let rows = data.sequences().map(|rows| rows.rows()).into_iter().flatten();
    let mut ends = Vec::with_capacity(data.len());
    let mut ids = Vec::new();
    for row in rows {
        ids.extend(row.iter().map(|&id| id as i32));
        ends.push(ids.len() as i64);
    }
    let labels: Vec<i64> = data.targets().values().iter().map(|&label| label as i64).collect();
    (ids.into_pyarray(py), ends.into_pyarray(py), labels.into_pyarray(py))
}

/// Reads `imdb_word_index.json`. Returns the words by rank, from rank 1.
#[pyfunction]
pub fn word_index(py: Python<'_>, path: PathBuf) -> PyResult<Vec<String>> {
    py.detach(|| source::word_index(&path)).or_raise()
}
