//! Sample weights of rows in memory, and an order of the rows that does not depend on how they were given.
//!
//! Input: a source of rows in memory, and a weight for each training row. Output: the source with the weights.

use crate::source::{Data, Source};
use gatewise::{Error, Result};
use std::cmp::Ordering;
use std::sync::Arc;

/// Rows are repeated where this gives at most as many times the rows.
const MOST_TIMES: f32 = 8.0;

impl Source {
    /// Sets the sample weight of each training row of texts or series in memory.
    ///
    /// - A row of weight 0 is left out.
    /// - Whole weights are numbers of times: a row of weight 3 trains as three equal rows do. (Weights that would give more
    ///   than eight times the rows multiply the losses.)
    /// - Other weights multiply the losses of the rows, divided by their mean, so that the learning rate keeps its meaning.
    ///
    /// The words of a vocabulary are counted, and numbers are scaled, without the weights that multiply losses.
    ///
    /// ```
    /// use gatewise_pipeline::{Source, TrainConfig};
    /// let rows = || (0..40).map(|row| (["good", "bad"][row % 2], ["p", "n"][row % 2]));
    /// let train = |source| TrainConfig::new(source).epochs(1).units([2]).embedding(2).plan()?.run(&mut ());
    /// let twice = train(Source::texts(rows()).with_sample_weight(&[2.0; 40])?)?;
    /// let doubled = train(Source::texts(rows().flat_map(|row| [row, row])))?;
    /// assert_eq!(twice.artifact.weights_sha256(), doubled.artifact.weights_sha256());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) if the number of weights differs from the number of rows, if a weight is
    /// negative, infinite or NaN, or if all are 0; [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a source without
    /// rows in memory.
    pub fn with_sample_weight(mut self, weights: &[f32]) -> Result<Self> {
        let rows = self.rows()?;
        let order = times(rows, weights)?;
        let kept: Vec<usize> = match &order {
            Some(order) => order.clone(),
            None => (0..rows).filter(|&row| weights[row] > 0.0).collect(),
        };
        let mean = kept.iter().map(|&row| f64::from(weights[row])).sum::<f64>() / kept.len() as f64;
        let scaled = || kept.iter().map(|&row| (f64::from(weights[row]) / mean) as f32).collect::<Vec<_>>();
        let weights = order.is_none().then(scaled);
        self.select(&kept);
        match &mut self.0 {
            Data::Texts(texts) => Arc::make_mut(texts).weights = weights,
            Data::Series(series) => Arc::make_mut(series).training.weights = weights,
            _ => {}
        }
        Ok(self)
    }

    /// Sorts the training rows of texts or series in memory by their content, so that the trained model does not depend on
    /// the order in which they were given.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a source without rows in memory.
    pub fn sorted(mut self) -> Result<Self> {
        let mut order: Vec<usize> = (0..self.rows()?).collect();
        match &self.0 {
            Data::Texts(texts) => {
                let key = |row: usize| (&texts.training[row].0, format!("{:?}", texts.training[row].1));
                order.sort_by_cached_key(|&row| key(row));
            }
            Data::Series(series) => {
                let series = &series.training;
                let numbers = |a: &[f32], b: &[f32]| {
                    let unequal = a.iter().zip(b).map(|(a, b)| a.total_cmp(b)).find(|order| order.is_ne());
                    unequal.unwrap_or(Ordering::Equal).then(a.len().cmp(&b.len()))
                };
                let targets = series.targets();
                order.sort_by(|&a, &b| {
                    let rows = numbers(series.rows.row(a), series.rows.row(b));
                    rows.then(targets.values()[a].total_cmp(&targets.values()[b]))
                });
            }
            _ => {}
        }
        self.select(&order);
        Ok(self)
    }

    /// Returns whether the losses of the rows are weighted.
    pub(crate) fn is_weighted(&self) -> bool {
        match &self.0 {
            Data::Texts(texts) => texts.weights.is_some(),
            Data::Series(series) => series.training.weights.is_some(),
            _ => false,
        }
    }

    /// Returns the number of training rows in memory.
    fn rows(&self) -> Result<usize> {
        match &self.0 {
            Data::Texts(texts) => Ok(texts.training.len()),
            Data::Series(series) => Ok(series.training.rows.len()),
            _ => {
                Err(Error::config(format!("sample weights are for rows in memory, but the data are {self}")))
            }
        }
    }

    /// Keeps the training rows `order`, in that order.
    fn select(&mut self, order: &[usize]) {
        match &mut self.0 {
            Data::Texts(texts) => {
                let texts = Arc::make_mut(texts);
                texts.training = order.iter().map(|&row| texts.training[row].clone()).collect();
                let weights = texts.weights.take();
                texts.weights = weights.map(|weights| order.iter().map(|&row| weights[row]).collect());
            }
            Data::Series(series) => {
                let series = Arc::make_mut(series);
                series.training = series.training.select(order);
            }
            _ => {}
        }
    }
}

/// Returns each row as often as its weight states, or `None` if the weights multiply losses.
fn times(rows: usize, weights: &[f32]) -> Result<Option<Vec<usize>>> {
    if weights.len() != rows {
        return Err(Error::data(format!(
            "there are {rows} rows and {} sample weights; give one weight for each row",
            weights.len()
        )));
    }
    if let Some(row) = weights.iter().position(|weight| !(0.0..f32::INFINITY).contains(weight)) {
        return Err(Error::data(format!(
            "row {row} has the sample weight {}; weights must be finite and at least 0",
            weights[row]
        )));
    }
    let sum: f32 = weights.iter().sum();
    if sum == 0.0 {
        return Err(Error::data("all sample weights are 0, so there is no row to train on"));
    }
    let whole = weights.iter().all(|weight| weight.fract() == 0.0) && sum <= MOST_TIMES * rows as f32;
    let repeat = |row: usize| std::iter::repeat_n(row, weights[row] as usize);
    Ok(whole.then(|| (0..rows).flat_map(repeat).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TrainConfig;
    use gatewise::rows::{Features, TimeSeries};

    fn series() -> Source {
        let mut rows = Features::new(1);
        (0..24).for_each(|i| rows.push(&[i as f32 % 5.0, (i % 2) as f32]).unwrap());
        Source::series(TimeSeries::new(rows, (0..24).map(|i| i % 2).collect(), ["a", "b"]).unwrap())
    }

    fn weights(source: Source) -> String {
        let config = TrainConfig::new(source).epochs(2).units([2]).test_split(0.0).validation_split(0.0);
        config.plan().unwrap().run(&mut ()).unwrap().artifact.weights_sha256()
    }

    #[test]
    fn weights_of_one_scale_are_one_run_and_others_are_another() {
        let of = |weight: fn(usize) -> f32| {
            weights(series().with_sample_weight(&(0..24).map(weight).collect::<Vec<_>>()).unwrap())
        };
        assert_eq!(of(|_| 1.0), weights(series()));
        assert_eq!(
            of(|row| if row % 2 == 0 { 0.25 } else { 0.75 }),
            of(|row| if row % 2 == 0 { 2.5 } else { 7.5 })
        );
        assert_ne!(of(|row| if row % 2 == 0 { 0.25 } else { 0.75 }), of(|_| 1.0));
    }

    #[test]
    fn sorted_rows_train_the_same_model_in_any_order() {
        let rows: Vec<_> = (0..24).map(|row| (format!("film {row}"), ["p", "n"][row % 2])).collect();
        let turned = || rows.iter().rev().cloned();
        let sorted = |source: Source| weights(source.sorted().unwrap());
        assert_eq!(sorted(Source::texts(rows.clone())), sorted(Source::texts(turned())));
        assert_ne!(weights(Source::texts(rows.clone())), weights(Source::texts(turned())));
    }

    #[test]
    fn bad_weights_are_refused() {
        let refused =
            |source: Source, weights: &[f32]| source.with_sample_weight(weights).unwrap_err().to_string();
        assert!(refused(series(), &[1.0]).contains("24 rows and 1 sample weights"));
        assert!(refused(series(), &[-1.0; 24]).contains("row 0 has the sample weight -1"));
        assert!(refused(series(), &[f32::NAN; 24]).contains("row 0 has the sample weight NaN"));
        assert!(refused(series(), &[0.0; 24]).contains("all sample weights are 0"));
        assert!(refused(Source::reviews(), &[1.0]).contains("rows in memory"));
    }
}
