//! What a folder contains: label folders, the same in a part for training and a part for testing, or a file of records.
//!
//! Input: a folder. Output: [`FolderParts`], where its rows are not in label folders of its own.

use super::RecordFormat;
use crate::error::{Error, Result};
use std::fs;
use std::path::{Path, PathBuf};

/// The parts of a folder that contain training, validation and test rows.
///
/// ```
/// use gatewise::files::FolderParts;
/// # let folder = tempfile::tempdir().unwrap();
/// # let root = folder.path();
/// # for part in ["train", "test"] {
/// #     std::fs::create_dir_all(root.join(part).join("good")).unwrap();
/// #     std::fs::write(root.join(part).join("good/1.txt"), "a fine film").unwrap();
/// # }
/// // root/train/good/1.txt, root/test/good/1.txt, …
/// let parts = FolderParts::at(root)?.unwrap();
/// assert_eq!(parts.training, root.join("train"));
/// assert_eq!(parts.test, Some(root.join("test")));
/// // A folder with a sub-folder for each label is read as it is.
/// assert_eq!(FolderParts::at(&parts.training)?, None);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FolderParts {
    /// The folder or file of the training rows.
    pub training: PathBuf,
    /// The folder of the validation rows.
    pub validation: Option<PathBuf>,
    /// The folder of the test rows.
    pub test: Option<PathBuf>,
}

const TRAINING: &[&str] = &["train", "training"];
const VALIDATION: &[&str] = &["val", "valid", "validation", "dev"];
const TEST: &[&str] = &["test", "testing"];

/// Returns the folders and the files in a folder that are not hidden, each in the order of their names.
pub(super) fn entries(folder: &Path) -> Result<[Vec<PathBuf>; 2]> {
    let refused = |e| Error::reading("cannot list", folder, e);
    let mut found = [Vec::new(), Vec::new()];
    for entry in fs::read_dir(folder).map_err(refused)? {
        let path = entry.map_err(refused)?.path();
        if !is_hidden(&path) {
            found[usize::from(!path.is_dir())].push(path);
        }
    }
    found.iter_mut().for_each(|paths| paths.sort_unstable());
    Ok(found)
}

pub(super) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}

/// Returns whether a folder has a sub-folder with files in it.
fn has_label_folders(folder: &Path) -> bool {
    let has_files = |folder: &PathBuf| entries(folder).is_ok_and(|[_, files]| !files.is_empty());
    entries(folder).is_ok_and(|[folders, _]| folders.iter().any(has_files))
}

impl FolderParts {
    /// Returns the parts of the folder at `path`; `None` if it is not a folder, or is one with a sub-folder for each label.
    ///
    /// # Errors
    /// [`ErrorKind::Data`](crate::ErrorKind::Data) for a folder with several files of records, and
    /// [`ErrorKind::Io`](crate::ErrorKind::Io) if it cannot be listed.
    pub fn at(path: &Path) -> Result<Option<Self>> {
        if !path.is_dir() {
            return Ok(None);
        }
        let [folders, files] = entries(path)?;
        let named = |names: &[&str]| {
            let is = |folder: &&PathBuf| {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
                // 20news-bydate-train is a part too.
                let mut words = name.split(['-', '_', '.', ' ']);
                words.any(|word| names.contains(&word)) && has_label_folders(folder)
            };
            folders.iter().find(is).cloned()
        };
        if let Some(training) = named(TRAINING) {
            return Ok(Some(Self { training, validation: named(VALIDATION), test: named(TEST) }));
        }
        if has_label_folders(path) {
            return Ok(None);
        }
        let records: Vec<&PathBuf> =
            files.iter().filter(|file| RecordFormat::from_path(file).is_some()).collect();
        match *records {
            [] => Ok(None),
            [only] => Ok(Some(Self { training: only.clone(), validation: None, test: None })),
            _ => {
                let names = records.iter().map(|file| file.file_name().unwrap_or_default().to_string_lossy());
                Err(Error::data(format!(
                    "the folder {} has several files of records ({}); give one of them, and another with --test if it has \
                     labels",
                    path.display(),
                    names.collect::<Vec<_>>().join(", ")
                )))
            }
        }
    }

    /// Returns a sentence that names the parts.
    pub fn note(&self) -> String {
        let parts = [("validation", &self.validation), ("testing", &self.test)];
        let others = parts
            .iter()
            .filter_map(|(what, part)| Some(format!(", {} for {what}", part.as_ref()?.display())));
        let what = if self.training.is_dir() { "folder" } else { "file" };
        format!(
            "the rows are taken from the {what} {}{}",
            self.training.display(),
            others.collect::<String>()
        )
    }
}
