//! The one place where an artifact is made: a model that is not trained yet, with what reads its rows.

use crate::defaults::{Settings, THRESHOLD};
use crate::plan::TrainPlan;
use gatewise::rows::{Padding, Problem, Scaler};
use gatewise::text::{Tokenizer, Vocabulary};
use gatewise::{Artifact, History, Model, Result, TrainingSummary};

/// What a model reads and is asked.
pub(crate) struct Reads {
    pub tokenizer: Tokenizer,
    pub vocabulary: Vocabulary,
    pub padding: Padding,
    pub problem: Problem,
    pub labels: Vec<String>,
    pub oov_rate: Option<f64>,
}

/// An artifact for a model of texts.
pub(crate) fn of_texts(plan: &TrainPlan, settings: &Settings, model: Model, reads: Reads) -> Artifact {
    whole(plan, settings, model, reads, Vec::new())
}

/// An artifact for a model of series.
pub(crate) fn of_series(
    plan: &TrainPlan,
    model: Model,
    scalers: Vec<Scaler>,
    labels: Vec<String>,
) -> Result<Artifact> {
    let reads = Reads {
        tokenizer: Tokenizer::default(),
        vocabulary: Vocabulary::from_ranked(&[], 3)?,
        padding: plan.settings().row_padding(),
        problem: Problem::SingleLabel,
        labels,
        oov_rate: None,
    };
    Ok(whole(plan, plan.settings(), model, reads, scalers))
}

fn whole(
    plan: &TrainPlan,
    settings: &Settings,
    model: Model,
    reads: Reads,
    scalers: Vec<Scaler>,
) -> Artifact {
    let Reads { tokenizer, vocabulary, padding, problem, labels, oov_rate } = reads;
    let &Settings { epochs, batch_size, learning_rate, seed, .. } = settings;
    Artifact {
        model,
        tokenizer,
        vocabulary,
        scalers,
        ensemble: None,
        padding,
        problem,
        labels,
        threshold: THRESHOLD,
        training: TrainingSummary {
            data: plan.data().to_owned(),
            seed,
            batch_size,
            epochs,
            learning_rate,
            history: History::default(),
            test: None,
            oov_rate,
        },
    }
}
