//! One text by two models: words beside each other, and the difference of the answers.

use super::view::{View, is_word};
use crate::commands::predict::answers;
use gatewise::Artifact;
use gatewise::explain::Explanation;
use std::fmt::Write;

/// Columns for a word and for a model.
const WORD: usize = 20;
const MODEL: usize = 18;

/// Returns the table. `names` are the names of the models.
pub fn table(artifacts: [&Artifact; 2], views: [&View<'_>; 2], names: [&str; 2]) -> String {
    let mut out = String::new();
    let mut line = |first: &str, fields: [String; 3]| {
        let [a, b, difference] = fields;
        let _ = writeln!(
            out,
            "{}",
            format!("{first:WORD$} {a:>MODEL$} {b:>MODEL$} {difference:>MODEL$}").trim_end()
        );
    };
    let file = |name: &str| {
        let name = std::path::Path::new(name).file_name().map(|name| name.to_string_lossy().into_owned());
        clip(&answers::on_one_line(&name.unwrap_or_default()))
    };
    line("", [file(names[0]), file(names[1]), "difference".into()]);
    let answer = |at: usize| {
        let fields = answers::fields(artifacts[at], &views[at].explanation.answer, None);
        clip(&fields.replace('\t', " "))
    };
    line("answer", [answer(0), answer(1), String::new()]);
    let values = views.map(|view| view.value(view.explanation.output.value));
    let what = views[0].label.map_or("number".to_owned(), |label| clip(&format!("P({label})")));
    let shown = |value: f32| format!("{value:.4}");
    line(&what, [shown(values[0]), shown(values[1]), format!("{:+.4}", values[1] - values[0])]);
    for (word, a, b) in side_by_side(views[0].explanation, views[1].explanation) {
        let value = |view: &View<'_>, at: Option<usize>| at.map(|at| view.values[at]);
        let (a, b) = (value(views[0], a), value(views[1], b));
        let field = |value: Option<f64>| value.map_or("-".to_owned(), |value| views[0].number(value));
        let difference = a.zip(b).map(|(a, b)| b - a);
        line(&clip_to(&answers::on_one_line(&word), WORD), [field(a), field(b), field(difference)]);
    }
    out
}

/// A word, and its place among the tokens of each model.
type Pair = (String, Option<usize>, Option<usize>);

/// Returns the words of a text with the tokens of two models: tokens at the same place in the text are beside each
/// other, or where a model has no places, tokens of the same number.
fn side_by_side(a: &Explanation, b: &Explanation) -> Vec<Pair> {
    let words = |of: &Explanation| {
        let tokens = of.tokens.iter().enumerate().filter(|(_, token)| is_word(token));
        let places = tokens.enumerate().map(|(number, (at, token))| {
            let place = token.span.unwrap_or([number, number]);
            (place, at, token.text.clone())
        });
        places.collect::<Vec<_>>()
    };
    let mut rows: std::collections::BTreeMap<[usize; 2], Pair> = Default::default();
    for (place, at, word) in words(a) {
        rows.insert(place, (word, Some(at), None));
    }
    for (place, at, word) in words(b) {
        rows.entry(place).or_insert((word, None, None)).2 = Some(at);
    }
    rows.into_values().collect()
}

fn clip(text: &str) -> String {
    clip_to(text, MODEL)
}

/// Returns the end of a text that is too long: of a path the name of the file.
fn clip_to(text: &str, width: usize) -> String {
    let count = text.chars().count();
    match count <= width {
        true => text.to_owned(),
        false => std::iter::once('…').chain(text.chars().skip(count + 1 - width)).collect(),
    }
}
