//! Flat vectors and layers that make other steps: in artifacts, in training, and what is refused.

mod specs;

use gatewise::layers::{
    Activation, ActivationLayer, AveragePooling1D, Bidirectional, Dense, Dropout, Embedding, Gru, Input,
    Layer, LayerEntry, LayerNormalization, Lstm, MaxPooling1D, PoolPadding, RepeatVector, SimpleRnn,
    SkipConnection, TimeDistributed,
};
use gatewise::rows::{Dataset, Features, Inputs, Padding, Scaler, Sequences, Targets};
use gatewise::{Artifact, ErrorKind, Fit, Loss, Model, Sequential};
use specs::{bits, random};

/// Rows of one vector each.
fn vectors(width: usize, count: usize) -> Features {
    let (mut random, mut rows) = (random(9), Features::new(width));
    for _ in 0..count {
        let row: Vec<f32> = (0..width).map(|_| random.uniform() as f32 - 0.5).collect();
        rows.push(&row).unwrap();
    }
    rows
}

fn perceptron(width: usize) -> Sequential {
    Sequential::new()
        .with(Input::vector(width))
        .with(Dense::new(16).activation(Activation::Tanh))
        .with(Dropout::new(0.1))
        .with(LayerNormalization::new())
        .with(Dense::new(3))
        .with(ActivationLayer::new(Activation::Softmax))
}

fn refused(model: &Model, rows: &Inputs) -> String {
    let error = model.predict(rows, Padding::default()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Data);
    error.to_string()
}

#[test]
fn a_perceptron_learns_is_saved_and_answers() {
    let rows = vectors(4, 90);
    let class =
        |row: usize| (0..3).max_by(|&a, &b| rows.row(row)[a].total_cmp(&rows.row(row)[b])).unwrap() as f32;
    let targets: Vec<f32> = (0..90).map(class).collect();
    // A length asked for means nothing to single vectors.
    let data = Dataset::new(rows.clone(), targets).unwrap().with_padding(Padding::to(7));
    let mut model = perceptron(4).compile(2).unwrap();
    Fit::new().epochs(150).learning_rate(0.02).run(&mut model, &data).unwrap();
    assert!(model.evaluate(&data).unwrap().accuracy > Some(0.95));
    let identity = || vec![Scaler::default(); 4];
    for padding in [Padding::default(), Padding::to(7)] {
        let artifact = Artifact::builder(model.clone()).series(identity()).padding(padding);
        let artifact = artifact.labels(["x", "y", "z"]).build().unwrap();
        let loaded = Artifact::from_bytes(&artifact.to_bytes().unwrap()).unwrap();
        assert_eq!(loaded.model().spec(), model.spec());
        let answers = loaded.predict_series(&rows).unwrap();
        let outputs = model.predict(&rows.clone().into(), Padding::default()).unwrap();
        assert_eq!(
            bits(&answers.iter().flat_map(|answer| answer.scores.clone()).collect::<Vec<_>>()),
            bits(&outputs)
        );
        assert_eq!(
            model.trace(&rows.clone().into(), padding).unwrap().get(3, "dense", "output").unwrap().shape(),
            [16]
        );
    }
}

#[test]
fn rows_of_other_steps_are_refused_by_a_model_of_single_vectors() {
    let model = perceptron(4).compile(1).unwrap();
    let mut rows = vectors(4, 2);
    rows.push(&[0.0; 8]).unwrap();
    let message = refused(&model, &rows.into());
    assert!(message.contains("row 2 has 2 steps") && message.contains("one vector a row"), "{message}");
    let mut rows = vectors(4, 1);
    rows.push(&[]).unwrap();
    assert!(refused(&model, &rows.into()).contains("row 1 has 0 steps"));
    assert!(refused(&model, &vectors(3, 1).into()).contains("one vector of 4 numbers a row"));
    assert!(model.predict(&vectors(4, 0).into(), Padding::default()).unwrap().is_empty());
}

#[test]
fn settings_that_make_no_sense_are_refused_with_the_remedy() {
    let kind = |layers: Sequential| layers.compile(1).unwrap_err().to_string();
    let vector = || Sequential::new().with(Input::vector(2));
    let steps = || Sequential::new().with(Input::new(2));
    let pool = AveragePooling1D::new;
    for (layers, parts) in [
        (vector().with(Lstm::new(2)), ["layer lstm", "sequence of vectors"]),
        (vector().with(pool(2)), ["layer average_pooling1d", "sequence of vectors"]),
        (steps().with(RepeatVector::new(2)), ["layer repeat_vector", "without return_sequences"]),
        (vector().with(RepeatVector::new(0)), ["layer repeat_vector", "at least 1"]),
        (vector().with(RepeatVector::new(1 << 20)), ["layer repeat_vector", "at most 65536"]),
        (steps().with(pool(0)), ["layer average_pooling1d", "at least 1, but got 0 and 0"]),
        (steps().with(MaxPooling1D::new(2).strides(0)), ["layer max_pooling1d", "got 2 and 0"]),
        (
            Sequential::new().with(ActivationLayer::new(Activation::Relu)),
            ["layer activation", "above an Embedding"],
        ),
    ] {
        let message = kind(layers);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}

#[test]
fn settings_are_read_from_json_with_defaults() {
    let read = |json: &str| serde_json::from_str::<LayerEntry>(json);
    for (json, layer) in [
        (r#"{"layer":"input","features":5,"sequence":false}"#, Layer::from(Input::vector(5))),
        (r#"{"layer":"repeat_vector","n":3}"#, RepeatVector::new(3).into()),
        (r#"{"layer":"average_pooling1d"}"#, AveragePooling1D::new(2).into()),
        (r#"{"layer":"max_pooling1d","pool_size":3,"padding":"same"}"#, {
            MaxPooling1D::new(3).padding(PoolPadding::Same).into()
        }),
        (r#"{"layer":"activation","activation":"relu"}"#, ActivationLayer::new(Activation::Relu).into()),
    ] {
        let entry = read(json).unwrap();
        assert_eq!(entry, layer.into(), "{json}");
        assert_eq!(read(&serde_json::to_string(&entry).unwrap()).unwrap(), entry);
    }
    assert_eq!(
        serde_json::to_string(&Layer::from(Input::new(5))).unwrap(),
        r#"{"layer":"input","features":5}"#
    );
    assert!(read(r#"{"layer":"repeat_vector","n":3,"steps":3}"#).unwrap_err().to_string().contains("steps"));
}

#[test]
fn a_decoder_predicts_its_own_number_of_steps() {
    let layers = Sequential::new().with(Input::new(2)).with(Lstm::new(8)).with(RepeatVector::new(4));
    let layers = layers.with(Lstm::new(8).return_sequences(true)).with(TimeDistributed::new(Dense::new(2)));
    let mut model = layers.compile(1).unwrap();
    assert!(model.summary(None).contains("(None, 4, 8)"));
    let series = |lengths: &[usize]| {
        let mut rows = Features::new(2);
        for (at, steps) in lengths.iter().enumerate() {
            let value = |t: usize| ((at + t) as f32 * 0.7).sin() * 0.5;
            rows.push(&(0..2 * steps).map(value).collect::<Vec<_>>()).unwrap();
        }
        rows
    };
    // Rows of any length; each is answered alone.
    let ragged = series(&[3, 0, 9, 4]);
    let outputs = model.predict(&ragged.clone().into(), Padding::to(9)).unwrap();
    assert_eq!(outputs.len(), 4 * 4 * 2);
    let alone = model.predict(&ragged.select(&[2]).into(), Padding::to(9)).unwrap();
    assert_eq!(bits(&alone), bits(&outputs[2 * 8..3 * 8]));
    let states = model.hidden_states(&ragged.clone().into(), Padding::to(9), "lstm_1").unwrap();
    assert_eq!((states.len(), states.steps(1), states.width()), (4, 4, 8));
    let trace = model.trace(&ragged.clone().into(), Padding::to(9)).unwrap();
    assert_eq!(trace.get(2, "lstm", "cell").unwrap().shape(), [9, 8]);
    assert_eq!(trace.get(2, "lstm_1", "cell").unwrap().shape(), [4, 8]);
    assert_eq!(bits(trace.get(2, "time_distributed", "output").unwrap().values()), bits(&alone));
    assert_eq!(bits(trace.get(2, "lstm_1", "output").unwrap().values()), bits(states.row(2)));
    // An autoencoder of rows of four steps.
    let rows = series(&[4; 12]);
    let targets = Targets::steps(2, rows.values().to_vec(), &[4; 12]).unwrap();
    let data = Dataset::new(rows, targets).unwrap();
    let fit = Fit::new().epochs(120).learning_rate(0.02).loss(Loss::MeanSquaredError);
    let history = fit.run(&mut model, &data).unwrap();
    assert!(history.epochs[119].loss < 0.1 * history.epochs[0].loss, "{:?}", history.epochs[119]);
    // Targets of other rows have nowhere to go.
    let rows = series(&[4, 3]);
    let targets = Targets::steps(2, rows.values().to_vec(), &[4, 3]).unwrap();
    let error = model.evaluate(&Dataset::new(rows, targets).unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Shape);
    assert!(error.to_string().contains("4 outputs a row, but row 1 has 3 steps"), "{error}");
}

#[test]
fn windows_over_short_rows_give_no_step_and_rows_do_not_depend_on_others() {
    let layers =
        Sequential::new().with(Embedding::new(9, 3)).with(AveragePooling1D::new(3)).with(Lstm::new(2));
    let model = layers.with(Dense::new(1)).compile(1).unwrap();
    let rows: Vec<Vec<u32>> = vec![vec![1, 2], vec![3; 7], vec![], vec![4, 5, 6]];
    let all: Sequences = rows.iter().cloned().collect();
    let artifact = Artifact::builder(model.clone()).build().unwrap();
    let predictor = gatewise::Predictor::new(artifact).unwrap();
    for (row, ids) in rows.iter().enumerate() {
        let alone = model.predict(&Sequences::from_iter([ids.clone()]).into(), Padding::default()).unwrap();
        assert_eq!(bits(&predictor.scores_of_ids(ids).unwrap()), bits(&alone), "row {row}");
    }
    // Padded to one length, they read the padding, as Keras does.
    assert_eq!(model.predict(&all.into(), Padding::default()).unwrap().len(), 4);
}

/// By hand: a SimpleRNN of one unit with h = 2x + h₋₁, and the step's own numbers beside it.
#[test]
fn a_skip_connection_has_the_output_and_the_input_of_each_step() {
    let layer = SimpleRnn::new(1).activation(Activation::Linear).use_bias(false).return_sequences(true);
    let layer = SkipConnection::new(layer);
    let mut x = Features::new(2);
    x.push(&[1.0, 10.0, 3.0, 20.0, -2.0, 30.0]).unwrap();
    x.push(&[]).unwrap();
    x.push(&[0.5, 40.0]).unwrap();
    let called = layer.call(&x, &[vec![2.0, 0.0], vec![1.0]]).unwrap();
    assert_eq!((called.width(), called.row(0)), (3, &[2.0, 1.0, 10.0, 8.0, 3.0, 20.0, 4.0, -2.0, 30.0][..]));
    assert_eq!((called.row(1), called.row(2)), (&[][..], &[1.0, 0.5, 40.0][..]));
}

/// Its state is the layer's, and goes on from one piece of a row to the next.
#[test]
fn a_skip_connection_is_saved_and_continues_rows() {
    let skip = SkipConnection::new(Lstm::new(3).return_sequences(true));
    let text = serde_json::to_string(&LayerEntry::from(skip.clone())).unwrap();
    assert!(text.starts_with(r#"{"layer":"skip_connection","wrapped":{"layer":"lstm","units":3"#), "{text}");
    assert_eq!(serde_json::from_str::<LayerEntry>(&text).unwrap(), skip.clone().into());
    let spec = Sequential::new().with(Input::new(2)).with(skip).with(Dense::new(1));
    let model = spec.compile(4).unwrap();
    assert!(model.summary(None).contains("(None, None, 5)"), "{}", model.summary(None));
    let state = model.zero_state(1).unwrap();
    assert_eq!(state.names().collect::<Vec<_>>(), ["skip_connection/lstm/h", "skip_connection/lstm/c"]);
    let of = |range: std::ops::Range<usize>| -> Inputs {
        let mut rows = Features::new(2);
        rows.push(&range.flat_map(|t| [t as f32 * 0.1, 1.0 - t as f32 * 0.2]).collect::<Vec<_>>()).unwrap();
        rows.into()
    };
    let whole = model.predict(&of(0..7), Padding::default()).unwrap();
    let mut state = state;
    let mut pieces = model.predict_with_state(&of(0..3), &mut state).unwrap();
    pieces.extend(model.predict_with_state(&of(3..7), &mut state).unwrap());
    assert_eq!(bits(&pieces), bits(&whole));
}

#[test]
fn skip_connections_that_make_no_sense_are_refused_with_the_remedy() {
    for (layer, told) in [
        (Layer::from(Dense::new(2)), ["needs a recurrent layer, but got Dense", "give it an Lstm"]),
        (Bidirectional::new(Lstm::new(2)).into(), ["needs a recurrent layer, but got Bidirectional", "Gru"]),
        (Gru::new(2).into(), ["its GRU has one output a row", "set return_sequences"]),
        (
            Lstm::new(2).return_sequences(true).go_backwards(true).into(),
            ["its LSTM reads backward", "leave go_backwards unset"],
        ),
        (Lstm::new(0).return_sequences(true).into(), ["layer skip_connection", "at least 1 unit"]),
    ] {
        let error =
            Sequential::new().with(Input::new(3)).with(SkipConnection::new(layer)).compile(1).unwrap_err();
        let message = error.to_string();
        assert!(told.iter().all(|part| message.contains(part)), "{message}");
    }
    let after = Sequential::new().with(Embedding::new(5, 2)).with(Lstm::new(2));
    let error = after.with(SkipConnection::new(Lstm::new(2).return_sequences(true))).compile(1).unwrap_err();
    assert!(error.to_string().contains("LSTM reads a sequence of vectors"), "{error}");
}
