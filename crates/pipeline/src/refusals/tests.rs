//! Every row of the tables refuses, and what no row names is accepted.

use super::*;
use crate::source::Source;
use gatewise::ErrorKind;

/// A configuration that gives one setting, with a value that suits it.
fn giving(setting: Setting) -> TrainConfig {
    let value = match setting {
        Setting::task => "\"classify\"",
        Setting::test | Setting::validation => "\"other.csv\"",
        Setting::test_split | Setting::validation_split | Setting::dropout => "0.25",
        Setting::label_separator => "\";\"",
        Setting::positive => "\"pos\"",
        Setting::preset => "\"fast\"",
        Setting::output | Setting::checkpoint_best | Setting::csv_log => "\"file.gatewise\"",
        Setting::tensorboard | Setting::checkpoint_dir | Setting::data_dir => "\"folder\"",
        Setting::tokenizer => "\"unicode\"",
        Setting::padding | Setting::truncating => "\"post\"",
        Setting::mask_zero
        | Setting::resume
        | Setting::no_baseline
        | Setting::header
        | Setting::no_header => "true",
        Setting::cell => "\"gru\"",
        Setting::units => "[4]",
        Setting::class_weight => "\"balanced\"",
        Setting::threshold => "0.25",
        Setting::learning_rate => "0.01",
        Setting::checkpoint_every => "1.0",
        Setting::text_column => "[\"a\"]",
        Setting::label_column => "\"y\"",
        Setting::delimiter => "\";\"",
        Setting::encoding => "\"windows-1252\"",
        Setting::on_error => "\"skip\"",
        Setting::isa => "\"portable\"",
        Setting::epochs
        | Setting::batch_size
        | Setting::max_words
        | Setting::min_count
        | Setting::maxlen
        | Setting::embedding
        | Setting::early_stopping
        | Setting::reduce_lr_on_plateau
        | Setting::seed
        | Setting::threads => "3",
    };
    serde_json::from_str(&format!("{{\"{}\": {value}}}", setting.name())).unwrap()
}

fn source(kind: DataKind) -> Source {
    match kind {
        DataKind::Imdb => Source::imdb(),
        DataKind::Reviews => Source::reviews(),
        DataKind::KerasImdb => Source::keras_imdb(),
        DataKind::Texts => Source::file("a.csv"),
        DataKind::Series => Source::file("a.ts"),
        DataKind::Text => Source::file("a.txt"),
    }
}

/// The least that a kind of data needs.
fn of_kind(kind: DataKind) -> TrainConfig {
    let config = TrainConfig::new(source(kind));
    if kind == Text { config.task(Task::LanguageModel) } else { config }
}

/// Configurations in which a row of the table holds.
fn where_it_holds(when: When) -> Vec<TrainConfig> {
    let own = || of_kind(DataKind::Texts);
    let rows = || [("good", "p"), ("bad", "n")];
    match when {
        When::Kinds(kinds) => kinds.iter().map(|&kind| of_kind(kind)).collect(),
        When::NotLookedFor => vec![of_kind(Reviews), own(), of_kind(Series), of_kind(Text)],
        When::RowsInMemory => vec![TrainConfig::new(Source::texts(rows()))],
        When::Accurate => vec![own().preset(Preset::Accurate), of_kind(Imdb).preset(Preset::Accurate)],
        When::AccurateNotSingleLabel => vec![
            own().preset(Preset::Accurate).task(Task::Regression),
            own().preset(Preset::Accurate).label_separator(";"),
        ],
        When::Regression => vec![own().task(Task::Regression)],
        When::NotSingleLabel => vec![own().task(Task::Regression), own().label_separator(";")],
        When::NoValidation => vec![own().validation_split(0.0), of_kind(Imdb).validation_split(0.0)],
        When::Beside(setting) => vec![own().overlaid(&giving(setting))],
        When::Without(_) => vec![own(), of_kind(Imdb), of_kind(Series)],
        When::TestRowsInMemory => vec![TrainConfig::new(Source::texts(rows()).with_test(rows()))],
        When::ValidationRowsInMemory => {
            vec![TrainConfig::new(Source::texts(rows()).with_validation(rows()))]
        }
    }
}

fn asking(asked: Asked) -> TrainConfig {
    match asked {
        Asked::For(setting) => giving(setting),
        Asked::Regression => TrainConfig::default().task(Task::Regression),
        Asked::ThresholdRule => TrainConfig::default().threshold(gatewise::metrics::ThresholdRule::F1),
        Asked::Unmasked => TrainConfig::default().mask_zero(false),
        Asked::Anything => TrainConfig::default(),
    }
}

#[test]
fn every_row_of_the_table_refuses_before_any_work() {
    let mut refused = 0;
    for Refusal { when, asked, .. } in TABLE {
        for config in where_it_holds(*when) {
            for &asked in *asked {
                // None of these files exists: nothing is read.
                let error = config.clone().overlaid(&asking(asked)).plan().unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Config, "{when:?} {asked:?}: {error}");
                let (message, option) = (error.to_string(), asked.option());
                let named = option.split(' ').next().unwrap_or_default();
                assert!(message.contains(named), "{when:?} {asked:?}: {message}");
                assert!(!message.contains(['{', '}']), "{message}");
                refused += 1;
            }
        }
    }
    assert!(refused > 90, "{refused}");
}

/// What each kind of run pays heed to, by name: all other settings are refused.
#[test]
fn what_no_row_names_is_heeded() {
    let always = "output epochs batch_size learning_rate maxlen cell units dropout validation_split early_stopping \
                  reduce_lr_on_plateau checkpoint_best csv_log tensorboard seed checkpoint_dir no_baseline threads isa";
    let words = "preset max_words min_count tokenizer padding truncating mask_zero embedding class_weight threshold positive";
    let named = format!("{always} {words} task");
    for (config, heeded) in [
        (of_kind(Imdb), format!("{named} data_dir")),
        (of_kind(Reviews), named.clone()),
        (of_kind(KerasImdb), format!("{} data_dir", named.replace(" tokenizer", ""))),
        (
            of_kind(DataKind::Texts),
            format!(
                "{named} test test_split validation label_separator text_column label_column delimiter header no_header \
                 encoding on_error"
            ),
        ),
        (
            of_kind(Series),
            format!("{always} task test test_split padding truncating mask_zero class_weight threshold positive"),
        ),
        (of_kind(Text), format!("{always} embedding encoding")),
        (
            of_kind(Imdb).preset(Preset::Accurate),
            "output epochs batch_size learning_rate maxlen cell units dropout seed no_baseline threads isa max_words \
             min_count tokenizer padding truncating mask_zero embedding threshold positive task data_dir"
                .into(),
        ),
    ] {
        let heeded: Vec<&str> = heeded.split_whitespace().collect();
        for &setting in Setting::ALL {
            // These are asked about above: given here, they would make it another kind of run, or need
            // another setting.
            let other = [Setting::checkpoint_every, Setting::resume];
            if config.has(setting) || other.contains(&setting) {
                continue;
            }
            let plan = config.clone().overlaid(&giving(setting)).plan();
            let expected = heeded.contains(&setting.name());
            assert_eq!(plan.is_ok(), expected, "{} on {}: {:?}", setting.name(), config.data, plan.err());
        }
    }
    let resumed = of_kind(Imdb).checkpoint_dir("x").resume(true).overlaid(&giving(Setting::checkpoint_every));
    assert!(resumed.plan().is_ok());
    assert!(of_kind(Imdb).resume(false).plan().is_ok(), "what is done anyway");
}

#[test]
fn values_out_of_range_are_refused_by_name() {
    for (text, option) in [
        (r#"{"batch_size": 0}"#, "--batch-size is 0"),
        (r#"{"learning_rate": -1.0}"#, "--learning-rate is -1"),
        (r#"{"max_words": 2}"#, "--max-words is 2"),
        (r#"{"min_count": 0}"#, "--min-count is 0"),
        (r#"{"maxlen": 0}"#, "--maxlen is 0"),
        (r#"{"maxlen": 65537}"#, "rows of 65537 steps"),
        (r#"{"embedding": 0}"#, "--embedding is 0"),
        (r#"{"units": []}"#, "--units is []"),
        (r#"{"units": [8, 0]}"#, "--units is [8, 0]"),
        (r#"{"units": [99999]}"#, "--units is [99999]"),
        (r#"{"dropout": 1.0}"#, "--dropout is 1"),
        (r#"{"validation_split": 1.5}"#, "--validation-split is 1.5"),
        (r#"{"test_split": -0.5}"#, "--test-split is -0.5"),
        (r#"{"threshold": 1.0}"#, "--threshold is 1"),
        (r#"{"label_separator": "x"}"#, "--label-separator is 'x'"),
        (r#"{"threads": 0}"#, "--threads is 0"),
        (r#"{"max_words": 9999999999}"#, "1073741824 parameters"),
    ] {
        let config: TrainConfig = serde_json::from_str(text).unwrap();
        let config = TrainConfig { data: Source::file("a.csv"), ..config };
        let error = config.plan().unwrap_err();
        assert!(error.to_string().contains(option), "{text}: {error}");
        assert_eq!(error.kind(), ErrorKind::Config);
    }
}
