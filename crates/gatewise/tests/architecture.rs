//! The shape of the house, as far as the compiler does not hold it: data flows one way through the rooms of `src/`,
//! no file depends on itself by way of others, `unsafe` explains itself, and files stay a size one can hold in the head.
//!
//! What the compiler holds is left to it: that nothing which computes reads files (the features `files` and
//! `datasets` may be off), that `unsafe` stays in `kernels` (`deny(unsafe_code)`), and the borders between crates.
//! The checker reads tokens, tests set aside, and is itself tested on made-up sources below.

use proc_macro2::{Delimiter, TokenStream, TokenTree};
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
    &["evaluate"],
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

const MAX_LINES: usize = 500;
/// Names that say nothing.
const EMPTY_NAMES: &[&str] = &["util", "utils", "helper", "helpers", "common", "misc"];
/// How far above an `unsafe` block its reason may stand.
const REACH: usize = 8;

// ---------------------------------------------------------------------------------------------------
// Reading Rust

/// A token and its line; brackets are tokens of their own.
#[derive(Debug, Clone, PartialEq)]
struct Token {
    text: String,
    line: usize,
}

/// A file: where its module stands below the crate, and its tokens without items that are for tests.
struct Source {
    path: String,
    module: Vec<String>,
    text: String,
    tokens: Vec<Token>,
    /// Modules in other files that are for tests.
    test_modules: Vec<String>,
}

impl Source {
    fn new(path: &str, text: &str) -> Self {
        let mut module: Vec<String> = path.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
        if module.last().is_some_and(|last| last == "mod" || last == "lib") {
            module.pop();
        }
        let stream: TokenStream = text.parse().unwrap_or_else(|e| panic!("{path}: {e}"));
        let (mut tokens, mut test_modules) = (Vec::new(), Vec::new());
        flatten(stream, &mut tokens, &mut test_modules);
        Self { path: path.to_owned(), module, text: text.to_owned(), tokens, test_modules }
    }

    fn room(&self) -> Option<&str> {
        self.module.first().map(String::as_str)
    }

    /// Whether other files of its folder stand under it.
    fn is_roof(&self) -> bool {
        self.path.ends_with("mod.rs") || self.path == "lib.rs"
    }
}

fn flatten(stream: TokenStream, out: &mut Vec<Token>, test_modules: &mut Vec<String>) {
    let mut trees = stream.into_iter().peekable();
    while let Some(tree) = trees.next() {
        let line = tree.span().start().line;
        if let (TokenTree::Punct(punct), Some(TokenTree::Group(attribute))) = (&tree, trees.peek())
            && punct.as_char() == '#'
            && is_for_tests(&attribute.stream())
        {
            // Further attributes, then all to the end of the item.
            let mut item: Vec<String> = Vec::new();
            for tree in trees.by_ref() {
                match &tree {
                    TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => break,
                    TokenTree::Punct(punct) if punct.as_char() == ';' => {
                        let named = item.iter().skip_while(|word| *word != "mod").nth(1);
                        test_modules.extend(named.cloned());
                        break;
                    }
                    tree => item.push(tree.to_string()),
                }
            }
            continue;
        }
        let TokenTree::Group(group) = tree else {
            out.push(Token { text: tree.to_string(), line });
            continue;
        };
        let [open, close] = match group.delimiter() {
            Delimiter::Brace => ["{", "}"],
            Delimiter::Bracket => ["[", "]"],
            Delimiter::Parenthesis => ["(", ")"],
            Delimiter::None => ["", ""],
        };
        out.push(Token { text: open.into(), line });
        flatten(group.stream(), out, test_modules);
        out.push(Token { text: close.into(), line: group.span_close().start().line });
    }
}

/// Whether an attribute is `cfg` of something with `test`.
fn is_for_tests(attribute: &TokenStream) -> bool {
    let text = attribute.to_string().replace(' ', "");
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '_');
    text.starts_with("cfg(") && words.clone().any(|word| word == "test") && !text.contains("not(test)")
}

/// Every path that begins with `crate` or `super`, from the crate down, with its line.
fn paths(tokens: &[Token], module: &[String]) -> Vec<(usize, Vec<String>)> {
    let mut out = Vec::new();
    let mut at = 0;
    while at < tokens.len() {
        let base = match tokens[at].text.as_str() {
            "crate" => Some(&[][..]),
            "super" => Some(&module[..module.len().saturating_sub(1)]),
            _ => None,
        };
        let colons = |at: usize| (0..2).all(|n| tokens.get(at + n).is_some_and(|token| token.text == ":"));
        match base.filter(|_| colons(at + 1)) {
            Some(base) => {
                let line = tokens[at].line;
                let mut found = Vec::new();
                at = tree(tokens, at + 3, base.to_vec(), &mut found);
                out.extend(found.into_iter().map(|path| (line, path)));
            }
            None => at += 1,
        }
    }
    out
}

/// The paths of a tree that goes on at `at` behind `path`; returns where it ends.
fn tree(tokens: &[Token], mut at: usize, mut path: Vec<String>, out: &mut Vec<Vec<String>>) -> usize {
    let is = |at: usize, text: &str| tokens.get(at).is_some_and(|token| token.text == text);
    loop {
        match tokens.get(at).map(|token| token.text.as_str()) {
            Some("{") => {
                at += 1;
                while at < tokens.len() && !is(at, "}") {
                    at = if is(at, ",") { at + 1 } else { tree(tokens, at, path.clone(), out) };
                }
                return at + 1;
            }
            Some("super") => drop(path.pop()),
            Some("self") => {}
            Some(name) => path.push(name.to_owned()),
            None => return at,
        }
        at += 1;
        if !(is(at, ":") && is(at + 1, ":")) {
            out.push(path);
            // `name as other`
            return if is(at, "as") { at + 2 } else { at };
        }
        at += 2;
    }
}

// ---------------------------------------------------------------------------------------------------
// The rules

/// The files of the crate, and where names come from.
struct House<'a> {
    by_module: BTreeMap<&'a [String], &'a Source>,
    sources: Vec<&'a Source>,
}

impl<'a> House<'a> {
    /// Without the files that are for tests.
    fn new(sources: &'a [Source]) -> Self {
        let tests: BTreeSet<Vec<String>> = sources
            .iter()
            .flat_map(|it| {
                it.test_modules.iter().map(|name| it.module.iter().chain([name]).cloned().collect())
            })
            .collect();
        let is_test =
            |source: &&Source| (1..=source.module.len()).any(|n| tests.contains(&source.module[..n]));
        let sources: Vec<_> = sources.iter().filter(|source| !is_test(source)).collect();
        Self { by_module: sources.iter().map(|&source| (&*source.module, source)).collect(), sources }
    }

    /// The file that the name at the end of `path` is defined in.
    fn resolve(&self, path: &[String], depth: usize) -> Option<&'a Source> {
        let length = (0..=path.len()).rev().find(|&n| self.by_module.contains_key(&path[..n]))?;
        let source = self.by_module[&path[..length]];
        let Some(name) = path.get(length).filter(|_| source.is_roof() && depth < 9) else {
            return Some(source);
        };
        let exported = self.exports(source).into_iter().find(|export| export.last() == Some(name));
        exported.map_or(Some(source), |export| self.resolve(&export, depth + 1))
    }

    /// What a roof re-exports, from the crate down.
    fn exports(&self, source: &Source) -> Vec<Vec<String>> {
        let mut out = Vec::new();
        for (at, token) in source.tokens.iter().enumerate().filter(|(_, token)| token.text == "use") {
            let before = at.checked_sub(1).map(|at| source.tokens[at].text.as_str());
            if !matches!(before, Some("pub" | ")")) || token.line == 0 {
                continue;
            }
            let from_crate = source.tokens.get(at + 1).is_some_and(|token| token.text == "crate");
            let (base, start) =
                if from_crate { (Vec::new(), at + 4) } else { (source.module.clone(), at + 1) };
            tree(&source.tokens, start, base, &mut out);
        }
        out
    }

    /// Each use of a name of another file: the line, and that file.
    fn uses(&self, source: &Source) -> Vec<(usize, &'a Source)> {
        let paths = paths(&source.tokens, &source.module).into_iter();
        let found = paths.filter_map(|(line, path)| Some((line, self.resolve(&path, 0)?)));
        found.filter(|(_, used)| used.path != source.path && used.path != "lib.rs").collect()
    }
}

fn level(room: &str) -> Option<usize> {
    ORDER.iter().position(|rooms| rooms.contains(&room))
}

/// Edges between rooms that run against the order.
fn check_flow(house: &House<'_>) -> Vec<String> {
    let mut faults = Vec::new();
    for source in &house.sources {
        // `lib.rs` is the house itself: it names every room.
        let Some(room) = source.room() else { continue };
        let path = &source.path;
        let Some(own) = level(room) else {
            faults.push(format!("{path}: the room '{room}' has no place in ORDER; give it one"));
            continue;
        };
        let only = ONLY.iter().find(|(limited, _)| *limited == room);
        for (line, used) in house.uses(source) {
            let Some(used) = used.room().filter(|used| *used != room) else { continue };
            if level(used).is_some_and(|theirs| theirs >= own) {
                faults.push(format!("{path}:{line}: '{room}' uses '{used}', which does not come before it"));
            } else if only.is_some_and(|(_, allowed)| !allowed.contains(&used)) {
                faults.push(format!("{path}:{line}: '{room}' may not use '{used}'"));
            }
        }
    }
    faults
}

/// Files that use themselves by way of others. A folder's `mod.rs`, which is ground and roof of its files, is left out.
fn check_circles(house: &House<'_>) -> Vec<String> {
    let edges: BTreeMap<&str, BTreeSet<&str>> = house
        .sources
        .iter()
        .filter(|source| !source.is_roof())
        .map(|source| {
            let used = house.uses(source).into_iter().map(|(_, used)| used).filter(|used| !used.is_roof());
            (source.path.as_str(), used.map(|used| used.path.as_str()).collect())
        })
        .collect();
    let reach = |from: &str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut todo: Vec<&str> = edges[from].iter().copied().collect();
        while let Some(next) = todo.pop() {
            if seen.insert(next) {
                todo.extend(edges.get(next).into_iter().flatten());
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = edges.keys().map(|&path| (path, reach(path))).collect();
    let circle = |path: &str| {
        let others =
            reached[path].iter().filter(|other| reached.get(*other).is_some_and(|it| it.contains(path)));
        others.copied().collect::<Vec<_>>()
    };
    let circles: BTreeSet<Vec<&str>> =
        edges.keys().map(|path| circle(path)).filter(|it| !it.is_empty()).collect();
    circles.iter().map(|circle| format!("these files use one another: {}", circle.join(", "))).collect()
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The comments and attributes that stand directly above line `at` (from 0).
fn attached<'a>(lines: &'a [&'a str], at: usize) -> impl Iterator<Item = &'a str> {
    let above = lines[..at].iter().rev().map(|line| line.trim_start());
    above.take_while(|line| line.starts_with("//") || line.starts_with("#["))
}

/// Whether the `unsafe` block or impl on line `at` (from 0) gives its reason; `code` has the tokens of each line.
fn explains_itself(lines: &[&str], code: &[Vec<&str>], at: usize) -> bool {
    let reason = |line: &&str| line.contains("// SAFETY");
    if lines[at.saturating_sub(REACH)..=at].iter().any(reason) {
        return true;
    }
    // What encloses it: lines above with less and less indent (rustfmt sees to that).
    let mut edge = indent(lines[at]);
    for above in (0..at).rev().filter(|&above| !code[above].is_empty()) {
        if indent(lines[above]) >= edge {
            continue;
        }
        edge = indent(lines[above]);
        let declares = |keyword: &str| code[above].contains(&keyword);
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
        let stream: TokenStream = source.text.parse().unwrap();
        let mut tokens = Vec::new();
        every_token(stream, &mut tokens);
        let lines: Vec<&str> = source.text.lines().collect();
        let mut code = vec![Vec::new(); lines.len() + 1];
        tokens.iter().for_each(|token| code[token.line - 1].push(token.text.as_str()));
        for pair in tokens.windows(2).filter(|pair| pair[0].text == "unsafe") {
            let needs_reason = matches!(pair[1].text.as_str(), "{" | "impl");
            if needs_reason && !explains_itself(&lines, &code, pair[0].line - 1) {
                faults.push(format!(
                    "{}:{}: `unsafe` without a `// SAFETY:` comment",
                    source.path, pair[0].line
                ));
            }
        }
    }
    faults
}

/// Tokens of tests too.
fn every_token(stream: TokenStream, out: &mut Vec<Token>) {
    for tree in stream {
        let line = tree.span().start().line;
        match tree {
            TokenTree::Group(group) => {
                let open = if group.delimiter() == Delimiter::Brace { "{" } else { "(" };
                out.push(Token { text: open.into(), line });
                every_token(group.stream(), out);
            }
            tree => out.push(Token { text: tree.to_string(), line }),
        }
    }
}

fn check_files(sources: &[Source]) -> Vec<String> {
    let mut faults = Vec::new();
    for Source { path, text, tokens, .. } in sources {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{path}: {lines} lines; at most {MAX_LINES}"));
        }
        if !text.starts_with("//!") {
            faults.push(format!("{path}: does not open with `//!`"));
        }
        let declared =
            tokens.windows(2).filter(|pair| pair[0].text == "mod").map(|pair| pair[1].text.as_str());
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
                out.push(Source::new(&name, &std::fs::read_to_string(&path).unwrap()));
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
    assert_none(check_flow(&House::new(&sources())));
}

#[test]
fn no_file_uses_itself_by_way_of_others() {
    assert_none(check_circles(&House::new(&sources())));
}

#[test]
fn the_reader_sees_the_edges_that_are_there() {
    // Were the reader blind, the tests above would pass for nothing.
    let sources = sources();
    let house = House::new(&sources);
    let uses = |path: &str, used: &str| {
        let source = house.sources.iter().find(|source| source.path == path).unwrap();
        house.uses(source).iter().any(|(_, it)| it.path == used)
    };
    // By a path, by a re-export of the room, by one of the crate's ground, by `super`.
    assert!(uses("model/engine.rs", "kernels/pool.rs") && uses("train/fit.rs", "rows/dataset.rs"));
    assert!(uses("kernels/isa.rs", "error.rs") && uses("kernels/product.rs", "kernels/lanes.rs"));
    assert!(!uses("kernels/lanes.rs", "kernels/product.rs"));
    assert!(house.sources.iter().all(|source| !source.path.starts_with("kernels/tests/")));
}

#[test]
fn unsafe_says_why() {
    assert_none(check_unsafe(&sources()));
}

#[test]
fn files_are_short_introduced_and_named() {
    assert_none(check_files(&sources()));
}

// ---------------------------------------------------------------------------------------------------
// The checker on made-up sources

const LIB: &str =
    "//! x\npub mod rows;\npub use error::{Error, Result};\npub use model::Model;\npub use train::Fit;";
const EMPTY: [&str; 9] = [
    "text.rs",
    "error.rs",
    "layers.rs",
    "metrics.rs",
    "kernels/mod.rs",
    "model/mod.rs",
    "train/mod.rs",
    "loss.rs",
    "rows/mod.rs",
];

/// Made-up files beside a `lib.rs` with re-exports and rooms with nothing in them.
fn made_up(files: &[(&str, &str)]) -> Vec<Source> {
    let given = files.iter().map(|(path, text)| Source::new(path, text));
    let others = EMPTY.iter().filter(|path| files.iter().all(|(given, _)| given != *path));
    given.chain(others.map(|path| Source::new(path, "//! x"))).chain([Source::new("lib.rs", LIB)]).collect()
}

#[test]
fn edges_along_the_order_are_allowed() {
    for (path, text) in [
        ("train/fit.rs", "use crate::model::Model; use crate::{rows::X, loss::{A, B}}; use super::History;"),
        ("train/fit.rs", "use crate::Error; fn f() -> crate::Model { crate::metrics::of() }"),
        ("loss.rs", "use crate::layers::Activation; use super::layers;"),
        ("kernels/isa.rs", "use crate::error::Error; use crate::kernels::Pool; use super::super::error;"),
        ("rows/mod.rs", "pub use crate::text::Sequences;"),
        ("rows/csv.rs", "// use crate::model::Model;"),
        ("rows/csv.rs", "/// As [`Fit`](crate::train::Fit).\nstruct X;"),
        ("rows/csv.rs", "const X: &str = r#\"crate::model::Model\"#;"),
        ("rows/csv.rs", "#[cfg(test)]\nmod tests {\n use crate::model::Model; fn f() { if x { } } }"),
        ("rows/csv.rs", "#[cfg(all(test, unix))]\n#[allow(unused)]\nmod tests {\n use crate::train::Fit; }"),
        ("rows/csv.rs", "#[cfg(test)]\nuse crate::train::Fit;"),
    ] {
        assert_eq!(check_flow(&House::new(&made_up(&[(path, text)]))), [""; 0], "{text}");
    }
    let tests = made_up(&[
        ("rows/mod.rs", "#[cfg(test)]\nmod checks;\n"),
        ("rows/checks/deep.rs", "use crate::model::M;"),
    ]);
    assert_eq!(check_flow(&House::new(&tests)), [""; 0]);
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
        ("rows/csv.rs", "#[cfg(not(test))]\nuse crate::model::Model;", "'rows' uses 'model'"),
        (
            "rows/csv.rs",
            "#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::model::Model;",
            "'rows' uses 'model'",
        ),
    ] {
        let faults = check_flow(&House::new(&made_up(&[(path, text)])));
        assert!(faults.len() == 1 && faults[0].contains(found), "{text}: {faults:?}");
    }
}

#[test]
fn circles_are_found_through_re_exports_too() {
    let circle = |a: &str, b: &str| {
        let roof = "mod a; mod b; pub use a::A; pub(crate) use b::B as C;";
        let files = made_up(&[("rows/mod.rs", roof), ("rows/a.rs", a), ("rows/b.rs", b)]);
        check_circles(&House::new(&files))
    };
    let found = ["these files use one another: rows/a.rs, rows/b.rs"];
    assert_eq!(circle("use super::b::B;", "use super::a::A;"), found);
    assert_eq!(circle("use super::B;", "use crate::rows::{self, A};"), found);
    assert_eq!(circle("use super::b::B;", "use crate::rows::X;"), [""; 0]);
    assert_eq!(circle("use super::b::B;", "#[cfg(test)] use super::A;"), [""; 0]);
}

#[test]
fn unexplained_unsafe_is_found() {
    let faults = |text: &str| check_unsafe(&[Source::new("kernels/x.rs", text)]);
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
        assert_eq!(faults(text), [""; 0], "{text}");
    }
    for text in [
        "fn f() {\n    unsafe { g() }\n}",
        "unsafe impl Sync for X {}",
        &format!(
            "fn before() {{\n    // SAFETY: of another.\n}}\nfn between() {{{far}\n}}\nfn f() {{\n    unsafe {{ g() }}\n}}"
        ),
    ] {
        let faults = faults(text);
        assert!(faults.len() == 1 && faults[0].contains("without a `// SAFETY:`"), "{text}: {faults:?}");
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
        let faults = check_files(&[Source::new(path, text)]);
        assert!(faults.len() == 1 && faults[0].contains(found), "{path}: {faults:?}");
    }
    assert_eq!(check_files(&[Source::new("rows/x.rs", "//! x\nfn common() {}")]), [""; 0]);
}
