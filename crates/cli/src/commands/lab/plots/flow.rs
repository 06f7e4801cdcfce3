//! The picture of `lab gradient-flow`: norms of gradients by lag, on a logarithmic scale.

use super::{Area, BLUE, Drawn, GREEN, HEAD, ORANGE, PURPLE, SKY, VERMILLION, head, save};
use gatewise::Result;
use gatewise::layers::RecurrentCell;
use gatewise_lab::{FlowCurve, FlowResult, Stage};
use plotters::prelude::*;
use std::path::Path;

const PANEL: (u32, u32) = (390, 300);
/// The lowest logarithm that is shown.
const LOWEST: f64 = -32.0;

fn color(cell: RecurrentCell) -> RGBColor {
    match cell {
        RecurrentCell::Lstm => BLUE,
        RecurrentCell::Gru => GREEN,
        RecurrentCell::SimpleRnn => VERMILLION,
        _ => PURPLE,
    }
}

/// A curve with its colour, and a name at its end.
type Line<'a> = (&'a FlowCurve, RGBColor, Option<String>);

/// Writes a panel for each data set and stage, a line a layer, and one panel with scaled kernels.
pub fn flow(result: &FlowResult, cells: &[RecurrentCell], path: &Path) -> Result<()> {
    let mut panels: Vec<(String, Vec<Line<'_>>)> = Vec::new();
    for adding in [true, false] {
        let stages = [
            (Stage::Initial, "before training"),
            (Stage::Trained, "trained"),
            (Stage::Clipped, "trained, clipped"),
        ];
        for (stage, when) in stages.into_iter().take(if adding { 3 } else { 2 }) {
            let found = cells.iter().filter_map(|&cell| result.find(adding, cell, stage));
            let lines: Vec<Line<'_>> = found.map(|curve| (curve, color(curve.cell), None)).collect();
            let data = lines.first().map_or("", |line| line.0.data);
            panels.push((format!("{data}, {when}"), lines));
        }
    }
    let colors = [SKY, BLUE, ORANGE, VERMILLION];
    let scaled = result.curves.iter().filter_map(|curve| match curve.stage {
        Stage::Scaled(gain) => Some((curve, format!("times {gain}"))),
        _ => None,
    });
    let lines = scaled.zip(colors).map(|((curve, name), color)| (curve, color, Some(name))).collect();
    panels.push(("SimpleRNN, recurrent kernel scaled".into(), lines));
    let legend: Vec<_> = cells
        .iter()
        .map(|&cell| {
            let part = if matches!(cell, RecurrentCell::Lstm | RecurrentCell::Lstm1997) { "c" } else { "h" };
            (format!("{} ({part})", cell.class_name()), color(cell))
        })
        .collect();
    let size = (3 * PANEL.0, HEAD + 2 * PANEL.1);
    save(path, size, |root| {
        let (top, body) = root.split_vertically(HEAD);
        head(
            &top,
            size.0,
            "Norm of the gradient of the last output with respect to earlier states",
            &legend,
        )?;
        let areas = body.split_evenly((2, 3));
        // All panels of data have one range, so that they can be compared.
        let (data, scaled) = panels.split_at(panels.len() - 1);
        for (area, (title, lines)) in areas.iter().zip(data) {
            panel(area, title, lines, range(data))?;
        }
        for (area, (title, lines)) in areas.iter().skip(data.len()).zip(scaled) {
            panel(area, title, lines, range(scaled))?;
        }
        Ok(())
    })
}

/// The points of a curve: lag and logarithm.
fn points(curve: &FlowCurve) -> impl Iterator<Item = (f64, f64)> {
    curve.memory().iter().map(|norm| (norm.lag as f64, norm.median.max(1e-300).log10()))
}

/// The range of the logarithms of some panels, with a margin.
fn range(panels: &[(String, Vec<Line<'_>>)]) -> (f64, f64) {
    let all =
        || panels.iter().flat_map(|panel| &panel.1).flat_map(|line| points(line.0)).map(|point| point.1);
    let low = all().fold(0.0, f64::min).max(LOWEST);
    let high = all().fold(0.0, f64::max);
    (low.floor() - 0.5, high.ceil() + 0.5)
}

fn panel(area: &Area<'_>, title: &str, lines: &[Line<'_>], range: (f64, f64)) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 15))
        .margin(8)
        .x_label_area_size(38)
        .y_label_area_size(56)
        .build_cartesian_2d(0.0..104.0, range.0..range.1)?;
    chart
        .configure_mesh()
        .label_style(("sans-serif", 12))
        .axis_desc_style(("sans-serif", 13))
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .x_desc("lag k")
        .y_desc("norm")
        .x_labels(6)
        .x_label_formatter(&|x| format!("{x:.0}"))
        .y_labels(8)
        .y_label_formatter(&|y| format!("1e{y:.0}"))
        .draw()?;
    for (curve, color, name) in lines {
        // What is below the picture ends at its edge.
        let points: Vec<_> = points(curve).take_while(|&(_, y)| y >= range.0).collect();
        let middle = points.get(points.len() * 2 / 3).copied();
        chart.draw_series(LineSeries::new(points, color.stroke_width(2)))?;
        if let (Some(name), Some((x, y))) = (name, middle) {
            let style = ("sans-serif", 12).into_font().color(color);
            let above = y + 0.08 * (range.1 - range.0);
            chart.draw_series([Text::new(name.clone(), (x - 4.0, above), style)])?;
        }
    }
    Ok(())
}
