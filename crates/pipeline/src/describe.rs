//! The description of a file of labelled texts.

use crate::choices::Task;
use crate::reading::RowOptions;
use crate::source::{Data, LABELLED_TEXTS, Source, check_path, is_labelled_texts};
use crate::tokenizer;
use gatewise::files::{Description, FileKind, LabelledTexts};
use gatewise::rows::Problem;
use gatewise::{Error, Result};
use std::path::PathBuf;

/// The settings of a description.
///
/// ```
/// use gatewise_pipeline::DescribeConfig;
/// # let folder = tempfile::tempdir().unwrap();
/// # let path = folder.path().join("films.csv");
/// std::fs::write(&path, "text,label\nA fine film.,pos\nA dull film,neg\n").unwrap();
/// assert_eq!(DescribeConfig::new(&path).run()?.rows, 2);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct DescribeConfig {
    file: PathBuf,
    rows: RowOptions,
    task: Task,
    label_separator: Option<String>,
    tokenizer: Option<String>,
}

impl DescribeConfig {
    /// Creates the settings for a file or folder.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        let (file, rows, task) = (file.into(), RowOptions::new(), Task::default());
        Self { file, rows, task, label_separator: None, tokenizer: None }
    }

    /// Sets how the rows are read.
    pub fn rows(self, rows: RowOptions) -> Self {
        Self { rows, ..self }
    }

    /// Sets the task: labels, or a number for each text.
    pub fn task(self, task: Task) -> Self {
        Self { task, ..self }
    }

    /// Sets the separator between labels; makes the task multi-label.
    pub fn label_separator(self, separator: impl Into<String>) -> Self {
        Self { label_separator: Some(separator.into()), ..self }
    }

    /// Sets the tokenizer, as [`TrainConfig::tokenizer`](crate::TrainConfig::tokenizer).
    pub fn tokenizer(self, name: impl Into<String>) -> Self {
        Self { tokenizer: Some(name.into()), ..self }
    }

    /// Reads and describes the file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a path that is not a file or folder of labelled
    /// texts; otherwise as [`LabelledTexts::read`].
    pub fn run(&self) -> Result<Description> {
        let parts = Source::file(&self.file).parts()?;
        if let Some(parts) = parts {
            let mut description = Self { file: parts.training.clone(), ..self.clone() }.run()?;
            description.notes.insert(0, parts.note());
            return Ok(description);
        }
        let name = self.file.display().to_string();
        let is_named = !matches!(Source::from(name.as_str()).0, Data::Path(_));
        // With options for tables, text may be one.
        let is_text = FileKind::at(&self.file) == FileKind::Text && self.rows == RowOptions::new();
        if is_named || is_text || !is_labelled_texts(&self.file) {
            if self.file.is_file() && !is_named {
                check_path(&self.file)?;
            }
            let there_is = match self.file.exists() {
                false => ", and there is no such file",
                true if is_text => {
                    ": it is text, but neither a table with the same number of fields in each line nor JSON; name the delimiter \
                     of its fields (--delimiter)"
                }
                true => "",
            };
            return Err(Error::config(format!(
                "describe reads {LABELLED_TEXTS}; {name} is not one{there_is}"
            )));
        }
        let problem = match (self.task, &self.label_separator) {
            (Task::LanguageModel, _) => {
                return Err(Error::config(
                    "a language model's text has no labels to describe; leave --task out",
                ));
            }
            (Task::Regression, Some(_)) => {
                return Err(Error::config(
                    "--label-separator is for labels, but --task regression predicts numbers; leave one of them out",
                ));
            }
            (Task::Regression, None) => Problem::regression(),
            (_, Some(separator)) => Problem::multi_label(separator.clone()),
            (_, None) => Problem::SingleLabel,
        };
        let tokenizer = self.tokenizer.as_deref().map(tokenizer::named).transpose()?;
        LabelledTexts::read(&self.file, &self.rows.read_options(&problem, tokenizer.as_ref()))?.describe()
    }
}
