//! The parameters of a model: one array of numbers and a table of what lies where.

use crate::layers::ParamSpec;
use std::ops::Range;

/// One parameter tensor: an entry of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParamInfo {
    /// As Keras prints it: `lstm/kernel`.
    pub name: String,
    /// Sizes, row-major.
    pub shape: Vec<usize>,
    /// Where its values lie.
    pub range: Range<usize>,
    /// Whether training changes it.
    pub trainable: bool,
}

/// All parameters of a model.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Params {
    values: Vec<f32>,
    table: Vec<ParamInfo>,
}

impl Params {
    /// Appends a tensor of zeros and returns its place.
    pub(crate) fn push(&mut self, name: String, spec: ParamSpec) -> Range<usize> {
        let ParamSpec { shape, trainable, .. } = spec;
        let start = self.values.len();
        let range = start..start + shape.iter().product::<usize>();
        self.values.resize(range.end, 0.0);
        self.table.push(ParamInfo { name, shape, range: range.clone(), trainable });
        range
    }

    /// Every value of every tensor, in table order.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Every value, to change.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// What lies where.
    pub fn table(&self) -> &[ParamInfo] {
        &self.table
    }

    /// The values of one tensor.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.info(name).map(|info| &self.values[info.range.clone()])
    }

    /// The values of one tensor, to change.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        let range = self.info(name)?.range.clone();
        Some(&mut self.values[range])
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn info(&self, name: &str) -> Option<&ParamInfo> {
        self.table.iter().find(|info| info.name == name)
    }
}
