//! Plots: the training curve (loss and accuracy, training and validation, epoch by epoch), series with their
//! forecasts, and the reliability curve (predicted probability against the fraction of positives).

mod forecast;

pub use forecast::forecasts;

use gatewise::metrics::Calibration;
use gatewise::{Artifact, Error, ErrorKind, History, Result, TrainingSummary};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::{Path, PathBuf};

/// Width and height in pixels, and the height of title and legend.
const SIZE: (u32, u32) = (900, 420);
const HEAD: u32 = 62;
const TRAINING: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const VALIDATION: RGBColor = RGBColor(0xd9, 0x5f, 0x02);

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// An empty picture with its title.
struct Sheet<'a> {
    root: Area<'a>,
    /// Title, and below it room for a legend.
    head: Area<'a>,
    body: Area<'a>,
    /// The horizontal middle of the head.
    middle: i32,
}

fn sheet<'a>(svg: &'a mut String, title: &str) -> std::result::Result<Sheet<'a>, Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let (head, body) = root.split_vertically(HEAD);
    let middle = i32::try_from(SIZE.0 / 2)?;
    let centred = Pos::new(HPos::Center, VPos::Center);
    let (lines, size) = fitted(title);
    for (at, line) in lines.iter().enumerate() {
        let y = if lines.len() == 1 { 22 } else { 13 + 18 * i32::try_from(at)? };
        head.draw_text(line, &("sans-serif", size).into_text_style(&head).pos(centred), (middle, y))?;
    }
    Ok(Sheet { root, head, body, middle })
}

/// Returns the lines of a title and the size of its letters, so that it lies inside the picture: one line, smaller if that is
/// enough, else two of them, the second cut short where it must be.
fn fitted(title: &str) -> (Vec<String>, u32) {
    // A letter of a usual font is not wider than six tenths of its height on average.
    let letters = |size: u32| (f64::from(SIZE.0 - 40) / (0.6 * f64::from(size))) as usize;
    let count = title.chars().count();
    if let Some(size) = (15..=20).rev().find(|&size| count <= letters(size)) {
        return (vec![title.to_owned()], size);
    }
    let most = letters(15);
    let chars: Vec<char> = title.chars().collect();
    let space = (most / 2..=most).rev().find(|&at| chars.get(at) == Some(&' ')).unwrap_or(most);
    let first: String = chars[..space].iter().collect();
    let mut rest: String = chars[space..].iter().collect::<String>().trim().to_owned();
    if rest.chars().count() > most {
        rest = rest.chars().take(most - 1).chain(['…']).collect();
    }
    (vec![first, rest], 15)
}

/// Returns the path of the training curve: beside the model, and not the model's own path. Only the ending
/// `.gatewise` is replaced: `run-0.1` and `run-0.2` have curves of their own.
pub fn curve_beside(output: &Path) -> Result<PathBuf> {
    let replaced = output.extension().is_none_or(|end| end == "gatewise" || end == "svg");
    let mut longer = output.to_owned().into_os_string();
    longer.push(".svg");
    let curve = if replaced { output.with_extension("svg") } else { longer.into() };
    if curve == output {
        return Err(Error::config(format!(
            "the model cannot be called {}: the training curve goes there; choose another ending, such as \
             .gatewise",
            output.display()
        )));
    }
    Ok(curve)
}

/// Writes the training curve as SVG, to a temporary file that is renamed; without epochs, writes nothing.
pub fn training_curve(artifact: &Artifact, path: &Path) -> Result<()> {
    let TrainingSummary { data, history, .. } = artifact.training();
    if history.epochs.is_empty() {
        return Ok(());
    }
    let data = Path::new(data).file_name().map_or(data.into(), |file| file.to_string_lossy());
    let title = format!("{data}: {}", artifact.model().spec().describe());
    let mut svg = String::new();
    draw(history, &title, &mut svg)
        .map_err(|e| Error::new(ErrorKind::Io, format!("cannot draw {}: {e}", path.display())))?;
    gatewise::write_atomic(path, svg.as_bytes())
}

fn draw(
    history: &History,
    title: &str,
    svg: &mut String,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let Sheet { root, head, body, middle } = sheet(svg, title)?;
    legend(&head, middle, history.validation_samples > 0)?;
    let accuracy = history.epochs.iter().any(|log| log.accuracy.is_some());
    let panels = body.split_evenly((1, if accuracy { 2 } else { 1 }));
    let curve = |f: &dyn Fn(&gatewise::train::EpochLog) -> Option<f64>| -> Vec<(f64, f64)> {
        history.epochs.iter().filter_map(|log| Some((log.epoch as f64 + 1.0, f(log)?))).collect()
    };
    panel(&panels[0], "loss", &curve(&|log| Some(log.loss)), &curve(&|log| log.val_loss))?;
    if accuracy {
        panel(&panels[1], "accuracy", &curve(&|log| log.accuracy), &curve(&|log| log.val_accuracy))?;
    }
    root.present()?;
    Ok(())
}

fn panel<B: DrawingBackend>(
    area: &DrawingArea<B, plotters::coord::Shift>,
    name: &str,
    training: &[(f64, f64)],
    validation: &[(f64, f64)],
) -> std::result::Result<(), Box<dyn std::error::Error>>
where
    B::ErrorType: 'static,
{
    let values = || training.iter().chain(validation).map(|point| point.1);
    let (low, high) = (values().fold(f64::INFINITY, f64::min), values().fold(f64::NEG_INFINITY, f64::max));
    let margin = ((high - low) * 0.08).max(0.02);
    let last = training.len().max(2) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(60)
        .build_cartesian_2d(0.8..last + 0.2, low - margin..high + margin)?;
    chart
        .configure_mesh()
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .bold_line_style(BLACK.mix(0.12))
        .x_desc("epoch")
        .y_desc(name)
        .x_labels(training.len().clamp(2, 10))
        .x_label_formatter(&|x| if x.fract().abs() < 1e-6 { format!("{x:.0}") } else { String::new() })
        .y_label_formatter(&|y| format!("{y:.3}"))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (points, color) in [(training, TRAINING), (validation, VALIDATION)] {
        if points.is_empty() {
            continue;
        }
        chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3))?;
    }
    Ok(())
}

/// Draws one legend for both panels under the title; inside a panel it could cover a line.
fn legend<B: DrawingBackend>(
    area: &DrawingArea<B, plotters::coord::Shift>,
    middle: i32,
    validated: bool,
) -> std::result::Result<(), Box<dyn std::error::Error>>
where
    B::ErrorType: 'static,
{
    let left = Pos::new(HPos::Left, VPos::Center);
    let entries = [("training", TRAINING, middle - 105), ("validation", VALIDATION, middle + 10)];
    for (label, color, x) in entries.into_iter().take(1 + usize::from(validated)) {
        area.draw(&PathElement::new([(x, 46), (x + 24, 46)], color.stroke_width(2)))?;
        area.draw(&Circle::new((x + 12, 46), 3, color.stroke_width(2)))?;
        area.draw_text(label, &("sans-serif", 14).into_text_style(area).pos(left), (x + 32, 46))?;
    }
    Ok(())
}

/// Writes the reliability curve of a binary model as SVG, to a temporary file that is renamed.
pub fn reliability_curve(calibration: &Calibration, title: &str, path: &Path) -> Result<()> {
    let mut svg = String::new();
    draw_reliability(calibration, title, &mut svg)
        .map_err(|e| Error::new(ErrorKind::Io, format!("cannot draw {}: {e}", path.display())))?;
    gatewise::write_atomic(path, svg.as_bytes())
}

fn draw_reliability(
    calibration: &Calibration,
    title: &str,
    svg: &mut String,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let Sheet { root, head, body, middle } = sheet(svg, title)?;
    let figures = format!(
        "{} rows, expected calibration error {:.4}, Brier score {:.4}; bars: 95 % intervals",
        calibration.samples, calibration.expected_error, calibration.brier_score
    );
    let centred = Pos::new(HPos::Center, VPos::Center);
    head.draw_text(&figures, &("sans-serif", 14).into_text_style(&head).pos(centred), (middle, 46))?;
    let panels = body.split_evenly((1, 2));

    let mut chart = unit_chart(&panels[0], 0.0..1.0)?;
    let of_class = calibration.positive.as_ref().map(|name| format!(" of '{name}'")).unwrap_or_default();
    let predicted = format!("predicted probability{of_class}");
    let observed = match &calibration.positive {
        Some(name) => format!("fraction of '{name}'"),
        None => "fraction of positives".to_owned(),
    };
    mesh(&mut chart, &predicted, &observed, |y| format!("{y:.1}"))?;
    let diagonal = [(0.0, 0.0), (1.0, 1.0)];
    chart.draw_series(DashedLineSeries::new(diagonal, 6, 5, BLACK.mix(0.5).stroke_width(1)))?;
    for bin in &calibration.bins {
        let (low, high) = bin.interval();
        let bar = [(bin.predicted, low), (bin.predicted, high)];
        chart.draw_series([PathElement::new(bar, TRAINING.mix(0.6).stroke_width(2))])?;
    }
    let curve = calibration.bins.iter().map(|bin| (bin.predicted, bin.observed));
    chart.draw_series(LineSeries::new(curve, TRAINING.stroke_width(2)).point_size(4))?;

    let most = calibration.bins.iter().map(|bin| bin.count).max().unwrap_or(1);
    let mut chart = unit_chart(&panels[1], 0.0..most as f64 * 1.05)?;
    mesh(&mut chart, &predicted, "rows", |y| format!("{y:.0}"))?;
    chart.draw_series(calibration.bins.iter().map(|bin| {
        Rectangle::new([(bin.low, 0.0), (bin.high, bin.count as f64)], TRAINING.mix(0.7).filled())
    }))?;
    root.present()?;
    Ok(())
}

type Chart<'a, 'b> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// Returns a chart with probabilities on the x axis.
fn unit_chart<'a, 'b>(
    area: &'a DrawingArea<SVGBackend<'b>, Shift>,
    y: std::ops::Range<f64>,
) -> std::result::Result<Chart<'a, 'b>, Box<dyn std::error::Error>>
where
    'b: 'a,
{
    let chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(42)
        .y_label_area_size(60)
        .build_cartesian_2d(0.0..1.0, y)?;
    Ok(chart)
}

fn mesh(
    chart: &mut Chart<'_, '_>,
    x: &str,
    y: &str,
    y_label: impl Fn(&f64) -> String,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    chart
        .configure_mesh()
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .x_desc(x)
        .y_desc(y)
        .x_label_formatter(&|x| format!("{x:.1}"))
        .y_label_formatter(&y_label)
        .draw()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_lie_inside_the_picture() {
        for count in [1, 60, 75, 90, 120, 200, 1000] {
            let title: String = "word word wor ".chars().cycle().take(count).collect();
            let (lines, size) = fitted(&title);
            assert!(lines.len() <= 2 && (15..=20).contains(&size));
            for line in lines {
                assert!(
                    0.6 * f64::from(size) * line.chars().count() as f64 <= f64::from(SIZE.0 - 40),
                    "{line}"
                );
            }
        }
    }
}
