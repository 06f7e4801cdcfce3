//! A case: a file, options, and what `gatewise data describe` must find in it.

use crate::home::{Home, Ran};
use std::fs;

/// A file with its right value.
pub struct Case {
    /// What the file is like, for the message of a failed test.
    name: &'static str,
    home: Home,
    /// The file or folder that is described.
    path: String,
    options: String,
    rows: Option<u64>,
    skipped: u64,
    text_column: Option<&'static str>,
    label_column: Option<&'static str>,
    labels: Option<Vec<(&'static str, u64)>>,
    notes: Vec<&'static str>,
    silent: Vec<&'static str>,
}

impl Case {
    pub fn new(name: &'static str) -> Self {
        let (home, path, options) = (Home::new(), String::new(), String::new());
        let (notes, silent) = (Vec::new(), Vec::new());
        Self {
            name,
            home,
            path,
            options,
            rows: None,
            skipped: 0,
            text_column: None,
            label_column: None,
            labels: None,
            notes,
            silent,
        }
    }

    /// Writes a file. The first file is described, unless [`path`](Self::path) names another one or a folder.
    pub fn file(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.home.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        if self.path.is_empty() {
            self.path = name.to_owned();
        }
        self
    }

    /// Names the file or folder that is described.
    pub fn path(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Adds options of the command line.
    pub fn options(self, options: &str) -> Self {
        Self { options: options.to_owned(), ..self }
    }

    /// Sets the number of rows.
    pub fn rows(self, rows: u64) -> Self {
        Self { rows: Some(rows), ..self }
    }

    /// Sets the number of bad rows that `--on-error skip` skips. Default: 0.
    pub fn skipped(self, skipped: u64) -> Self {
        Self { skipped, ..self }
    }

    /// Sets the columns of the texts.
    pub fn text_column(self, name: &'static str) -> Self {
        Self { text_column: Some(name), ..self }
    }

    /// Sets the column of the labels.
    pub fn label_column(self, name: &'static str) -> Self {
        Self { label_column: Some(name), ..self }
    }

    /// Sets the labels, each with its number of rows, in any order.
    pub fn labels(self, labels: impl IntoIterator<Item = (&'static str, u64)>) -> Self {
        Self { labels: Some(labels.into_iter().collect()), ..self }
    }

    /// Adds a part of a note that must be printed.
    pub fn note(mut self, part: &'static str) -> Self {
        self.notes.push(part);
        self
    }

    /// Adds a text that no note may contain.
    pub fn no_note(mut self, part: &'static str) -> Self {
        self.silent.push(part);
        self
    }

    fn describe(&self) -> Ran {
        self.home.run(&format!("data describe {} {} --format json", self.path, self.options))
    }

    /// Describes the file and compares.
    #[track_caller]
    pub fn check(self) {
        let ran = self.describe();
        let name = self.name;
        assert_eq!(ran.code, Some(0), "{name}: {ran:#?}");
        let found = ran.json();
        if let Some(rows) = self.rows {
            assert_eq!(found["rows"], rows, "rows, {name}: {found:#}");
        }
        assert_eq!(found["skipped"], self.skipped, "skipped rows, {name}: {found:#}");
        for (key, wanted) in [("text_column", self.text_column), ("label_column", self.label_column)] {
            if let Some(wanted) = wanted {
                assert_eq!(found[key], wanted, "{key}, {name}: {found:#}");
            }
        }
        if let Some(mut wanted) = self.labels {
            let labels = found["label_summary"]["counts"].as_array().cloned().unwrap_or_default();
            let mut labels: Vec<(&str, u64)> = labels
                .iter()
                .map(|label| (label["label"].as_str().unwrap(), label["rows"].as_u64().unwrap()))
                .collect();
            labels.sort_unstable();
            wanted.sort_unstable();
            assert_eq!(labels, wanted, "labels, {name}: {found:#}");
        }
        let notes = found["notes"].as_array().into_iter().flatten().filter_map(|note| note.as_str());
        let notes = notes.collect::<Vec<_>>().join("\n") + &ran.stderr;
        for part in self.notes {
            assert!(notes.contains(part), "the note '{part}' is missing, {name}: {found:#}\n{}", ran.stderr);
        }
        for part in self.silent {
            assert!(!notes.contains(part), "there is a note '{part}', {name}: {found:#}\n{}", ran.stderr);
        }
    }

    /// The file is refused with an exit code, and one sentence that contains `parts`.
    #[track_caller]
    pub fn refused(self, code: i32, parts: &[&str]) {
        let ran = self.describe();
        assert_eq!(ran.code, Some(code), "{}: {ran:#?}", self.name);
        // As JSON on the one stream or as text on the other.
        let all = ran.stdout.clone() + &ran.stderr;
        for part in parts {
            assert!(all.contains(part), "'{part}' is missing, {}: {ran:#?}", self.name);
        }
    }
}
