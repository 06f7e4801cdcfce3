//! The shape of the house: data flows one way through the rooms of `src/`, `unsafe` stays in one of
//! them and explains itself, and files stay a size one can hold in the head.
//!
//! The checker reads source text (comments, strings and `#[cfg(test)]` items set aside) and is itself
//! tested on made-up sources below.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The rooms, from the ground up: a room may use those of earlier lines only. A new file or folder
/// directly under `src/` gets its place here.
const ORDER: &[&[&str]] = &[
    &["error"],
    &["page", "rng", "storage"],
    &["text"],
    &["rows"],
    &["kernels"],
    &["layers"],
    &["loss"],
    &["metrics"],
    &["model"],
    &["optimizer"],
    &["train", "linear"],
    &["ensemble"],
    &["artifact"],
    &["predict", "generate", "forecast"],
    &["explain"],
    // Nothing that computes reads files of its own accord.
    &["files", "datasets"],
];

/// Rooms that may use even less than their place allows.
const ONLY: &[(&str, &[&str])] = &[
    ("kernels", &["error"]),
    ("linear", &["error", "rng", "text", "rows", "metrics"]),
    ("files", &["error", "page", "rng", "storage", "text", "rows"]),
    ("datasets", &["error", "page", "rng", "storage", "text", "rows"]),
];

/// The only room where `unsafe` may appear.
const UNSAFE_ROOM: &str = "kernels";
const MAX_LINES: usize = 500;
/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];
/// How far above an `unsafe` block its reason may stand.
const REACH: usize = 8;

/// A file: its path below `src/`, with `/`, and what it says.
#[derive(Debug, Clone)]
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// Module path: `kernels/lstm.rs` is `[kernels, lstm]`, `kernels/mod.rs` is `[kernels]`.
    fn modules(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self.path.trim_end_matches(".rs").split('/').collect();
        if matches!(parts.last(), Some(&("mod" | "lib" | "main"))) {
            parts.pop();
        }
        parts
    }

    fn room(&self) -> Option<&str> {
        self.modules().first().copied()
    }
}

// ---------------------------------------------------------------------------------------------------
// Reading Rust

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The text with comments and the insides of literals blanked; every line stays where it was.
fn code_of(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = chars.clone();
    let blank = |out: &mut Vec<char>, from: usize, to: usize| {
        let to = to.min(out.len());
        out[from..to].iter_mut().filter(|c| **c != '\n').for_each(|c| *c = ' ');
    };
    let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
    let mut i = 0;
    while i < chars.len() {
        let start = i;
        match (at(i), at(i + 1)) {
            ('/', '/') => {
                while i < chars.len() && at(i) != '\n' {
                    i += 1;
                }
                blank(&mut out, start, i);
            }
            ('/', '*') => {
                let mut depth = 0;
                loop {
                    match (at(i), at(i + 1)) {
                        ('/', '*') => (depth, i) = (depth + 1, i + 2),
                        ('*', '/') => (depth, i) = (depth - 1, i + 2),
                        _ => i += 1,
                    }
                    if depth == 0 || i >= chars.len() {
                        break;
                    }
                }
                blank(&mut out, start, i);
            }
            ('r', '"' | '#') if i == 0 || !is_word(at(i - 1)) || at(i - 1) == 'b' => {
                let hashes = chars[i + 1..].iter().take_while(|c| **c == '#').count();
                if at(i + 1 + hashes) != '"' {
                    i += 1; // a raw identifier
                    continue;
                }
                i += 2 + hashes;
                while i < chars.len()
                    && !(at(i) == '"'
                        && chars[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes)
                {
                    i += 1;
                }
                i += 1 + hashes;
                blank(&mut out, start, i);
            }
            ('"', _) => {
                i += 1;
                while i < chars.len() && at(i) != '"' {
                    i += if at(i) == '\\' { 2 } else { 1 };
                }
                i += 1;
                blank(&mut out, start, i);
            }
            // A character, not a lifetime.
            ('\'', '\\') => {
                i += 3;
                while i < chars.len() && at(i) != '\'' {
                    i += 1;
                }
                i += 1;
                blank(&mut out, start, i);
            }
            ('\'', _) if at(i + 2) == '\'' => {
                i += 3;
                blank(&mut out, start, i);
            }
            _ => i += 1,
        }
    }
    out.into_iter().collect()
}

/// The code without its `#[cfg(test)]` items, and the names of modules in other files that are one.
fn without_tests(code: &str) -> (String, Vec<String>) {
    let mut out = code.as_bytes().to_vec();
    let mut modules = Vec::new();
    let mut from = 0;
    while let Some(found) = code[from..].find("#[cfg(") {
        let start = from + found;
        let end = start + balanced(&code[start..], '[', ']');
        let attribute = &code[start..end];
        from = end;
        if !words(attribute).any(|(_, word)| word == "test") || attribute.contains("not(test)") {
            continue;
        }
        let mut item = end;
        while code[item..].trim_start().starts_with("#[") {
            let open = item + code[item..].find('#').unwrap_or(0);
            item = open + balanced(&code[open..], '[', ']');
        }
        let rest = &code[item..];
        let brace = rest.find('{').unwrap_or(rest.len());
        let semicolon = rest.find(';').unwrap_or(rest.len());
        let finish = if semicolon < brace {
            let named = words(&rest[..semicolon]).skip_while(|(_, word)| *word != "mod").nth(1);
            modules.extend(named.map(|(_, name)| name.to_owned()));
            item + semicolon + 1
        } else {
            item + balanced(rest, '{', '}')
        };
        out[start..finish.min(code.len())].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
        from = finish.min(code.len());
    }
    (String::from_utf8_lossy(&out).into_owned(), modules)
}

/// Where the first bracketed group of `text` ends: just past its closing bracket.
fn balanced(text: &str, open: char, close: char) -> usize {
    let mut depth = 0;
    for (at, c) in text.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return at + c.len_utf8();
            }
        }
    }
    text.len()
}

/// Identifiers and keywords with their places.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split(|c| !is_word(c)).filter(|word| !word.is_empty()).map(|word| {
        // The places of slices of one string differ by their distance in it.
        (word.as_ptr() as usize - text.as_ptr() as usize, word)
    })
}

fn line_of(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// The first names of the paths in `rest`, which follows a `::`: one, or those of a `{…}` group.
fn first_names(rest: &str) -> Vec<String> {
    let rest = rest.trim_start();
    if !rest.starts_with('{') {
        return words(rest).next().map(|(_, word)| word.to_owned()).into_iter().collect();
    }
    let group = &rest[1..balanced(rest, '{', '}') - 1];
    let (mut depth, mut names, mut expects) = (0, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => expects = true,
            c if is_word(c) && expects => {
                names.extend(words(&group[at..]).next().map(|(_, word)| word.to_owned()));
                expects = false;
            }
            _ => {}
        }
    }
    names
}

/// The crate-level names that code at module depth `depth` uses, with their lines: by `crate::`, or by
/// as many `super::` as lead up to the crate.
fn crate_names(code: &str, depth: usize) -> Vec<(usize, String)> {
    let all: Vec<_> = words(code).collect();
    let mut names = Vec::new();
    let follows = |at: usize, word: &str| code[at + word.len()..].trim_start().strip_prefix("::");
    for (index, &(at, word)) in all.iter().enumerate() {
        let Some(rest) = follows(at, word) else { continue };
        let reaches_crate = match word {
            "crate" => true,
            "super" => {
                let chain = all[..=index]
                    .iter()
                    .rev()
                    .take_while(|(at, word)| *word == "super" && follows(*at, word).is_some())
                    .count();
                let is_last = !rest.trim_start().starts_with("super");
                is_last && chain == depth
            }
            _ => false,
        };
        if reaches_crate {
            names.extend(first_names(rest).into_iter().map(|name| (line_of(code, at), name)));
        }
    }
    names
}

// ---------------------------------------------------------------------------------------------------
// The rules

/// Which room each name that `lib.rs` re-exports comes from.
fn re_exports(lib: &str) -> BTreeMap<String, String> {
    let mut out = BTreeMap::new();
    for statement in code_of(lib).split(';') {
        let Some(at) = statement.rfind("pub use ") else { continue };
        let Some((room, rest)) = statement[at + "pub use ".len()..].split_once("::") else { continue };
        for name in first_names(rest) {
            out.insert(name, room.trim().trim_start_matches("crate::").to_owned());
        }
    }
    out
}

fn level(room: &str) -> Option<usize> {
    ORDER.iter().position(|rooms| rooms.contains(&room))
}

/// Modules that exist for tests only, as folder prefixes: `kernels/tests`.
fn test_modules(sources: &[Source]) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for source in sources {
        for module in without_tests(&code_of(&source.text)).1 {
            let mut path = source.modules();
            path.push(&module);
            out.insert(path.join("/"));
        }
    }
    out
}

fn is_test_only(source: &Source, modules: &BTreeSet<String>) -> bool {
    let path = source.modules();
    (1..=path.len()).any(|n| modules.contains(&path[..n].join("/")))
}

/// Edges between rooms that run against the order.
fn check_flow(sources: &[Source]) -> Vec<String> {
    let lib = sources.iter().find(|source| source.path == "lib.rs");
    let exported = lib.map(|lib| re_exports(&lib.text)).unwrap_or_default();
    let tests = test_modules(sources);
    let mut faults = Vec::new();
    for source in sources {
        // `lib.rs` is the house itself: it names every room.
        let Some(room) = source.room().filter(|_| !is_test_only(source, &tests)) else { continue };
        let path = &source.path;
        let Some(own) = level(room) else {
            faults.push(format!("{path}: the room '{room}' has no place in ORDER; give it one"));
            continue;
        };
        let (code, _) = without_tests(&code_of(&source.text));
        for (line, name) in crate_names(&code, source.modules().len()) {
            let used = exported.get(&name).unwrap_or(&name);
            if used == room || name == "self" {
                continue;
            }
            let only = ONLY.iter().find(|(limited, _)| *limited == room);
            match level(used) {
                None => faults.push(format!("{path}:{line}: '{name}' is no room and no re-export")),
                Some(theirs) if theirs >= own => {
                    faults.push(format!(
                        "{path}:{line}: '{room}' uses '{used}', which does not come before it"
                    ));
                }
                _ if only.is_some_and(|(_, allowed)| !allowed.contains(&used.as_str())) => {
                    faults.push(format!("{path}:{line}: '{room}' may not use '{used}'"));
                }
                _ => {}
            }
        }
    }
    faults
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The comments and attributes that stand directly above line `at` (from 0).
fn attached<'a>(lines: &'a [&'a str], at: usize) -> impl Iterator<Item = &'a str> {
    let above = lines[..at].iter().rev().map(|line| line.trim_start());
    above.take_while(|line| line.starts_with("//") || line.starts_with("#["))
}

/// Whether the `unsafe` block or impl on line `at` (from 0) gives its reason.
fn explains_itself(lines: &[&str], code_lines: &[&str], at: usize) -> bool {
    let reason = |line: &&str| line.contains("// SAFETY");
    if lines[at.saturating_sub(REACH)..=at].iter().any(reason) {
        return true;
    }
    // What encloses it: lines above with less and less indent (rustfmt sees to that).
    let mut edge = indent(lines[at]);
    for above in (0..at).rev().filter(|&above| !code_lines[above].trim().is_empty()) {
        if indent(lines[above]) >= edge {
            continue;
        }
        edge = indent(lines[above]);
        let declares = |keyword: &str| words(code_lines[above]).any(|(_, word)| word == keyword);
        if declares("fn") && lines[above..at].iter().any(reason) {
            return true;
        }
        let is_item = declares("fn") || declares("impl") || declares("trait");
        let promise = |line: &str| line.contains("SAFETY (all methods)") || line.contains("# Safety");
        if is_item && attached(lines, above).any(promise) {
            return true;
        }
    }
    false
}

fn check_unsafe(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for source in sources {
        let code = code_of(&source.text);
        let (lines, code_lines): (Vec<_>, Vec<_>) = (source.text.lines().collect(), code.lines().collect());
        for (at, _) in words(&code).filter(|(_, word)| *word == "unsafe") {
            let line = line_of(&code, at);
            let next = code[at + "unsafe".len()..].trim_start();
            if source.room() != Some(UNSAFE_ROOM) {
                faults.push(format!("{}:{line}: `unsafe` outside {UNSAFE_ROOM}/", source.path));
            } else if (next.starts_with('{') || next.starts_with("impl"))
                && !explains_itself(&lines, &code_lines, line - 1)
            {
                faults.push(format!("{}:{line}: `unsafe` without a `// SAFETY:` comment", source.path));
            }
        }
    }
    faults
}

fn check_files(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for Source { path, text } in sources {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{path}: {lines} lines; at most {MAX_LINES}"));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{path}: does not open with `//!`"));
        }
        let code = code_of(text);
        let all: Vec<&str> = words(&code).map(|(_, word)| word).collect();
        let declared = all.windows(2).filter(|pair| pair[0] == "mod").map(|pair| pair[1]);
        let named = path.trim_end_matches(".rs").split('/');
        let empty: BTreeSet<&str> = named.chain(declared).filter(|name| EMPTY_NAMES.contains(name)).collect();
        faults.extend(empty.iter().map(|name| format!("{path}: the name '{name}' says nothing")));
    }
    faults
}

// ---------------------------------------------------------------------------------------------------
// The house

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, root: &Path, out: &mut Vec<Source>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, root, out);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                out.push(Source { path: name, text: std::fs::read_to_string(&path).unwrap() });
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut out = Vec::new();
    walk(&root, &root, &mut out);
    out.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(out.len() > 40, "the sources are not where this test looks");
    out
}

fn assert_none(faults: Vec<String>) {
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn data_flows_one_way() {
    assert_none(check_flow(&sources()));
}

#[test]
fn the_flow_test_sees_the_edges_that_are_there() {
    // Were the reader blind, the test above would pass for nothing.
    let sources = sources();
    let uses = |path: &str, room: &str| {
        let source = sources.iter().find(|source| source.path == path).unwrap();
        let (code, _) = without_tests(&code_of(&source.text));
        crate_names(&code, source.modules().len()).iter().any(|(_, name)| name == room)
    };
    assert!(uses("model/engine.rs", "kernels") && uses("train/fit.rs", "model"));
    assert!(uses("kernels/isa.rs", "error") && !uses("kernels/activation.rs", "kernels"));
    let tests = test_modules(&sources);
    assert!(tests.contains("kernels/reference") && tests.contains("kernels/tests"), "{tests:?}");
}

#[test]
fn unsafe_stays_in_kernels_and_says_why() {
    assert_none(check_unsafe(&sources()));
}

#[test]
fn files_are_short_introduced_and_named() {
    assert_none(check_files(&sources()));
}

// ---------------------------------------------------------------------------------------------------
// The checker on made-up sources

fn made_up(files: &[(&str, &str)]) -> Vec<Source> {
    files.iter().map(|(path, text)| Source { path: (*path).into(), text: (*text).into() }).collect()
}

/// The faults of one made-up file beside a `lib.rs` with re-exports.
fn flow_of(path: &str, text: &str) -> Vec<String> {
    let lib =
        "//! x\npub mod rows;\npub use error::{Error, Result};\npub use model::Model;\npub use train::Fit;\n";
    check_flow(&made_up(&[("lib.rs", lib), (path, text)]))
}

#[test]
fn edges_along_the_order_are_allowed() {
    for (path, text) in [
        ("train/fit.rs", "use crate::model::Model; use crate::{rows::X, loss::{A, B}}; use super::History;"),
        ("train/fit.rs", "use crate::Error; fn f() -> crate::Model { crate::metrics::of() }"),
        ("loss.rs", "use crate::layers::Activation; use super::layers;"),
        ("kernels/isa.rs", "use crate::error::Error; use crate::kernels::Pool; use super::super::error;"),
        ("rows/mod.rs", "pub use crate::text::Sequences;"),
    ] {
        assert_eq!(flow_of(path, text), [""; 0], "{text}");
    }
}

#[test]
fn edges_against_the_order_are_found() {
    for (path, text, found) in [
        ("rows/csv.rs", "\n\nuse crate::model::Model;", "rows/csv.rs:3: 'rows' uses 'model'"),
        ("rows/csv.rs", "use crate::Model;", "'rows' uses 'model'"),
        ("rows/csv.rs", "use crate::{\n error::{Error, Result},\n train::Fit,\n};", "'rows' uses 'train'"),
        ("rows/csv.rs", "fn f(x: crate::layers::Lstm) {}", "'rows' uses 'layers'"),
        ("rows/csv.rs", "use super::super::model::Model;", "'rows' uses 'model'"),
        ("rows/mod.rs", "use super::kernels;", "'rows' uses 'kernels'"),
        ("loss.rs", "use super::metrics::hit;", "'loss' uses 'metrics'"),
        ("kernels/lstm.rs", "use crate::rows::PAD;", "'kernels' may not use 'rows'"),
        ("kernels/isa.rs", "macro_rules! m { () => { $crate::model::f() } }", "'kernels' uses 'model'"),
        ("attic/mod.rs", "", "the room 'attic' has no place"),
        ("rows/csv.rs", "use crate::Nobody;", "'Nobody' is no room and no re-export"),
        ("rows/csv.rs", "#[cfg(not(test))]\nuse crate::model::Model;", "'rows' uses 'model'"),
        (
            "rows/csv.rs",
            "#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::model::Model;",
            "'rows' uses 'model'",
        ),
        ("rows/csv.rs", "const X: char = '\"';\nuse crate::model::Model; // \"", "'rows' uses 'model'"),
        ("rows/csv.rs", "fn f<'a>(x: &'a str) {}\nuse crate::model::Model;", "'rows' uses 'model'"),
    ] {
        let faults = flow_of(path, text);
        assert!(faults.len() == 1 && faults[0].contains(found), "{text}: {faults:?}");
    }
}

#[test]
fn comments_strings_and_tests_are_no_edges() {
    for text in [
        "// use crate::model::Model;",
        "/// As [`Fit`](crate::train::Fit).\nstruct X;",
        "/* /* */ use crate::model::Model; */",
        "const X: &str = \"crate::model::Model \\\" crate::train\";",
        "const X: &str = r#\"\"crate::model::Model\"#;",
        "#[cfg(test)]\nmod tests {\n use crate::model::Model; fn f() { if x { } } }",
        "#[cfg(all(test, unix))]\n#[allow(unused)]\nmod tests {\n use crate::train::Fit; }",
        "#[cfg(test)]\nuse crate::train::Fit;",
    ] {
        assert_eq!(flow_of("rows/csv.rs", text), [""; 0], "{text}");
    }
    let files =
        [("rows/mod.rs", "#[cfg(test)]\nmod checks;\n"), ("rows/checks/deep.rs", "use crate::model::M;")];
    assert_eq!(check_flow(&made_up(&files)), [""; 0]);
}

#[test]
fn unexplained_unsafe_is_found() {
    let faults = |path: &str, text: &str| check_unsafe(&made_up(&[(path, text)]));
    let far = "\n    a();".repeat(REACH + 1);
    for text in [
        "fn f() {\n    // SAFETY: x\n    unsafe { g() }\n}",
        &format!("fn f() {{\n    // SAFETY: for all of it.{far}\n    unsafe {{ g() }}\n}}"),
        &format!(
            "/// X\n///\n/// # Safety\n/// Y\n#[inline]\nunsafe fn f() {{{far}\n    unsafe {{ g() }}\n}}"
        ),
        &format!(
            "// SAFETY (all methods): x\nimpl X {{{far}\n    fn f() {{\n        unsafe {{ g() }}\n    }}\n}}"
        ),
        "// SAFETY: x\nunsafe impl Sync for X {}",
        "unsafe fn f() {}\n// unsafe { }\nconst X: &str = \"unsafe {\";",
    ] {
        assert_eq!(faults("kernels/x.rs", text), [""; 0], "{text}");
    }
    for text in [
        "fn f() {\n    unsafe { g() }\n}",
        "unsafe impl Sync for X {}",
        &format!("fn before() {{\n    // SAFETY: of another.\n}}{far}\nfn f() {{\n    unsafe {{ g() }}\n}}"),
        &format!("// SAFETY: x\nimpl X {{{far}\n    fn f() {{\n        unsafe {{ g() }}\n    }}\n}}"),
    ] {
        let faults = faults("kernels/x.rs", text);
        assert!(faults.len() == 1 && faults[0].contains("without a `// SAFETY:`"), "{text}: {faults:?}");
    }
    for text in ["// SAFETY: x\nunsafe { g() }", "unsafe fn f() {}", "unsafe extern \"C\" {}"] {
        assert!(faults("rows/x.rs", text)[0].contains("outside kernels/"), "{text}");
    }
}

#[test]
fn long_unintroduced_and_nameless_files_are_found() {
    let long = format!("//! x\n{}", "\n".repeat(MAX_LINES));
    for (path, text, found) in [
        ("rows/x.rs", long.as_str(), "501 lines"),
        ("rows/x.rs", "use std::fmt;", "does not open"),
        ("rows/utils.rs", "//! x", "'utils' says nothing"),
        ("helpers/x.rs", "//! x", "'helpers' says nothing"),
        ("rows/x.rs", "//! x\nmod common { }", "'common' says nothing"),
    ] {
        let faults = check_files(&made_up(&[(path, text)]));
        assert!(faults.len() == 1 && faults[0].contains(found), "{path}: {faults:?}");
    }
    assert_eq!(check_files(&made_up(&[("rows/x.rs", "//! x\nfn common() {}")])), [""; 0]);
}
