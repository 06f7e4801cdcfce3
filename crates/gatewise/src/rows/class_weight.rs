//! Class weights: one sample weight for each row, by its class.

use super::Targets;
use crate::error::{Error, Result};
use serde::{Deserialize, Serialize};
use std::str::FromStr;

/// The weight of each class in the loss, as Keras's `class_weight` and scikit-learn's `"balanced"`.
///
/// ```
/// use gatewise::rows::ClassWeight;
///
/// // One row in four is of class 1.
/// let targets = vec![0.0, 0.0, 1.0, 0.0].into();
/// let weights = ClassWeight::Balanced.weights(&targets)?;
/// // 4 / (2·3) and 4 / (2·1)
/// assert_eq!(weights, [2.0 / 3.0, 2.0 / 3.0, 2.0, 2.0 / 3.0]);
/// assert_eq!("1,5".parse::<ClassWeight>()?.weights(&targets)?, [1.0, 1.0, 5.0, 1.0]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ClassWeight {
    /// The weight n / (k·n_c) for a class with n_c of n rows, where k classes occur: all classes have the
    /// same total weight.
    Balanced,
    /// One weight for each class, starting with class 0.
    Each(Vec<f64>),
}

impl ClassWeight {
    /// Returns the weight of each row of `targets`. As in Keras, the class of a row is the index of its largest
    /// number or, for a target of one number, that number, rounded.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) if the targets are per step, if a target is not a class,
    /// or if a class has no weight. [`ErrorKind::Config`](crate::ErrorKind::Config) if a weight is negative
    /// or not finite.
    pub fn weights(&self, targets: &Targets) -> Result<Vec<f32>> {
        if targets.per_step() {
            return Err(Error::data(
                "class_weight weighs rows, but these rows have a target for each step; use sample_weight",
            ));
        }
        let rows = targets.values().chunks_exact(targets.width());
        let classes = rows.enumerate().map(|(row, target)| class(row, target)).collect::<Result<Vec<_>>>()?;
        let of_class = self.of_classes(&classes)?;
        let known = of_class.len();
        let weight = |(row, &class): (usize, &usize)| {
            of_class.get(class).map(|&weight| weight as f32).ok_or_else(|| {
                Error::data(format!(
                    "row {row} is of class {class}, but class_weight has {known} weights, for the classes \
                     from 0 to {}; give one for each class",
                    known.saturating_sub(1)
                ))
            })
        };
        classes.iter().enumerate().map(weight).collect()
    }

    /// Returns the weight of each class.
    fn of_classes(&self, classes: &[usize]) -> Result<Vec<f64>> {
        match self {
            Self::Each(weights) => match weights.iter().position(|w| !(0.0..f64::INFINITY).contains(w)) {
                Some(class) => Err(Error::config(format!(
                    "class {class} has the class_weight {}; weights must be finite and at least 0",
                    weights[class]
                ))),
                None => Ok(weights.clone()),
            },
            Self::Balanced => {
                let mut counts = vec![0usize; classes.iter().max().map_or(0, |&class| class + 1)];
                classes.iter().for_each(|&class| counts[class] += 1);
                let occur = counts.iter().filter(|&&count| count > 0).count();
                let weight = |&count: &usize| classes.len() as f64 / (occur * count.max(1)) as f64;
                Ok(counts.iter().map(weight).collect())
            }
        }
    }
}

/// The maximum number of classes. A larger target is not a class.
const MAX_CLASSES: f32 = 65_536.0;

fn class(row: usize, target: &[f32]) -> Result<usize> {
    let class = match target {
        [class] => class.round(),
        several => {
            (1..several.len()).fold(0, |top, i| if several[i] > several[top] { i } else { top }) as f32
        }
    };
    match (0.0..MAX_CLASSES).contains(&class) {
        true => Ok(class as usize),
        false => Err(Error::data(format!(
            "row {row} has the target {}, which is not a class; class_weight needs classes counted from 0",
            target[0]
        ))),
    }
}

impl FromStr for ClassWeight {
    type Err = Error;

    /// Parses `balanced` or comma-separated numbers.
    fn from_str(text: &str) -> Result<Self> {
        if text == "balanced" {
            return Ok(Self::Balanced);
        }
        let numbers: std::result::Result<Vec<f64>, _> =
            text.split(',').map(|part| part.trim().parse()).collect();
        let weights = Self::Each(numbers.map_err(|_| {
            Error::config(format!(
                "class_weight is '{text}'; it must be 'balanced', or one number for each class, such as 1,2.5"
            ))
        })?);
        weights.of_classes(&[]).map(|_| weights)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_no_weight_or_no_class() {
        let message = |error: Error| error.to_string();
        for text in ["", "1,,2", "heavy", "1;2"] {
            assert!(
                message(text.parse::<ClassWeight>().unwrap_err()).contains("must be 'balanced'"),
                "{text}"
            );
        }
        for text in ["1,-1", "NaN,1", "1,inf"] {
            let error = text.parse::<ClassWeight>().unwrap_err();
            assert!(message(error).contains("finite and at least 0"), "{text}");
        }
        let two = ClassWeight::Each(vec![1.0, 2.0]);
        let of = |values: &[f32]| message(two.weights(&values.to_vec().into()).unwrap_err());
        assert!(of(&[0.0, 1.0, 2.0]).contains("row 2 is of class 2, but class_weight has 2 weights"));
        assert!(of(&[0.0, -1.0]).contains("row 1 has the target -1"));
        assert!(of(&[f32::NAN]).contains("not a class") && of(&[1e9]).contains("not a class"));
        let steps = Targets::steps(1, vec![0.0, 1.0], &[2]).unwrap();
        assert!(message(two.weights(&steps).unwrap_err()).contains("for each step"));
        assert!(ClassWeight::Balanced.weights(&Targets::default()).unwrap().is_empty());
    }

    #[test]
    fn a_class_that_does_not_occur_does_not_count() {
        let weights = ClassWeight::Balanced.weights(&vec![3.0, 3.0, 0.0].into()).unwrap();
        assert_eq!(weights, [0.75, 0.75, 1.5]);
    }
}
