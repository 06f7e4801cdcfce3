//! `gatewise lab gates`: which values the gates of the classic model take.

use super::chart::{Axis, Chart, Line, Panel};
use super::experiment;
use super::reviews;
use crate::args::{Format, LabGates};
use crate::{Done, out};
use gatewise::layers::Lstm;
use gatewise::{Error, Result};
use gatewise_lab::gates::{Distribution, distributions};
use serde_json::json;

pub fn gates(args: LabGates) -> Result<Done> {
    if let Some(picture) = &args.results.output {
        experiment::check_picture(picture)?;
    }
    let machine = args.machine.machine();
    let reviews = reviews::read(&args.reviews)?;
    let rows: Vec<usize> = (0..args.rows.min(reviews.test.len())).collect();
    let looked_at = reviews.test.select(&rows);
    let mut model = reviews.model(Lstm::new(args.units), args.seed)?;
    let before = distributions(&model, &looked_at, &machine)?;
    reviews.train(&mut model, reviews.learning_rate, args.seed, &machine)?;
    let after = distributions(&model, &looked_at, &machine)?;
    let accuracy = reviews.accuracy(&model, &machine)?;

    if let Some(picture) = &args.results.output {
        chart(&before, &after).save(picture)?;
    }
    match args.results.format {
        Format::Json => {
            let all = |found: &[Distribution]| found.iter().map(Distribution::to_json).collect::<Vec<_>>();
            let object = json!({
                "data": reviews.name, "rows": rows.len(), "units": args.units, "seed": args.seed, "accuracy": accuracy,
                "before": all(&before), "after": all(&after),
            });
            out!("{object:#}\n")?;
        }
        Format::Text => {
            let mut text = format!(
                "Embedding(15) → LSTM({}) on {}, seed {}: accuracy {:.2} %. Shares of the values at the\nwords of {} test \
                 reviews, in %; low and high are the outer tenths of the range.\n\n{:<22} {:>7} {:>8} {:>7} {:>7}\n",
                args.units,
                reviews.name,
                args.seed,
                100.0 * accuracy,
                rows.len(),
                "signal",
                "low",
                "between",
                "high",
                "mean"
            );
            for (when, found) in [("untrained", &before), ("trained", &after)] {
                for one in found.iter().take(4) {
                    let [low, between, high] = [one.low, one.between(), one.high].map(|share| 100.0 * share);
                    let name = format!("{} {when}", one.signal.trim_end_matches("_gate"));
                    text += &format!("{name:<22} {low:>7.1} {between:>8.1} {high:>7.1} {:>7.3}\n", one.mean);
                }
            }
            let reach = |found: &[Distribution]| found.last().map_or(0.0, |cell| cell.range.1);
            text += &format!(
                "\nThe cell, which has no bounds, reached {:.2} before training and {:.2} after it.\n",
                reach(&before),
                reach(&after)
            );
            if let Some(picture) = &args.results.output {
                text += &format!("Saved {}\n", picture.display());
            }
            out!("{text}")?;
        }
    }
    match after[..3].iter().find(|gate| gate.between() < 0.5) {
        Some(gate) if args.check => Err(Error::data(format!(
            "only {:.1} % of the values of the {} lie between 0.1 and 0.9, expected at least half",
            100.0 * gate.between(),
            gate.signal
        ))),
        _ => Ok(Done::Whole),
    }
}

fn chart(before: &[Distribution], after: &[Distribution]) -> Chart {
    let line = |name: &str, found: &Distribution| {
        let (least, greatest) = found.range;
        let width = (greatest - least) / found.histogram.len() as f64;
        let middle = |bin: usize| least + (bin as f64 + 0.5) * width;
        let points = found.histogram.iter().enumerate().map(|(bin, share)| (middle(bin), 100.0 * share));
        Line::joined(name, points.collect())
    };
    let panels = before.iter().zip(after).take(4).map(|(before, after)| {
        let most = before.histogram.iter().chain(&after.histogram).fold(0.0, |a, &b| f64::max(a, b));
        Panel {
            caption: before.signal.replace('_', " "),
            x: Axis::even("value", before.range),
            y: Axis::even("share of the values, % per bin", (0.0, 105.0 * most)),
            lines: vec![line("untrained", before), line("trained", after)],
        }
    });
    Chart {
        title: "The values of gates and candidate at the words of unseen reviews".into(),
        panels: panels.collect(),
    }
}
