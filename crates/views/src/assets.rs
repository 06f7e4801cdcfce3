//! Style and scripts. Input: the files of `assets/`. Output: the style sheet, the modules, and all modules as one script.
//!
//! A file that is opened from a disk cannot import modules, so that the page needs one script. The rules that make this
//! simple: an import is one line, and exports are functions and constants.

use std::fmt::Write;

/// The style sheet of the page.
pub const STYLE: &str = include_str!("../assets/page.css");

macro_rules! modules {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../assets/", $name)))),*] };
}

/// The modules of the page by their names, each after those that it imports. `page.js` exports `render`, which fills
/// an element; `main.js` calls it with the data of an offline page.
pub const MODULES: &[(&str, &str)] = modules![
    "format.js",
    "explanation.js",
    "geometry.js",
    "state.js",
    "dom.js",
    "bars.js",
    "answer.js",
    "words.js",
    "timeline.js",
    "gates.js",
    "cell.js",
    "phrases.js",
    "changes.js",
    "parts.js",
    "compare.js",
    "page.js",
    "main.js",
];

/// Returns all modules as one script: each a function that returns what it exports.
pub(crate) fn script() -> String {
    let mut script = String::from("\"use strict\";\n");
    for (name, source) in MODULES {
        let _ = writeln!(script, "const {} = (() => {{", variable(name));
        let mut exports = Vec::new();
        for line in source.lines().filter(|line| !line.trim_start().starts_with("//") && !line.is_empty()) {
            if let Some((names, from)) = import(line) {
                let _ = writeln!(script, "const {names} = {};", variable(from));
                continue;
            }
            let exported = line.strip_prefix("export ");
            exports.extend(exported.and_then(declared));
            script.push_str(exported.unwrap_or(line));
            script.push('\n');
        }
        let _ = writeln!(script, "return {{ {} }};\n}})();", exports.join(", "));
    }
    script
}

/// `./dom.js` → `$dom`
fn variable(name: &str) -> String {
    format!("${}", name.trim_start_matches("./").trim_end_matches(".js"))
}

/// `import { a, b } from "./dom.js";` → `{ a, b }`, `./dom.js`
fn import(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("import ")?.strip_suffix("\";")?.split_once(" from \"")
}

/// `function name(…) {` or `const name = …` → `name`
fn declared(declaration: &str) -> Option<&str> {
    let rest = declaration.strip_prefix("function ").or_else(|| declaration.strip_prefix("const "))?;
    rest.split(|letter: char| !letter.is_alphanumeric()).next()
}
