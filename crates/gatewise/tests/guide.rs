//! The page on layers, `book/layers.md`, is a copy of the documentation of the layers in the library, whose
//! examples are doc tests. This test writes the page with `UPDATE=1`, and fails if the page is stale.

use std::fmt::Write;
use std::fs;
use std::path::PathBuf;

const HEAD: &str = "# Layers

`UPDATE=1 cargo test -p gatewise --test guide` writes this page from the documentation of the layers. The
examples are doc tests. D is the width of the input, H the number of units, and ⊙ the elementwise product.
Names, defaults and equations are Keras 3's.
";

/// The files in the order of the page, under the headings of the page.
const PARTS: &[(&str, &[&str])] = &[
    ("Inputs", &["input", "masking", "embedding"]),
    ("Recurrent layers", &["lstm", "gru", "simple_rnn", "bidirectional", "skip_connection"]),
    (
        "Other layers",
        &[
            "dense",
            "time_distributed",
            "dropout",
            "pooling",
            "window_pooling",
            "repeat_vector",
            "activation_layer",
            "layer_normalization",
        ],
    ),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the public structs of a file, each with its documentation.
fn documented(text: &str) -> Vec<(String, String)> {
    let (mut found, mut doc) = (Vec::new(), String::new());
    for line in text.lines() {
        if let Some(comment) = line.strip_prefix("///") {
            let _ = writeln!(doc, "{}", comment.strip_prefix(' ').unwrap_or(comment));
        } else if let Some(rest) = line.strip_prefix("pub struct ") {
            let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
            found.push((name.to_owned(), std::mem::take(&mut doc)));
        } else if !line.starts_with("#[") {
            doc.clear();
        }
    }
    found
}

/// Converts documentation to Markdown: links to items become plain names, and hidden lines of examples are
/// removed.
fn page(doc: &str) -> String {
    let mut text = String::new();
    let mut code = None;
    for line in doc.lines() {
        if let Some(fence) = line.strip_prefix("```") {
            code = match code {
                None => Some(fence.is_empty()),
                Some(_) => None,
            };
            let _ = writeln!(text, "```{}", if code == Some(true) { "rust" } else { fence });
        } else if code == Some(true) {
            if line != "#" && !line.starts_with("# ") {
                let _ = writeln!(text, "{line}");
            }
        } else if code.is_some() {
            let _ = writeln!(text, "{line}");
        } else {
            let _ = writeln!(text, "{}", without_item_links(line));
        }
    }
    text
}

/// `[text](super::item)` and `` [`Item`] `` without their targets; other links stay.
fn without_item_links(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some((before, after)) = rest.split_once('[') {
        out += before;
        let Some((label, tail)) = after.split_once(']') else {
            out.push('[');
            rest = after;
            continue;
        };
        match tail.strip_prefix('(').and_then(|tail| tail.split_once(')')) {
            Some((target, tail)) if target.contains("::") => (out, rest) = (out + label, tail),
            None if label.starts_with('`') => (out, rest) = (out + label, tail),
            _ => {
                out.push('[');
                rest = after;
            }
        }
    }
    out + rest
}

#[test]
fn the_page_on_layers_is_up_to_date() {
    let mut text = HEAD.to_owned();
    let mut shown = Vec::new();
    for (part, files) in PARTS {
        let _ = write!(text, "\n## {part}\n");
        for file in *files {
            let source = fs::read_to_string(root().join(format!("src/layers/{file}.rs"))).unwrap();
            let found = documented(&source);
            assert!(!found.is_empty(), "{file}.rs has no public struct");
            for (name, doc) in found {
                assert!(doc.contains("```"), "{name} has no example");
                let _ = write!(text, "\n### {name}\n\n{}", page(&doc));
                shown.push(name);
            }
        }
    }
    // Every layer that a model can have is on the page.
    let layers = fs::read_to_string(root().join("src/layers/mod.rs")).unwrap();
    let body = layers.split_once("pub enum Layer {").unwrap().1.split_once("\n}").unwrap().0;
    let variants = body.lines().filter(|line| !line.trim().starts_with(['/', '#']));
    let layers = variants.filter_map(|line| line.split_once('(')?.1.split_once(')'));
    for (name, _) in layers {
        assert!(shown.iter().any(|shown| shown == name), "{name} is missing: add its file to PARTS");
    }
    let path = root().join("../../book/layers.md");
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, &text).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(there == text, "book/layers.md is stale: UPDATE=1 cargo test -p gatewise --test guide");
}
