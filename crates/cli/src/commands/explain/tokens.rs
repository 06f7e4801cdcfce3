//! The table of `--per-token`: contributions, the answer if the text ended at a token, gates and states.

use super::view::View;
use crate::args::Explain;
use crate::commands::predict::answers::on_one_line;
use gatewise::explain::{Explanation, LayerStates, Method, SignalValues};
use gatewise::{Error, Result};
use std::fmt::Write;

/// Columns for a token; a longer one is cut.
const TOKEN: usize = 14;

/// Returns the tables: one for the tokens, and one for each layer.
///
/// # Errors
/// If no layer has the name that is asked for.
pub fn tables(view: &View<'_>, args: &Explain) -> Result<String> {
    let Explanation { layers, .. } = view.explanation;
    let chosen: Vec<&LayerStates> = match &args.layer {
        None => layers.iter().collect(),
        Some(name) => layers.iter().filter(|layer| layer.name == *name).collect(),
    };
    if let (Some(name), true) = (&args.layer, chosen.is_empty()) {
        let names: Vec<String> = layers.iter().map(|layer| format!("'{}'", layer.name)).collect();
        return Err(Error::config(format!(
            "the model has no recurrent layer '{name}'; its recurrent layers are {}",
            names.join(", ")
        )));
    }
    let mut out = String::new();
    match chosen.as_slice() {
        // The means of one layer go beside the contributions.
        [layer] if !args.units => table(&mut out, &[own(view), means(view, layer)].concat(), view),
        _ => {
            table(&mut out, &own(view), view);
            for layer in chosen {
                let direction = if layer.backwards { ", from the last token to the first" } else { "" };
                let _ = writeln!(out, "\n{} ({}, {} units{direction})", layer.name, layer.class, layer.units);
                match args.units {
                    false => table(&mut out, &means(view, layer), view),
                    true => units(&mut out, view, layer),
                }
            }
        }
    }
    Ok(out)
}

/// A column: its name and a field for each token.
type Column = (String, Vec<String>);

/// Contributions, and the answers for the beginnings and ends of the text.
fn own(view: &View<'_>) -> Vec<Column> {
    let Explanation { beginnings, endings, .. } = view.explanation;
    let fields = |values: &[f64]| values.iter().map(|value| view.number(*value)).collect::<Vec<_>>();
    let mut columns = vec![("contrib".to_owned(), fields(&view.values))];
    if let Some(values) = view.by(Method::LinearModel) {
        columns.push(("linear".to_owned(), fields(&values)));
    }
    let answers = |values: &[f32]| values.iter().map(|value| format!("{:.4}", view.value(*value))).collect();
    let ended = if view.is_regression() { "end here".to_owned() } else { "P if end".to_owned() };
    for (name, values) in [(ended, beginnings), ("P if start".to_owned(), endings)] {
        if !values.is_empty() {
            columns.push((name, answers(values)));
        }
    }
    columns
}

/// The means of the signals of a layer over its units; of states the means of the absolute values.
fn means(view: &View<'_>, layer: &LayerStates) -> Vec<Column> {
    let column = |signal: &SignalValues| {
        let name = match signal.name.strip_suffix("_gate") {
            Some(gate) => gate.to_owned(),
            None => format!("|{}|", short(&signal.name)),
        };
        (name, laid(view, layer, |at| format!("{:.3}", signal.mean[at])))
    };
    layer.signals.iter().map(column).collect()
}

fn short(name: &str) -> &str {
    if name == "candidate" { "cand" } else { name }
}

/// Adds a table for each signal of a layer, with a column for each unit.
fn units(out: &mut String, view: &View<'_>, layer: &LayerStates) {
    for signal in &layer.signals {
        let _ = writeln!(out, "{}", signal.name);
        let unit = |unit: usize| {
            ((unit + 1).to_string(), laid(view, layer, |at| format!("{:.2}", signal.values[at][unit])))
        };
        table(out, &(0..layer.units).map(unit).collect::<Vec<_>>(), view);
    }
}

/// Returns a field for each token; empty where the layer reads nothing.
fn laid(view: &View<'_>, layer: &LayerStates, field: impl Fn(usize) -> String) -> Vec<String> {
    let read = layer.signals.first().map_or(0, |signal| signal.mean.len());
    let one = |at: usize| match at.checked_sub(layer.start).filter(|&at| at < read) {
        Some(at) => field(at),
        None => String::new(),
    };
    (0..view.explanation.tokens.len()).map(one).collect()
}

/// Adds a table of the tokens with these columns, as wide as they need.
fn table(out: &mut String, columns: &[Column], view: &View<'_>) {
    let tokens = view.explanation.tokens.iter();
    let tokens: Vec<String> = tokens.map(|token| clip(&on_one_line(&token.text))).collect();
    let width = |texts: &[String]| texts.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let first = width(&tokens).max("token".len());
    let widths: Vec<usize> =
        columns.iter().map(|(name, fields)| width(fields).max(name.chars().count())).collect();
    let mut line = |token: &str, fields: &mut dyn Iterator<Item = &str>| {
        let mut line = format!("{token:first$}");
        for (field, width) in fields.zip(&widths) {
            let _ = write!(line, " {field:>width$}");
        }
        let _ = writeln!(out, "{}", line.trim_end());
    };
    line("token", &mut columns.iter().map(|(name, _)| name.as_str()));
    for (at, token) in tokens.iter().enumerate() {
        line(token, &mut columns.iter().map(|(_, fields)| fields.get(at).map_or("", String::as_str)));
    }
}

/// Returns a token in at most [`TOKEN`] characters.
fn clip(token: &str) -> String {
    match token.chars().count() <= TOKEN {
        true => token.to_owned(),
        false => token.chars().take(TOKEN - 1).chain(['…']).collect(),
    }
}
