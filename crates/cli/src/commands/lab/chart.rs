//! Charts of the experiments: panels side by side, a line for each series, one legend. Axes may be logarithmic.

use gatewise::{Error, ErrorKind, Result};
use plotters::coord::ranged1d::ValueFormatter;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

/// Height of title and legend, and size of a panel, in pixels.
const HEAD: u32 = 66;
const PANEL: (u32, u32) = (440, 340);
/// Panels side by side at most.
const COLUMNS: usize = 2;
/// Colours that colour-blind people tell apart (Okabe and Ito, 2008), without yellow, which white hides.
const COLORS: [RGBColor; 6] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// A picture.
pub struct Chart {
    pub title: String,
    pub panels: Vec<Panel>,
}

/// One pair of axes.
pub struct Panel {
    pub caption: String,
    pub x: Axis,
    pub y: Axis,
    pub lines: Vec<Line>,
}

/// One axis: its name, its range, its scale.
#[derive(Clone)]
pub struct Axis {
    pub name: String,
    pub range: (f64, f64),
    pub logarithmic: bool,
}

/// One series. Its place in the legend, which all panels share, decides its colour.
pub struct Line {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    /// Whether a line joins the points; points that have nothing between them stay alone.
    pub joined: bool,
}

impl Line {
    /// Points with a line through them.
    pub fn joined(name: impl Into<String>, points: Vec<(f64, f64)>) -> Self {
        Self { name: name.into(), points, joined: true }
    }
}

impl Axis {
    /// An axis with even steps.
    pub fn even(name: &str, range: (f64, f64)) -> Self {
        Self { name: name.into(), range, logarithmic: false }
    }

    /// An axis of powers of ten.
    pub fn logarithmic(name: &str, range: (f64, f64)) -> Self {
        Self { name: name.into(), range, logarithmic: true }
    }

    /// Where a value lies on the axis: its logarithm if it is logarithmic.
    fn place(&self, value: f64) -> f64 {
        if self.logarithmic { value.log10() } else { value }
    }

    fn ends(&self) -> std::ops::Range<f64> {
        self.place(self.range.0)..self.place(self.range.1)
    }

    fn label(&self, place: f64) -> String {
        if !self.logarithmic {
            return shortly(place);
        }
        // Powers of ten only: between them the axis is not even.
        let power = place.round();
        if (place - power).abs() < 1e-6 { shortly(10.0_f64.powf(power)) } else { String::new() }
    }
}

/// Returns a number with few digits.
pub fn shortly(value: f64) -> String {
    match value.abs() {
        0.0 => "0".into(),
        size if !(1e-5..1e6).contains(&size) => format!("{value:.0e}"),
        // As many digits as 3 significant ones need, without zeros at the end.
        size => {
            let digits = (2 - size.log10().floor() as i32).clamp(0, 7) as usize;
            let text = format!("{value:.digits$}");
            match text.contains('.') {
                true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                false => text,
            }
        }
    }
}

impl Chart {
    /// Writes the chart as SVG, to a temporary file that is renamed.
    pub fn save(&self, path: &Path) -> Result<()> {
        let mut svg = String::new();
        self.draw(&mut svg)
            .map_err(|e| Error::new(ErrorKind::Io, format!("cannot draw {}: {e}", path.display())))?;
        gatewise::write_atomic(path, svg.as_bytes())
    }

    /// The names of all series, each once.
    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for line in self.panels.iter().flat_map(|panel| &panel.lines) {
            if !names.contains(&line.name.as_str()) {
                names.push(&line.name);
            }
        }
        names
    }

    fn draw(&self, svg: &mut String) -> std::result::Result<(), Box<dyn std::error::Error>> {
        let columns = self.panels.len().clamp(1, COLUMNS);
        let rows = self.panels.len().div_ceil(columns).max(1);
        // A panel alone is as wide as two, so that the legend has room.
        let size = (PANEL.0 * COLUMNS as u32, HEAD + PANEL.1 * rows as u32);
        let root = SVGBackend::with_string(svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(HEAD);
        let middle = i32::try_from(size.0 / 2)?;
        let centred = Pos::new(HPos::Center, VPos::Center);
        let letter = (f64::from(size.0 - 20) / (0.55 * self.title.chars().count().max(1) as f64)).min(18.0);
        let title = ("sans-serif", letter).into_text_style(&head).pos(centred);
        head.draw_text(&self.title, &title, (middle, 20))?;

        let names = self.names();
        let color =
            |name: &str| COLORS[names.iter().position(|&other| other == name).unwrap_or(0) % COLORS.len()];
        // A line, a gap, and letters of some seven pixels.
        let widths: Vec<i32> = names.iter().map(|name| 52 + 7 * name.chars().count() as i32).collect();
        let mut x = middle - widths.iter().sum::<i32>() / 2;
        let left = Pos::new(HPos::Left, VPos::Center);
        for (name, width) in names.iter().zip(&widths) {
            head.draw(&PathElement::new([(x, 48), (x + 24, 48)], color(name).stroke_width(3)))?;
            head.draw_text(name, &("sans-serif", 13).into_text_style(&head).pos(left), (x + 30, 48))?;
            x += width;
        }

        for (area, panel) in body.split_evenly((rows, columns)).iter().zip(&self.panels) {
            let (across, up) = (panel.x.ends(), panel.y.ends());
            let mut chart = ChartBuilder::on(area)
                .caption(&panel.caption, ("sans-serif", 15))
                .margin(12)
                .x_label_area_size(42)
                .y_label_area_size(62)
                .build_cartesian_2d(Ticks::new(&panel.x, across), Ticks::new(&panel.y, up))?;
            chart
                .configure_mesh()
                .label_style(("sans-serif", 12))
                .axis_desc_style(("sans-serif", 13))
                .bold_line_style(BLACK.mix(0.12))
                .light_line_style(TRANSPARENT)
                .x_desc(&panel.x.name)
                .y_desc(&panel.y.name)
                .draw()?;
            for line in &panel.lines {
                let places = line.points.iter().map(|&(x, y)| (panel.x.place(x), panel.y.place(y)));
                let color = color(&line.name);
                if line.joined {
                    let few = if line.points.len() <= 20 { 3 } else { 0 };
                    chart.draw_series(LineSeries::new(places, color.stroke_width(2)).point_size(few))?;
                } else {
                    chart.draw_series(places.map(|place| Circle::new(place, 5, color.filled())))?;
                }
            }
        }
        root.present()?;
        Ok(())
    }
}

/// The marks of an axis: powers of ten, or what the even axis of the library chooses.
struct Ticks {
    axis: Axis,
    even: plotters::coord::types::RangedCoordf64,
}

impl Ticks {
    fn new(axis: &Axis, ends: std::ops::Range<f64>) -> Self {
        Self { axis: axis.clone(), even: ends.into() }
    }
}

impl Ranged for Ticks {
    type FormatOption = plotters::coord::ranged1d::NoDefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, limit: (i32, i32)) -> i32 {
        self.even.map(value, limit)
    }

    fn key_points<Hint: plotters::coord::ranged1d::KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if !self.axis.logarithmic {
            return self.even.key_points(hint);
        }
        let ends = self.range();
        let (first, last) = (ends.start.ceil() as i32, ends.end.floor() as i32);
        let apart = ((last - first) / 8 + 1) as usize;
        (first..=last).step_by(apart).map(f64::from).collect()
    }

    fn range(&self) -> std::ops::Range<f64> {
        self.even.range()
    }
}

impl ValueFormatter<f64> for Ticks {
    fn format_ext(&self, value: &f64) -> String {
        self.axis.label(*value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let short =
            [(0.0, "0"), (0.5, "0.5"), (0.25, "0.25"), (1.0, "1"), (300.0, "300"), (0.0003, "0.0003")];
        let long = [(1e-9, "1e-9"), (1e7, "1e7"), (0.8765, "0.876"), (12.34, "12.3"), (-0.75, "-0.75")];
        for (value, text) in short.into_iter().chain(long) {
            assert_eq!(shortly(value), text, "{value}");
        }
    }

    #[test]
    fn logarithmic_axes_have_powers_of_ten() {
        let axis = Axis::logarithmic("rate", (1e-4, 1.0));
        assert_eq!(axis.ends(), -4.0..0.0);
        assert_eq!((axis.label(-3.0), axis.label(-2.5)), ("0.001".to_owned(), String::new()));
        let panel = Panel {
            caption: "a".into(),
            x: axis,
            y: Axis::even("share", (0.0, 1.0)),
            lines: vec![Line::joined("LSTM", vec![(1e-4, 0.2), (1.0, 0.9)])],
        };
        let mut svg = String::new();
        Chart { title: "b".into(), panels: vec![panel] }.draw(&mut svg).unwrap();
        for text in ["0.0001", "0.01", "LSTM", "rate", "share"] {
            assert!(svg.contains(text), "{text}: {svg}");
        }
    }
}
