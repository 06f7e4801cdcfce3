//! Pictures of an [`Explanation`](gatewise::explain::Explanation): [`Page`], one offline HTML page, and [`fragment`], which a notebook shows.
//!
//! The page shows the words with their contributions, the answer if the text ended at each of them, gates and states,
//! the inside of the cell, phrases, the smallest changes that turn the answer, the parts of an ensemble, and two
//! explanations side by side. It loads nothing: style, scripts and data are in it.
//!
//! ```
//! use gatewise::explain::Explainer;
//! use gatewise::layers::{Activation, Dense, Embedding, Lstm};
//! use gatewise::rows::Padding;
//! use gatewise::text::{Tokenizer, Vocabulary};
//! use gatewise::{Artifact, Sequential};
//!
//! let layers = Sequential::new().with(Embedding::new(12, 4)).with(Lstm::new(3));
//! let model = layers.with(Dense::new(1).activation(Activation::Sigmoid)).compile(1)?;
//! let vocabulary = Vocabulary::from_ranked(&["good", "film"].map(String::from), 12)?;
//! let artifact = Artifact::builder(model).text(Tokenizer::default(), vocabulary).padding(Padding::to(9));
//! let explainer = Explainer::new(artifact.labels(["neg", "pos"]).build()?)?;
//!
//! let explanations = [explainer.explain("A <b>good</b> film.")?, explainer.explain("No film.")?];
//! let html = gatewise_views::page("Why?", &explanations);
//! assert!(html.contains("A \\u003cb\\u003egood") && !html.contains("<b>"));
//! assert!(gatewise_views::fragment(&explanations[0]).contains(">good<"));
//! # Ok::<(), gatewise::Error>(())
//! ```
//!
//! Texts are untrusted. Nothing of a text becomes markup: the data are escaped JSON, the scripts set text only as text,
//! and the page allows no script but its own.

#![warn(missing_docs)]

mod assets;
mod escape;
mod fragment;
mod page;

pub use assets::{MODULES, STYLE};
pub use fragment::{fragment, fragment_of_json};
pub use page::{Page, page};
