//! The settings of a training run, all optional.
//!
//! The list below is the only list of settings. The macro generates the fields, the setters, and the names in
//! the tables of [`defaults`](crate::defaults) and [`refusals`](crate::refusals) from it.

use crate::choices::{Preset, Task, Threshold};
use crate::source::{Data, Source, Target};
use gatewise::files::{Delimiter, Encoding, OnError};
use gatewise::layers::RecurrentCell;
use gatewise::rows::ClassWeight;
use gatewise::text::Side;
use gatewise::{Isa, Result};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use std::time::Duration;

macro_rules! settings {
    ($($(#[doc = $doc:literal])* $(#[serde($serde:meta)])? $name:ident($given:ty): $type:ty,)*) => {
        /// The settings of a training run. They have the names of the command line's options. Every setting
        /// is optional; [`plan`](Self::plan) fills in the defaults, or refuses conflicting settings.
        ///
        /// Serde writes an object of the given settings; reading refuses unknown settings.
        ///
        /// ```
        /// use gatewise_pipeline::{Source, TrainConfig};
        /// let config = TrainConfig::new(Source::file("films.csv")).epochs(3).units([32]);
        /// let text = serde_json::to_string(&config).unwrap();
        /// assert_eq!(text, r#"{"data":"films.csv","epochs":3,"units":[32]}"#);
        /// assert_eq!(serde_json::from_str::<TrainConfig>(&text).unwrap(), config);
        /// assert!(serde_json::from_str::<TrainConfig>(r#"{"epoch":3}"#).is_err());
        /// ```
        #[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct TrainConfig {
            pub(crate) data: Source,
            $(
                #[serde(skip_serializing_if = "Option::is_none" $(, $serde)?)]
                pub(crate) $name: Option<$type>,
            )*
        }

        impl TrainConfig {
            $($(#[doc = $doc])* pub fn $name(mut self, $name: $given) -> Self {
                self.$name = Some($name.into());
                self
            })*

            /// Returns whether `setting` is given.
            pub(crate) fn has(&self, setting: Setting) -> bool {
                match setting {
                    $(Setting::$name => self.$name.is_some(),)*
                }
            }

            /// Returns the configuration with the given settings of `other` in place of its own. The data stay.
            ///
            /// ```
            /// use gatewise_pipeline::{Source, TrainConfig};
            /// let given: TrainConfig = serde_json::from_str(r#"{"epochs": 3}"#).unwrap();
            /// let config = TrainConfig::new(Source::reviews()).epochs(1).seed(7).overlaid(&given);
            /// assert_eq!(config, TrainConfig::new(Source::reviews()).epochs(3).seed(7));
            /// ```
            pub fn overlaid(mut self, other: &Self) -> Self {
                $(if other.$name.is_some() {
                    self.$name.clone_from(&other.$name);
                })*
                self
            }
        }

        /// The settings by name.
        #[allow(non_camel_case_types, reason = "spelt as the fields, which are spelt as the options")]
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Setting {
            $($name,)*
        }

        impl Setting {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the name of the field.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }
    };
}

settings! {
    /// Sets the task.
    task(Task): Task,
    /// Sets the file to test on, for a file of texts or series.
    test(impl Into<PathBuf>): PathBuf,
    /// Sets the fraction of the rows to test on, without a test file; 0 skips the test.
    test_split(f64): f64,
    /// Sets the file to validate on, for a file of texts.
    validation(impl Into<PathBuf>): PathBuf,
    /// Sets the separator between labels; makes the task multi-label.
    label_separator(impl Into<String>): String,
    /// Sets the positive class of a binary model, by its label. Default: the last label in order.
    positive(impl Into<String>): String,
    /// Sets the preset: a set of defaults that the other settings override.
    preset(Preset): Preset,
    /// Sets the file for the artifact. It is written after training and testing, before the baselines are
    /// fitted.
    output(impl Into<PathBuf>): PathBuf,
    /// Sets the number of passes over the training rows.
    epochs(usize): usize,
    /// Sets the number of rows per training step.
    batch_size(usize): usize,
    /// Sets the learning rate of Adam.
    learning_rate(f64): f64,
    /// Sets the vocabulary size, including the ids for pad, start and unknown.
    max_words(usize): usize,
    /// Sets the minimum count of a word in the training rows; rarer words are unknown.
    min_count(usize): usize,
    /// Sets the tokenizer: `words`, `unicode`, `characters`, or the path of a Hugging Face `tokenizer.json`.
    tokenizer(impl Into<String>): String,
    /// Sets the length that rows are padded or truncated to.
    maxlen(usize): usize,
    /// Sets the side on which short rows are padded.
    padding(Side): Side,
    /// Sets the side on which long rows are truncated.
    truncating(Side): Side,
    /// Sets whether padding is masked (Keras's `mask_zero`).
    mask_zero(bool): bool,
    /// Sets the number of dimensions of the word vectors.
    embedding(usize): usize,
    /// Sets the kind of the recurrent layers.
    cell(RecurrentCell): RecurrentCell,
    /// Sets the units of the recurrent layers; several numbers stack several layers.
    units(impl Into<Vec<usize>>): Vec<usize>,
    /// Sets the dropout rate after each recurrent layer.
    dropout(f64): f64,
    /// Sets the fraction of the training rows to validate on.
    validation_split(f64): f64,
    /// Sets the weight of each class in the loss.
    class_weight(ClassWeight): ClassWeight,
    /// Sets the decision threshold, or the rule that chooses it on the validation rows.
    threshold(impl Into<Threshold>): Threshold,
    /// Stops when `val_loss` has not improved for this many epochs, and restores the weights of the best epoch.
    early_stopping(usize): usize,
    /// Divides the learning rate by ten when `val_loss` has not improved for this many epochs.
    reduce_lr_on_plateau(usize): usize,
    /// Sets the file for the model with the best `val_loss` so far; `{epoch}` and `{val_loss:.2f}` are
    /// replaced.
    checkpoint_best(impl Into<PathBuf>): PathBuf,
    /// Sets the CSV file for the metrics of each epoch.
    csv_log(impl Into<PathBuf>): PathBuf,
    /// Sets the folder for the metrics of each epoch, for TensorBoard.
    tensorboard(impl Into<PathBuf>): PathBuf,
    /// Sets the seed of the weights and of the order of the rows.
    seed(u64): u64,
    /// Sets the folder for checkpoints.
    checkpoint_dir(impl Into<PathBuf>): PathBuf,
    /// Sets the time between two checkpoints within an epoch; zero saves after every batch. Serde writes
    /// seconds.
    #[serde(with = "seconds")]
    checkpoint_every(Duration): Duration,
    /// Sets whether the run resumes from the newest complete checkpoint.
    resume(bool): bool,
    /// Sets whether to skip the baselines.
    no_baseline(bool): bool,
    /// Sets the folder to search for named data first.
    data_dir(impl Into<PathBuf>): PathBuf,
    /// Sets the columns that contain the texts; several columns are joined.
    text_column(impl Into<Vec<String>>): Vec<String>,
    /// Sets the column that contains the labels.
    label_column(impl Into<String>): String,
    /// Sets the character between the fields of a table.
    delimiter(Delimiter): Delimiter,
    /// Sets whether the first line of a table is taken as the names of its columns without looking.
    header(bool): bool,
    /// Sets whether the first line of a table is taken as a row without looking. The columns are then called 1, 2, ….
    no_header(bool): bool,
    /// Sets the encoding of the files.
    encoding(Encoding): Encoding,
    /// Sets how to handle bad rows of a file.
    on_error(OnError): OnError,
    /// Sets the number of threads; the result does not depend on it.
    threads(usize): usize,
    /// Sets the instruction set; the result does not depend on it.
    isa(Isa): Isa,
}

impl Setting {
    /// Returns the name of the option of the command line.
    pub fn option(self) -> String {
        format!("--{}", self.name().replace('_', "-"))
    }
}

impl TrainConfig {
    /// Creates the settings of a run on `data`, all at their defaults.
    pub fn new(data: impl Into<Source>) -> Self {
        Self { data: data.into(), ..Self::default() }
    }

    /// Returns the source of the data.
    pub fn source(&self) -> &Source {
        &self.data
    }

    /// Returns the task: the given one, or else the task of the source.
    pub(crate) fn the_task(&self) -> Task {
        self.task.unwrap_or(match &self.data.0 {
            Data::Text(_) => Task::LanguageModel,
            Data::Texts(texts) if matches!(texts.training.first(), Some((_, Target::Number(_)))) => {
                Task::Regression
            }
            Data::Series(series) if !series.training.values.is_empty() => Task::Regression,
            _ => Task::Classify,
        })
    }

    /// Returns the configuration with the parts of its folder as data, test and validation rows, and a sentence that
    /// names them; the same configuration for other data.
    pub(crate) fn in_parts(mut self) -> Result<(Self, Option<String>)> {
        let labelled = self.the_task() != Task::LanguageModel;
        let parts = labelled.then(|| self.data.parts()).transpose()?.flatten();
        let Some(mut parts) = parts else { return Ok((self, None)) };
        let accurate = self.preset == Some(Preset::Accurate);
        parts.test = parts.test.filter(|_| self.test.is_none() && self.test_split.is_none());
        parts.validation = parts
            .validation
            .filter(|_| self.validation.is_none() && self.validation_split.is_none() && !accurate);
        let note = parts.note();
        self.data = Source::file(parts.training);
        self.test = self.test.or(parts.test);
        self.validation = self.validation.or(parts.validation);
        Ok((self, Some(note)))
    }

    /// Returns whether test rows are given.
    pub(crate) fn has_test_rows(&self) -> bool {
        self.test.is_some() || self.data.has_test_rows()
    }

    /// Returns whether validation rows are given.
    pub(crate) fn has_validation_rows(&self) -> bool {
        self.validation.is_some() || self.data.has_validation_rows()
    }

    /// Returns the settings as options of `gatewise train`, word by word.
    ///
    /// ```
    /// use gatewise_pipeline::{Source, TrainConfig};
    /// let config = TrainConfig::new(Source::reviews()).units([8, 4]).early_stopping(3).no_baseline(true);
    /// assert_eq!(config.options().join(" "), "--units 8,4 --early-stopping=3 --no-baseline");
    /// ```
    pub fn options(&self) -> Vec<String> {
        let mut shown = Self { data: Source::default(), ..self.clone() };
        let paths = [
            &mut shown.test,
            &mut shown.validation,
            &mut shown.output,
            &mut shown.checkpoint_best,
            &mut shown.csv_log,
            &mut shown.tensorboard,
            &mut shown.checkpoint_dir,
            &mut shown.data_dir,
        ];
        for path in paths.into_iter().flatten().filter(|path| path.to_str().is_none()) {
            // JSON has no other paths; what is not UTF-8 is shown as well as can be.
            *path = path.to_string_lossy().into_owned().into();
        }
        let given = serde_json::to_value(shown).unwrap_or_default();
        let mut options = Vec::new();
        for &setting in Setting::ALL {
            let (option, value) = (setting.option(), &given[setting.name()]);
            match (setting, value) {
                (_, serde_json::Value::Null | serde_json::Value::Bool(false)) => {}
                (_, serde_json::Value::Bool(true)) => options.push(option),
                (Setting::early_stopping | Setting::reduce_lr_on_plateau, value) => {
                    options.push(format!("{option}={value}"));
                }
                (Setting::text_column, serde_json::Value::Array(names)) => {
                    options.extend(names.iter().flat_map(|name| [option.clone(), plain(name)]));
                }
                // In serde's numbers an f32 has digits that nobody gave.
                (Setting::threshold, serde_json::Value::Number(number)) => {
                    options.extend([option, (number.as_f64().unwrap_or_default() as f32).to_string()]);
                }
                (Setting::class_weight, serde_json::Value::Object(weights)) => {
                    options.extend([option, plain(&weights["each"])]);
                }
                (_, value) => options.extend([option, plain(value)]),
            }
        }
        options
    }
}

/// Returns a value in the form of the command line: lists are separated by commas.
fn plain(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        serde_json::Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join(","),
        // 1 and not 1.0, as people write it.
        serde_json::Value::Number(number) if number.is_f64() => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        value => value.to_string(),
    }
}

/// Serde of a duration as a number of seconds.
mod seconds {
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
    use std::time::Duration;

    pub fn serialize<S: Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        time.map(|time| time.as_secs_f64()).serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<f64>::deserialize(deserializer)?;
        seconds.map(|seconds| Duration::try_from_secs_f64(seconds).map_err(de::Error::custom)).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_survives_serde() {
        let text = r#"{"data":"films.csv","task":"classify","test":"t.csv","test_split":0.2,"validation":"v.csv",
            "label_separator":";","positive":"pos","preset":"fast","output":"m.gatewise","epochs":3,"batch_size":8,"learning_rate":0.01,
            "max_words":100,"min_count":2,"tokenizer":"unicode","maxlen":20,"padding":"post","truncating":"post",
            "mask_zero":true,"embedding":4,"cell":"lstm_1997","units":[4,3],"dropout":0.1,"validation_split":0.3,
            "class_weight":{"each":[1.0,2.0]},"threshold":"f1","early_stopping":3,"reduce_lr_on_plateau":2,
            "checkpoint_best":"b","csv_log":"c","tensorboard":"d","seed":7,"checkpoint_dir":"e","checkpoint_every":1.5,
            "resume":true,"no_baseline":true,"data_dir":"f","text_column":["a","b"],"label_column":"y",
            "delimiter":"tab","header":true,"no_header":true,"encoding":"windows-1252","on_error":"skip","threads":2,"isa":"portable"}"#;
        let config: TrainConfig = serde_json::from_str(text).unwrap();
        assert!(Setting::ALL.iter().all(|&setting| config.has(setting)));
        let object = serde_json::to_value(&config).unwrap();
        assert_eq!(object, serde_json::from_str::<serde_json::Value>(text).unwrap());
        assert_eq!(TrainConfig::new("films.csv").overlaid(&config), config);
        let error = serde_json::from_str::<TrainConfig>(r#"{"max_word":3}"#).unwrap_err().to_string();
        assert!(error.contains("unknown field `max_word`"), "{error}");
        let options = config.options().join(" ");
        for part in ["--text-column a --text-column b", "--class-weight 1,2", "--mask-zero", "--units 4,3"] {
            assert!(options.contains(part), "{options}");
        }
        let config: TrainConfig =
            serde_json::from_str(r#"{"threshold":0.3,"learning_rate":0.0005}"#).unwrap();
        assert_eq!(config.options().join(" "), "--learning-rate 0.0005 --threshold 0.3");
    }
}
