//! Data sets: Keras's copy of the IMDB reviews.

use crate::errors::OrRaise;
use gatewise::datasets::keras_imdb::{self as source, LoadData};
use gatewise::rows::Dataset;
use numpy::{IntoPyArray, PyArray1};
use pyo3::prelude::*;
use std::path::PathBuf;

/// Flat ids, the end of each row, and the labels.
type Part<'py> = (Bound<'py, PyArray1<i32>>, Bound<'py, PyArray1<i64>>, Bound<'py, PyArray1<i64>>);

/// Reads `imdb.npz`. Returns training and test rows: flat ids, the end of each row, and the labels.
#[pyfunction]
#[expect(clippy::too_many_arguments, reason = "Keras's arguments")]
pub fn keras_imdb<'py>(
    py: Python<'py>,
    path: PathBuf,
    num_words: Option<u32>,
    skip_top: u32,
    maxlen: Option<usize>,
    seed: u32,
    start_char: Option<u32>,
    oov_char: Option<u32>,
    index_from: u32,
) -> PyResult<(Part<'py>, Part<'py>)> {
    let options = LoadData::default()
        .num_words(num_words)
        .skip_top(skip_top)
        .maxlen(maxlen)
        .seed(seed)
        .start_char(start_char)
        .oov_char(oov_char)
        .index_from(index_from);
    let (train, test) = py.detach(|| source::load_data(&path, &options)).or_raise()?;
    Ok((part(py, &train), part(py, &test)))
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
