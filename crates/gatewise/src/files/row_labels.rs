//! The labels of the rows of a file.
//!
//! Input: a [`Problem`] and the label field of each row, one by one. Output: the strata for splits, the names
//! of the labels, and [`Targets`]. Spellings of one value, as `1` and `1.0`, are one label.

use super::columns::SEPARATOR;
use super::{label_list, numbers};
use crate::rows::{Problem, Scaler, Targets, is_number, label_key, sort_labels};
use crate::text::{Interner, Sequences};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The labels of rows: label numbers, or values for regression.
#[derive(Debug, Clone, Default)]
pub(super) struct RowLabels {
    problem: Problem,
    known: Option<KnownLabels>,
    names: Interner,
    /// The label numbers of each row: one for single-label, any number of distinct ones for multi-label.
    ids: Sequences,
    values: Vec<f32>,
}

/// The labels that rows may have: the labels of a model, or of the training rows.
#[derive(Debug, Clone)]
pub(super) struct KnownLabels {
    names: Vec<String>,
    keys: HashSet<String>,
    of_model: bool,
}

/// The reason why a field is refused.
type Flaw = String;

/// The most labels in an error.
const LISTED: usize = 20;

impl KnownLabels {
    /// Returns the labels of a model.
    pub fn of_model(names: &[String]) -> Self {
        let keys = names.iter().map(|name| label_key(name).into_owned()).collect();
        Self { names: names.to_vec(), keys, of_model: true }
    }

    /// Returns the labels of training rows.
    pub fn of_training(names: &[String]) -> Self {
        Self { of_model: false, ..Self::of_model(names) }
    }

    pub fn names(&self) -> &[String] {
        &self.names
    }

    fn check(&self, label: &str) -> Result<(), Flaw> {
        if self.keys.contains(&*label_key(label)) {
            return Ok(());
        }
        if !self.of_model {
            return Err(format!(
                "the label '{label}' occurs in the test rows only, not in the training rows"
            ));
        }
        let more = if self.names.len() > LISTED { ", …" } else { "" };
        let known = self.names[..self.names.len().min(LISTED)].join(", ");
        Err(format!("the model does not have the label '{label}'; its labels are {known}{more}"))
    }
}

impl RowLabels {
    /// Returns labels without rows. A label that is not `known` is refused.
    pub fn new(problem: &Problem, known: Option<KnownLabels>) -> Self {
        Self { problem: problem.clone(), known, ..Self::default() }
    }

    /// Adds names of labels that no row may have.
    pub fn expect(&mut self, names: &[String]) {
        for name in names {
            self.names.intern(name);
        }
    }

    /// Adds the label field of the next row. A refused field is not added.
    pub fn push(&mut self, field: &str) -> Result<(), Flaw> {
        let field = field.trim();
        match self.problem {
            Problem::Regression { .. } => {
                let value = field.parse().ok().filter(|value: &f32| value.is_finite());
                self.values.push(value.ok_or_else(|| format!("'{field}' is not a number"))?);
            }
            Problem::MultiLabel { .. } => {
                let names = self.split(field);
                let mut ids: Vec<u32> =
                    names.iter().map(|name| self.intern(name)).collect::<Result<_, _>>()?;
                ids.sort_unstable();
                ids.dedup();
                self.ids.push(ids);
            }
            Problem::SingleLabel if field.is_empty() => return Err("the label is empty".into()),
            Problem::SingleLabel => {
                let id = self.intern(field)?;
                self.ids.push([id]);
            }
        }
        Ok(())
    }

    /// Returns the labels of a field: the items of a list, or what is between separators.
    fn split<'a>(&self, field: &'a str) -> Vec<Cow<'a, str>> {
        let trimmed = |item: Cow<'a, str>| match item.trim() {
            "" => None,
            label if label.len() == item.len() => Some(item),
            label => Some(Cow::Owned(label.to_owned())),
        };
        match (label_list::items(field), &self.problem) {
            (Some(items), _) => items.into_iter().filter_map(trimmed).collect(),
            (None, Problem::MultiLabel { separator }) => {
                field.split(separator.as_str()).map(Cow::Borrowed).filter_map(trimmed).collect()
            }
            _ => vec![Cow::Borrowed(field)],
        }
    }

    fn intern(&mut self, name: &str) -> Result<u32, Flaw> {
        if let Some(id) = self.names.get(name) {
            return Ok(id);
        }
        self.known.as_ref().map_or(Ok(()), |known| known.check(name))?;
        self.names.intern(name).ok_or_else(|| "there are more than 4,294,967,295 distinct labels".into())
    }

    /// Makes one label of the spellings of one value. `is_free` is set if nobody chose the separator of the labels;
    /// one that no label contains is chosen. Returns notes, one sentence each. Call this after the last row.
    pub fn settle(&mut self, is_free: bool) -> Vec<String> {
        let mut notes = Vec::new();
        let mut spellings: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for name in self.names.words() {
            spellings.entry(label_key(name).into_owned()).or_default().push(name);
        }
        for (key, names) in &spellings {
            if names.len() > 1 && names.iter().any(|name| name != key) {
                notes.push(format!(
                    "the labels {} have the same value and are one label, '{key}'",
                    quoted(names)
                ));
            }
        }
        notes.extend(alike(&spellings));
        if self.problem == Problem::SingleLabel && !self.is_numbers() {
            notes.extend(self.joined());
        }
        if spellings.len() < self.names.len() {
            let (mut names, mut numbers) = (Interner::default(), Vec::new());
            for name in self.names.words() {
                let key = label_key(name);
                let name = if spellings[&*key].len() > 1 { &key } else { name };
                numbers.extend(names.intern(name));
            }
            let row = |ids: &[u32]| {
                let mut ids: Vec<u32> = ids.iter().map(|&id| numbers[id as usize]).collect();
                ids.sort_unstable();
                ids.dedup();
                ids
            };
            self.ids = self.ids.rows().map(row).collect();
            self.names = names;
        }
        if let (Problem::MultiLabel { separator }, true) = (&mut self.problem, is_free) {
            let is_free = |mark: &&str| self.names.words().all(|name| !name.contains(mark));
            *separator = [SEPARATOR, "|", ",", "/", "\t"]
                .iter()
                .find(|mark| is_free(mark))
                .unwrap_or(&"\u{1f}")
                .to_string();
        }
        notes.truncate(NOTES);
        notes
    }

    /// Returns a note if labels are made of other labels and a separator.
    fn joined(&self) -> Option<String> {
        ["|", ";", ","].into_iter().find_map(|mark| {
            let mut parts: HashMap<&str, usize> = HashMap::new();
            let of = |name: &'_ str| name.split(mark).map(str::trim).map(str::to_owned).collect::<Vec<_>>();
            self.names.words().flat_map(|name| name.split(mark)).for_each(|part| {
                *parts.entry(part.trim()).or_default() += 1;
            });
            let is_joined = |name: &&str| {
                name.contains(mark) && of(name).iter().all(|part| !part.is_empty() && parts[&**part] > 1)
            };
            let name = self.names.words().find(is_joined)?;
            Some(format!("labels such as '{name}' contain '{mark}'; --label-separator '{mark}' makes several labels of them"))
        })
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
        let (problem, known, names) = (self.problem.clone(), self.known.clone(), self.names.clone());
        Self { problem, known, names, ids, values }
    }

    /// Returns the labels that rows may have, if they are known.
    pub fn known(&self) -> Option<&[String]> {
        self.known.as_ref().map(KnownLabels::names)
    }

    /// Returns the names in order: by number if all of them are numbers, else by text. Single-label: the classes of
    /// these rows. Multi-label: all labels of the file.
    pub fn names(&self) -> Vec<String> {
        let counts = self.counts();
        // A multi-label model predicts "no" for a label without rows; a class without rows cannot be learned.
        let occurs = |count: usize| count > 0 || matches!(self.problem, Problem::MultiLabel { .. });
        let names = self.names.words().zip(counts).filter(|(_, count)| occurs(*count));
        let mut names: Vec<String> = names.map(|(name, _)| name.to_owned()).collect();
        sort_labels(&mut names, |name| name);
        names
    }

    /// Returns the names in order, each with its number of rows.
    pub fn tally(&self) -> Vec<(String, usize)> {
        let counted = self.names.words().zip(self.counts()).filter(|(_, count)| *count > 0);
        let mut tally: Vec<_> = counted.map(|(name, count)| (name.to_owned(), count)).collect();
        sort_labels(&mut tally, |(name, _)| name);
        tally
    }

    /// Returns whether the labels are one number a row.
    pub fn is_numbers(&self) -> bool {
        // Digits alone that are not a number are a code, such as `01`.
        let is_written =
            |name: &str| numbers::is_number(name) && name.contains(|c: char| !c.is_ascii_digit());
        self.problem == Problem::SingleLabel
            && self.names.words().all(|name| is_number(name) || is_written(name))
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
        let known: HashMap<_, _> = names.iter().enumerate().map(|(at, name)| (label_key(name), at)).collect();
        let place = |(id, name): (usize, &str)| match known.get(&label_key(name)) {
            Some(&place) => Ok(place),
            None if counts[id] == 0 => Ok(usize::MAX), // a label of other rows of the file
            None => Err(name.to_owned()),
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

/// The most notes about labels.
const NOTES: usize = 5;

/// Returns notes about labels that are not one label but look like it: a code beside a number, and letter case.
fn alike(spellings: &BTreeMap<String, Vec<&str>>) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for names in spellings.values() {
        let digits = names[0].trim_start_matches('0');
        let is_code = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let looks = if is_code { digits.to_owned() } else { names[0].to_lowercase() };
        groups.entry(looks).or_default().push(names[0]);
    }
    let sentence = |names: Vec<&str>| {
        let codes = names.iter().any(|name| name.starts_with('0'));
        let why =
            if codes { "one with a leading zero is a code, not a number" } else { "letter case differs" };
        format!("the labels {} are different labels: {why}", quoted(&names))
    };
    groups.into_values().filter(|names| names.len() > 1).map(sentence).collect()
}

/// `'a', 'b' and 'c'`
fn quoted(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match names.split_last() {
        Some((last, rest)) if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(problem: &Problem, fields: &[&str]) -> RowLabels {
        let mut labels = RowLabels::new(problem, None);
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
        assert!(RowLabels::new(&Problem::SingleLabel, None).push(" ").unwrap_err().contains("empty"));
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
            let flaw = RowLabels::new(&Problem::regression(), None).push(field).unwrap_err();
            assert_eq!(flaw, format!("'{field}' is not a number"));
        }
    }

    proptest! {
        #[test]
        fn any_field_is_a_row_or_a_flaw(
            fields in prop::collection::vec("[ab;, 1.\u{e9}]{0,6}", 0..20),
            problem in prop_oneof![Just(Problem::SingleLabel), Just(several()), Just(Problem::regression())],
        ) {
            let mut labels = RowLabels::new(&problem, None);
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
