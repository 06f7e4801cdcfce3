//! The parameters of a model: one array of values, and a table of the tensors in it.

use crate::error::{Error, Result};
use crate::layers::{ParamSpec, Regularizer};
use crate::text::WordVectors;
use std::ops::Range;

/// The description of one parameter tensor.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ParamInfo {
    /// The name, as Keras prints it: `lstm/kernel`.
    pub name: String,
    /// The shape of the row-major tensor.
    pub shape: Vec<usize>,
    /// The range of the tensor in [`Params::values`].
    pub range: Range<usize>,
    /// Whether training updates the tensor.
    pub trainable: bool,
    /// The regularizer, whose penalty is added to the loss if the tensor is trainable.
    pub regularizer: Option<Regularizer>,
}

/// The parameters of a model: named tensors over one array of values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Params {
    values: Vec<f32>,
    table: Vec<ParamInfo>,
}

impl Params {
    /// Appends a tensor of zeros and returns its range.
    pub(crate) fn push(&mut self, name: String, spec: ParamSpec) -> Range<usize> {
        let ParamSpec { shape, regularizer, trainable, .. } = spec;
        let start = self.values.len();
        let range = start..start + shape.iter().product::<usize>();
        self.values.resize(range.end, 0.0);
        self.table.push(ParamInfo { name, shape, range: range.clone(), trainable, regularizer });
        range
    }

    /// Sets whether training updates the tensor at `range`.
    pub(super) fn set_trainable(&mut self, range: &Range<usize>, trainable: bool) {
        let tensors = self.table.iter_mut().filter(|info| info.range == *range);
        tensors.for_each(|info| info.trainable = trainable);
    }

    /// Returns the sum of the penalties of the regularizers, which is part of the loss.
    pub fn penalty(&self) -> f64 {
        let penalties = self.table.iter().filter(|info| info.trainable).filter_map(|info| {
            let regularizer = info.regularizer?;
            Some(regularizer.penalty(&self.values[info.range.clone()]))
        });
        // An empty sum of floats is −0.
        penalties.fold(0.0, |sum, penalty| sum + penalty)
    }

    /// Returns the values of all tensors, in the order of [`table`](Self::table).
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// Returns the values of all tensors, mutable.
    pub fn values_mut(&mut self) -> &mut [f32] {
        &mut self.values
    }

    /// Returns the table and the values, mutable.
    pub(super) fn table_and_values(&mut self) -> (&[ParamInfo], &mut [f32]) {
        (&self.table, &mut self.values)
    }

    /// Returns the descriptions of all tensors, in Keras's order.
    pub fn table(&self) -> &[ParamInfo] {
        &self.table
    }

    /// Returns the values of one tensor, row-major, or `None` if there is no such tensor.
    pub fn get(&self, name: &str) -> Option<&[f32]> {
        self.info(name).map(|info| &self.values[info.range.clone()])
    }

    /// Returns the values of one tensor, row-major and mutable, or `None` if there is no such tensor.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut [f32]> {
        let range = self.info(name)?.range.clone();
        Some(&mut self.values[range])
    }

    /// Returns the shape and the row-major values of one tensor.
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
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if there is no such tensor. The message lists the tensors.
    pub fn tensor(&self, name: &str) -> Result<(&[usize], &[f32])> {
        let info = self.found(name)?;
        Ok((&info.shape, &self.values[info.range.clone()]))
    }

    /// Sets the row-major values of one tensor of this shape. On an error no value changes.
    ///
    /// ```
    /// use gatewise::layers::{Dense, Input};
    /// use gatewise::Sequential;
    /// let mut model = Sequential::new().with(Input::new(3)).with(Dense::new(2)).compile(1)?;
    /// model.params_mut().set("dense/kernel", &[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])?;
    /// // A kernel in PyTorch's layout is transposed and is refused by its shape.
    /// let error = model.params_mut().set("dense/kernel", &[2, 3], &[0.0; 6]).unwrap_err();
    /// assert!(error.to_string().contains("dense/kernel has the shape [3, 2]"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if there is no such tensor, or it has another shape. The
    /// message contains the tensors and their shapes.
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

    /// Returns the values of each tensor in Keras's order: layer by layer; kernel, recurrent kernel, bias.
    /// [`table`](Self::table) has the names and shapes in the same order.
    #[doc(alias = "get_weights")]
    pub fn weights(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.table.iter().map(|info| &self.values[info.range.clone()])
    }

    /// Sets all tensors, in Keras's order: the arrays that Keras's `get_weights` returns, each row-major. On
    /// an error no value changes.
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
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if the number of arrays differs from the number of
    /// tensors, or the length of an array from the length of its tensor. The message lists the tensors and
    /// their shapes.
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

    /// Returns the names and shapes of all tensors, for messages.
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

    /// Copies pretrained word vectors to the rows of their words in the tensor `name`, the table of an
    /// embedding. Other rows keep their values.
    ///
    /// # Errors
    /// [`ErrorKind::Shape`](crate::ErrorKind::Shape) if there is no such tensor, its width differs, or it has
    /// too few rows for the words.
    pub fn set_vectors(&mut self, name: &str, vectors: &WordVectors) -> Result<()> {
        let width = vectors.width();
        let rows = vectors.iter().map(|(id, _)| id as usize + 1).max().unwrap_or(0);
        let fitting = self.info(name).filter(|info| info.shape.len() == 2 && info.shape[1] == width);
        let Some(range) = fitting.filter(|info| info.shape[0] >= rows).map(|info| info.range.clone()) else {
            let found = self
                .info(name)
                .map_or("there is no such tensor".into(), |info| format!("its shape is {:?}", info.shape));
            return Err(Error::shape(format!(
                "the word vectors need {name} to have at least {rows} rows of {width} numbers, but {found}; \
                 make the Embedding's output_dim {width} and its input_dim the vocabulary's size"
            )));
        };
        let table = &mut self.values[range];
        for (id, vector) in vectors.iter() {
            table[id as usize * width..][..width].copy_from_slice(vector);
        }
        Ok(())
    }

    /// Returns the number of values in all tensors.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Returns `true` if there are no values.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    fn info(&self, name: &str) -> Option<&ParamInfo> {
        self.table.iter().find(|info| info.name == name)
    }
}
