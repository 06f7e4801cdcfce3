//! A word on padding that a model reads as if it were data: the commonest way in which such models fail.
//!
//! Enters: a model, rows, their padding. Leaves: what the user should know, if anything.

use crate::layers::Layer;
use crate::model::Model;
use crate::rows::{Dataset, Padding};
use crate::text::Side;

/// A note where the last output of a recurrent layer comes after padding that is not masked, so that what the
/// row said has to outlive it; nothing where padding stands before the row, is masked, or is not needed.
pub(super) fn unmasked(model: &Model, data: &Dataset, padding: Padding) -> Vec<String> {
    let layers = model.spec().layers();
    let masks = |layer: &Layer| match layer {
        Layer::Masking(_) => true,
        Layer::Embedding(embedding) => embedding.mask_zero,
        _ => false,
    };
    let answers = |layer: &&Layer| matches!(layer, Layer::Lstm(lstm) if !lstm.return_sequences);
    let (Some(layer), Some(steps)) = (layers.iter().find(answers), padding.maxlen) else { return Vec::new() };
    if padding.padding == Side::Pre || layers.iter().any(masks) {
        return Vec::new();
    }
    let inputs = data.inputs();
    let padded =
        (0..inputs.len()).map(|row| steps.saturating_sub(inputs.steps(row))).filter(|&pads| pads > 0);
    let (rows, most) = padded.fold((0, 0), |(rows, most), pads| (rows + 1, most.max(pads)));
    if rows == 0 {
        return Vec::new();
    }
    let remedy = match layers.first() {
        Some(Layer::Embedding(_)) => "set mask_zero on the Embedding",
        _ => "put a Masking layer before it",
    };
    vec![format!(
        "the {} gives its last output after the padding behind the rows: {rows} of {} rows end in padding, up to \
         {most} steps, and what they say has to outlive it; pad on the other side (pre), or {remedy}",
        layer.class_name(),
        inputs.len(),
    )]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{Dense, Embedding, Lstm};
    use crate::model::Sequential;
    use crate::rows::Sequences;

    #[test]
    fn it_is_said_where_padding_follows_the_rows_unmasked() {
        let notes = |mask: bool, sequences: bool, side: Side, lengths: &[usize]| {
            let spec = Sequential::new().with(Embedding::new(9, 2).mask_zero(mask));
            let spec = if sequences { spec.with(Lstm::new(2).return_sequences(true)) } else { spec };
            let model = spec.with(Lstm::new(3)).with(Dense::new(1)).compile(1).unwrap();
            let rows: Sequences = lengths.iter().map(|&length| vec![1; length]).collect();
            let data = Dataset::new(rows, vec![0.0; lengths.len()]).unwrap();
            unmasked(&model, &data, Padding { padding: side, ..Padding::to(5) })
        };
        for sequences in [false, true] {
            let notes_of = |mask, side, lengths: &[usize]| notes(mask, sequences, side, lengths);
            let said = notes_of(false, Side::Post, &[5, 2, 4]);
            let expected = "2 of 3 rows end in padding, up to 3 steps";
            assert!(
                said.len() == 1 && said[0].contains(expected) && said[0].contains("mask_zero"),
                "{said:?}"
            );
            assert_eq!(notes_of(true, Side::Post, &[5, 2, 4]), [""; 0], "masked");
            assert_eq!(notes_of(false, Side::Pre, &[5, 2, 4]), [""; 0], "before the rows");
            assert_eq!(notes_of(false, Side::Post, &[5, 5, 7]), [""; 0], "of one length");
        }
    }
}
