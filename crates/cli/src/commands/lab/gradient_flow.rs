//! `gatewise lab gradient-flow`: how far back the gradients of recurrent layers reach.

use super::{experiment, plots};
use crate::args::{Format, LabGradientFlow};
use crate::{Done, out};
use gatewise::Result;
use gatewise::explain::LagNorm;
use gatewise_lab::{FlowCurve, FlowResult, GradientFlow, LAGS, Stage};

pub fn gradient_flow(args: LabGradientFlow) -> Result<Done> {
    if let Some(picture) = &args.output {
        experiment::check_picture(picture)?;
    }
    let mut cells = Vec::new();
    for &cell in &args.cells {
        if !cells.contains(&cell) {
            cells.push(cell);
        }
    }
    let flow = GradientFlow {
        cells: cells.clone(),
        reviews: args.reviews.which(),
        clipnorm: args.clipnorm,
        sequences: args.sequences,
        rows: args.rows,
        seed: args.seed,
    };
    let machine = args.machine.machine();
    let Some(result) = experiment::watched(|watch| flow.run(&machine, watch))? else {
        return Ok(Done::Interrupted);
    };
    if let Some(picture) = &args.output {
        plots::flow(&result, &cells, picture)?;
    }
    match args.format {
        Format::Json => out!("{:#}\n", result.to_json())?,
        Format::Text => {
            let saved = args.output.as_ref().map(|picture| format!("\nSaved {}\n", picture.display()));
            out!("{}{}", table(&result, args.clipnorm), saved.unwrap_or_default())?;
        }
    }
    experiment::judged(args.check, result.broken_claims())
}

fn table(result: &FlowResult, clipnorm: f64) -> String {
    let mut text = format!(
        "Norm of the gradient of the last output with respect to the state k steps ago:\n\
         h, the output; c, the cell. Median over rows. \"clipped\" was trained with\n\
         clipnorm {clipnorm}. A step: the factor from lag 1 to the last. Seed {}.\n",
        result.seed
    );
    let mut data = "";
    for curve in &result.curves {
        let name = if matches!(curve.stage, Stage::Scaled(_)) { "scaled" } else { curve.data };
        if name != data {
            data = name;
            let title = match name {
                "scaled" => format!("{}, before training, recurrent kernel scaled", curve.data),
                name => name.to_owned(),
            };
            text += &format!("\n{title}\n{:<13}{:<9}{:<2}", "layer", "stage", "");
            text += &LAGS.map(|lag| format!("{:>9}", format!("lag {lag}"))).concat();
            text += &format!("{:>7}{:>7}{:>6}\n", "a step", "half", "right");
        }
        text += &rows(curve);
    }
    text
}

fn rows(curve: &FlowCurve) -> String {
    let parts = [("h", Some(&curve.norms.h)), ("c", curve.norms.c.as_ref())];
    let row = |(part, norms): (&str, Option<&Vec<LagNorm>>)| {
        let norms = norms?;
        let dash = || "-".to_owned();
        let at = |lag: usize| norms.get(lag).map_or_else(dash, |norm| format!("{:.1e}", norm.median));
        let last = norms.len().checked_sub(1)?;
        let factor = norms.get(1).and_then(|first| first.factor_to(&norms[last]));
        let half = factor.filter(|&factor| factor < 1.0).map(|factor| 0.5f64.ln() / factor.ln());
        let right = curve.correct.filter(|_| part == "h");
        let layer = curve.cell.class_name();
        let stage = match curve.stage {
            Stage::Scaled(gain) => format!("x{gain}"),
            stage => stage.name(),
        };
        let line = format!(
            "{layer:<13}{stage:<9}{part:<2}{}{:>7}{:>7}{:>6}",
            LAGS.map(|lag| format!("{:>9}", at(lag))).concat(),
            factor.map_or_else(dash, |factor| format!("{factor:.3}")),
            half.map_or_else(dash, |half| format!("{half:.1}")),
            right.map_or_else(String::new, |right| format!("{:.1}", 100.0 * right)),
        );
        Some(format!("{}\n", line.trim_end()))
    };
    parts.into_iter().filter_map(row).collect()
}
