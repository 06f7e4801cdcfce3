//! The summary of a model, in the style of Keras 3.

use super::Model;
use crate::layers::{Layer, Signal};
use crate::page::{clip, thousands};
use std::fmt::Write;
use std::ops::Range;

/// A layer in the summary of a model. [`Model::layer_summaries`] returns one for each layer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LayerSummary {
    /// Name of the layer.
    pub name: String,
    /// Keras's name of its class.
    pub class_name: &'static str,
    /// Output shape without the batch; `None` is a number of steps that is not known.
    pub output_shape: Vec<Option<usize>>,
    /// Number of parameters.
    pub params: usize,
    /// Number of parameters that training updates.
    pub trainable_params: usize,
}

impl Model {
    /// Returns the rows of the [`summary`](Self::summary): the layers from the input up, without an
    /// [`Input`](crate::layers::Input), which Keras does not show either.
    ///
    /// `steps` is the length of the input, if it is known.
    ///
    /// ```
    /// # use gatewise::{Sequential, layers::*};
    /// let model = Sequential::new().with(Embedding::new(50, 4)).with(Lstm::new(3)).with(Dense::new(1)).compile(0)?;
    /// let layers = model.layer_summaries(None);
    /// assert_eq!((layers[0].class_name, layers[0].params), ("Embedding", 200));
    /// assert_eq!(layers[0].output_shape, [None, Some(4)]);
    /// # Ok::<(), gatewise::Error>(())
    /// ```
    pub fn layer_summaries(&self, steps: Option<usize>) -> Vec<LayerSummary> {
        let shown = self.placed.iter().filter(|placed| !matches!(placed.layer, Layer::Input(_)));
        let trains = |range: &Range<usize>| {
            self.params().table().iter().any(|info| info.trainable && info.range.start == range.start)
        };
        let mut steps = steps;
        let layer = |placed: &super::lower::Placed| {
            steps = placed.layer.steps_after(steps);
            LayerSummary {
                name: placed.name.clone(),
                class_name: placed.layer.class_name(),
                output_shape: match placed.output {
                    Signal::Ids => vec![steps],
                    Signal::Sequence(width) => vec![steps, Some(width)],
                    Signal::Vector(width) => vec![Some(width)],
                },
                params: placed.params.iter().map(Range::len).sum(),
                trainable_params: placed.params.iter().filter(|range| trains(range)).map(Range::len).sum(),
            }
        };
        shown.map(layer).collect()
    }

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
        let header = ["Layer (type)", "Output Shape", "Param #"].map(str::to_owned);
        let rows = self.layer_summaries(steps).into_iter().map(|layer| {
            let size = |size: &Option<usize>| size.map_or("None".to_owned(), |size| size.to_string());
            let shape: Vec<_> = layer.output_shape.iter().map(size).collect();
            let name = format!("{} ({})", layer.name, layer.class_name);
            [name, format!("(None, {})", shape.join(", ")), thousands(layer.params)]
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
