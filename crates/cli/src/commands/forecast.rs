//! `gatewise forecast`: tests forecasts on the end of each series, and forecasts the numbers after it.

use crate::args::{DateOrder, Forecast, Format, Missing};
use crate::{Done, note, out, plot};
use gatewise::Result;
use gatewise_pipeline::{Errors, ForecastConfig, ForecastFile, ForecastOutcome, RunFiles, SeriesForecast};
use std::path::Path;

/// The most rows of a table of forecasts, and the most series with a line of errors, in text.
const ROWS: usize = 60;
const SERIES: usize = 20;

pub fn forecast(args: Forecast) -> Result<Done> {
    let mut output = None;
    if let Some(path) = &args.output {
        output = Some((path.as_path(), ForecastFile::of(path)?));
        RunFiles::new().reads("the series", &args.file).replaces("--output", path).check()?;
    }
    let outcome = config(&args).run()?;
    match output {
        Some((path, ForecastFile::Rows(format))) => outcome.write_rows(path, format)?,
        Some((path, _)) => plot::forecasts(&outcome, path)?,
        None => {}
    }
    match args.format {
        Format::Text => {
            outcome.notes.iter().for_each(|found| note!("note: {found}"));
            tell(&outcome, args.output.as_deref())?;
        }
        Format::Json => out!("{:#}\n", serde_json::json!(outcome))?,
    }
    Ok(Done::Whole)
}

fn config(args: &Forecast) -> ForecastConfig {
    let mut config = ForecastConfig::new(&args.file)
        .units(args.units)
        .seed(args.seed)
        .records(args.table.record_options())
        .machine(&args.machine.machine());
    let set = |config: ForecastConfig,
               value: Option<usize>,
               setter: fn(ForecastConfig, usize) -> ForecastConfig| match value {
        Some(value) => setter(config, value),
        None => config,
    };
    config = set(config, args.period, ForecastConfig::period);
    config = set(config, args.horizon, ForecastConfig::horizon);
    config = set(config, args.length, ForecastConfig::length);
    config = set(config, args.test, ForecastConfig::test);
    config = set(config, args.epochs, ForecastConfig::epochs);
    if let Some(column) = &args.column {
        config = config.column(column);
    }
    if let Some(column) = &args.date_column {
        config = config.date_column(column);
    }
    config = args.id_column.iter().fold(config, ForecastConfig::id_column);
    if let Some(mark) = args.decimal {
        config = config.decimal(mark);
    }
    if let Some(order) = args.date_order {
        config = config.date_order(order.into());
    }
    match args.missing {
        Some(missing) => config.missing(missing.into()),
        None => config,
    }
}

impl From<DateOrder> for gatewise::files::DateOrder {
    fn from(order: DateOrder) -> Self {
        match order {
            DateOrder::DayFirst => Self::DayFirst,
            DateOrder::MonthFirst => Self::MonthFirst,
        }
    }
}

impl From<Missing> for gatewise::files::Missing {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Interpolate => Self::Interpolate,
            Missing::Previous => Self::Previous,
            Missing::Drop => Self::Drop,
        }
    }
}

fn tell(outcome: &ForecastOutcome, saved: Option<&Path>) -> Result<()> {
    let mut text = format!("{}, column '{}'", outcome.file.display(), outcome.column);
    match outcome.series.as_slice() {
        [one] => {
            text += &whole(one);
            text += &errors(one, outcome.decimals);
        }
        several => {
            text += &format!(": {} series\n", several.len());
            text += &summary(several, outcome.decimals);
        }
    }
    text += &forecasts(outcome);
    if let Some(path) = saved {
        text += &format!("Saved {}\n", path.display());
    }
    out!("{text}")
}

/// Returns how many numbers a series has, and from when to when.
fn whole(series: &SeriesForecast) -> String {
    let count = series.numbers.len();
    let dates = series.dates.as_ref().and_then(|dates| Some((dates.label(0)?, dates.label(count - 1)?)));
    let dates = dates.map_or(String::new(), |(first, last)| format!(", {first} to {last}"));
    let logs = if series.logarithms { "; logarithms" } else { "" };
    format!(": {count} numbers{dates}{logs}\n")
}

/// Returns the table of errors of one series.
fn errors(series: &SeriesForecast, decimals: usize) -> String {
    let &SeriesForecast { horizon, ref numbers, first, ref baselines, ref lstm, .. } = series;
    let heads = [format!("1 to {horizon} ahead"), "1 ahead".to_owned(), format!("{horizon} ahead")];
    let heads = if horizon == 1 { &heads[1..2] } else { &heads[..] };
    let row = |name: &str, cells: &[String]| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>14}")).collect();
        format!("  {name:<28}{cells}\n")
    };
    let largest = baselines.iter().map(|baseline| baseline.errors.mae).fold(lstm.mae, f64::max);
    // Beside far larger errors, the errors of the model keep four digits.
    let places = places(largest, decimals + 2).max(places(lstm.mae, decimals + 2).saturating_sub(2));
    let figures = |errors: &Errors| {
        let all = [errors.mae, errors.mae_first, errors.mae_last].map(|error| figure(error, places));
        if horizon == 1 { all[1..2].to_vec() } else { all.to_vec() }
    };
    let mut text = format!("Tested on the last {}: mean absolute error\n", numbers.len() - first);
    text += &row("", heads);
    baselines.iter().for_each(|baseline| text += &row(&baseline.name, &figures(&baseline.errors)));
    text += &row("LSTM", &figures(lstm));
    text += &verdict(series, decimals);
    if let (Some(of_80), Some(of_95)) = (series.coverage_80, series.coverage_95) {
        let [of_80, of_95] = [of_80, of_95].map(|share| format!("{:.0} %", 100.0 * share));
        text += &format!(
            "Of the numbers tested, {of_80} lie in their 80 % intervals and {of_95} in their 95 % intervals.\n"
        );
    }
    text
}

fn verdict(series: &SeriesForecast, decimals: usize) -> String {
    let Some(best) = series.best_baseline() else { return String::new() };
    let places = places(series.lstm.mae, decimals + 2);
    let [own, its] = [series.lstm.mae, best.errors.mae].map(|error| figure(error, places));
    match series.beats_baselines() {
        _ if own == its => format!("The LSTM is level with the best baseline, {}: {own}.\n", best.name),
        true => format!("The LSTM beats the best baseline, {}: {own} against {its}.\n", best.name),
        false => format!(
            "The LSTM does not beat the baseline {}: {own} against {its}. Here the baseline is the better forecast.\n",
            best.name
        ),
    }
}

/// Returns a line of errors for each of several series.
fn summary(series: &[SeriesForecast], decimals: usize) -> String {
    let wide = series
        .iter()
        .filter_map(|one| one.id.as_ref())
        .map(|id| id.chars().count())
        .max()
        .unwrap_or(2)
        .clamp(2, 30);
    let mut text = format!(
        "Mean absolute error on the last part of each, 1 to h ahead\n  {:<wide$}  {:>7} {:>12} {:>12}  best baseline\n",
        "id", "numbers", "LSTM", "baseline"
    );
    for one in series.iter().take(SERIES) {
        let places = places(one.lstm.mae, decimals + 2);
        let (own, best) = (figure(one.lstm.mae, places), one.best_baseline());
        let its = best.map_or(String::new(), |best| figure(best.errors.mae, places));
        let name = best.map_or("", |best| &*best.name);
        let id: String = one.id.as_deref().unwrap_or_default().chars().take(wide).collect();
        text += &format!("  {id:<wide$}  {:>7} {own:>12} {its:>12}  {name}\n", one.numbers.len());
    }
    if series.len() > SERIES {
        text += &format!("  … and {} more (--format json)\n", series.len() - SERIES);
    }
    let better = series.iter().filter(|one| one.beats_baselines()).count();
    text + &format!("The LSTM beats the best baseline in {better} of {} series.\n", series.len())
}

/// Returns the table of the numbers that follow.
fn forecasts(outcome: &ForecastOutcome) -> String {
    let interval = |bounds: Option<(f64, f64)>, places: usize| {
        bounds.map_or(String::new(), |(low, high)| {
            format!("{} to {}", figure(low, places), figure(high, places))
        })
    };
    let places = |series: &SeriesForecast| {
        let largest = series.forecast.iter().map(|point| point.value.abs()).fold(0.0, f64::max);
        places(largest, outcome.decimals + 1)
    };
    let several = outcome.series.len() > 1;
    let mut rows = vec![[
        if several { "id" } else { "" }.to_owned(),
        "date".to_owned(),
        "forecast".to_owned(),
        "80 % interval".to_owned(),
        "95 % interval".to_owned(),
    ]];
    let all: usize = outcome.series.iter().map(|series| series.forecast.len()).sum();
    let points =
        outcome.series.iter().flat_map(|series| series.forecast.iter().map(move |point| (series, point)));
    for (series, point) in points.take(ROWS) {
        let places = places(series);
        let date = point.date.clone().unwrap_or_else(|| {
            rows[0][1] = "step".to_owned();
            format!("+{}", point.step)
        });
        rows.push([
            series.id.clone().unwrap_or_default(),
            date,
            figure(point.value, places),
            interval(point.interval_80, places),
            interval(point.interval_95, places),
        ]);
    }
    let wide: Vec<usize> =
        (0..5).map(|at| rows.iter().map(|row| row[at].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for row in &rows {
        let mut line = String::from(" ");
        for (at, cell) in row.iter().enumerate().filter(|(at, _)| wide[*at] > 0) {
            line += &match at {
                0 | 1 => format!(" {cell:<w$} ", w = wide[at]),
                _ => format!(" {cell:>w$} ", w = wide[at]),
            };
        }
        text += line.trim_end();
        text.push('\n');
    }
    if all > ROWS {
        text += &format!("  … and {} more; --output FILE.csv writes all\n", all - ROWS);
    }
    text
}

/// Returns the decimals of figures as large as `size`: as many as its data have, and one or two more, but at most six digits in
/// all, or four of a number below one.
fn places(size: f64, decimals: usize) -> usize {
    let digits = match size.abs() {
        0.0 => 1.0,
        size => size.log10().floor() + 1.0,
    };
    let most = if digits > 1.0 { 6.0 - digits } else { 4.0 - digits.min(0.0) };
    decimals.min(most.clamp(0.0, 12.0) as usize)
}

/// Returns a number with `places` decimals, and with all digits before the point.
fn figure(number: f64, places: usize) -> String {
    let text = format!("{number:.places$}");
    match text.strip_prefix('-') {
        // Rounded to zero.
        Some(rest) if !rest.contains(|c: char| ('1'..='9').contains(&c)) => rest.to_owned(),
        _ => text,
    }
}
