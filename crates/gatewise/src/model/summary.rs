//! The summary of a model, in the style of Keras 3.

use super::Model;
use crate::layers::{Layer, Signal};
use crate::page::{clip, thousands};
use std::fmt::Write;

impl Model {
    /// Returns the table of layers as Keras 3 prints it, 80 columns wide.
    ///
    /// `steps` is the length of the input, if it is known (as after Keras's `build((None, 300))`).
    ///
    /// ```
    /// # use gatewise::{Sequential, layers::*};
    /// let model = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3)).with(Dense::new(1));
    /// assert!(model.compile(0)?.summary(None).contains("│ lstm (LSTM)"));
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn summary(&self, steps: Option<usize>) -> String {
        let mut steps = steps;
        let header = ["Layer (type)", "Output Shape", "Param #"].map(str::to_owned);
        // Keras does not show the input of a Sequential.
        let shown = self.placed.iter().filter(|placed| !matches!(placed.layer, Layer::Input(_)));
        let rows = shown.map(|placed| {
            steps = placed.layer.steps_after(steps);
            let steps = steps.map_or("None".to_owned(), |steps| steps.to_string());
            let shape = match placed.output {
                Signal::Ids => format!("(None, {steps})"),
                Signal::Sequence(width) => format!("(None, {steps}, {width})"),
                Signal::Vector(width) => format!("(None, {width})"),
            };
            let count: usize = placed.params.iter().map(|range| range.len()).sum();
            [format!("{} ({})", placed.name, placed.layer.class_name()), shape, thousands(count)]
        });
        let (total, trainable) = (self.params().len(), self.trainable_params());
        let mut text = String::from("Model: \"sequential\"\n");
        text += &table(&header, rows);
        for (name, count) in
            [("Total", total), ("Trainable", trainable), ("Non-trainable", total - trainable)]
        {
            // Writing to a String cannot fail.
            let _ = writeln!(text, " {name} params: {} ({})", thousands(count), bytes(4 * count));
        }
        text
    }

    /// Returns the number of trainable parameters.
    pub fn trainable_params(&self) -> usize {
        self.params().table().iter().filter(|info| info.trainable).map(|info| info.range.len()).sum()
    }

    /// Returns the stages that the layers were compiled to, one a line, and whether the stages compute left
    /// padding once for all rows.
    pub fn stages_summary(&self) -> String {
        let mut text = String::new();
        for (index, stage) in self.stages().iter().enumerate() {
            // Writing to a String cannot fail.
            let _ = writeln!(text, "  {index}  {}", stage.describe());
        }
        if self.treatment().shares_pad_prefix {
            text += "  left padding: computed once for all rows\n";
        }
        text
    }
}

/// Inner widths of the three columns, as Keras splits 80 characters.
const WIDTHS: [usize; 3] = [33, 24, 15];

fn table(header: &[String; 3], rows: impl Iterator<Item = [String; 3]>) -> String {
    let rule = |left: &str, middle: &str, right: &str, line: &str| {
        let parts = WIDTHS.map(|width| line.repeat(width));
        format!("{left}{}{right}\n", parts.join(middle))
    };
    let row = |cells: &[String; 3], bar: &str| {
        let [name, shape, count] = cells;
        let [a, b, c] = WIDTHS.map(|width| width - 2);
        format!(
            "{bar} {:<a$} {bar} {:<b$} {bar} {:>c$} {bar}\n",
            clip(name, a),
            clip(shape, b),
            clip(count, c)
        )
    };
    let mut text = rule("┏", "┳", "┓", "━");
    text += &row(header, "┃");
    text += &rule("┡", "╇", "┩", "━");
    for (index, cells) in rows.enumerate() {
        if index > 0 {
            text += &rule("├", "┼", "┤", "─");
        }
        text += &row(&cells, "│");
    }
    text + &rule("└", "┴", "┘", "─")
}

/// Returns a size as Keras prints it.
fn bytes(n: usize) -> String {
    match n as f64 {
        b if b < 1024.0 => format!("{b:.2} B"),
        b if b < 1024.0 * 1024.0 => format!("{:.2} KB", b / 1024.0),
        b if b < 1024.0 * 1024.0 * 1024.0 => format!("{:.2} MB", b / 1024.0 / 1024.0),
        b => format!("{:.2} GB", b / 1024.0 / 1024.0 / 1024.0),
    }
}
