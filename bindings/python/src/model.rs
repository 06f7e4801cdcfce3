//! `Model`: a compiled model as Python holds it.
//!
//! Input: layers and settings as JSON, rows as arrays. Output: outputs as arrays, histories as dictionaries. The model
//! is shared: any number of threads predict from it, and one may train it meanwhile; they see the weights of before,
//! until the training ends or a callback looks at them.

use crate::arrays::{self, Reads, Rows};
use crate::callbacks::{self, Raised};
use crate::errors::OrRaise;
use crate::settings;
use gatewise::layers::Layer;
use gatewise::rows::{ClassWeight, Dataset};
use gatewise::{Artifact, Fit, Loss, Machine, Sequential};
use numpy::PyArrayDyn;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use serde::Deserialize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, TryLockError};

/// The settings of a call of `fit`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RunSettings {
    epochs: usize,
    batch_size: usize,
    #[serde(default)]
    validation_split: f64,
    #[serde(default)]
    initial_epoch: usize,
    steps_per_epoch: Option<usize>,
    validation_steps: Option<usize>,
    validation_freq: Option<usize>,
    shuffle: bool,
    seed: u64,
    loss: Option<Loss>,
    learning_rate: Option<f64>,
    class_weight: Option<std::collections::BTreeMap<usize, f64>>,
    threads: Option<usize>,
}

#[pyclass(frozen, module = "gatewise._gatewise")]
pub struct Model {
    held: RwLock<Arc<gatewise::Model>>,
    /// Held by the thread that trains.
    training: Mutex<()>,
    /// How often Python has set weights.
    edits: AtomicU64,
}

impl Model {
    fn new(model: gatewise::Model) -> Self {
        Self { held: RwLock::new(Arc::new(model)), training: Mutex::new(()), edits: AtomicU64::new(0) }
    }

    /// Returns the model with its weights of now.
    pub fn now(&self) -> Arc<gatewise::Model> {
        Arc::clone(&self.held.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Shows these weights from now on.
    pub fn publish(&self, model: &gatewise::Model) {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        match Arc::get_mut(&mut held) {
            Some(own) => own.params_mut().values_mut().copy_from_slice(model.params().values()),
            None => *held = Arc::new(model.clone()),
        }
    }

    pub fn edits(&self) -> u64 {
        self.edits.load(Ordering::Acquire)
    }

    fn reads(&self) -> Reads {
        let model = self.now();
        let width = |layer: &Layer| match layer {
            Layer::Input(input) => Some(input.features),
            _ => None,
        };
        model.spec().layers().next().and_then(width).map_or(Reads::Ids, Reads::Vectors)
    }

    fn rows(&self, x: &Bound<'_, PyAny>) -> PyResult<Rows> {
        arrays::rows(x, self.reads(), self.now().output_per_step())
    }

    fn dataset(
        &self,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        weights: Option<&Bound<'_, PyAny>>,
    ) -> PyResult<Dataset> {
        let Rows { inputs, padding, .. } = self.rows(x)?;
        let targets = arrays::targets(y, &inputs, self.now().output_per_step())?;
        let data = Dataset::new(inputs, targets).or_raise()?.with_padding(padding);
        match weights {
            Some(weights) => data.with_sample_weight(arrays::flat(weights)?).or_raise(),
            None => Ok(data),
        }
    }
}

type Validation<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, Option<Bound<'py, PyAny>>);

#[pymethods]
impl Model {
    /// Compiles the layers, a JSON list, with initial weights drawn from `seed`.
    #[staticmethod]
    fn compile(layers: &str, seed: u64) -> PyResult<Self> {
        let layers: Sequential = settings::read("the layers", layers)?;
        Ok(Self::new(layers.compile(seed).or_raise()?))
    }

    /// Loads a model of ids or vectors from a file.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<Self> {
        let artifact = py.detach(|| Artifact::load(&path)).or_raise()?;
        Ok(Self::new(artifact.model().clone()))
    }

    /// Saves the model to a file.
    fn save(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let model = self.now();
        py.detach(|| Artifact::builder((*model).clone()).build()?.save(&path)).or_raise()
    }

    /// Returns the layers as a JSON list.
    fn layers(&self) -> PyResult<String> {
        serde_json::to_string(self.now().spec()).map_err(|error| PyValueError::new_err(error.to_string()))
    }

    /// Returns name, shape and trainability of each tensor.
    fn tensors(&self) -> Vec<(String, Vec<usize>, bool)> {
        let model = self.now();
        let tensor = |info: &gatewise::ParamInfo| (info.name.clone(), info.shape.clone(), info.trainable);
        model.params().table().iter().map(tensor).collect()
    }

    /// Returns the tensors in Keras's order, as arrays.
    fn get_weights<'py>(&self, py: Python<'py>) -> PyResult<Vec<Bound<'py, PyArrayDyn<f32>>>> {
        let model = self.now();
        let params = model.params();
        let tensor =
            |(info, values): (&gatewise::ParamInfo, &[f32])| arrays::array(py, values.to_vec(), &info.shape);
        params.table().iter().zip(params.weights()).map(tensor).collect()
    }

    /// Sets the tensors, in Keras's order.
    fn set_weights(&self, weights: Vec<Bound<'_, PyAny>>) -> PyResult<()> {
        let weights: Vec<_> = weights.iter().map(arrays::floats).collect::<PyResult<_>>()?;
        let mut model = (*self.now()).clone();
        for (info, given) in model.params().table().iter().zip(&weights) {
            let shape = numpy::PyUntypedArrayMethods::shape(&**given);
            if shape != info.shape {
                return Err(PyValueError::new_err(format!(
                    "{} has the shape {:?}, but an array of shape {shape:?} was given",
                    info.name, info.shape
                )));
            }
        }
        let values: Vec<&[f32]> = weights.iter().map(|array| array.as_slice()).collect::<Result<_, _>>()?;
        model.params_mut().set_weights(&values).or_raise()?;
        self.publish(&model);
        self.edits.fetch_add(1, Ordering::Release);
        Ok(())
    }

    /// Returns Keras's table of the layers.
    #[pyo3(signature = (steps=None))]
    fn summary(&self, steps: Option<usize>) -> String {
        self.now().summary(steps)
    }

    /// Returns the width of an output, and whether there is one at each step.
    fn output(&self) -> (usize, bool) {
        let model = self.now();
        (model.output_width(), model.output_per_step())
    }

    /// Returns the outputs for rows: `(rows, width)`, or `(rows, steps, width)`.
    fn predict<'py>(&self, py: Python<'py>, x: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let Rows { inputs, padding, steps } = self.rows(x)?;
        let model = self.now();
        let outputs = py.detach(|| model.predict(&inputs, padding)).or_raise()?;
        let width = model.output_width();
        if !model.output_per_step() {
            return Ok(arrays::array(py, outputs, &[inputs.len(), width])?.into_any());
        }
        if let Some(steps) = steps {
            return Ok(arrays::array(py, outputs, &[inputs.len(), steps, width])?.into_any());
        }
        let list = PyList::empty(py);
        let mut rest = &outputs[..];
        for row in 0..inputs.len() {
            let (own, tail) = rest.split_at(inputs.steps(row) * width);
            list.append(arrays::array(py, own.to_vec(), &[inputs.steps(row), width])?)?;
            rest = tail;
        }
        Ok(list.into_any())
    }

    /// Returns loss and accuracy.
    #[pyo3(signature = (x, y, sample_weight=None, loss=None))]
    fn evaluate(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        sample_weight: Option<&Bound<'_, PyAny>>,
        loss: Option<&str>,
    ) -> PyResult<(f64, Option<f64>)> {
        let data = self.dataset(x, y, sample_weight)?;
        let model = self.now();
        let loss: Option<Loss> = loss.map(|loss| settings::read("the loss", loss)).transpose()?;
        let machine = Machine::new();
        let evaluation = py
            .detach(|| match loss {
                Some(loss) => model.evaluate_with(&data, loss, &machine),
                None => model.evaluate_on(&data, &machine),
            })
            .or_raise()?;
        Ok((evaluation.loss, evaluation.accuracy))
    }

    /// Trains the model. Returns the history: names of metrics, and a number for each epoch.
    ///
    /// `owner` is the Python model: its `stop_training` and its optimizer's `learning_rate` are heeded.
    #[pyo3(signature = (owner, x, y, settings, sample_weight=None, validation=None, callbacks=Vec::new(), progress=None))]
    #[expect(clippy::too_many_arguments, reason = "Keras's arguments")]
    fn fit<'py>(
        slf: &Bound<'py, Self>,
        owner: Py<PyAny>,
        x: &Bound<'py, PyAny>,
        y: &Bound<'py, PyAny>,
        settings: &str,
        sample_weight: Option<&Bound<'py, PyAny>>,
        validation: Option<Validation<'py>>,
        callbacks: Vec<Bound<'py, PyAny>>,
        progress: Option<Py<PyAny>>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (py, this) = (slf.py(), slf.get());
        let _training = match this.training.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(guard)) => guard.into_inner(),
            Err(TryLockError::WouldBlock) => {
                return Err(PyRuntimeError::new_err(
                    "the model is being trained already; wait for that call of fit",
                ));
            }
        };
        let run: RunSettings = settings::read("fit", settings)?;
        let data = this.dataset(x, y, sample_weight)?;
        let validation =
            validation.map(|(x, y, weights)| this.dataset(&x, &y, weights.as_ref())).transpose()?;
        let mut fit = Fit::new()
            .epochs(run.epochs)
            .batch_size(run.batch_size)
            .validation_split(run.validation_split)
            .initial_epoch(run.initial_epoch)
            .shuffle(run.shuffle)
            .seed(run.seed);
        if let Some(steps) = run.steps_per_epoch {
            fit = fit.steps_per_epoch(steps);
        }
        if let Some(steps) = run.validation_steps {
            fit = fit.validation_steps(steps);
        }
        if let Some(freq) = run.validation_freq {
            fit = fit.validation_freq(freq);
        }
        if let Some(loss) = run.loss {
            fit = fit.loss(loss);
        }
        if let Some(rate) = run.learning_rate {
            fit = fit.learning_rate(rate);
        }
        if let Some(threads) = run.threads {
            fit = fit.threads(threads);
        }
        if let Some(weights) = run.class_weight {
            let classes =
                weights.keys().next_back().map_or(0, |&last| last + 1).max(this.now().output_width()).max(2);
            let weight = |class: usize| weights.get(&class).copied().unwrap_or(1.0);
            fit = fit.class_weight(ClassWeight::Each((0..classes).map(weight).collect()));
        }
        if let Some(validation) = &validation {
            fit = fit.validation_data(validation);
        }
        let raised = Raised::default();
        let fit = callbacks::add(fit, &owner, slf, callbacks, progress, &raised)?;
        let mut model = (*this.now()).clone();
        let history = py.detach(|| fit.run(&mut model, &data));
        this.publish(&model);
        raised.check()?;
        let history = history.or_raise()?;
        let columns = PyDict::new(py);
        for log in &history.epochs {
            for (name, value) in log.values() {
                match columns.get_item(name)? {
                    Some(list) => list.cast_into::<PyList>()?.append(value)?,
                    None => columns.set_item(name, [value])?,
                }
            }
        }
        Ok(columns)
    }
}
