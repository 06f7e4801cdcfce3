//! The pipeline: training, reading of files, generated reviews.
//!
//! Input: rows of Python, a path or the name of data, and settings as JSON with the names of the options of the command
//! line. Output: a trained model with its outcome as JSON, and the notes of the run.

use crate::arrays;
use crate::errors::OrRaise;
use crate::predictor::{Predictor, check_lengths};
use crate::settings;
use crate::tables::Stream;
use crate::texts::{self, Given, Kind, words_of};
use crate::watch::Watch;
use gatewise::datasets::reviews;
use gatewise::files::{
    Columns, Record, RecordFormat, RecordOptions, Records, SeriesFile, SeriesTargets, open_text,
};
use gatewise::rows::{ColumnNames, Problem, TimeSeries};
use gatewise_pipeline::{DataKind, RowOptions, Source, Target, Task, TrainConfig};
use pyo3::exceptions::{PyKeyboardInterrupt, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyList, PyString};
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Read;
use std::path::Path;

/// Returns the source of rows in memory.
pub fn source(given: Given, targets: Vec<Target>) -> PyResult<Source> {
    check_lengths(given.len(), targets.len())?;
    Ok(match given {
        Given::Texts(rows) => Source::texts(rows.into_iter().zip(targets)),
        Given::Ids(rows) => Source::texts(rows.rows().map(words_of).zip(targets)),
        Given::Series(rows) => Source::series(series(rows, targets)?),
    })
}

/// Returns series with their targets, which are all labels or all numbers.
fn series(rows: gatewise::rows::Features, targets: Vec<Target>) -> PyResult<TimeSeries> {
    let (mut labels, mut numbers) = (Vec::new(), Vec::new());
    for (row, target) in targets.into_iter().enumerate() {
        match target {
            Target::Label(label) => labels.push(label),
            Target::Number(number) => numbers.push(number),
            _ => {
                return Err(PyValueError::new_err(format!(
                    "row {row} has a list of labels, but series have one label or one number each"
                )));
            }
        }
    }
    match (labels.is_empty(), numbers.is_empty()) {
        (_, true) => TimeSeries::labelled(rows, &labels).or_raise(),
        (true, _) => TimeSeries::regression(rows, numbers).or_raise(),
        _ => Err(PyValueError::new_err(
            "some rows have a label and others a number; give all of them the same kind",
        )),
    }
}

/// The rows to train on, or to test on, as Python gives them.
type Pair<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>);

/// Trains a model. Returns it with the outcome as JSON, the plan as JSON, and the notes.
///
/// `data` is a path or a name, and `labels` is None; or rows and their labels. `kind` is what the rows are; `sort` makes
/// the model independent of their order.
#[pyfunction]
#[pyo3(signature = (data, labels, settings, test=None, validation=None, kind=None, sample_weight=None, sort=false, progress=None))]
#[expect(clippy::too_many_arguments, reason = "the parts of the data")]
pub fn train(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    labels: Option<&Bound<'_, PyAny>>,
    settings: &str,
    test: Option<Pair<'_>>,
    validation: Option<Pair<'_>>,
    kind: Option<&str>,
    sample_weight: Option<&Bound<'_, PyAny>>,
    sort: bool,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Predictor, String, String, Vec<String>)> {
    let mut settings: Value = settings::read("train", settings)?;
    let mut found = Vec::new();
    let source = match labels {
        None if !is_path(data) => table_source(py, data, &mut settings, test, validation, &mut found)?,
        None => Source::from(data.extract::<OsString>()?.as_os_str()),
        Some(labels) => {
            let kind = kind.map_or_else(|| Kind::of(data), Kind::named)?;
            if kind == Kind::Ids && settings.get("tokenizer").is_none() {
                // Ids are words of their own, whatever their digits look like.
                settings["tokenizer"] = "words".into();
            }
            let numbers = match settings.get("task").and_then(Value::as_str) {
                Some("regression") => Some(true),
                Some(_) => Some(false),
                None => None,
            };
            let rows = |x: &Bound<'_, PyAny>, y: &Bound<'_, PyAny>| -> PyResult<(Given, Vec<Target>)> {
                let (given, targets) = (Given::read(x, Some(kind))?, texts::targets(y, numbers)?);
                check_lengths(given.len(), targets.len())?;
                Ok((given, targets))
            };
            let (given, targets) = rows(data, labels)?;
            let mut source = source(given, targets)?;
            if let Some(weights) = sample_weight {
                source = source.with_sample_weight(&arrays::flat(weights)?).or_raise()?;
            }
            if sort {
                source = source.sorted().or_raise()?;
            }
            if let Some((x, y)) = &test {
                source = match rows(x, y)? {
                    (Given::Texts(rows), targets) => source.with_test(rows.into_iter().zip(targets)),
                    (Given::Ids(rows), targets) => source.with_test(rows.rows().map(words_of).zip(targets)),
                    (Given::Series(rows), targets) => source.with_test_series(series(rows, targets)?),
                };
            }
            if let Some((x, y)) = &validation {
                source = match rows(x, y)? {
                    (Given::Texts(rows), targets) => source.with_validation(rows.into_iter().zip(targets)),
                    (Given::Ids(rows), targets) => {
                        source.with_validation(rows.rows().map(words_of).zip(targets))
                    }
                    (Given::Series(_), _) => {
                        return Err(PyValueError::new_err(
                            "validation rows are for texts; for series, give validation_split",
                        ));
                    }
                };
            }
            source
        }
    };
    let config: TrainConfig = settings::read("train", &settings.to_string())?;
    let config = TrainConfig::new(source).overlaid(&config);
    let (outcome, seen) = Watch::new(progress).run(py, |watch| config.plan()?.run(watch))?;
    if outcome.interrupted && outcome.history().epochs.is_empty() {
        return Err(PyKeyboardInterrupt::new_err("training was stopped before the first epoch was complete"));
    }
    let mut figures = json!(outcome);
    figures["interrupted"] = (outcome.interrupted || seen.stopped).into();
    let plan = json!(outcome.plan).to_string();
    found.extend(seen.notes);
    Ok((Predictor::of(outcome.artifact)?, figures.to_string(), plan, found))
}

fn is_path(data: &Bound<'_, PyAny>) -> bool {
    data.is_instance_of::<PyString>() || data.hasattr("__fspath__").unwrap_or(false)
}

/// Returns the source of a table with named columns, which the settings choose or the library finds. The settings about
/// columns are taken out: rows in memory have none.
fn table_source(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    settings: &mut Value,
    test: Option<Pair<'_>>,
    validation: Option<Pair<'_>>,
    notes: &mut Vec<String>,
) -> PyResult<Source> {
    let mut take = |name: &str| settings.as_object_mut().and_then(|settings| settings.remove(name));
    let chosen = json!({
        "text_column": take("text_column").unwrap_or_else(|| json!([])),
        "label_column": take("label_column"),
        "label_separator": settings.get("label_separator"),
        "task": settings.get("task"),
    });
    let mut columns = chosen_columns(&chosen)?;
    let (texts, targets, names) = table(py, data, &columns, notes)?;
    columns = columns.text(names.text).label(names.label.join(","));
    let mut source = Source::texts(texts.into_iter().zip(targets));
    let rows = |pair: &Pair<'_>| -> PyResult<(Vec<String>, Vec<Target>)> {
        if !pair.1.is_none() {
            return Err(PyTypeError::new_err(
                "the data are a table, so the test and validation rows must be tables too",
            ));
        }
        let (texts, targets, _) = table(py, &pair.0, &columns, &mut Vec::new())?;
        Ok((texts, targets))
    };
    if let Some(pair) = &test {
        let (texts, targets) = rows(pair)?;
        source = source.with_test(texts.into_iter().zip(targets));
    }
    if let Some(pair) = &validation {
        let (texts, targets) = rows(pair)?;
        source = source.with_validation(texts.into_iter().zip(targets));
    }
    Ok(source)
}

/// Returns the columns that settings choose.
fn chosen_columns(settings: &Value) -> PyResult<Columns> {
    let chosen: ColumnSettings = settings::read("train", &settings.to_string())?;
    let problem = match (&settings["task"], &settings["label_separator"]) {
        (Value::String(task), _) if task == "regression" => Problem::regression(),
        (_, Value::String(separator)) => Problem::multi_label(separator.clone()),
        _ => Problem::SingleLabel,
    };
    let columns = Columns::default().text(chosen.text_column).problem(problem);
    Ok(match chosen.label_column {
        Some(name) => columns.label(name),
        None => columns,
    })
}

/// Returns the texts and the targets of a table, and the names of their columns.
fn table(
    py: Python<'_>,
    data: &Bound<'_, PyAny>,
    columns: &Columns,
    notes: &mut Vec<String>,
) -> PyResult<(Vec<String>, Vec<Target>, ColumnNames)> {
    let stream = Stream::read(data)?.filter(Stream::is_table).ok_or_else(|| {
        PyTypeError::new_err(
            "rows need labels: train(rows, labels); a path, the name of data, or a table (pandas with pyarrow, polars, \
             pyarrow) goes without",
        )
    })?;
    let (lines, left_out) = stream.json_lines()?;
    notes.extend(left_out);
    let read = py.detach(|| {
        let bytes = std::io::Cursor::new(lines.into_bytes());
        let options = RecordOptions::default();
        let mut records = Records::from_reader(bytes, RecordFormat::JsonLines, "the table", &options)?;
        labelled(&mut records, columns, true)
    });
    let (texts, targets, names, found) = read.or_raise()?;
    notes.extend(found);
    Ok((texts, targets.unwrap_or_default(), names))
}

/// What a file holds: its kind, its rows, their targets or None, the names of its columns, and notes.
type Content = (&'static str, Py<PyAny>, Option<Py<PyAny>>, String, Vec<String>);

/// Reads a file as training does.
#[pyfunction]
pub fn read(py: Python<'_>, path: OsString, settings: &str) -> PyResult<Content> {
    let mut settings: serde_json::Map<String, Value> = settings::read("read", settings)?;
    let task: Task = match settings.remove("task") {
        Some(task) => settings::read("read", &task.to_string())?,
        None => Task::Classify,
    };
    let separator = settings.remove("label_separator").and_then(|text| text.as_str().map(str::to_owned));
    let wants_labels = settings.remove("labels").is_none_or(|labels| labels == Value::Bool(true));
    let columns: ColumnSettings = settings::read("read", &Value::Object(settings.clone()).to_string())?;
    let options: RowOptions = settings::read("read", &Value::Object(settings).to_string())?;
    let source = Source::from(path.as_os_str());
    let path = Path::new(&path);
    match source.kind(task) {
        DataKind::Text => {
            let text = py.detach(|| {
                let file = open_text(path, options.record_options().encoding)?;
                let (mut text, notes, mut bytes) = (String::new(), file.notes.clone(), file.bytes);
                bytes.read_to_string(&mut text).map_err(|e| gatewise::Error::io("cannot read", path, e))?;
                Ok((text, notes))
            });
            let (text, notes) = text.or_raise()?;
            Ok(("text", text.into_pyobject(py)?.into_any().unbind(), None, "{}".into(), notes))
        }
        DataKind::Series => series_of(py, path),
        DataKind::Texts if path.exists() => {
            let problem = match (task, separator) {
                (Task::Regression, _) => Problem::regression(),
                (_, Some(separator)) => Problem::multi_label(separator),
                _ => Problem::SingleLabel,
            };
            let read = py.detach(|| -> gatewise::Result<_> {
                let mut records = Records::open(path, &options.record_options())?;
                let chosen = Columns::default().text(columns.text_column).problem(problem);
                let chosen = match columns.label_column {
                    Some(name) => chosen.label(name),
                    None => chosen,
                };
                let (rows, targets, names, notes) = labelled(&mut records, &chosen, wants_labels)?;
                let names =
                    json!({"text": names.text, "label": names.label, "delimiter": records.delimiter()});
                Ok((rows, targets, names.to_string(), notes))
            });
            let (rows, targets, names, notes) = read.or_raise()?;
            let texts = rows.into_pyobject(py)?.into_any().unbind();
            Ok(("texts", texts, targets_of(py, targets)?, names, notes))
        }
        _ => Err(PyValueError::new_err(format!(
            "{} is not a file that read reads; data sets by name have functions in gatewise.datasets",
            path.display()
        ))),
    }
}

/// The settings of the columns, which the rows are read by.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(default)]
struct ColumnSettings {
    text_column: Vec<String>,
    label_column: Option<String>,
}

/// Texts, their targets, the names of the columns, and notes.
type Labelled = (Vec<String>, Option<Vec<Target>>, ColumnNames, Vec<String>);

/// Returns the texts and the labels of records, whose columns are chosen or found.
fn labelled(records: &mut Records, columns: &Columns, wants_labels: bool) -> gatewise::Result<Labelled> {
    let found = match wants_labels {
        true => columns.find(records)?,
        false => columns.find_texts(records)?,
    };
    let (mut record, mut joined, mut field) = (Record::default(), String::new(), String::new());
    let (mut texts, mut targets) = (Vec::new(), Vec::new());
    while records.read(&mut record)? {
        let Some(text) = found.text(&record, &mut joined).map(str::to_owned) else {
            records.reject(&record, "the text is missing")?;
            continue;
        };
        if wants_labels {
            let target = found.label(&record, &mut field).and_then(|field| target(field, found.problem()));
            match target {
                Ok(target) => targets.push(target),
                Err(flaw) => {
                    records.reject(&record, &flaw)?;
                    continue;
                }
            }
        }
        texts.push(text);
    }
    let mut notes: Vec<String> = records.notes().iter().chain(found.notes()).cloned().collect();
    notes.push(found.names().sentence());
    let skipped = records.skipped();
    if skipped.count > 0 {
        notes.push(format!("bad rows skipped: {}: {}", skipped.count, skipped.first.join("; ")));
    }
    Ok((texts, wants_labels.then_some(targets), found.names().clone(), notes))
}

/// Returns the target that a label field states.
fn target(field: &str, problem: &Problem) -> Result<Target, String> {
    match problem {
        Problem::Regression { .. } => {
            field.parse().map(Target::Number).map_err(|_| format!("'{field}' is not a number"))
        }
        Problem::MultiLabel { separator, .. } => {
            let listed: Option<Vec<String>> = serde_json::from_str(field).ok();
            let split = || {
                field.split(&**separator).map(str::trim).filter(|label| !label.is_empty()).map(str::to_owned)
            };
            Ok(Target::Labels(listed.unwrap_or_else(|| split().collect())))
        }
        _ if field.trim().is_empty() => Err("the label is missing".into()),
        _ => Ok(Target::Label(field.trim().to_owned())),
    }
}

fn targets_of(py: Python<'_>, targets: Option<Vec<Target>>) -> PyResult<Option<Py<PyAny>>> {
    let Some(targets) = targets else { return Ok(None) };
    let list = PyList::empty(py);
    for target in targets {
        match target {
            Target::Label(label) => list.append(label)?,
            Target::Labels(labels) => list.append(labels)?,
            Target::Number(number) => list.append(number)?,
            _ => return Err(PyValueError::new_err("a target of an unknown kind")),
        }
    }
    Ok(Some(list.into_any().unbind()))
}

fn series_of(py: Python<'_>, path: &Path) -> PyResult<Content> {
    let file = py.detach(|| SeriesFile::read(path)).or_raise()?;
    let list = PyList::empty(py);
    let (rows, width) = (&file.rows, file.rows.width());
    for row in 0..rows.len() {
        list.append(arrays::array(py, rows.row(row).to_vec(), &[rows.steps(row), width])?)?;
    }
    let targets = match &file.targets {
        SeriesTargets::Classes { labels, classes, .. } => {
            let of = |class: &Option<u32>| class.and_then(|class| labels.get(class as usize).cloned());
            Some(classes.iter().map(of).collect::<Vec<_>>().into_pyobject(py)?.into_any().unbind())
        }
        SeriesTargets::Numbers(numbers) => Some(numbers.clone().into_pyobject(py)?.into_any().unbind()),
        _ => None,
    };
    let columns = json!({"channels": width}).to_string();
    Ok(("series", list.into_any().unbind(), targets, columns, file.notes))
}

/// Returns generated reviews and their classes, 0 (negative) or 1 (positive).
#[pyfunction]
pub fn generate_reviews(py: Python<'_>, seed: u64, rows: usize) -> PyResult<(Vec<String>, Vec<u32>)> {
    /// Far fewer than the sentences of the grammar.
    const MOST: usize = 200_000;
    if rows > MOST {
        return Err(PyValueError::new_err(format!(
            "{rows} reviews are asked for; at most {MOST} are generated"
        )));
    }
    Ok(py.detach(|| reviews::generate(seed, rows)).into_iter().unzip())
}
