//! The sub-folders of a folder of texts: a label each, with a file for each text.
//!
//! Input: a folder. Output: the sub-folders, the texts in one of them, and a note on what is left out.

use super::super::folder_parts::{entries, is_hidden};
use crate::error::{Error, Result};
use crate::files::compressed::Compression;
use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// The number of bytes that show whether a file is text.
const LOOKED_AT: u64 = 4_096;
/// The byte order marks of UTF-16, in which text has zero bytes.
const UTF_16: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];

/// The files that are left out.
#[derive(Debug, Default)]
struct LeftOut {
    hidden: usize,
    not_text: Vec<PathBuf>,
    beside: Vec<PathBuf>,
}

impl LeftOut {
    fn note(&self) -> Option<String> {
        let count = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        };
        let name = |files: &[PathBuf]| {
            let names = files.iter().take(3).map(|file| file.display().to_string());
            let more = if files.len() > 3 { ", …" } else { "" };
            format!(" ({}{more})", names.collect::<Vec<_>>().join(", "))
        };
        let beside =
            count(self.beside.len(), "file beside the label folders", "files beside the label folders");
        let not_text = count(self.not_text.len(), "file that is not text", "files that are not text");
        let parts = [
            count(self.hidden, "hidden file", "hidden files"),
            not_text.map(|part| part + &name(&self.not_text)),
            beside.map(|part| part + &name(&self.beside)),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        (!parts.is_empty()).then(|| format!("left out: {}", parts.join(", ")))
    }
}

/// Returns the sub-folders with texts, and a note.
///
/// # Errors
/// If there are none, or if a label's folder has folders with files in it.
pub(super) fn label_folders(path: &Path) -> Result<(VecDeque<PathBuf>, Option<String>)> {
    let [folders, beside] = entries(path)?;
    let mut left_out = LeftOut { beside, ..LeftOut::default() };
    let mut labels = VecDeque::new();
    for folder in folders {
        let [inner, files] = entries(&folder)?;
        let deeper =
            inner.iter().find(|inner| entries(inner).is_ok_and(|[a, b]| !a.is_empty() || !b.is_empty()));
        if let Some(deeper) = deeper {
            return Err(Error::data(format!(
                "the folder {} contains the folder {}; the folder of a label must contain its texts directly, as {}; move the \
                 texts up, or give the folder whose sub-folders are the labels",
                folder.display(),
                deeper.display(),
                folder.join("1.txt").display()
            )));
        }
        let all = files.len();
        let texts = texts_of(files)?;
        left_out.not_text.extend(texts.not_text);
        left_out.hidden += hidden(&folder)?;
        if !texts.texts.is_empty() || all == 0 {
            labels.push_back(folder);
        }
    }
    left_out.hidden += hidden(path)?;
    Ok((labels, left_out.note()))
}

/// Returns the number of hidden files in a folder.
fn hidden(folder: &Path) -> Result<usize> {
    let refused = |e| Error::reading("cannot list", folder, e);
    let entries = fs::read_dir(folder).map_err(refused)?;
    let is_file = |path: &Path| is_hidden(path) && path.is_file();
    Ok(entries.filter(|entry| entry.as_ref().is_ok_and(|entry| is_file(&entry.path()))).count())
}

/// Files of a label.
#[derive(Debug, Default)]
struct Texts {
    texts: VecDeque<PathBuf>,
    not_text: Vec<PathBuf>,
}

/// Returns the texts in the folder of a label, in the order of their names.
pub(super) fn texts(folder: &Path) -> Result<VecDeque<PathBuf>> {
    let [_, files] = entries(folder)?;
    Ok(texts_of(files)?.texts)
}

fn texts_of(files: Vec<PathBuf>) -> Result<Texts> {
    let mut found = Texts::default();
    for file in files {
        match is_text(&file)? {
            true => found.texts.push_back(file),
            false => found.not_text.push(file),
        }
    }
    Ok(found)
}

/// Returns whether a file is text, by its first bytes, unless its name ends in .txt.
fn is_text(path: &Path) -> Result<bool> {
    if path.extension().is_some_and(|end| end.eq_ignore_ascii_case("txt")) {
        return Ok(true);
    }
    let mut first = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut first));
    read.map_err(|e| Error::reading("cannot read", path, e))?;
    let utf_16 = UTF_16.iter().any(|mark| first.starts_with(mark));
    let plain = !first.contains(&0) && !first.starts_with(b"%PDF");
    Ok(plain || utf_16 || Compression::of(&first).is_some())
}
