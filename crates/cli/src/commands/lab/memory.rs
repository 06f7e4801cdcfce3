//! `gatewise lab memory`: what a sentiment model keeps in mind.

use super::{experiment, plots};
use crate::args::{Format, LabMemory};
use crate::commands::predict::shipped;
use crate::{Done, out};
use gatewise::explain::{TokenEffect, UnitRole};
use gatewise::{Artifact, Result};
use gatewise_lab::{Memory, MemoryResult};

pub fn memory(args: LabMemory) -> Result<Done> {
    if let Some(picture) = &args.output {
        experiment::check_picture(picture)?;
    }
    let artifact = match &args.model {
        Some(path) => Artifact::load(path)?,
        None => shipped::artifact()?,
    };
    let memory = Memory { artifact: &artifact, rows: args.rows, seed: args.seed };
    let reviews = args.reviews.which();
    let Some(result) = experiment::watched(|watch| memory.run(&reviews.load(watch)?, watch))? else {
        return Ok(Done::Interrupted);
    };
    if let Some(picture) = &args.output {
        plots::states(&result, artifact.labels(), picture)?;
    }
    match args.format {
        Format::Json => out!("{:#}\n", result.to_json())?,
        Format::Text => {
            let saved = args.output.as_ref().map(|picture| format!("\nSaved {}\n", picture.display()));
            out!("{}{}", table(&result), saved.unwrap_or_default())?;
        }
    }
    experiment::judged(args.check, result.broken_claims())
}

fn table(result: &MemoryResult) -> String {
    let MemoryResult { data, layer, units, rows, trained, untrained, roles } = result;
    let mut text = format!(
        "The states of {layer} ({units} units) while it reads {rows} test reviews of {data}\n\n{:<46}{:>9}{:>11}\n",
        "", "trained", "untrained"
    );
    let percent = |share: f64| format!("{:.1} %", 100.0 * share);
    let share = |shares: &[f64], axis: usize| shares.get(axis).copied().map_or_else(String::new, percent);
    let mut row = |name: &str, a: String, b: String| text += &format!("{name:<46}{a:>9}{b:>11}\n");
    row("variance along axis 1", share(&trained.shares, 0), share(&untrained.shares, 0));
    row("variance along axis 2", share(&trained.shares, 1), share(&untrained.shares, 1));
    let number = |x: f64| format!("{x:.2}");
    row("effective number of dimensions", number(trained.dimensions), number(untrained.dimensions));
    row("axis 1 and the model's logit, correlation", number(trained.logit), number(untrained.logit));
    row("axis 1 and the label, correlation", number(trained.label), number(untrained.label));
    row("labels on the right side of one cut of axis 1", percent(trained.split), percent(untrained.split));
    row("answers of the model that are right", percent(trained.right), percent(untrained.right));
    text += &format!(
        "\nWhat each unit carries ({}), those nearest to the answer first: steps until\n\
         half is left, correlation with answer and place, words that raise and lower it\n\n\
         {:<5}{:>7}{:>8}{:>8}  {:<24}  {}\n",
        roles.signal, "unit", "half", "answer", "place", "raised by", "lowered by"
    );
    let mut order: Vec<&UnitRole> = roles.units.iter().collect();
    let size = |role: &UnitRole| role.answer.unwrap_or(0.0).abs();
    order.sort_by(|a, b| size(b).total_cmp(&size(a)));
    for role in order {
        let or_dash = |x: Option<f64>, digits: usize| x.map_or("-".to_owned(), |x| format!("{x:.digits$}"));
        let line = format!(
            "{:<5}{:>7}{:>8}{:>8}  {:<24}  {}",
            role.unit,
            or_dash(role.half_life, 1),
            or_dash(role.answer, 2),
            or_dash(role.position, 2),
            words(&role.raised_by),
            words(&role.lowered_by),
        );
        text += line.trim_end();
        text += "\n";
    }
    text
}

/// As many words as 24 columns hold.
fn words(effects: &[TokenEffect]) -> String {
    let mut text = String::new();
    for TokenEffect { token, .. } in effects {
        let comma = if text.is_empty() { "" } else { ", " };
        if text.chars().count() + comma.len() + token.chars().count() > 24 {
            break;
        }
        text += comma;
        text += token;
    }
    text
}
