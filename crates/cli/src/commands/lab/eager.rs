//! `gatewise lab eager`: eager execution beside the compiled plan.

use super::chart::{Axis, Chart, Line, Panel};
use super::experiment;
use crate::args::{Format, LabEager};
use crate::{Done, out};
use gatewise::{Error, Machine, Result};
use gatewise_lab::eager::{Way, ways};
use serde_json::json;

/// Measurements of each way, of which the fastest counts.
const REPEATS: usize = 5;
/// Answers of different orders of arithmetic agree to so much.
const CLOSE: f64 = 1e-6;

pub fn eager(args: LabEager) -> Result<Done> {
    if let Some(picture) = &args.results.output {
        experiment::check_picture(picture)?;
    }
    let machine = Machine::new().threads(1);
    let found = ways(args.rows, args.steps, args.seed, REPEATS, &machine)?;
    if let Some(picture) = &args.results.output {
        // Rows of fewer steps show how the time grows.
        let lengths: Vec<usize> = [16, 8, 4, 2, 1].iter().map(|part| (args.steps / part).max(1)).collect();
        let mut lines: Vec<Line> = Vec::new();
        for steps in lengths {
            for way in ways(args.rows, steps, args.seed, REPEATS, &machine)? {
                let point = (steps as f64, 1e6 * way.seconds);
                match lines.iter_mut().find(|line| line.name == way.name) {
                    Some(line) => line.points.push(point),
                    None => lines.push(Line::joined(way.name, vec![point])),
                }
            }
        }
        chart(lines).save(picture)?;
    }
    match args.results.format {
        Format::Json => {
            let all: Vec<_> = found.iter().map(Way::to_json).collect();
            out!("{:#}\n", json!({ "rows": args.rows, "steps": args.steps, "ways": all }))?;
        }
        Format::Text => {
            let fastest = found.iter().map(|way| way.seconds).fold(f64::INFINITY, f64::min);
            let mut text = format!(
                "Embedding(15) → LSTM(10) → Dense(1) on rows of {} ids, on one thread:\n\n{:<24} {:>13} {:>10} {:>9} {:>11}\n",
                args.steps, "way", "calls per row", "row, µs", "ratio", "difference"
            );
            for Way { name, calls, seconds, difference } in &found {
                text += &format!(
                    "{name:<24} {calls:>13} {:>10.1} {:>9.1} {difference:>11.0e}\n",
                    1e6 * seconds,
                    seconds / fastest
                );
            }
            if let Some(picture) = &args.results.output {
                text += &format!("\nSaved {}\n", picture.display());
            }
            out!("{text}")?;
        }
    }
    match found.iter().find(|way| way.difference > CLOSE) {
        Some(way) if args.check => Err(Error::data(format!(
            "the answers of '{}' are up to {:e} from those of the plan, expected at most {CLOSE:e}",
            way.name, way.difference
        ))),
        _ => Ok(Done::Whole),
    }
}

fn chart(lines: Vec<Line>) -> Chart {
    let points = || lines.iter().flat_map(|line| &line.points);
    let longest = points().map(|point| point.0).fold(1.0, f64::max);
    let (low, high) = points().fold((f64::INFINITY, 0.0), |(low, high), p| (p.1.min(low), p.1.max(high)));
    let panel = Panel {
        caption: "the same answers, computed in four ways".into(),
        x: Axis::even("steps of a row", (0.0, longest * 1.03)),
        y: Axis::logarithmic(
            "µs a row",
            (10.0_f64.powf(low.log10().floor()), 10.0_f64.powf(high.log10().ceil())),
        ),
        lines,
    };
    Chart { title: "Eager execution and the compiled plan".into(), panels: vec![panel] }
}
