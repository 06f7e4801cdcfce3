//! What is trained on labelled texts, and how: a preset, with what the arguments say otherwise.

use crate::args::{Preset, Train};
use crate::data;
use gatewise::layers::{Bidirectional, Dropout, Embedding, GlobalMaxPooling1D, SpatialDropout1D};
use gatewise::rows::{Corpus, Problem};
use gatewise::{Error, Result, Sequential};

/// The settings of a training run on texts.
pub(super) struct Settings {
    pub preset: Preset,
    pub epochs: usize,
    pub batch_size: usize,
    pub learning_rate: f64,
    pub maxlen: usize,
    pub max_words: usize,
    pub min_count: usize,
    embedding: usize,
    units: Vec<usize>,
    dropout: f64,
    mask_zero: bool,
}

/// Rows that a member of the accurate preset sees at least, whatever the number of its epochs.
const ROWS_SEEN: usize = 45_000;

impl Settings {
    /// The preset asked for, or that for `data`: the classic assignment, and for a file of one's own the fast one.
    pub fn new(args: &Train, data: &str) -> Self {
        let table = data::is_labelled_texts(data);
        let preset = args.preset.unwrap_or(if table { Preset::Fast } else { Preset::Classic });
        // The small embedded corpus needs as many steps as a large one.
        let (epochs, batch_size, learning_rate, maxlen) = match preset {
            Preset::Classic if data == data::REVIEWS => (8, 64, 5e-3, 64),
            Preset::Classic => (5, 128, 1e-3, 300),
            Preset::Fast => (8, 32, 2e-3, 300),
            Preset::Accurate => (4, 32, 3e-3, 400),
        };
        let (max_words, min_count, embedding, units, dropout) = match preset {
            Preset::Classic => (5000, 1, 15, 10, 0.0),
            Preset::Fast => (5000, 1, 64, 64, 0.5),
            // Words that occur once would be learnt by heart, and unknown words would never be met.
            Preset::Accurate => (30_000, 2, 32, 32, 0.5),
        };
        Self {
            preset,
            epochs: args.epochs.unwrap_or(epochs),
            batch_size: args.batch_size.unwrap_or(batch_size),
            learning_rate: args.learning_rate.unwrap_or(learning_rate),
            maxlen: args.maxlen.unwrap_or(maxlen),
            max_words: args.max_words.unwrap_or(max_words),
            min_count: args.min_count.unwrap_or(min_count),
            embedding: args.embedding.unwrap_or(embedding),
            units: args.units.clone().unwrap_or(vec![units]),
            dropout: args.dropout.unwrap_or(dropout),
            mask_zero: args.mask_zero || preset != Preset::Classic,
        }
    }

    /// The same for `corpus`: the accurate preset goes through a small one more often, has no rows of the table that
    /// no word would use, and pads no further than nearly all rows reach (layers that walk both ways walk the
    /// padding too; the linear model sees the rest).
    pub fn for_corpus(self, args: &Train, corpus: &Corpus) -> Result<Self> {
        let rows = &corpus.train.words;
        if self.preset != Preset::Accurate || rows.is_empty() {
            return Ok(self);
        }
        // Pad, start, unknown, and the one that Keras leaves unused.
        let known = corpus.build_vocabulary(self.max_words, self.min_count)?.len();
        let max_words = self.max_words.min(known + 4);
        let epochs = (ROWS_SEEN / rows.len()).clamp(self.epochs, 4 * self.epochs);
        let mut lengths: Vec<usize> = rows.rows().map(<[u32]>::len).collect();
        let most = (99 * lengths.len() / 100).min(lengths.len() - 1);
        let reach = *lengths.select_nth_unstable(most).1 + 1;
        Ok(Self {
            max_words,
            epochs: args.epochs.unwrap_or(epochs),
            maxlen: args.maxlen.unwrap_or(self.maxlen.min(reach)),
            ..self
        })
    }

    /// The layers, with an output for each label, or one where there are two classes.
    pub fn layers(&self, args: &Train, problem: &Problem, labels: usize) -> Sequential {
        let embedding = Embedding::new(self.max_words, self.embedding).mask_zero(self.mask_zero);
        let mut layers = Sequential::new().with(embedding);
        if self.preset != Preset::Classic && self.dropout > 0.0 {
            layers = layers.with(SpatialDropout1D::new(self.dropout));
        }
        let layers = match self.preset {
            Preset::Accurate => {
                let both_ways = |layers: Sequential, &units: &usize| {
                    layers.with(Bidirectional::new(args.cell.layer(units, true)))
                };
                let layers = self.units.iter().fold(layers, both_ways).with(GlobalMaxPooling1D::new());
                if self.dropout > 0.0 { layers.with(Dropout::new(self.dropout)) } else { layers }
            }
            _ => super::recurrent(layers, args.cell, &self.units, self.dropout, false),
        };
        layers.with(super::head(problem, labels))
    }
}

/// Refuses what the accurate preset, which trains several models, does not do.
pub(super) fn check(args: &Train, problem: &Problem) -> Result<()> {
    if args.preset != Some(Preset::Accurate) {
        return Ok(());
    }
    if *problem != Problem::SingleLabel {
        return Err(Error::config(
            "--preset accurate tells classes apart, one a row; for labels and numbers use --preset fast",
        ));
    }
    let of_one = [
        ("--validation", args.validation.is_some()),
        ("--validation-split", args.validation_split.is_some()),
        ("--early-stopping", args.early_stopping.is_some()),
        ("--reduce-lr-on-plateau", args.reduce_lr_on_plateau.is_some()),
        ("--checkpoint-best", args.checkpoint_best.is_some()),
        ("--checkpoint-dir", args.checkpoint_dir.is_some()),
        ("--csv-log", args.csv_log.is_some()),
        ("--tensorboard", args.tensorboard.is_some()),
        ("--class-weight", args.class_weight.is_some()),
        ("--threshold with a rule", matches!(args.threshold, Some(crate::args::Threshold::Best(_)))),
    ];
    match of_one.iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((option, _)) => Err(Error::config(format!(
            "{option} is for the run of one model, but --preset accurate trains several, each validated on a part of \
             the rows of its own; leave it out, or use --preset fast"
        ))),
    }
}
