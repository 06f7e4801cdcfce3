//! The formats of files: the ending of a name, and the first bytes of files that are not text.
//!
//! Input: a path or the first bytes of a file. Output: a [`RecordFormat`], or what the file is instead and what to do.

use crate::storage::tensors::{MODEL, begins_with};
use memchr::memmem;
use std::path::{Path, PathBuf};

/// The format of a file of records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RecordFormat {
    /// Fields separated by commas, or by semicolons, tabs or vertical bars.
    Csv,
    /// Fields separated by tabs.
    Tsv,
    /// One JSON object per line.
    JsonLines,
    /// A JSON list of objects; also an object with one list of objects, and objects one after the other.
    Json,
    /// Lines with a label and a text: fastText's `__label__x text`, `label<TAB>text`, `text<TAB>label`, TREC's
    /// `LABEL:fine text`.
    LabelledLines,
    /// Weka's ARFF.
    Arff,
    /// Apache Parquet; needs the feature `parquet`.
    Parquet,
    /// A folder with a subfolder for each label and a file for each text.
    Folder,
}

impl RecordFormat {
    /// Returns the format by the extension of `path` (.csv, .tsv, .jsonl, .ndjson, .json, .arff, .ft, .parquet), else
    /// [`Folder`](Self::Folder) if `path` is a folder, else `None`. The endings .gz and .zst are removed first.
    ///
    /// ```
    /// use gatewise::files::RecordFormat;
    /// assert_eq!(RecordFormat::from_path("rows.JSONL".as_ref()), Some(RecordFormat::JsonLines));
    /// assert_eq!(RecordFormat::from_path("rows.csv.gz".as_ref()), Some(RecordFormat::Csv));
    /// assert_eq!(RecordFormat::from_path("rows.xlsx".as_ref()), None);
    /// ```
    pub fn from_path(path: &Path) -> Option<Self> {
        let unpacked = unpacked(path);
        let end = unpacked.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
        match &*end {
            "csv" => Some(Self::Csv),
            "tsv" => Some(Self::Tsv),
            "jsonl" | "ndjson" => Some(Self::JsonLines),
            "json" => Some(Self::Json),
            "arff" => Some(Self::Arff),
            "ft" => Some(Self::LabelledLines),
            "parquet" => Some(Self::Parquet),
            _ => path.is_dir().then_some(Self::Folder),
        }
    }

    /// Returns whether records can be written in this format.
    pub fn is_written(self) -> bool {
        matches!(self, Self::Csv | Self::Tsv | Self::JsonLines | Self::Json | Self::Parquet)
    }
}

/// Returns whether the name of `path` ends like the name of a compressed file.
pub(super) fn is_packed(path: &Path) -> bool {
    path.extension().is_some_and(|end| ["gz", "zst"].iter().any(|packed| end.eq_ignore_ascii_case(packed)))
}

/// Returns `path` without the ending of a compressed file.
pub(super) fn unpacked(path: &Path) -> PathBuf {
    if is_packed(path) { path.with_extension("") } else { path.to_owned() }
}

/// The first bytes of files of other programs, what the file is, and what to do.
const FOREIGN: &[(&[u8], &str)] = &[
    (b"PAR1", "it is a Parquet file; give it a name that ends in .parquet"),
    (b"\xd0\xcf\x11\xe0", "it is an old Excel or Word file; save it as CSV from the program that made it"),
    (b"%PDF", "it is a PDF; copy its texts and labels into a CSV file"),
    (b"{\\rtf", "it is a rich-text document; copy its texts and labels into a CSV file"),
    (
        b"SQLite format 3\0",
        "it is an SQLite database; export the table, for example with: sqlite3 -header -csv",
    ),
    (
        b"\x93NUMPY",
        "it is a NumPy array; write texts and labels as CSV, for example with pandas.DataFrame.to_csv",
    ),
    (
        b"\x89HDF",
        "it is an HDF5 file; write texts and labels as CSV, for example with pandas.DataFrame.to_csv",
    ),
    (
        b"ARROW1",
        "it is an Arrow or Feather file; write it as Parquet, for example with pandas.DataFrame.to_parquet",
    ),
    (b"FEA1", "it is a Feather file; write it as Parquet, for example with pandas.DataFrame.to_parquet"),
    (b"Obj\x01", "it is an Avro file; write it as JSON lines or Parquet"),
    (b"$FL2", "it is an SPSS file; save it as CSV from SPSS, R or pandas"),
    (b"<stata_dta>", "it is a Stata file; save it as CSV from Stata, R or pandas"),
    (b"RDX", "it is a file of R; write it with write.csv"),
    (
        b"version https://git-lfs",
        "it is a pointer of Git LFS and not the data; fetch them with: git lfs pull",
    ),
    (b"BZh", "it is compressed with bzip2; unpack it with bunzip2, or pack it with gzip"),
    (b"\xfd7zXZ\0", "it is compressed with xz; unpack it with unxz, or pack it with gzip"),
    (b"\x04\x22\x4d\x18", "it is compressed with LZ4; unpack it with unlz4, or pack it with gzip"),
    (b"7z\xbc\xaf", "it is a 7-Zip archive; unpack it, and give the file in it"),
    (b"Rar!", "it is a RAR archive; unpack it, and give the file in it"),
    (b"\x89PNG", "it is a picture"),
    (b"\xff\xd8\xff", "it is a picture"),
    (b"GIF8", "it is a picture"),
    (b"\x7fELF", "it is a program"),
];

/// Parts of the names in zip files, what the file is, and what to do.
const ZIPPED: &[(&str, &str)] = &[
    ("xl/", "it is an Excel workbook; save it as CSV (in Excel or LibreOffice: Save as, CSV UTF-8)"),
    ("word/", "it is a Word document; copy its texts and labels into a CSV file"),
    ("ppt/", "it is a PowerPoint file; copy its texts and labels into a CSV file"),
    (
        "opendocument.spreadsheet",
        "it is an OpenDocument spreadsheet; save it as CSV (in LibreOffice: Save as, Text CSV)",
    ),
    ("opendocument.text", "it is an OpenDocument text; copy its texts and labels into a CSV file"),
    ("application/epub+zip", "it is an e-book; copy its texts and labels into a CSV file"),
    (
        ".npy",
        "it is a file of NumPy arrays; write texts and labels as CSV, for example with pandas.DataFrame.to_csv",
    ),
    (
        "data.pkl",
        "it is a PyTorch file; write texts and labels as CSV, for example with pandas.DataFrame.to_csv",
    ),
    ("[Content_Types].xml", "it is an Office document; save it as CSV from the program that made it"),
];

/// Returns what a file that starts with `head` is and what to do, if it is of another program.
pub(super) fn foreign(head: &[u8]) -> Option<String> {
    if let Some((_, what)) = FOREIGN.iter().find(|(magic, _)| head.starts_with(magic)) {
        return Some((*what).to_owned());
    }
    if begins_with(head, MODEL) {
        return Some("this is a gatewise model, not data; give the file of the data".to_owned());
    }
    if head.starts_with(b"PK\x03\x04") {
        let found = ZIPPED.iter().find(|(part, _)| memmem::find(head, part.as_bytes()).is_some());
        let what = found.map_or("it is a zip archive; unpack it, and give the file in it", |(_, what)| what);
        return Some(what.to_owned());
    }
    if matches!(head, [0x80, 2..=5, ..]) {
        let what = "it is a pickle of Python, which can run programs when it is read; write it as CSV, for example with \
                    pandas.DataFrame.to_csv";
        return Some(what.to_owned());
    }
    if head.get(257..262) == Some(b"ustar") {
        return Some("it is a tar archive; unpack it, and give the file or folder in it".to_owned());
    }
    let start: String = head.iter().take(64).map(|&byte| char::from(byte.to_ascii_lowercase())).collect();
    if ["<!doctype html", "<html"].iter().any(|mark| start.trim_start().starts_with(mark)) {
        return Some(
            "it is a web page; was it downloaded from a link that shows a page and not the file?".to_owned(),
        );
    }
    None
}

/// Returns the encoding of text in UTF-16 without a byte order mark: about every second byte is zero.
pub(super) fn utf16(head: &[u8]) -> Option<&'static str> {
    let zeros = |from: usize| head.iter().skip(from).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, some) = (zeros(0), zeros(1), head.len() / 4);
    match some > 0 {
        true if odd > some && even < odd / 4 => Some("utf-16le"),
        true if even > some && odd < even / 4 => Some("utf-16be"),
        _ => None,
    }
}

/// Returns what is wrong with a text that starts with `head`, if it contains the byte 0.
pub(super) fn zero_bytes(head: &[u8]) -> Option<String> {
    let zero = memchr::memchr(0, head)?;
    Some(match utf16(head) {
        Some(name) => format!("it looks like UTF-16 without a byte order mark; give --encoding {name}"),
        None => format!(
            "its byte {zero} is 0, which does not occur in text; if it is UTF-16, give --encoding utf-16le"
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_programs_are_named() {
        for (head, says) in [
            (&b"PK\x03\x04..[Content_Types].xml....xl/workbook.xml"[..], "an Excel workbook; save it as CSV"),
            (b"PK\x03\x04....rows.csv", "a zip archive; unpack it"),
            (b"\x80\x04\x95\x10", "a pickle"),
            (b"%PDF-1.7", "a PDF"),
            (b"SQLite format 3\0\x10", "an SQLite database"),
            (b"\n<!DOCTYPE HTML>\n<html>", "a web page"),
            (b"t\0e\0x\0t\0,\0l\0a\0b\0", "--encoding utf-16le"),
            (b"\0t\0e\0x\0t\0,\0l\0a\0b", "--encoding utf-16be"),
            (b"text,label\na\0,b", "its byte 12 is 0"),
        ] {
            let what = foreign(head).or_else(|| zero_bytes(head)).unwrap();
            assert!(what.contains(says), "{what}");
        }
        for head in ["text,label\n", "", "caf\u{e9}", "RD,b\n"] {
            assert_eq!((foreign(head.as_bytes()), zero_bytes(head.as_bytes())), (None, None), "{head}");
        }
    }
}
