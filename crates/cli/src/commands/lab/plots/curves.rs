//! The picture of `lab faithfulness`: the probability of the predicted label while words are deleted and inserted.

use super::{Area, BLUE, Drawn, GREEN, HEAD, ORANGE, PURPLE, SKY, VERMILLION, head, save};
use gatewise::Result;
use gatewise_lab::{Curves, FaithfulnessResult};
use plotters::prelude::*;
use std::path::Path;

const SIZE: (u32, u32) = (1080, 440);
const COLORS: [RGBColor; 5] = [BLUE, SKY, VERMILLION, PURPLE, GREEN];
const RANDOM: RGBColor = ORANGE;

/// Writes two panels, a line for each method in both.
pub fn curves(result: &FaithfulnessResult, path: &Path) -> Result<()> {
    let methods: Vec<(&Curves, RGBColor)> = result
        .curves
        .iter()
        .zip(COLORS.into_iter().cycle())
        .map(|(curves, color)| (curves, if curves.method == "random" { RANDOM } else { color }))
        .collect();
    let legend: Vec<_> = methods.iter().map(|(it, color)| (it.method.replace('_', " "), *color)).collect();
    save(path, SIZE, |root| {
        let (top, body) = root.split_vertically(HEAD);
        head(&top, SIZE.0, "P(predicted label), words in the order of their contributions", &legend)?;
        let panels = body.split_evenly((1, 2));
        panel(&panels[0], "words deleted", &methods, |it| &it.deletion)?;
        panel(&panels[1], "words inserted", &methods, |it| &it.insertion)
    })
}

fn panel(
    area: &Area<'_>,
    name: &str,
    methods: &[(&Curves, RGBColor)],
    of: impl Fn(&Curves) -> &Vec<f64>,
) -> Drawn {
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .margin_right(28)
        .x_label_area_size(42)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
    chart
        .configure_mesh()
        .label_style(("sans-serif", 13))
        .axis_desc_style(("sans-serif", 14))
        .bold_line_style(BLACK.mix(0.12))
        .light_line_style(TRANSPARENT)
        .x_desc(name)
        .y_desc("P(predicted label)")
        .x_label_formatter(&|x| format!("{:.0} %", 100.0 * x))
        .y_label_formatter(&|y| format!("{y:.1}"))
        .draw()?;
    for (curves, color) in methods {
        let curve = of(curves);
        let last = (curve.len() - 1).max(1) as f64;
        let points = curve.iter().enumerate().map(|(at, &p)| (at as f64 / last, p));
        chart.draw_series(LineSeries::new(points, color.stroke_width(2)).point_size(3))?;
    }
    Ok(())
}
