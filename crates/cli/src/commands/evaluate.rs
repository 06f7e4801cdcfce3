//! `gatewise evaluate`: computes loss, accuracy and a full report on test rows.

use super::results::results;
use crate::args::{Evaluate, Format};
use crate::watch::Watch;
use crate::{Done, out, plot};
use gatewise::{Artifact, Result};
use gatewise_pipeline::{EvaluateConfig, EvaluateOutcome, RunFiles, Source};
use std::path::Path;

/// Bins of a calibration curve.
const BINS: usize = 10;

pub fn evaluate(args: Evaluate) -> Result<Done> {
    if let Some(picture) = &args.calibration {
        let files = RunFiles::new().reads("the model", &args.model);
        let files = files.reads_source(&Source::from(args.data.as_os_str()));
        files.replaces("--calibration", picture).check()?;
    }
    let artifact = Artifact::load(&args.model)?;
    let config = EvaluateConfig::new(args.data.as_os_str()).rows(args.place.row_options());
    let config = config.machine(args.machine.machine());
    let config = match args.calibration {
        Some(_) => config.calibration_bins(BINS),
        None => config,
    };
    let outcome = config.run(&artifact, &mut Watch::notes())?;
    let EvaluateOutcome { evaluation, report, calibration, .. } = &outcome;
    if let (Some(calibration), Some(picture)) = (calibration, &args.calibration) {
        let model = args.model.file_name().map_or(args.model.as_path(), Path::new).display().to_string();
        plot::reliability_curve(calibration, &format!("{model} on {}", outcome.data), picture)?;
    }
    match args.format {
        Format::Text => {
            let calibration = calibration.as_ref().map(|calibration| format!("\n{calibration}"));
            let calibration = calibration.unwrap_or_default();
            out!("{report}{calibration}\n{}\n", results(evaluation, report))?;
        }
        Format::Json => {
            let mut object = serde_json::json!(outcome);
            object["model"] = args.model.display().to_string().into();
            out!("{object:#}\n")?;
        }
    }
    Ok(Done::Whole)
}
