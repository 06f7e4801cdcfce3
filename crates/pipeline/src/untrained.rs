//! Builds the artifact of an untrained model.

use crate::defaults::{Settings, THRESHOLD};
use crate::plan::TrainPlan;
use gatewise::rows::{ColumnNames, Padding, Problem};
use gatewise::{Artifact, Model, Reader, Result, TrainingSummary};

/// The parts of an artifact beside the model.
pub(crate) struct Reads {
    pub reader: Reader,
    pub padding: Padding,
    pub problem: Problem,
    pub labels: Vec<String>,
    pub oov_rate: Option<f64>,
    pub columns: ColumnNames,
}

/// Returns the artifact of an untrained model.
pub(crate) fn artifact(
    plan: &TrainPlan,
    settings: &Settings,
    model: Model,
    reads: Reads,
) -> Result<Artifact> {
    let Reads { reader, padding, problem, labels, oov_rate, columns } = reads;
    let &Settings { epochs, batch_size, learning_rate, seed, .. } = settings;
    let training = TrainingSummary::default()
        .data(plan.data())
        .seed(seed)
        .batch_size(batch_size)
        .epochs(epochs)
        .learning_rate(learning_rate)
        .oov_rate(oov_rate)
        .columns(columns);
    Artifact::builder(model)
        .reader(reader)
        .padding(padding)
        .problem(problem)
        .labels(labels)
        .threshold(THRESHOLD)
        .training(training)
        .build()
}
