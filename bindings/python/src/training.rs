//! Training: what `compile` and `fit` of a Python model do.
//!
//! Input: settings as JSON, data sets, callbacks. Output: the trained weights and the history. The stepper stays between
//! two calls of `fit`, so that the second goes on where the first ended.

use crate::callbacks::{self, Raised};
use crate::errors::OrRaise;
use crate::functions::{self, PythonLoss};
use crate::model::Model;
use crate::optimizers;
use gatewise::metrics::Metric;
use gatewise::optimizer::OptimizerConfig;
use gatewise::rows::{ClassWeight, Dataset};
use gatewise::train::{History, Stepper};
use gatewise::{Evaluate, Fit, Loss, Reduction};
use pyo3::prelude::*;
use serde::Deserialize;
use std::collections::BTreeMap;

/// The settings of `compile`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompileSettings {
    loss: Option<Loss>,
    #[serde(default)]
    reduction: Reduction,
    #[serde(default)]
    metrics: Vec<Metric>,
    #[serde(default)]
    weighted_metrics: Vec<Metric>,
    /// The optimizer, as JSON.
    #[serde(default)]
    optimizer: Option<serde_json::Value>,
    #[serde(default)]
    seed: u64,
}

/// The settings of a call of `fit`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSettings {
    epochs: usize,
    batch_size: usize,
    validation_split: f64,
    initial_epoch: usize,
    steps_per_epoch: Option<usize>,
    validation_steps: Option<usize>,
    validation_freq: usize,
    shuffle: bool,
    class_weight: Option<BTreeMap<usize, f64>>,
    /// The rate that Python has set since the last run.
    learning_rate: Option<f64>,
}

/// What trains a model: made by the first run after `compile`.
pub type Trainer = Option<Stepper<gatewise::Model>>;

/// How a model is trained and evaluated.
#[derive(Debug, Default)]
pub struct Compiled {
    settings: CompileSettings,
    optimizer: Option<OptimizerConfig>,
    /// The exception of a function of the run.
    raised: Raised,
}

impl Compiled {
    /// Returns how a model is trained with these settings. A `loss` function takes the place of the loss, and a function
    /// `rate` of the optimizer's learning rate.
    pub fn new(
        mut settings: CompileSettings,
        loss: Option<Bound<'_, PyAny>>,
        metrics: Vec<(String, Py<PyAny>)>,
        rate: Option<Bound<'_, PyAny>>,
    ) -> PyResult<Self> {
        let raised = Raised::default();
        let optimizer = settings.optimizer.take();
        let optimizer = optimizer.map(|json| optimizers::config(json, rate, &raised)).transpose()?;
        if let Some(function) = loss {
            let name = function.getattr("__name__").and_then(|name| name.extract());
            let sparse = function.getattr("sparse_targets").and_then(|sparse| sparse.extract());
            settings.loss = Some(Loss::custom(PythonLoss {
                name: name.unwrap_or_else(|_| "custom_loss".to_owned()),
                sparse: sparse.unwrap_or_default(),
                function: function.unbind(),
                raised: raised.clone(),
            }));
        }
        let functions =
            metrics.into_iter().map(|(name, metric)| functions::metric(name, metric, raised.clone()));
        settings.metrics.extend(functions);
        Ok(Self { settings, optimizer, raised })
    }

    /// Returns an evaluation with the settings of `compile`, and where its exceptions are kept.
    pub fn evaluation(&self) -> (Evaluate, Raised) {
        let CompileSettings { loss, reduction, metrics, weighted_metrics, .. } = self.settings.clone();
        let mut evaluate =
            Evaluate::new().reduction(reduction).metrics(metrics).weighted_metrics(weighted_metrics);
        if let Some(loss) = loss {
            evaluate = evaluate.loss(loss);
        }
        (evaluate, self.raised.clone())
    }

    /// Returns the stepper of `trainer`, with the weights that `model` has now.
    fn stepper<'t>(
        &self,
        trainer: &'t mut Trainer,
        model: &gatewise::Model,
        data: &Dataset,
    ) -> gatewise::Result<&'t mut Stepper<gatewise::Model>> {
        let frozen = |model: &gatewise::Model| -> Vec<bool> {
            model.params().table().iter().map(|info| info.trainable).collect()
        };
        let stepper = match trainer.take() {
            Some(mut stepper) if frozen(stepper.model()) == frozen(model) => {
                // Left alone where they are the same: a moving average goes on then.
                if stepper.model().params() != model.params() {
                    stepper.model_mut().params_mut().values_mut().copy_from_slice(model.params().values());
                }
                stepper
            }
            before => {
                let mut stepper = self.built(model, data)?;
                // Layers were frozen, or set free, since the last run: the optimizer goes on.
                before.map_or(Ok(()), |before| stepper.restore(before.state()))?;
                stepper
            }
        };
        Ok(trainer.insert(stepper))
    }

    /// Returns a new stepper with the settings of `compile`.
    fn built(&self, model: &gatewise::Model, data: &Dataset) -> gatewise::Result<Stepper<gatewise::Model>> {
        let settings = &self.settings;
        let loss = settings.loss.clone().unwrap_or_else(|| model.default_loss(data));
        let mut builder = Stepper::builder().loss(loss).reduction(settings.reduction).seed(settings.seed);
        if let Some(optimizer) = &self.optimizer {
            builder = builder.optimizer_config(optimizer.clone());
        }
        builder.build(model.clone())
    }
}

/// What a run is called with, beside its rows.
pub struct Surroundings<'py> {
    /// The Python model: its `stop_training` and its optimizer's `learning_rate` are heeded.
    pub owner: Py<PyAny>,
    pub callbacks: Vec<Bound<'py, PyAny>>,
    pub progress: Option<Py<PyAny>>,
}

/// Trains `model` on `data`.
pub fn run(
    model: &Bound<'_, Model>,
    compiled: &Compiled,
    trainer: &mut Trainer,
    run: RunSettings,
    data: &Dataset,
    validation: Option<&Dataset>,
    around: Surroundings<'_>,
) -> PyResult<History> {
    let (py, this) = (model.py(), model.get());
    let mut fit = Fit::new()
        .epochs(run.epochs)
        .batch_size(run.batch_size)
        .validation_split(run.validation_split)
        .validation_freq(run.validation_freq)
        .initial_epoch(run.initial_epoch)
        .shuffle(run.shuffle);
    if let Some(steps) = run.steps_per_epoch {
        fit = fit.steps_per_epoch(steps);
    }
    if let Some(steps) = run.validation_steps {
        fit = fit.validation_steps(steps);
    }
    if let Some(weights) = run.class_weight {
        let named = weights.keys().next_back().map_or(0, |&last| last + 1);
        let classes = named.max(this.now().output_width()).max(2);
        let weight = |class: usize| weights.get(&class).copied().unwrap_or(1.0);
        fit = fit.class_weight(ClassWeight::Each((0..classes).map(weight).collect()));
    }
    if let Some(validation) = validation {
        fit = fit.validation_data(validation);
    }
    let raised = compiled.raised.clone();
    let fit = fit
        .metrics(compiled.settings.metrics.clone())
        .weighted_metrics(compiled.settings.weighted_metrics.clone());
    let fit = callbacks::add(fit, &around.owner, model, around.callbacks, around.progress, &raised)?;
    let now = this.now();
    let result = py.detach(|| {
        let stepper = compiled.stepper(trainer, &now, data)?;
        if let Some(rate) = run.learning_rate {
            stepper.set_learning_rate(rate)?;
        }
        let history = fit.run_on(stepper, data);
        this.publish(stepper.model());
        history.map(|history| (history, stepper.learning_rate()))
    });
    raised.check()?;
    let (history, rate) = result.or_raise()?;
    // The library's callbacks may have set another.
    let optimizer = around.owner.bind(py).getattr("optimizer")?;
    if !optimizer.is_none() {
        optimizer.call_method1("_show_rate", (rate,))?;
    }
    Ok(history)
}
