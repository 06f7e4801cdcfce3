//! Labelled time series: rows of feature vectors with their classes, or with numbers to learn.

use super::hold_out::{hold_out, order};
use super::label::{label_key, sort_labels};
use super::{Features, Problem, Scaler, Targets, positive};
use crate::error::{Error, Result};
use std::collections::{HashMap, HashSet};

/// Labelled time series, such as the content of a `.ts` file.
///
/// ```
/// use gatewise::rows::{Features, TimeSeries};
/// let mut rows = Features::new(1);
/// rows.push(&[0.1, 0.2, 0.3])?;
/// rows.push(&[0.3, 0.1])?;
/// let series = TimeSeries::new(rows, vec![1, 0], ["falling", "rising"])?;
/// assert_eq!(series.labels[series.classes[0] as usize], "rising");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TimeSeries {
    /// One row for each case; a step contains one number for each channel.
    pub rows: Features,
    /// The class of each row, an index into `labels`; empty for regression.
    pub classes: Vec<u32>,
    /// The names of the classes, in the order of the `@classLabel` line of the file; empty for regression.
    pub labels: Vec<String>,
    /// The number of each row, for regression; empty for classification.
    pub values: Vec<f32>,
    /// The sample weight of each row; `None` if all rows weigh the same.
    pub weights: Option<Vec<f32>>,
}

impl TimeSeries {
    /// Returns the series with one class for each row, an index into `labels`.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the number of classes differs from the number of rows,
    /// or if a class has no label.
    pub fn new<L: Into<String>>(
        rows: Features,
        classes: Vec<u32>,
        labels: impl IntoIterator<Item = L>,
    ) -> Result<Self> {
        let labels: Vec<String> = labels.into_iter().map(Into::into).collect();
        if classes.len() != rows.len() {
            return Err(Error::data(format!(
                "time series need one class for each row, but there are {} rows and {} classes",
                rows.len(),
                classes.len()
            )));
        }
        match classes.iter().position(|&class| class as usize >= labels.len()) {
            Some(row) => Err(Error::data(format!(
                "row {row} has class {}, but there are {} labels; classes are counted from 0",
                classes[row],
                labels.len()
            ))),
            None => Ok(Self { rows, classes, labels, values: Vec::new(), weights: None }),
        }
    }

    /// Returns the series with a label for each row. The labels are in the order of labels of texts: by number if all of
    /// them are numbers, else by text; spellings of one number, or of true and false, are one label ([`label_key`]).
    ///
    /// ```
    /// use gatewise::rows::{Features, TimeSeries};
    /// let mut rows = Features::new(1);
    /// [0.1, 0.2, 0.3].iter().try_for_each(|value| rows.push(&[*value]))?;
    /// let series = TimeSeries::labelled(rows, &["10", "9", "10"])?;
    /// assert_eq!((&series.labels[..], &series.classes[..]), (&["9".into(), "10".into()][..], &[1, 0, 1][..]));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the number of labels differs from the number of rows.
    pub fn labelled<L: AsRef<str>>(rows: Features, labels: &[L]) -> Result<Self> {
        let mut names: Vec<&str> = Vec::new();
        let mut seen = HashSet::new();
        names.extend(labels.iter().map(L::as_ref).filter(|label| seen.insert(label_key(label))));
        sort_labels(&mut names, |name| name);
        let places: HashMap<_, u32> = names.iter().map(|name| label_key(name)).zip(0..).collect();
        let classes = labels.iter().map(|label| places[&label_key(label.as_ref())]).collect();
        Self::new(rows, classes, names)
    }

    /// Returns the series with a number to learn for each row.
    ///
    /// ```
    /// use gatewise::rows::{Features, Problem, TimeSeries};
    /// let mut rows = Features::new(1);
    /// rows.push(&[0.1, 0.2, 0.3])?;
    /// let series = TimeSeries::regression(rows, vec![21.5])?;
    /// assert!(matches!(series.problem(), Problem::Regression { .. }));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the number of values differs from the number of rows, or if a
    /// value is NaN or infinite.
    pub fn regression(rows: Features, values: Vec<f32>) -> Result<Self> {
        if values.len() != rows.len() {
            return Err(Error::data(format!(
                "time series need one number for each row, but there are {} rows and {} numbers",
                rows.len(),
                values.len()
            )));
        }
        match values.iter().position(|value| !value.is_finite()) {
            Some(row) => Err(Error::data(format!(
                "row {row} has the number {} to learn; numbers must be finite",
                values[row]
            ))),
            None => Ok(Self { rows, classes: Vec::new(), labels: Vec::new(), values, weights: None }),
        }
    }

    /// Returns the problem: classification, or regression with a scaler that is fitted to these rows.
    pub fn problem(&self) -> Problem {
        match self.values.is_empty() {
            true => Problem::SingleLabel,
            false => Problem::scaled_regression(Scaler::fit(self.values.iter().copied())),
        }
    }

    /// Returns the targets: indices of classes, or numbers as they are.
    pub fn targets(&self) -> Targets {
        match self.values.is_empty() {
            true => self.classes.iter().map(|&class| class as f32).collect::<Vec<_>>().into(),
            false => self.values.clone().into(),
        }
    }

    /// Makes `label` the positive class of series with two labels, as
    /// [`Corpus::with_positive`](super::Corpus::with_positive) does.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) if there are not two labels, or if `label` is none of them.
    pub fn with_positive(mut self, label: &str) -> Result<Self> {
        if positive::swaps(label, &self.labels, true)? {
            self.labels.swap(0, 1);
            self.classes.iter_mut().for_each(|class| *class = 1 - *class);
        }
        Ok(self)
    }

    /// Sets the sample weight of each row, which multiplies its loss.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the number of weights differs from the number of rows.
    pub fn with_sample_weight(self, weights: Vec<f32>) -> Result<Self> {
        match weights.len() == self.rows.len() {
            true => Ok(Self { weights: Some(weights), ..self }),
            false => Err(Error::data(format!(
                "there are {} rows and {} sample weights; give one weight for each row",
                self.rows.len(),
                weights.len()
            ))),
        }
    }

    /// Returns the rows with the indices `order`, in that order.
    ///
    /// # Panics
    /// If an index is not below the number of rows.
    #[track_caller]
    pub fn select(&self, order: &[usize]) -> Self {
        let classes = order.iter().filter_map(|&row| self.classes.get(row).copied()).collect();
        let values = order.iter().filter_map(|&row| self.values.get(row).copied()).collect();
        let weights = self.weights.as_ref().map(|weights| order.iter().map(|&row| weights[row]).collect());
        Self { rows: self.rows.select(order), classes, labels: self.labels.clone(), values, weights }
    }

    /// Returns the rows in an order drawn from `seed`.
    pub fn shuffle(&self, seed: u64) -> Self {
        self.select(&order(self.rows.len(), seed))
    }

    /// Splits the rows into training rows and a held-out `fraction`, drawn from `seed` and, for classification,
    /// stratified by class (see [`hold_out`](super::hold_out)).
    pub fn hold_out(&self, fraction: f64, seed: u64) -> (Self, Self) {
        let [kept, held] = hold_out(&self.problem().strata(&self.targets()), fraction, seed);
        (self.select(&kept), self.select(&held))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_a_class_with_a_label() {
        let mut rows = Features::new(1);
        rows.push(&[1.0]).unwrap();
        let new = |classes| TimeSeries::new(rows.clone(), classes, ["a"]).map_err(|error| error.to_string());
        assert_eq!(new(vec![0]).unwrap().labels, ["a"]);
        assert!(new(vec![]).unwrap_err().contains("1 rows and 0 classes"));
        assert!(new(vec![1]).unwrap_err().contains("row 0 has class 1, but there are 1 labels"));
        let regression =
            |values| TimeSeries::regression(rows.clone(), values).map_err(|error| error.to_string());
        assert_eq!(regression(vec![2.5]).unwrap().targets(), vec![2.5].into());
        assert!(regression(vec![]).unwrap_err().contains("1 rows and 0 numbers"));
        assert!(regression(vec![f32::NAN]).unwrap_err().contains("row 0 has the number NaN"));
    }
}
