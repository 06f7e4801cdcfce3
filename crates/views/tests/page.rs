//! The page and the fragment: whole, offline, small, and safe with untrusted texts.

use gatewise_views::{MODULES, Page, STYLE, fragment_of_json, page};
use serde_json::{Value, json};

const HOSTILE: &str =
    "<img src=x onerror=alert(1)> </script><script>alert(2)</script> <!-- \u{2028} \0 \"' &lt; good";

fn explanation(text: &str) -> Value {
    let token = |word: &str| {
        let start = text.find(word).unwrap();
        json!({"text": word.to_lowercase(), "id": 5, "known": true, "read": true, "span": [start, start + word.len()]})
    };
    let tokens: Vec<Value> = text.split_whitespace().map(token).collect();
    let values: Vec<f64> = (0..tokens.len()).map(|i| 0.5 - i as f64).collect();
    json!({
        "text": text, "tokens": tokens,
        "answer": {"label": "</script>", "labels": ["</script>"], "probability": 0.75, "value": null, "scores": [0.75], "words": 3, "oov": 0},
        "output": {"index": 0, "label": "</script>", "other": "<b>no</b>", "value": 0.75, "logit": 1.1, "baseline": 0.1, "threshold": 0.5},
        "attributions": [{"method": "integrated_gradients", "values": values, "sum": 1.0, "error": 0.0, "steps": 16, "columns": null}],
        "phrases": [], "beginnings": [], "endings": [], "layers": [],
        "counterfactuals": {"deletion": null, "swap": null}, "parts": [], "notes": []
    })
}

fn data(html: &str) -> Value {
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"data\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn the_data_read_back_as_they_were() {
    let (a, b) = (explanation("A good film"), explanation(HOSTILE));
    let html = Page::new(HOSTILE).json(&a).json_comparison([("first", &a), (HOSTILE, &b)]).to_html();
    let expected = json!({"title": HOSTILE, "entries": [
        [{"name": "", "explanation": a}],
        [{"name": "first", "explanation": a}, {"name": HOSTILE, "explanation": b}],
    ]});
    assert_eq!(data(&html), expected);
}

#[test]
fn nothing_of_a_text_is_markup() {
    let html = Page::new(HOSTILE).json(&explanation(HOSTILE)).to_html();
    // The elements of an empty page, and no others.
    let tags = |html: &str| html.matches('<').count();
    let (script, style) = (html.matches("<script").count(), html.matches("</script").count());
    assert_eq!((script, style), (2, 2));
    assert_eq!(tags(&html), tags(&Page::new("").to_html()));
    for markup in ["<img", "<!--", "\0"] {
        assert!(!html.contains(markup), "{markup:?} is in the page");
    }
    let (_, scripts) = html.split_once("<script").unwrap();
    assert!(!scripts.contains('\u{2028}'));
}

#[test]
fn nothing_of_a_text_is_markup_in_a_fragment() {
    let html = fragment_of_json(&explanation(HOSTILE));
    for markup in ["<img", "<script", "</script", "<!--", "<b>", "\0", "onerror=alert(1)>"] {
        assert!(!html.contains(markup), "{markup:?} is in the fragment");
    }
    assert!(html.contains("&lt;img") && html.contains("&lt;/script&gt;"));
}

#[test]
fn a_fragment_shows_signs_and_strongest_words() {
    let html = fragment_of_json(&explanation("Good dull film"));
    assert!(html.contains("<strong>&lt;/script&gt;</strong> 75.0 %"), "{html}");
    // 0.5, −0.5 and −1.5: in the case of the text, with the number and its sign.
    assert!(html.contains("gw-plus\" style=\"--gw-share:0.333\" title=\"+0.50\">Good<"), "{html}");
    assert!(
        html.contains("gw-minus\" style=\"--gw-share:1.000\" title=\"−1.50\">film<sup>−</sup><"),
        "{html}"
    );
    assert_eq!(html.matches("gw-bar gw-up").count(), 1);
    assert_eq!(html.matches("gw-bar gw-down").count(), 2);
}

#[test]
fn a_fragment_of_anything_is_a_fragment() {
    for value in [
        json!(null),
        json!([]),
        json!({"tokens": 3, "text": 7}),
        json!({"tokens": [1, {"span": [9, 2]}], "text": "é"}),
    ] {
        let html = fragment_of_json(&value);
        assert!(
            html.starts_with("<div class=\"gatewise-explanation\">") && html.ends_with("</div>"),
            "{html}"
        );
    }
    // A span inside of a letter is not a piece of the text.
    let mut cut = explanation("good film");
    cut["text"] = json!("éééééééé");
    cut["tokens"][0]["span"] = json!([1, 3]);
    assert!(fragment_of_json(&cut).contains(">good<"));
}

#[test]
fn the_page_is_small_and_loads_nothing() {
    let html = page("Why?", &[]);
    assert!(html.len() <= 100_000, "the page without data has {} bytes", html.len());
    for address in
        ["https:", "//cdn", "url(", "@import", "fetch(", "XMLHttpRequest", "innerHTML", "eval(", "import "]
    {
        assert!(!html.contains(address), "{address:?} is in the page");
    }
    // The one address is the name space of SVG.
    assert_eq!(html.matches("http:").count(), html.matches("\"http://www.w3.org/2000/svg\"").count());
    assert!(html.contains("content=\"default-src 'none'; script-src 'sha256-"));
}

#[test]
fn the_page_has_every_view_and_every_module() {
    let html = page("", &[]);
    for view in [
        "words",
        "timeline",
        "gates",
        "cell",
        "phrases",
        "changes",
        "parts",
        "columns",
        "differences",
        "states",
    ] {
        assert!(html.contains(&format!("card(\"{view}\"")), "there is no view {view}");
    }
    let listed: Vec<&str> = MODULES.iter().map(|(name, _)| *name).collect();
    let folder = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/assets")).unwrap();
    let mut files: Vec<String> =
        folder.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    files.retain(|file| file.ends_with(".js"));
    assert_eq!(files.len(), listed.len());
    assert!(files.iter().all(|file| listed.contains(&file.as_str())));
    assert!(html.contains(STYLE) && !STYLE.contains('<'));
}

/// The rules that let the modules be one script: imports of one line, only of modules before, of names that are
/// exported; exports of functions and constants only.
#[test]
fn modules_import_what_modules_before_them_export() {
    let exported = |source: &str, name: &str| {
        let starts = [format!("export function {name}("), format!("export const {name} ")];
        source.lines().any(|line| starts.iter().any(|start| line.starts_with(start)))
    };
    for (i, (name, source)) in MODULES.iter().enumerate() {
        assert!(source.starts_with("// "), "{name} does not begin with its purpose");
        assert!(source.lines().count() <= 500);
        for line in source.lines().filter(|line| line.contains("import ") || line.starts_with("export ")) {
            if let Some(rest) = line.strip_prefix("import { ") {
                let (names, from) = rest
                    .trim_end_matches("\";")
                    .split_once(" } from \"./")
                    .unwrap_or_else(|| panic!("{name}: {line}"));
                let (_, before) = MODULES[..i]
                    .iter()
                    .find(|(one, _)| *one == from)
                    .unwrap_or_else(|| panic!("{name}: {line}"));
                for import in names.split(", ") {
                    assert!(
                        exported(before, import),
                        "{name} imports {import}, which {from} does not export"
                    );
                    let uses =
                        source.split(|letter: char| !letter.is_alphanumeric()).filter(|word| *word == import);
                    assert!(uses.count() > 1, "{name} does not use {import}");
                }
            } else if !line.trim_start().starts_with("//") {
                assert!(
                    ["export function ", "export const "].iter().any(|start| line.starts_with(start)),
                    "{name}: {line}"
                );
            }
        }
    }
}
