//! Pictures of an [`Explanation`](gatewise::explain::Explanation): [`Page`], one offline HTML page, and [`fragment`], which a notebook shows.
//!
//! The page shows the words with their contributions, the answer if the text ended at each of them, gates and states,
//! the inside of the cell, phrases, the smallest changes that turn the answer, the parts of an ensemble, and two
//! explanations side by side. It loads nothing: style, scripts and data are in it.
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
