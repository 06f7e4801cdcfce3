//! The picture of forecasts: each series with its test part, what follows, and the prediction intervals.
//!
//! Input: an outcome. Output: an SVG file; one panel, or small ones for several series.

use super::{Area, SIZE, TRAINING, VALIDATION, fitted};
use gatewise::{Error, ErrorKind, Result};
use gatewise_pipeline::{ForecastOutcome, SeriesForecast};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// The most series in one picture.
const PANELS: usize = 9;
/// The height of a title and of a line of the legend.
const TITLE: u32 = 44;
const LINE: i32 = 20;
/// The color of forecasts of the test part, the whole horizon ahead.
const FAR: RGBColor = RGBColor(0x2c, 0xa0, 0x2c);

/// Writes the series of an outcome with their forecasts as SVG, to a temporary file that is renamed.
pub fn forecasts(outcome: &ForecastOutcome, path: &Path) -> Result<()> {
    let mut svg = String::new();
    draw(outcome, &mut svg)
        .map_err(|e| Error::new(ErrorKind::Io, format!("cannot draw {}: {e}", path.display())))?;
    gatewise::write_atomic(path, svg.as_bytes())
}

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

fn draw(outcome: &ForecastOutcome, svg: &mut String) -> Drawn {
    let shown = &outcome.series[..outcome.series.len().min(PANELS)];
    let (columns, rows) = match shown.len() {
        1 => (1, 1),
        2..=4 => (2, shown.len().div_ceil(2)),
        count => (3, count.div_ceil(3)),
    };
    let height = match rows {
        1 if columns == 1 => SIZE.1 + 80,
        rows => TITLE + 30 + 260 * u32::try_from(rows)?,
    };
    let root = SVGBackend::with_string(svg, (SIZE.0, height)).into_drawing_area();
    root.fill(&WHITE)?;
    let file = outcome.file.file_name().map_or(outcome.column.as_str().into(), |name| name.to_string_lossy());
    let more = match outcome.series.len() - shown.len() {
        0 => String::new(),
        more => format!(" ({} of {} series)", shown.len(), shown.len() + more),
    };
    let (lines, size) = fitted(&format!("{file}: {}{more}", outcome.column));
    let centred = Pos::new(HPos::Center, VPos::Center);
    for (at, line) in lines.iter().enumerate() {
        let y = if lines.len() == 1 { 22 } else { 13 + 18 * i32::try_from(at)? };
        let style = ("sans-serif", size).into_text_style(&root).pos(centred);
        root.draw_text(line, &style, (i32::try_from(SIZE.0 / 2)?, y))?;
    }
    let (_, body) = root.split_vertically(TITLE);
    if let [one] = shown {
        let (head, body) = body.split_vertically(3 * LINE as u32);
        legend(&head, outcome, one)?;
        panel(&body, one, None)?;
    } else {
        let (head, body) = body.split_vertically(30);
        short_legend(&head)?;
        for (area, series) in body.split_evenly((rows, columns)).iter().zip(shown) {
            panel(area, series, series.id.as_deref())?;
        }
    }
    root.present()?;
    Ok(())
}

/// An entry of a legend: a line, or a filled band.
enum Mark {
    Line(RGBAColor),
    Band(RGBAColor),
}

fn entry(area: &Area<'_>, mark: &Mark, label: &str, (x, y): (i32, i32)) -> Drawn {
    match mark {
        Mark::Line(color) => area.draw(&PathElement::new([(x, y), (x + 24, y)], color.stroke_width(3)))?,
        Mark::Band(color) => area.draw(&Rectangle::new([(x, y - 6), (x + 24, y + 6)], color.filled()))?,
    }
    let left = Pos::new(HPos::Left, VPos::Center);
    area.draw_text(label, &("sans-serif", 14).into_text_style(area).pos(left), (x + 32, y))?;
    Ok(())
}

fn legend(area: &Area<'_>, outcome: &ForecastOutcome, series: &SeriesForecast) -> Drawn {
    let decimals = (outcome.decimals + 2).min(12);
    let error = |error: f64| format!("{error:.decimals$}");
    let ahead = |at: usize| {
        let errors = if at == 0 { series.lstm.mae_first } else { series.lstm.mae_last };
        let steps = series.tested.get(at).map_or(1, |it| it.horizon);
        format!("{steps} ahead (MAE {})", error(errors))
    };
    entry(area, &Mark::Line(BLACK.mix(0.6)), "series", (90, 8))?;
    entry(area, &Mark::Line(TRAINING.to_rgba()), &ahead(0), (290, 8))?;
    if series.tested.len() > 1 {
        entry(area, &Mark::Line(FAR.to_rgba()), &ahead(1), (590, 8))?;
    }
    entry(area, &Mark::Line(VALIDATION.to_rgba()), "forecast", (90, 8 + LINE))?;
    if series.forecast.iter().any(|point| point.interval_80.is_some()) {
        entry(area, &Mark::Band(VALIDATION.mix(0.40)), "80 % interval", (290, 8 + LINE))?;
        entry(area, &Mark::Band(VALIDATION.mix(0.18)), "95 % interval", (590, 8 + LINE))?;
    }
    if let Some(best) = series.best_baseline() {
        let text = format!(
            "1 to {} ahead: MAE {}; best baseline, {}: {}",
            series.horizon,
            error(series.lstm.mae),
            best.name,
            error(best.errors.mae)
        );
        let left = Pos::new(HPos::Left, VPos::Center);
        area.draw_text(&text, &("sans-serif", 14).into_text_style(area).pos(left), (90, 8 + 2 * LINE))?;
    }
    Ok(())
}

fn short_legend(area: &Area<'_>) -> Drawn {
    entry(area, &Mark::Line(BLACK.mix(0.6)), "series", (150, 10))?;
    entry(area, &Mark::Line(VALIDATION.to_rgba()), "forecast", (290, 10))?;
    entry(area, &Mark::Band(VALIDATION.mix(0.40)), "80 % interval", (440, 10))?;
    entry(area, &Mark::Band(VALIDATION.mix(0.18)), "95 % interval", (620, 10))
}

/// Draws a series; a small panel has a title, and no forecasts of the test part.
fn panel(area: &Area<'_>, series: &SeriesForecast, title: Option<&str>) -> Drawn {
    let numbers = &series.numbers;
    let points = |from: usize, numbers: &[f64]| -> Vec<(f64, f64)> {
        numbers.iter().enumerate().map(|(at, &number)| ((from + at) as f64, number)).collect()
    };
    let end = numbers.len();
    let next: Vec<f64> = series.forecast.iter().map(|point| point.value).collect();
    let mut lines = vec![(BLACK.mix(0.6), points(0, numbers))];
    if title.is_none() {
        for (tested, color) in series.tested.iter().zip([TRAINING, FAR]) {
            lines.push((color.to_rgba(), points(series.first, &tested.forecasts)));
        }
    }
    // The forecast begins at the last number.
    let last = numbers.last().map(|&number| ((end - 1) as f64, number));
    lines.push((VALIDATION.to_rgba(), last.into_iter().chain(points(end, &next)).collect()));
    let band = |bounds: &dyn Fn(&gatewise_pipeline::ForecastPoint) -> Option<(f64, f64)>| -> Vec<(f64, f64)> {
        let bounds: Vec<(f64, f64)> = series.forecast.iter().filter_map(bounds).collect();
        let upper = bounds.iter().enumerate().map(|(at, bounds)| ((end + at) as f64, bounds.1));
        let lower = bounds.iter().enumerate().rev().map(|(at, bounds)| ((end + at) as f64, bounds.0));
        if bounds.is_empty() { Vec::new() } else { last.into_iter().chain(upper).chain(lower).collect() }
    };
    let bands = [(0.18, band(&|point| point.interval_95)), (0.40, band(&|point| point.interval_80))];
    let all = || {
        lines
            .iter()
            .flat_map(|line| &line.1)
            .chain(bands.iter().flat_map(|band| &band.1))
            .map(|point| point.1)
    };
    let (low, high) = (all().fold(f64::INFINITY, f64::min), all().fold(f64::NEG_INFINITY, f64::max));
    let margin = ((high - low) * 0.05).max(f64::MIN_POSITIVE).max(high.abs() * 1e-9);
    let mut builder = ChartBuilder::on(area);
    builder
        .margin(10)
        .margin_right(24)
        .x_label_area_size(if title.is_some() { 26 } else { 40 })
        .y_label_area_size(70);
    if let Some(title) = title {
        let short: String = if title.chars().count() > 30 {
            title.chars().take(29).chain(['…']).collect()
        } else {
            title.to_owned()
        };
        builder.caption(short, ("sans-serif", 14));
    }
    let mut chart =
        builder.build_cartesian_2d(0.0..(end + next.len() - 1) as f64, low - margin..high + margin)?;
    let dates = series.dates.as_ref();
    let label = |x: &f64| {
        let at = x.round();
        match dates {
            _ if (x - at).abs() > 1e-6 || at < 0.0 => String::new(),
            Some(dates) => {
                dates.label(at as usize).map_or_else(String::new, |label| label.chars().take(10).collect())
            }
            None => format!("{at:.0}"),
        }
    };
    let digits = ((high - low + 2.0 * margin) / 10.0).log10().floor();
    let decimals = if digits.is_finite() { (-digits).clamp(0.0, 12.0) as usize } else { 2 };
    chart
        .configure_mesh()
        .label_style(("sans-serif", if title.is_some() { 11 } else { 13 }))
        .axis_desc_style(("sans-serif", 14))
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .x_labels(if title.is_some() { 3 } else { 8 })
        .y_labels(if title.is_some() { 5 } else { 8 })
        .x_label_formatter(&label)
        .y_label_formatter(&|y| format!("{y:.decimals$}"))
        .x_desc(if title.is_none() && dates.is_none() { "step" } else { "" })
        .draw()?;
    for (share, points) in bands {
        if !points.is_empty() {
            chart.draw_series([Polygon::new(points, VALIDATION.mix(share).filled())])?;
        }
    }
    for (color, points) in lines {
        chart.draw_series(LineSeries::new(points, color.stroke_width(2)))?;
    }
    Ok(())
}
