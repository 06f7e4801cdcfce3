//! `Metric`: what to measure during training and evaluation, by Keras's names and arguments.
//!
//! Input: a name, or JSON. Output: a specification, from which a [`MetricState`](super::MetricState) accumulates.

use super::kinds::Own;
use super::{MetricResult, MetricRows};
use crate::error::{Error, Result};
use crate::loss::Loss;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// A metric: what [`Fit::metrics`](crate::Fit::metrics) measures on training and validation rows, with Keras's
/// names, arguments and figures.
///
/// A metric is made from its name, of either form (`"auc"`, `"AUC"`), or from JSON with its arguments. Missing
/// arguments have Keras's defaults; unknown ones are refused.
///
/// ```
/// use gatewise::metrics::{Metric, MetricState};
/// use serde_json::json;
/// let auc: Metric = "auc".parse()?;
/// let area = Metric::from_json(json!({"name": "AUC", "curve": "PR", "num_thresholds": 500}))?;
/// assert_eq!(area, auc.clone().with("curve", "PR")?.with("num_thresholds", 500)?);
/// assert_eq!((auc.label(), auc.clone().labelled("area").label()), ("auc", "area"));
///
/// let mut state = MetricState::new(&auc);
/// state.update(&[0.0, 0.5, 0.3, 0.9], &[0.0, 0.0, 1.0, 1.0], 1, None)?;
/// assert!((state.result()?.number() - 0.75).abs() < 1e-6);
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// | kind | names and arguments |
/// |---|---|
/// | accuracy | `accuracy` (binary, categorical or sparse categorical, by the widths of outputs and targets), `Accuracy` (equal to the target), `binary_accuracy` (`threshold`), `categorical_accuracy`, `sparse_categorical_accuracy`, `top_k_categorical_accuracy` (`k`), `sparse_top_k_categorical_accuracy` (`k`, `from_sorted_ids`) |
/// | area | `auc` (`num_thresholds`, `curve`: `ROC`, `PR` or `PRGAIN`, `summation_method`: `interpolation`, `minoring` or `majoring`, `thresholds`, `multi_label`, `num_labels`, `label_weights`, `from_logits`) |
/// | counts | `true_positives`, `true_negatives`, `false_positives`, `false_negatives` (`thresholds`) |
/// | thresholds | `precision`, `recall` (`thresholds`, `top_k`, `class_id`), `sensitivity_at_specificity` (`specificity`), `specificity_at_sensitivity` (`sensitivity`), `precision_at_recall` (`recall`), `recall_at_precision` (`precision`), these with `num_thresholds`, `class_id` |
/// | F score | `f1_score` (`average`, `threshold`), `fbeta_score` (also `beta`): one number for each class if `average` is null |
/// | regression | `r2_score` (`class_aggregation`, `num_regressors`), `root_mean_squared_error`, `cosine_similarity`, `pearson_correlation`, `concordance_correlation` |
/// | overlap | `IoU`, `MeanIoU`, `BinaryIoU`, `OneHotIoU`, `OneHotMeanIoU` (`num_classes`, `target_class_ids`, `threshold`, `ignore_class`, `sparse_y_true`, `sparse_y_pred`) |
/// | values | `mean`, `sum`: of the outputs, without targets |
/// | losses | every [`Loss`], by its name and arguments: `mean_squared_error`, `mse`, `binary_crossentropy`, … |
///
/// Sample weights weigh as in Keras: a mean is divided by the sum of the weights. JSON has one key that Keras has
/// under another name: `label` is the name in logs.
#[derive(Clone)]
pub struct Metric {
    kind: Kind,
    /// The name in logs, where it is not the metric's own.
    label: Option<String>,
}

#[derive(Clone)]
enum Kind {
    Own(Own),
    Loss(Loss),
    Custom(Arc<dyn CustomMetric>),
}

/// A metric of one's own: how it accumulates, and what it results in. Its state is a list of numbers, which the
/// checkpoints of a run save.
///
/// ```
/// use gatewise::metrics::{CustomMetric, Metric, MetricResult, MetricRows, MetricState};
/// use gatewise::Result;
///
/// /// The largest error.
/// #[derive(Debug)]
/// struct MaxError;
///
/// impl CustomMetric for MaxError {
///     fn name(&self) -> &str {
///         "max_error"
///     }
///     fn start(&self) -> Vec<f64> {
///         vec![0.0]
///     }
///     fn update(&self, state: &mut Vec<f64>, rows: &MetricRows<'_>) -> Result<()> {
///         for (output, target, _weight) in rows.iter() {
///             state[0] = state[0].max(f64::from(output[0] - target[0]).abs());
///         }
///         Ok(())
///     }
///     fn result(&self, state: &[f64]) -> Result<MetricResult> {
///         Ok(state[0].into())
///     }
/// }
///
/// let mut state = MetricState::new(&Metric::custom(MaxError));
/// state.update(&[1.0, 5.0], &[1.5, 3.0], 1, None)?;
/// assert_eq!(state.result()?.number(), 2.0);
/// # Ok::<(), gatewise::Error>(())
/// ```
pub trait CustomMetric: fmt::Debug + Send + Sync {
    /// Returns the name in logs.
    fn name(&self) -> &str;
    /// Returns the state before the first row.
    fn start(&self) -> Vec<f64>;
    /// Accumulates rows: a batch in training, up to a batch in validation.
    ///
    /// # Errors
    /// An error ends the run.
    fn update(&self, state: &mut Vec<f64>, rows: &MetricRows<'_>) -> Result<()>;
    /// Returns the result of a state.
    ///
    /// # Errors
    /// An error ends the run.
    fn result(&self, state: &[f64]) -> Result<MetricResult>;
    /// Returns whether the metric should increase, for callbacks that monitor it. Default: unknown.
    fn increases(&self) -> Option<bool> {
        None
    }
    /// Returns the settings. A run resumes from a checkpoint only if they are equal. Default: the name.
    fn config(&self) -> Value {
        self.name().into()
    }
}

/// A metric that is the mean of a function of the rows, as Keras's `MeanMetricWrapper`.
struct MeanOf<F> {
    name: String,
    values: F,
}

impl<F> fmt::Debug for MeanOf<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl<F: Fn(&MetricRows<'_>) -> Result<Vec<f64>> + Send + Sync> CustomMetric for MeanOf<F> {
    fn name(&self) -> &str {
        &self.name
    }

    fn start(&self) -> Vec<f64> {
        vec![0.0; 2]
    }

    fn update(&self, state: &mut Vec<f64>, rows: &MetricRows<'_>) -> Result<()> {
        let values = (self.values)(rows)?;
        let each = match values.len() {
            1 if rows.len() != 1 => return add_mean(state, values[0], 1.0),
            len if len == rows.len() => rows.iter().zip(values),
            len => {
                return Err(Error::shape(format!(
                    "the metric {} gives {len} values for {} rows; it must give one value for each row, or one for all",
                    self.name,
                    rows.len()
                )));
            }
        };
        for ((_, _, weight), value) in each {
            add_mean(state, value, weight)?;
        }
        Ok(())
    }

    fn result(&self, state: &[f64]) -> Result<MetricResult> {
        Ok(super::kinds::ratio(state[0], state[1]).into())
    }
}

fn add_mean(state: &mut [f64], value: f64, weight: f64) -> Result<()> {
    state[0] += value * weight;
    state[1] += weight;
    Ok(())
}

impl Metric {
    /// Creates a metric from JSON: its name, or an object with its `name`, its arguments and, where the name in
    /// logs is to be another, a `label`.
    ///
    /// # Errors
    /// [`ErrorKind::Config`](crate::ErrorKind::Config) for an unknown name or argument, or an argument out of
    /// range.
    pub fn from_json(value: Value) -> Result<Self> {
        let mut settings = match value {
            Value::String(name) => return name.parse(),
            Value::Object(settings) => settings,
            other => {
                return Err(Error::config(format!(
                    "a metric is a name or an object with a name, not {other}"
                )));
            }
        };
        let Some(Value::String(given)) = settings.get("name").cloned() else {
            return Err(Error::config("a metric needs a name, such as {\"name\": \"auc\"}"));
        };
        let label = match settings.remove("label") {
            None | Some(Value::Null) => None,
            Some(Value::String(label)) => Some(label),
            Some(other) => {
                return Err(Error::config(format!(
                    "the label of the metric {given} is {other}; it must be a text"
                )));
            }
        };
        // Arguments that change nothing here: numbers are kept in double precision, and rows lie along the first axis.
        settings.remove("dtype");
        if settings.get("axis").is_some_and(|axis| axis == -1) {
            settings.remove("axis");
        }
        let name = match given.as_str() {
            "Accuracy" => given.clone(),
            "LogCoshError" => "log_cosh".to_owned(),
            name => snake_case(name),
        };
        let loss = Some(&name)
            .filter(|name| *name != "cosine_similarity")
            .and_then(|name| name.parse::<Loss>().ok());
        let canonical = loss.as_ref().map_or(name.clone(), |loss| loss.name().to_owned());
        settings.insert("name".into(), canonical.into());
        let refused = |e: serde_json::Error| Error::config(format!("the metric {given} cannot be read: {e}"));
        let kind = match loss {
            Some(_) => Kind::Loss(serde_json::from_value(settings.into()).map_err(refused)?),
            None => Kind::Own(serde_json::from_value(settings.into()).map_err(|e| {
                let losses =
                    if e.to_string().contains("unknown variant") { ", or the name of a loss" } else { "" };
                Error::config(format!("the metric {given} cannot be read: {e}{losses}"))
            })?),
        };
        let metric = Self { kind, label: None };
        if let Kind::Own(own) = &metric.kind {
            own.rule().check().map_err(|e| Error::new(e.kind(), format!("{}: {e}", metric.label())))?;
        }
        match label {
            Some(label) => Ok(metric.labelled(label)),
            None => Ok(metric),
        }
    }

    /// Sets an argument by its name in Keras.
    ///
    /// # Errors
    /// As [`from_json`](Self::from_json).
    pub fn with(&self, argument: &str, value: impl Into<Value>) -> Result<Self> {
        let mut settings = self.config();
        if settings.is_string() {
            settings = json!({ "name": settings });
        }
        settings[argument] = value.into();
        Self::from_json(settings)
    }

    /// Creates a metric of one's own.
    pub fn custom(metric: impl CustomMetric + 'static) -> Self {
        Self { kind: Kind::Custom(Arc::new(metric)), label: None }
    }

    /// Creates a metric that is the mean of `values`, as Keras's `MeanMetricWrapper`. `values` returns one value for
    /// each row, or one for all rows of a batch. A callback that monitors the metric needs a mode.
    ///
    /// ```
    /// use gatewise::metrics::{Metric, MetricState};
    /// let bias = Metric::mean_of("bias", |rows| {
    ///     Ok(rows.iter().map(|(output, target, _)| f64::from(output[0] - target[0])).collect())
    /// });
    /// let mut state = MetricState::new(&bias);
    /// state.update(&[1.0, 2.0, 6.0], &[1.0, 1.0, 4.0], 1, Some(&[1.0, 1.0, 2.0]))?;
    /// assert_eq!(state.result()?.number(), 1.25);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn mean_of(
        name: impl Into<String>,
        values: impl Fn(&MetricRows<'_>) -> Result<Vec<f64>> + Send + Sync + 'static,
    ) -> Self {
        Self::custom(MeanOf { name: name.into(), values })
    }

    /// Sets the name in logs.
    pub fn labelled(self, label: impl Into<String>) -> Self {
        let label = Some(label.into()).filter(|label| *label != self.name());
        Self { label, ..self }
    }

    /// Returns the name of the metric: Keras's name in lower case, without arguments.
    pub fn name(&self) -> &str {
        match &self.kind {
            Kind::Own(Own::Equality(_)) => "accuracy",
            Kind::Own(own) => own.name(),
            Kind::Loss(loss) => loss.name(),
            Kind::Custom(custom) => custom.name(),
        }
    }

    /// Returns the name in logs.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or_else(|| self.name())
    }

    /// Returns whether the metric should increase; `None` if that is not known, as of a count.
    pub fn increases(&self) -> Option<bool> {
        match &self.kind {
            Kind::Own(own) => own.rule().increases(),
            Kind::Loss(_) => Some(false),
            Kind::Custom(custom) => custom.increases(),
        }
    }

    /// Returns the settings as JSON, which [`from_json`](Self::from_json) reads, unless the metric is one's own.
    pub fn config(&self) -> Value {
        let value = match &self.kind {
            Kind::Own(own) => serde_json::to_value(own),
            Kind::Loss(loss) => serde_json::to_value(loss),
            Kind::Custom(custom) => Ok(custom.config()),
        };
        let mut value = value.unwrap_or_default();
        if let Some(label) = &self.label {
            if !value.is_object() {
                value = json!({ "name": value });
            }
            value["label"] = label.as_str().into();
        }
        value
    }

    /// Returns the number of targets of a row that the metric needs for outputs of `width` numbers, or an error
    /// if it cannot measure such rows.
    pub(crate) fn check_widths(&self, width: usize, target_width: usize) -> Result<()> {
        let wanted = match &self.kind {
            Kind::Own(own) => own.rule().target_width(width, target_width),
            Kind::Loss(loss) => Some(loss.target_width(width)),
            Kind::Custom(_) => None,
        };
        match wanted.filter(|&wanted| wanted != target_width) {
            None => Ok(()),
            Some(wanted) => Err(Error::data(format!(
                "the metric {} needs {wanted} targets for a row of {width} outputs, but there are {target_width}",
                self.label()
            ))),
        }
    }

    pub(super) fn start(&self, width: usize) -> Vec<f64> {
        match &self.kind {
            Kind::Own(own) => own.rule().start(width),
            Kind::Loss(_) => vec![0.0; 2],
            Kind::Custom(custom) => custom.start(),
        }
    }

    pub(super) fn update(&self, state: &mut Vec<f64>, rows: &MetricRows<'_>) -> Result<()> {
        self.check_widths(rows.width(), rows.target_width())?;
        match &self.kind {
            Kind::Own(own) => own.rule().update(state, rows),
            Kind::Loss(loss) => {
                loss.check(rows.targets(), rows.width())
                    .map_err(|e| Error::new(e.kind(), format!("{}: {e}", self.label())))?;
                // As in Keras, a row that the loss ignores counts, with a loss of 0, unless rows have weights.
                let weighs = rows.sample_weight().is_some();
                let mut counting = rows.iter().filter(|(_, y, _)| !(weighs && loss.ignores(y)));
                counting.try_for_each(|(p, y, weight)| add_mean(state, loss.value(p, y), weight))
            }
            Kind::Custom(custom) => custom.update(state, rows),
        }
    }

    pub(super) fn result(&self, state: &[f64]) -> Result<MetricResult> {
        match &self.kind {
            Kind::Own(own) => Ok(own.rule().result(state)),
            Kind::Loss(_) => Ok(super::kinds::ratio(state[0], state[1]).into()),
            Kind::Custom(custom) => custom.result(state),
        }
    }

    /// Returns whether the states of the rows of two halves add up to the state of the whole.
    pub(super) fn adds_up(&self) -> bool {
        !matches!(self.kind, Kind::Custom(_))
    }
}

/// Returns `MeanSquaredError` as `mean_squared_error`.
fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut out = String::new();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|before| letters[before]);
        let next_is_lower = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let begins = before.is_some_and(|before| {
            before.is_lowercase() || before.is_ascii_digit() || before.is_uppercase() && next_is_lower
        });
        if letter.is_uppercase() && begins {
            out.push('_');
        }
        out.extend(letter.to_lowercase());
    }
    out
}

impl FromStr for Metric {
    type Err = Error;

    /// Parses Keras's name of a metric or a loss, in either form; the arguments have Keras's defaults. As in
    /// Keras, a short name such as `mse` is also the name in logs.
    fn from_str(name: &str) -> Result<Self> {
        let metric = Self::from_json(json!({ "name": name }))?;
        let same = name == metric.name() || name.chars().any(char::is_uppercase);
        Ok(if same { metric } else { metric.labelled(name) })
    }
}

impl fmt::Debug for Metric {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Metric({})", self.config())
    }
}

impl PartialEq for Metric {
    fn eq(&self, other: &Self) -> bool {
        self.config() == other.config()
    }
}

impl Serialize for Metric {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.config().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Metric {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::from_json(Value::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
