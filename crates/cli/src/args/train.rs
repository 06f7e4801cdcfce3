//! Arguments of `gatewise train`. They become a [`TrainConfig`].

use super::values::{at_least, cell, positive, seconds, seed, separator, share, threshold, units};
use super::{End, Format, Machine, Place, Preset, Task};
use clap::{Arg, Args as ClapArgs, Command};
use gatewise::layers::RecurrentCell;
use gatewise::rows::ClassWeight;
use gatewise_pipeline::{FEW_ROWS, Source, Threshold, TrainConfig, default_sentence, folds_and_members};
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// Train a model and save it as one file.
#[derive(Debug, ClapArgs)]
pub struct Train {
    /// Data: `imdb`, `reviews` (built in), `keras-imdb`, the path of an aclImdb folder or .tar.gz, your own
    /// labelled texts (a .csv, .tsv, .json, .jsonl, .arff or .parquet file, lines with a label each, or a
    /// folder with a sub-folder of texts for each label), or a .ts, .arff or UCR file of labelled series. For a
    /// language model: a text file. Without DATA: imdb if it is present or can be downloaded, else reviews.
    pub data: Option<OsString>,
    /// File to test on, for your own texts or series.
    #[arg(long, value_name = "FILE")]
    pub test: Option<PathBuf>,
    /// Fraction of the rows to test on, without --test: drawn at random, the same fraction of each label.
    #[arg(long, value_name = "FRACTION", value_parser = share, allow_negative_numbers = true, conflicts_with = "test")]
    pub test_split: Option<f64>,
    /// File to validate on, for your own texts.
    #[arg(long, value_name = "FILE", conflicts_with = "validation_split")]
    pub validation: Option<PathBuf>,
    /// What to predict: labels, a number for each text, or the next character of one text.
    #[arg(long, value_enum, value_name = "TASK")]
    pub task: Option<Task>,
    /// Separator between labels; makes the task multi-label.
    #[arg(long, value_name = "SEPARATOR", value_parser = separator)]
    pub label_separator: Option<String>,
    /// Positive class of a binary model: the label that precision, recall, F1, ROC and --threshold are about. By
    /// default, the last label in order.
    #[arg(long, value_name = "LABEL")]
    pub positive: Option<String>,
    /// Set of defaults; other options override them. classic: LSTM(10) on 5,000 words. fast: LSTM(64) with
    /// dropout.
    #[arg(long, value_enum, value_name = "PRESET")]
    pub preset: Option<Preset>,
    /// Number of passes over the training rows; the accurate preset makes up to four times as many on small
    /// data.
    #[arg(long, value_name = "N", value_parser = at_least(0), allow_negative_numbers = true)]
    pub epochs: Option<usize>,
    /// Number of rows per training step.
    #[arg(long, value_name = "ROWS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub batch_size: Option<usize>,
    /// Learning rate of Adam.
    #[arg(long, value_name = "RATE", value_parser = positive, allow_negative_numbers = true)]
    pub learning_rate: Option<f64>,
    /// Vocabulary size, including the ids for pad, start and unknown.
    #[arg(long, value_name = "WORDS", value_parser = at_least(3), allow_negative_numbers = true)]
    pub max_words: Option<usize>,
    /// Minimum count of a word in the training rows; rarer words are unknown.
    #[arg(long, value_name = "N", value_parser = at_least(1), allow_negative_numbers = true)]
    pub min_count: Option<usize>,
    /// Tokenizer: `words` (as in Keras), `unicode` (words by Unicode's rules), `characters`, or the path of a
    /// Hugging Face tokenizer.json.
    #[arg(long, value_name = "KIND|FILE")]
    pub tokenizer: Option<String>,
    /// Length to pad or truncate rows to. Series keep their length by default; the accurate preset lowers its
    /// default to the length of the 99th percentile.
    #[arg(long, value_name = "STEPS", value_parser = at_least(1), allow_negative_numbers = true)]
    pub maxlen: Option<usize>,
    /// Side on which short rows are padded.
    #[arg(long, value_enum, value_name = "SIDE")]
    pub padding: Option<End>,
    /// Side on which long rows are truncated.
    #[arg(long, value_enum, value_name = "SIDE")]
    pub truncating: Option<End>,
    /// Mask padding (Keras's mask_zero), so that the recurrent layers skip it; always on for series and for
    /// the presets fast and accurate.
    #[arg(long)]
    pub mask_zero: bool,
    /// Number of dimensions of the word vectors.
    #[arg(long, value_name = "WIDTH", value_parser = at_least(1), allow_negative_numbers = true)]
    pub embedding: Option<usize>,
    /// Kind of the recurrent layers.
    #[arg(long, value_name = "CELL", value_parser = cell())]
    pub cell: Option<RecurrentCell>,
    /// Number of recurrent units; several numbers stack several layers.
    #[arg(long, value_delimiter = ',', value_name = "UNITS", value_parser = units, allow_negative_numbers = true)]
    pub units: Option<Vec<usize>>,
    /// Dropout rate after each recurrent layer. The presets fast and accurate also drop channels of the word
    /// vectors at this rate; series also drop inputs, at a rate of at most 0.2.
    #[arg(long, value_name = "FRACTION", value_parser = share, allow_negative_numbers = true)]
    pub dropout: Option<f64>,
    /// Fraction of the training rows to validate on: the last rows; for a file of texts, rows drawn at
    /// random, the same fraction of each label.
    #[arg(long, value_name = "FRACTION", value_parser = share, allow_negative_numbers = true)]
    pub validation_split: Option<f64>,
    /// Weight of each class in the loss: `balanced`, or one number per class, in the order of the labels (the positive
    /// class last).
    #[arg(long, value_name = "WEIGHTS")]
    pub class_weight: Option<ClassWeight>,
    /// Decision threshold of a binary or multi-label model: a number, or the metric to maximize on the
    /// validation rows: accuracy, f1 or youden (sensitivity + specificity).
    #[arg(long, value_name = "RULE|P", value_parser = threshold, allow_negative_numbers = true)]
    pub threshold: Option<Threshold>,
    /// Stop when val_loss has not improved for PATIENCE epochs, and restore the weights of the best epoch.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "3", value_name = "PATIENCE", value_parser = at_least(0))]
    pub early_stopping: Option<usize>,
    /// Divide the learning rate by ten when val_loss has not improved for PATIENCE epochs.
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "2", value_name = "PATIENCE", value_parser = at_least(0))]
    pub reduce_lr_on_plateau: Option<usize>,
    /// Model file to write; the training curve is written beside it as .svg.
    #[arg(short, long, default_value = "model.gatewise", value_name = "FILE")]
    pub output: PathBuf,
    /// File for the model with the best val_loss so far, written at each improvement; {epoch} and
    /// {val_loss:.2f} in its name are replaced.
    #[arg(long, value_name = "FILE")]
    pub checkpoint_best: Option<PathBuf>,
    /// CSV file for the metrics of each epoch.
    #[arg(long, value_name = "FILE")]
    pub csv_log: Option<PathBuf>,
    /// Folder for the metrics of each epoch, for TensorBoard.
    #[arg(long, value_name = "DIR")]
    pub tensorboard: Option<PathBuf>,
    /// Seed of the weights and of the order of the rows.
    #[arg(long, value_name = "N", value_parser = seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Folder for checkpoints, written after every epoch and every --checkpoint-every seconds; the newest two
    /// are kept. --resume continues from them.
    #[arg(long, value_name = "DIR")]
    pub checkpoint_dir: Option<PathBuf>,
    /// Time between two checkpoints within an epoch; 0 saves after every batch.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, requires = "checkpoint_dir", allow_negative_numbers = true)]
    pub checkpoint_every: Option<Duration>,
    /// Resume from the newest complete checkpoint, with the same settings (--epochs may be larger). The model
    /// is bit-identical to the model of an uninterrupted run. Without a checkpoint, start a new run.
    #[arg(long, requires = "checkpoint_dir")]
    pub resume: bool,
    /// Progress during training: 0 none, 1 a progress bar, 2 a line per epoch.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=2), value_name = "0|1|2")]
    pub verbose: u8,
    /// Do not fit the linear baselines.
    #[arg(long)]
    pub no_baseline: bool,
    #[command(flatten)]
    pub place: Place,
    #[command(flatten)]
    pub machine: Machine,
    /// Output format.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

/// The headings of `train --help`. An option that is not named here is about the data: it says how rows are read.
const SECTIONS: [(&str, &[&str]); 4] = [
    (
        "Model",
        &[
            "preset",
            "max_words",
            "min_count",
            "tokenizer",
            "maxlen",
            "padding",
            "truncating",
            "mask_zero",
            "embedding",
            "cell",
            "units",
            "dropout",
        ],
    ),
    (
        "Training",
        &[
            "epochs",
            "batch_size",
            "learning_rate",
            "class_weight",
            "threshold",
            "early_stopping",
            "reduce_lr_on_plateau",
            "seed",
            "no_baseline",
        ],
    ),
    (
        "Saving",
        &[
            "output",
            "checkpoint_best",
            "csv_log",
            "tensorboard",
            "checkpoint_dir",
            "checkpoint_every",
            "resume",
            "verbose",
            "format",
        ],
    ),
    ("Machine", &["threads", "isa"]),
];

/// What `train -h` shows: the most used options, each in a few words.
const SHORT: [(&str, &str); 11] = [
    ("data", "A file or folder, or imdb or reviews [default: imdb, else reviews]"),
    ("test", "File to test on"),
    ("task", "What to predict"),
    ("text_column", "Column that contains the texts"),
    ("label_column", "Column that contains the labels"),
    ("preset", "Set of defaults"),
    ("units", "Number of recurrent units"),
    ("epochs", "Number of passes over the training rows"),
    ("early_stopping", "Stop when val_loss no longer improves"),
    ("seed", "Seed of the weights and of the order of the rows"),
    ("output", "Model file to write"),
];

const EXAMPLES: &str = "\
Examples:
  gatewise train films.csv --test test.csv
  gatewise train vowels.ts --output vowels.gatewise --epochs 50
  gatewise train tales.txt --task language-model --maxlen 64";

/// Gives `train` its headings, its short help, and in the long help of each option its default from the table of
/// defaults.
pub(super) fn with_sections(command: Command) -> Command {
    let (few, many) = (folds_and_members(0).1, folds_and_members(FEW_ROWS).1);
    let accurate = format!(
        " accurate: an ensemble of {few} small bidirectional LSTMs ({many} from {FEW_ROWS} training rows on) and a linear \
         model of word n-grams; slower and larger"
    );
    let sectioned = command.mut_args(|arg: Arg| {
        let id = arg.get_id().to_string();
        let own = arg.get_long_help().or(arg.get_help()).map(ToString::to_string).unwrap_or_default();
        let own = own.trim_end_matches('.');
        // Shells show it beside the option.
        let first = |text: &str| text.split(['.', ';', ':']).next().unwrap_or_default().to_owned();
        let long = match (default_sentence(&id), id.as_str()) {
            (Some(default), "preset") => format!("{own}.{accurate} [default: {default}]"),
            (Some(default), _) => {
                format!("{} [default: {default}]", own.split(" [default: ").next().unwrap_or_default())
            }
            (None, _) => own.to_owned(),
        };
        let section = SECTIONS.iter().find(|(_, ids)| ids.contains(&id.as_str())).map_or("Data", |it| it.0);
        let short = SHORT.iter().find(|(shown, _)| *shown == id).map(|it| it.1.to_owned());
        let arg =
            arg.long_help(long).hide_short_help(short.is_none()).help(short.unwrap_or_else(|| first(own)));
        if arg.is_positional() { arg } else { arg.help_heading(section) }
    });
    sectioned
        .after_help(format!("{EXAMPLES}\n\nAll options: gatewise train --help"))
        .after_long_help(EXAMPLES)
}

/// Sets each setting of a configuration that has a value.
macro_rules! set {
    ($config:ident, $($name:ident: $value:expr),* $(,)?) => {
        $(if let Some(value) = $value {
            $config = $config.$name(value);
        })*
    };
}

impl Train {
    /// Converts the arguments to a configuration.
    pub fn config(self) -> TrainConfig {
        let mut config = TrainConfig::new(self.data.as_deref().map(Source::from).unwrap_or_default());
        let (rows, machine) = (self.place.rows, self.machine);
        set!(
            config,
            test: self.test,
            test_split: self.test_split,
            validation: self.validation,
            task: self.task.map(Into::into),
            label_separator: self.label_separator,
            positive: self.positive,
            preset: self.preset.map(Into::into),
            epochs: self.epochs,
            batch_size: self.batch_size,
            learning_rate: self.learning_rate,
            max_words: self.max_words,
            min_count: self.min_count,
            tokenizer: self.tokenizer,
            maxlen: self.maxlen,
            padding: self.padding.map(Into::into),
            truncating: self.truncating.map(Into::into),
            mask_zero: self.mask_zero.then_some(true),
            embedding: self.embedding,
            cell: self.cell,
            units: self.units,
            dropout: self.dropout,
            validation_split: self.validation_split,
            class_weight: self.class_weight,
            threshold: self.threshold,
            early_stopping: self.early_stopping,
            reduce_lr_on_plateau: self.reduce_lr_on_plateau,
            checkpoint_best: self.checkpoint_best,
            csv_log: self.csv_log,
            tensorboard: self.tensorboard,
            seed: self.seed,
            checkpoint_dir: self.checkpoint_dir,
            checkpoint_every: self.checkpoint_every,
            resume: self.resume.then_some(true),
            no_baseline: self.no_baseline.then_some(true),
            data_dir: self.place.data_dir,
            label_column: rows.label_column(),
            text_column: Some(rows.text_column).filter(|names| !names.is_empty()),
            delimiter: rows.table.delimiter,
            header: rows.table.header.then_some(true),
            no_header: rows.table.no_header.then_some(true),
            encoding: rows.table.encoding,
            on_error: rows.on_error.map(Into::into),
            threads: machine.threads,
            isa: machine.isa,
        );
        config
    }
}

#[cfg(test)]
mod tests {
    use super::super::Args;
    use super::*;
    use crate::args::Command;

    fn read(options: &[String]) -> TrainConfig {
        let words = ["gatewise", "train", "a.csv"].map(String::from).into_iter();
        match Args::read(words.chain(options.iter().cloned())).unwrap().command {
            Command::Train(train) => train.config(),
            _ => unreachable!("the command is train"),
        }
    }

    /// Each option reaches its setting: the options of a configuration parse to that configuration.
    #[test]
    fn every_option_becomes_its_setting() {
        let first = r#"{
            "data": "a.csv", "task": "regression", "test": "t.csv", "validation": "v.csv", "label_separator": ";", "positive": "pos",
            "preset": "accurate", "epochs": 3, "batch_size": 8, "learning_rate": 0.01, "max_words": 100,
            "min_count": 2, "tokenizer": "unicode", "maxlen": 20, "padding": "post", "truncating": "post",
            "mask_zero": true, "embedding": 4, "cell": "lstm_1997", "units": [4, 3], "dropout": 0.1,
            "class_weight": {"each": [1.0, 2.0]}, "threshold": "f1", "early_stopping": 3, "reduce_lr_on_plateau": 2,
            "checkpoint_best": "b", "csv_log": "c", "tensorboard": "d", "seed": 7, "checkpoint_dir": "e",
            "checkpoint_every": 1.5, "resume": true, "no_baseline": true, "data_dir": "f",
            "text_column": ["a", "b"], "label_column": "y", "delimiter": "tab", "header": true,
            "encoding": "windows-1252", "on_error": "skip", "threads": 2, "isa": "portable"
        }"#;
        let first: serde_json::Value = serde_json::from_str(first).unwrap();
        // These conflict with options of the first.
        let second = serde_json::json!({"data": "a.csv", "test_split": 0.2, "validation_split": 0.3, "no_header": true});
        for given in [first, second] {
            let config: TrainConfig = serde_json::from_value(given.clone()).unwrap();
            assert_eq!(serde_json::to_value(read(&config.options())).unwrap(), given);
        }
        assert_eq!(read(&[]), TrainConfig::new("a.csv"));
    }

    /// The short help and the headings name options that there are.
    #[test]
    fn sections_name_options() {
        let command = Args::with_defaults();
        let train = command.find_subcommand("train").unwrap();
        let named = SECTIONS.iter().flat_map(|(_, ids)| ids.iter()).chain(SHORT.iter().map(|(id, _)| id));
        for id in named {
            assert!(train.get_arguments().any(|arg| arg.get_id() == id), "{id}");
        }
    }

    /// Every default that help states is the table's, and every default of the table is stated.
    #[test]
    fn help_states_the_defaults_of_the_table() {
        let command = Args::with_defaults();
        let train = command.get_subcommands().find(|command| command.get_name() == "train").unwrap();
        for arg in train.get_arguments() {
            let (id, help) =
                (arg.get_id().as_str(), arg.get_long_help().map(ToString::to_string).unwrap_or_default());
            let stated = help.split_once("[default: ").map(|(_, rest)| rest.trim_end_matches(']').to_owned());
            match default_sentence(id) {
                Some(default) => assert_eq!(stated, Some(default), "{id}"),
                None if ["text_column", "label_column", "delimiter", "encoding", "threads", "isa"]
                    .contains(&id) => {}
                None => assert_eq!(stated, None, "{id}"),
            }
            let own: Vec<_> = arg.get_default_values().iter().collect();
            assert!(
                own.is_empty()
                    || [
                        "output",
                        "verbose",
                        "format",
                        "mask_zero",
                        "resume",
                        "no_baseline",
                        "header",
                        "no_header"
                    ]
                    .contains(&id),
                "{id}"
            );
        }
    }
}
