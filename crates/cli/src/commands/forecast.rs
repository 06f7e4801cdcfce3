//! `gatewise forecast`: a series in, how well it can be forecast and how it goes on out.

use crate::args::{Forecast, Format};
use crate::{Done, out, plot};
use gatewise::files::{last_number_column, read_series};
use gatewise::{Error, ForecastOptions, Forecaster, Result};
use serde_json::json;

/// Forecasts of the part that is kept to test on.
struct Tested {
    horizon: usize,
    /// One a step of that part.
    forecasts: Vec<f32>,
    error: f64,
}

pub fn forecast(args: Forecast) -> Result<Done> {
    if let Some(picture) = &args.output {
        gatewise::check_target(picture)?;
    }
    let column = args.column.clone().map_or_else(|| last_number_column(&args.file), Ok)?;
    let series = read_series(&args.file, &column)?;
    let (horizon, length) = (args.horizon.unwrap_or(args.period), args.length.unwrap_or(2 * args.period));
    let test = args.test.unwrap_or(2 * args.period);
    let Some(first) =
        series.len().checked_sub(test).filter(|first| *first > args.period.max(length + horizon))
    else {
        return Err(Error::data(format!(
            "{} has {} numbers in column '{column}', which leaves too few to learn from when the last {test} are \
             kept to test on, {length} are read and {horizon} forecast; make --test, --length or --horizon smaller",
            args.file.display(),
            series.len()
        )));
    };
    let machine = args.machine.machine();
    let options = |horizon| ForecastOptions {
        horizon,
        length,
        units: args.units,
        epochs: args.epochs,
        seed: args.seed,
        machine: machine.clone(),
        ..ForecastOptions::default()
    };
    let error = |forecasts: &[f32]| {
        let off = forecasts.iter().zip(&series[first..]).map(|(a, b)| f64::from((a - b).abs()));
        off.sum::<f64>() / test as f64
    };
    let naive = error(&series[first - args.period..series.len() - args.period]);
    let mut horizons = vec![1, horizon];
    horizons.dedup();
    let tested = |horizon| -> Result<Tested> {
        let forecaster = Forecaster::fit(&series[..first], &options(horizon))?;
        let of = |at: usize| Ok(forecaster.forecast(&series[..=at - horizon])?[horizon - 1]);
        let forecasts = (first..series.len()).map(of).collect::<Result<Vec<f32>>>()?;
        Ok(Tested { horizon, error: error(&forecasts), forecasts })
    };
    let tested: Vec<Tested> = horizons.into_iter().map(tested).collect::<Result<_>>()?;
    let whole = Forecaster::fit(&series, &options(horizon))?;
    let next = whole.forecast(&series)?;
    if let Some(picture) = &args.output {
        let name = args.file.file_name().map_or(column.as_str().into(), |name| name.to_string_lossy());
        let lines: Vec<(String, &[f32])> =
            tested.iter().map(|it| (format!("{} ahead", it.horizon), &it.forecasts[..])).collect();
        plot::forecasts(&format!("{name}: {column}"), &series, first, &lines, &next, picture)?;
    }
    if args.format == Format::Json {
        let errors: Vec<_> =
            tested.iter().map(|it| json!({"horizon": it.horizon, "mae": it.error})).collect();
        let object = json!({
            "file": args.file,
            "column": column,
            "numbers": series.len(),
            "logarithms": whole.logs(),
            "tested": test,
            "season_before_mae": naive,
            "lstm": errors,
            "forecast": next,
        });
        out!("{object:#}\n")?;
        return Ok(Done::Whole);
    }
    let scale = if whole.logs() { "changes of the logarithm" } else { "changes" };
    let mut text =
        format!("Series: {}, column '{column}', {} numbers; {scale}\n", args.file.display(), series.len());
    text += &format!("Tested on the last {test}, mean absolute error\n");
    text += &format!("  the number {} steps before  {naive:.4}\n", args.period);
    for Tested { horizon, error, .. } in &tested {
        text += &format!("  LSTM, {horizon} ahead  {error:.4}\n");
    }
    text += &format!("Next {horizon}:");
    next.iter().for_each(|number| text += &format!(" {number:.4}"));
    if let Some(picture) = &args.output {
        text += &format!("\nSaved {}", picture.display());
    }
    out!("{text}\n")?;
    Ok(Done::Whole)
}
