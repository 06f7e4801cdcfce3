//! `gatewise lab faithfulness`: whether the words that a method calls important are.

use super::{experiment, plots};
use crate::args::{Format, LabFaithfulness};
use crate::commands::predict::shipped;
use crate::{Done, out};
use gatewise::{Artifact, Result};
use gatewise_lab::{Curves, Faithfulness, FaithfulnessResult};

pub fn faithfulness(args: LabFaithfulness) -> Result<Done> {
    if let Some(picture) = &args.output {
        experiment::check_picture(picture)?;
    }
    let artifact = match &args.model {
        Some(path) => Artifact::load(path)?,
        None => shipped::artifact()?,
    };
    let faithfulness = Faithfulness { artifact: &artifact, rows: args.rows, seed: args.seed };
    let reviews = args.reviews.which();
    let Some(result) = experiment::watched(|watch| faithfulness.run(&reviews.load(watch)?, watch))? else {
        return Ok(Done::Interrupted);
    };
    if let Some(picture) = &args.output {
        plots::curves(&result, picture)?;
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

fn table(result: &FaithfulnessResult) -> String {
    let FaithfulnessResult { data, rows, accuracy: [linear, model], curves } = result;
    let mut text = format!(
        "P(predicted label) while words go and come in the order of their contributions:\n{rows} test reviews of \
         {data}\naccuracy on all test reviews {:.2} %, of the linear model {:.2} %\n\n{:<25}{:>9}{:>17}{:>11}{:>17}\n",
        100.0 * model,
        100.0 * linear,
        "area under the curve of",
        "deletion",
        "against random",
        "insertion",
        "against random"
    );
    for it in curves {
        let gain = |[mean, error]: [f64; 2]| match it.method.as_str() {
            "random" => String::new(),
            _ => format!("{mean:+.3} ± {error:.3}"),
        };
        let line = format!(
            "{:<25}{:>9.3}{:>17}{:>11.3}{:>17}",
            it.method.replace('_', " "),
            it.deletion_area,
            gain(it.deletion_gain),
            it.insertion_area,
            gain(it.insertion_gain)
        );
        text += line.trim_end();
        text += "\n";
    }
    text += "\nDeletion: the lower, the more faithful; insertion: the higher. ±: one standard error.\n";
    let methods = curves.iter().filter(|it| it.method != "random");
    let not: Vec<String> =
        methods.filter(|it: &&Curves| !it.beats_random()).map(|it| it.method.replace('_', " ")).collect();
    text + &match not.is_empty() {
        true => "Every method beats words in random order, in both curves.\n".to_owned(),
        false => format!("Not better than words in random order: {}.\n", not.join(", ")),
    }
}
