//! What a file of labelled texts is like.

use crate::choices::Task;
use crate::reading::RowOptions;
use crate::source::{Data, LABELLED_TEXTS, Source, is_labelled_texts};
use crate::tokenizer;
use gatewise::files::{Description, LabelledTexts};
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
    /// Returns the description of a file or folder.
    pub fn new(file: impl Into<PathBuf>) -> Self {
        let (file, rows, task) = (file.into(), RowOptions::new(), Task::default());
        Self { file, rows, task, label_separator: None, tokenizer: None }
    }

    /// Sets how the rows are read.
    pub fn rows(self, rows: RowOptions) -> Self {
        Self { rows, ..self }
    }

    /// Sets what stands beside the texts: labels, or a number each.
    pub fn task(self, task: Task) -> Self {
        Self { task, ..self }
    }

    /// Sets the separator between the labels of a row.
    pub fn label_separator(self, separator: impl Into<String>) -> Self {
        Self { label_separator: Some(separator.into()), ..self }
    }

    /// Sets how texts are cut, as [`TrainConfig::tokenizer`](crate::TrainConfig::tokenizer).
    pub fn tokenizer(self, name: impl Into<String>) -> Self {
        Self { tokenizer: Some(name.into()), ..self }
    }

    /// Reads and describes the file.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for what is not a file of labelled texts, and as
    /// [`LabelledTexts::read`].
    pub fn run(&self) -> Result<Description> {
        let name = self.file.display().to_string();
        let is_named = !matches!(Source::from(name.as_str()).0, Data::Path(_));
        if is_named || !is_labelled_texts(&self.file) {
            let there_is = if self.file.exists() { "" } else { ", and there is no such file" };
            return Err(Error::config(format!("describe reads {LABELLED_TEXTS}; {name} is none{there_is}")));
        }
        let problem = match (self.task, &self.label_separator) {
            (Task::LanguageModel, _) => {
                return Err(Error::config(
                    "a language model's text has no labels to describe; leave --task out",
                ));
            }
            (Task::Regression, Some(_)) => {
                return Err(Error::config(
                    "--label-separator goes with labels, but --task regression learns numbers; leave one of them out",
                ));
            }
            (Task::Regression, None) => Problem::regression(),
            (_, Some(separator)) => Problem::multi_label(separator.clone()),
            (_, None) => Problem::SingleLabel,
        };
        let tokenizer = tokenizer::named(self.tokenizer.as_deref().unwrap_or(crate::defaults::TOKENIZER))?;
        LabelledTexts::read(&self.file, &self.rows.read_options(&problem, &tokenizer))?.describe()
    }
}
