//! The picture of `lab forget`: the forget gates over a text, unit by unit, and the half-lives of the units.

use super::{Area, BLUE, Drawn, HEAD, ORANGE, VERMILLION, head, save};
use gatewise::Result;
use gatewise_lab::ForgetTrial;
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (1120, 620);
/// Width of the half-lives.
const SIDE: u32 = 340;
/// Shades from forgetting to keeping.
const SHADES: usize = 16;

/// Writes the gates of the trials, one below the other.
pub fn gates(trials: &[&ForgetTrial], path: &Path) -> Result<()> {
    let legend =
        [("forgets (gate 0)".to_owned(), VERMILLION), ("keeps (gate 1)".to_owned(), BLUE)].map(Into::into);
    save(path, SIZE, |root| {
        let (top, body) = root.split_vertically(HEAD);
        head(&top, SIZE.0, "Forget gates after training, word by word of one text", &legend)?;
        for (area, trial) in body.split_evenly((trials.len().max(1), 1)).iter().zip(trials) {
            let (left, right) = area.split_horizontally(SIZE.0 - SIDE);
            heat(&left, trial)?;
            half_lives(&right, trial)?;
        }
        Ok(())
    })
}

fn heat(area: &Area<'_>, trial: &ForgetTrial) -> Drawn {
    let (steps, units) = (trial.trained.text.len(), trial.trained.half_lives.len());
    let bias = u8::from(trial.unit_forget_bias);
    let mut chart = ChartBuilder::on(area)
        .caption(format!("forget bias begins at {bias}"), ("sans-serif", 15))
        .margin(8)
        .x_label_area_size(38)
        .y_label_area_size(48)
        .build_cartesian_2d(0.0..steps as f64, 0.0..units as f64)?;
    let mesh = |x: &f64| format!("{x:.0}");
    chart
        .configure_mesh()
        .disable_mesh()
        .label_style(("sans-serif", 12))
        .axis_desc_style(("sans-serif", 13))
        .x_desc("word")
        .y_desc("unit, by half-life")
        .x_label_formatter(&mesh)
        .y_label_formatter(&mesh)
        .draw()?;
    for (row, unit) in by_half_life(trial).into_iter().enumerate() {
        let shade =
            |step: usize| (f64::from(trial.trained.text[step][unit]) * (SHADES - 1) as f64).round() as usize;
        let mut from = 0;
        // Words in a row with one shade are one box.
        for step in 1..=steps {
            if step < steps && shade(step) == shade(from) {
                continue;
            }
            let corners = [(from as f64, row as f64), (step as f64, row as f64 + 0.94)];
            chart.draw_series([Rectangle::new(corners, color(shade(from)).filled())])?;
            from = step;
        }
    }
    Ok(())
}

/// The units, the shortest half-life after training first.
fn by_half_life(trial: &ForgetTrial) -> Vec<usize> {
    let mut order: Vec<usize> = (0..trial.trained.half_lives.len()).collect();
    order.sort_by(|&a, &b| trial.trained.half_lives[a].total_cmp(&trial.trained.half_lives[b]));
    order
}

/// From vermillion over white to blue.
fn color(shade: usize) -> RGBColor {
    let keeps = shade as f64 / (SHADES - 1) as f64;
    let (from, strength) =
        if keeps < 0.5 { (VERMILLION, 1.0 - 2.0 * keeps) } else { (BLUE, 2.0 * keeps - 1.0) };
    let mixed = |part: u8| (255.0 - (255.0 - f64::from(part)) * strength).round() as u8;
    RGBColor(mixed(from.0), mixed(from.1), mixed(from.2))
}

fn half_lives(area: &Area<'_>, trial: &ForgetTrial) -> Drawn {
    let units = trial.trained.half_lives.len();
    // Both panels of the sheet have this range, unless a unit keeps its cell for longer.
    let longest = trial.initial.longest().max(trial.trained.longest());
    let end = if longest.is_finite() { (1.1 * longest).max(4.0) } else { 20.0 };
    let mut chart = ChartBuilder::on(area)
        .caption("half-life: before (ring), after (dot)", ("sans-serif", 15))
        .margin(8)
        .margin_right(24)
        .x_label_area_size(38)
        .y_label_area_size(20)
        .build_cartesian_2d(0.0..end, 0.0..units as f64)?;
    chart
        .configure_mesh()
        .disable_y_axis()
        .disable_y_mesh()
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .label_style(("sans-serif", 12))
        .axis_desc_style(("sans-serif", 13))
        .x_desc("words until half of the cell is left")
        .x_labels(5)
        .x_label_formatter(&|x: &f64| format!("{x:.0}"))
        .draw()?;
    for (row, unit) in by_half_life(trial).into_iter().enumerate() {
        let at = |half_life: f64| (half_life.min(end), row as f64 + 0.5);
        let (before, after) = (at(trial.initial.half_lives[unit]), at(trial.trained.half_lives[unit]));
        chart.draw_series([PathElement::new([before, after], BLACK.mix(0.3))])?;
        chart.draw_series([Circle::new(before, 4, ORANGE.stroke_width(2))])?;
        chart.draw_series([Circle::new(after, 4, BLUE.filled())])?;
    }
    Ok(())
}
