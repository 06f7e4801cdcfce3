//! Reports of a model: metrics, and the numbers behind the pictures of them.
//!
//! Input: outputs and targets as arrays, or a model and rows. Output: JSON with the report of the task
//! ([`Report`]), its text, the ROC curve and the calibration curve of a binary model.

use crate::arrays;
use crate::errors::OrRaise;
use crate::model::Model;
use crate::settings;
use gatewise::Machine;
use gatewise::metrics::{Calibration, Report, RocPoint, ThresholdRule, best_threshold, roc_curve};
use numpy::PyUntypedArrayMethods;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde::{Deserialize, Serialize};

/// The tasks that a report can be of.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Task {
    Binary,
    Classes,
    Labels,
    Regression,
    LanguageModel,
}

/// The settings of a report.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportSettings {
    #[serde(default)]
    task: Option<Task>,
    threshold: f32,
    labels: Vec<String>,
    bins: usize,
}

/// What Python shows.
#[derive(Debug, Serialize)]
struct Shown {
    report: Report,
    text: String,
    /// False positive rate, true positive rate and threshold of each point.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    roc: Vec<(f64, f64, f32)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    calibration: Option<Curve>,
}

/// A calibration curve, with the confidence interval of each bin.
#[derive(Debug, Serialize)]
struct Curve {
    #[serde(flatten)]
    calibration: Calibration,
    intervals: Vec<(f64, f64)>,
}

/// How far apart the points of a ROC curve are at least, so that a picture of it is small.
const APART: f64 = 1.0 / 250.0;

fn thinned(points: &[RocPoint]) -> Vec<(f64, f64, f32)> {
    let mut kept: Vec<(f64, f64, f32)> = Vec::new();
    for (index, point) in points.iter().enumerate() {
        let (x, y) = (point.false_positive_rate, point.true_positive_rate);
        let far = kept.last().is_none_or(|last| x - last.0 >= APART || y - last.1 >= APART);
        if far || index + 1 == points.len() {
            kept.push((x, y, point.threshold));
        }
    }
    kept
}

fn shown(report: Report, outputs: &[f32], targets: &[f32], settings: &ReportSettings) -> PyResult<String> {
    let report = report.with_labels(&settings.labels);
    let is_binary = matches!(report, Report::Binary(_));
    let roc = match is_binary {
        // Rows of one class have no curve, which the text of the report says.
        true => roc_curve(outputs, targets).map(|points| thinned(&points)).unwrap_or_default(),
        false => Vec::new(),
    };
    let calibration = match is_binary {
        true => {
            let calibration = Calibration::new(outputs, targets, settings.bins).or_raise()?;
            let intervals = calibration.bins.iter().map(|bin| bin.interval()).collect();
            Some(Curve { calibration, intervals })
        }
        false => None,
    };
    let shown = Shown { text: report.to_string(), report, roc, calibration };
    serde_json::to_string(&shown).map_err(|error| PyValueError::new_err(error.to_string()))
}

/// Returns the task of outputs of `width` numbers a row: of one number `binary` where all outputs are probabilities and
/// all targets 0 or 1, else `regression`; of several `classes` where there is one target a row or each row of targets
/// is one-hot, else `labels`.
fn guess(outputs: &[f32], width: usize, targets: &[f32], target_width: usize) -> Task {
    if width == 1 {
        let is_binary =
            outputs.iter().all(|p| (0.0..=1.0).contains(p)) && targets.iter().all(|&y| y == 0.0 || y == 1.0);
        return if is_binary { Task::Binary } else { Task::Regression };
    }
    let is_one_hot = |row: &[f32]| {
        row.iter().filter(|&&y| y == 1.0).count() == 1
            && row.iter().filter(|&&y| y == 0.0).count() == width - 1
    };
    let sums_to_1 = |row: &[f32]| (row.iter().sum::<f32>() - 1.0).abs() < 1e-3;
    let one_hot = || targets.chunks(width).all(is_one_hot) && outputs.chunks(width).all(sums_to_1);
    if target_width == 1 || one_hot() { Task::Classes } else { Task::Labels }
}

/// Returns the class number of one-hot targets.
fn place_of_largest(row: &[f32]) -> f32 {
    (1..row.len()).fold(0, |best, at| if row[at] > row[best] { at } else { best }) as f32
}

/// Returns the report of outputs and targets, as JSON.
#[pyfunction]
pub fn report(
    py: Python<'_>,
    targets: &Bound<'_, PyAny>,
    outputs: &Bound<'_, PyAny>,
    settings: &str,
) -> PyResult<String> {
    let settings: ReportSettings = settings::read("the report", settings)?;
    let (outputs, targets) = (arrays::floats(outputs)?, arrays::floats(targets)?);
    let rows = targets.shape().first().copied().unwrap_or(0);
    if outputs.shape().first().copied().unwrap_or(0) != rows {
        return Err(PyValueError::new_err(format!(
            "y_true has the shape {:?} and y_pred {:?}; both need as many rows",
            targets.shape(),
            outputs.shape()
        )));
    }
    let (outputs_shape, targets_shape) = (outputs.shape().to_vec(), targets.shape().to_vec());
    let (outputs, targets) = (outputs.as_slice()?.to_vec(), targets.as_slice()?.to_vec());
    py.detach(|| {
        let width =
            |shape: &[usize]| if shape.len() < 2 { 1 } else { shape.last().copied().unwrap_or(1).max(1) };
        let (width, target_width) = (width(&outputs_shape), width(&targets_shape));
        let task = settings.task.unwrap_or_else(|| guess(&outputs, width, &targets, target_width));
        // One-hot targets become class numbers.
        let classes = || match target_width == width && width > 1 {
            true => targets.chunks(width).map(place_of_largest).collect(),
            false => targets.clone(),
        };
        let report = match task {
            Task::Binary => Report::binary(&outputs, &targets, settings.threshold),
            Task::Classes => Report::classes(&outputs, &classes(), width),
            Task::Labels => Report::labels(&outputs, &targets, width, settings.threshold),
            Task::Regression => Report::regression(&outputs, &targets),
            Task::LanguageModel => Report::language_model(&outputs, &classes(), width),
        };
        shown(report.or_raise()?, &outputs, &targets, &settings)
    })
}

/// Returns the report of a model on rows, as JSON.
#[pyfunction]
pub fn model_report(
    py: Python<'_>,
    model: &Bound<'_, Model>,
    x: &Bound<'_, PyAny>,
    y: &Bound<'_, PyAny>,
    settings: &str,
) -> PyResult<String> {
    let settings: ReportSettings = settings::read("the report", settings)?;
    let data = model.get().dataset(x, y, None)?;
    let model = model.get().now();
    py.detach(|| {
        let scored = model.score_on(&data, settings.threshold, &Machine::new()).or_raise()?;
        shown(scored.report().or_raise()?, &scored.outputs, &scored.targets, &settings)
    })
}

/// Returns the text of a report in JSON.
#[pyfunction]
pub fn report_text(report: &str) -> PyResult<String> {
    Ok(settings::read::<Report>("the report", report)?.to_string())
}

/// Returns the threshold that is best by `rule`.
#[pyfunction]
#[pyo3(name = "best_threshold")]
pub fn threshold(
    py: Python<'_>,
    targets: &Bound<'_, PyAny>,
    outputs: &Bound<'_, PyAny>,
    rule: &str,
) -> PyResult<f32> {
    let rule: ThresholdRule = rule.parse().or_raise()?;
    let (outputs, targets) = (arrays::flat(outputs)?, arrays::flat(targets)?);
    py.detach(|| best_threshold(&outputs, &targets, rule)).or_raise()
}
