//! Pictures of the experiments, as SVG: gradients by lag, states on two axes, forget gates.
//!
//! Colours are Okabe and Ito's, which people with any colour vision tell apart. The ground is white, so that
//! the pictures can be read on dark pages too.

mod curves;
mod flow;
mod gates;
mod states;

pub use curves::curves;
pub use flow::flow;
pub use gates::gates;
pub use states::states;

use gatewise::{Error, ErrorKind, Result};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::path::Path;

const BLUE: RGBColor = RGBColor(0x00, 0x72, 0xb2);
const VERMILLION: RGBColor = RGBColor(0xd5, 0x5e, 0x00);
const GREEN: RGBColor = RGBColor(0x00, 0x9e, 0x73);
const PURPLE: RGBColor = RGBColor(0xcc, 0x79, 0xa7);
const ORANGE: RGBColor = RGBColor(0xe6, 0x9f, 0x00);
const SKY: RGBColor = RGBColor(0x56, 0xb4, 0xe9);

/// Height of the title and the legend, in pixels.
const HEAD: u32 = 62;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

/// Writes what `draw` draws on a white sheet, to a temporary file that is renamed.
fn save(path: &Path, size: (u32, u32), draw: impl Fn(&Area<'_>) -> Drawn) -> Result<()> {
    let mut svg = String::new();
    let drawn = {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE).map_err(Into::into).and_then(|()| draw(&root)).and_then(|()| Ok(root.present()?))
    };
    drawn.map_err(|e: Box<dyn std::error::Error>| {
        Error::new(ErrorKind::Io, format!("cannot draw {}: {e}", path.display()))
    })?;
    gatewise::write_atomic(path, svg.as_bytes())
}

/// Writes `text` at a point of `area`.
fn write(area: &Area<'_>, text: &str, at: (i32, i32), size: u32, align: HPos) -> Drawn {
    let style = ("sans-serif", size).into_text_style(area).pos(Pos::new(align, VPos::Center));
    area.draw_text(text, &style, at)?;
    Ok(())
}

/// Draws a title, and below it the names of the colours.
fn head(area: &Area<'_>, width: u32, title: &str, legend: &[(String, RGBColor)]) -> Drawn {
    let middle = i32::try_from(width / 2)?;
    write(area, title, (middle, 20), 18, HPos::Center)?;
    // A letter of 14 pixels is some 7 pixels wide.
    let widths: Vec<i32> = legend.iter().map(|(name, _)| 56 + 7 * name.chars().count() as i32).collect();
    let mut x = middle - widths.iter().sum::<i32>() / 2;
    for ((name, color), width) in legend.iter().zip(widths) {
        area.draw(&PathElement::new([(x, 46), (x + 24, 46)], color.stroke_width(3)))?;
        write(area, name, (x + 32, 46), 14, HPos::Left)?;
        x += width;
    }
    Ok(())
}
