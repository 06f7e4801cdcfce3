//! The table of defaults: a row for each kind of run.
//!
//! [`Settings::resolve`] takes the given settings and fills in the rest from the table. [`default_sentence`]
//! returns the defaults of a setting for the help of the command line.

use crate::choices::{Preset, Threshold};
use crate::config::{Setting, TrainConfig};
use crate::source::DataKind;
use gatewise::layers::RecurrentCell;
use gatewise::rows::{Corpus, Padding};
use gatewise::text::Side;
use gatewise::{Isa, Machine, Result};
use serde::Serialize;
use std::time::Duration;

/// A row of the table: the defaults of a kind of run. `None` is a setting that this kind of run does not use,
/// or that has no default number.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Defaults {
    /// Name of this kind of run in help.
    pub name: &'static str,
    pub epochs: usize,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub max_words: Option<usize>,
    pub min_count: Option<usize>,
    /// `None`: rows keep their length.
    pub maxlen: Option<usize>,
    pub mask_zero: Option<bool>,
    pub embedding: Option<usize>,
    pub units: usize,
    pub dropout: f64,
    /// The accurate preset has folds instead.
    pub validation_split: Option<f64>,
}

/// The classic assignment.
pub(crate) const CLASSIC: Defaults = Defaults {
    name: "the classic preset",
    epochs: 5,
    batch_size: 128,
    learning_rate: 1e-3,
    max_words: Some(5_000),
    min_count: Some(1),
    maxlen: Some(300),
    mask_zero: Some(false),
    embedding: Some(15),
    units: 10,
    dropout: 0.0,
    validation_split: Some(0.2),
};

/// The small generated corpus needs as many steps as a large one.
pub(crate) const CLASSIC_REVIEWS: Defaults =
    Defaults { name: "reviews", epochs: 8, batch_size: 64, learning_rate: 5e-3, maxlen: Some(64), ..CLASSIC };

pub(crate) const FAST: Defaults = Defaults {
    name: "the fast preset",
    epochs: 8,
    batch_size: 32,
    learning_rate: 2e-3,
    max_words: Some(5_000),
    min_count: Some(1),
    maxlen: Some(300),
    mask_zero: Some(true),
    embedding: Some(64),
    units: 64,
    dropout: 0.5,
    validation_split: Some(0.2),
};

/// Rare words are unknown, so that the model does not memorize them and is trained on unknown words.
pub(crate) const ACCURATE: Defaults = Defaults {
    name: "the accurate preset",
    epochs: 4,
    batch_size: 32,
    learning_rate: 3e-3,
    max_words: Some(30_000),
    min_count: Some(2),
    maxlen: Some(400),
    mask_zero: Some(true),
    embedding: Some(32),
    units: 32,
    dropout: 0.5,
    validation_split: None,
};

pub(crate) const SERIES: Defaults = Defaults {
    name: "series",
    epochs: 100,
    batch_size: 16,
    learning_rate: 3e-3,
    max_words: None,
    min_count: None,
    maxlen: None,
    mask_zero: Some(true),
    embedding: None,
    units: 64,
    dropout: 0.5,
    validation_split: Some(0.2),
};

pub(crate) const LANGUAGE_MODEL: Defaults = Defaults {
    name: "a language model",
    epochs: 10,
    batch_size: 32,
    learning_rate: 2e-3,
    max_words: None,
    min_count: None,
    maxlen: Some(128),
    mask_zero: None,
    embedding: Some(64),
    units: 256,
    dropout: 0.0,
    validation_split: Some(0.1),
};

/// The table. Help names the values of the first row first.
pub(crate) const TABLE: [&Defaults; 6] =
    [&CLASSIC, &CLASSIC_REVIEWS, &FAST, &ACCURATE, &SERIES, &LANGUAGE_MODEL];

// Defaults of every kind of run.

pub(crate) const SEED: u64 = 1;
pub(crate) const CHECKPOINT_EVERY: Duration = Duration::from_secs(30);
/// The fraction of the rows of a file to test on.
pub(crate) const TEST_SPLIT: f64 = 0.1;
pub(crate) const THRESHOLD: f32 = 0.5;
pub(crate) const TOKENIZER: &str = "words";

/// The seed of the generated corpus and of every split. It does not depend on the seed of the training.
pub(crate) const DATA_SEED: u32 = 113;

/// The dropout rate of the inputs of a series.
pub(crate) const SERIES_INPUT_DROPOUT: f64 = 0.2;

/// The number of rows that a member of the accurate preset is trained on at least, over all epochs.
const ROWS_SEEN: usize = 45_000;
/// The accurate preset multiplies its epochs by at most this factor for it.
const MOST_TIMES: usize = 4;

/// With fewer training rows than this, the accurate preset has more folds and more members
/// ([`folds_and_members`]).
pub const FEW_ROWS: usize = 20_000;

/// Returns the number of folds and of members of the accurate preset for this number of training rows.
///
/// ```
/// use gatewise_pipeline::folds_and_members;
/// assert_eq!([folds_and_members(19_999), folds_and_members(20_000)], [(5, 10), (4, 4)]);
/// ```
pub fn folds_and_members(rows: usize) -> (usize, usize) {
    if rows < FEW_ROWS { (5, 10) } else { (4, 4) }
}

/// Returns the default preset of a kind of data; `None` for series and language models.
pub(crate) fn preset_for(kind: DataKind) -> Option<Preset> {
    match kind {
        DataKind::Imdb | DataKind::Reviews | DataKind::KerasImdb => Some(Preset::Classic),
        DataKind::Texts => Some(Preset::Fast),
        DataKind::Series | DataKind::Text => None,
    }
}

/// Returns the row of the table for a kind of data and a preset.
pub(crate) fn row_for(kind: DataKind, preset: Option<Preset>) -> &'static Defaults {
    match (kind, preset) {
        (DataKind::Series, _) => &SERIES,
        (DataKind::Text, _) => &LANGUAGE_MODEL,
        (DataKind::Reviews, None | Some(Preset::Classic)) => &CLASSIC_REVIEWS,
        (_, None | Some(Preset::Classic)) => &CLASSIC,
        (_, Some(Preset::Fast)) => &FAST,
        (_, Some(Preset::Accurate)) => &ACCURATE,
    }
}

/// The settings of a run, with every default filled in.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Settings {
    pub preset: Option<Preset>,
    pub epochs: usize,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub max_words: Option<usize>,
    pub min_count: Option<usize>,
    pub tokenizer: Option<String>,
    pub maxlen: Option<usize>,
    pub padding: Side,
    pub truncating: Side,
    pub mask_zero: Option<bool>,
    pub embedding: Option<usize>,
    pub cell: RecurrentCell,
    pub units: Vec<usize>,
    pub dropout: f64,
    pub test_split: Option<f64>,
    pub validation_split: Option<f64>,
    pub threshold: Option<Threshold>,
    pub seed: u64,
    pub checkpoint_every: Duration,
    /// The result does not depend on it.
    #[serde(skip)]
    pub machine: Machine,
}

/// Returns the machine with these settings; without any, the machine of the process.
///
/// ```
/// use gatewise_pipeline::machine;
/// assert_eq!(machine(Some(2), None).thread_count(), 2);
/// assert_eq!(machine(None, None), gatewise::Machine::new());
/// ```
pub fn machine(threads: Option<usize>, isa: Option<Isa>) -> Machine {
    let machine = Machine::new();
    let machine = threads.map_or(machine.clone(), |threads| machine.threads(threads));
    isa.map_or(machine.clone(), |isa| machine.isa(isa))
}

impl Settings {
    /// Returns the settings of `config`, with the defaults of the table.
    pub fn resolve(config: &TrainConfig, kind: DataKind) -> Self {
        let preset = config.preset.or(preset_for(kind)).filter(|_| preset_for(kind).is_some());
        let row = row_for(kind, preset);
        let own = matches!(kind, DataKind::Texts | DataKind::Series) && !config.has_test_rows();
        let labels = !matches!(kind, DataKind::Text);
        let cut = preset_for(kind).is_some() && kind != DataKind::KerasImdb;
        Self {
            preset,
            epochs: config.epochs.unwrap_or(row.epochs),
            batch_size: config.batch_size.unwrap_or(row.batch_size),
            learning_rate: config.learning_rate.unwrap_or(row.learning_rate),
            max_words: config.max_words.or(row.max_words),
            min_count: config.min_count.or(row.min_count),
            tokenizer: cut.then(|| config.tokenizer.clone().unwrap_or(TOKENIZER.to_owned())),
            maxlen: config.maxlen.or(row.maxlen),
            padding: config.padding.unwrap_or_default(),
            truncating: config.truncating.unwrap_or_default(),
            mask_zero: config.mask_zero.or(row.mask_zero),
            embedding: config.embedding.or(row.embedding),
            cell: config.cell.unwrap_or_default(),
            units: config.units.clone().unwrap_or(vec![row.units]),
            dropout: config.dropout.unwrap_or(row.dropout),
            test_split: own.then_some(config.test_split.unwrap_or(TEST_SPLIT)),
            validation_split: match config.has_validation_rows() {
                true => None,
                false => config.validation_split.or(row.validation_split),
            },
            threshold: labels.then_some(config.threshold.unwrap_or(Threshold::At(THRESHOLD))),
            seed: config.seed.unwrap_or(SEED),
            checkpoint_every: config.checkpoint_every.unwrap_or(CHECKPOINT_EVERY),
            machine: machine(config.threads, config.isa),
        }
    }

    /// Returns how rows are padded and truncated.
    pub fn row_padding(&self) -> Padding {
        Padding::default().maxlen(self.maxlen).padding(self.padding).truncating(self.truncating)
    }

    /// Adjusts the accurate preset to `corpus`: more epochs for few rows, no more embeddings than words, and
    /// a length at the 99th percentile of the rows (bidirectional layers also compute the padding, and the
    /// linear model reads whole rows).
    pub fn for_corpus(mut self, config: &TrainConfig, corpus: &Corpus) -> Result<Self> {
        let rows = &corpus.train.words;
        if self.preset != Some(Preset::Accurate) || rows.is_empty() {
            return Ok(self);
        }
        if let (Some(max_words), Some(min_count)) = (self.max_words, self.min_count) {
            // Four ids are not words: pad, start, unknown, and the id that Keras leaves unused.
            let known = corpus.build_vocabulary(max_words, min_count)?.len();
            self.max_words = Some(max_words.min(known + 4));
        }
        if config.epochs.is_none() {
            self.epochs = (ROWS_SEEN / rows.len()).clamp(self.epochs, MOST_TIMES * self.epochs);
        }
        if config.maxlen.is_none() {
            let mut lengths: Vec<usize> = rows.rows().map(<[u32]>::len).collect();
            let most = (99 * lengths.len() / 100).min(lengths.len() - 1);
            let reach = *lengths.select_nth_unstable(most).1 + 1;
            self.maxlen = self.maxlen.map(|maxlen| maxlen.min(reach));
        }
        Ok(self)
    }
}

/// Returns the defaults of a setting from the table, as a phrase for help; `None` for a setting without a
/// default.
///
/// ```
/// use gatewise_pipeline::default_sentence;
/// assert_eq!(default_sentence("validation_split").unwrap(), "0.2; 0.1 for a language model");
/// assert_eq!(default_sentence("seed").unwrap(), "1");
/// assert_eq!(default_sentence("output"), None);
/// ```
pub fn default_sentence(setting: &str) -> Option<String> {
    let setting = Setting::ALL.iter().find(|known| known.name() == setting)?;
    let number = |number: Option<usize>| number.map(|number| number.to_string());
    let of_rows = |value: fn(&Defaults) -> Option<String>| TABLE.map(value);
    let values = match setting {
        Setting::epochs => of_rows(|row| Some(row.epochs.to_string())),
        Setting::batch_size => of_rows(|row| Some(row.batch_size.to_string())),
        Setting::learning_rate => of_rows(|row| Some(row.learning_rate.to_string())),
        Setting::max_words => TABLE.map(|row| number(row.max_words)),
        Setting::min_count => TABLE.map(|row| number(row.min_count)),
        Setting::maxlen => TABLE.map(|row| number(row.maxlen)),
        Setting::embedding => TABLE.map(|row| number(row.embedding)),
        Setting::units => of_rows(|row| Some(row.units.to_string())),
        Setting::dropout => of_rows(|row| Some(row.dropout.to_string())),
        Setting::validation_split => of_rows(|row| row.validation_split.map(|share| share.to_string())),
        Setting::preset => {
            return Some("classic; fast for a file of texts".into());
        }
        Setting::task => return Some("classify".into()),
        Setting::cell => return Some("lstm".into()),
        Setting::padding | Setting::truncating => return Some("pre".into()),
        Setting::on_error => return Some("fail".into()),
        Setting::tokenizer => {
            return Some(format!("{TOKENIZER}; unicode for a file of texts in a script without spaces"));
        }
        Setting::threshold => return Some(THRESHOLD.to_string()),
        Setting::seed => return Some(SEED.to_string()),
        Setting::test_split => return Some(TEST_SPLIT.to_string()),
        Setting::checkpoint_every => return Some(CHECKPOINT_EVERY.as_secs().to_string()),
        _ => return None,
    };
    Some(sentence(&values))
}

/// Returns the first value, and then each other value with its kinds of run.
fn sentence(values: &[Option<String>; TABLE.len()]) -> String {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for (row, value) in TABLE.iter().zip(values) {
        let Some(value) = value else { continue };
        match groups.iter_mut().find(|(known, _)| known == value) {
            Some((_, names)) => names.push(row.name),
            None => groups.push((value, vec![row.name])),
        }
    }
    let told = groups.iter().enumerate().map(|(at, (value, names))| match at {
        0 => (*value).to_owned(),
        _ => format!("{value} for {}", and(names)),
    });
    told.collect::<Vec<_>>().join("; ")
}

/// `a, b and c`.
fn and(names: &[&str]) -> String {
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_every_value_once() {
        assert_eq!(
            default_sentence("epochs").unwrap(),
            "5; 8 for reviews and the fast preset; 4 for the accurate preset; 100 for series; 10 for a language model"
        );
        assert_eq!(
            default_sentence("maxlen").unwrap(),
            "300; 64 for reviews; 400 for the accurate preset; 128 for a language model"
        );
        assert_eq!(default_sentence("min_count").unwrap(), "1; 2 for the accurate preset");
        let fields = [Preset::Classic, Preset::Fast, Preset::Accurate]
            .map(|preset| row_for(DataKind::Imdb, Some(preset)).epochs);
        assert_eq!(fields, [5, 8, 4]);
    }

    #[test]
    fn constants_that_help_names_are_the_defaults_of_their_types() {
        let name = |value: serde_json::Value| value.as_str().unwrap().to_owned();
        let of = |setting| default_sentence(setting).unwrap();
        assert_eq!(name(serde_json::json!(RecurrentCell::default())), of("cell"));
        assert_eq!(name(serde_json::json!(Side::default())), of("padding"));
        assert_eq!(name(serde_json::json!(crate::Task::default())), of("task"));
        assert_eq!(name(serde_json::json!(gatewise::files::OnError::default())), of("on_error"));
        let presets =
            [DataKind::Imdb, DataKind::Reviews, DataKind::KerasImdb, DataKind::Texts].map(preset_for);
        let (classic, fast) = (Some(Preset::Classic), Some(Preset::Fast));
        assert_eq!(presets, [classic, classic, classic, fast], "as the sentence of the preset has it");
    }
}
