//! Writes the page of explanations that are stored as JSON: `page TITLE FILE…`. Each file has one explanation, or a
//! list of two to compare, `[{"name": …, "explanation": …}, …]`. `--fragments` writes what a notebook shows instead.

use gatewise_views::{Page, fragment_of_json};
use serde_json::Value;
use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let title = arguments.next().ok_or("usage: page TITLE FILE…")?;
    let (mut page, mut fragments) = (Page::new(&title), String::new());
    for file in arguments {
        let value: Value = serde_json::from_str(&std::fs::read_to_string(file)?)?;
        let named = |i: usize| (value[i]["name"].as_str().unwrap_or_default(), &value[i]["explanation"]);
        if value.is_array() {
            page = page.json_comparison([named(0), named(1)]);
        } else {
            fragments += &fragment_of_json(&value);
            page = page.json(&value);
        }
    }
    println!("{}", if title == "--fragments" { fragments } else { page.to_html() });
    Ok(())
}
