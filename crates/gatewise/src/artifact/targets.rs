//! Conversion of targets: labels are matched by name, numbers are scaled.

use super::Artifact;
use crate::error::{Error, Result};
use crate::rows::{Problem, Targets, label_key};

impl Artifact {
    /// Converts `targets` of a data set with `problem` and `labels` into targets of this model.
    pub(super) fn targets(&self, problem: &Problem, labels: &[String], targets: &Targets) -> Result<Targets> {
        match (self.problem(), problem) {
            (Problem::SingleLabel, Problem::SingleLabel) => {
                let places = self.places(labels)?;
                let classes = targets.values().iter().map(|&class| places[class as usize] as f32);
                Ok(classes.collect::<Vec<_>>().into())
            }
            (Problem::MultiLabel { .. }, Problem::MultiLabel { .. }) => {
                let (places, width) = (self.places(labels)?, self.labels().len());
                let mut values = vec![0.0; targets.len() * width];
                for (own, row) in
                    values.chunks_exact_mut(width).zip(targets.values().chunks_exact(targets.width()))
                {
                    places.iter().zip(row).for_each(|(&place, &yes)| own[place] = yes);
                }
                Targets::rows(width, values)
            }
            (Problem::Regression { scale }, Problem::Regression { .. }) => {
                Ok(targets.values().iter().map(|&value| scale.scale(value)).collect::<Vec<_>>().into())
            }
            (own, other) => Err(Error::data(format!(
                "the model predicts {}, but the data have {}",
                own.describe(),
                other.describe()
            ))),
        }
    }

    /// Returns the index of each of `labels` among the model's labels.
    fn places(&self, labels: &[String]) -> Result<Vec<usize>> {
        let known: Vec<_> = self.labels().iter().map(|known| label_key(known)).collect();
        let place = |label: &String| {
            let key = label_key(label);
            known.iter().position(|known| *known == key).ok_or_else(|| {
                let known = self.labels().join(", ");
                Error::data(format!("the model does not have the label '{label}'; its labels are {known}"))
            })
        };
        labels.iter().map(place).collect()
    }
}
