//! The page. Input: explanations. Output: one HTML document that loads nothing.

use crate::assets::{STYLE, script};
use crate::escape;
use gatewise::explain::Explanation;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fmt::Write;

/// One HTML page with the pictures of one or more explanations.
///
/// The page needs neither a network nor a server: it can be opened from a disk and sent by mail. It contains the
/// explanations as JSON, with the keys of [`Explanation`], in the element with the id `data`.
///
/// ```
/// use gatewise_views::Page;
/// let html = Page::new("Why?").to_html();
/// assert!(html.starts_with("<!doctype html>"));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Page {
    title: String,
    /// Each entry is one explanation or two, as `{"name": …, "explanation": …}`.
    entries: Vec<String>,
}

impl Page {
    /// Creates a page without explanations.
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), entries: Vec::new() }
    }

    /// Adds an explanation. A page of several explanations has a list of their texts.
    pub fn explanation(self, explanation: &Explanation) -> Self {
        self.entry(&[("", text_of(explanation))])
    }

    /// Adds two explanations to compare, of two models or of two texts, with the names to show. An empty name is
    /// replaced by the text.
    pub fn comparison(self, pair: [(&str, &Explanation); 2]) -> Self {
        self.entry(&pair.map(|(name, explanation)| (name, text_of(explanation))))
    }

    /// Adds an explanation as JSON: an object with the keys of [`Explanation`].
    pub fn json(self, explanation: &Value) -> Self {
        self.entry(&[("", explanation.to_string())])
    }

    /// Adds two explanations as JSON to compare, as [`comparison`](Self::comparison).
    pub fn json_comparison(self, pair: [(&str, &Value); 2]) -> Self {
        self.entry(&pair.map(|(name, explanation)| (name, explanation.to_string())))
    }

    fn entry(mut self, named: &[(&str, String)]) -> Self {
        let one = |(name, explanation): &(&str, String)| {
            format!("{{\"name\":{},\"explanation\":{explanation}}}", Value::from(*name))
        };
        self.entries.push(format!("[{}]", named.iter().map(one).collect::<Vec<_>>().join(",")));
        self
    }

    /// Returns the page as HTML.
    pub fn to_html(&self) -> String {
        let (title, script) = (escape::html(&self.title), script());
        let data = format!("{{\"title\":{},\"entries\":[{}]}}", json!(self.title), self.entries.join(","));
        let data = escape::json(&data);
        let mut html = String::with_capacity(STYLE.len() + script.len() + data.len() + 2048);
        // Only this script and this style run; nothing is loaded, sent or framed.
        let _ = write!(
            html,
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src '{}'; \
             style-src '{}'; base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
             <div id=\"page\"><h1>{title}</h1><noscript><p>The pictures are drawn by the script of this page, which \
             loads nothing.</p></noscript></div>\n\
             <script type=\"application/json\" id=\"data\">{data}</script>\n\
             <script type=\"module\">{script}</script>\n</body>\n</html>\n",
            checksum(&script),
            checksum(STYLE),
        );
        html
    }
}

/// Returns one HTML page with the pictures of `explanations`: [`Page`] without comparisons.
pub fn page(title: &str, explanations: &[Explanation]) -> String {
    explanations.iter().fold(Page::new(title), Page::explanation).to_html()
}

/// Numbers in JSON as short as they read back the same; what is not a number is `null`.
fn text_of(explanation: &Explanation) -> String {
    serde_json::to_string(explanation).expect("an explanation has no keys but text")
}

fn checksum(text: &str) -> String {
    format!("sha256-{}", escape::base64(&Sha256::digest(text.as_bytes())))
}
