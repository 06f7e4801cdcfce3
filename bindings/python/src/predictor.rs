//! `Predictor`: a trained model with its preprocessing, as Python holds it; `Answer`, its prediction for one row.
//!
//! Input: a model file, and texts, rows of ids or series. Output: outputs as arrays, answers, files of answers. A predictor
//! does not change: any number of threads may share one.

use crate::arrays;
use crate::errors::OrRaise;
use crate::settings;
use crate::texts::{self, Given, Kind, words_of};
use crate::watch::Watch;
use gatewise::files::{Delimiter, Encoding, OnError, RecordFormat, RecordOptions};
use gatewise::layers::Layer;
use gatewise::rows::{Inputs, Problem};
use gatewise::{AnswerKind, Artifact, Reader};
use gatewise_pipeline::{
    Destination, EvaluateConfig, PredictFile, PredictSeries, RowOptions, Source, check_top_k, set_threshold,
    top_labels,
};
use numpy::PyArrayDyn;
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList, PyTuple};
use serde::Deserialize;
use serde_json::json;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The program's own model.
const SENTIMENT: &[u8] = include_bytes!("../../../crates/cli/models/sentiment.gatewise");

#[pyclass(frozen, module = "gatewise._gatewise")]
pub struct Predictor(gatewise::Predictor);

/// The settings of predictions for a file.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct FileSettings {
    text_column: Vec<String>,
    delimiter: Option<Delimiter>,
    header: Option<bool>,
    encoding: Option<Encoding>,
    on_error: Option<OnError>,
    top_k: Option<usize>,
}

impl FileSettings {
    fn records(&self) -> RecordOptions {
        let mut records = RecordOptions::default().on_error(self.on_error.unwrap_or_default());
        (records.delimiter, records.header, records.encoding) = (self.delimiter, self.header, self.encoding);
        records
    }
}

/// The settings of an evaluation.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct EvaluateSettings {
    calibration_bins: Option<usize>,
    #[serde(flatten)]
    rows: serde_json::Map<String, serde_json::Value>,
}

impl Predictor {
    pub fn of(artifact: Artifact) -> PyResult<Self> {
        gatewise::Predictor::new(artifact).map(Self).or_raise()
    }

    fn artifact(&self) -> &Artifact {
        self.0.artifact()
    }

    /// Returns the library's predictor, which shares the model.
    pub fn shared(&self) -> gatewise::Predictor {
        self.0.clone()
    }

    /// Returns the rows of `x`, as the model reads them.
    pub fn given(&self, x: &Bound<'_, PyAny>) -> PyResult<Given> {
        let kind = match self.artifact().reader() {
            Reader::Text { .. } => match Kind::of(x)? {
                Kind::Ids => Kind::Ids,
                _ => Kind::Texts,
            },
            Reader::Series { .. } => Kind::Series,
            _ if matches!(self.artifact().model().spec().layers().next(), Some(Layer::Input(_))) => {
                Kind::Series
            }
            _ => Kind::Ids,
        };
        let given = Given::read(x, Some(kind))?;
        match (given, self.artifact().reader()) {
            // A model that was trained on ids has them as its words.
            (Given::Ids(rows), Reader::Text { .. }) => Ok(Given::Texts(rows.rows().map(words_of).collect())),
            (given, _) => Ok(given),
        }
    }

    fn answers_to(&self, given: &Given) -> gatewise::Result<Vec<gatewise::Answer>> {
        match given {
            Given::Texts(texts) => self.0.predict(texts),
            Given::Ids(rows) => self.0.predict_of_ids(rows),
            Given::Series(rows) => self.0.predict_series(rows),
        }
    }

    /// Returns the outputs of the model for rows, one after the other; numbers in their own unit.
    fn outputs(&self, given: Given) -> gatewise::Result<Vec<f32>> {
        let artifact = self.artifact();
        let is_plain = matches!(artifact.reader(), Reader::Ids) && artifact.ensemble().is_none();
        if is_plain && !matches!(artifact.problem(), Problem::Regression { .. }) {
            let inputs: Inputs = match given {
                Given::Ids(rows) => rows.into(),
                Given::Series(rows) => rows.into(),
                Given::Texts(_) => unreachable!("a model of ids reads no texts"),
            };
            return artifact.model().predict(&inputs, artifact.padding());
        }
        let answers = self.answers_to(&given)?;
        Ok(answers
            .into_iter()
            .flat_map(|answer| answer.value.map_or(answer.scores, |value| vec![value]))
            .collect())
    }
}

#[pymethods]
impl Predictor {
    /// Loads a model from a file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        py.detach(|| Artifact::load(&path).and_then(gatewise::Predictor::new)).map(Self).or_raise()
    }

    /// Returns the model of the bytes of a file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        py.detach(|| Artifact::from_bytes(bytes).and_then(gatewise::Predictor::new)).map(Self).or_raise()
    }

    /// Returns the built-in model.
    #[staticmethod]
    fn sentiment(py: Python<'_>) -> PyResult<Self> {
        Self::from_bytes(py, SENTIMENT)
    }

    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| self.artifact().save(&path)).or_raise()
    }

    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        Ok(PyBytes::new(py, &py.detach(|| self.artifact().to_bytes()).or_raise()?))
    }

    /// Returns the prediction for a text.
    fn answer(&self, py: Python<'_>, text: &str) -> PyResult<Answer> {
        let answer = py.detach(|| self.0.answer(text)).or_raise()?;
        Ok(Answer { answer, predictor: self.0.clone() })
    }

    /// Returns the predictions for rows.
    fn answers(&self, py: Python<'_>, x: &Bound<'_, PyAny>) -> PyResult<Vec<Answer>> {
        let given = self.given(x)?;
        let answers = py.detach(|| self.answers_to(&given)).or_raise()?;
        Ok(answers.into_iter().map(|answer| Answer { answer, predictor: self.0.clone() }).collect())
    }

    /// Returns the outputs for rows, `(rows, outputs)`.
    fn predict<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyArrayDyn<f32>>> {
        let given = self.given(x)?;
        let rows = given.len();
        let outputs = py.detach(|| self.outputs(given)).or_raise()?;
        let width = self.artifact().model().output_width();
        match outputs.len() == rows * width {
            true => arrays::array(py, outputs, &[rows, width]),
            false => Err(PyTypeError::new_err(
                "this model has an output at every step; load it with load_model, and use its predict",
            )),
        }
    }

    /// Returns the place of the predicted label of each row of outputs, `(rows, outputs)`.
    fn classes(&self, outputs: &Bound<'_, PyAny>) -> PyResult<Vec<usize>> {
        let width = self.artifact().model().output_width().max(1);
        let outputs = arrays::flat(outputs)?;
        Ok(outputs.chunks_exact(width).map(|row| self.artifact().class(row)).collect())
    }

    /// Returns the predicted label of each row: a text, a list of texts, or a number.
    fn predict_labels<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyList>> {
        let given = self.given(x)?;
        let answers = py.detach(|| self.answers_to(&given)).or_raise()?;
        let list = PyList::empty(py);
        for answer in answers {
            match (answer.value, self.artifact().problem()) {
                (Some(value), _) => list.append(value)?,
                (None, Problem::MultiLabel { .. }) => list.append(answer.labels)?,
                (None, _) => list.append(answer.label)?,
            }
        }
        Ok(list)
    }

    #[getter]
    fn labels(&self) -> Vec<String> {
        self.artifact().labels().to_vec()
    }

    #[getter]
    fn positive(&self) -> Option<String> {
        self.artifact().positive().map(str::to_owned)
    }

    #[getter]
    fn threshold(&self) -> f32 {
        self.artifact().threshold()
    }

    /// Returns the model with another threshold.
    fn with_threshold(&self, threshold: f32) -> PyResult<Self> {
        let mut artifact = self.artifact().clone();
        set_threshold(&mut artifact, threshold).or_raise()?;
        Self::of(artifact)
    }

    /// Returns "single_label_classification", "multi_label_classification", "regression" or "language_model".
    #[getter]
    fn problem(&self) -> &'static str {
        match (self.artifact().answer_kind(), self.artifact().problem()) {
            (AnswerKind::NextToken, _) => "language_model",
            (_, Problem::MultiLabel { .. }) => "multi_label_classification",
            (_, Problem::Regression { .. }) => "regression",
            (AnswerKind::Class, _) => "single_label_classification",
            _ => "outputs",
        }
    }

    /// Returns "texts", "series" or "ids".
    #[getter]
    fn reads(&self) -> &'static str {
        match self.artifact().reader() {
            Reader::Text { .. } => "texts",
            Reader::Series { .. } => "series",
            _ => "ids",
        }
    }

    /// Returns the number of recurrent models.
    fn members(&self) -> usize {
        1 + self.artifact().ensemble().map_or(0, |ensemble| ensemble.others().len())
    }

    /// Returns the table of the layers.
    fn summary(&self) -> String {
        self.artifact().model().summary(self.artifact().padding().maxlen)
    }

    /// Returns layers, preprocessing and training as JSON.
    fn details(&self) -> String {
        let artifact = self.artifact();
        let vocabulary =
            artifact.vocabulary().map(|words| json!({"words": words.len(), "max_words": words.max_words()}));
        json!({
            "layers": artifact.model().spec(),
            "parameters": artifact.model().params().len(),
            "weights_sha256": artifact.weights_sha256(),
            "tokenizer": artifact.tokenizer(),
            "vocabulary": vocabulary,
            "scalers": artifact.scalers(),
            "padding": artifact.padding(),
            "problem": artifact.problem(),
            "labels": artifact.labels(),
            "positive": artifact.positive(),
            "threshold": artifact.threshold(),
            "training": artifact.training(),
        })
        .to_string()
    }

    /// Predicts for the texts or the series of a file, and writes the file `output`. Without `output`, returns the rows as
    /// lines of JSON. Also returns figures about the words, and notes.
    #[pyo3(signature = (path, output, settings))]
    fn predict_file(
        &self,
        py: Python<'_>,
        path: PathBuf,
        output: Option<PathBuf>,
        settings: &str,
    ) -> PyResult<(Option<String>, String, Vec<String>)> {
        let settings: FileSettings = settings::read("predict_file", settings)?;
        if settings.top_k.is_some() {
            check_top_k(self.artifact()).or_raise()?;
        }
        if matches!(self.artifact().reader(), Reader::Series { .. }) {
            return self.predict_series_file(py, &path, output.as_deref(), settings.top_k);
        }
        let mut config =
            PredictFile::new(&path).text_columns(&settings.text_column).records(settings.records());
        if let Some(count) = settings.top_k {
            config = config.top_k(count);
        }
        let mut lines = Vec::new();
        let config = match &output {
            Some(output) => config.to_file(output),
            None => config.to(Destination::Stream(Box::new(&mut lines), Some(RecordFormat::JsonLines))),
        };
        let (outcome, seen) = Watch::new(None).run(py, |watch| config.run(&self.0, watch))?;
        if outcome.interrupted || seen.stopped {
            return Err(pyo3::exceptions::PyKeyboardInterrupt::new_err("predict_file was stopped"));
        }
        let mut notes = seen.notes;
        notes.extend(outcome.drift.warning(self.artifact()));
        let lines = output.is_none().then(|| String::from_utf8_lossy(&lines).into_owned());
        Ok((lines, json!(outcome.drift).to_string(), notes))
    }

    /// Evaluates the model on named data or a file.
    fn evaluate_file(
        &self,
        py: Python<'_>,
        data: OsString,
        settings: &str,
    ) -> PyResult<(String, Vec<String>)> {
        self.evaluate_on(py, Source::from(data.as_os_str()), settings)
    }

    /// Evaluates the model on rows.
    fn evaluate(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        settings: &str,
    ) -> PyResult<(String, Vec<String>)> {
        let given = self.given(x)?;
        let numbers = matches!(self.artifact().problem(), Problem::Regression { .. });
        let targets = texts::targets(y, Some(numbers))?;
        let source = crate::pipeline::source(given, targets)?;
        self.evaluate_on(py, source, settings)
    }

    fn __reduce__<'py>(slf: &Bound<'py, Self>) -> PyResult<(Bound<'py, PyAny>, Bound<'py, PyTuple>)> {
        let py = slf.py();
        let make = slf.get_type().getattr("from_bytes")?;
        Ok((make, PyTuple::new(py, [slf.get().to_bytes(py)?])?))
    }
}

impl Predictor {
    fn predict_series_file(
        &self,
        py: Python<'_>,
        path: &Path,
        output: Option<&Path>,
        top_k: Option<usize>,
    ) -> PyResult<(Option<String>, String, Vec<String>)> {
        let config = PredictSeries::new([path]);
        let config = top_k.map_or(config.clone(), |count| config.top_k(count));
        let (lines, seen) = Watch::new(None).run(py, |watch| {
            if let Some(output) = output {
                return config.write(&self.0, output, watch).map(|()| None);
            }
            let (mut lines, mut series) = (String::new(), 0);
            config.run(&self.0, watch, |file, answers| {
                for answer in answers {
                    series += 1;
                    let mut row =
                        json!({"file": file.display().to_string(), "series": series, "label": answer.label});
                    match answer.value {
                        Some(value) => row["value"] = value.into(),
                        None => row["probability"] = answer.probability.into(),
                    }
                    if let Some(count) = top_k {
                        let labels = top_labels(self.artifact(), &answer.scores, count);
                        row["top"] = labels
                            .into_iter()
                            .map(|(label, p)| json!({"label": label, "probability": p}))
                            .collect();
                    }
                    lines += &format!("{row}\n");
                }
                Ok(())
            })?;
            Ok(Some(lines))
        })?;
        Ok((lines, "{}".to_owned(), seen.notes))
    }

    fn evaluate_on(&self, py: Python<'_>, source: Source, settings: &str) -> PyResult<(String, Vec<String>)> {
        let settings: EvaluateSettings = settings::read("evaluate", settings)?;
        let rows: RowOptions =
            settings::read("evaluate", &serde_json::Value::Object(settings.rows).to_string())?;
        let mut config = EvaluateConfig::new(source).rows(rows);
        if let Some(bins) = settings.calibration_bins {
            config = config.calibration_bins(bins);
        }
        let (outcome, seen) = Watch::new(None).run(py, |watch| config.run(self.artifact(), watch))?;
        Ok((json!(outcome).to_string(), seen.notes))
    }
}

/// The prediction for one row.
///
/// `label` is the prediction as text: the label, the labels joined by the separator of the training data, or the number.
/// `probability` is the probability of the label, or the highest of several labels; None for a number.
#[pyclass(frozen, module = "gatewise")]
pub struct Answer {
    answer: gatewise::Answer,
    predictor: gatewise::Predictor,
}

#[pymethods]
impl Answer {
    /// The prediction as text.
    #[getter]
    fn label(&self) -> &str {
        &self.answer.label
    }

    /// The predicted labels: one, or any number of a multi-label model; none of a number.
    #[getter]
    fn labels(&self) -> Vec<String> {
        self.answer.labels.clone()
    }

    /// The probability of the label; the highest of several labels; None for a number.
    #[getter]
    fn probability(&self) -> Option<f32> {
        Some(self.answer.probability).filter(|probability| !probability.is_nan())
    }

    /// The number of a model of regression, in its own unit, else None.
    #[getter]
    fn value(&self) -> Option<f32> {
        self.answer.value
    }

    /// The probability of each label, the most probable first; empty for a number.
    #[getter]
    fn outputs<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let outputs = PyDict::new(py);
        if self.answer.value.is_none() {
            for (label, probability) in top_labels(self.predictor.artifact(), &self.answer.scores, usize::MAX)
            {
                outputs.set_item(label, probability)?;
            }
        }
        Ok(outputs)
    }

    /// The number of words of the text.
    #[getter]
    fn words(&self) -> usize {
        self.answer.words
    }

    /// The number of words that the model does not know.
    #[getter]
    fn unknown(&self) -> usize {
        self.answer.oov
    }

    /// The share of the words that the model does not know, 0 to 1; 0 without words.
    #[getter]
    fn unknown_share(&self) -> f64 {
        self.answer.oov as f64 / self.answer.words.max(1) as f64
    }

    fn __repr__(&self) -> String {
        let unknown = match self.answer.oov {
            0 => String::new(),
            unknown => format!(", {unknown} of {} words unknown", self.answer.words),
        };
        match self.answer.value {
            Some(value) => format!("Answer({value}{unknown})"),
            None => {
                format!("Answer({:?}, {:.1} %{unknown})", self.answer.label, 100.0 * self.answer.probability)
            }
        }
    }
}

/// Refuses rows and targets that differ in number.
pub fn check_lengths(rows: usize, targets: usize) -> PyResult<()> {
    match rows == targets {
        true => Ok(()),
        false => Err(PyValueError::new_err(format!(
            "there are {rows} rows and {targets} labels; give one label for each row"
        ))),
    }
}
