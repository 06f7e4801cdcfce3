//! The refusals: a table of the settings that a run would ignore, and the check of the values of settings.
//!
//! A setting is refused if the run would ignore it. A setting that the run fulfils anyway (`--mask-zero` on
//! series, `--no-baseline` for a language model) is not refused.

use crate::choices::{Preset, Task, Threshold};
use crate::config::{Setting, TrainConfig};
use crate::defaults::Settings;
use crate::source::{DataKind, LABELLED_TEXTS};
use gatewise::rows::Problem;
use gatewise::{Error, Result};

/// A row of the table: if `when` holds, the settings of `asked` are refused with the message `because`. Its
/// `{option}`, `{data}` and `{files}` are replaced.
struct Refusal {
    when: When,
    asked: &'static [Asked],
    because: &'static str,
}

/// The condition of a row of the table.
#[derive(Debug, Clone, Copy)]
enum When {
    /// These kinds of data.
    Kinds(&'static [DataKind]),
    /// Data that are not searched in folders.
    NotLookedFor,
    RowsInMemory,
    Accurate,
    /// The accurate preset, for a task that is not single-label.
    AccurateNotSingleLabel,
    Regression,
    NotSingleLabel,
    /// There are no validation rows.
    NoValidation,
    /// This setting is given too.
    Beside(Setting),
    /// This setting is not given.
    Without(Setting),
    TestRowsInMemory,
    ValidationRowsInMemory,
}

/// A request of the user.
#[derive(Debug, Clone, Copy)]
enum Asked {
    For(Setting),
    Regression,
    /// A threshold that is chosen on the validation rows.
    ThresholdRule,
    /// Padding that is not masked.
    Unmasked,
    Anything,
}

use Asked::For;
use DataKind::{Imdb, KerasImdb, Reviews, Series, Text};

const NAMED: &[DataKind] = &[Imdb, Reviews, KerasImdb];

const TABLE: &[Refusal] = &[
    Refusal {
        when: When::Kinds(&[Text]),
        asked: &[
            For(Setting::class_weight),
            For(Setting::threshold),
            For(Setting::positive),
            For(Setting::test),
            For(Setting::test_split),
            For(Setting::validation),
            For(Setting::label_separator),
            For(Setting::tokenizer),
            For(Setting::min_count),
            For(Setting::text_column),
            For(Setting::label_column),
            For(Setting::delimiter),
            For(Setting::header),
            For(Setting::no_header),
            For(Setting::on_error),
        ],
        because: "{option} is for --task classify; a language model learns one text, without labels",
    },
    Refusal {
        when: When::Kinds(&[Text]),
        asked: &[For(Setting::max_words)],
        because: "{option} is for words, but a language model has an id for every character; leave it out",
    },
    Refusal {
        when: When::Kinds(&[Text]),
        asked: &[For(Setting::padding), For(Setting::truncating), For(Setting::mask_zero)],
        because: "{option} is for rows of unlike length, but a language model reads windows of --maxlen steps; leave it out",
    },
    Refusal {
        when: When::Kinds(&[Text]),
        asked: &[For(Setting::preset)],
        because: "{option} is for labelled texts; a language model has settings of its own; leave it out",
    },
    Refusal {
        when: When::Kinds(&[Series]),
        asked: &[
            For(Setting::embedding),
            For(Setting::tokenizer),
            For(Setting::max_words),
            For(Setting::min_count),
            For(Setting::label_separator),
            For(Setting::preset),
            For(Setting::text_column),
            For(Setting::label_column),
            For(Setting::delimiter),
            For(Setting::header),
            For(Setting::no_header),
            For(Setting::encoding),
            For(Setting::on_error),
        ],
        because: "{option} is for texts, but {data} contains series; leave it out",
    },
    Refusal {
        when: When::Kinds(&[Series]),
        asked: &[Asked::Unmasked],
        because: "{option} is refused: the padding of series is always masked; leave it out",
    },
    Refusal {
        when: When::Kinds(&[Imdb, Reviews, KerasImdb, Series]),
        asked: &[For(Setting::validation)],
        because: "{option} goes with {files}, but the data are {data}; leave it out, or use --validation-split",
    },
    Refusal {
        when: When::Kinds(NAMED),
        asked: &[Asked::Regression, For(Setting::label_separator)],
        because: "{option} is for a file of your own, but the data are {data}, with one label per row; leave it out",
    },
    Refusal {
        when: When::Kinds(NAMED),
        asked: &[
            For(Setting::text_column),
            For(Setting::label_column),
            For(Setting::delimiter),
            For(Setting::header),
            For(Setting::no_header),
            For(Setting::encoding),
            For(Setting::on_error),
            For(Setting::test),
            For(Setting::test_split),
        ],
        because: "{option} goes with {files}, but the data are {data}; leave it out",
    },
    Refusal {
        when: When::Kinds(&[KerasImdb]),
        asked: &[For(Setting::tokenizer)],
        because: "keras-imdb is already tokenized; leave {option} out",
    },
    Refusal {
        when: When::NotLookedFor,
        asked: &[For(Setting::data_dir)],
        because: "{option} is the folder of imdb and keras-imdb, but the data are {data}; leave it out",
    },
    Refusal {
        when: When::RowsInMemory,
        asked: &[For(Setting::text_column), For(Setting::label_column)],
        because: "{option} names a column of a file, but the data are {data}; leave it out",
    },
    Refusal {
        when: When::RowsInMemory,
        asked: &[
            For(Setting::delimiter),
            For(Setting::header),
            For(Setting::no_header),
            For(Setting::encoding),
        ],
        because: "{option} is for a file, but the data are {data}; leave it out",
    },
    Refusal {
        when: When::Beside(Setting::header),
        asked: &[For(Setting::no_header)],
        because: "{option} cannot be used with --header; leave one of them out",
    },
    Refusal {
        when: When::Regression,
        asked: &[For(Setting::label_separator)],
        because: "{option} is for labels, but --task regression predicts numbers; leave one of them out",
    },
    Refusal {
        when: When::AccurateNotSingleLabel,
        asked: &[Asked::Anything],
        because: "--preset accurate is for one label per row; for several labels or a number, use --preset fast",
    },
    Refusal {
        when: When::Accurate,
        asked: &[
            For(Setting::validation),
            For(Setting::validation_split),
            For(Setting::early_stopping),
            For(Setting::reduce_lr_on_plateau),
            For(Setting::checkpoint_best),
            For(Setting::checkpoint_dir),
            For(Setting::csv_log),
            For(Setting::tensorboard),
            For(Setting::class_weight),
            Asked::ThresholdRule,
        ],
        because: "{option} is for the run of one model, but --preset accurate trains several, each validated on its own \
                  fold; leave it out, or use --preset fast",
    },
    Refusal {
        when: When::Regression,
        asked: &[For(Setting::threshold)],
        because: "a threshold is for labels, but --task regression predicts a number; leave {option} out",
    },
    Refusal {
        when: When::NotSingleLabel,
        asked: &[For(Setting::positive)],
        because: "{option} is one of two labels, but these rows have several labels each, or a number; leave it out",
    },
    Refusal {
        when: When::NotSingleLabel,
        asked: &[For(Setting::class_weight)],
        because: "{option} is for one label per row, but these rows have several labels, or a number; leave it out",
    },
    Refusal {
        when: When::Beside(Setting::validation),
        asked: &[For(Setting::validation_split)],
        because: "{option} cannot be used with --validation: validation rows are a file or a fraction; leave one of them out",
    },
    Refusal {
        when: When::ValidationRowsInMemory,
        asked: &[For(Setting::validation), For(Setting::validation_split)],
        because: "{option} is given, but the source has validation rows; leave one of them out",
    },
    Refusal {
        when: When::Beside(Setting::test),
        asked: &[For(Setting::test_split)],
        because: "{option} cannot be used with --test: test rows are a file or a fraction; leave one of them out",
    },
    Refusal {
        when: When::TestRowsInMemory,
        asked: &[For(Setting::test), For(Setting::test_split)],
        because: "{option} is given, but the source has test rows; leave one of them out",
    },
    Refusal {
        when: When::NoValidation,
        asked: &[Asked::ThresholdRule],
        because: "the threshold is chosen on validation rows, but --validation-split is 0; give a fraction, or \
                  --threshold a number",
    },
    Refusal {
        when: When::NoValidation,
        asked: &[
            For(Setting::early_stopping),
            For(Setting::reduce_lr_on_plateau),
            For(Setting::checkpoint_best),
        ],
        because: "{option} monitors val_loss, but --validation-split 0 leaves no validation rows; give a fraction, such \
                  as --validation-split 0.2",
    },
    Refusal {
        when: When::Without(Setting::checkpoint_dir),
        asked: &[For(Setting::checkpoint_every), For(Setting::resume)],
        because: "{option} needs the folder of the checkpoints; give --checkpoint-dir",
    },
];

impl When {
    fn holds(self, config: &TrainConfig, kind: DataKind, problem: &Problem, settings: &Settings) -> bool {
        let accurate = settings.preset == Some(Preset::Accurate);
        let single = *problem == Problem::SingleLabel;
        match self {
            Self::Kinds(kinds) => kinds.contains(&kind),
            Self::NotLookedFor => !config.data.is_looked_for(),
            Self::RowsInMemory => config.data.is_in_memory(),
            Self::Accurate => accurate,
            Self::AccurateNotSingleLabel => accurate && !single,
            Self::Regression => matches!(problem, Problem::Regression { .. }),
            Self::NotSingleLabel => !single,
            Self::NoValidation => settings.validation_split == Some(0.0),
            Self::Beside(setting) => config.has(setting),
            Self::Without(setting) => !config.has(setting),
            Self::TestRowsInMemory => config.data.has_test_rows(),
            Self::ValidationRowsInMemory => config.data.has_validation_rows(),
        }
    }
}

impl Asked {
    fn is_asked(self, config: &TrainConfig) -> bool {
        match self {
            Self::For(Setting::resume) => config.resume == Some(true),
            Self::For(setting) => config.has(setting),
            Self::Regression => config.the_task() == Task::Regression,
            Self::ThresholdRule => matches!(config.threshold, Some(Threshold::Best(_))),
            Self::Unmasked => config.mask_zero == Some(false),
            Self::Anything => true,
        }
    }

    fn option(self) -> String {
        match self {
            Self::For(setting) => setting.option(),
            Self::Regression => "--task regression".into(),
            Self::ThresholdRule => "--threshold with a rule".into(),
            Self::Unmasked => "--mask-zero false".into(),
            Self::Anything => String::new(),
        }
    }
}

/// Refuses settings that the run would ignore, and conflicting settings.
pub(crate) fn check(
    config: &TrainConfig,
    kind: DataKind,
    problem: &Problem,
    settings: &Settings,
) -> Result<()> {
    for Refusal { when, asked, because } in TABLE {
        let found = asked.iter().find(|asked| asked.is_asked(config));
        if let Some(asked) = found.filter(|_| when.holds(config, kind, problem, settings)) {
            let because = because.replace("{option}", &asked.option()).replace("{files}", LABELLED_TEXTS);
            return Err(Error::config(because.replace("{data}", &config.data.to_string())));
        }
    }
    Ok(())
}

/// The largest number of steps of a row.
const MAX_STEPS: usize = 65_536;
/// The largest number of units. A larger recurrent kernel would exceed the largest model (2³⁰ weights).
pub(crate) const MAX_UNITS: usize = 16_384;

/// Refuses values out of range. The command line refuses most of them while it parses the arguments.
pub(crate) fn check_values(config: &TrainConfig) -> Result<()> {
    let whole = |setting: Setting, value: Option<usize>, low: usize| match value {
        Some(value) if value < low => {
            Some((setting, format!("{value}; it must be a whole number of at least {low}")))
        }
        _ => None,
    };
    let share = |setting: Setting, value: Option<f64>| match value {
        Some(value) if !(0.0..1.0).contains(&value) => {
            Some((setting, format!("{value}; it must be a number of at least 0 and below 1")))
        }
        _ => None,
    };
    let rate = config.learning_rate.filter(|rate| !(rate.is_finite() && *rate > 0.0));
    let units = config
        .units
        .as_ref()
        .filter(|units| units.is_empty() || units.iter().any(|units| !(1..=MAX_UNITS).contains(units)));
    let threshold = match config.threshold {
        Some(Threshold::At(threshold)) => Some(f64::from(threshold)),
        _ => None,
    };
    let separator = config.label_separator.as_ref().filter(|text| text.chars().all(char::is_alphanumeric));
    let threads = config.threads.filter(|threads| !(1..=1024).contains(threads));
    let isa = config.isa.filter(|isa| !isa.is_available());
    let flaws = [
        whole(Setting::batch_size, config.batch_size, 1),
        whole(Setting::max_words, config.max_words, 3),
        whole(Setting::min_count, config.min_count, 1),
        whole(Setting::maxlen, config.maxlen, 1),
        whole(Setting::embedding, config.embedding, 1),
        share(Setting::dropout, config.dropout),
        share(Setting::validation_split, config.validation_split),
        share(Setting::test_split, config.test_split),
        share(Setting::threshold, threshold),
        rate.map(|rate| {
            (Setting::learning_rate, format!("{rate}; it must be a number above 0, such as 0.001"))
        }),
        units.map(|units| {
            (
                Setting::units,
                format!(
                    "{units:?}; each must be a whole number from 1 to {MAX_UNITS}, and there must be one"
                ),
            )
        }),
        separator.map(|text| {
            let wanted = "it must contain a character other than letters and digits, such as ; or |";
            (Setting::label_separator, format!("'{text}'; {wanted}"))
        }),
        threads.map(|threads| {
            (Setting::threads, format!("{threads}; it must be a whole number from 1 to 1024"))
        }),
        isa.map(|isa| (Setting::isa, format!("{isa}, which this processor lacks"))),
    ];
    if let Some((setting, flaw)) = flaws.into_iter().flatten().next() {
        return Err(Error::config(format!("{} is {flaw}", setting.option())));
    }
    match config.maxlen {
        Some(steps) if steps > MAX_STEPS => Err(Error::config(format!(
            "rows of {steps} steps were asked for, but at most {MAX_STEPS} are supported; set maxlen lower"
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
