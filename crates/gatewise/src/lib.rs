//! Recurrent sequence models that train in seconds on a CPU.
//!
//! What enters is rows of token ids, or labelled text that becomes such rows, and a stack of layers.
//! What leaves is a trained [`Model`], and, with all that is needed to read text, an [`Artifact`]: one
//! file that answers for itself.
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
//! Names, defaults and meanings are those of Keras 3: layers, initialisers, padding, optimizers, how loss and
//! accuracy are reported. What differs is listed in DESIGN.md.
//!
//! # The way of the data
//!
//! Each module reads from those before it and from none after it; a test holds it to that.
//!
//! | module | enters | leaves |
//! |---|---|---|
//! | [`text`] | text | words ([`Tokenizer`](text::Tokenizer)), ids ([`Vocabulary`](text::Vocabulary)) |
//! | [`rows`] | ids or vectors with targets | [`Corpus`](rows::Corpus), then [`Dataset`](rows::Dataset) |
//! | [`files`] | other people's files | a [`Corpus`](rows::Corpus), [`TimeSeries`](rows::TimeSeries), records |
//! | [`datasets`] | names of known data sets | a [`Corpus`](rows::Corpus) |
//! | [`layers`] | settings | the layers of a [`Sequential`] |
//! | [`Sequential`] | layers | by [`compile`](Sequential::compile), a [`Model`]: weights and what to run |
//! | [`optimizer`] | gradients | changed weights |
//! | [`train`] | a model and a data set ([`Fit`]) | the model, trained, and a [`History`] |
//! | [`linear`] | a data set | what counting words and runs of words alone achieves |
//! | [`Artifact`] | a model, its [`Reader`], padding, labels | one file, and back |
//! | [`Predictor`], [`Artifact::predict`] | text, series, ids | a probability, an [`Answer`] |
//! | [`Stateful`] | the next steps of rows, their [`State`] | outputs, and the state after them |
//! | [`Model::trace`], [`Model::hidden_states`] | rows | what every layer computed at every step |
//! | [`Model::input_gradients`] | rows | how much every input moves an [`Output`] |
//! | [`Generator`] | a prompt | what a language model goes on with |
//!
//! All of them run on a [`Machine`]: an instruction set, and one pool of threads that everything on it shares.
//! [`metrics`] and [`Loss`] serve training and evaluation, [`rng`] everything that is drawn by lot,
//! [`write_atomic`] and [`check_target`] whoever writes files.
//!
//! # From text to answers
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
//! // Vocabulary → data set. Rows stay ragged; padding is a policy.
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
//! // Model → artifact → answers. What was trained is what is served.
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
//! For the film reviews that everybody knows there is [`datasets::imdb`], for Keras's own copy of them
//! [`datasets::keras_imdb`].
//!
//! # Determinism
//!
//! The same seed, data and settings give the same bits: on any number of threads, on every instruction
//! set ([`Isa`]), whether a row is answered alone or among others. A sample is a lane, lanes do the same
//! IEEE operations everywhere, and gradients are summed by blocks of sixteen rows in the order of the
//! blocks. Across platforms this holds as far as their `exp`, `ln` and `cos` agree, which the last
//! activation and the initial weights are computed with.
//!
//! A run that saves itself ([`Checkpoints`]) may be killed at any moment: resumed, it ends with the bits
//! that it would have ended with.
//!
//! # Errors
//!
//! Everything that can fail returns [`Result`] with this crate's [`Error`]: a message that says what was
//! found, what was expected and what to do, and an [`ErrorKind`] to match on. Bad input is an error,
//! never a panic.
//!
//! # Features
//!
//! | feature | default | what it brings |
//! |---|---|---|
//! | `files` | on | [`files`]: readers and writers of CSV, TSV, JSON lines, folders and `.ts` |
//! | `datasets` | on | [`datasets`]: IMDB, Keras's copy of it, and the generated reviews |
//! | `download` | off | fetching public data sets from their publishers; an HTTP client |
//! | `parquet` | off | reading Parquet files; their codecs |
//! | `hugging-face` | off | tokenizers from a Hugging Face `tokenizer.json` |
//!
//! A service that loads a model and answers needs none of them: `default-features = false`.

#![warn(missing_docs)]
// One room may: it says why at every place.
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
