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

    /// Returns the shape and the values, row-major, of one tensor.
    ///
    /// ```
    /// use gatewise::layers::{Input, Lstm};
    /// use gatewise::Sequential;
    /// let model = Sequential::new().with(Input::new(2)).with(Lstm::new(3)).compile(1)?;
    /// let (shape, values) = model.params().tensor("lstm/kernel")?;
    /// assert_eq!((shape, values.len()), (&[2, 12][..], 24));
    /// assert!(model.params().tensor("lstm/weights").unwrap_err().to_string().contains("lstm/bias [12]"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when there is no such tensor; the message lists the
    /// tensors.
    pub fn tensor(&self, name: &str) -> Result<(&[usize], &[f32])> {
        let info = self.found(name)?;
        Ok((&info.shape, &self.values[info.range.clone()]))
    }

    /// Sets one tensor to `values`, row-major, of shape `shape`. On an error nothing changes.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input};
    /// use gatewise::Sequential;
    /// let mut model = Sequential::new().with(Input::new(3)).with(Dense::new(2)).compile(1)?;
    /// model.params_mut().set("dense/kernel", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// // PyTorch's layout is the transposed one, which the shape shows.
    /// let error = model.params_mut().set("dense/kernel", &[2, 3], &[0.0; 6]).unwrap_err();
    /// assert!(error.to_string().contains("dense/kernel has the shape [3, 2]"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when there is no such tensor, or its shape is another; the
    /// message lists the tensors and the shapes.
    pub fn set(&mut self, name: &str, shape: &[usize], values: &[f32]) -> Result<()> {
        let info = self.found(name)?;
        if info.shape != shape || info.range.len() != values.len() {
            return Err(Error::shape(format!(
                "{name} has the shape {:?}, but {} values of shape {shape:?} were given; give {} values, row-major",
                info.shape,
                values.len(),
                info.range.len()
            )));
        }
        let range = info.range.clone();
        self.values[range].copy_from_slice(values);
        Ok(())
    }

    /// Returns the values of every tensor in Keras's order: layer by layer, the kernel, the recurrent kernel,
    /// the bias. [`table`](Self::table) has their names and shapes in the same order.
    #[doc(alias = "get_weights")]
    pub fn weights(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.table.iter().map(|info| &self.values[info.range.clone()])
    }

    /// Sets every tensor, in Keras's order: what Keras's `get_weights` returns, each array row-major. On an
    /// error nothing changes.
    ///
    /// ```
    /// use gatewise::layers::{Gru, Input};
    /// use gatewise::Sequential;
    /// let layers = Sequential::new().with(Input::new(2)).with(Gru::new(3));
    /// let (model, mut other) = (layers.compile(1)?, layers.compile(2)?);
    /// let weights: Vec<&[f32]> = model.params().weights().collect();
    /// other.params_mut().set_weights(&weights)?;
    /// assert_eq!(other.params(), model.params());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) when there are more or fewer arrays than tensors, or an
    /// array has another length than its tensor; the message lists the tensors and their shapes.
    pub fn set_weights(&mut self, weights: &[impl AsRef<[f32]>]) -> Result<()> {
        let lengths = weights.iter().map(|values| values.as_ref().len());
        if !lengths.clone().eq(self.table.iter().map(|info| info.range.len())) {
            return Err(Error::shape(format!(
                "arrays of {:?} values were given, but the tensors are {}; give one array a tensor, in this order, \
                 each row-major",
                lengths.collect::<Vec<_>>(),
                self.list()
            )));
        }
        for (info, values) in self.table.iter().zip(weights) {
            self.values[info.range.clone()].copy_from_slice(values.as_ref());
        }
        Ok(())
    }

    /// The names and shapes of all tensors, for messages.
    fn list(&self) -> String {
        let tensors: Vec<_> =
            self.table.iter().map(|info| format!("{} {:?}", info.name, info.shape)).collect();
        if tensors.is_empty() { "none".into() } else { tensors.join(", ") }
    }

    fn found(&self, name: &str) -> Result<&ParamInfo> {
        self.info(name).ok_or_else(|| {
            Error::shape(format!("there is no tensor {name:?}; the tensors are {}", self.list()))
        })
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
