//! The training pipeline: from settings to a trained model. The command line and all other interfaces use it.
//!
//! A [`TrainConfig`] contains the settings of a run. Its [`plan`](TrainConfig::plan) fills in every default
//! from one table and refuses conflicting settings, before any work. [`TrainPlan::run`] reads the data,
//! trains, evaluates, and returns a [`TrainOutcome`]. An [`Observer`] receives notes and progress, and can
//! stop the run.
//!
//! ```
//! use gatewise_pipeline::{Preset, Source, TrainConfig};
//! # let folder = tempfile::tempdir().unwrap();
//! # let [films, model] = ["films.csv", "model.gatewise"].map(|name| folder.path().join(name));
//! let rows = ["a fine film,good\n", "a dull film,bad\n"].concat().repeat(40);
//! std::fs::write(&films, format!("text,label\n{rows}")).unwrap();
//! let config = TrainConfig::new(Source::file(&films)).preset(Preset::Fast).epochs(2).units([8]);
//! let outcome = config.plan()?.run(&mut ())?;
//! outcome.artifact.save(&model)?;
//! println!("{}", outcome.report.unwrap());
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! The crate does not print, does not end the process, and does not parse arguments. Error messages name
//! settings as the options of the command line: `--max-words` is [`TrainConfig::max_words`].

#![warn(missing_docs)]

mod baselines;
mod choices;
mod config;
mod data_summary;
mod defaults;
mod describe;
mod ensemble;
mod evaluate;
mod explain;
mod fit;
mod forecast;
mod imbalance;
mod language_model;
mod layers;
mod observer;
mod outcome;
mod parts;
mod plan;
mod predict;
mod prepared;
mod reading;
mod refusals;
mod run;
mod run_files;
mod sample_weight;
mod series;
mod source;
mod texts;
mod threshold;
mod tokenizer;
mod trial_log;
mod tune;
mod untrained;

pub use baselines::Baseline;
pub use choices::{Preset, Task, Threshold};
pub use config::TrainConfig;
pub use data_summary::{DataSummary, TextSummary};
pub use defaults::{FEW_ROWS, default_sentence, folds_and_members, machine};
pub use describe::DescribeConfig;
pub use evaluate::{EvaluateConfig, EvaluateOutcome, rows_for};
pub use explain::{ExplainFile, linear_baseline};
pub use forecast::{
    Errors, ForecastConfig, ForecastFile, ForecastOutcome, ForecastPoint, SeriesForecast, TestedBaseline,
    TestedForecast,
};
pub use observer::{Observer, Progress};
pub use outcome::{Timings, TrainOutcome};
pub use plan::TrainPlan;
pub use predict::{
    Destination, Drift, PredictFile, PredictInput, PredictOutcome, PredictSeries, check_top_k,
    predicted_probabilities, set_threshold, text_files, top_labels,
};
pub use reading::RowOptions;
pub use run_files::RunFiles;
pub use source::{DataKind, LABELLED_TEXTS, Source, Target};
pub use tokenizer::named as named_tokenizer;
pub use trial_log::{Figure, TrialLog};
pub use tune::{TuneConfig, TuneOutcome, TunePlan, quoted};

/// Runs the example of the README as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
