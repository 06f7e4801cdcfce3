//! Labelled series of measurements: classes, or numbers to learn.

use crate::choices::Task;
use crate::layers;
use crate::observer::Observer;
use crate::parts::Parts;
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::reading::{SEED, held_out};
use crate::source::{Data, Source};
use crate::threshold;
use crate::untrained::{self, Reads};
use gatewise::files::SeriesFile;
use gatewise::rows::{ColumnNames, Problem, Scaler, TimeSeries};
use gatewise::{Error, Reader, Result};
use std::borrow::Cow;
use std::path::Path;

/// The training series, and the test series, if there are any.
pub(crate) type Read = (TimeSeries, Option<TimeSeries>);

/// Returns the series of the plan, and the plan; a new plan if only the data show that the task is regression.
pub(crate) fn load(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<(TrainPlan, Read)> {
    let mut read = read(plan, observer)?;
    if let Some(label) = &plan.config().positive {
        read.0 = read.0.with_positive(label)?;
    }
    let task = match read.0.problem() {
        Problem::Regression { .. } => Task::Regression,
        _ => Task::Classify,
    };
    let plan = match (plan.config().task, task) {
        (Some(Task::Regression), Task::Classify) => return Err(no_numbers(plan, &read.0.labels)),
        (Some(Task::Classify), Task::Regression) => {
            return Err(Error::config(format!(
                "--task classify is for classes, but {} has a number for each series (@targetLabel); leave --task out",
                plan.data()
            )));
        }
        (None, Task::Regression) => plan.for_task(task)?,
        _ => plan.clone(),
    };
    threshold::check_classes(&plan, plan.problem(), read.0.labels.len())?;
    Ok((plan, read))
}

/// Returns the error for series with classes where numbers were asked for.
fn no_numbers(plan: &TrainPlan, labels: &[String]) -> Error {
    let numbers = labels.iter().all(|label| label.parse::<f32>().is_ok());
    let hint = match numbers {
        true => {
            ". They are numbers: to learn these as numbers, write '@targetLabel true' in place of the \
                 '@classLabel true …' line of a .ts file"
        }
        false => "",
    };
    Error::config(format!(
        "--task regression predicts a number for each series, but {} has the classes {}; leave --task out{hint}",
        plan.data(),
        labels.join(", ")
    ))
}

/// Prepares the untrained model for series, and their rows.
pub(crate) fn prepare(plan: &TrainPlan, (training, test): Read) -> Result<Prepared> {
    let (settings, width) = (plan.settings(), training.rows.width());
    let channel = |c: usize| training.rows.values().iter().skip(c).step_by(width).copied();
    let problem = training.problem();
    let layers = layers::of_series(settings, width, &problem, training.labels.len());
    let model = layers.compile(settings.seed)?;
    let scalers = (0..width).map(|c| Scaler::fit(channel(c))).collect();
    let reads = Reads {
        reader: Reader::series(scalers),
        padding: settings.row_padding(),
        problem,
        labels: training.labels.clone(),
        oov_rate: None,
        columns: ColumnNames::default(),
    };
    let artifact = untrained::artifact(plan, settings, model, reads)?;
    let training = artifact.series_dataset(&training)?;
    let test = test.map(|test| artifact.series_dataset(&test)).transpose()?;
    let parts = Parts { training, validation: None, test };
    Ok(Prepared { artifact, parts, ngrams: &[], text: None })
}

/// Returns the labelled series of a source, and passes on the notes of its reader.
pub(crate) fn labelled<'a>(source: &'a Source, observer: &mut dyn Observer) -> Result<Cow<'a, TimeSeries>> {
    match &source.0 {
        Data::Path(path) => of_file(path, "", observer).map(Cow::Owned),
        Data::Series(series) => Ok(Cow::Borrowed(&series.training)),
        _ => Err(Error::config(format!("{source} contains no series"))),
    }
}

fn of_file(path: &Path, prefix: &str, observer: &mut dyn Observer) -> Result<TimeSeries> {
    let file = SeriesFile::read(path)?;
    file.notes.iter().for_each(|note| observer.note(&format!("{prefix}{note}")));
    file.labelled()
}

/// Returns the training series and the test series.
fn read(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<Read> {
    let config = plan.config();
    let all = labelled(&config.data, observer)?;
    let targets = all.targets().len();
    if all.rows.is_empty() || all.rows.len() != targets {
        return Err(Error::data(format!(
            "{} has {} rows and {targets} classes; each row needs a class, and there must be at least one row",
            plan.data(),
            all.rows.len(),
        )));
    }
    let test = match (&config.test, &config.data.0) {
        (Some(file), _) => Some(of_file(file, &format!("{}: ", file.display()), observer)?),
        (None, Data::Series(series)) => series.test.clone(),
        (None, _) => None,
    };
    if test.is_some() {
        return Ok((all.shuffle(SEED), test));
    }
    let share = plan.test_split().unwrap_or_default();
    if share == 0.0 {
        return Ok((all.shuffle(SEED), None));
    }
    let (training, held) = all.hold_out(share, SEED);
    observer.note(&held_out(held.rows.len(), all.rows.len()));
    Ok((training, Some(held)))
}
