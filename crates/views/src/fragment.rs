//! What a notebook shows of an explanation. Input: an explanation. Output: an element of HTML, without a script.

use crate::escape;
use gatewise::explain::Explanation;
use serde_json::Value;
use std::fmt::Write;

const STYLE: &str = include_str!("../assets/fragment.css");

/// The number of words on each side in the list of bars.
const STRONGEST: usize = 5;

/// Returns an explanation as an element of HTML for a notebook: the answer, the text with each word coloured by its
/// contribution, and the strongest words as bars.
///
/// The element has a style of its own, for light and dark, and no script. A word for the output has a line above it
/// and a word against it a line below; the strongest words carry `+` or `−`. Contributions are of the first method.
pub fn fragment(explanation: &Explanation) -> String {
    fragment_of_json(&serde_json::to_value(explanation).expect("an explanation has no keys but text"))
}

/// Returns an explanation as an element of HTML, as [`fragment`], from JSON: an object with the keys of [`Explanation`].
/// What is missing is left out.
pub fn fragment_of_json(explanation: &Value) -> String {
    let e = explanation;
    let mut html = format!("<div class=\"gatewise-explanation\"><style>{STYLE}</style>");
    answer(&mut html, e);
    let method = &e["attributions"][0];
    let words = words(e);
    let values: Vec<f64> =
        words.iter().enumerate().map(|(i, _)| method["values"][i].as_f64().unwrap_or(0.0)).collect();
    let most = values.iter().fold(0.0, |most: f64, value| most.max(value.abs()));
    let share = |value: f64| if most > 0.0 { value / most } else { 0.0 };

    html.push_str("<p class=\"gw-text\" dir=\"auto\">");
    for (i, (gap, word)) in words.iter().enumerate() {
        let _ = write!(
            html,
            "{}{}",
            escape::html(gap),
            marked(word, &e["tokens"][i], share(values[i]), values[i])
        );
    }
    html.push_str("</p>");
    let strongest = strongest(&values);
    if !strongest.is_empty() {
        let (plus, minus) = sides(e);
        let name = method["method"].as_str().unwrap_or_default().replace('_', " ");
        let _ = write!(
            html,
            "<p class=\"gw-about\">{}: + {}, − {}</p><div class=\"gw-bars\">",
            escape::html(&name),
            escape::html(&plus),
            escape::html(&minus)
        );
        for i in strongest {
            let side = if values[i] < 0.0 { "gw-down" } else { "gw-up" };
            let _ = write!(
                html,
                "<span class=\"gw-name\">{}</span><span class=\"gw-track\" aria-hidden=\"true\"><span class=\"gw-bar {side}\" \
                 style=\"--gw-share:{:.3}\"></span></span><span>{}</span>",
                escape::html(&words[i].1),
                share(values[i]).abs(),
                signed(values[i])
            );
        }
        html.push_str("</div>");
    }
    html.push_str("</div>");
    html
}

/// The label and its probability, or the number of a regression.
fn answer(html: &mut String, e: &Value) {
    let (answer, output) = (&e["answer"], &e["output"]);
    let chance = answer["probability"].as_f64().filter(|_| answer["value"].is_null());
    let chance = chance.map(|chance| format!(" {}", percent(chance))).unwrap_or_default();
    let label = match answer["label"].as_str() {
        None | Some("") => "no label",
        Some(label) => label,
    };
    let _ = write!(html, "<p class=\"gw-label\"><strong>{}</strong>{chance}</p>", escape::html(label));
    if let (Some(label), Some(value)) = (output["label"].as_str(), output["value"].as_f64()) {
        let _ = write!(html, "<p class=\"gw-about\">P({}) = {}", escape::html(label), percent(value));
        if let Some(threshold) = output["threshold"].as_f64() {
            let _ = write!(html, ", threshold {}", percent(threshold));
        }
        html.push_str("</p>");
    }
}

/// One word, with its number as a title for the pointer.
fn marked(word: &str, token: &Value, share: f64, value: f64) -> String {
    let mut classes = String::from("gw-word");
    for (applies, class) in [
        (share > 0.02, " gw-plus"),
        (share < -0.02, " gw-minus"),
        (token["known"] == false, " gw-unknown"),
        (token["read"] == false, " gw-unread"),
    ] {
        classes.push_str(if applies { class } else { "" });
    }
    let sign = match share {
        share if share > 0.4 => "<sup>+</sup>",
        share if share < -0.4 => "<sup>−</sup>",
        _ => "",
    };
    format!(
        "<span class=\"{classes}\" style=\"--gw-share:{:.3}\" title=\"{}\">{}{sign}</span>",
        share.abs(),
        signed(value),
        escape::html(word)
    )
}

/// The tokens as they are written in the text, each with the text before it.
fn words(e: &Value) -> Vec<(String, String)> {
    let text = e["text"].as_str().unwrap_or_default();
    // Where the tokens before end, and whether the last of them has a place in the text.
    let (mut at, mut written) = (0, true);
    let tokens = e["tokens"].as_array().map(Vec::as_slice).unwrap_or_default();
    let word = |(i, token): (usize, &Value)| {
        let bound = |side: usize| token["span"][side].as_u64().and_then(|byte| usize::try_from(byte).ok());
        let found = bound(0)
            .zip(bound(1))
            .and_then(|(from, to)| Some((text.get(at..from)?, text.get(from..to)?, to)));
        let space = if i > 0 { " " } else { "" };
        match found {
            Some((gap, word, to)) => {
                let gap = if gap.is_empty() && !written { space } else { gap };
                (at, written) = (to, true);
                (gap.to_owned(), word.to_owned())
            }
            None => {
                written = false;
                let gap = space;
                (gap.to_owned(), token["text"].as_str().unwrap_or_default().to_owned())
            }
        }
    };
    tokens.iter().enumerate().map(word).collect()
}

/// The strongest words for the output, strongest first, then the strongest against it, weakest first.
fn strongest(values: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[b].total_cmp(&values[a]));
    let plus = order.iter().copied().filter(|&i| values[i] > 0.0).take(STRONGEST);
    let minus: Vec<usize> =
        order.iter().rev().copied().filter(|&i| values[i] < 0.0).take(STRONGEST).collect();
    plus.chain(minus.into_iter().rev()).collect()
}

/// What positive and what negative contributions do.
fn sides(e: &Value) -> (String, String) {
    let output = &e["output"];
    match (output["label"].as_str(), output["other"].as_str()) {
        (Some(label), Some(other)) => (format!("for {label}"), format!("for {other}")),
        (Some(label), None) => (format!("for {label}"), format!("against {label}")),
        _ => ("for a higher number".to_owned(), "for a lower number".to_owned()),
    }
}

fn signed(value: f64) -> String {
    let text = format!("{:.2}", value.abs());
    match value {
        _ if text == "0.00" => text,
        value if value < 0.0 => format!("−{text}"),
        _ => format!("+{text}"),
    }
}

/// What is not certain is never shown as 0 % or 100 %.
fn percent(value: f64) -> String {
    match value {
        value if (f64::MIN_POSITIVE..0.0005).contains(&value) => "&lt; 0.1 %".to_owned(),
        value if (0.9995..1.0).contains(&value) => "&gt; 99.9 %".to_owned(),
        value => format!("{:.1} %", value * 100.0),
    }
}
