//! One explanation as a short page: the answer, the coloured text, and what speaks for the answer.

use super::text;
use super::view::{View, is_word, signed};
use crate::args::method_name;
use crate::color::{self, Style};
use crate::commands::predict::answers;
use gatewise::Artifact;
use gatewise::explain::{Change, Method, Phrase};
use std::fmt::Write;

/// The width of a terminal.
pub const WIDTH: usize = 80;
/// The most words for and against a label, phrases and unknown words.
const WORDS: usize = 5;
const PHRASES: usize = 3;
const UNKNOWN: usize = 10;
/// A phrase is shown if its interaction is at least this share of the largest contribution.
const NOTABLE: f64 = 0.25;

/// Returns the page. The first `asked` phrases are shown whatever they are worth.
pub fn page(artifact: &Artifact, view: &View<'_>, method: Method, asked: usize, style: Style) -> String {
    let mut out = head(artifact, view, "", style);
    let explanation = view.explanation;
    if !explanation.tokens.iter().any(is_word) && explanation.text.is_some() {
        return out + "\nThe text has no words: this is the model's answer to nothing.\n";
    }
    if explanation.text.is_some() {
        let _ = write!(out, "\n{}\n", text::colored(view, WIDTH, "  ", style));
    }
    out += &fold(&without_words(view));
    out += &signs(view, method);
    out += &for_and_against(view, &view.values, "", WORDS, style);
    if method != Method::LinearModel
        && let Some(values) = view.by(Method::LinearModel)
    {
        out += &for_and_against(view, &values, "Linear model, ", PHRASES, style);
    }
    columns(&mut out, view, method);
    phrases(&mut out, view, asked);
    out += &fold(&parts(view));
    out += &fold(&ended(view));
    out += &changes(view);
    out += &fold(&unknown(view));
    out
}

/// Returns the line of the answer, as `predict` prints it; the text comes below, but a series has only its `name`.
pub fn head(artifact: &Artifact, view: &View<'_>, name: &str, style: Style) -> String {
    let fields = style.paint(color::BOLD, &answers::fields(artifact, &view.explanation.answer, None));
    match view.explanation.text {
        Some(_) => format!("{fields}\n"),
        None => format!("{fields}\t{}\n", answers::on_one_line(name)),
    }
}

/// Returns what the model answers without any word, where that is at least as much as the words add.
fn without_words(view: &View<'_>) -> String {
    let output = &view.explanation.output;
    let words = output.logit - output.baseline;
    if output.baseline.abs() < words.abs().max(0.5) {
        return String::new();
    }
    let of = match (&output.label, &output.other) {
        (Some(_), Some(_)) => "log-odds",
        (Some(_), None) => "logit",
        (None, _) => "number",
    };
    let number = |value: f64| signed(view.sign * value, output.baseline.abs());
    format!(
        "Without any word the {of} would be {}; the words add {}: {}.",
        number(output.baseline),
        number(words),
        number(output.logit)
    )
}

/// Returns the line that names the method and what the signs mean.
fn signs(view: &View<'_>, method: Method) -> String {
    let method = method_name(method).replace('-', " ");
    match (view.label, view.other) {
        (Some(label), Some(other)) => fold(&format!("+ for {label}, - for {other}, by {method}:")),
        (Some(label), None) => fold(&format!("+ for {label}, - against it, by {method}:")),
        (None, _) => fold(&format!("+ raises the number, - lowers it, by {method}:")),
    }
}

/// Returns a line for the words that speak for the label and a line for the words against it; the side of the answer
/// first.
fn for_and_against(view: &View<'_>, values: &[f64], before: &str, most: usize, style: Style) -> String {
    let name = |side: &str| match before.is_empty() {
        true => format!("{side}: "),
        false => format!(
            "{before}{}: ",
            side.replacen(|c: char| c.is_ascii_uppercase(), &side[..1].to_lowercase(), 1)
        ),
    };
    let sides = match (view.label, view.other) {
        (Some(label), Some(other)) => [format!("For {label}"), format!("For {other}")],
        (Some(label), None) => [format!("For {label}"), "Against".to_owned()],
        (None, _) => ["Up".to_owned(), "Down".to_owned()],
    };
    let [positive, negative] = sides.map(|side| name(&answers::on_one_line(&side)));
    let mut sides = [(positive, 1.0), (negative, -1.0)];
    if view.other == Some(view.explanation.answer.label.as_str()) {
        sides.reverse();
    }
    let largest = values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let step = if view.is_series() { "step " } else { "" };
    let mut out = String::new();
    for (name, sign) in sides {
        let words = view.strongest(values, sign, most);
        if words.is_empty() {
            continue;
        }
        let word = |(word, value, count): &(&str, f64, usize)| {
            let times = if *count > 1 { format!(" ({count} times)") } else { String::new() };
            format!("{step}{} {}{times}", answers::on_one_line(word), signed(*value, largest))
        };
        let words: Vec<String> = words.iter().map(word).collect();
        let line = fold(&format!("{name}{}", words.join(", ")));
        // A name that is not broken is at the start of the line.
        out += &match line.strip_prefix(&name) {
            Some(rest) => style.paint(color::BOLD, &name) + rest,
            None => line,
        };
    }
    out
}

/// Returns the contributions of the columns of a series.
fn columns(out: &mut String, view: &View<'_>, method: Method) {
    let attributions = &view.explanation.attributions;
    let found = attributions.iter().find(|it| it.method == method).and_then(|it| it.columns.as_ref());
    if let Some(columns) = found.filter(|columns| columns.len() > 1) {
        let mut columns: Vec<(usize, f64)> = columns.iter().copied().enumerate().collect();
        columns.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let shown = columns.iter().take(WORDS);
        let shown: Vec<String> =
            shown.map(|(at, value)| format!("{} {}", at + 1, view.number(view.sign * value))).collect();
        *out += &fold(&format!("Columns: {}", shown.join(", ")));
    }
}

/// Adds a line for each phrase that is more, or other, than its words.
fn phrases(out: &mut String, view: &View<'_>, asked: usize) {
    let largest = view.values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs()));
    let notable = |phrase: &&Phrase| phrase.interaction.abs() >= NOTABLE * largest;
    let (own, found) = view.explanation.phrases.split_at(asked.min(view.explanation.phrases.len()));
    for Phrase { start, end, score, words, .. } in
        own.iter().chain(found.iter().filter(notable).take(PHRASES))
    {
        let tokens = &view.explanation.tokens[*start..*end];
        let phrase: Vec<String> = tokens.iter().map(|token| answers::on_one_line(&token.text)).collect();
        let number = |value: f64| view.number(view.sign * value);
        let alone: Vec<String> =
            phrase.iter().zip(words).map(|(word, value)| format!("{word} {}", number(*value))).collect();
        *out += &fold(&format!(
            "Phrase \"{}\" decomposed: {} together; alone {}",
            phrase.join(" "),
            number(*score),
            alone.join(", ")
        ));
    }
}

/// Returns the parts of an ensemble: what they add to the log-odds.
fn parts(view: &View<'_>) -> String {
    let parts = &view.explanation.parts;
    let (linear, members): (Vec<_>, Vec<_>) = parts.iter().partition(|part| part.name == "linear_model");
    if parts.is_empty() {
        return String::new();
    }
    let sum = |parts: &[&gatewise::explain::Part]| {
        let sum: f64 = parts.iter().map(|part| part.weight * part.logit).sum();
        signed(view.sign * sum, sum.abs())
    };
    let linear = if linear.is_empty() { String::new() } else { format!(", linear model {}", sum(&linear)) };
    format!("Parts: {} recurrent members {}{linear}", members.len(), sum(&members))
}

/// Returns the last word after which another answer would have been given, if that answer was clear.
fn ended(view: &View<'_>) -> String {
    let explanation = view.explanation;
    let Some(threshold) = explanation.output.threshold else { return String::new() };
    /// How far a probability is from the threshold for a clear answer.
    const CLEAR: f32 = 0.1;
    let is = explanation.output.value > threshold;
    let differs = |&(at, &value): &(usize, &f32)| {
        (value > threshold) != is && (value - threshold).abs() >= CLEAR && is_word(&explanation.tokens[at])
    };
    // Of beginnings of one word little is known yet.
    let words =
        explanation.beginnings.iter().enumerate().skip_while(|(at, _)| !is_word(&explanation.tokens[*at]));
    match words.skip(1).filter(differs).last() {
        Some((at, &value)) => {
            let word = answers::on_one_line(&explanation.tokens[at].text);
            format!(
                "Ended after '{word}' (word {} of {}), the answer would be {}.",
                number(view, at),
                number(view, explanation.tokens.len() - 1),
                view.answer(value)
            )
        }
        None => String::new(),
    }
}

/// Returns the number of a word, from 1.
fn number(view: &View<'_>, at: usize) -> usize {
    view.explanation.tokens[..=at].iter().filter(|token| is_word(token)).count()
}

/// Returns a line for each of the smallest changes that turn the answer.
fn changes(view: &View<'_>) -> String {
    let found = &view.explanation.counterfactuals;
    let word = |at: &usize| format!("'{}'", answers::on_one_line(&view.explanation.tokens[*at].text));
    let answer = |change: &Change| match view.explanation.output.other {
        Some(_) => view.answer(change.value),
        None if change.label.is_empty() => format!("no label; {}", view.answer(change.value)),
        None => format!("{}; {}", change.label, view.answer(change.value)),
    };
    let deletion = found.deletion.as_ref().map(|change| {
        let words: Vec<String> = change.tokens.iter().take(WORDS).map(word).collect();
        let more = change.tokens.len().saturating_sub(WORDS);
        let more = if more > 0 { format!(" and {more} more words") } else { String::new() };
        format!("Without {}{more}: {}.", words.join(", "), answer(change))
    });
    let swap = found.swap.as_ref().map(|change| {
        let pairs = change.words.iter().zip(&change.tokens);
        let pairs: Vec<String> = pairs.map(|(new, at)| format!("'{new}' instead of {}", word(at))).collect();
        format!("With {}: {}.", pairs.join(", "), answer(change))
    });
    deletion.into_iter().chain(swap).map(|sentence| fold(&sentence)).collect()
}

/// Returns the words that the vocabulary does not have.
fn unknown(view: &View<'_>) -> String {
    let tokens = view.explanation.tokens.iter().filter(|token| !token.known && token.read);
    let mut words: Vec<String> = Vec::new();
    for token in tokens {
        let word = answers::on_one_line(&token.text);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let more = words.len().saturating_sub(UNKNOWN);
    words.truncate(UNKNOWN);
    match (words.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => format!("Unknown words: {}", words.join(", ")),
        (false, more) => format!("Unknown words: {} and {more} more", words.join(", ")),
    }
}

/// Returns a paragraph in lines of the width of a terminal; an empty text stays empty.
fn fold(text: &str) -> String {
    text::folded(text, WIDTH)
}
