//! The picture of `lab memory`: the states of reviews on two axes, and the way of some sentences through them.

use super::{Area, BLUE, Drawn, GREEN, HEAD, ORANGE, PURPLE, VERMILLION, head, save};
use gatewise::Result;
use gatewise_lab::{MemoryResult, SENTENCES, StateCloud};
use plotters::prelude::*;
use std::path::Path;

const PANEL: (u32, u32) = (560, 420);
/// Reviews in the picture.
const SHOWN: usize = 400;
/// The colours of the sentences.
const PATHS: [RGBColor; 4] = [GREEN, PURPLE, ORANGE, BLACK];

/// Writes the states of the trained model and of the untrained one, side by side.
pub fn states(result: &MemoryResult, labels: &[String], path: &Path) -> Result<()> {
    let mut legend: Vec<_> = labels.iter().cloned().zip([VERMILLION, BLUE]).collect();
    legend.extend(SENTENCES.iter().zip(PATHS).map(|((name, _), color)| (format!("sentence: {name}"), color)));
    let size = (2 * PANEL.0, HEAD + PANEL.1);
    save(path, size, |root| {
        let (top, body) = root.split_vertically(HEAD);
        let title = format!("The last states of {} reviews in {}", result.data, result.layer);
        head(&top, size.0, &title, &legend)?;
        let panels = body.split_evenly((1, 2));
        panel(&panels[0], "trained", &result.trained)?;
        panel(&panels[1], "the same layers before training", &result.untrained)
    })
}

fn panel(area: &Area<'_>, name: &str, cloud: &StateCloud) -> Drawn {
    let points = || cloud.points.iter().take(SHOWN);
    let all = || points().map(|(point, _)| *point).chain(cloud.paths.iter().flatten().copied());
    let bounds = |axis: usize| {
        let low = all().map(|point| point[axis]).fold(f64::INFINITY, f64::min);
        let high = all().map(|point| point[axis]).fold(f64::NEG_INFINITY, f64::max);
        let (low, high) = if low < high { (low, high) } else { (-1.0, 1.0) };
        let margin = 0.05 * (high - low);
        (low - margin, high + margin)
    };
    // One scale for both axes, so that a line looks like a line.
    let (x, y) = (bounds(0), bounds(1));
    let wide = (x.1 - x.0).max((y.1 - y.0) * 1.35);
    let around = |(low, high): (f64, f64), width: f64| {
        let middle = 0.5 * (low + high);
        middle - 0.5 * width..middle + 0.5 * width
    };
    let share = |axis: usize| 100.0 * cloud.shares.get(axis).copied().unwrap_or(0.0);
    let mut chart = ChartBuilder::on(area)
        .caption(name, ("sans-serif", 15))
        .margin(10)
        .x_label_area_size(40)
        .y_label_area_size(56)
        .build_cartesian_2d(around(x, wide), around(y, wide / 1.35))?;
    chart
        .configure_mesh()
        .label_style(("sans-serif", 12))
        .axis_desc_style(("sans-serif", 13))
        .bold_line_style(BLACK.mix(0.10))
        .light_line_style(TRANSPARENT)
        .x_desc(format!("axis 1: {:.0} % of the variance", share(0)))
        .y_desc(format!("axis 2: {:.0} %", share(1)))
        .x_labels(6)
        .y_labels(6)
        .draw()?;
    chart.draw_series(points().map(|&([x, y], label)| {
        let color = if label > 0.5 { BLUE } else { VERMILLION };
        Circle::new((x, y), 2, color.mix(0.55).filled())
    }))?;
    for (path, color) in cloud.paths.iter().zip(PATHS) {
        let steps: Vec<(f64, f64)> = path.iter().map(|&[x, y]| (x, y)).collect();
        let end = steps.last().copied();
        chart.draw_series(LineSeries::new(steps, color.stroke_width(2)))?;
        chart.draw_series(end.map(|end| Circle::new(end, 5, color.filled())))?;
    }
    Ok(())
}
