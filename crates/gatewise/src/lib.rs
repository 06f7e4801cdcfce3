//! Recurrent sequence models that train in seconds on a CPU.
//!
//! A [`Sequential`] stack of layers is trained on rows of token ids or vectors, and becomes a [`Model`]. An
//! [`Artifact`] is one file that contains the model, its tokenizer and its labels, and predicts on its own.
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
//! Names, defaults and semantics follow Keras 3: layers, initializers, padding, optimizers, reported loss and
//! accuracy. DESIGN.md lists the differences. The recipes in `book/recipes.md` show common tasks.
//!
//! # Data flow
//!
//! Each module uses the modules before it only; a test checks this.
//!
//! | module | input | output |
//! |---|---|---|
//! | [`text`] | text | words ([`Tokenizer`](text::Tokenizer)), ids ([`Vocabulary`](text::Vocabulary)) |
//! | [`rows`] | ids or vectors with targets | [`Corpus`](rows::Corpus), then [`Dataset`](rows::Dataset) |
//! | [`files`] | CSV, TSV, JSON lines, Parquet, folders, `.ts` | a [`Corpus`](rows::Corpus), [`TimeSeries`](rows::TimeSeries), records |
//! | [`datasets`] | names of known data sets | a [`Corpus`](rows::Corpus) |
//! | [`layers`] | settings | layers of a [`Sequential`] |
//! | [`Sequential`] | layers | a [`Model`], by [`compile`](Sequential::compile) |
//! | [`optimizer`] | gradients | updated weights |
//! | [`train`] | a model and a data set ([`Fit`]) | the trained model, and a [`History`] |
//! | [`linear`] | a data set | a linear model of word n-grams: a baseline |
//! | [`Artifact`] | a model, its [`Reader`], padding, labels | a file |
//! | [`Predictor`], [`Artifact::predict`] | texts, series, ids | probabilities, an [`Answer`] for each row |
//! | [`Stateful`] | the next steps of rows, their [`State`] | outputs, and the new state |
//! | [`Model::trace`], [`Model::hidden_states`] | rows | gates, states and outputs at every step |
//! | [`Model::input_gradients`] | rows | gradients of an [`Output`] with respect to the inputs |
//! | [`Generator`] | a prompt | generated text of a language model |
//!
//! All of them run on a [`Machine`]: an instruction set and a shared thread pool.
//! Training and evaluation use [`metrics`] and [`Loss`], all random numbers come from [`rng`], and files are written by
//! [`write_atomic`].
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
//! // Any texts with labels will do; these come from a grammar in the library.
//! let texts: Vec<(String, u32)> = reviews::generate(1, 4_000);
//!
//! // Text → vocabulary: the commonest words of the training texts get the ids below 500.
//! let tokenizer = Tokenizer::default();
//! let mut counter = WordCounter::new();
//! for (text, _) in &texts {
//!     tokenizer.words(text).iter().for_each(|word| {
//!         counter.add(word);
//!     });
//! }
//! let vocabulary = Vocabulary::from_ranked(&counter.finish().words, 500)?;
//!
//! // Vocabulary → data set. Rows stay ragged; padding is a setting.
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
//! // Model → artifact → predictions.
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
//! [`datasets::imdb`] reads the IMDB film reviews, and [`datasets::keras_imdb`] reads Keras's copy of them.
//!
//! # Determinism
//!
//! The same seed, data and settings give the same bits: on any number of threads, on every instruction
//! set ([`Isa`]), and for a row alone or in a batch. Each sample has its own lane, all lanes use the same
//! IEEE operations on every instruction set, and gradients are summed by blocks of sixteen rows in a fixed
//! order. Platforms may differ in `exp`, `ln` and `cos`, which compute the last activation and the initial weights.
//!
//! A run with [`Checkpoints`] may be killed at any moment. The resumed run ends with the same bits as an
//! uninterrupted run.
//!
//! # Errors
//!
//! Everything that can fail returns a [`Result`] with this crate's [`Error`]: a message with what was found, what was
//! expected and what to do, and an [`ErrorKind`] to match on. Bad input is an error, never a panic.
//!
//! # Features
//!
//! | feature | default | content |
//! |---|---|---|
//! | `files` | on | [`files`]: readers and writers of CSV, TSV, JSON lines, folders and `.ts` |
//! | `datasets` | on | [`datasets`]: IMDB, Keras's copy of it, and the generated reviews |
//! | `download` | off | downloading public data sets from their publishers; an HTTP client |
//! | `parquet` | off | reading Parquet files; their codecs |
//! | `hugging-face` | off | tokenizers from a Hugging Face `tokenizer.json` |
//!
//! A service that loads a model and predicts needs no feature: `default-features = false`.

#![warn(missing_docs)]
// Only `kernels` allows it, with a reason at every place.
#![deny(unsafe_code)]

mod artifact;
#[cfg(feature = "datasets")]
pub mod datasets;
pub mod ensemble;
mod error;
mod evaluate;
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
pub use evaluate::Scored;
pub use forecast::{ForecastOptions, Forecaster};
pub use generate::{Generator, Sampling};
pub use kernels::Isa;
pub use loss::Loss;
pub use model::{
    Machine, Model, Output, ParamInfo, Params, Sequential, State, Stateful, Trace, TraceArray,
    default_threads,
};
pub use predict::{Answer, Predictor};
pub use storage::{AtomicFile, check_target, write_atomic};
pub use train::{Checkpoints, Fit, History};

/// The example in the README is a test.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;
