//! The parameters of a model: one array of numbers and a table of what lies where.

use crate::error::{Error, Result};
use crate::layers::{ParamSpec, Regularizer};
use crate::text::WordVectors;
use std::ops::Range;

/// One parameter tensor: an entry of the table.
#[derive(Debug, Clone, PartialEq)]
pub struct ParamInfo {
    /// As Keras prints it: `lstm/kernel`.
    pub name: String,
    /// Sizes, row-major.
    pub shape: Vec<usize>,
    /// Where its values lie.
    pub range: Range<usize>,
    /// Whether training changes it.
    pub trainable: bool,
    /// What its values add to the loss, if training changes it.
    pub regularizer: Option<Regularizer>,
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
        let ParamSpec { shape, regularizer, trainable, .. } = spec;
        let start = self.values.len();
        let range = start..start + shape.iter().product::<usize>();
        self.values.resize(range.end, 0.0);
        self.table.push(ParamInfo { name, shape, range: range.clone(), trainable, regularizer });
        range
    }

    /// What the layers' regularisers add to the loss.
    pub fn penalty(&self) -> f64 {
        let penalties = self.table.iter().filter(|info| info.trainable).filter_map(|info| {
            let regularizer = info.regularizer?;
            Some(regularizer.penalty(&self.values[info.range.clone()]))
        });
        // An empty sum of floats is −0.
        penalties.fold(0.0, |sum, penalty| sum + penalty)
    }

    /// Every value of every tensor, in table order.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Every value, to change.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// What lies where, and every value, to change.
    pub(super) fn table_and_values(&mut self) -> (&[ParamInfo], &mut [f32]) {
        (&self.table, &mut self.values)
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

    /// Writes pretrained vectors into the rows of their words in the tensor `name`, the table of an
    /// embedding; other rows stay as they are.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when there is no such table, or none of that width with a
    /// row for every word.
    pub fn set_vectors(&mut self, name: &str, vectors: &WordVectors) -> Result<()> {
        let width = vectors.width();
        let rows = vectors.iter().map(|(id, _)| id as usize + 1).max().unwrap_or(0);
        let fitting = self.info(name).filter(|info| info.shape.len() == 2 && info.shape[1] == width);
        let Some(range) = fitting.filter(|info| info.shape[0] >= rows).map(|info| info.range.clone()) else {
            let found = self
                .info(name)
                .map_or("there is no such tensor".into(), |info| format!("its shape is {:?}", info.shape));
            return Err(Error::shape(format!(
                "the word vectors need {name} to have at least {rows} rows of {width} numbers, but {found}; make                  the Embedding's output_dim {width} and its input_dim the vocabulary's size"
            )));
        };
        let table = &mut self.values[range];
        for (id, vector) in vectors.iter() {
            table[id as usize * width..][..width].copy_from_slice(vector);
        }
        Ok(())
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
