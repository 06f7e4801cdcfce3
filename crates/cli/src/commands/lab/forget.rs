//! `gatewise lab forget`: forget gates whose bias begins at 0 or at 1.

use super::{experiment, plots};
use crate::args::{Format, LabForget};
use crate::{Done, out};
use gatewise::Result;
use gatewise_lab::{Forget, ForgetResult};

pub fn forget(args: LabForget) -> Result<Done> {
    if let Some(picture) = &args.output {
        experiment::check_picture(picture)?;
    }
    let forget = Forget {
        reviews: args.reviews.which(),
        units: args.units,
        rows: args.rows,
        epochs: args.epochs,
        trials: u64::from(args.trials),
        seed: args.seed,
    };
    let machine = args.machine.machine();
    let Some(result) = experiment::watched(|watch| forget.run(&machine, watch))? else {
        return Ok(Done::Interrupted);
    };
    if let Some(picture) = &args.output {
        let shown: Vec<_> =
            [false, true].iter().filter_map(|&bias| result.with(bias).first().copied()).collect();
        plots::gates(&shown, picture)?;
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

fn table(result: &ForgetResult) -> String {
    let mut text = format!(
        "Half-lives of the cells in words (before and after training), and % of the test\n\
         reviews of {} that are right after each epoch\n\n{:<6}{:<6}{:>9}{:>9}{:>9}  {}\n",
        result.data, "bias", "seed", "before", "after", "longest", "right after each epoch"
    );
    for bias in [false, true] {
        let trials = result.with(bias);
        for trial in &trials {
            let right: Vec<String> = trial.accuracy.iter().map(|x| format!("{:.1}", 100.0 * x)).collect();
            text += &format!(
                "{:<6}{:<6}{:>9.1}{:>9.1}{:>9.1}  {}\n",
                u8::from(bias),
                trial.seed,
                trial.initial.median(),
                trial.trained.median(),
                trial.trained.longest(),
                right.join(" ")
            );
        }
    }
    let means: Vec<String> = [false, true]
        .iter()
        .map(|&bias| {
            let means = result.mean_accuracy(bias);
            let means: Vec<String> = means.iter().map(|x| format!("{:.1}", 100.0 * x)).collect();
            format!("bias {}: {}\n", u8::from(bias), means.join(" "))
        })
        .collect();
    text + "\nMean accuracy after each epoch\n" + &means.concat()
}
