//! A data set: rows with their targets, the input of `fit` and `evaluate`.

use super::{Inputs, Padding, Sequences, Targets};
use crate::error::{Error, Result};

/// A data set: rows of token ids or vectors, each with one target or with one target for each step.
#[derive(Debug, Clone, PartialEq)]
pub struct Dataset {
    inputs: Inputs,
    targets: Targets,
    padding: Padding,
    sample_weight: Option<Vec<f32>>,
    /// Whether there is one sample weight for each step.
    weight_per_step: bool,
}

impl Dataset {
    /// Returns the data set of `inputs` and `targets` (a `Vec<f32>` is one number for each row).
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if `inputs` and `targets` differ in length.
    pub fn new(inputs: impl Into<Inputs>, targets: impl Into<Targets>) -> Result<Self> {
        let (inputs, targets) = (inputs.into(), targets.into());
        targets.check(&inputs)?;
        Ok(Self { inputs, targets, padding: Padding::default(), sample_weight: None, weight_per_step: false })
    }

    /// Sets the padding policy. The default is Keras's: to the length of the longest row, on the side `pre`.
    pub fn with_padding(self, padding: Padding) -> Self {
        Self { padding, ..self }
    }

    /// Sets the sample weights, which multiply the losses: one weight for each row or, if there is a target for
    /// each step, one for each step, as flat as the targets. (As many weights as rows are weights of rows.)
    ///
    /// As in Keras, the loss is the weighted sum divided by the number of rows, or of steps that count; see
    /// [`Reduction`](crate::Reduction) for others.
    ///
    /// ```
    /// use gatewise::rows::{Dataset, Sequences, Targets};
    /// let rows: Sequences = [vec![7, 8, 9], vec![5]].into_iter().collect();
    /// let data = Dataset::new(rows, Targets::steps(1, vec![0.0, 1.0, 1.0, 0.0], &[3, 1])?)?;
    /// // The first step of each row does not count towards the loss.
    /// let data = data.with_sample_weight(vec![0.0, 1.0, 1.0, 0.0])?;
    /// assert_eq!(data.weight(0), 2.0 / 3.0);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the number of weights fits neither rows nor steps, or if a
    /// weight is negative, infinite or NaN.
    pub fn with_sample_weight(self, weights: Vec<f32>) -> Result<Self> {
        let (rows, targets) = (self.len(), &self.targets);
        let steps = targets.per_step().then(|| targets.values().len() / targets.width());
        let weight_per_step = weights.len() != rows;
        if weight_per_step && steps != Some(weights.len()) {
            let or_step = steps.map_or(String::new(), |steps| format!(", or one for each of {steps} steps"));
            return Err(Error::data(format!(
                "sample_weight needs one weight for each row{or_step}, but there are {rows} rows and {} weights",
                weights.len()
            )));
        }
        match weights.iter().position(|&weight| !(0.0..f32::INFINITY).contains(&weight)) {
            Some(at) => {
                let row = if weight_per_step {
                    (1..rows).take_while(|&row| targets.start(row) <= at).count()
                } else {
                    at
                };
                Err(Error::data(format!(
                    "row {row} has the sample weight {}; weights must be finite and at least 0",
                    weights[at]
                )))
            }
            None => Ok(Self { sample_weight: Some(weights), weight_per_step, ..self }),
        }
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Returns `true` if there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the rows.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Returns the rows of token ids, or `None` if the rows are vectors.
    pub fn sequences(&self) -> Option<&Sequences> {
        match &self.inputs {
            Inputs::Ids(rows) => Some(rows),
            Inputs::Features(_) => None,
        }
    }

    /// Returns the targets.
    pub fn targets(&self) -> &Targets {
        &self.targets
    }

    /// Returns the sample weight of row `i`; 1 without sample weights. With a weight for each step, returns their
    /// mean (0 for a row without steps).
    ///
    /// # Panics
    /// If `i` is not below [`len`](Self::len).
    #[track_caller]
    pub fn weight(&self, i: usize) -> f32 {
        assert!(i < self.len(), "row {i} is out of range: there are {} rows", self.len());
        if !self.weight_per_step {
            return self.weight_at(i, 0);
        }
        let steps = self.inputs.steps(i);
        (0..steps).map(|step| self.weight_at(i, step)).sum::<f32>() / steps.max(1) as f32
    }

    /// Returns the sample weight of `step` of row `i`.
    pub(crate) fn weight_at(&self, i: usize, step: usize) -> f32 {
        let Some(weights) = &self.sample_weight else { return 1.0 };
        weights[if self.weight_per_step { self.targets.start(i) + step } else { i }]
    }

    /// Returns the sample weights, if they are set: one for each row, or one for each step, flat.
    pub fn sample_weight(&self) -> Option<&[f32]> {
        self.sample_weight.as_deref()
    }

    /// Returns the padding policy.
    pub fn padding(&self) -> Padding {
        self.padding
    }

    /// Returns the rows with the indices `order`, in that order.
    ///
    /// # Panics
    /// If an index is not below [`len`](Self::len).
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        let weights_of = |&i: &usize| {
            let steps = if self.weight_per_step { self.inputs.steps(i) } else { 1 };
            (0..steps).map(move |step| self.weight_at(i, step))
        };
        Self {
            inputs: self.inputs.select(order),
            targets: self.targets.select(order),
            padding: self.padding,
            sample_weight: self.sample_weight.as_ref().map(|_| order.iter().flat_map(weights_of).collect()),
            weight_per_step: self.weight_per_step,
        }
    }
}
