//! The ways to merge the outputs of two directions.

use serde::{Deserialize, Serialize};

/// How [`Bidirectional`](super::Bidirectional) merges the outputs of the two directions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MergeMode {
    /// Concatenation: the forward output, then the backward output.
    #[default]
    Concat,
    /// Sum.
    Sum,
    /// Elementwise product.
    Mul,
    /// Mean.
    Ave,
    /// Not at all: two outputs, the forward output and the backward output. Only a call of the layer
    /// ([`Layer::call_with`](super::Layer::call_with)) has two outputs; a layer of a model has one.
    None,
}
