//! One layer with given weights, and weights by name.

mod specs;

use gatewise::layers::{
    Activation, Bidirectional, Dense, Dropout, GlobalMaxPooling1D, Gru, Input, Layer, Lstm, SimpleRnn,
};
use gatewise::rows::{Features, Inputs, Padding};
use gatewise::{ErrorKind, Sequential};
use specs::{bits, random};

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

#[test]
fn weights_go_in_and_out_by_name() {
    let mut model =
        Sequential::new().with(Input::new(2)).with(Bidirectional::new(Gru::new(3))).compile(1).unwrap();
    let name = "bidirectional/backward_gru/bias";
    let (shape, values) = model.params().tensor(name).unwrap();
    assert_eq!((shape, values.len()), (&[2, 9][..], 18));
    let values: Vec<f32> = (0..18).map(|n| n as f32).collect();
    model.params_mut().set(name, &[2, 9], &values).unwrap();
    assert_eq!(model.params().get(name), Some(&values[..]));
    let before = model.params().clone();
    for error in [
        model.params_mut().set("gru/bias", &[2, 9], &values).unwrap_err(),
        model.params_mut().set(name, &[18], &values).unwrap_err(),
        model.params_mut().set(name, &[2, 9], &values[..17]).unwrap_err(),
        model.params_mut().set_weights(&[&values]).unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Shape);
        let message = error.to_string();
        assert!(message.contains("backward_gru/bias") && message.contains("[2, 9]"), "{message}");
    }
    assert_eq!(model.params(), &before);
}

#[test]
fn a_layer_call_is_the_layer_on_each_row_as_it_is() {
    let x = vectors(3, &[4, 0, 7, 1, 4]);
    let mut random = random(6);
    for (layer, lengths) in [
        (Layer::from(Lstm::new(5)), vec![3 * 20, 5 * 20, 20]),
        (Gru::new(2).return_sequences(true).into(), vec![3 * 6, 2 * 6, 12]),
        (SimpleRnn::new(3).use_bias(false).go_backwards(true).return_sequences(true).into(), vec![9, 9]),
        (Bidirectional::new(Lstm::new(1).return_sequences(true)).into(), vec![12, 4, 4, 12, 4, 4]),
        (Dense::new(2).activation(Activation::Tanh).into(), vec![6, 2]),
        (GlobalMaxPooling1D::new().into(), vec![]),
    ] {
        let weights: Vec<Vec<f32>> =
            lengths.iter().map(|&len| (0..len).map(|_| random.uniform() as f32 - 0.5).collect()).collect();
        let called = layer.call(&x, &weights).unwrap();
        let mut model = Sequential::new().with(Input::new(3)).with(layer.clone()).compile(1).unwrap();
        model.params_mut().set_weights(&weights).unwrap();
        for row in 0..x.len() {
            let alone: Inputs = x.select(&[row]).into();
            let expected = model.predict(&alone, Padding::default()).unwrap();
            assert_eq!(bits(called.row(row)), bits(&expected), "{layer:?} row {row}");
        }
        let more = [weights, vec![vec![0.0]]].concat();
        assert_eq!(layer.call(&x, &more).unwrap_err().kind(), ErrorKind::Shape);
    }
    let error = Lstm::new(2).call(&x, &[[0.0]]).unwrap_err().to_string();
    assert!(error.contains("lstm/kernel [3, 8]") && error.contains("lstm/bias [8]"), "{error}");
}

/// Rows that are narrower than their number is large, so that several share a block of lanes.
#[test]
fn a_call_on_many_narrow_rows_has_the_output_of_each() {
    let none: [&[f32]; 0] = [];
    for (steps, width) in [(1, 1), (1, 2), (4, 2), (3, 5)] {
        let mut x = Features::new(width);
        let row = |row: usize| (0..steps * width).map(|at| (row * 100 + at + 1) as f32).collect::<Vec<_>>();
        (0..37).for_each(|index| x.push(&row(index)).unwrap());
        let y = Dropout::new(0.5).call(&x, &none).unwrap();
        for index in 0..37 {
            assert_eq!(y.row(index), row(index), "row {index} of {steps} steps of {width}");
        }
    }
}
