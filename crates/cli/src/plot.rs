//! The training curve as a picture: loss and accuracy, training and validation, epoch by epoch.

use gatewise::{Error, ErrorKind, History, Result};
use plotters::prelude::*;
use std::path::Path;

const TRAINING: RGBColor = RGBColor(0x1f, 0x77, 0xb4);
const VALIDATION: RGBColor = RGBColor(0xd9, 0x5f, 0x02);

/// Writes the curve as SVG, beside the target first and then renamed.
pub fn training_curve(history: &History, title: &str, path: &Path) -> Result<()> {
    let mut svg = String::new();
    draw(history, title, &mut svg)
        .map_err(|e| Error::new(ErrorKind::Io, format!("cannot draw {}: {e}", path.display())))?;
    gatewise::write_whole(path, svg.as_bytes())
}

fn draw(
    history: &History,
    title: &str,
    svg: &mut String,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let root = SVGBackend::with_string(svg, (900, 380)).into_drawing_area();
    root.fill(&WHITE)?;
    let root = root.titled(title, ("sans-serif", 20))?;
    let panels = root.split_evenly((1, 2));
    let curve = |f: &dyn Fn(&gatewise::train::EpochLog) -> Option<f64>| -> Vec<(f64, f64)> {
        history.epochs.iter().filter_map(|log| Some((log.epoch as f64 + 1.0, f(log)?))).collect()
    };
    panel(&panels[0], "loss", &curve(&|log| Some(log.loss)), &curve(&|log| log.val_loss))?;
    panel(&panels[1], "accuracy", &curve(&|log| Some(log.accuracy)), &curve(&|log| log.val_accuracy))?;
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
    let margin = ((high - low) * 0.08).max(1e-3);
    let last = training.len().max(2) as f64;
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(36)
        .y_label_area_size(52)
        .build_cartesian_2d(0.8..last + 0.2, low - margin..high + margin)?;
    chart
        .configure_mesh()
        .x_desc("epoch")
        .y_desc(name)
        .x_labels(training.len().clamp(2, 10))
        .x_label_formatter(&|x| if x.fract().abs() < 1e-6 { format!("{x:.0}") } else { String::new() })
        .y_label_formatter(&|y| format!("{y:.3}"))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (label, points, color) in [("training", training, TRAINING), ("validation", validation, VALIDATION)] {
        if points.is_empty() {
            continue;
        }
        chart
            .draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)).point_size(3))?
            .label(label)
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], color.stroke_width(2)));
    }
    let corner =
        if name == "loss" { SeriesLabelPosition::UpperRight } else { SeriesLabelPosition::LowerRight };
    chart
        .configure_series_labels()
        .position(corner)
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.3))
        .draw()?;
    Ok(())
}
