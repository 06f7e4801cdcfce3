//! The labels of the rows of a file.
//!
//! Input: a [`Problem`] and the label field of each row, one by one. Output: the strata for splits, the names
//! of the labels, and [`Targets`].

use crate::rows::{Problem, Scaler, Targets};
use crate::text::{Interner, Sequences};

/// The labels of rows: label numbers, or values for regression.
#[derive(Debug, Clone, Default)]
pub(super) struct RowLabels {
    problem: Problem,
    names: Interner,
    /// The label numbers of each row: one for single-label, any number of distinct ones for multi-label.
    ids: Sequences,
    values: Vec<f32>,
}

/// The reason why a field is refused.
type Flaw = String;

impl RowLabels {
    /// Returns labels without rows.
    pub fn new(problem: &Problem) -> Self {
        Self { problem: problem.clone(), ..Self::default() }
    }

    /// Adds the label field of the next row. A refused field is not added.
    pub fn push(&mut self, field: &str) -> Result<(), Flaw> {
        let field = field.trim();
        match &self.problem {
            Problem::Regression { .. } => {
                let value = field.parse().ok().filter(|value: &f32| value.is_finite());
                self.values.push(value.ok_or_else(|| format!("'{field}' is not a number"))?);
            }
            Problem::MultiLabel { separator } => {
                let names = field.split(separator.as_str()).map(str::trim).filter(|name| !name.is_empty());
                let mut ids: Vec<u32> =
                    names.map(|name| self.names.intern(name).ok_or_else(full)).collect::<Result<_, _>>()?;
                ids.sort_unstable();
                ids.dedup();
                self.ids.push(ids);
            }
            Problem::SingleLabel if field.is_empty() => return Err("the label is empty".into()),
            Problem::SingleLabel => {
                let id = self.names.intern(field).ok_or_else(full)?;
                self.ids.push([id]);
            }
        }
        Ok(())
    }

    /// Returns the number of rows.
    pub fn len(&self) -> usize {
        match self.problem {
            Problem::Regression { .. } => self.values.len(),
            _ => self.ids.len(),
        }
    }

    /// Returns the rows with the indices `order`, in that order.
    pub fn select(&self, order: &[usize]) -> Self {
        let (ids, values) = match self.problem {
            Problem::Regression { .. } => {
                (Sequences::new(), order.iter().map(|&row| self.values[row]).collect())
            }
            _ => (self.ids.select(order), Vec::new()),
        };
        Self { problem: self.problem.clone(), names: self.names.clone(), ids, values }
    }

    /// Returns the names in alphabetical order. Single-label: the classes of these rows. Multi-label: all
    /// labels of the file.
    pub fn names(&self) -> Vec<String> {
        let counts = self.counts();
        // A multi-label model predicts "no" for a label without rows; a class without rows cannot be learned.
        let occurs = |count: usize| count > 0 || matches!(self.problem, Problem::MultiLabel { .. });
        let names = self.names.words().zip(counts).filter(|(_, count)| occurs(*count));
        let mut names: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
        names.sort_unstable();
        names
    }

    /// Returns the names in alphabetical order, each with its number of rows.
    pub fn tally(&self) -> Vec<(String, usize)> {
        let counted = self.names.words().zip(self.counts()).filter(|(_, count)| *count > 0);
        let mut tally: Vec<_> = counted.map(|(name, count)| (name.to_owned(), count)).collect();
        tally.sort_unstable();
        tally
    }

    /// Returns the numbers of the rows for regression, else `None`.
    pub fn values(&self) -> Option<&[f32]> {
        matches!(self.problem, Problem::Regression { .. }).then_some(&self.values)
    }

    /// Returns the number of rows without a label.
    pub fn rows_without(&self) -> usize {
        self.ids.rows().filter(|ids| ids.is_empty()).count()
    }

    /// Returns the problem, with a scaler fitted on these rows for regression.
    pub fn problem(&self) -> Problem {
        match &self.problem {
            Problem::Regression { .. } => {
                Problem::scaled_regression(Scaler::fit(self.values.iter().copied()))
            }
            problem => problem.clone(),
        }
    }

    /// Returns the stratum of each row (see [`Problem::strata`]).
    pub fn strata(&self) -> Vec<u32> {
        let targets = self.targets(&self.names()).expect("a row's own labels are among them");
        self.problem.strata(&targets)
    }

    /// Returns the targets for a model with the labels `names`; `Err` is a label that is not in `names`.
    pub fn targets(&self, names: &[String]) -> Result<Targets, String> {
        let counts = self.counts();
        let place = |(id, name): (usize, &str)| match names.binary_search_by(|known| known.as_str().cmp(name))
        {
            Ok(place) => Ok(place),
            Err(_) if counts[id] == 0 => Ok(usize::MAX), // a label of other rows of the file
            Err(_) => Err(name.to_owned()),
        };
        let places: Vec<usize> = self.names.words().enumerate().map(place).collect::<Result<_, _>>()?;
        let width = match self.problem {
            Problem::MultiLabel { .. } => names.len().max(1),
            _ => 1,
        };
        let values = match self.problem {
            Problem::Regression { .. } => self.values.clone(),
            Problem::SingleLabel => self.ids.ids().iter().map(|&id| places[id as usize] as f32).collect(),
            Problem::MultiLabel { .. } => {
                let mut values = vec![0.0; self.len() * width];
                for (row, ids) in values.chunks_exact_mut(width).zip(self.ids.rows()) {
                    ids.iter().for_each(|&id| row[places[id as usize]] = 1.0);
                }
                values
            }
        };
        Targets::rows(width, values).map_err(|error| error.to_string())
    }

    /// Returns the number of rows of each label.
    fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.names.len()];
        self.ids.ids().iter().for_each(|&id| counts[id as usize] += 1);
        counts
    }
}

fn full() -> Flaw {
    "there are more than 4,294,967,295 distinct labels".into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(problem: &Problem, fields: &[&str]) -> RowLabels {
        let mut labels = RowLabels::new(problem);
        fields.iter().for_each(|field| labels.push(field).unwrap());
        labels
    }

    fn several() -> Problem {
        Problem::multi_label(";")
    }

    #[test]
    fn a_name_a_row_is_a_class() {
        let labels = of(&Problem::SingleLabel, &["b", " a ", "b"]);
        assert_eq!(labels.names(), ["a", "b"]);
        assert_eq!(labels.targets(&labels.names()).unwrap(), vec![1.0, 0.0, 1.0].into());
        assert_eq!(labels.strata(), [1, 0, 1]);
        let part = labels.select(&[0, 2]);
        assert_eq!((part.len(), part.names()), (2, vec!["b".to_owned()]));
        assert_eq!(labels.targets(&part.names()).unwrap_err(), "a");
        assert!(RowLabels::new(&Problem::SingleLabel).push(" ").unwrap_err().contains("empty"));
    }

    #[test]
    fn several_names_a_row_are_a_yes_or_no_each() {
        let labels = of(&several(), &["b; a", "", "b;;b", "c;b"]);
        let names = labels.names();
        assert_eq!(names, ["a", "b", "c"]);
        let wanted = Targets::rows(3, vec![1., 1., 0., 0., 0., 0., 0., 1., 0., 0., 1., 1.]).unwrap();
        assert_eq!(labels.targets(&names).unwrap(), wanted);
        // Of b, a and c the latter two are rarer; a row without labels is of a kind of its own.
        assert_eq!(labels.strata(), [0, 3, 1, 2]);
    }

    #[test]
    fn values_are_brought_to_a_scale() {
        let labels = of(&Problem::regression(), &["1", " 3.0", "5e0"]);
        assert_eq!(labels.targets(&[]).unwrap(), vec![1.0, 3.0, 5.0].into());
        let Problem::Regression { scale } = labels.select(&[0, 2]).problem() else { panic!() };
        assert_eq!((scale.mean, scale.deviation), (3.0, 2.0));
        for field in ["", "three", "NaN", "inf", "1,5", "1e99"] {
            let flaw = RowLabels::new(&Problem::regression()).push(field).unwrap_err();
            assert_eq!(flaw, format!("'{field}' is not a number"));
        }
    }

    proptest! {
        #[test]
        fn any_field_is_a_row_or_a_flaw(
            fields in prop::collection::vec("[ab;, 1.\u{e9}]{0,6}", 0..20),
            problem in prop_oneof![Just(Problem::SingleLabel), Just(several()), Just(Problem::regression())],
        ) {
            let mut labels = RowLabels::new(&problem);
            let taken = fields.iter().filter(|field| labels.push(field).is_ok()).count();
            prop_assert_eq!((labels.len(), labels.strata().len()), (taken, taken));
            let targets = labels.targets(&labels.names()).unwrap();
            prop_assert_eq!(targets.values().len(), taken * match problem {
                Problem::MultiLabel { .. } => labels.names().len().max(1),
                _ => 1,
            });
        }
    }
}
