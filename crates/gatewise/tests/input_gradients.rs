//! Gradients with respect to the inputs: against those of the embedding, finite differences, masks.

mod specs;

use gatewise::layers::{
    Activation, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D, GlobalMaxPooling1D, Gru,
    Input, Layer, LayerNormalization, Lstm, Masking, SimpleRnn, TimeDistributed,
};
use gatewise::rows::{Dataset, Features, Inputs, Padding, Targets};
use gatewise::text::Side;
use gatewise::{Isa, Loss, Output, Sequential};
use specs::{Spec, VOCABULARY, paddings, random, rows, sequences, specs};

/// The embedded inputs' gradients, summed over the steps that hold an id, are the gradient of its row of the
/// table, which training computes another way.
#[test]
fn input_gradients_add_up_to_those_of_the_embedding() {
    let count = 37;
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            let data = specs::dataset(count, padding);
            let loss = Loss::binary_crossentropy();
            let (_, gradients) = model.gradients(&data, loss.clone(), Isa::detect()).unwrap();
            let table = &model.params().table()[0];
            let (width, expected) = (table.shape[1], &gradients[table.range.clone()]);
            let ours =
                model.input_gradients(data.inputs(), padding, Output::Loss(&loss, data.targets())).unwrap();
            let mut sums = vec![0.0f64; expected.len()];
            for (row, ids) in rows(count).iter().enumerate() {
                let seen = match padding.truncating {
                    Side::Pre => &ids[ids.len() - ours.steps(row)..],
                    Side::Post => &ids[..ours.steps(row)],
                };
                for (&id, d) in seen.iter().zip(ours.row(row).chunks(width)) {
                    let sum = &mut sums[id as usize * width..][..width];
                    sum.iter_mut().zip(d).for_each(|(sum, &d)| *sum += f64::from(d) / count as f64);
                }
            }
            // The pad id's row has the gradient of padding too.
            let size = expected.iter().fold(1e-2f32, |size, d| size.max(d.abs()));
            for (at, (sum, &expected)) in sums.iter().zip(expected).enumerate().skip(width) {
                let error = (*sum as f32 - expected).abs();
                assert!(error < 1e-5 * size, "{} at {at}: {sum} {expected}", spec.name);
            }
        }
    }
}

/// Rows of vectors, ragged.
fn vectors(width: usize, lengths: &[usize]) -> Features {
    let mut random = random(5);
    let mut features = Features::new(width);
    for length in lengths {
        let row: Vec<f32> = (0..length * width).map(|_| random.uniform() as f32 * 2.0 - 1.0).collect();
        features.push(&row).unwrap();
    }
    features
}

/// Moves every input along a random direction.
fn moved(features: &Features, along: &[f32], by: f32) -> Features {
    let mut out = Features::new(features.width());
    let mut rest = along;
    for row in 0..features.len() {
        let row = features.row(row);
        let (along, tail) = rest.split_at(row.len());
        rest = tail;
        out.push(&row.iter().zip(along).map(|(x, d)| x + by * d).collect::<Vec<_>>()).unwrap();
    }
    out
}

#[test]
fn input_gradients_follow_finite_differences() {
    let lengths: Vec<usize> = (0..17).map(|row| row * 5 % 8).collect();
    for units in [1, 3, 10, 17] {
        let sequence = |layer: Layer| Sequential::new().with(Input::new(3)).with(layer);
        let models = [
            sequence(Lstm::new(units).into()).with(Dense::new(2)),
            sequence(Gru::new(units).into()).with(Dense::new(2)),
            sequence(Gru::new(units).reset_after(false).into()).with(Dense::new(2)),
            sequence(SimpleRnn::new(units).into()).with(Dropout::new(0.4)).with(Dense::new(2)),
            sequence(Lstm::new(units).dropout(0.2).go_backwards(true).return_sequences(true).into())
                .with(LayerNormalization::new().epsilon(0.1))
                .with(Bidirectional::new(Lstm::new(3)))
                .with(Dense::new(2)),
            sequence(Gru::new(units).return_sequences(true).into())
                .with(TimeDistributed::new(Dense::new(4).activation(Activation::Tanh)))
                .with(GlobalAveragePooling1D::new())
                .with(Dense::new(2).activation(Activation::Softmax)),
            sequence(SimpleRnn::new(units).return_sequences(true).into())
                .with(Dense::new(2).activation(Activation::Sigmoid)),
        ];
        for (index, layers) in models.into_iter().enumerate() {
            let model = Spec { name: "", layers, masked: false }.lively();
            for count in [1, 15, 17] {
                let features = vectors(3, &lengths[..count]);
                let along = vectors(3, &lengths[..count]).select(&(0..count).rev().collect::<Vec<_>>());
                let along: Vec<f32> = along.values().iter().rev().copied().collect();
                let padding = Padding::to(6);
                let inputs: Inputs = features.clone().into();
                let slopes = model.input_gradients(&inputs, padding, Output::Value(1)).unwrap();
                let value = |by: f32| -> Vec<f64> {
                    let moved = moved(&features, &along, by).into();
                    let outputs = model.predict(&moved, padding).unwrap();
                    let mut rest = &outputs[..];
                    let own = |row: usize| {
                        let steps = if model.output_per_step() { features.steps(row).min(6) } else { 1 };
                        let own = rest.split_off(..steps * 2).unwrap();
                        own.last().map_or(0.0, |&last| f64::from(last))
                    };
                    (0..count).map(own).collect()
                };
                let by = 1e-2;
                let (more, less) = (value(by), value(-by));
                let mut start = 0;
                for row in 0..count {
                    let steps = features.steps(row);
                    let along = &along[start..][..steps * 3];
                    start += steps * 3;
                    let seen = &along[(steps - slopes.steps(row)) * 3..];
                    let slope: f64 =
                        slopes.row(row).iter().zip(seen).map(|(d, a)| f64::from(*d) * f64::from(*a)).sum();
                    let difference = (more[row] - less[row]) / (2.0 * f64::from(by));
                    let error = (slope - difference).abs();
                    assert!(
                        error < 2e-3 * (1.0 + slope.abs()),
                        "model {index} row {row}: {slope} {difference}"
                    );
                }
            }
        }
    }
}

#[test]
fn masked_steps_have_no_gradient_and_change_nothing() {
    let start = || Sequential::new().with(Input::new(2)).with(Masking::new(0.5));
    let mut features = Features::new(2);
    features.push(&[0.1, 0.2, 0.5, 0.5, -0.3, 0.9]).unwrap();
    let inputs: Inputs = features.into();
    for layers in [
        start().with(Lstm::new(3)).with(Dense::new(1)),
        start()
            .with(Gru::new(3).return_sequences(true))
            .with(GlobalAveragePooling1D::new())
            .with(Dense::new(1)),
        start().with(GlobalMaxPooling1D::new()).with(Dense::new(1)),
    ] {
        let model = layers.compile(4).unwrap();
        let slopes = model.input_gradients(&inputs, Padding::to(5), Output::Logit(0)).unwrap();
        assert_eq!(slopes.row(0)[2..4], [0.0, 0.0]);
        assert!(slopes.row(0)[4..].iter().any(|&d| d != 0.0));
        let trace = model.trace(&inputs, Padding::to(5)).unwrap();
        assert_eq!(trace.get(0, "masking", "output").unwrap().step(3), [0.0, 0.0]);
        assert_eq!(trace.mask(0), [false, false, true, false, true]);
    }
}

#[test]
fn steps_have_targets_of_their_own() {
    let sequence = Lstm::new(4).return_sequences(true);
    let layers = Sequential::new().with(Embedding::new(VOCABULARY, 3).mask_zero(true)).with(sequence);
    let layers = layers.with(TimeDistributed::new(Dense::new(3).activation(Activation::Softmax)));
    let model = Spec { name: "", layers, masked: true }.lively();
    let ids = vec![3, 0, 5, 7];
    let inputs: Inputs = sequences(std::slice::from_ref(&ids)).into();
    let targets = Targets::steps(1, vec![0.0, 2.0, 1.0, 2.0], &[4]).unwrap();
    let loss = Loss::sparse_categorical_crossentropy();
    let ours = model.input_gradients(&inputs, Padding::default(), Output::Loss(&loss, &targets)).unwrap();
    let data = Dataset::new(inputs.clone(), targets).unwrap();
    let (_, expected) = model.gradients(&data, loss.clone(), Isa::detect()).unwrap();
    for (t, &id) in ids.iter().enumerate().filter(|(_, id)| **id != 0) {
        for (d, expected) in ours.row(0)[t * 3..][..3].iter().zip(&expected[id as usize * 3..]) {
            assert!((d - expected).abs() < 1e-6, "step {t}: {d} {expected}");
        }
    }
    // An output is that of the last step: before it, every step matters, and with it the last one too.
    let ours = model.input_gradients(&inputs, Padding::default(), Output::Logit(2)).unwrap();
    assert!(ours.row(0)[9..].iter().any(|&d| d != 0.0));
}
