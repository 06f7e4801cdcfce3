//! Labelled series of measurements.

use crate::layers;
use crate::observer::Observer;
use crate::parts::Parts;
use crate::plan::TrainPlan;
use crate::prepared::Prepared;
use crate::reading::{SEED, held_out};
use crate::source::Data;
use crate::threshold;
use crate::untrained::{self, Reads};
use gatewise::files::read_ts;
use gatewise::rows::{ColumnNames, Problem, Scaler, TimeSeries};
use gatewise::{Error, Reader, Result};
use std::borrow::Cow;

/// Prepares the untrained model for the series of the plan, and their rows.
pub(crate) fn prepare(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<Prepared> {
    let (training, test) = read(plan, observer)?;
    threshold::check_classes(plan, &Problem::SingleLabel, training.labels.len())?;
    let (settings, width) = (plan.settings(), training.rows.width());
    let channel = |c: usize| training.rows.values().iter().skip(c).step_by(width).copied();
    let model = layers::of_series(settings, width, training.labels.len()).compile(settings.seed)?;
    let scalers = (0..width).map(|c| Scaler::fit(channel(c))).collect();
    let reads = Reads {
        reader: Reader::series(scalers),
        padding: settings.row_padding(),
        problem: Problem::SingleLabel,
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

/// Returns the training series and the test series.
fn read(plan: &TrainPlan, observer: &mut dyn Observer) -> Result<(TimeSeries, Option<TimeSeries>)> {
    let config = plan.config();
    let (all, own_test) = match &config.data.0 {
        Data::Path(path) => (Cow::Owned(read_ts(path)?), None),
        Data::Series(series) => (Cow::Borrowed(&series.training), series.test.clone()),
        _ => return Err(Error::config(format!("{} contains no series", plan.data()))),
    };
    if all.rows.is_empty() || all.rows.len() != all.classes.len() {
        return Err(Error::data(format!(
            "{} has {} rows and {} classes; each row needs a class, and there must be at least one row",
            plan.data(),
            all.rows.len(),
            all.classes.len()
        )));
    }
    let test = match (&config.test, own_test) {
        (Some(file), _) => Some(read_ts(file)?),
        (None, own) => own,
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
