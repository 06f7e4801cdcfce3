//! Traces and hidden states: the bits of predict, the equations of the cells, marks of the steps.

mod specs;

use gatewise::layers::{Activation, Dense, Embedding, Gru, Layer, Lstm, SimpleRnn};
use gatewise::rows::{Inputs, Padding, Sequences, Targets};
use gatewise::text::Side;
use gatewise::{ErrorKind, Isa, Loss, Machine, Model, Output, Sequential, Trace};
use specs::{Spec, VOCABULARY, bits, paddings, rows, sequences, specs};

/// Rows of every length, and few or many of them.
fn batches() -> [Inputs; 3] {
    let all = rows(41);
    [&all[8..9], &all[..15], &all[..17]].map(|rows| sequences(rows).into())
}

fn names(model: &Model) -> Vec<(String, Layer)> {
    let padding = Padding::to(2);
    let trace = model.trace(&sequences(&[]).into(), padding).unwrap();
    let own: Vec<_> = trace.layers().filter(|name| !name.contains('/')).map(str::to_owned).collect();
    own.into_iter().zip(model.spec().layers().cloned()).collect()
}

fn last_layer(trace: &Trace) -> String {
    trace.layers().last().unwrap().to_owned()
}

#[test]
fn a_trace_ends_in_what_predict_returns() {
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            for inputs in batches() {
                let predicted = model.predict(&inputs, padding).unwrap();
                let trace = model.trace(&inputs, padding).unwrap();
                assert_eq!(trace.len(), inputs.len());
                let layer = last_layer(&trace);
                let traced: Vec<f32> = (0..trace.len())
                    .flat_map(|row| trace.get(row, &layer, "output").unwrap().values().to_vec())
                    .collect();
                assert_eq!(bits(&traced), bits(&predicted), "{}", spec.name);
            }
        }
    }
}

#[test]
fn a_trace_has_the_same_bits_on_every_machine() {
    let inputs = &batches()[2];
    for spec in specs() {
        let model = spec.lively();
        let padding = paddings()[0];
        let one = model.trace_on(inputs, padding, &Machine::new().threads(1)).unwrap();
        for isa in Isa::available() {
            for threads in [1, 3] {
                assert_eq!(
                    model.trace_on(inputs, padding, &Machine::new().threads(threads).isa(isa)).unwrap(),
                    one,
                    "{} {isa}",
                    spec.name
                );
            }
        }
        // A row alone has the numbers that it has among others.
        let alone: Inputs = inputs.select(&[11]);
        let alone = model.trace(&alone, padding).unwrap();
        for layer in one.layers() {
            for signal in one.signals(layer).unwrap() {
                let [among, alone] =
                    [one.get(11, layer, signal), alone.get(0, layer, signal)].map(|array| array.unwrap());
                assert_eq!(bits(among.values()), bits(alone.values()), "{} {layer} {signal}", spec.name);
            }
        }
    }
}

fn makes_steps(layer: &Layer) -> bool {
    matches!(layer, Layer::RepeatVector(_) | Layer::AveragePooling1D(_) | Layer::MaxPooling1D(_))
}

/// The equations of the cells, from one signal to the next.
fn check_equations(trace: &Trace, row: usize, layer: &str, backwards: bool, standard: bool) {
    let get = |signal: &str| trace.get(row, layer, signal).unwrap();
    let signals = trace.signals(layer).unwrap();
    let (steps, units) = (trace.steps(), get("output").shape()[1]);
    for t in 0..steps {
        let before = if backwards { (t + 1 < steps).then_some(t + 1) } else { t.checked_sub(1) };
        for u in 0..units {
            let at = |signal: &str| get(signal).step(t)[u];
            let was = |signal: &str| before.map_or(0.0, |t| get(signal).step(t)[u]);
            let close = |ours: f32, equation: f32| {
                assert!((ours - equation).abs() < 2e-6, "{layer} step {t} unit {u}: {ours} {equation}");
            };
            if !trace.mask(row)[t] {
                for state in signals.iter().filter(|signal| matches!(**signal, "cell" | "output")) {
                    assert_eq!(
                        at(state).to_bits(),
                        was(state).to_bits(),
                        "{layer}: a masked step carries {state}"
                    );
                }
            } else if signals.contains(&"cell") {
                let forget = if signals.contains(&"forget_gate") { at("forget_gate") } else { 1.0 };
                close(at("cell"), forget * was("cell") + at("input_gate") * at("candidate"));
                if standard {
                    close(at("output"), at("output_gate") * at("cell").tanh());
                }
            } else if signals.contains(&"update_gate") {
                let z = at("update_gate");
                close(at("output"), z * was("output") + (1.0 - z) * at("candidate"));
                assert!((0.0..=1.0).contains(&at("reset_gate")));
            }
        }
    }
}

#[test]
fn the_signals_of_a_trace_follow_the_equations() {
    let inputs = &batches()[2];
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            let trace = model.trace(inputs, padding).unwrap();
            // Other steps than those of the rows have no mask.
            for (name, layer) in names(&model).into_iter().take_while(|(_, layer)| !makes_steps(layer)) {
                // Their outputs at masked steps are zero, and their equations go on from others.
                if serde_json::to_value(&layer).unwrap()["zero_output_for_mask"] == true {
                    continue;
                }
                let (parts, backwards) = match &layer {
                    Layer::Lstm(layer) => (vec![name], layer.go_backwards),
                    Layer::Gru(layer) => (vec![name], layer.go_backwards),
                    Layer::SimpleRnn(layer) => (vec![name], layer.go_backwards),
                    Layer::Bidirectional(_) => {
                        let of = |layer: &&str| layer.starts_with(&format!("{name}/"));
                        let parts: Vec<_> = trace.layers().filter(of).map(str::to_owned).collect();
                        assert_eq!(parts.len(), 2);
                        (parts, false)
                    }
                    Layer::SkipConnection(layer) => {
                        let zeroes =
                            serde_json::to_value(&layer.wrapped).unwrap()["zero_output_for_mask"] == true;
                        let of = |layer: &&str| layer.starts_with(&format!("{name}/"));
                        let parts: Vec<_> = trace.layers().filter(of).map(str::to_owned).collect();
                        assert_eq!(parts.len(), 1);
                        if zeroes {
                            continue;
                        }
                        (parts, false)
                    }
                    _ => continue,
                };
                // Above a layer that reverses the steps, the walk goes the other way.
                let turned = spec.name == "options" && !parts[0].starts_with("simple_rnn");
                for part in &parts {
                    let backwards = backwards != turned || part.contains("/backward_");
                    (0..trace.len()).for_each(|row| check_equations(&trace, row, part, backwards, true));
                }
            }
        }
    }
}

#[test]
fn odd_sizes_of_every_cell_follow_the_equations() {
    let all = rows(41);
    for units in [1, 3, 10, 17] {
        let layers: [Layer; 6] = [
            Lstm::new(units).into(),
            Lstm::new(units).forget_gate(false).into(),
            Gru::new(units).into(),
            Gru::new(units).reset_after(false).into(),
            SimpleRnn::new(units).into(),
            Lstm::new(units)
                .activation(Activation::Softsign)
                .recurrent_activation(Activation::HardSigmoid)
                .into(),
        ];
        for (index, layer) in layers.into_iter().enumerate() {
            for masked in [false, true] {
                let embedding = Embedding::new(VOCABULARY, 3).mask_zero(masked);
                let layers = Sequential::new().with(embedding).with(layer.clone()).with(Dense::new(2));
                let spec = Spec { name: "one cell", layers, masked };
                let model = spec.lively();
                for count in [1, 15, 17] {
                    let inputs: Inputs = sequences(&all[4..4 + count]).into();
                    let trace = model.trace(&inputs, paddings()[0]).unwrap();
                    let name = trace.layers().nth(1).unwrap().to_owned();
                    assert_eq!(trace.get(0, &name, "output").unwrap().shape(), [trace.steps(), units]);
                    (0..count).for_each(|row| check_equations(&trace, row, &name, false, index != 5));
                }
            }
        }
    }
}

#[test]
fn positions_inputs_and_masks_mark_the_steps() {
    let layers = |masked| Sequential::new().with(Embedding::new(9, 2).mask_zero(masked)).with(Lstm::new(2));
    let inputs: Inputs =
        [vec![1, 0, 2], vec![], vec![3, 4, 5, 6, 7, 8]].into_iter().collect::<Sequences>().into();
    for (side, positions, seen) in
        [(Side::Pre, [1..4, 4..4, 0..4], 2..6), (Side::Post, [0..3, 0..0, 0..4], 0..4)]
    {
        let padding = Padding::to(4).padding(side).truncating(side);
        for masked in [false, true] {
            let trace = layers(masked).compile(1).unwrap().trace(&inputs, padding).unwrap();
            assert_eq!([0, 1, 2].map(|row| trace.positions(row)), positions);
            assert_eq!((trace.inputs(0), trace.inputs(1).len(), trace.inputs(2)), (0..3, 0, seen.clone()));
            let mask: Vec<bool> = match (masked, side) {
                (false, _) => vec![true; 4],
                (true, Side::Pre) => vec![false, true, false, true],
                (true, Side::Post) => vec![true, false, true, false],
            };
            assert_eq!(trace.mask(0), mask);
            assert_eq!(trace.mask(1), [!masked; 4]);
        }
    }
}

#[test]
fn hidden_states_are_those_of_the_trace() {
    for spec in specs() {
        let model = spec.lively();
        for padding in paddings() {
            for inputs in batches() {
                let trace = model.trace(&inputs, padding).unwrap();
                for (name, layer) in names(&model) {
                    let every = model.hidden_states(&inputs, padding, &name);
                    let last = model.last_hidden_state(&inputs, padding, &name);
                    let recurrent = trace.layers().any(|it| it.starts_with(&format!("{name}/")))
                        || matches!(layer, Layer::Lstm(_) | Layer::Gru(_) | Layer::SimpleRnn(_));
                    let array = |row: usize| trace.get(row, &name, "output").unwrap();
                    let per_step = array(0).shape().len() == 2;
                    assert_eq!(every.is_ok(), per_step || recurrent, "{} {name}", spec.name);
                    let ends = recurrent && !matches!(layer, Layer::SkipConnection(_));
                    assert_eq!(last.is_ok(), !per_step || ends, "{} {name}", spec.name);
                    let made = names(&model).iter().any(|(_, layer)| makes_steps(layer))
                        && model.layer_names().position(|it| it == name)
                            >= names(&model).iter().position(|(_, layer)| makes_steps(layer));
                    for row in 0..inputs.len() {
                        let steps = array(row).shape()[0];
                        let own = if made { 0..steps } else { trace.positions(row) };
                        if let Ok(every) = every.as_ref()
                            && per_step
                        {
                            let traced: Vec<f32> =
                                own.clone().flat_map(|t| array(row).step(t).to_vec()).collect();
                            assert_eq!(bits(every.row(row)), bits(&traced), "{} {name} {row}", spec.name);
                        }
                        if let Ok(last) = last.as_ref()
                            && (!per_step || !matches!(layer, Layer::Bidirectional(_)))
                        {
                            let walks_down = matches!(&layer, Layer::Lstm(it) if it.go_backwards)
                                || matches!(&layer, Layer::SimpleRnn(it) if it.go_backwards)
                                || (spec.name == "options" && name == "gru");
                            let t = if walks_down || !per_step { 0 } else { steps - 1 };
                            let traced = array(row).step(t);
                            let last = &last[row * traced.len()..][..traced.len()];
                            assert_eq!(bits(last), bits(traced), "{} {name} {row}", spec.name);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn refusals_name_what_there_is() {
    let model = Sequential::new()
        .with(Embedding::new(9, 2))
        .with(Lstm::new(3))
        .with(Dense::new(2))
        .compile(1)
        .unwrap();
    let inputs: Inputs = sequences(&[vec![1, 2]]).into();
    let padding = Padding::to(3);
    let trace = model.trace(&inputs, padding).unwrap();
    let refused = |message: String, parts: &[&str]| {
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    };
    refused(trace.get(0, "lstn", "cell").unwrap_err().to_string(), &["lstn", "embedding, lstm, dense"]);
    refused(
        trace.get(0, "lstm", "gate").unwrap_err().to_string(),
        &["input_gate, forget_gate", "cell, output"],
    );
    refused(trace.get(1, "lstm", "cell").unwrap_err().to_string(), &["no row 1", "1 row"]);
    refused(model.up_to("gru").err().unwrap().to_string(), &["gru", "embedding, lstm, dense"]);
    refused(model.hidden_states(&inputs, padding, "dense").unwrap_err().to_string(), &["last_hidden_state"]);
    refused(
        model.last_hidden_state(&inputs, padding, "embedding").unwrap_err().to_string(),
        &["hidden_states"],
    );
    let slopes = |of: Output<'_>| model.input_gradients(&inputs, padding, of).unwrap_err();
    refused(slopes(Output::Logit(2)).to_string(), &["no output 2", "has 2"]);
    let targets = Targets::from(vec![1.0]);
    let sparse = Loss::sparse_categorical_crossentropy();
    let crossentropy = Output::Loss(&sparse, &targets);
    refused(slopes(crossentropy).to_string(), &["probabilities", "Softmax"]);
    assert_eq!(slopes(Output::Loss(&Loss::MeanSquaredError, &targets)).kind(), ErrorKind::Data);
    let ids: Inputs = sequences(&[vec![12]]).into();
    assert_eq!(model.trace(&ids, padding).unwrap_err().kind(), ErrorKind::Data);
    let none = model.trace(&sequences(&[]).into(), padding).unwrap();
    assert!(none.is_empty() && none.signals("lstm").unwrap().len() == 6);
    assert_eq!(model.input_gradients(&sequences(&[]).into(), padding, Output::Logit(0)).unwrap().len(), 0);
}

#[test]
fn threads_may_share_a_model_and_a_trace() {
    fn shared<T: Send + Sync>(it: &T) -> &T {
        it
    }
    let model = Sequential::new().with(Embedding::new(9, 2)).with(Lstm::new(3)).compile(1).unwrap();
    let inputs: Inputs = sequences(&[vec![1, 2], vec![3]]).into();
    let trace = model.trace(&inputs, Padding::to(3)).unwrap();
    let (model, trace) = (shared(&model), shared(&trace));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| assert_eq!(&model.trace(&inputs, Padding::to(3)).unwrap(), trace));
        }
    });
}
