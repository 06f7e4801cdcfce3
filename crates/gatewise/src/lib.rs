//! Recurrent sequence models that train in seconds on a CPU.
//!
//! Input: rows of token ids, vectors or labelled text, and a stack of layers. Output: a trained [`Model`],
//! and an [`Artifact`]: one file with the model and its preprocessing.
//!
//! ```
//! use gatewise::layers::{Activation, Dense, Embedding, Lstm};
//! use gatewise::{Fit, Sequential, rows::{Dataset, Sequences}};
//! // Rows that begin with a 1 are positive.
//! let rows: Sequences = (0..200).map(|i| [2 - i % 2, 3, 4, 5]).collect();
//! let data = Dataset::new(rows, (0..200).map(|i| (i % 2) as f32).collect::<Vec<_>>())?;
//! let layers = Sequential::new().with(Embedding::new(6, 4)).with(Lstm::new(8));
//! let mut model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
//! Fit::new().epochs(20).learning_rate(0.02).run(&mut model, &data)?;
//! assert!(model.evaluate(&data)?.accuracy > Some(0.95));
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! Layers, initialisers, padding, optimizers, losses and metrics have the names, defaults and meanings of
//! Keras 3. DESIGN.md lists the differences.
//!
//! # Modules
//!
//! Data flows down the table. A module uses modules above it only; a test checks this. The exceptions are
//! [`files`] and [`datasets`], which only [`text`] and [`rows`] precede.
//!
//! | module or type | input | output |
//! |---|---|---|
//! | [`text`] | text | words ([`Tokenizer`](text::Tokenizer)), ids ([`Vocabulary`](text::Vocabulary)) |
//! | [`rows`] | ids or vectors with targets | [`Corpus`](rows::Corpus), [`Dataset`](rows::Dataset) |
//! | [`files`] | data files | [`Corpus`](rows::Corpus), [`TimeSeries`](rows::TimeSeries), records |
//! | [`datasets`] | a public data set, or a seed | [`Corpus`](rows::Corpus) |
//! | [`layers`] | hyperparameters | the layers of a [`Sequential`] |
//! | [`Sequential`] | layers | [`Model`], by [`compile`](Sequential::compile) |
//! | [`optimizer`] | gradients | updated weights |
//! | [`Model::score`] | a model and a data set | [`Scored`]: outputs, targets, loss and accuracy |
//! | [`Fit`] | a model and a data set | the trained model, [`History`] |
//! | [`train::Stepper`] | a model and a batch | [`Gradient`](train::Gradient), updated weights |
//! | [`linear`] | a data set | [`LinearModel`](linear::LinearModel): the n-gram baseline |
//! | [`ensemble`] | layers and a data set | [`Ensemble`](ensemble::Ensemble) |
//! | [`Artifact`] | a model, its [`Reader`], padding, labels | one file, and back |
//! | [`Predictor`], [`Artifact::predict`] | text, series or ids | [`Answer`]: label, probability, outputs |
//! | [`Stateful`] | the next steps of rows, their [`State`] | outputs, the new state |
//! | [`Model::trace`], [`Model::hidden_states`] | rows | the activations of each layer at each step |
//! | [`Model::input_gradients`] | rows, an [`Output`] | the gradient of the output with respect to the inputs |
//! | [`Generator`] | a language model, a prompt | the next tokens |
//! | [`Forecaster`] | a series of numbers | the next numbers |
//!
//! A [`Machine`] (an instruction set and a shared thread pool) runs all of them. [`metrics`] and [`Loss`]
//! serve training and evaluation. [`rng`] draws all random numbers. [`write_atomic`] and [`check_target`]
//! write files.
//!
//! # From text to predictions
//!
//! ```
//! use gatewise::datasets::reviews;
//! use gatewise::rows::{Dataset, Padding, Sequences};
//! use gatewise::layers::{Activation, Dense, Embedding, Lstm};
//! use gatewise::text::{Tokenizer, Vocabulary, WordCounter};
//! use gatewise::{Artifact, Fit, Predictor, Sequential, TrainingSummary};
//!
//! // Labelled texts; a grammar in the library generates these.
//! let texts: Vec<(String, u32)> = reviews::generate(1, 4_000);
//!
//! // Text → vocabulary: the most frequent words of the training texts, 500 ids in all.
//! let tokenizer = Tokenizer::default();
//! let mut counter = WordCounter::new();
//! for (text, _) in &texts {
//!     tokenizer.words(text).iter().for_each(|word| {
//!         counter.add(word);
//!     });
//! }
//! let vocabulary = Vocabulary::from_ranked(&counter.finish().words, 500)?;
//!
//! // Vocabulary → data set. Rows are ragged; the padding is a setting of the data set.
//! let mut rows = Sequences::new();
//! for (text, _) in &texts {
//!     let mut ids = Vec::new();
//!     vocabulary.encode(&tokenizer, text, &mut ids);
//!     rows.push(ids);
//! }
//! let padding = Padding::to(64);
//! let targets: Vec<f32> = texts.iter().map(|(_, class)| *class as f32).collect();
//! let data = Dataset::new(rows, targets)?.with_padding(padding);
//!
//! // Data set → model.
//! let mut model = Sequential::new()
//!     .with(Embedding::new(500, 15))
//!     .with(Lstm::new(10))
//!     .with(Dense::new(1).activation(Activation::Sigmoid))
//!     .compile(1)?;
//! let fit = Fit::new().epochs(8).learning_rate(0.01).validation_split(0.2);
//! let history = fit.run(&mut model, &data)?;
//! assert!(history.epochs[7].val_accuracy > Some(0.8));
//!
//! // Model → artifact → predictions. The artifact contains everything that training used.
//! let artifact = Artifact::builder(model)
//!     .text(tokenizer, vocabulary)
//!     .padding(padding)
//!     .labels(["neg", "pos"])
//!     .training(TrainingSummary::default().history(history))
//!     .build()?;
//! let folder = tempfile::tempdir().unwrap();
//! let path = folder.path().join("model.gatewise");
//! artifact.save(&path)?;
//! let predictor = Predictor::new(Artifact::load(&path)?)?;
//! assert_eq!(predictor.answer("What a gripping film this is.")?.label, "pos");
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! [`datasets::imdb`] reads the IMDB film reviews, [`datasets::keras_imdb`] Keras's copy of them.
//!
//! # Determinism
//!
//! The same seed, data and settings give the same bits:
//! * on any number of threads,
//! * on every instruction set ([`Isa`]),
//! * whether a row is predicted alone or in a batch.
//!
//! A sample is a lane; lanes perform the same IEEE operations everywhere; gradients are summed by blocks of
//! sixteen rows in the order of the blocks. Across platforms, the bits are equal where `exp`, `ln` and `cos`
//! are: the last activation and the initial weights use these functions.
//!
//! A run with [`Checkpoints`] may be killed at any moment: the resumed run ends with the same bits as an
//! uninterrupted run.
//!
//! # Errors
//!
//! Functions that can fail return [`Result`] with this crate's [`Error`]. Its message contains what was
//! found, what was expected and what to do; its [`ErrorKind`] is for matching. Bad input is an error, never a
//! panic.
//!
//! # Features
//!
//! | feature | default | contents |
//! |---|---|---|
//! | `files` | on | [`files`]: readers and writers of CSV, TSV, JSON lines, folders and `.ts` |
//! | `datasets` | on | [`datasets`]: IMDB, Keras's copy of IMDB, and generated reviews |
//! | `download` | off | downloads of public data sets; an HTTP client. Includes `datasets` |
//! | `parquet` | off | reading Parquet files; their codecs. Includes `files` |
//! | `hugging-face` | off | tokenizers from a Hugging Face `tokenizer.json` |
//!
//! A service that loads a model and predicts needs none of them: `default-features = false`.

#![warn(missing_docs)]
// `kernels` is the exception.
#![deny(unsafe_code)]

mod artifact;
#[cfg(feature = "datasets")]
pub mod datasets;
pub mod ensemble;
mod error;
mod evaluate;
pub mod explain;
#[cfg(feature = "files")]
pub mod files;
mod forecast;
mod generate;
#[allow(unsafe_code)]
mod kernels;
pub mod layers;
pub mod linear;
mod loss;
pub mod metrics;
mod model;
pub mod optimizer;
mod page;
mod predict;
pub mod rng;
pub mod rows;
mod storage;
pub mod text;
pub mod train;

pub use artifact::{AnswerKind, Artifact, ArtifactBuilder, FORMAT, Reader, TrainingSummary};
pub use error::{Error, ErrorKind, Result};
pub use evaluate::{Evaluate, Scored};
pub use forecast::{Baseline, FittedBaseline, ForecastOptions, Forecaster, Interval};
pub use generate::{Generator, Sampling};
pub use kernels::Isa;
pub use loss::{CustomLoss, Loss, LossRows, Reduction};
pub use model::{
    CallOptions, CallOutputs, LayerSummary, Machine, Model, Output, ParamInfo, Params, Sequential, State,
    Stateful, Trace, TraceArray, default_threads,
};
pub use predict::{Answer, Predictor};
pub use storage::{AtomicFile, check_target, write_atomic};
pub use train::{Checkpoints, Fit, History};

/// Runs the examples of the README as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
