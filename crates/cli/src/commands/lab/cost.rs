//! `gatewise lab cost`: what a step of training costs.

use super::chart::{Axis, Chart, Line, Panel};
use super::experiment;
use crate::args::{Format, LabCost};
use crate::{Done, out};
use gatewise::{Error, Machine, Result};
use gatewise_lab::cost::{Cost, measure};
use serde_json::json;

/// Steps where units vary, and units where steps vary.
const STEPS: usize = 100;
const UNITS: usize = 32;

pub fn cost(args: LabCost) -> Result<Done> {
    if let Some(picture) = &args.results.output {
        experiment::check_picture(picture)?;
    }
    let machine = Machine::new().threads(1);
    let measured = |sizes: &[usize], of: &dyn Fn(usize) -> (usize, usize)| {
        let all = sizes.iter().map(|&size| of(size)).map(|(units, steps)| measure(units, steps, &machine));
        all.collect::<Result<Vec<Cost>>>()
    };
    let by_units = measured(&args.units, &|units| (units, STEPS))?;
    let by_steps = measured(&args.steps, &|steps| (UNITS, steps))?;
    if let Some(picture) = &args.results.output {
        chart(&by_units, &by_steps).save(picture)?;
    }
    match args.results.format {
        Format::Json => {
            let all = |costs: &[Cost]| costs.iter().map(Cost::to_json).collect::<Vec<_>>();
            out!("{:#}\n", json!({ "by_units": all(&by_units), "by_steps": all(&by_steps) }))?;
        }
        Format::Text => {
            let head = format!(
                "{:>6} {:>6} {:>9} {:>13} {:>13} {:>14}\n",
                "units", "steps", "weights", "row, µs", "step, µs", "ns/weight/step"
            );
            let line = |cost: &Cost| {
                let Cost { units, steps, weights, seconds, .. } = *cost;
                let (row, step) = (1e6 * seconds, 1e6 * seconds / steps as f64);
                format!(
                    "{units:>6} {steps:>6} {weights:>9} {row:>13.1} {step:>13.3} {:>14.4}\n",
                    cost.nanoseconds()
                )
            };
            let kept = by_steps.iter().map(|cost| {
                format!(
                    "{:>6} {:>6} {:>9} {:>13.1}\n",
                    cost.units,
                    cost.steps,
                    cost.kept,
                    cost.kept as f64 * 4.0 / 1024.0
                )
            });
            let mut text = format!(
                "Training time of one row, forth and back, on one thread (a step has 16 numbers):\n\n{head}{}\n{head}{}\n\
                 Numbers that the LSTM keeps for the way back:\n\n{:>6} {:>6} {:>9} {:>13}\n{}",
                by_units.iter().map(line).collect::<String>(),
                by_steps.iter().map(line).collect::<String>(),
                "units",
                "steps",
                "numbers",
                "KiB a row",
                kept.collect::<String>()
            );
            if let Some(picture) = &args.results.output {
                text += &format!("\nSaved {}\n", picture.display());
            }
            out!("{text}")?;
        }
    }
    let unlike = by_units.iter().chain(&by_steps).find(|cost| cost.kept != 6 * cost.units * cost.steps);
    match unlike {
        Some(cost) if args.check => Err(Error::data(format!(
            "{} units keep {} numbers for {} steps, expected 6 for each unit and step",
            cost.units, cost.kept, cost.steps
        ))),
        _ => Ok(Done::Whole),
    }
}

fn chart(by_units: &[Cost], by_steps: &[Cost]) -> Chart {
    let step = |cost: &Cost| 1e6 * cost.seconds / cost.steps as f64;
    let around = |values: &[f64]| {
        let (low, high) =
            values.iter().fold((f64::INFINITY, 0.0), |(low, high), &v| (v.min(low), v.max(high)));
        (10.0_f64.powf(low.log10().floor()), 10.0_f64.powf(high.log10().ceil()))
    };
    let panel = |caption: &str, x: &str, y: &str, name: &str, points: Vec<(f64, f64)>| {
        let (xs, ys): (Vec<f64>, Vec<f64>) = points.iter().copied().unzip();
        Panel {
            caption: caption.into(),
            x: Axis::logarithmic(x, around(&xs)),
            y: Axis::logarithmic(y, around(&ys)),
            lines: vec![Line::joined(name, points)],
        }
    };
    let weights = |cost: &Cost| cost.weights as f64;
    let panels = vec![
        panel(
            "time of a step grows with the weights",
            "weights",
            "µs a step and row",
            "time",
            by_units.iter().map(|cost| (weights(cost), step(cost))).collect(),
        ),
        panel(
            "memory of a row grows with the steps",
            "steps",
            "numbers kept a row",
            "memory",
            by_steps.iter().map(|cost| (cost.steps as f64, cost.kept as f64)).collect(),
        ),
    ];
    Chart { title: "What training an LSTM costs".into(), panels }
}
