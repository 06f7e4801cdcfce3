//! Formats a [`Description`] as a report of 80 columns.

use super::{Bin, Coverage, Description, LabelCount, LabelSummary, LengthSummary, WordSummary};
use crate::page::{clip, thousands};
use std::fmt;

const WIDTH: usize = 80;
/// The maximum number of listed labels.
const LABELS: usize = 20;
/// The length of the longest bar.
const BAR: f64 = 28.0;
/// The maximum length of a label's name; longer names are truncated.
const NAME: usize = 30;

impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let skipped = match self.skipped {
            0 => String::new(),
            1 => " (1 bad one skipped)".to_owned(),
            count => format!(" ({} bad ones skipped)", thousands(count)),
        };
        let (rows, text, label) = (thousands(self.rows), &self.text_column, &self.label_column);
        let s = plural(self.rows);
        writeln!(f, "{rows} row{s}{skipped}; texts in '{text}', {} in '{label}'\n", self.labels.kind())?;
        self.labels.fmt(f)?;
        writeln!(f, "\n{}\n{}", self.lengths, self.words)?;
        let (max_words, maxlen) = (&self.max_words, &self.maxlen);
        writeln!(f, "Suggested")?;
        let of = format!("{} of running words get an id; 4 ids are not words", percent(max_words.fraction));
        writeln!(f, "  --max-words {:<7} ({of})", max_words.value)?;
        let of = format!("{} of the rows fit whole, with their start mark", percent(maxlen.fraction));
        writeln!(f, "  --maxlen {:<10} ({of})", maxlen.value)?;
        if !self.notes.is_empty() {
            writeln!(f, "\nNotes")?;
        }
        self.notes.iter().try_for_each(|note| wrap(f, note))
    }
}

impl LabelSummary {
    fn kind(&self) -> &'static str {
        match self {
            Self::Labels { .. } => "labels",
            Self::Numbers { .. } => "numbers",
        }
    }
}

impl fmt::Display for LabelSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Numbers { min, mean, standard_deviation, max } => {
                let heads = ["min", "mean", "deviation", "max"];
                let figures = [f64::from(*min), *mean, *standard_deviation, f64::from(*max)];
                columns(f, "Numbers", &heads, &figures.map(short))
            }
            Self::Labels { counts, per_row, rows_without } => {
                let several = match (*rows_without, *per_row) {
                    (0, 1.0) => String::new(),
                    (0, _) => format!(", {per_row:.2} a row"),
                    (rows, _) => {
                        format!(", {per_row:.2} a row; {} row{} without", thousands(rows), plural(rows))
                    }
                };
                writeln!(f, "{} label{}{several}", thousands(counts.len()), plural(counts.len()))?;
                let (listed, rest) = counts.split_at(counts.len().min(LABELS));
                bars(
                    f,
                    listed.iter().map(|LabelCount { label, rows, fraction }| (name(label), *rows, *fraction)),
                )?;
                match rest.iter().map(|label| label.rows).sum::<usize>() {
                    0 => Ok(()),
                    rows => {
                        let (more, count, s) = (thousands(rest.len()), thousands(rows), plural(rows));
                        writeln!(f, "  and {more} more, with {count} row{s} in all")
                    }
                }
            }
        }
    }
}

impl fmt::Display for LengthSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let heads = ["min", "median", "mean", "90 %", "95 %", "99 %", "max"];
        let whole = |length: usize| thousands(length);
        let Self { min, median, mean, p90, p95, p99, max, histogram } = self;
        let figures =
            [whole(*min), whole(*median), short(*mean), whole(*p90), whole(*p95), whole(*p99), whole(*max)];
        columns(f, "Words a row", &heads, &figures)?;
        bars(f, histogram.iter().map(|bin| (bin.name(), bin.rows, bin.fraction)))
    }
}

impl Bin {
    fn name(&self) -> String {
        let from = thousands(self.from);
        match self.to {
            None => format!("{from} and more"),
            Some(to) if to == self.from => from,
            Some(to) => format!("{from}–{}", thousands(to)),
        }
    }
}

impl fmt::Display for WordSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (running, distinct) = (thousands(self.running), thousands(self.distinct));
        let once = thousands(self.once);
        let words = if self.running == 1 { "word" } else { "words" };
        writeln!(f, "{running} running {words}, {distinct} different, {once} of them once")?;
        let size = |coverage: &Coverage| match coverage.words == self.distinct {
            true => "all".to_owned(),
            false => thousands(coverage.words),
        };
        let heads: Vec<String> = self.coverage.iter().map(size).collect();
        let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
        let covered: Vec<String> = self.coverage.iter().map(|coverage| percent(coverage.fraction)).collect();
        columns(f, "The commonest", &heads, &covered)
    }
}

/// Writes a line with a title and column heads, and a line of figures.
fn columns(f: &mut fmt::Formatter<'_>, title: &str, heads: &[&str], figures: &[String]) -> fmt::Result {
    let width = |at: usize| 8.max(1 + heads[at].chars().count().max(figures[at].chars().count()));
    write!(f, "{title:<14}")?;
    heads.iter().enumerate().try_for_each(|(at, head)| write!(f, "{head:>0$}", width(at)))?;
    write!(f, "\n{:14}", "")?;
    figures.iter().enumerate().try_for_each(|(at, figure)| write!(f, "{figure:>0$}", width(at)))?;
    writeln!(f)
}

/// Writes one line for each part: the name, the number of rows, the percentage and a bar.
fn bars(f: &mut fmt::Formatter<'_>, parts: impl Iterator<Item = (String, usize, f64)>) -> fmt::Result {
    let parts: Vec<_> = parts.map(|(name, rows, fraction)| (name, thousands(rows), fraction)).collect();
    let width = |text: &str| text.chars().count();
    let names = parts.iter().map(|part| width(&part.0)).max().unwrap_or(0);
    let rows = parts.iter().map(|part| part.1.len()).max().unwrap_or(0);
    let most = parts.iter().map(|part| part.2).fold(0.0, f64::max);
    parts.iter().try_for_each(|(name, count, fraction)| {
        let (percent, bar) = (percent(*fraction), bar(fraction / most));
        let line = format!("  {name:<names$}  {count:>rows$} {percent:>8}  {bar}");
        writeln!(f, "{}", line.trim_end())
    })
}

/// Returns a bar of this fraction of the longest bar, in eighths of a column. A bar above 0 is visible.
fn bar(fraction: f64) -> String {
    let eighths = (fraction * BAR * 8.0).ceil() as usize;
    let part = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
    "█".repeat(eighths / 8) + part
}

/// Returns a label's name on one line, truncated.
fn name(label: &str) -> String {
    clip(&label.replace(char::is_control, " "), NAME)
}

/// Writes a note, wrapped at spaces.
fn wrap(f: &mut fmt::Formatter<'_>, note: &str) -> fmt::Result {
    for (index, line) in note.lines().enumerate() {
        let mut column = 4;
        f.write_str(if index == 0 { "  * " } else { "    " })?;
        for (index, word) in line.split_whitespace().enumerate() {
            let width = word.chars().count();
            if index > 0 && column + 1 + width > WIDTH {
                write!(f, "\n    ")?;
                column = 4;
            } else if index > 0 {
                f.write_str(" ")?;
                column += 1;
            }
            f.write_str(word)?;
            column += width;
        }
        writeln!(f)?;
    }
    Ok(())
}

/// Formats a percentage. A fraction below 1 is not rounded up to 100 %.
fn percent(fraction: f64) -> String {
    match fraction {
        1.0 => "100 %".to_owned(),
        fraction => format!("{:.1} %", (100.0 * fraction).min(99.9)),
    }
}

/// Formats a figure with about four digits.
fn short(figure: f64) -> String {
    match figure.abs() {
        size if size >= 1e6 || (size < 1e-3 && size > 0.0) => format!("{figure:.1e}"),
        size if size >= 1000.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        size if size >= 1.0 => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
