//! Validation of an artifact's parts: the same checks when it is built, saved and loaded.

use super::{Artifact, Reader};
use crate::layers::Layer;
use crate::model::PaddedRows;
use crate::rows::{Features, Problem};
use crate::text::Sequences;

/// The reason of a failed check.
type Fault = String;

/// Maximum number of members: each is as large as the model.
pub(super) const MAX_MEMBERS: usize = 64;

/// Checks a decision threshold.
pub(super) fn threshold(threshold: f32) -> Result<(), Fault> {
    match threshold.is_finite() {
        true => Ok(()),
        false => Err(format!("its threshold is {threshold}; use a finite number, such as 0.5")),
    }
}

impl Artifact {
    pub(super) fn check_parts(&self) -> Result<(), Fault> {
        self.check_reader()?;
        self.check_problem()?;
        self.check_ensemble()?;
        threshold(self.threshold)
    }

    fn check_reader(&self) -> Result<(), Fault> {
        let (model, scalers) = (&self.model, self.scalers());
        let channels = match model.spec().layers().next() {
            Some(Layer::Input(input)) => input.features,
            _ => 0,
        };
        if scalers.len() != channels {
            return Err(format!(
                "it has scales for {} channels where its Input has {channels}",
                scalers.len()
            ));
        }
        if !scalers.iter().all(|scaler| scaler.is_sound()) {
            return Err("the scale of a channel is not a positive number".into());
        }
        let rows = model.vocabulary();
        match &self.reader {
            Reader::Text { vocabulary, .. } if vocabulary.max_words() > rows => {
                let words = vocabulary.max_words();
                return Err(format!("its vocabulary has ids up to {words}, its Embedding only {rows}"));
            }
            Reader::Ids if rows < 2 => {
                return Err(format!("its Embedding has {rows} rows; ids take at least 2, 0 being padding"));
            }
            _ => {}
        }
        let none = match channels {
            0 => Sequences::new().into(),
            width => Features::new(width).into(),
        };
        PaddedRows::new(model, &none, self.padding).map(|_| ()).map_err(|e| e.to_string())
    }

    /// Checks labels and outputs against the problem.
    fn check_problem(&self) -> Result<(), Fault> {
        let (labels, outputs) = (self.labels.len(), self.model.output_width());
        let (fit, wanted) = match &self.problem {
            Problem::SingleLabel => (
                labels == 0 || (labels, outputs) == (2, 1) || labels > 1 && labels == outputs,
                "a classifier has one output a label, or one output for two labels",
            ),
            Problem::MultiLabel { separator } => (
                labels > 0 && labels == outputs && !separator.is_empty(),
                "a multi-label model has one output a label, and a text that separates labels",
            ),
            Problem::Regression { scale } => (
                labels == 0 && outputs == 1 && scale.is_sound(),
                "a regression model has one output, a scale for it, and no labels",
            ),
        };
        match fit {
            true => Ok(()),
            false => Err(format!("it has {labels} labels and {outputs} outputs; {wanted}")),
        }
    }

    fn check_ensemble(&self) -> Result<(), Fault> {
        let Some(ensemble) = &self.ensemble else { return Ok(()) };
        let bounds = (1..=MAX_MEMBERS).contains(&ensemble.members());
        if !bounds || ensemble.weights().iter().any(|it| !it.is_finite()) {
            return Err("the number or the weights of its members are out of bounds".into());
        }
        if ensemble.others().iter().any(|other| other.spec() != self.model.spec()) {
            return Err("its members do not have the same layers".into());
        }
        let (linear, outputs) = (ensemble.linear().parts().2.len(), self.model.output_width());
        if linear != outputs || self.model.output_per_step() || matches!(self.reader, Reader::Series { .. }) {
            return Err(format!(
                "its linear model has {linear} outputs and each member {outputs}; an ensemble has one of each for \
                 a row of ids"
            ));
        }
        Ok(())
    }
}
