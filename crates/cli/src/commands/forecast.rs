//! `gatewise forecast`: tests forecasts on the end of a series, and forecasts the numbers after it.

use crate::args::{Forecast, Format};
use crate::{Done, out, plot};
use gatewise::Result;
use gatewise_pipeline::{ForecastConfig, ForecastOutcome, RunFiles, TestedForecast};
use std::path::Path;

pub fn forecast(args: Forecast) -> Result<Done> {
    if let Some(picture) = &args.output {
        RunFiles::new().reads("the series", &args.file).replaces("--output", picture).check()?;
    }
    let mut config = ForecastConfig::new(&args.file)
        .period(args.period)
        .units(args.units)
        .epochs(args.epochs)
        .seed(args.seed)
        .records(args.table.record_options())
        .machine(args.machine.machine());
    if let Some(column) = &args.column {
        config = config.column(column);
    }
    if let Some(horizon) = args.horizon {
        config = config.horizon(horizon);
    }
    if let Some(length) = args.length {
        config = config.length(length);
    }
    if let Some(test) = args.test {
        config = config.test(test);
    }
    let outcome = config.run()?;
    if let Some(picture) = &args.output {
        draw(&outcome, picture)?;
    }
    match args.format {
        Format::Text => tell(&outcome, args.output.as_deref())?,
        Format::Json => out!("{:#}\n", serde_json::json!(outcome))?,
    }
    Ok(Done::Whole)
}

fn draw(outcome: &ForecastOutcome, picture: &Path) -> Result<()> {
    let ForecastOutcome { file, column, series, first, tested, next, .. } = outcome;
    let name = file.file_name().map_or(column.as_str().into(), |name| name.to_string_lossy());
    let lines: Vec<(String, &[f32])> =
        tested.iter().map(|it| (format!("{} ahead", it.horizon), &it.forecasts[..])).collect();
    plot::forecasts(&format!("{name}: {column}"), series, *first, &lines, next, picture)
}

fn tell(outcome: &ForecastOutcome, picture: Option<&Path>) -> Result<()> {
    let ForecastOutcome { file, column, series, period, season_before, .. } = outcome;
    let scale = if outcome.logarithms { "changes of the logarithm" } else { "changes" };
    let mut text =
        format!("Series: {}, column '{column}', {} numbers; {scale}\n", file.display(), series.len());
    text += &format!("Tested on the last {}, mean absolute error\n", series.len() - outcome.first);
    text += &format!("  the number {period} steps before  {season_before:.4}\n");
    for TestedForecast { horizon, mean_absolute_error, .. } in &outcome.tested {
        text += &format!("  LSTM, {horizon} ahead  {mean_absolute_error:.4}\n");
    }
    text += &format!("Next {}:", outcome.next.len());
    outcome.next.iter().for_each(|number| text += &format!(" {number:.4}"));
    if let Some(picture) = picture {
        text += &format!("\nSaved {}", picture.display());
    }
    out!("{text}\n")
}
