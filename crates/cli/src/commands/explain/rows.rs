//! Many texts: a line for each with its answer and strongest words, and at the end the words that speak most for each
//! label.

use super::view::signed;
use super::{Job, emit, text};
use crate::args::Format;
use crate::commands::predict::answers::{fields, on_one_line};
use crate::note;
use gatewise::Result;
use gatewise::explain::{Explanation, TopWord, TopWords};
use serde_json::json;

/// The words of a line, and the words of each label at the end.
const WORDS: usize = 4;
const TOP: usize = 10;
/// A word is listed if its contribution is at least this share of the largest.
const NOTABLE: f64 = 0.05;
/// With fewer texts, words that occur once are listed too.
const HANDFUL: usize = 10;

/// Writes explanations as they come.
pub struct Rows<'a> {
    job: &'a Job<'a>,
    top: TopWords,
    texts: usize,
    /// The largest contribution so far.
    largest: f64,
}

impl<'a> Rows<'a> {
    pub fn new(job: &'a Job<'a>) -> Self {
        Self { job, top: TopWords::new(), texts: 0, largest: 0.0 }
    }

    /// Writes a line for each explanation; `names` are the texts, or the names of files or series.
    pub fn write(&mut self, names: &[String], explanations: &[Explanation]) -> Result<()> {
        let mut out = String::new();
        for (name, explanation) in names.iter().zip(explanations) {
            self.top.add(explanation, self.job.method);
            self.texts += 1;
            match self.job.args.format {
                Format::Json => out += &self.job.object(explanation, name)?,
                Format::Text => out += &self.line(name, explanation)?,
            }
        }
        emit(&out)
    }

    fn line(&mut self, name: &str, explanation: &Explanation) -> Result<String> {
        let answer = fields(self.job.explainer.artifact(), &explanation.answer, None);
        let view = match self.job.view(explanation) {
            // A note of the explanation says why.
            Err(error) if !explanation.notes.is_empty() => {
                note!("note: {error}");
                return Ok(format!("{answer}\t\t{}\n", on_one_line(name)));
            }
            view => view?,
        };
        let sides = [view.strongest(&view.values, 1.0, WORDS), view.strongest(&view.values, -1.0, WORDS)];
        let mut words = sides.concat();
        words.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        words.truncate(WORDS);
        self.largest = words.first().map_or(self.largest, |word| self.largest.max(word.1.abs()));
        let step = if explanation.text.is_none() { "step " } else { "" };
        let words: Vec<String> = words
            .iter()
            .map(|(word, value, _)| format!("{step}{} {}", on_one_line(word), view.number(*value)))
            .collect();
        Ok(format!("{answer}\t{}\t{}\n", words.join(", "), on_one_line(name)))
    }

    /// Writes the words that speak most for each label.
    pub fn finish(self) -> Result<()> {
        let least = if self.texts < HANDFUL { 1 } else { (self.texts / 1000).max(2) };
        let mut top = self.top.top(TOP, least);
        for (_, words) in &mut top {
            let largest = words.first().map_or(0.0, |word| word.mean);
            words.retain(|word| word.mean > 0.0 && word.mean >= NOTABLE * largest);
        }
        top.retain(|(_, words)| !words.is_empty());
        if self.job.args.format == Format::Json {
            let labels: serde_json::Map<_, _> =
                top.into_iter().map(|(label, words)| (label, json!(words))).collect();
            return emit(&format!("{}\n", json!({"top_words": labels, "texts": self.texts})));
        }
        if top.is_empty() {
            return Ok(());
        }
        let occurring =
            if least > 1 { format!(", of words that occur at least {least} times") } else { String::new() };
        let mut out = format!("\nMean contribution to each label in {} texts{occurring}:\n", self.texts);
        for (label, words) in top {
            let word = |TopWord { word, mean, count, .. }: &TopWord| {
                format!("{} {} ({count})", on_one_line(word), signed(*mean, self.largest))
            };
            let words: Vec<String> = words.iter().map(word).collect();
            out += &text::folded(&format!("{label}: {}", words.join(", ")), super::page::WIDTH);
        }
        emit(&out)
    }
}
