//! `gatewise evaluate`: loss and accuracy on test rows.

use crate::Done;
use crate::args::{Evaluate, Format};
use crate::{data, out};
use gatewise::{Artifact, Result};
use serde_json::json;
use std::time::Instant;

pub fn evaluate(args: Evaluate) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    let corpus = data::load(&args.data, args.place.data_dir.as_deref())?;
    let test = artifact.dataset(&corpus, &corpus.test)?;
    let start = Instant::now();
    let result = artifact.evaluate(&test, args.machine.threads(), args.machine.isa())?;
    let seconds = start.elapsed().as_secs_f64();
    match args.format {
        Format::Text => out!("{}\n", super::test_results(&result))?,
        Format::Json => out!(
            "{:#}\n",
            json!({
                "loss": result.loss,
                "accuracy": result.accuracy,
                "evaluate_seconds": seconds,
                "samples": result.samples,
            })
        )?,
    }
    Ok(Done::Whole)
}
