//! What the words of a prediction are: a model, and texts, files, a folder or standard input.
//!
//! Input: the words of a command line. Output: the model's path and a [`PredictInput`], or an error for a path that
//! does not exist. A path is never predicted as a text.

use gatewise::files::{FileKind, RecordFormat, RecordOptions};
use gatewise::{Error, Result};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Endings of files. A word that ends so is a path, whether or not there is such a file.
const ENDINGS: &[&str] = &[
    "arff",
    "bin",
    "bz2",
    "csv",
    "dat",
    "data",
    "db",
    "doc",
    "docx",
    "feather",
    "ft",
    "gatewise",
    "gz",
    "h5",
    "htm",
    "html",
    "json",
    "jsonl",
    "keras",
    "log",
    "md",
    "ndjson",
    "npy",
    "npz",
    "odt",
    "onnx",
    "parquet",
    "pdf",
    "pickle",
    "pkl",
    "psv",
    "rtf",
    "safetensors",
    "sqlite",
    "svg",
    "tar",
    "tgz",
    "toml",
    "ts",
    "tsv",
    "txt",
    "xls",
    "xlsx",
    "xml",
    "xz",
    "yaml",
    "yml",
    "zip",
    "zst",
];
/// The largest number of files of a folder, and its deepest folder.
const MAX_FILES: usize = 1_000_000;
const MAX_DEPTH: usize = 16;

/// The input of a prediction.
///
/// | words | input |
/// |---|---|
/// | none, or `-` | the lines of standard input |
/// | one file of records: .csv, .tsv, .json, .jsonl, .parquet, a table or lines with a label in a .txt file, … | its records |
/// | other files | their lines |
/// | a folder | its files, each a text |
/// | a word that ends like a file, such as `films.txt`, and is none | an error |
/// | other words | texts |
///
/// ```
/// use gatewise::files::RecordOptions;
/// use gatewise_pipeline::PredictInput;
/// let as_found = RecordOptions::default();
/// let words = |words: &[&str]| words.iter().map(Into::into).collect::<Vec<std::ffi::OsString>>();
/// let texts = PredictInput::of(&words(&["A fine film.", "10/10"]), &as_found, false)?;
/// assert_eq!(texts, PredictInput::Texts(vec!["A fine film.".into(), "10/10".into()]));
/// assert_eq!(PredictInput::of(&words(&["-"]), &as_found, false)?, PredictInput::StandardInput);
/// // A file that does not exist is not a text.
/// assert!(PredictInput::of(&words(&["no such film.txt"]), &as_found, false).is_err());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PredictInput {
    /// The lines of standard input.
    StandardInput,
    /// Texts.
    Texts(Vec<String>),
    /// A file of records.
    Records(PathBuf),
    /// Files whose lines are texts.
    Lines(Vec<PathBuf>),
    /// A folder whose files are texts.
    Folder(PathBuf),
}

/// What one word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    StandardInput,
    Text,
    Records,
    Lines,
    Folder,
}

impl PredictInput {
    /// Returns the input that `words` name, for a model of texts. Files are looked at with `options`. `as_records` states that
    /// options of records are given (such as a delimiter): any file is then a file of records. Otherwise a text file in which
    /// nothing is recognized as records, or no more than as many commas in each line, is read line by line.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a file that does not exist, for a file of records beside
    /// other words, and for a text that is not UTF-8.
    pub fn of(words: &[OsString], options: &RecordOptions, as_records: bool) -> Result<Self> {
        let kinds =
            words.iter().map(|word| kind(word, options, as_records)).collect::<Result<Vec<Word>>>()?;
        let all = |kind: Word| kinds.iter().all(|other| *other == kind);
        if all(Word::Text) && !words.is_empty() {
            return words.iter().map(|word| text(word)).collect::<Result<_>>().map(Self::Texts);
        }
        if all(Word::Lines) && !words.is_empty() {
            return Ok(Self::Lines(words.iter().map(PathBuf::from).collect()));
        }
        match (words, kinds.as_slice()) {
            ([], _) | (_, [Word::StandardInput]) => Ok(Self::StandardInput),
            ([path], [Word::Records]) => Ok(Self::Records(path.into())),
            ([path], _) => Ok(Self::Folder(path.into())),
            _ => {
                let absent =
                    |(word, kind): &(&OsString, &Word)| **kind == Word::Records && !Path::new(word).exists();
                if let Some((word, _)) = words.iter().zip(&kinds).find(absent) {
                    return Err(missing(word, "check the path"));
                }
                let other = kinds.iter().position(|kind| *kind != Word::Text).unwrap_or_default();
                Err(Error::config(format!(
                    "{} is not a text, and one such source is read at a time; give it alone",
                    words[other].display()
                )))
            }
        }
    }

    /// Returns the note for a file whose lines are read as texts, each its own.
    pub fn line_note(path: &Path, options: &RecordOptions) -> String {
        let path_shown = path.display();
        match FileKind::may_be_prose(path, options) {
            true => format!(
                "each line of {path_shown} is a text, though all have as many commas; --delimiter , reads them as a table"
            ),
            false => format!("each line of {path_shown} is a text"),
        }
    }

    /// Splits the words of a command line into the path of a model, if the first word is one, and the input.
    ///
    /// ```
    /// use gatewise_pipeline::PredictInput;
    /// let words = ["films.gatewise", "A fine film."].map(std::ffi::OsString::from);
    /// let (model, input) = PredictInput::split_model(&words)?;
    /// assert_eq!((model.unwrap().to_str(), input.len()), (Some("films.gatewise"), 1));
    /// assert!(PredictInput::split_model(&["A fine film.".into()])?.0.is_none());
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) if the first word looks like the path of a model, and there is
    /// no such file.
    pub fn split_model(words: &[OsString]) -> Result<(Option<&Path>, &[OsString])> {
        match words.split_first() {
            Some((first, rest)) if is_model(first)? => Ok((Some(Path::new(first)), rest)),
            _ => Ok((None, words)),
        }
    }
}

/// Returns whether a word is the path of a model.
fn is_model(word: &OsStr) -> Result<bool> {
    let path = Path::new(word);
    let end = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    if end == "gatewise" {
        return Ok(true);
    }
    if path.is_file() {
        return Ok(RecordFormat::from_path(path).is_none() && !begins_as_text(path));
    }
    // A mistyped path of a model is an error, and not a text.
    let Some(text) = word.to_str() else { return Ok(false) };
    let is_word = !text.contains(char::is_whitespace);
    let path_like = text.contains(['/', '\\']) && text.contains(|c: char| c.is_ascii_alphabetic())
        || end.len() >= 2 && end.chars().all(char::is_alphanumeric);
    match is_word && path_like && !path.exists() && RecordFormat::from_path(path).is_none() {
        true => Err(missing(word, "name a model file, such as model.gatewise")),
        false => Ok(false),
    }
}

/// Returns what a word is.
fn kind(word: &OsStr, options: &RecordOptions, as_records: bool) -> Result<Word> {
    let path = Path::new(word);
    if word == "-" {
        return Ok(Word::StandardInput);
    }
    let ends = |endings: &[&str]| {
        let end = path.extension().and_then(OsStr::to_str).unwrap_or_default().to_lowercase();
        endings.contains(&end.as_str())
    };
    match FileKind::with(path, options) {
        FileKind::Records(RecordFormat::Folder) => Ok(Word::Folder),
        // As many commas in each line may be chance.
        FileKind::Records(RecordFormat::Csv)
            if !as_records
                && ends(&["txt", "text", "log", "md"])
                && FileKind::may_be_prose(path, options) =>
        {
            Ok(Word::Lines)
        }
        FileKind::Records(_) => Ok(Word::Records),
        FileKind::Series if path.exists() => {
            Err(Error::config(format!("{} holds series, but the model reads texts", path.display())))
        }
        FileKind::Foreign(what) => Err(Error::config(format!("{} is not read: {what}", path.display()))),
        _ if path.exists() && as_records => Ok(Word::Records),
        _ if path.exists() => Ok(Word::Lines),
        _ if ends(ENDINGS) || starts_as_path(word) => Err(missing(word, "check the path")),
        _ => Ok(Word::Text),
    }
}

/// Returns whether a word begins as a path does: `./`, `../`, `~/`, or `/` and a letter.
fn starts_as_path(word: &OsStr) -> bool {
    let text = word.to_string_lossy();
    let from_root = text.strip_prefix('/').is_some_and(|rest| rest.starts_with(char::is_alphabetic));
    let word = !text.contains(char::is_whitespace);
    word && (from_root || ["./", "../", "~/"].iter().any(|start| text.starts_with(start)))
}

fn missing(word: &OsStr, what_to_do: &str) -> Error {
    Error::config(format!(
        "there is no file '{}'; {what_to_do}. (Is it a text? --text TEXT is for texts that look like paths.)",
        word.display()
    ))
}

/// Returns a word as a text, without a byte order mark.
fn text(word: &OsStr) -> Result<String> {
    match word.to_str() {
        Some(text) => Ok(text.strip_prefix('\u{feff}').unwrap_or(text).to_owned()),
        None => Err(Error::config(format!(
            "there is no file '{}', and it is not a text either: it is not UTF-8",
            word.display()
        ))),
    }
}

/// Returns whether a file begins as a text: UTF-8 without the byte 0. A file that cannot be read does not.
fn begins_as_text(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(4096).read_to_end(&mut start));
    let valid = match std::str::from_utf8(&start) {
        Ok(_) => true,
        // The last character may be cut.
        Err(error) => error.error_len().is_none(),
    };
    read.is_ok() && valid && !start.contains(&0)
}

/// Returns the files of a folder and its sub-folders, in the order of their names; hidden ones are left out.
///
/// # Errors
/// [`ErrorKind::Io`](gatewise::ErrorKind::Io) if a folder cannot be read, [`ErrorKind::Data`](gatewise::ErrorKind::Data)
/// if there is no file.
pub fn text_files(folder: &Path) -> Result<Vec<PathBuf>> {
    fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<()> {
        let io = |e| Error::reading("cannot read the folder", folder, e);
        let mut entries =
            fs::read_dir(folder).map_err(io)?.collect::<std::io::Result<Vec<_>>>().map_err(io)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let path = entry.path();
            match entry.file_name().as_encoded_bytes().first() {
                Some(b'.') => {}
                _ if path.is_dir() && depth < MAX_DEPTH => walk(&path, depth + 1, files)?,
                _ if path.is_file() && files.len() < MAX_FILES => files.push(path),
                _ => {}
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    walk(folder, 0, &mut files)?;
    match files.is_empty() {
        true => Err(Error::data(format!("the folder {} has no file to predict for", folder.display()))),
        false => Ok(files),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn word(word: &str) -> Result<Word> {
        kind(OsStr::new(word), &RecordOptions::default(), false)
    }

    #[test]
    fn paths_are_told_from_texts() {
        for text in [
            "Great.",
            "10/10",
            "3.5",
            "e.g.",
            "a film and/or a play",
            "Good, or bad.Really",
            "",
            "and/or",
            "/10",
            "~5",
        ] {
            assert_eq!(word(text).unwrap(), Word::Text, "{text}");
        }
        for path in ["film.txt", "my films.TXT", "./film", "../x", "/tmp/none", "~/film", "x.PDF"] {
            let error = word(path).unwrap_err();
            assert_eq!(error.kind(), gatewise::ErrorKind::Config);
            assert!(error.to_string().contains("there is no file"), "{path}: {error}");
        }
        assert_eq!(word("Cargo.toml").unwrap(), Word::Lines);
        assert_eq!(word("src").unwrap(), Word::Folder);
        assert_eq!(word("none.csv").unwrap(), Word::Records);
        assert_eq!(word("-").unwrap(), Word::StandardInput);
    }

    #[test]
    fn models_are_told_from_texts() {
        let model = |word: &str| is_model(OsStr::new(word));
        for path in ["none.gatewise", "a folder/none.gatewise"] {
            assert!(model(path).unwrap(), "{path}");
        }
        for text in [
            "Great.",
            "10/10",
            "3.5",
            "e.g.",
            "a film and/or a play",
            "Good, or bad.Really",
            "",
            "none.csv",
            "-",
            "Cargo.toml",
            "src",
        ] {
            assert!(!model(text).unwrap(), "{text}");
        }
        for path in ["modle.gatewis", "models/mine", "model.bin"] {
            assert!(model(path).unwrap_err().to_string().contains("there is no file"), "{path}");
        }
        let folder = tempfile::tempdir().unwrap();
        let renamed = folder.path().join("renamed");
        fs::write(&renamed, b"\x40\0\0\0\0\0\0\0{\"__metadata__\"").unwrap();
        assert!(is_model(renamed.as_os_str()).unwrap(), "a model under another name");
    }
}
