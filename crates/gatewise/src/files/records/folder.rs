//! Records of a folder with a subfolder for each label and a file for each text.

use super::label_folders::{label_folders, texts};
use super::{Column, FieldKind, Flaw, MAX_RECORD, Opened, Record, RecordOptions, Source};
use crate::error::{Error, Result};
use crate::files::encoding::Encoding;
use crate::files::text_stream::{TextStream, failed, peek, utf8};
use std::collections::VecDeque;
use std::fs::File;
use std::path::{Path, PathBuf};

/// A reader of subfolders and files, in the order of their names.
pub(super) struct Folder {
    folders: VecDeque<PathBuf>,
    label: String,
    encoding: Option<Encoding>,
    /// The unread files of the current label.
    files: VecDeque<PathBuf>,
    read: u64,
}

impl Folder {
    /// Lists the subfolders.
    pub fn open(path: &Path, options: &RecordOptions) -> Result<Opened> {
        let (folders, note) = label_folders(path)?;
        let mut folder = Self {
            folders,
            label: String::new(),
            encoding: options.encoding,
            files: VecDeque::new(),
            read: 0,
        };
        folder.next_label()?;
        if folder.files.is_empty() {
            return Err(Error::data(format!(
                "there are no texts in the folder {}; it should have a sub-folder for each label, and a file for each text in those, \
                 such as {}",
                path.display(),
                path.join("positive").join("1.txt").display()
            )));
        }
        let column = |name: &str| Column { name: name.into(), kind: FieldKind::Text };
        let mut opened = Opened::new(folder, vec![column("text"), column("label")]);
        opened.notes.extend(note);
        Ok(opened)
    }

    /// Advances to the next subfolder with texts when the current one is exhausted.
    fn next_label(&mut self) -> Result<()> {
        while self.files.is_empty() {
            let Some(folder) = self.folders.pop_front() else { break };
            let name = folder.file_name().unwrap_or_default();
            self.label = name.to_str().map(str::to_owned).ok_or_else(|| {
                Error::data(format!("the name of the folder {} is not UTF-8; rename it", folder.display()))
            })?;
            self.files = texts(&folder)?;
        }
        Ok(())
    }
}

impl Source for Folder {
    fn read(&mut self, record: &mut Record) -> Result<bool, Flaw> {
        self.next_label()?;
        let Some(path) = self.files.pop_front() else { return Ok(false) };
        self.read += 1;
        record.number = self.read;
        record.file = Some(path.display().to_string());
        let refused = |e| failed(&path.display().to_string(), 1, e);
        let mut stream = File::open(&path)
            .and_then(|file| TextStream::new(Box::new(file), self.encoding))
            .map_err(refused)?;
        let bytes = peek(&mut stream.bytes, MAX_RECORD + 1).map_err(refused)?;
        if bytes.len() > MAX_RECORD {
            return Err(Flaw::Record(format!("this text is longer than {} MiB", MAX_RECORD >> 20)));
        }
        let text = utf8(bytes, stream.mark as u64, stream.encoding, stream.compression);
        record.push(FieldKind::Text, &text.map_err(Flaw::Record)?);
        record.push(FieldKind::Text, &self.label);
        Ok(true)
    }
}
