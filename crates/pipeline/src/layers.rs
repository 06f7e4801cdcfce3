//! The layers of each kind of run.

use crate::choices::Preset;
use crate::defaults::{SERIES_INPUT_DROPOUT, Settings};
use gatewise::Sequential;
use gatewise::layers::{
    Activation, Bidirectional, Dense, Dropout, Embedding, GlobalMaxPooling1D, Input, Masking,
    SpatialDropout1D,
};
use gatewise::rows::Problem;

/// Returns the layers of a model of texts: one output for two classes, otherwise one for each label.
pub(crate) fn of_texts(settings: &Settings, problem: &Problem, labels: usize) -> Sequential {
    let (max_words, width) = (settings.max_words.unwrap_or_default(), settings.embedding.unwrap_or_default());
    let embedding = Embedding::new(max_words, width).mask_zero(settings.mask_zero.unwrap_or_default());
    let mut layers = Sequential::new().with(embedding);
    if settings.preset != Some(Preset::Classic) && settings.dropout > 0.0 {
        layers = layers.with(SpatialDropout1D::new(settings.dropout));
    }
    let layers = match settings.preset {
        Some(Preset::Accurate) => {
            let both_ways = |layers: Sequential, &units: &usize| {
                layers.with(Bidirectional::new(settings.cell.layer(units, true)))
            };
            let layers = settings.units.iter().fold(layers, both_ways).with(GlobalMaxPooling1D::new());
            if settings.dropout > 0.0 { layers.with(Dropout::new(settings.dropout)) } else { layers }
        }
        _ => recurrent(layers, settings, false),
    };
    layers.with(head(problem, labels))
}

/// Returns the layers of a model of series: one output for two classes or a number, otherwise one for each class.
pub(crate) fn of_series(settings: &Settings, width: usize, problem: &Problem, classes: usize) -> Sequential {
    let below = Sequential::new().with(Input::new(width)).with(Masking::new(0.0));
    let dropout = settings.dropout;
    let below =
        if dropout > 0.0 { below.with(Dropout::new(SERIES_INPUT_DROPOUT.min(dropout))) } else { below };
    recurrent(below, settings, false).with(head(problem, classes))
}

/// Returns the layers of a language model: the probability of each character at every step.
pub(crate) fn of_language(settings: &Settings, vocabulary: usize) -> Sequential {
    let embedding = Embedding::new(vocabulary, settings.embedding.unwrap_or_default());
    recurrent(Sequential::new().with(embedding), settings, true)
        .with(Dense::new(vocabulary).activation(Activation::Softmax))
}

/// Appends recurrent layers to `below`, each with its dropout. With `sequences`, the last layer returns
/// sequences too.
fn recurrent(below: Sequential, settings: &Settings, sequences: bool) -> Sequential {
    let last = settings.units.len().saturating_sub(1);
    settings.units.iter().enumerate().fold(below, |spec, (index, &units)| {
        let spec = spec.with(settings.cell.layer(units, sequences || index < last));
        if settings.dropout > 0.0 { spec.with(Dropout::new(settings.dropout)) } else { spec }
    })
}

/// Returns the output layer for `problem`.
fn head(problem: &Problem, labels: usize) -> Dense {
    match (problem, labels) {
        (Problem::SingleLabel, ..=2) => Dense::new(1).activation(Activation::Sigmoid),
        (Problem::SingleLabel, _) => Dense::new(labels).activation(Activation::Softmax),
        (Problem::MultiLabel { .. }, _) => Dense::new(labels).activation(Activation::Sigmoid),
        _ => Dense::new(1),
    }
}
