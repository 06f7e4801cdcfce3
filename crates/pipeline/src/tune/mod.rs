//! Hyperparameter search: trains with different settings for a given time, and keeps the best model.
//!
//! A trial is a [`TrainConfig`]; it trains the same model again. Trials are compared on the validation rows.
//! The test rows are used once, at the end.

mod space;
mod trial;

use crate::baselines;
use crate::choices::{Preset, Task};
use crate::config::{Setting, TrainConfig};
use crate::imbalance;
use crate::observer::{Observer, Progress};
use crate::outcome::{Timings, TrainOutcome};
use crate::plan::TrainPlan;
use crate::run_files::RunFiles;
use crate::source::DataKind;
use crate::trial_log::{Figure, TrialLog};
use crate::{run, texts};
use gatewise::rows::Corpus;
use gatewise::{Artifact, Error, Result};
use serde::{Serialize, Serializer};
use serde_json::json;
use space::{Point, Space};
use std::collections::HashSet;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use trial::{Outcome, Trial};

/// The default number of epochs, and the default patience of early stopping.
const EPOCHS: usize = 30;
const PATIENCE: usize = 3;
/// The default time of a search.
const TIME: Duration = Duration::from_secs(300);
/// Settings that a trial must not have: its output, and the settings of the search.
const NOT_FOR_TRIALS: [Setting; 8] = [
    Setting::output,
    Setting::seed,
    Setting::resume,
    Setting::checkpoint_dir,
    Setting::checkpoint_every,
    Setting::checkpoint_best,
    Setting::csv_log,
    Setting::tensorboard,
];
/// After this many draws without a new point, the space is exhausted.
const IN_VAIN: usize = 1_000;

/// The settings of a hyperparameter search.
///
/// ```
/// use gatewise_pipeline::{Source, TrainConfig, TuneConfig};
/// let rows = (0..60).map(|row| (["a good film", "a bad film"][row % 2], ["p", "n"][row % 2]));
/// let base = TrainConfig::new(Source::texts(rows)).epochs(2).units([4]).embedding(4);
/// let outcome = TuneConfig::new(base).trials(2).plan()?.run(&mut ())?;
/// assert_eq!(outcome.trials, 2);
/// println!("the best learning rate is {}", outcome.best.plan.learning_rate());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TuneConfig {
    base: TrainConfig,
    time: Duration,
    trials: Option<usize>,
    seed: Option<u64>,
    output: Option<PathBuf>,
    log: Option<PathBuf>,
}

impl TuneConfig {
    /// Creates the settings of a search of five minutes; the settings of `base` hold for every trial.
    pub fn new(base: TrainConfig) -> Self {
        Self { base, time: TIME, trials: None, seed: None, output: None, log: None }
    }

    /// Sets the duration of the search.
    pub fn time(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// Sets the maximum number of trials.
    pub fn trials(self, trials: usize) -> Self {
        Self { trials: Some(trials), ..self }
    }

    /// Sets the seed of the search and of each trial.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    /// Sets the file for the best model, written at each improvement.
    pub fn output(self, file: impl Into<PathBuf>) -> Self {
        Self { output: Some(file.into()), ..self }
    }

    /// Sets the file for the log of the trials, one [`TrialLog`] per line.
    pub fn log(self, file: impl Into<PathBuf>) -> Self {
        Self { log: Some(file.into()), ..self }
    }

    /// Returns the plan of the search.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) for data and settings that cannot be searched;
    /// otherwise as [`TrainConfig::plan`].
    pub fn plan(self) -> Result<TunePlan> {
        let base = &self.base;
        if let Some(setting) = NOT_FOR_TRIALS.iter().find(|&&setting| base.has(setting)) {
            return Err(Error::config(format!(
                "{} is not for the trials of tune; leave it out, or give it before --",
                setting.option()
            )));
        }
        let refused = match base.data.kind(base.the_task()) {
            DataKind::Series => {
                Some(format!("tune is for texts, but {} contains series; use train", base.data))
            }
            _ if base.the_task() == Task::LanguageModel => {
                Some("tune is for labels and numbers; use train --task language-model".into())
            }
            _ if base.preset == Some(Preset::Accurate) => {
                Some("a trial trains one model, but --preset accurate trains several; use train".into())
            }
            _ if base.validation_split == Some(0.0) => Some(
                "trials are compared on validation rows, but --validation-split is 0; give a fraction".into(),
            ),
            _ => None,
        };
        if let Some(refused) = refused {
            return Err(Error::config(refused));
        }
        self.files().check()?;
        let first = self.trial(&TrainConfig::default()).plan()?;
        Ok(TunePlan { config: self, first })
    }

    fn files(&self) -> RunFiles {
        let files =
            self.output.iter().fold(self.base.files(), |files, path| files.replaces_model("--output", path));
        self.log.iter().fold(files, |files, path| files.writes_lines("--log", path))
    }

    fn the_seed(&self) -> u64 {
        self.seed.unwrap_or(crate::defaults::SEED)
    }

    /// Returns the settings of every trial, with the defaults of the search.
    fn own(&self) -> TrainConfig {
        let own = TrainConfig {
            epochs: self.base.epochs.is_none().then_some(EPOCHS),
            early_stopping: self.base.early_stopping.is_none().then_some(PATIENCE),
            ..TrainConfig::default()
        };
        own.seed(self.the_seed())
    }

    /// Returns the settings of a trial with these hyperparameters.
    fn trial(&self, hyperparameters: &TrainConfig) -> TrainConfig {
        self.base.clone().overlaid(hyperparameters).overlaid(&self.own())
    }

    /// Returns the command line that trains with these settings; `None` for rows in memory.
    fn command(&self, hyperparameters: &TrainConfig) -> Option<String> {
        let data = &self.base.data;
        let words = ["gatewise".to_owned(), "train".to_owned(), data.to_string()].into_iter();
        let options = [&self.base, hyperparameters, &self.own()].map(TrainConfig::options);
        (!data.is_in_memory()).then(|| quoted(words.chain(options.into_iter().flatten())))
    }
}

/// A search, ready to [`run`](Self::run).
#[derive(Debug, Clone)]
pub struct TunePlan {
    config: TuneConfig,
    first: TrainPlan,
}

impl TunePlan {
    /// Returns the plan of the first trial, with the default settings of training.
    pub fn first(&self) -> &TrainPlan {
        &self.first
    }

    /// Returns the files that the search reads and writes. The plan has checked them.
    pub fn files(&self) -> RunFiles {
        self.config.files()
    }

    /// Returns the duration of the search.
    pub fn time(&self) -> Duration {
        self.config.time
    }

    /// Searches until the time is over, all trials are done, or `observer` stops it. Returns the best trial
    /// so far.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](gatewise::ErrorKind::Config) when no trial finished an epoch; otherwise as
    /// [`TrainPlan::run`].
    pub fn run(&self, observer: &mut dyn Observer) -> Result<TuneOutcome> {
        self.files().check_inputs()?;
        let (first, corpus) = texts::load(&self.first, observer)?;
        let mut config = self.config.clone();
        // A default source may have fallen back to other data.
        config.base.data = first.config().data.clone();
        // What only the data could tell.
        config.base.label_separator.clone_from(&first.config().label_separator);
        config.base.tokenizer.clone_from(&first.config().tokenizer);
        let mut search = Search::new(config, &corpus)?;
        search.run(observer)?;
        let seconds = search.start.elapsed().as_secs_f64();
        let Search { best, trials, config, .. } = search;
        let Some(Best { log, plan, mut artifact, seconds: fit_seconds, .. }) = best else {
            return Err(Error::config(format!(
                "no trial finished an epoch within {seconds:.0} s, so there is no model; give more --time, or \
                 fewer rows"
            )));
        };
        let prepared = texts::prepare(&plan, &corpus, observer)?;
        let (data, parts) = (prepared.summary(), prepared.parts);
        let start = Instant::now();
        let tested = parts.test.as_ref().map(|test| run::test_on(&plan, &artifact, test)).transpose()?;
        let timings = Timings { fit_seconds, evaluate_seconds: start.elapsed().as_secs_f64() };
        let (evaluation, report) = tested.unzip();
        artifact.training_mut().test = evaluation;
        let saved = config.output.clone();
        saved.as_ref().map_or(Ok(()), |output| artifact.save(output))?;
        imbalance::note(&plan, &artifact, &parts, report.as_ref(), observer);
        let baselines = baselines::fit(&plan, &artifact, prepared.ngrams, &parts, observer)?;
        let interrupted = observer.should_stop();
        let best =
            TrainOutcome { artifact, data, evaluation, report, baselines, timings, interrupted, saved, plan };
        let (output, path) = (config.output, config.log);
        Ok(TuneOutcome { best, log, trials, seconds, interrupted, output, path })
    }
}

/// The outcome of a search. Serde writes the object that `gatewise tune --format json` prints: the object of
/// [`TrainOutcome`] for the best model, with the figures of the search.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct TuneOutcome {
    /// Outcome of the best trial, with its test results.
    pub best: TrainOutcome,
    /// Log of the best trial.
    pub log: TrialLog,
    /// Number of trials.
    pub trials: usize,
    /// Seconds of the search.
    pub seconds: f64,
    /// Whether the observer stopped the search.
    pub interrupted: bool,
    output: Option<PathBuf>,
    path: Option<PathBuf>,
}

impl Serialize for TuneOutcome {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let shown = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let mut object = self.best.figures();
        object["trials"] = self.trials.into();
        object["seconds"] = self.seconds.into();
        object["best"] = json!({"trial": self.log.trial, "command": self.log.command});
        object["model"] = shown(&self.output).into();
        object["log"] = shown(&self.path).into();
        object["interrupted"] = self.interrupted.into();
        object.serialize(serializer)
    }
}

/// The best trial so far.
struct Best {
    log: TrialLog,
    plan: TrainPlan,
    point: Option<Point>,
    artifact: Artifact,
    figure: Figure,
    seconds: f64,
}

/// The state of a running search.
struct Search<'a> {
    config: TuneConfig,
    corpus: &'a Corpus,
    space: Space,
    start: Instant,
    /// The val_loss of each trial's epochs.
    curves: Vec<Vec<f64>>,
    best: Option<Best>,
    /// Number of trials.
    trials: usize,
    log: Option<(File, PathBuf)>,
}

impl<'a> Search<'a> {
    fn new(config: TuneConfig, corpus: &'a Corpus) -> Result<Self> {
        let start = Instant::now();
        let create = |path: &PathBuf| {
            let file = File::create(path).map_err(|e| Error::io("cannot write", path, e))?;
            Ok((file, path.clone()))
        };
        let log = config.log.as_ref().map(create).transpose()?;
        // Pad, start and unknown also have ids.
        let space = Space::new(&config.base, corpus.vocabulary.len() + 4);
        Ok(Self { config, corpus, space, start, curves: Vec::new(), best: None, trials: 0, log })
    }

    /// Runs trials until the time is over: first the default settings, then others, none twice.
    fn run(&mut self, observer: &mut dyn Observer) -> Result<()> {
        let (mut tried, mut draws) = (HashSet::new(), 1);
        let most = self.config.trials.unwrap_or(usize::MAX);
        self.trial(None, observer)?;
        // In an exhausted space, every draw has been tried.
        let mut in_vain = 0;
        while self.trials < most
            && in_vain < IN_VAIN
            && self.start.elapsed() < self.config.time
            && !observer.should_stop()
        {
            draws += 1;
            let best = self.best.as_ref().and_then(|best| best.point.as_ref());
            let point = self.space.draw(self.config.the_seed(), draws, best);
            match tried.insert(point.clone()) {
                true => (in_vain, _) = (0, self.trial(Some(point), observer)?),
                false => in_vain += 1,
            }
        }
        Ok(())
    }

    /// Trains, compares and logs a trial; saves its model if it is the best.
    fn trial(&mut self, point: Option<Point>, observer: &mut dyn Observer) -> Result<()> {
        self.trials += 1;
        let hyperparameters = point.as_ref().map(|point| self.space.settings(point)).unwrap_or_default();
        let plan = self.config.trial(&hyperparameters).plan()?;
        observer.progress(Progress::TrialBegin { trial: self.trials, best: self.best_so_far() })?;
        let (corpus, curves) = (self.corpus, &self.curves[..]);
        let trial = Trial { plan: &plan, corpus, curves, deadline: self.start + self.config.time };
        let Outcome { artifact, report, curve, end, seconds } = trial.run(observer)?;
        let figure = report.as_ref().map(|(report, loss)| Figure::new(report, *loss));
        let is_best =
            figure.is_some_and(|figure| self.best.as_ref().is_none_or(|best| figure.beats(best.figure)));
        let (val_report, val_loss) = report.unzip();
        let log = TrialLog {
            trial: self.trials,
            options: hyperparameters.options().join(" "),
            command: self.config.command(&hyperparameters),
            end,
            epochs: curve.len(),
            seconds,
            val_loss,
            val_report,
            best: is_best,
            figure,
        };
        self.write(&log)?;
        self.curves.push(curve);
        if let (Some(figure), true) = (figure, is_best) {
            if let Some(output) = &self.config.output {
                artifact.save(output)?;
            }
            self.best = Some(Best { log: log.clone(), plan, point, artifact, figure, seconds });
        }
        observer.progress(Progress::TrialEnd { trial: &log, best: self.best_so_far() })?;
        Ok(())
    }

    fn write(&mut self, line: &TrialLog) -> Result<()> {
        let Some((file, path)) = &mut self.log else { return Ok(()) };
        writeln!(file, "{}", json!(line)).map_err(|e| Error::io("cannot write", path, e))
    }

    fn best_so_far(&self) -> Option<(usize, f64)> {
        self.best.as_ref().map(|best| (best.log.trial, best.figure.value))
    }
}

/// Returns the words, quoted for a shell.
///
/// ```
/// let words = ["gatewise", "predict", "my model.gatewise"].map(String::from);
/// assert_eq!(gatewise_pipeline::quoted(words), "gatewise predict 'my model.gatewise'");
/// ```
pub fn quoted(words: impl IntoIterator<Item = String>) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=,:+@%".contains(c);
    let quote = |word: String| match !word.is_empty() && word.chars().all(plain) {
        true => word,
        false => format!("'{}'", word.replace('\'', r"'\''")),
    };
    words.into_iter().map(quote).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_reads_the_command_as_it_is_meant() {
        let words = ["a.csv", "--label-separator", ";", "it's", ""].map(String::from);
        assert_eq!(quoted(words), r"a.csv --label-separator ';' 'it'\''s' ''");
    }

    #[test]
    fn what_cannot_be_searched_is_refused() {
        let base = || TrainConfig::new("a.csv");
        for (base, says) in [
            (base().checkpoint_dir("x"), "--checkpoint-dir is not for the trials"),
            (base().validation_split(0.0), "--validation-split is 0"),
            (base().task(Task::LanguageModel), "tune is for labels and numbers"),
            (base().preset(Preset::Accurate), "a trial trains one model"),
            (TrainConfig::new("a.ts"), "contains series"),
        ] {
            let error = TuneConfig::new(base).plan().unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
    }
}
