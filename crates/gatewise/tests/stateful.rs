//! State in and out: a row in pieces, with its state handed on, is the row in one piece, to the bit.

mod specs;

use gatewise::layers::{
    Activation, Bidirectional, Dense, Embedding, GlobalMaxPooling1D, Gru, Input, Layer, LayerNormalization,
    Lstm, Masking, MergeMode, SimpleRnn, TimeDistributed,
};
use gatewise::rows::{Features, Inputs, Padding, Sequences};
use gatewise::{CallOptions, ErrorKind, Isa, Machine, Model, Sequential, State, Stateful};
use specs::{VOCABULARY, bits, paddings, predicted, random, rows, sequences, specs};

/// Numbers in a step of a row of vectors.
const WIDTH: usize = 3;

/// Models that answer at every step, one a cell and more, over ids or over vectors.
fn models(ids: bool, masked: bool) -> Vec<(&'static str, Model)> {
    let start = || match (ids, masked) {
        (true, _) => Sequential::new().with(Embedding::new(VOCABULARY, 4).mask_zero(masked)),
        (false, true) => Sequential::new().with(Input::new(WIDTH)).with(Masking::new(0.0)),
        (false, false) => Sequential::new().with(Input::new(WIDTH)),
    };
    let stack = start()
        .with(SimpleRnn::new(6).return_sequences(true))
        .with(LayerNormalization::new())
        .with(Gru::new(5).return_sequences(true).dropout(0.2))
        .with(Lstm::new(17).return_sequences(true));
    let relu = SimpleRnn::new(5).activation(Activation::Relu).use_bias(false);
    let odd = Lstm::new(5).activation(Activation::Softsign).recurrent_activation(Activation::HardSigmoid);
    let models = [
        ("lstm", start().with(Lstm::new(9).return_sequences(true))),
        ("lstm of 1997", start().with(Lstm::new(4).forget_gate(false).return_sequences(true))),
        ("odd lstm", start().with(odd.return_sequences(true))),
        ("gru", start().with(Gru::new(7).return_sequences(true))),
        ("gru reset before", start().with(Gru::new(6).reset_after(false).return_sequences(true))),
        ("simple rnn", start().with(SimpleRnn::new(5).return_sequences(true))),
        ("relu", start().with(relu.return_sequences(true))),
        ("stack", stack),
    ];
    let head = || TimeDistributed::new(Dense::new(2).activation(Activation::Sigmoid));
    models.map(|(name, layers)| (name, lively(&layers.with(head())))).into()
}

/// With weights so large, biases too, that every gate is at work.
fn lively(layers: &Sequential) -> Model {
    let mut model = layers.compile(3).unwrap();
    let mut random = random(3);
    model.params_mut().values_mut().iter_mut().for_each(|w| *w += (random.uniform() as f32 - 0.5) * 0.9);
    model
}

/// The steps `ranges` of ragged rows, as ids or as vectors; now and then one is absent where that is masked.
fn piece(ids: bool, rows: &[Vec<u32>], ranges: &[std::ops::Range<usize>]) -> Inputs {
    let pieces = rows.iter().zip(ranges).map(|(row, range)| &row[range.clone()]);
    if ids {
        return pieces.map(|row| row.to_vec()).collect::<Sequences>().into();
    }
    let mut features = Features::new(WIDTH);
    for row in pieces {
        let vector = |&id: &u32| [0.1, -0.2, 0.05].map(|scale| scale * id as f32);
        features.push(&row.iter().flat_map(vector).collect::<Vec<_>>()).unwrap();
    }
    features.into()
}

/// Outputs of every step of every row, each row's together, in pieces that end at `ends`.
fn in_pieces(
    model: &Stateful,
    ids: bool,
    rows: &[Vec<u32>],
    ends: &[Vec<usize>],
    state: &mut State,
) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new(); rows.len()];
    let mut from = vec![0; rows.len()];
    for to in ends {
        let ranges: Vec<_> = from.iter().zip(to).map(|(&from, &to)| from..to).collect();
        let outputs = model.predict(&piece(ids, rows, &ranges), state).unwrap();
        let mut rest = &*outputs;
        for (all, range) in all.iter_mut().zip(ranges) {
            let (own, tail) = rest.split_at(2 * range.len());
            all.extend(bits(own));
            rest = tail;
        }
        assert!(rest.is_empty());
        from.clone_from(to);
    }
    all
}

/// Where four pieces of each row end: anywhere, the last at the row's end; some pieces are empty.
fn cuts(rows: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut random = random(8);
    let mut ends: Vec<Vec<usize>> = rows
        .iter()
        .map(|row| {
            let mut ends: Vec<usize> = (0..3).map(|_| random.below(row.len() + 1)).collect();
            ends.sort_unstable();
            ends.push(row.len());
            ends
        })
        .collect();
    (0..4).map(|piece| ends.iter_mut().map(|ends| ends[piece]).collect()).collect()
}

#[test]
fn pieces_are_the_whole_on_every_instruction_set() {
    for (ids, masked) in [(true, false), (true, true), (false, false), (false, true)] {
        for (name, model) in models(ids, masked) {
            for count in [1, 16, 17, 33] {
                let rows = &rows(count + 1)[1..];
                let whole_ends = [rows.iter().map(Vec::len).collect::<Vec<_>>()];
                let mut whole_bits = None;
                for (isa, threads) in Isa::available().into_iter().zip([2, 1, 3].into_iter().cycle()) {
                    let machine = Machine::new().threads(threads).isa(isa);
                    let served = Stateful::on(model.clone(), &machine).unwrap();
                    let run = |ends: &[Vec<usize>]| {
                        let mut state = model.zero_state(count).unwrap();
                        (in_pieces(&served, ids, rows, ends, &mut state), state)
                    };
                    let (whole, pieces) = (run(&whole_ends), run(&cuts(rows)));
                    let what = format!("{name}, ids {ids}, masked {masked}, {count} rows, {isa}");
                    assert_eq!(pieces.0, whole.0, "{what}: outputs");
                    assert_eq!(pieces.1, whole.1, "{what}: state");
                    assert_eq!(&whole, whole_bits.get_or_insert_with(|| whole.clone()), "{what}");
                }
            }
        }
    }
}

/// Rows join, leave and change places between pieces.
#[test]
fn rows_go_on_in_any_company() {
    for (name, model) in models(true, false) {
        let rows = rows(24);
        let whole = |row: &Vec<u32>| {
            let mut state = model.zero_state(1).unwrap();
            model.predict_with_state(&sequences(std::slice::from_ref(row)).into(), &mut state).unwrap()
        };
        let served = Stateful::new(model.clone()).unwrap();
        let halves = |row: &Vec<u32>| {
            let (first, second) = row.split_at(row.len() / 2);
            [first.to_vec(), second.to_vec()]
        };
        let (first, second): (Vec<_>, Vec<_>) = rows.iter().map(halves).map(|[a, b]| (a, b)).unzip();
        let mut state = served.zero_state(24).unwrap();
        served.predict(&sequences(&first).into(), &mut state).unwrap();
        let mut order: Vec<usize> = (0..24).collect();
        random(5).shuffle(&mut order);
        for group in order.chunks(9) {
            let mut state = state.select(group);
            let rest: Vec<_> = group.iter().map(|&row| second[row].clone()).collect();
            let outputs = served.predict(&sequences(&rest).into(), &mut state).unwrap();
            let mut outputs = &*outputs;
            for &row in group {
                let (own, tail) = outputs.split_at(2 * second[row].len());
                let all = whole(&rows[row]);
                assert_eq!(bits(own), bits(&all[all.len() - own.len()..]), "{name}, row {row}");
                outputs = tail;
            }
        }
    }
}

fn backwards(spec: &specs::Spec) -> bool {
    spec.layers.layers().any(|layer| match layer {
        // A decoder begins anew with each piece.
        Layer::Bidirectional(_) | Layer::RepeatVector(_) => true,
        Layer::Lstm(layer) => layer.go_backwards,
        Layer::Gru(layer) => layer.go_backwards,
        Layer::SimpleRnn(layer) => layer.go_backwards,
        _ => false,
    })
}

/// Of models that answer once a row; and of masked ones, whatever the padding.
#[test]
fn from_zero_it_is_predict_without_padding() {
    let short: Vec<_> = rows(41).into_iter().filter(|row| row.len() <= specs::STEPS).collect();
    let equal: Vec<_> = rows(300).into_iter().filter(|row| row.len() == 7).collect();
    for spec in specs().into_iter().filter(|spec| !backwards(spec)) {
        let model = spec.lively();
        let from_zero = |rows: &[Vec<u32>]| {
            let mut state = model.zero_state(rows.len()).unwrap();
            bits(&model.predict_with_state(&sequences(rows).into(), &mut state).unwrap())
        };
        for padding in paddings() {
            let none = padding.maxlen(7);
            assert_eq!(from_zero(&equal), predicted(&model, &equal, none), "{}", spec.name);
            let padded = predicted(&model, &short, padding);
            assert_eq!(from_zero(&short) == padded, spec.masked, "{}", spec.name);
        }
        // The last of three pieces, empty ones among them, answers for the row, unless it pools its own steps.
        let pools = |layer: &Layer| layer.class_name().contains("Pooling");
        if spec.layers.layers().any(pools) {
            continue;
        }
        let mut state = model.zero_state(short.len()).unwrap();
        let mut last = Vec::new();
        for third in 0..3 {
            let part = |row: &Vec<u32>| row[row.len() * third / 3..row.len() * (third + 1) / 3].to_vec();
            let pieces: Vec<_> = short.iter().map(part).collect();
            last = bits(&model.predict_with_state(&sequences(&pieces).into(), &mut state).unwrap());
        }
        assert_eq!(last, from_zero(&short), "{}", spec.name);
        // One row goes on, the others stand still.
        let mut pieces = vec![Vec::new(); short.len()];
        pieces[9] = vec![3, 0, 4];
        let after = bits(&model.predict_with_state(&sequences(&pieces).into(), &mut state).unwrap());
        let alone = [short[9].iter().chain(&pieces[9]).copied().collect::<Vec<_>>()];
        last[9] = from_zero(&alone)[0];
        assert_eq!(after, last, "{}", spec.name);
    }
}

#[test]
fn a_state_that_is_set_is_where_rows_begin() {
    let (_, model) = models(true, false).remove(0);
    let served = Stateful::new(model.clone()).unwrap();
    let [first, second] = [[3, 4, 5], [6, 7, 8]].map(|row| Inputs::from(Sequences::from_iter([row])));
    let mut state = served.zero_state(1).unwrap();
    served.predict(&first, &mut state).unwrap();
    let mut copied = served.zero_state(1).unwrap();
    let names: Vec<_> = state.names().map(String::from).collect();
    assert_eq!(names, ["lstm/h", "lstm/c"]);
    for name in &names {
        let part = state.get(name).unwrap();
        assert!(part.len() == 9 && part.iter().all(|&v| v != 0.0), "{name}: {part:?}");
        copied.get_mut(name).unwrap().copy_from_slice(part);
    }
    let expected = served.predict(&second, &mut state).unwrap();
    assert_eq!(served.predict(&second, &mut copied).unwrap(), expected);
    assert_eq!(copied, state);
    // h is what the layer gives; both parts matter.
    for name in &names {
        copied.get_mut(name).unwrap()[0] += 0.1;
        assert_ne!(served.predict(&second, &mut copied.clone()).unwrap(), expected, "{name}");
    }
    assert!(state.get("lstm/x").is_none() && state.get_mut("gru/h").is_none());
}

#[test]
fn what_does_not_fit_is_refused_with_advice() {
    let start = || Sequential::new().with(Embedding::new(9, 3));
    let model = |layer: Layer| start().with(layer).with(Dense::new(1)).compile(1).unwrap();
    let expect = |error: gatewise::Error, kind: ErrorKind, parts: &[&str]| {
        let message = error.to_string();
        assert!(error.kind() == kind && parts.iter().all(|part| message.contains(part)), "{message}");
    };
    let (lstm, gru) = (model(Lstm::new(2).into()), model(Gru::new(2).into()));
    expect(lstm.zero_state(usize::MAX).unwrap_err(), ErrorKind::Config, &["rows", "4 a row"]);
    let rows = |ids: &[[u32; 2]]| Inputs::from(ids.iter().copied().collect::<Sequences>());
    let (one, two) = (rows(&[[1, 2]]), rows(&[[1, 2], [3, 4]]));
    let mut state = lstm.zero_state(2).unwrap();
    let before = state.clone();
    let mut refused = |model: &Model, rows: &Inputs, parts: &[&str]| {
        expect(model.predict_with_state(rows, &mut state).unwrap_err(), ErrorKind::Data, parts);
        assert_eq!(state, before);
    };
    refused(&lstm, &one, &["1 rows", "has 2 rows", "select"]);
    refused(&gru, &two, &["lstm/h of 2 units, lstm/c of 2 units", "gru/h of 2 units", "zero_state"]);
    refused(&lstm, &rows(&[[1, 2], [3, 9]]), &["row 1 has the id 9"]);
    refused(&lstm, &Features::new(2).into(), &["0 rows"]);
    // No rows, no steps, nothing to remember: nothing is wrong.
    let mut none = lstm.zero_state(0).unwrap();
    assert!(lstm.predict_with_state(&Sequences::new().into(), &mut none).unwrap().is_empty());
    let pooled = start().with(GlobalMaxPooling1D::new()).with(Dense::new(1)).compile(1).unwrap();
    let mut nothing = pooled.zero_state(2).unwrap();
    assert_eq!(nothing.names().count(), 0);
    let equal = Padding::to(2);
    let outputs = pooled.predict_with_state(&two, &mut nothing).unwrap();
    assert_eq!(outputs, pooled.predict(&two, equal).unwrap());
}

/// The state of a layer that reads backward is the state after the first step, which it computes last.
#[test]
fn layers_that_read_backward_have_the_states_of_their_calls() {
    let mut random = random(8);
    let mut x = Features::new(2);
    for steps in [4, 0, 7, 1, 4, 2] {
        let row: Vec<f32> = (0..2 * steps).map(|_| random.uniform() as f32 - 0.5).collect();
        x.push(&row).unwrap();
    }
    let backwards = |every| Lstm::new(3).go_backwards(true).return_sequences(every);
    let layers: [Layer; 5] = [
        backwards(false).into(),
        backwards(true).into(),
        Gru::new(3).go_backwards(true).into(),
        Bidirectional::new(Gru::new(3)).into(),
        Bidirectional::new(Lstm::new(3).return_sequences(true)).merge_mode(MergeMode::Mul).into(),
    ];
    for layer in layers {
        let model = Sequential::new().with(Input::new(2)).with(layer.clone()).compile(4).unwrap();
        let mut state = model.zero_state(x.len()).unwrap();
        let names: Vec<String> = state.names().map(str::to_owned).collect();
        let start: Vec<Vec<f32>> =
            names.iter().map(|_| (0..3 * x.len()).map(|_| random.uniform() as f32 - 0.5).collect()).collect();
        names
            .iter()
            .zip(&start)
            .for_each(|(name, start)| state.get_mut(name).unwrap().copy_from_slice(start));
        let weights: Vec<&[f32]> = model.params().weights().collect();
        let first = start[0].clone();
        let options = CallOptions::new().initial_state(start);
        let called = layer.call_with(&x.clone().into(), &weights, &options).unwrap();
        let outputs = model.predict_with_state(&x.clone().into(), &mut state).unwrap();
        assert_eq!(bits(&outputs), bits(called.output().values()), "{layer:?}");
        for (name, after) in names.iter().zip(called.states()) {
            assert_eq!(bits(state.get(name).unwrap()), bits(after), "{layer:?} {name}");
        }
        // Row 1 has no step and keeps its state.
        assert_eq!(state.get(&names[0]).unwrap()[3..6], first[3..6]);
    }
}
