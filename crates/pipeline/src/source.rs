//! Sources of data: named data, a file, or rows in memory.

use crate::choices::Task;
use gatewise::datasets::imdb;
use gatewise::files::{FileKind, FolderParts, RecordFormat};
use gatewise::rows::TimeSeries;
use gatewise::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) const IMDB: &str = "imdb";
pub(crate) const REVIEWS: &str = "reviews";
pub(crate) const KERAS_IMDB: &str = "keras-imdb";
/// The name of rows in memory in notes, errors and artifacts.
pub(crate) const IN_MEMORY: &str = "rows in memory";

/// The description of files of labelled texts in errors.
pub const LABELLED_TEXTS: &str = "a .csv, .tsv, .json, .jsonl, .arff or .parquet file, lines with a label each, or a folder, of labelled texts";

/// A source of data: named data, a file or folder, or rows in memory.
///
/// The default is the IMDB reviews if they are present or can be downloaded, else the corpus `reviews`. Serde
/// writes the name or the path; rows in memory are refused.
///
/// ```
/// use gatewise_pipeline::{DataKind, Source, Task};
/// assert_eq!(Source::from("reviews"), Source::reviews());
/// assert_eq!(Source::from("films.csv").kind(Task::Classify), DataKind::Texts);
/// assert_eq!(Source::from("vowels.ts").kind(Task::Classify), DataKind::Series);
/// assert_eq!(Source::from("tales.txt").kind(Task::LanguageModel), DataKind::Text);
/// ```
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Source(pub(crate) Data);

#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) enum Data {
    #[default]
    Default,
    Imdb,
    Reviews,
    KerasImdb,
    Path(PathBuf),
    Texts(Arc<MemoryTexts>),
    Series(Arc<MemorySeries>),
    Text(Arc<str>),
    /// Rows were added that do not go with the source: the reason, for the plan to refuse.
    Mismatch(&'static str),
}

/// Texts in memory with their targets.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct MemoryTexts {
    pub training: Vec<(String, Target)>,
    pub validation: Option<Vec<(String, Target)>>,
    pub test: Option<Vec<(String, Target)>>,
    /// The sample weight of each training row.
    pub weights: Option<Vec<f32>>,
}

/// Series in memory.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct MemorySeries {
    pub training: TimeSeries,
    pub test: Option<TimeSeries>,
}

/// The target of a text in memory. All targets of a source have the same variant; it decides the problem.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Target {
    /// One label: classification.
    Label(String),
    /// Any number of labels: multi-label classification.
    Labels(Vec<String>),
    /// A number: regression.
    Number(f32),
}

impl From<&str> for Target {
    fn from(label: &str) -> Self {
        Self::Label(label.to_owned())
    }
}

impl From<String> for Target {
    fn from(label: String) -> Self {
        Self::Label(label)
    }
}

impl<T: Into<String>> From<Vec<T>> for Target {
    fn from(labels: Vec<T>) -> Self {
        Self::Labels(labels.into_iter().map(Into::into).collect())
    }
}

impl From<f32> for Target {
    fn from(number: f32) -> Self {
        Self::Number(number)
    }
}

/// The kind of data of a source. It decides the defaults and the settings that apply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DataKind {
    /// The IMDB reviews, by name, or as their publisher's folder or archive.
    Imdb,
    /// The generated corpus of the library.
    Reviews,
    /// Keras's copy of the IMDB reviews, already tokenized.
    KerasImdb,
    /// Labelled texts: a file, a folder, or rows in memory.
    Texts,
    /// Labelled series of measurements: a .ts, .arff or UCR file, or rows in memory.
    Series,
    /// One text, for a language model.
    Text,
}

impl Source {
    /// Creates the source of the IMDB reviews.
    pub fn imdb() -> Self {
        Self(Data::Imdb)
    }

    /// Creates the source of the corpus that the library generates.
    pub fn reviews() -> Self {
        Self(Data::Reviews)
    }

    /// Creates the source of Keras's copy of the IMDB reviews (`imdb.npz`).
    pub fn keras_imdb() -> Self {
        Self(Data::KerasImdb)
    }

    /// Creates a source of a file or folder. The file is read when the plan runs.
    ///
    /// | data | path |
    /// |---|---|
    /// | labelled texts | .csv, .tsv, .jsonl, .ndjson, .json, .parquet, lines with a label and a text, .arff, all but .parquet also as .gz or .zst; a folder with a sub-folder of texts per label |
    /// | labelled series | .ts; .arff; tables of the UCR archive (numbers, the class first, without a header) |
    /// | the IMDB reviews | an `aclImdb` folder or its .tar.gz |
    /// | a text | any file, with [`Task::LanguageModel`] |
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Data::Path(path.into()))
    }

    /// Creates a source of texts in memory with their targets. Splits, vocabulary and baselines are the same
    /// as for a file with the same rows.
    ///
    /// ```
    /// use gatewise_pipeline::{Source, TrainConfig};
    /// let rows = (0..60).map(|row| (format!("it is {} no {row}", ["good", "bad"][row % 2]), ["p", "n"][row % 2]));
    /// let config = TrainConfig::new(Source::texts(rows)).epochs(20).units([4]).embedding(4).learning_rate(0.02);
    /// let outcome = config.plan()?.run(&mut ())?;
    /// assert_eq!(outcome.artifact.predict(&["it is good"])?[0].label, "p");
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn texts<X: Into<String>, Y: Into<Target>>(rows: impl IntoIterator<Item = (X, Y)>) -> Self {
        Self(Data::Texts(Arc::new(MemoryTexts { training: collect(rows), ..MemoryTexts::default() })))
    }

    /// Creates a source of labelled series in memory.
    ///
    /// ```
    /// use gatewise::rows::{Features, TimeSeries};
    /// use gatewise_pipeline::{Source, TrainConfig};
    /// let mut rows = Features::new(1);
    /// (0..20).try_for_each(|i| rows.push(&[i as f32 % 2.0, 0.5, 0.25]))?;
    /// let classes = (0..20).map(|i| i % 2).collect();
    /// let series = TimeSeries::new(rows, classes, ["low", "high"])?;
    /// let outcome = TrainConfig::new(Source::series(series)).epochs(2).plan()?.run(&mut ())?;
    /// assert_eq!(outcome.artifact.labels(), ["low", "high"]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn series(series: TimeSeries) -> Self {
        Self(Data::Series(Arc::new(MemorySeries { training: series, test: None })))
    }

    /// Creates a source of one text in memory, for a language model.
    pub fn text(text: impl Into<String>) -> Self {
        Self(Data::Text(Arc::from(text.into())))
    }

    /// Adds test rows to texts in memory. [`TrainConfig::plan`](crate::TrainConfig::plan) refuses them with another
    /// source.
    pub fn with_test<X: Into<String>, Y: Into<Target>>(
        mut self,
        rows: impl IntoIterator<Item = (X, Y)>,
    ) -> Self {
        match &mut self.0 {
            Data::Texts(texts) => Arc::make_mut(texts).test = Some(collect(rows)),
            other => {
                *other = Data::Mismatch(
                    "test rows in memory go with texts in memory; for a file, give --test and another file",
                );
            }
        }
        self
    }

    /// Adds validation rows to texts in memory. [`TrainConfig::plan`](crate::TrainConfig::plan) refuses them with
    /// another source.
    pub fn with_validation<X: Into<String>, Y: Into<Target>>(
        mut self,
        rows: impl IntoIterator<Item = (X, Y)>,
    ) -> Self {
        match &mut self.0 {
            Data::Texts(texts) => Arc::make_mut(texts).validation = Some(collect(rows)),
            other => {
                *other = Data::Mismatch(
                    "validation rows in memory go with texts in memory; for a file, give --validation and another file",
                );
            }
        }
        self
    }

    /// Adds test rows to series in memory. [`TrainConfig::plan`](crate::TrainConfig::plan) refuses them with another
    /// source.
    pub fn with_test_series(mut self, test: TimeSeries) -> Self {
        match &mut self.0 {
            Data::Series(series) => Arc::make_mut(series).test = Some(test),
            other => {
                *other = Data::Mismatch(
                    "test series in memory go with series in memory; for a .ts file, give --test and another file",
                );
            }
        }
        self
    }

    /// Returns the kind of data for `task`. For a path, its ending and the first bytes of the file at the path decide.
    pub fn kind(&self, task: Task) -> DataKind {
        match &self.0 {
            Data::Text(_) => DataKind::Text,
            _ if task == Task::LanguageModel => DataKind::Text,
            Data::Default | Data::Imdb => DataKind::Imdb,
            Data::Reviews => DataKind::Reviews,
            Data::KerasImdb => DataKind::KerasImdb,
            Data::Path(path) => match FileKind::at(path) {
                FileKind::Series => DataKind::Series,
                FileKind::Absent => DataKind::Imdb,
                _ if imdb::is_at(path) => DataKind::Imdb,
                // The plan refuses what is not read.
                _ => DataKind::Texts,
            },
            Data::Texts(_) | Data::Mismatch(_) => DataKind::Texts,
            Data::Series(_) => DataKind::Series,
        }
    }

    /// Returns the parts of a folder whose rows are not in label folders of its own.
    pub(crate) fn parts(&self) -> gatewise::Result<Option<FolderParts>> {
        match &self.0 {
            Data::Path(path) if !imdb::is_at(path) => FolderParts::at(path),
            _ => Ok(None),
        }
    }

    pub(crate) fn has_test_rows(&self) -> bool {
        match &self.0 {
            Data::Texts(texts) => texts.test.is_some(),
            Data::Series(series) => series.test.is_some(),
            _ => false,
        }
    }

    pub(crate) fn has_validation_rows(&self) -> bool {
        matches!(&self.0, Data::Texts(texts) if texts.validation.is_some())
    }

    /// Returns whether the rows are the user's labelled texts: a file, a folder, or rows in memory.
    pub(crate) fn is_own_texts(&self) -> bool {
        match &self.0 {
            Data::Texts(_) => true,
            Data::Path(path) => is_labelled_texts(path),
            _ => false,
        }
    }

    /// Returns whether the data are searched in folders.
    pub(crate) fn is_looked_for(&self) -> bool {
        matches!(self.0, Data::Default | Data::Imdb | Data::KerasImdb)
    }

    /// Returns whether the rows are in memory.
    pub fn is_in_memory(&self) -> bool {
        matches!(self.0, Data::Texts(_) | Data::Series(_) | Data::Text(_) | Data::Mismatch(_))
    }
}

/// Writes the name or the path.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Data::Default | Data::Imdb => f.write_str(IMDB),
            Data::Reviews => f.write_str(REVIEWS),
            Data::KerasImdb => f.write_str(KERAS_IMDB),
            Data::Path(path) => path.display().fmt(f),
            Data::Texts(_) | Data::Series(_) | Data::Mismatch(_) => f.write_str(IN_MEMORY),
            Data::Text(_) => f.write_str("a text in memory"),
        }
    }
}

/// Converts `imdb`, `reviews` or `keras-imdb`; every other text is a path.
impl From<&str> for Source {
    fn from(name: &str) -> Self {
        Self::from(OsStr::new(name))
    }
}

/// As for a text. A path need not be UTF-8.
impl From<&OsStr> for Source {
    fn from(name: &OsStr) -> Self {
        match name.to_str() {
            Some(IMDB) => Self::imdb(),
            Some(REVIEWS) => Self::reviews(),
            Some(KERAS_IMDB) => Self::keras_imdb(),
            _ => Self::file(name),
        }
    }
}

impl Serialize for Source {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        match &self.0 {
            Data::Default => serializer.serialize_none(),
            Data::Path(path) => match path.to_str() {
                // A file with the name of a data set.
                Some(name @ (IMDB | REVIEWS | KERAS_IMDB)) => serializer.serialize_some(&format!("./{name}")),
                Some(path) => serializer.serialize_some(path),
                None => Err(ser::Error::custom(format!("the path {} is not UTF-8", path.display()))),
            },
            _ if self.is_in_memory() => Err(ser::Error::custom(
                "rows in memory cannot be written into a configuration; put them in a file, and give its path",
            )),
            _ => serializer.serialize_some(&self.to_string()),
        }
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let name = Option::<String>::deserialize(deserializer)?;
        match name.as_deref() {
            None => Ok(Self::default()),
            Some("") => Err(de::Error::custom("the data have an empty name; give a name or a path")),
            Some(name) => Ok(Self::from(name)),
        }
    }
}

fn collect<X: Into<String>, Y: Into<Target>>(
    rows: impl IntoIterator<Item = (X, Y)>,
) -> Vec<(String, Target)> {
    rows.into_iter().map(|(text, target)| (text.into(), target.into())).collect()
}

/// Returns whether `path` is a file or a folder of labelled texts.
pub(crate) fn is_labelled_texts(path: &Path) -> bool {
    match FileKind::at(path) {
        FileKind::Records(RecordFormat::Folder) => !imdb::is_at(path),
        kind => matches!(kind, FileKind::Records(_) | FileKind::Text) && !imdb::is_at(path),
    }
}

/// Refuses a path at which nothing is that can be read, and says what is there instead.
pub(crate) fn check_path(path: &Path) -> Result<()> {
    let file = path.display();
    let flaw = match FileKind::at(path) {
        // With the right options text may be records; whoever reads it decides.
        FileKind::Records(_) | FileKind::Series | FileKind::Text => return Ok(()),
        _ if path.exists() && imdb::is_at(path) => return Ok(()),
        FileKind::Foreign(what) => {
            format!("{file} is not read: {what}. Data are {LABELLED_TEXTS}, or a .ts file of series")
        }
        _ if path.exists() => format!("{file} cannot be read; check the permissions"),
        // No data set has such a name.
        _ if path.extension().is_some() => format!("there is no file {file}; check the path"),
        _ => format!(
            "there is no data set '{file}': give imdb, reviews, {KERAS_IMDB}, the path of an aclImdb folder or .tar.gz (there is \
             nothing at this path), or {LABELLED_TEXTS}",
        ),
    };
    Err(Error::data(flaw))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_survive_serde_and_rows_in_memory_do_not() {
        for source in [
            Source::default(),
            Source::imdb(),
            Source::reviews(),
            Source::keras_imdb(),
            Source::file("a/films.csv"),
        ] {
            let text = serde_json::to_string(&source).unwrap();
            assert_eq!(serde_json::from_str::<Source>(&text).unwrap(), source, "{text}");
        }
        assert_eq!(serde_json::to_string(&Source::file("imdb")).unwrap(), "\"./imdb\"");
        for source in [Source::texts([("a", "b")]), Source::text("abc")] {
            let error = serde_json::to_string(&source).unwrap_err().to_string();
            assert!(error.contains("put them in a file"), "{error}");
        }
    }
}
