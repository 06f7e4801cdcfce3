//! The plan of a training run: fills in every default, and refuses conflicting settings.

use crate::choices::{Preset, Task, Threshold};
use crate::config::TrainConfig;
use crate::defaults::Settings;
use crate::run_files::RunFiles;
use crate::source::{
    Data, DataKind, LABELLED_TEXTS, MemoryTexts, Source, Target, check_path, is_labelled_texts,
};
use crate::{layers, refusals, tokenizer};
use gatewise::layers::RecurrentCell;
use gatewise::rows::{Corpus, Problem};
use gatewise::text::{Side, Tokenizer};
use gatewise::{Error, Machine, Result};
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// A training run with all defaults filled in, ready to [`run`](Self::run). Only the file of a tokenizer has
/// been read.
///
/// Two decisions depend on the data:
///
/// * If the IMDB reviews are not available, the default source falls back to the corpus `reviews`, with a new plan.
/// * The accurate preset adjusts `epochs`, `max_words` and `maxlen` to the training rows, unless they are given.
///
/// ```
/// use gatewise_pipeline::{Source, TrainConfig};
/// let plan = TrainConfig::new(Source::file("films.csv")).epochs(3).plan()?;
/// assert_eq!((plan.epochs(), plan.batch_size(), plan.maxlen()), (3, 32, Some(300)));
/// println!("{}", serde_json::to_string_pretty(&plan).unwrap());
/// // A setting that the run would ignore is refused before any work.
/// let error = TrainConfig::new(Source::reviews()).test("films.csv").plan().unwrap_err();
/// assert!(error.to_string().starts_with("--test goes with a .csv"));
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, Serialize)]
pub struct TrainPlan {
    data: String,
    kind: DataKind,
    problem: Problem,
    #[serde(flatten)]
    settings: Settings,
    #[serde(skip)]
    tokenizer: Tokenizer,
    #[serde(skip)]
    config: TrainConfig,
    /// What was found in a folder.
    #[serde(skip)]
    note: Option<String>,
}

impl TrainConfig {
    /// Returns the plan, with every default filled in.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for a value out of range, a setting that the run
    /// would ignore, conflicting settings, or a model that is too large; the message names settings as the
    /// options of the command line, `--max-words` for [`max_words`](Self::max_words).
    /// [`ErrorKind::Data`](gatewise::ErrorKind::Data) for data that do not exist. Errors of reading a
    /// tokenizer's file.
    pub fn plan(self) -> Result<TrainPlan> {
        TrainPlan::new(self)
    }
}

impl TrainConfig {
    /// Returns the files that a run with these settings reads and writes.
    pub(crate) fn files(&self) -> RunFiles {
        let mut files = RunFiles::new().reads_source(&self.data);
        for (option, path) in [("--test", &self.test), ("--validation", &self.validation)] {
            files = path.iter().fold(files, |files, path| files.reads(option, path));
        }
        if let Some(file) = self.tokenizer.as_deref().filter(|name| tokenizer::is_file(name)) {
            files = files.reads("--tokenizer", file);
        }
        files = self.output.iter().fold(files, |files, path| files.replaces_model("--output", path));
        let best = self.checkpoint_best.iter();
        files = best.fold(files, |files, path| files.replaces_numbered("--checkpoint-best", path));
        files = self.csv_log.iter().fold(files, |files, path| files.writes_lines("--csv-log", path));
        for (option, path) in
            [("--tensorboard", &self.tensorboard), ("--checkpoint-dir", &self.checkpoint_dir)]
        {
            files = path.iter().fold(files, |files, path| files.fills(option, path));
        }
        files
    }
}

impl TrainPlan {
    fn new(config: TrainConfig) -> Result<Self> {
        let (config, note) = config.in_parts()?;
        let task = config.the_task();
        let kind = config.data.kind(task);
        check_source(&config.data, kind, task)?;
        refusals::check_values(&config)?;
        let problem = problem(&config)?;
        let mut settings = Settings::resolve(&config, kind);
        refusals::check(&config, kind, &problem, &settings)?;
        config.validation.as_deref().map_or(Ok(()), check_validation)?;
        if matches!(problem, Problem::Regression { .. }) {
            settings.threshold = None;
        }
        if settings.preset == Some(Preset::Accurate) && config.data.is_weighted() {
            return Err(Error::config(
                "sample weights are for the run of one model, but --preset accurate trains several, and a linear model that \
                 takes none; leave the weights out, or use --preset fast",
            ));
        }
        config.files().check()?;
        let tokenizer = match (&settings.tokenizer, kind) {
            (Some(name), _) => tokenizer::named(name)?,
            (None, DataKind::Text) => Tokenizer::characters(),
            _ => Tokenizer::default(),
        };
        let plan = Self { data: config.data.to_string(), kind, problem, settings, tokenizer, config, note };
        plan.check_size()?;
        Ok(plan)
    }

    /// Refuses a model that is too large. The number of labels is not known yet.
    fn check_size(&self) -> Result<()> {
        let layers = match self.kind {
            DataKind::Series => layers::of_series(&self.settings, 1, &self.problem, 2),
            DataKind::Text => layers::of_language(&self.settings, 4),
            _ => layers::of_texts(&self.settings, &self.problem, 2),
        };
        layers.compile(self.seed()).map(|_| ())
    }

    /// Returns the plan for the generated corpus, in place of a default source that is not available.
    pub(crate) fn fallen_back(&self) -> Result<Self> {
        TrainConfig { data: Source::reviews(), data_dir: None, ..self.config.clone() }.plan()
    }

    /// Returns the plan for a task that only the data show.
    pub(crate) fn for_task(&self, task: Task) -> Result<Self> {
        TrainConfig { task: Some(task), ..self.config.clone() }.plan()
    }

    /// Returns the plan for what only the data could tell: labels that are lists or several columns, and the tokenizer
    /// for a script without spaces.
    pub(crate) fn seeing(&self, corpus: &Corpus) -> Result<Self> {
        let mut config = self.config.clone();
        if let (Problem::SingleLabel, Problem::MultiLabel { separator, .. }) =
            (&self.problem, &corpus.problem)
        {
            config.label_separator = Some(separator.clone());
        }
        if self.kind == DataKind::Texts && corpus.tokenizer != self.tokenizer {
            config.tokenizer = Some(tokenizer::UNICODE.to_owned());
        }
        match config == self.config {
            true => Ok(self.clone()),
            false => config.plan(),
        }
    }

    /// Returns the settings that the plan was made from.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Returns a sentence about the parts of a folder that the plan reads.
    pub(crate) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns the files that the run reads and writes. The plan has checked them; a program that writes more files
    /// adds those, and checks again.
    pub fn files(&self) -> RunFiles {
        self.config.files()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn tokenizer_made(&self) -> &Tokenizer {
        &self.tokenizer
    }

    /// Returns the name or the path of the data.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// Returns which rules the data follow.
    pub fn kind(&self) -> DataKind {
        self.kind
    }

    /// Returns the problem. Regression: the scale is fitted when the data are read.
    pub fn problem(&self) -> &Problem {
        &self.problem
    }

    /// Returns the preset; `None` for series and language models.
    pub fn preset(&self) -> Option<Preset> {
        self.settings.preset
    }

    /// Returns the number of passes over the training rows.
    pub fn epochs(&self) -> usize {
        self.settings.epochs
    }

    /// Returns the number of rows per training step.
    pub fn batch_size(&self) -> usize {
        self.settings.batch_size
    }

    /// Returns the learning rate of Adam.
    pub fn learning_rate(&self) -> f64 {
        self.settings.learning_rate
    }

    /// Returns the vocabulary size; `None` for data without words.
    pub fn max_words(&self) -> Option<usize> {
        self.settings.max_words
    }

    /// Returns the minimum count of a word in the training rows; `None` for data without words.
    pub fn min_count(&self) -> Option<usize> {
        self.settings.min_count
    }

    /// Returns the tokenizer; `None` for data that are already tokenized, series and language models.
    pub fn tokenizer(&self) -> Option<&str> {
        self.settings.tokenizer.as_deref()
    }

    /// Returns the length that rows are padded or truncated to; `None` if rows keep their length.
    pub fn maxlen(&self) -> Option<usize> {
        self.settings.maxlen
    }

    /// Returns the side on which short rows are padded.
    pub fn padding(&self) -> Side {
        self.settings.padding
    }

    /// Returns the side on which long rows are truncated.
    pub fn truncating(&self) -> Side {
        self.settings.truncating
    }

    /// Returns whether padding is masked; `None` for language models.
    pub fn mask_zero(&self) -> Option<bool> {
        self.settings.mask_zero
    }

    /// Returns the number of dimensions of the word vectors; `None` for series.
    pub fn embedding(&self) -> Option<usize> {
        self.settings.embedding
    }

    /// Returns the kind of the recurrent layers.
    pub fn cell(&self) -> RecurrentCell {
        self.settings.cell
    }

    /// Returns the units of the recurrent layers, the first layer first.
    pub fn units(&self) -> &[usize] {
        &self.settings.units
    }

    /// Returns the dropout rate after each recurrent layer.
    pub fn dropout(&self) -> f64 {
        self.settings.dropout
    }

    /// Returns the fraction of the rows to test on; `None` if the test rows are given.
    pub fn test_split(&self) -> Option<f64> {
        self.settings.test_split
    }

    /// Returns the fraction of the training rows to validate on; `None` if the validation rows are given, and
    /// for the accurate preset, whose members are validated on their folds.
    pub fn validation_split(&self) -> Option<f64> {
        self.settings.validation_split
    }

    /// Returns the decision threshold, or the rule that chooses it; `None` for a language model. A model of
    /// more than two classes has no threshold, but the number of classes is not known before the data are
    /// read.
    pub fn threshold(&self) -> Option<Threshold> {
        self.settings.threshold
    }

    /// Returns the file to test on.
    pub fn test(&self) -> Option<&Path> {
        self.config.test.as_deref()
    }

    /// Returns the seed of the weights and of the order of the rows.
    pub fn seed(&self) -> u64 {
        self.settings.seed
    }

    /// Returns the folder for checkpoints.
    pub fn checkpoint_dir(&self) -> Option<&Path> {
        self.config.checkpoint_dir.as_deref()
    }

    /// Returns the time between two checkpoints within an epoch.
    pub fn checkpoint_every(&self) -> Duration {
        self.settings.checkpoint_every
    }

    /// Returns the machine of the run.
    pub fn machine(&self) -> &Machine {
        &self.settings.machine
    }
}

/// Refuses data that do not exist, and tasks that do not fit them.
fn check_source(source: &Source, kind: DataKind, task: Task) -> Result<()> {
    match (&source.0, kind, task) {
        (&Data::Mismatch(why), ..) => Err(Error::config(why)),
        (Data::Text(_), _, Task::Classify | Task::Regression) => Err(Error::config(
            "a text in memory is for a language model; give texts with labels, or leave --task out",
        )),
        (Data::Path(_) | Data::Text(_), DataKind::Text, _) => Ok(()),
        (_, DataKind::Text, _) => Err(Error::config(
            "a language model learns from a text; give its file, as in gatewise train text.txt",
        )),
        (Data::Path(path), ..) => check_path(path),
        _ => Ok(()),
    }
}

/// Refuses a validation file that is not a file of labelled texts.
fn check_validation(file: &Path) -> Result<()> {
    let is_named = file.to_str().is_some_and(|name| !matches!(Source::from(name).0, Data::Path(_)));
    match is_labelled_texts(file) && !is_named {
        true => Ok(()),
        false => Err(Error::config(format!(
            "--validation {} is not {LABELLED_TEXTS}; it must be a file like the data",
            file.display()
        ))),
    }
}

/// Returns the problem of the rows.
fn problem(config: &TrainConfig) -> Result<Problem> {
    let several = |separator: &str| Problem::multi_label(separator);
    let mut has_labels = false;
    if let Data::Texts(texts) = &config.data.0 {
        has_labels = check_targets(texts, config.the_task())?;
    }
    Ok(match (config.the_task(), &config.label_separator) {
        (Task::Regression, _) => Problem::regression(),
        (_, Some(separator)) => several(separator),
        (_, None) if has_labels => several(";"),
        (_, None) => Problem::SingleLabel,
    })
}

/// Refuses targets that differ in kind or do not fit `task`. Returns whether they are lists of labels.
fn check_targets(texts: &MemoryTexts, task: Task) -> Result<bool> {
    let kind = |target: &Target| match target {
        Target::Label(_) => "one label",
        Target::Labels(_) => "a list of labels",
        Target::Number(_) => "a number",
    };
    let rows =
        || [Some(&texts.training), texts.validation.as_ref(), texts.test.as_ref()].into_iter().flatten();
    let Some((_, first)) = texts.training.first() else {
        return Err(Error::data("there are no rows in memory to train on"));
    };
    let all = rows().flat_map(|rows| rows.iter().enumerate());
    let odd = all.map(|(row, (_, target))| (row, kind(target))).find(|(_, kind_of)| *kind_of != kind(first));
    if let Some((row, other)) = odd {
        return Err(Error::data(format!(
            "row {} in memory has {other} as its target where the first row has {}; give every row the same kind",
            row + 1,
            kind(first)
        )));
    }
    match (first, task) {
        (Target::Number(_), Task::Classify) => Err(Error::config(
            "the targets in memory are numbers, but --task classify predicts labels; give the labels as texts, or leave --task \
             out",
        )),
        (Target::Labels(_), Task::Regression) => Err(Error::config(
            "the targets in memory are lists of labels, but --task regression predicts numbers; leave --task out",
        )),
        _ => Ok(matches!(first, Target::Labels(_))),
    }
}
