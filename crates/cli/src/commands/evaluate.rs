//! `gatewise evaluate`: loss, accuracy and a full report on test rows.

use crate::args::{Evaluate, Format};
use crate::{Done, data, note, out, plot};
use gatewise::files::read_ts;
use gatewise::{Artifact, Result};
use serde_json::json;
use std::path::Path;
use std::time::Instant;

/// Bins of a calibration curve.
const BINS: usize = 10;

pub fn evaluate(args: Evaluate) -> Result<Done> {
    let artifact = Artifact::load(&args.model)?;
    if let Some(picture) = &args.calibration {
        gatewise::check_target(picture)?;
    }
    let test = if data::is_series(&args.data) {
        artifact.series_dataset(&read_ts(Path::new(&args.data))?)?
    } else {
        let corpus = data::load(&args.data, &args.place, data::Test::All, data::Reading::of(&artifact))?;
        for note in &corpus.notes {
            note!("note: {note}");
        }
        artifact.dataset(&corpus, &corpus.test)?
    };
    let start = Instant::now();
    let scored = artifact.score(&test, &args.machine.machine())?;
    let seconds = start.elapsed().as_secs_f64();
    let report = scored.report()?.with_labels(artifact.labels());
    let calibration = args.calibration.as_ref().map(|_| scored.calibration(BINS)).transpose()?;
    if let (Some(calibration), Some(picture)) = (&calibration, &args.calibration) {
        let model = args.model.file_name().map_or(args.model.as_path(), Path::new).display().to_string();
        plot::reliability_curve(calibration, &format!("{model} on {}", args.data), picture)?;
    }
    let result = scored.evaluation;
    match args.format {
        Format::Text => {
            let calibration = calibration.map(|calibration| format!("\n{calibration}"));
            let calibration = calibration.unwrap_or_default();
            out!("{report}{calibration}\n{}\n", super::results(&result, &report))?;
        }
        Format::Json => out!(
            "{:#}\n",
            json!({
                "loss": result.loss,
                "accuracy": result.accuracy,
                "evaluate_seconds": seconds,
                "samples": result.samples,
                "report": report,
                "calibration": calibration,
            })
        )?,
    }
    Ok(Done::Whole)
}
