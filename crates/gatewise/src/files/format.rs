//! The format of a file: decided by the ending of its name, else by its first bytes.
//!
//! Input: a path. Output: a [`FileKind`].

use std::path::Path;

/// The format of a file of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordFormat {
    /// Fields separated by commas, semicolons, tabs or vertical bars.
    Csv,
    /// Fields separated by tabs.
    Tsv,
    /// One JSON object per line.
    JsonLines,
    /// Apache Parquet; needs the feature `parquet`.
    Parquet,
    /// A folder with a subfolder for each label and a .txt file for each text.
    Folder,
}

impl RecordFormat {
    /// Returns the format by the extension of `path` (.csv, .tsv, .jsonl, .ndjson, .parquet), else
    /// [`Folder`](Self::Folder) if `path` is a folder, else `None`.
    ///
    /// ```
    /// use gatewise::files::RecordFormat;
    /// assert_eq!(RecordFormat::from_path("rows.JSONL".as_ref()), Some(RecordFormat::JsonLines));
    /// assert_eq!(RecordFormat::from_path("rows.xlsx".as_ref()), None);
    /// ```
    pub fn from_path(path: &Path) -> Option<Self> {
        let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        match &*end {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "parquet" => Some(Self::Parquet),
            _ => path.is_dir().then_some(Self::Folder),
        }
    }
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FileKind {
    /// Records in this format.
    Records(RecordFormat),
    /// Labelled series: a .ts file.
    Series,
    /// Text in no format that is read as records.
    Text,
    /// A file that is not read: what it is, and what to do.
    Foreign(&'static str),
    /// Nothing.
    Absent,
}

impl FileKind {
    /// Returns what is at `path`, and a note where its name left that open and its first bytes decided.
    pub fn at(path: &Path) -> (Self, Option<String>) {
        if let Some(format) = RecordFormat::from_path(path) {
            return (Self::Records(format), None);
        }
        let series = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("ts"));
        let kind = match series {
            true => Self::Series,
            false if path.exists() => Self::Text,
            false => Self::Absent,
        };
        (kind, None)
    }
}
