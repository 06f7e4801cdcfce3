//! The plot of the long-lag tasks: a panel per task, a line per trial. The x axis is the number of training
//! sequences, the y axis the fraction of unseen sequences processed correctly.

use gatewise::layers::RecurrentCell;
use gatewise::{Error, ErrorKind, Result};
use gatewise_lab::Trial;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Height of title and legend, and size of a panel, in pixels.
const HEAD: u32 = 62;
const PANEL: (u32, u32) = (420, 340);
/// Width of an entry of the legend.
const LEGEND: i32 = 140;
/// Panels side by side at most.
const COLUMNS: usize = 3;

fn color(cell: RecurrentCell) -> RGBColor {
    match cell {
        RecurrentCell::Lstm => RGBColor(0x1f, 0x77, 0xb4),
        RecurrentCell::Gru => RGBColor(0x2c, 0xa0, 0x2c),
        RecurrentCell::SimpleRnn => RGBColor(0xd9, 0x5f, 0x02),
        _ => RGBColor(0x7b, 0x4f, 0xa3),
    }
}

/// A panel: the task, its budget, its trials.
type Panel<'a> = (&'static str, usize, Vec<&'a Trial>);

/// Writes the plot as SVG, to a temporary file that is renamed.
pub fn lags(panels: &[Panel<'_>], cells: &[RecurrentCell], path: &Path) -> Result<()> {
    let mut svg = String::new();
    draw(panels, cells, &mut svg)
        .map_err(|e| Error::new(ErrorKind::Io, format!("cannot draw {}: {e}", path.display())))?;
    gatewise::write_atomic(path, svg.as_bytes())
}

fn draw(
    panels: &[Panel<'_>],
    cells: &[RecurrentCell],
    svg: &mut String,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let columns = panels.len().clamp(1, COLUMNS);
    let rows = panels.len().div_ceil(columns).max(1);
    let size = (PANEL.0 * columns as u32, HEAD + PANEL.1 * rows as u32);
    let root = SVGBackend::with_string(svg, size).into_drawing_area();
    root.fill(&WHITE)?;
    let (head, body) = root.split_vertically(HEAD);
    let middle = i32::try_from(size.0 / 2)?;
    let centred = Pos::new(HPos::Center, VPos::Center);
    let title = "Long-lag tasks: unseen sequences processed correctly";
    head.draw_text(title, &("sans-serif", 18).into_text_style(&head).pos(centred), (middle, 20))?;
    let left = Pos::new(HPos::Left, VPos::Center);
    for (i, &cell) in cells.iter().enumerate() {
        let x = middle + LEGEND * (2 * i32::try_from(i)? - i32::try_from(cells.len())?) / 2;
        head.draw(&PathElement::new([(x, 46), (x + 24, 46)], color(cell).stroke_width(3)))?;
        head.draw_text(
            cell.class_name(),
            &("sans-serif", 14).into_text_style(&head).pos(left),
            (x + 32, 46),
        )?;
    }
    for (area, (name, budget, trials)) in body.split_evenly((rows, columns)).iter().zip(panels) {
        let last = trials.iter().filter_map(|trial| trial.curve.last()).map(|point| point.0).max();
        let last = last.unwrap_or(0).clamp(1, *budget) as f64;
        let mut chart = ChartBuilder::on(area)
            .caption(name, ("sans-serif", 15))
            .margin(10)
            .x_label_area_size(40)
            .y_label_area_size(52)
            .build_cartesian_2d(0.0..last, -0.02..1.03)?;
        chart
            .configure_mesh()
            .label_style(("sans-serif", 12))
            .axis_desc_style(("sans-serif", 13))
            .bold_line_style(BLACK.mix(0.12))
            .light_line_style(TRANSPARENT)
            .x_desc("sequences trained on, thousands")
            .y_desc("correct")
            .x_labels(6)
            .x_label_formatter(&|x| format!("{:.0}", x / 1_000.0))
            .y_label_formatter(&|y| format!("{y:.1}"))
            .draw()?;
        for trial in trials {
            let points: Vec<(f64, f64)> = trial.curve.iter().map(|&(x, y)| (x as f64, y)).collect();
            let end = points.last().copied().filter(|_| trial.solved);
            chart.draw_series(LineSeries::new(points, color(trial.cell).stroke_width(2)))?;
            chart.draw_series(end.map(|end| Circle::new(end, 4, color(trial.cell).filled())))?;
        }
    }
    root.present()?;
    Ok(())
}
