//! A warning about unmasked padding after the rows, a common cause of recurrent models that do not learn.
//!
//! Input: a model, rows and their padding. Output: a note for the user, if needed.

use crate::layers::Layer;
use crate::model::Model;
use crate::rows::{Inputs, Padding};
use crate::text::Side;

/// The settings of a recurrent layer that matter for padding.
struct Reader {
    return_sequences: bool,
    go_backwards: bool,
    both_ways: bool,
}

impl Reader {
    fn of(layer: &Layer) -> Option<Self> {
        let one = |return_sequences, go_backwards| Self { return_sequences, go_backwards, both_ways: false };
        match layer {
            Layer::Lstm(layer) => Some(one(layer.return_sequences, layer.go_backwards)),
            Layer::Gru(layer) => Some(one(layer.return_sequences, layer.go_backwards)),
            Layer::SimpleRnn(layer) => Some(one(layer.return_sequences, layer.go_backwards)),
            Layer::Bidirectional(layer) => Some(Self { both_ways: true, ..Self::of(&layer.wrapped)? }),
            _ => None,
        }
    }

    /// Returns whether padding on `side` lies between the row and the layer's last output.
    fn ends_in_padding(&self, side: Side) -> bool {
        self.both_ways || (side == Side::Post) != self.go_backwards
    }
}

/// Returns a note if the last output of a recurrent layer follows padding that is not masked. No note if
/// padding precedes the row, is masked, or does not occur.
pub(super) fn unmasked(model: &Model, inputs: &Inputs, padding: Padding) -> Vec<String> {
    let layers: Vec<&Layer> = model.spec().layers().collect();
    let masks = |layer: &Layer| match layer {
        Layer::Masking(_) => true,
        Layer::Embedding(embedding) => embedding.mask_zero,
        _ => false,
    };
    let Some(steps) = padding.maxlen.filter(|_| !layers.iter().copied().any(masks)) else {
        return Vec::new();
    };
    // `go_backwards` with `return_sequences` returns the outputs in reverse order.
    let mut side = padding.padding;
    let mut last = None;
    for (layer, reader) in layers.iter().copied().filter_map(|layer| Some((layer, Reader::of(layer)?))) {
        if !reader.return_sequences {
            last = reader.ends_in_padding(side).then_some((layer, reader));
            break;
        }
        if reader.go_backwards && !reader.both_ways {
            side = other(side);
        }
    }
    let Some((layer, reader)) = last else { return Vec::new() };
    let padded =
        (0..inputs.len()).map(|row| steps.saturating_sub(inputs.steps(row))).filter(|&pads| pads > 0);
    let (rows, most) = padded.fold((0, 0), |(rows, most), pads| (rows + 1, most.max(pads)));
    if rows == 0 {
        return Vec::new();
    }
    let (place, end) = match padding.padding {
        Side::Pre => ("before", "begin with"),
        Side::Post => ("behind", "end in"),
    };
    let mask = match layers.first() {
        Some(Layer::Embedding(_)) => "set mask_zero on the Embedding",
        _ => "put a Masking layer before it",
    };
    let (who, remedy) = match (reader.both_ways, other(padding.padding)) {
        (true, _) => ("one direction of the ", mask.to_owned()),
        (false, Side::Pre) => ("the ", format!("pad on the other side (pre), or {mask}")),
        (false, Side::Post) => ("the ", format!("pad on the other side (post), or {mask}")),
    };
    vec![format!(
        "{who}{} gives its last output after the padding {place} the rows: {rows} of {} rows {end} padding, up to \
         {most} steps, through which the layer must remember the row; {remedy}",
        layer.class_name(),
        inputs.len(),
    )]
}

fn other(side: Side) -> Side {
    match side {
        Side::Pre => Side::Post,
        Side::Post => Side::Pre,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Bidirectional, Dense, Embedding, Gru, Lstm, SimpleRnn};
    use crate::model::Sequential;
    use crate::rows::Sequences;

    fn notes(mask: bool, below: Option<Layer>, last: Layer, side: Side, lengths: &[usize]) -> Vec<String> {
        let spec = Sequential::new().with(Embedding::new(9, 2).mask_zero(mask));
        let spec = below.into_iter().fold(spec, Sequential::with);
        let model = spec.with(last).with(Dense::new(1)).compile(1).unwrap();
        let rows: Sequences = lengths.iter().map(|&length| vec![1; length]).collect();
        unmasked(&model, &rows.into(), Padding { padding: side, ..Padding::to(5) })
    }

    #[test]
    fn it_is_said_where_padding_follows_the_rows_unmasked() {
        let kinds: [(&str, Layer, Layer); 3] = [
            ("LSTM", Lstm::new(3).into(), Lstm::new(3).go_backwards(true).into()),
            ("GRU", Gru::new(3).into(), Gru::new(3).go_backwards(true).into()),
            ("SimpleRNN", SimpleRnn::new(3).into(), SimpleRnn::new(3).go_backwards(true).into()),
        ];
        let below: [Option<Layer>; 3] = [
            None,
            Some(Lstm::new(2).return_sequences(true).into()),
            Some(Bidirectional::new(Gru::new(2).return_sequences(true)).into()),
        ];
        for ((name, forward, backward), below) in kinds.iter().flat_map(|k| below.iter().map(move |b| (k, b)))
        {
            let notes = |mask, layer: &Layer, side, lengths: &[usize]| {
                notes(mask, below.clone(), layer.clone(), side, lengths)
            };
            let one = |said: Vec<String>, parts: &[&str]| {
                assert!(said.len() == 1 && parts.iter().all(|part| said[0].contains(part)), "{said:?}");
            };
            let first = format!("the {name} gives its last output after the padding behind the rows");
            let told = [&*first, "2 of 3 rows end in padding, up to 3 steps", "(pre), or set mask_zero"];
            one(notes(false, forward, Side::Post, &[5, 2, 4]), &told);
            assert_eq!(notes(true, forward, Side::Post, &[5, 2, 4]), [""; 0], "masked");
            assert_eq!(notes(false, forward, Side::Pre, &[5, 2, 4]), [""; 0], "before the rows");
            assert_eq!(notes(false, forward, Side::Post, &[5, 5, 7]), [""; 0], "of one length");
            let first = format!("the {name} gives its last output after the padding before the rows");
            let told = [&*first, "2 of 3 rows begin with padding", "(post), or set mask_zero"];
            one(notes(false, backward, Side::Pre, &[5, 2, 4]), &told);
            assert_eq!(notes(false, backward, Side::Post, &[5, 2, 4]), [""; 0], "read first");
            let both: Layer = Bidirectional::new(forward.clone()).into();
            for (side, place) in [(Side::Pre, "before"), (Side::Post, "behind")] {
                let said = notes(false, &both, side, &[5, 2, 4]);
                one(said.clone(), &["one direction of the Bidirectional", place, "set mask_zero"]);
                assert!(!said[0].contains("other side"), "{said:?}");
                assert_eq!(notes(true, &both, side, &[5, 2, 4]), [""; 0], "masked");
            }
        }
    }

    #[test]
    fn a_layer_that_reads_backwards_turns_the_padding_round() {
        for (lower, upper, side, said) in [
            (true, false, Side::Pre, 1),
            (true, false, Side::Post, 0),
            (true, true, Side::Pre, 0),
            (true, true, Side::Post, 1),
        ] {
            let lower = Lstm::new(2).return_sequences(true).go_backwards(lower).into();
            let upper = Gru::new(2).go_backwards(upper).into();
            assert_eq!(notes(false, Some(lower), upper, side, &[5, 2]).len(), said, "{side:?}");
        }
    }
}
