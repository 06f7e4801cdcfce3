//! Learning rates that are a function of the number of steps done.
//!
//! Input: a name and a function. Output: a learning rate.

use serde::{Serialize, Serializer};
use serde_json::json;
use std::fmt;
use std::sync::Arc;

/// A function of the number of steps done, known by its name; see
/// [`LearningRate::from_fn`](super::LearningRate::from_fn).
#[derive(Clone)]
pub struct RateFunction {
    name: String,
    rate: Arc<dyn Fn(u64) -> f64 + Send + Sync>,
}

impl RateFunction {
    pub(super) fn new(name: impl Into<String>, rate: impl Fn(u64) -> f64 + Send + Sync + 'static) -> Self {
        Self { name: name.into(), rate: Arc::new(rate) }
    }

    /// Returns the name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the learning rate of the next step, after `iterations` steps.
    pub fn at(&self, iterations: u64) -> f64 {
        (self.rate)(iterations)
    }
}

impl fmt::Debug for RateFunction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RateFunction({:?})", self.name)
    }
}

/// Functions are compared by their names.
impl PartialEq for RateFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Serialize for RateFunction {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        json!({ "schedule": "function", "name": self.name }).serialize(serializer)
    }
}
