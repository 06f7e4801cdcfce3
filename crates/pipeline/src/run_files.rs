//! The files of a run: what it reads, and what it writes.
//!
//! Input: paths, each with the option or the words that name it in messages. Output: nothing, or the error for
//! an output that is also an input or another output, for an output that cannot be written, and for an input
//! that does not exist.

use crate::source::{Data, Source};
use crate::{DataKind, Task};
use gatewise::train::ModelCheckpoint;
use gatewise::{Artifact, Error, Result, check_target};
use std::fs::{self, OpenOptions};
use std::io;
use std::path::{Component, Path, PathBuf};

/// The files that a run reads and writes. [`check`](Self::check) refuses an output that would destroy an input or
/// another output, before any work.
///
/// Two paths are the same file if they lead to it on any way: `a.csv` and `./a.csv`, symbolic links, hard links.
///
/// ```
/// use gatewise_pipeline::RunFiles;
/// let files = RunFiles::new().reads("the data", "films.csv").replaces("--output", "./films.csv");
/// let error = files.check().unwrap_err().to_string();
/// assert!(error.starts_with("--output ./films.csv is the same file as the data films.csv"), "{error}");
/// ```
#[derive(Debug, Clone, Default)]
pub struct RunFiles {
    inputs: Vec<Named>,
    outputs: Vec<(Named, How)>,
}

/// A path, and what it is called in messages.
#[derive(Debug, Clone)]
struct Named {
    name: String,
    path: PathBuf,
}

/// How an output is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// A new file is renamed to the path.
    Replaced,
    /// The file is opened and written.
    InPlace,
    /// As [`Replaced`](Self::Replaced); the file is a model.
    Model,
    /// As [`Model`](Self::Model); the name has fields such as `{epoch}`.
    Numbered,
    /// Files are created in a folder.
    Folder,
}

impl RunFiles {
    /// Creates an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a file or a folder that the run reads.
    pub fn reads(mut self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.inputs.push(Named { name: name.into(), path: path.into() });
        self
    }

    /// Adds the file or the folder of `source`, if it has one.
    pub fn reads_source(self, source: &Source) -> Self {
        match &source.0 {
            // The reviews are one folder of those in it.
            Data::Path(path) if path.is_dir() && source.kind(Task::Classify) == DataKind::Imdb => {
                let inner = Some(path.join("aclImdb")).filter(|inner| inner.is_dir());
                self.reads("the data", inner.unwrap_or_else(|| path.clone()))
            }
            Data::Path(path) => self.reads("the data", path),
            _ => self,
        }
    }

    /// Adds a file that is written as a whole and then replaces an older one.
    pub fn replaces(self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.writes(name, path, How::Replaced)
    }

    /// Adds a file of a model, written as [`replaces`](Self::replaces). Only a model is replaced by a model, and its name may not
    /// end like a file of data.
    pub fn replaces_model(self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.writes(name, path, How::Model)
    }

    /// Adds a file that is written line by line.
    pub fn writes_lines(self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.writes(name, path, How::InPlace)
    }

    /// Adds files of models whose names have fields, as the names of [`ModelCheckpoint`].
    pub fn replaces_numbered(self, name: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.writes(name, path, How::Numbered)
    }

    /// Adds a folder in which files are created. The folder is created if it does not exist.
    pub fn fills(self, name: impl Into<String>, folder: impl Into<PathBuf>) -> Self {
        self.writes(name, folder, How::Folder)
    }

    fn writes(mut self, name: impl Into<String>, path: impl Into<PathBuf>, how: How) -> Self {
        self.outputs.push((Named { name: name.into(), path: path.into() }, how));
        self
    }

    /// Checks the outputs. Leaves no file behind.
    ///
    /// # Errors
    /// * [`ErrorKind::Config`](gatewise::ErrorKind::Config) for an output that is also an input or another output, that lies
    ///   among the files of a folder of data, or that is a folder where a file is needed.
    /// * [`ErrorKind::Io`](gatewise::ErrorKind::Io) for an output that cannot be written.
    pub fn check(&self) -> Result<()> {
        let places: Vec<Place> = self.outputs.iter().map(|(output, _)| Place::of(&output.path)).collect();
        for (at, (output, how)) in self.outputs.iter().enumerate() {
            for input in &self.inputs {
                let read = Place::of(&input.path);
                if read.holds(&places[at], *how) {
                    return Err(Error::config(format!(
                        "{output} lies among the files of {input}, and would be read with them the next time; name a \
                         place outside"
                    )));
                }
                if meet(&places[at], *how, &read, How::Replaced)? {
                    return Err(Error::config(format!(
                        "{output} is the same file as {input}, which would be lost; name another file"
                    )));
                }
            }
            for (other, (before, how_before)) in self.outputs[..at].iter().enumerate() {
                if meet(&places[at], *how, &places[other], *how_before)? {
                    return Err(Error::config(format!(
                        "{output} is the same file as {before}, and one would replace the other; name another file"
                    )));
                }
            }
        }
        self.outputs.iter().try_for_each(|(output, how)| how.check(output))
    }

    /// Checks that the inputs exist.
    ///
    /// # Errors
    /// [`ErrorKind::Io`](gatewise::ErrorKind::Io) for an input that does not exist.
    pub fn check_inputs(&self) -> Result<()> {
        match self.inputs.iter().find(|input| !exists(&input.path)) {
            None => Ok(()),
            Some(Named { name, path }) => Err(Error::reading(
                "cannot read",
                format!("{} ({name})", path.display()),
                io::ErrorKind::NotFound.into(),
            )),
        }
    }
}

impl std::fmt::Display for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.name, self.path.display())
    }
}

/// Returns whether something is at `path`. What cannot be looked at is left to its reader.
fn exists(path: &Path) -> bool {
    path.try_exists().unwrap_or(true)
}

/// Where a path leads to.
#[derive(Debug)]
struct Place {
    /// The path without links and dots, as far as it exists.
    path: PathBuf,
    /// What hard links share; `None` if there is no file yet.
    identity: Option<(u64, u64)>,
    is_folder: bool,
    /// A device or a pipe, which has no contents to lose.
    is_special: bool,
}

impl Place {
    fn of(path: &Path) -> Self {
        let found = fs::metadata(path).ok();
        Self {
            path: resolved(path),
            identity: found.as_ref().and_then(identity),
            is_folder: found.as_ref().is_some_and(fs::Metadata::is_dir),
            is_special: found.is_some_and(|found| !found.is_dir() && !found.is_file()),
        }
    }

    fn is(&self, other: &Self) -> bool {
        let same = self.path == other.path || self.identity.is_some() && self.identity == other.identity;
        same && !self.is_special
    }

    /// Returns whether an output lies among the texts of this folder: in a sub-folder of it, where the texts of a
    /// label are. A file directly in the folder is not a text.
    fn holds(&self, output: &Self, how: How) -> bool {
        let Ok(inside) = output.path.strip_prefix(&self.path) else { return false };
        let depth = inside.components().count();
        self.is_folder && (how == How::Folder || depth > 1)
    }
}

/// Returns whether two places can be the same file.
fn meet(output: &Place, how: How, other: &Place, how_other: How) -> Result<bool> {
    if output.is(other) {
        // Several runs may log into one folder, and so may one run.
        return Ok(how != How::Folder || how_other != How::Folder);
    }
    Ok(how == How::Numbered && numbered(&output.path, other)?
        || how_other == How::Numbered && numbered(&other.path, output)?)
}

/// Returns whether a name with fields can become the file at `other`.
fn numbered(pattern: &Path, other: &Place) -> Result<bool> {
    let names = ModelCheckpoint::new(pattern);
    if names.may_write(&other.path)? {
        return Ok(true);
    }
    // A link beside the checkpoints may have such a name.
    let beside = pattern.parent().and_then(|folder| fs::read_dir(folder).ok());
    for entry in beside.into_iter().flatten().flatten() {
        if names.may_write(&entry.path())? && Place::of(&entry.path()).is(other) {
            return Ok(true);
        }
    }
    Ok(false)
}

impl How {
    /// Checks that an output can be written.
    fn check(self, output: &Named) -> Result<()> {
        let path = output.path.as_path();
        if matches!(self, Self::Model | Self::Numbered) {
            check_model(output)?;
        }
        match (self, fs::metadata(path).ok()) {
            (Self::Folder, Some(found)) if !found.is_dir() => {
                Err(Error::config(format!("{output} is a file, but files are created in it; name a folder")))
            }
            (Self::Folder, _) => check_folder(path).map_err(|e| unwritable(output, &e)),
            (Self::Numbered, _) => {
                ModelCheckpoint::new(path).may_write(path)?;
                // Its folders are created, and may have fields too.
                let fixed =
                    path.ancestors().skip(1).find(|folder| !folder.to_string_lossy().contains(['{', '}']));
                check_folder(fixed.unwrap_or(Path::new(""))).map_err(|e| unwritable(output, &e))
            }
            (Self::InPlace, Some(found)) if !found.is_dir() => {
                let opened = OpenOptions::new().append(true).open(path);
                opened.map(drop).map_err(|e| Error::io(&format!("cannot write {}", output.name), path, e))
            }
            _ => check_target(path),
        }
    }
}

/// Endings of files of data and of pictures, which a model is none of.
const NO_MODEL: &[&str] = &[
    "arff", "csv", "ft", "gz", "htm", "html", "json", "jsonl", "md", "ndjson", "npy", "npz", "parquet",
    "pdf", "png", "svg", "toml", "ts", "tsv", "txt", "xls", "xlsx", "yaml", "yml", "zip", "zst",
];

/// Refuses a model that would replace a file of another kind, or be taken for one.
fn check_model(output: &Named) -> Result<()> {
    let path = output.path.as_path();
    let end = path.extension().and_then(|end| end.to_str()).unwrap_or_default().to_ascii_lowercase();
    if NO_MODEL.contains(&end.as_str()) {
        return Err(Error::config(format!(
            "{output} ends in .{end}, but a model is written to it; name a file such as model.gatewise"
        )));
    }
    // What has the name of a model may be a damaged one.
    let holds = end != "gatewise" && fs::metadata(path).is_ok_and(|found| found.is_file() && found.len() > 0);
    if holds && !Artifact::is_at(path) {
        return Err(Error::config(format!(
            "{output} exists and is not a gatewise model, so it would be lost; name another file"
        )));
    }
    Ok(())
}

fn unwritable(output: &Named, error: &Error) -> Error {
    Error::new(error.kind(), format!("{output}: {error}"))
}

/// Checks that files can be created in `folder`, or the folder itself in the nearest one that exists.
fn check_folder(folder: &Path) -> Result<()> {
    let nearest = folder.ancestors().find(|folder| folder.as_os_str().is_empty() || exists(folder));
    check_target(&nearest.unwrap_or(Path::new("")).join("gatewise"))
}

/// Returns the absolute path, without links and dots as far as it exists.
fn resolved(path: &Path) -> PathBuf {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let mut resolved = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => {
                resolved.pop();
            }
            Component::CurDir => {}
            part => {
                resolved.push(part);
                if let Ok(real) = fs::canonicalize(&resolved) {
                    resolved = real;
                }
            }
        }
    }
    resolved
}

/// Returns what hard links of a file share.
#[cfg(unix)]
fn identity(found: &fs::Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    Some((found.dev(), found.ino()))
}

/// Elsewhere the standard library reports no identity: paths without links are compared.
#[cfg(not(unix))]
fn identity(_: &fs::Metadata) -> Option<(u64, u64)> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use gatewise::ErrorKind;

    fn refused(files: &RunFiles, parts: &[&str]) {
        let error = files.check().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        parts.iter().for_each(|part| assert!(error.to_string().contains(part), "{part}: {error}"));
    }

    #[test]
    fn one_file_is_one_on_every_way_to_it() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::write(path("a.csv"), "a").unwrap();
        fs::create_dir_all(path("folder/inner")).unwrap();
        let reading = || RunFiles::new().reads("the data", path("a.csv"));
        for same in ["a.csv", "./a.csv", "folder/../a.csv", "folder/./inner/../../a.csv", "none/../a.csv"] {
            refused(&reading().replaces("--output", path(same)), &["--output", "the data", "a.csv"]);
            refused(&reading().writes_lines("--csv-log", path(same)), &["--csv-log"]);
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(path("a.csv"), path("soft.csv")).unwrap();
            std::os::unix::fs::symlink(path("folder"), path("way")).unwrap();
            fs::hard_link(path("a.csv"), path("hard.csv")).unwrap();
            for link in ["soft.csv", "hard.csv", "way/../a.csv"] {
                refused(&reading().replaces("--output", path(link)), &["would be lost"]);
            }
            let twice = RunFiles::new().replaces("--output", path("folder/new"));
            refused(&twice.writes_lines("--log", path("way/new")), &["--log", "--output"]);
        }
        reading().replaces("--output", path("b.csv")).check().unwrap();
        assert_eq!(
            fs::read_dir(home.path()).unwrap().filter(|e| e.is_ok()).count(),
            if cfg!(unix) { 5 } else { 2 }
        );
    }

    #[test]
    fn names_with_fields_and_folders_meet_what_they_can_become() {
        let home = tempfile::tempdir().unwrap();
        let path = |name: &str| home.path().join(name);
        fs::create_dir_all(path("texts/pos")).unwrap();
        let best = |name: &str| RunFiles::new().replaces_numbered("--checkpoint-best", path(name));
        for (pattern, output) in
            [("m.gatewise", "m.gatewise"), ("m{epoch}.g", "m12.g"), ("{val_loss:.2f}/m", "0.25/m")]
        {
            refused(&best(pattern).replaces("--output", path(output)), &["--checkpoint-best", "--output"]);
        }
        best("m{epoch}.g").replaces("--output", path("mx.g")).check().unwrap();
        refused(&best("m{epoch.g"), &["other half"]);
        let folder = || RunFiles::new().reads("the data", path("texts"));
        folder().replaces("--output", path("texts/model.gatewise")).check().unwrap();
        refused(&folder().replaces("--output", path("texts/pos/model.gatewise")), &["lies among the files"]);
        refused(&folder().fills("--tensorboard", path("texts/logs")), &["lies among the files"]);
        refused(&folder().fills("--tensorboard", path("texts")), &["lies among the files"]);
    }
}
