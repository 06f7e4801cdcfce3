//! Splits of labelled texts.
//!
//! Input: labelled texts. Output: some of their rows, in some order. Equal texts stay on one side.

use super::LabelledTexts;
use crate::rows::{hold_out_groups, order};
use std::collections::HashSet;

impl LabelledTexts {
    /// Returns the rows with the indices `order`, in that order.
    fn select(&self, order: &[usize]) -> Self {
        let rows = order.iter().map(|&row| self.order[row]).collect();
        let (text_column, label_column) = (self.text_column.clone(), self.label_column.clone());
        let (file, labels) = (self.file.clone(), self.labels.select(order));
        Self { text_column, label_column, file, order: rows, labels, weights: self.weights.clone() }
    }

    /// Returns the rows in an order drawn from `seed`.
    pub fn shuffle(&self, seed: u64) -> Self {
        self.select(&order(self.len(), seed))
    }

    /// Splits the rows into training rows and a held-out `fraction`, drawn from `seed` and stratified by
    /// class. Multi-label rows are stratified by their rarest label. Rows with equal texts are kept on one side
    /// (see [`hold_out_groups`]).
    pub fn hold_out(&self, fraction: f64, seed: u64) -> (Self, Self) {
        let groups = self.groups();
        let [kept, held] = hold_out_groups(&self.labels.strata(), &groups, fraction, seed);
        (self.select(&kept), self.select(&held))
    }

    /// Returns a note about equal texts after [`hold_out`](Self::hold_out), where `self` are the held-out rows and
    /// `training` the others; `None` if there are no equal texts.
    pub fn hold_out_note(&self, training: &Self) -> Option<String> {
        let texts = self.file.findings.groups(self.file.words.len());
        let trained: HashSet<u32> = training.order.iter().map(|&row| texts[row]).collect();
        let shared = self.order.iter().filter(|&&row| trained.contains(&texts[row])).count();
        let repeats = self.file.findings.repeats();
        match (shared, repeats) {
            (0, 0) => None,
            (0, 1) => Some("1 row repeats an earlier text; equal texts are on one side of the split".into()),
            (0, _) => Some(format!(
                "{repeats} rows repeat an earlier text; equal texts are on one side of the split"
            )),
            _ => Some(format!(
                "{shared} of {} texts to test on are in training too, which flatters the result: too few texts differ to keep \
                 equal ones on one side of the split",
                self.len()
            )),
        }
    }

    /// Returns the group of each row: rows with equal texts are of one group. Groups are numbered below the number of
    /// rows.
    fn groups(&self) -> Vec<u32> {
        let texts = self.file.findings.groups(self.file.words.len());
        let mut first = vec![u32::MAX; texts.len()];
        let group = |(at, &row): (usize, &usize)| {
            let first = &mut first[texts[row] as usize];
            *first = (*first).min(at as u32);
            *first
        };
        self.order.iter().enumerate().map(group).collect()
    }
}
