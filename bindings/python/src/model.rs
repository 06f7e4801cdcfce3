//! `Model`: a compiled model as Python holds it.
//!
//! Input: layers and settings as JSON, rows as arrays. Output: outputs as arrays, histories as dictionaries. The model
//! is shared: any number of threads predict from it, and one may train it meanwhile; they see the weights of before,
//! until the training ends or a callback looks at them.

use crate::arrays::{self, Reads, Rows};
use crate::errors::OrRaise;
use crate::settings;
use crate::training::{self, Compiled, RunSettings, Surroundings, Trainer};
use gatewise::layers::Layer;
use gatewise::rows::{Dataset, Padding, Scaler};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, ArtifactBuilder, Sequential, TrainingSummary};
use numpy::PyArrayDyn;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, TryLockError};

/// A compiled model.
#[pyclass(frozen, module = "gatewise._gatewise")]
pub struct Model {
    held: RwLock<Arc<gatewise::Model>>,
    /// Held by the thread that trains.
    trainer: Mutex<Trainer>,
    /// Apart from the trainer, so that a callback may evaluate the model.
    compiled: RwLock<Arc<Compiled>>,
    /// How often Python has set weights.
    edits: AtomicU64,
}

impl Model {
    fn new(model: gatewise::Model) -> Self {
        Self {
            held: RwLock::new(Arc::new(model)),
            trainer: Mutex::default(),
            compiled: RwLock::default(),
            edits: AtomicU64::new(0),
        }
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

    /// Changes the model in place, under the lock: training may publish weights at any moment.
    fn edit<T>(&self, change: impl FnOnce(&mut gatewise::Model) -> gatewise::Result<T>) -> PyResult<T> {
        let mut held = self.held.write().unwrap_or_else(PoisonError::into_inner);
        let value = change(Arc::make_mut(&mut held)).or_raise()?;
        self.edits.fetch_add(1, Ordering::Release);
        Ok(value)
    }

    pub fn edits(&self) -> u64 {
        self.edits.load(Ordering::Acquire)
    }

    fn compiled(&self) -> Arc<Compiled> {
        Arc::clone(&self.compiled.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn trainer(&self) -> PyResult<MutexGuard<'_, Trainer>> {
        match self.trainer.try_lock() {
            Ok(guard) => Ok(guard),
            Err(TryLockError::Poisoned(guard)) => Ok(guard.into_inner()),
            Err(TryLockError::WouldBlock) => Err(PyRuntimeError::new_err(
                "the model is being trained; wait for that call of fit, or train a copy of the model",
            )),
        }
    }

    pub fn reads(&self) -> Reads {
        let model = self.now();
        match model.spec().layers().next() {
            Some(Layer::Input(input)) if input.sequence => Reads::Vectors(input.features),
            Some(Layer::Input(input)) => Reads::Vector(input.features),
            _ => Reads::Ids,
        }
    }

    pub fn rows(&self, x: &Bound<'_, PyAny>) -> PyResult<Rows> {
        arrays::rows(x, self.reads(), self.now().output_per_step())
    }

    pub fn dataset(
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

    /// Loads a model of ids or vectors from a file. Returns it with the arguments of `compile`, as JSON.
    #[staticmethod]
    fn load(py: Python<'_>, path: PathBuf) -> PyResult<(Self, Option<String>)> {
        let artifact = py.detach(|| Artifact::load(&path)).or_raise()?;
        let compile = artifact.training().compile.as_ref().map(serde_json::Value::to_string);
        Ok((Self::new(artifact.model().clone()), compile))
    }

    /// Returns the model of the bytes of a file.
    #[staticmethod]
    fn from_bytes(py: Python<'_>, bytes: &[u8]) -> PyResult<Self> {
        let artifact = py.detach(|| Artifact::from_bytes(bytes)).or_raise()?;
        Ok(Self::new(artifact.model().clone()))
    }

    /// Returns the bytes of the file that `save` writes.
    fn to_bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let model = self.now();
        let bytes = py.detach(|| artifact(&model).build()?.to_bytes()).or_raise()?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Saves the model to a file: with `words` by rank, one that reads texts as Keras's `imdb.load_data` does.
    /// `compile` are the arguments of `compile`, as JSON.
    #[pyo3(signature = (path, maxlen=None, labels=Vec::new(), words=None, compile=None))]
    fn save(
        &self,
        py: Python<'_>,
        path: PathBuf,
        maxlen: Option<usize>,
        labels: Vec<String>,
        words: Option<Vec<String>>,
        compile: Option<&str>,
    ) -> PyResult<()> {
        let model = self.now();
        let compile: Option<serde_json::Value> =
            compile.map(|compile| settings::read("compile", compile)).transpose()?;
        py.detach(|| {
            let training = TrainingSummary::default().compile(compile);
            let mut builder = artifact(&model).labels(labels).training(training);
            if let Some(maxlen) = maxlen {
                builder = builder.padding(Padding::to(maxlen));
            }
            if let (Some(words), Some(Layer::Embedding(embedding))) = (words, model.spec().layers().next()) {
                builder =
                    builder.text(Tokenizer::keras(), Vocabulary::from_ranked(&words, embedding.input_dim)?);
            }
            builder.build()?.save(&path)
        })
        .or_raise()
    }

    /// Saves the weights alone.
    fn save_weights(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        let model = self.now();
        py.detach(|| model.save_weights(&path)).or_raise()
    }

    /// Loads weights by the names of the tensors, from a file of weights or of a model. Returns what was skipped.
    fn load_weights(&self, py: Python<'_>, path: PathBuf, skip_mismatch: bool) -> PyResult<Vec<String>> {
        py.detach(|| self.edit(|model| model.load_weights_by_name(&path, skip_mismatch)))
    }

    /// Sets whether training updates the weights of a layer.
    fn set_trainable(&self, layer: &str, trainable: bool) -> PyResult<()> {
        let prefix = format!("{layer}/");
        let model = self.now();
        let mut own = model.params().table().iter().filter(|info| info.name.starts_with(&prefix));
        match own.all(|info| info.trainable == trainable) {
            true => Ok(()),
            false => self.edit(|model| model.set_trainable(layer, trainable)),
        }
    }

    /// Returns the names of the layers, from the input up.
    fn layer_names(&self) -> Vec<String> {
        self.now().layer_names().map(str::to_owned).collect()
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
        for (info, given) in self.now().params().table().iter().zip(&weights) {
            let shape = numpy::PyUntypedArrayMethods::shape(&**given);
            if shape != info.shape {
                return Err(PyValueError::new_err(format!(
                    "{} has the shape {:?}, but an array of shape {shape:?} was given",
                    info.name, info.shape
                )));
            }
        }
        let values: Vec<&[f32]> = weights.iter().map(|array| array.as_slice()).collect::<Result<_, _>>()?;
        self.edit(|model| model.params_mut().set_weights(&values))
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
        // Layers such as RepeatVector make other steps than they read, as many for every row.
        let read: usize = (0..inputs.len()).map(|row| inputs.steps(row)).sum();
        if steps.is_some() || outputs.len() != read * width {
            let steps = outputs.len() / (inputs.len() * width).max(1);
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

    /// Returns the loss, the accuracy, and the metrics by name.
    #[pyo3(signature = (x, y, sample_weight=None, batch_size=32))]
    fn evaluate(
        &self,
        py: Python<'_>,
        x: &Bound<'_, PyAny>,
        y: &Bound<'_, PyAny>,
        sample_weight: Option<&Bound<'_, PyAny>>,
        batch_size: usize,
    ) -> PyResult<(f64, Option<f64>, Vec<(String, f64)>)> {
        let data = self.dataset(x, y, sample_weight)?;
        let model = self.now();
        let (evaluate, raised) = self.compiled().evaluation();
        let evaluate = evaluate.batch_size(batch_size);
        let measured = py.detach(|| evaluate.measure(&model, &data));
        raised.check()?;
        let (evaluation, metrics) = measured.or_raise()?;
        Ok((evaluation.loss, evaluation.accuracy, metrics))
    }

    /// Sets how the model is trained. `loss` is a function of targets and outputs, in place of a loss by name;
    /// `metrics` are functions or objects, each with the name under which it is logged;
    /// `rate` is the learning rate where it is a function of the number of steps.
    #[pyo3(signature = (settings, loss=None, metrics=Vec::new(), rate=None))]
    fn prepare(
        &self,
        settings: &str,
        loss: Option<Bound<'_, PyAny>>,
        metrics: Vec<(String, Py<PyAny>)>,
        rate: Option<Bound<'_, PyAny>>,
    ) -> PyResult<()> {
        let compiled = Compiled::new(settings::read("compile", settings)?, loss, metrics, rate)?;
        *self.trainer()? = None;
        *self.compiled.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(compiled);
        Ok(())
    }

    /// Trains the model. Returns the history: names of metrics, and a number for each epoch.
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
    ) -> PyResult<(Bound<'py, PyDict>, Vec<usize>, Vec<String>)> {
        let (py, this) = (slf.py(), slf.get());
        let mut trainer = this.trainer()?;
        let run: RunSettings = settings::read("fit", settings)?;
        let data = this.dataset(x, y, sample_weight)?;
        let validation =
            validation.map(|(x, y, weights)| this.dataset(&x, &y, weights.as_ref())).transpose()?;
        let around = Surroundings { owner, callbacks, progress };
        let history =
            training::run(slf, &this.compiled(), &mut trainer, run, &data, validation.as_ref(), around)?;
        let columns = PyDict::new(py);
        for log in &history.epochs {
            for (name, value) in log.values() {
                match columns.get_item(name)? {
                    Some(list) => list.cast_into::<PyList>()?.append(value)?,
                    None => columns.set_item(name, [value])?,
                }
            }
        }
        let epochs = history.epochs.iter().map(|log| log.epoch).collect();
        Ok((columns, epochs, history.notes))
    }
}

/// Returns the builder of an artifact around a model. Rows of vectors are not scaled: Python scales them, where it does.
pub fn artifact(model: &gatewise::Model) -> ArtifactBuilder {
    let builder = Artifact::builder(model.clone());
    match model.spec().layers().next() {
        Some(Layer::Input(input)) => builder.series(vec![Scaler::default(); input.features]),
        _ => builder,
    }
}
