//! Contextual decomposition against a plain twin in `f64`: every signal as a pair (β, γ), equation by equation.
//!
//! The twin carries γ itself and reads nothing but the weights. That β and γ add up to the model's own logits shows
//! that it decomposes the right function.

use gatewise::explain::{contextual_decomposition, contextual_decomposition_on};
use gatewise::layers::*;
use gatewise::rows::{Features, Inputs, Padding, Sequences};
use gatewise::text::Side;
use gatewise::{ErrorKind, Isa, Machine, Model, Output, Sequential};
use std::ops::Range;

/// β and γ of one number.
type Pair = [f64; 2];
type Vector = Vec<Pair>;

fn act(activation: Activation, z: &[f64]) -> Vec<f64> {
    let each = |f: fn(f64) -> f64| z.iter().map(|&z| f(z)).collect();
    match activation {
        Activation::Linear => z.to_vec(),
        Activation::Sigmoid => each(|z| 1.0 / (1.0 + (-z).exp())),
        Activation::Tanh => each(f64::tanh),
        Activation::Relu => each(|z| z.max(0.0)),
        Activation::HardSigmoid => each(|z| (z / 6.0 + 0.5).clamp(0.0, 1.0)),
        Activation::Softsign => each(|z| z / (1.0 + z.abs())),
        Activation::Softmax => {
            let sum: f64 = z.iter().map(|z| z.exp()).sum();
            z.iter().map(|z| z.exp() / sum).collect()
        }
        other => panic!("the twin does not have {other:?}"),
    }
}

/// The parts of f(a + b + c) that are due to a, to b, and to the constant c, which comes first.
fn three(f: Activation, sums: &[Pair], constant: &[f64]) -> Vec<[f64; 3]> {
    let with = |a: f64, b: f64| {
        let z: Vec<f64> = sums.iter().zip(constant).map(|(sum, c)| a * sum[0] + b * sum[1] + c).collect();
        act(f, &z)
    };
    let (none, only_a, only_b, both) = (with(0.0, 0.0), with(1.0, 0.0), with(0.0, 1.0), with(1.0, 1.0));
    (0..sums.len())
        .map(|u| {
            let a = 0.5 * ((only_a[u] - none[u]) + (both[u] - only_b[u]));
            let b = 0.5 * ((only_b[u] - none[u]) + (both[u] - only_a[u]));
            [a, b, none[u]]
        })
        .collect()
}

/// The constant part of f is γ.
fn two(parts: &[[f64; 3]]) -> Vector {
    parts.iter().map(|[b, g, c]| [*b, g + c]).collect()
}

/// A product of two numbers with a constant part each.
fn times([b, g, c]: [f64; 3], [b2, g2, c2]: [f64; 3]) -> Pair {
    [b * b2 + b * c2 + c * b2, g * (b2 + g2 + c2) + (b + c) * g2 + c * c2]
}

fn plain([b, g]: Pair) -> [f64; 3] {
    [b, g, 0.0]
}

fn plus(a: &[Pair], b: &[Pair]) -> Vector {
    a.iter().zip(b).map(|(a, b)| [a[0] + b[0], a[1] + b[1]]).collect()
}

struct Twin<'a> {
    model: &'a Model,
}

impl Twin<'_> {
    fn tensor(&self, name: &str) -> Vec<f64> {
        self.model.params().get(name).unwrap_or_default().iter().map(|&w| f64::from(w)).collect()
    }

    /// x·W[.., from..from + count]
    fn product(&self, x: &[Pair], name: &str, from: usize, count: usize) -> Vector {
        let w = self.tensor(name);
        let columns = w.len() / x.len();
        let column = |u: usize| {
            let sum = |part: usize| (0..x.len()).map(|k| x[k][part] * w[k * columns + u]).sum();
            [sum(0), sum(1)]
        };
        (from..from + count).map(column).collect()
    }

    fn bias(&self, name: &str, from: usize, count: usize) -> Vec<f64> {
        let bias = self.tensor(&format!("{name}/bias"));
        if bias.is_empty() { vec![0.0; count] } else { bias[from..from + count].to_vec() }
    }

    /// The outputs of a recurrent layer at every slot, in the order of computation.
    fn recurrent(
        &self,
        name: &str,
        layer: &Layer,
        xs: &[Vector],
        mask: &[bool],
        zeroes: bool,
    ) -> Vec<Vector> {
        let (units, backwards) = match layer {
            Layer::Lstm(layer) => (layer.units, layer.go_backwards),
            Layer::Gru(layer) => (layer.units, layer.go_backwards),
            Layer::SimpleRnn(layer) => (layer.units, layer.go_backwards),
            _ => panic!("not recurrent"),
        };
        let (kernel, recurrent) = (format!("{name}/kernel"), format!("{name}/recurrent_kernel"));
        let zero: Vector = vec![[0.0; 2]; units];
        let (mut h, mut c, mut out) = (zero.clone(), zero.clone(), Vec::new());
        let mut order: Vec<usize> = (0..xs.len()).collect();
        if backwards {
            order.reverse();
        }
        for t in order {
            if !mask[t] {
                out.push(if zeroes { zero.clone() } else { h.clone() });
                continue;
            }
            let x = &xs[t];
            let of_x = |gate: usize| self.product(x, &kernel, gate * units, units);
            let of_h = |h: &[Pair], gate: usize| self.product(h, &recurrent, gate * units, units);
            let bias = |gate: usize| self.bias(name, gate * units, units);
            let sum = |gate: usize| plus(&of_x(gate), &of_h(&h, gate));
            match layer {
                Layer::Lstm(layer) => {
                    let (gate, cell) = (layer.recurrent_activation, layer.activation);
                    let f = usize::from(layer.forget_gate);
                    let i = three(gate, &sum(0), &bias(0));
                    let g = three(cell, &sum(1 + f), &bias(1 + f));
                    let o = three(gate, &sum(2 + f), &bias(2 + f));
                    for u in 0..units {
                        let kept = match layer.forget_gate {
                            true => times(three(gate, &sum(1), &bias(1))[u], plain(c[u])),
                            false => c[u],
                        };
                        let added = times(i[u], g[u]);
                        c[u] = [kept[0] + added[0], kept[1] + added[1]];
                    }
                    let state = two(&three(cell, &c, &vec![0.0; units]));
                    let o: Vec<f64> = o.iter().map(|o| o.iter().sum()).collect();
                    h = state.iter().zip(&o).map(|(s, o)| [s[0] * o, s[1] * o]).collect();
                }
                Layer::Gru(layer) => {
                    let (gate, cell) = (layer.recurrent_activation, layer.activation);
                    let more =
                        |gate: usize| if layer.reset_after { bias(3 + gate) } else { vec![0.0; units] };
                    let both = |gate: usize| -> Vec<f64> {
                        bias(gate).iter().zip(more(gate)).map(|(a, b)| a + b).collect()
                    };
                    let z = three(gate, &sum(0), &both(0));
                    let r = three(gate, &sum(1), &both(1));
                    let mut constant = bias(2);
                    let from_h: Vector = if layer.reset_after {
                        let s = of_h(&h, 2);
                        (0..units)
                            .map(|u| {
                                let b = more(2)[u];
                                let [beta, gamma] = times(r[u], [s[u][0], s[u][1], b]);
                                // The product of the constants is a constant of the candidate's sum.
                                constant[u] += r[u][2] * b;
                                [beta, gamma - r[u][2] * b]
                            })
                            .collect()
                    } else {
                        let kept: Vector = (0..units).map(|u| times(r[u], plain(h[u]))).collect();
                        of_h(&kept, 2)
                    };
                    let g = three(cell, &plus(&of_x(2), &from_h), &constant);
                    let next = |u: usize| {
                        let [b, rest, c] = z[u];
                        let (kept, new) = (times(z[u], plain(h[u])), times([-b, -rest, 1.0 - c], g[u]));
                        [kept[0] + new[0], kept[1] + new[1]]
                    };
                    h = (0..units).map(next).collect();
                }
                Layer::SimpleRnn(layer) => h = two(&three(layer.activation, &sum(0), &bias(0))),
                _ => panic!("not recurrent"),
            }
            out.push(h.clone());
        }
        out
    }

    /// Pairs of all logits, at every slot or (one slot) of the row.
    fn logits(&self, mut xs: Vec<Vector>, mut mask: Vec<bool>) -> Vec<Vector> {
        let count = self.model.spec().layers().len();
        let names: Vec<String> = self.model.layer_names().map(str::to_owned).collect();
        for (n, (name, layer)) in names.iter().zip(self.model.spec().layers()).enumerate() {
            let last = n + 1 == count;
            let dense = |x: &Vector, dense: &Dense| {
                let sums = self.product(x, &format!("{name}/kernel"), 0, dense.units);
                let f = if last { Activation::Linear } else { dense.activation };
                two(&three(f, &sums, &self.bias(name, 0, dense.units)))
            };
            match layer {
                Layer::Input(_) | Layer::Embedding(_) | Layer::Dropout(_) | Layer::SpatialDropout1D(_) => {}
                Layer::Masking(_) => {
                    let masked = xs.iter_mut().zip(&mask).filter(|(_, counts)| !**counts);
                    masked.for_each(|(x, _)| x.fill([0.0; 2]));
                }
                Layer::Lstm(Lstm { return_sequences, zero_output_for_mask, .. })
                | Layer::Gru(Gru { return_sequences, zero_output_for_mask, .. })
                | Layer::SimpleRnn(SimpleRnn { return_sequences, zero_output_for_mask, .. }) => {
                    xs = self.recurrent(name, layer, &xs, &mask, *zero_output_for_mask);
                    if !return_sequences {
                        xs = vec![xs.pop().unwrap()];
                    }
                }
                Layer::Bidirectional(both) => {
                    let backward = match (both.backward_layer.as_deref(), (*both.wrapped).clone()) {
                        (Some(layer), _) => layer.clone(),
                        (None, Layer::Lstm(layer)) => layer.go_backwards(true).into(),
                        (None, Layer::Gru(layer)) => layer.go_backwards(true).into(),
                        (None, Layer::SimpleRnn(layer)) => layer.go_backwards(true).into(),
                        _ => panic!("not recurrent"),
                    };
                    let base = |layer: &Layer| match layer {
                        Layer::Lstm(layer) => ("lstm", layer.return_sequences),
                        Layer::Gru(layer) => ("gru", layer.return_sequences),
                        Layer::SimpleRnn(layer) => ("simple_rnn", layer.return_sequences),
                        _ => panic!("not recurrent"),
                    };
                    let way = |way: &str, layer: &Layer| {
                        self.recurrent(&format!("{name}/{way}_{}", base(layer).0), layer, &xs, &mask, false)
                    };
                    let (mut ahead, mut back) = (way("forward", &both.wrapped), way("backward", &backward));
                    let every = base(&both.wrapped).1;
                    match every {
                        true => back.reverse(),
                        false => (ahead, back) = (vec![ahead.pop().unwrap()], vec![back.pop().unwrap()]),
                    }
                    xs = ahead
                        .iter()
                        .zip(&back)
                        .map(|(f, b)| match both.merge_mode {
                            MergeMode::Concat => [&f[..], b].concat(),
                            MergeMode::Sum => plus(f, b),
                            MergeMode::Ave => plus(f, b).iter().map(|p| p.map(|p| p / 2.0)).collect(),
                            MergeMode::Mul => {
                                f.iter().zip(b).map(|(f, b)| times(plain(*f), plain(*b))).collect()
                            }
                            _ => panic!("two outputs"),
                        })
                        .collect();
                    if every {
                        let masked = xs.iter_mut().zip(&mask).filter(|(_, counts)| !**counts);
                        masked.for_each(|(x, _)| x.fill([0.0; 2]));
                    }
                }
                Layer::SkipConnection(skip) => {
                    let hidden = self.recurrent(&format!("{name}/lstm"), &skip.wrapped, &xs, &mask, false);
                    xs = hidden.iter().zip(&xs).map(|(h, x)| [&h[..], x].concat()).collect();
                }
                Layer::Dense(layer) => xs = xs.iter().map(|x| dense(x, layer)).collect(),
                Layer::TimeDistributed(layer) => xs = xs.iter().map(|x| dense(x, &layer.dense)).collect(),
                Layer::Activation(_) if last => {}
                Layer::Activation(layer) => {
                    let of = |x: &Vector| two(&three(layer.activation, x, &vec![0.0; x.len()]));
                    xs = xs.iter().map(of).collect();
                }
                Layer::GlobalAveragePooling1D(_) => {
                    let counting: Vec<&Vector> =
                        xs.iter().zip(&mask).filter(|(_, counts)| **counts).map(|(x, _)| x).collect();
                    xs = vec![mean(&counting, xs[0].len())];
                }
                Layer::GlobalMaxPooling1D(_) => xs = vec![largest(&xs.iter().collect::<Vec<_>>())],
                Layer::RepeatVector(layer) => {
                    xs = vec![xs[0].clone(); layer.n];
                    mask = vec![true; layer.n];
                }
                // The tests have windows of 2 steps that do not overlap.
                Layer::MaxPooling1D(_) => {
                    xs = xs.chunks_exact(2).map(|xs| largest(&[&xs[0], &xs[1]])).collect();
                    mask = vec![true; xs.len()];
                }
                Layer::AveragePooling1D(_) => {
                    xs = xs.chunks_exact(2).map(|xs| mean(&[&xs[0], &xs[1]], xs[0].len())).collect();
                    mask = vec![true; xs.len()];
                }
                other => panic!("the twin does not have {}", other.class_name()),
            }
        }
        xs
    }
}

/// Without vectors, zeros.
fn mean(xs: &[&Vector], width: usize) -> Vector {
    let sum = |u: usize, part: usize| xs.iter().map(|x| x[u][part]).sum::<f64>() / xs.len().max(1) as f64;
    (0..width).map(|u| [sum(u, 0), sum(u, 1)]).collect()
}

fn largest(xs: &[&Vector]) -> Vector {
    let whole = |x: &Vector, u: usize| x[u][0] + x[u][1];
    let first =
        |u: usize| *xs.iter().reduce(|best, x| if whole(x, u) > whole(best, u) { x } else { best }).unwrap();
    (0..xs[0].len()).map(|u| first(u)[u]).collect()
}

const STEPS: usize = 9;

/// Random weights, larger than the initial ones, biases too.
fn compiled(layers: Sequential) -> Model {
    let mut model = layers.compile(3).unwrap();
    let values = model.params_mut().values_mut();
    let mut state = 88_172_645_463_325_252u64;
    for value in values {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        *value = (state >> 40) as f32 / (1 << 23) as f32 - 1.0;
    }
    model
}

/// The vectors of a padded row, which of its steps count, and the steps of its own inputs.
fn laid(model: &Model, row: &Inputs, side: Side) -> (Vec<Vec<f64>>, Vec<bool>, Range<usize>, Range<usize>) {
    let trace = model.trace(row, Padding::to(STEPS).padding(side).truncating(side)).unwrap();
    let first = model.layer_names().next().unwrap();
    let x = trace.get(0, first, "output").unwrap();
    let xs = (0..x.shape()[0]).map(|t| x.step(t).iter().map(|&x| f64::from(x)).collect()).collect();
    (xs, trace.mask(0).to_vec(), trace.positions(0), trace.inputs(0))
}

/// All phrases of up to three inputs, and the whole row.
fn phrases(len: usize) -> Vec<Range<usize>> {
    let mut all: Vec<_> = (0..len).flat_map(|s| (s..=len.min(s + 3)).map(move |e| s..e)).collect();
    all.push(0..len);
    all.reverse();
    all
}

fn check(what: &str, layers: Sequential) {
    let model = compiled(layers);
    let reads_ids = matches!(model.spec().layers().next(), Some(Layer::Embedding(_)));
    let vectors = |len: usize| {
        let mut rows = Features::new(3);
        let values: Vec<f32> = (0..len * 3).map(|n| (n as f32 * 1.7).sin()).collect();
        rows.push(&values).unwrap();
        Inputs::Features(rows)
    };
    let ids = |len: usize| {
        let row: Vec<u32> = (0..len as u32).map(|n| if n == 3 { 0 } else { 1 + n * 5 % 7 }).collect();
        Inputs::Ids([row].into_iter().collect::<Sequences>())
    };
    let mut moved = 0.0f64;
    for side in [Side::Pre, Side::Post] {
        for len in [0, 1, 5, STEPS, STEPS + 4] {
            let row = if reads_ids { ids(len) } else { vectors(len) };
            let padding = Padding::to(STEPS).padding(side).truncating(side);
            let (xs, mask, positions, inputs) = laid(&model, &row, side);
            let phrases = phrases(len);
            let output = model.output_width() - 1;
            let scores: Vec<Vec<f64>> = Isa::available()
                .into_iter()
                .map(|isa| {
                    let machine = Machine::new().threads(2).isa(isa);
                    contextual_decomposition_on(&model, &row, padding, output, &phrases, &machine).unwrap()
                })
                .collect();
            assert!(scores.windows(2).all(|pair| pair[0] == pair[1]), "{what}: the same bits everywhere");
            let mut twins = Vec::new();
            for phrase in &phrases {
                let in_phrase = |t: usize| {
                    positions.contains(&t) && phrase.contains(&(t - positions.start + inputs.start))
                };
                let pair = |t: usize, x: f64| if in_phrase(t) { [x, 0.0] } else { [0.0, x] };
                let xs: Vec<Vector> =
                    xs.iter().enumerate().map(|(t, x)| x.iter().map(|&x| pair(t, x)).collect()).collect();
                let logits = Twin { model: &model }.logits(xs, mask.clone());
                let own = model.output_per_step() && logits.len() == STEPS;
                let at = if own { positions.end.checked_sub(1) } else { Some(logits.len() - 1) };
                let twin = at.map_or([0.0; 2], |at| logits[at][output]);
                twins.push((twin, at));
            }
            let scale = twins.iter().map(|(twin, _)| twin[0].abs()).fold(0.0, f64::max);
            moved = moved.max(scale);
            // The scores are sums of numbers in f32.
            let scale = scale.max(1e-3);
            for ((phrase, (twin, _)), score) in phrases.iter().zip(&twins).zip(&scores[0]) {
                let error = (score - twin[0]).abs() / scale;
                assert!(error < 1e-4, "{what} {side:?} {len} {phrase:?}: {score} {}", twin[0]);
                if phrase.is_empty() {
                    assert_eq!(*score, 0.0, "{what}");
                }
            }
            // The twin decomposes the model's own logits.
            let value = logit(&model, &row, padding, output, positions.clone());
            for (twin, at) in &twins {
                if let (Some(value), Some(_)) = (value, at) {
                    let whole = twin[0] + twin[1];
                    assert!((whole - value).abs() < 1e-4 * (1.0 + value.abs()), "{what}: {whole} {value}");
                }
            }
        }
    }
    assert!(moved > 1e-3, "{what}: the phrases move nothing");
}

/// The logit of the model: its output, since the models of the tests end linearly or in a sigmoid. `None` for others.
fn logit(
    model: &Model,
    row: &Inputs,
    padding: Padding,
    output: usize,
    positions: Range<usize>,
) -> Option<f64> {
    let trace = model.trace(row, padding).unwrap();
    let last = model.layer_names().last().unwrap();
    let all = trace.get(0, last, "output").unwrap();
    let steps = if all.shape().len() == 2 { all.shape()[0] } else { 1 };
    let per_step = model.output_per_step();
    let backwards = match model.spec().layers().last()? {
        Layer::Dense(dense) if dense.activation == Activation::Linear => false,
        Layer::Dense(dense) if dense.activation == Activation::Sigmoid => {
            let y = f64::from(all.step(0)[output]);
            return (!per_step).then(|| (y / (1.0 - y)).ln());
        }
        Layer::TimeDistributed(layer) if layer.dense.activation == Activation::Linear => false,
        _ => return None,
    };
    let turned = model.spec().layers().any(|layer| {
        matches!(
            layer,
            Layer::Lstm(Lstm { go_backwards: true, .. }) | Layer::Gru(Gru { go_backwards: true, .. })
        )
    });
    if per_step && (turned || backwards) {
        return None;
    }
    let at = if !per_step {
        0
    } else if steps == STEPS {
        positions.end.checked_sub(1)?
    } else {
        steps - 1
    };
    Some(f64::from(all.step(at)[output]))
}

fn ids(masked: bool) -> Sequential {
    Sequential::new().with(Embedding::new(8, 3).mask_zero(masked))
}

fn yes() -> Dense {
    Dense::new(1).activation(Activation::Sigmoid)
}

#[test]
fn every_cell_follows_its_twin() {
    for masked in [false, true] {
        let cells: [(&str, Layer); 12] = [
            ("lstm", Lstm::new(5).into()),
            ("lstm_no_bias", Lstm::new(3).use_bias(false).into()),
            ("lstm_1997", Lstm::new(4).forget_gate(false).into()),
            (
                "lstm_others",
                Lstm::new(3)
                    .activation(Activation::Softsign)
                    .recurrent_activation(Activation::HardSigmoid)
                    .into(),
            ),
            ("lstm_zeros", Lstm::new(3).zero_output_for_mask(true).into()),
            ("lstm_backwards", Lstm::new(3).go_backwards(true).into()),
            ("gru", Gru::new(5).into()),
            ("gru_no_bias", Gru::new(2).use_bias(false).into()),
            ("gru_before", Gru::new(4).reset_after(false).into()),
            ("gru_backwards", Gru::new(3).go_backwards(true).into()),
            ("simple_rnn", SimpleRnn::new(5).into()),
            ("simple_rnn_relu", SimpleRnn::new(3).activation(Activation::Relu).use_bias(false).into()),
        ];
        for (what, cell) in cells {
            check(&format!("{what} masked={masked}"), ids(masked).with(cell).with(yes()));
        }
    }
}

#[test]
fn stacks_follow_their_twins() {
    for masked in [false, true] {
        let lstm = |units| Lstm::new(units).return_sequences(true);
        let turned = |units| Gru::new(units).return_sequences(true).go_backwards(true);
        let skip = |units| SkipConnection::new(lstm(units));
        let stacks: [(&str, Sequential); 15] = [
            ("direct connections", ids(masked).with(skip(3)).with(Gru::new(2)).with(yes())),
            ("stacked", ids(masked).with(lstm(4)).with(Gru::new(3)).with(yes())),
            ("turned", ids(masked).with(turned(3)).with(Lstm::new(2)).with(yes())),
            (
                "turned twice",
                ids(masked).with(turned(3)).with(lstm(2).go_backwards(true)).with(Dense::new(2)),
            ),
            (
                "zeros",
                ids(masked).with(lstm(3).zero_output_for_mask(true)).with(SimpleRnn::new(2)).with(yes()),
            ),
            ("at each step", ids(masked).with(lstm(3)).with(TimeDistributed::new(Dense::new(2)))),
            (
                "tanh between",
                ids(masked)
                    .with(Lstm::new(4))
                    .with(Dense::new(3).activation(Activation::Tanh))
                    .with(Dropout::new(0.5))
                    .with(Dense::new(3).activation(Activation::Softmax)),
            ),
            (
                "softmax between",
                ids(masked)
                    .with(lstm(3))
                    .with(Dense::new(3).activation(Activation::Softmax))
                    .with(Gru::new(2))
                    .with(Dense::new(2)),
            ),
            (
                "activations",
                ids(masked)
                    .with(ActivationLayer::new(Activation::Sigmoid))
                    .with(Lstm::new(3))
                    .with(Dense::new(2))
                    .with(ActivationLayer::new(Activation::Softmax)),
            ),
            ("average", ids(masked).with(lstm(3)).with(GlobalAveragePooling1D::new()).with(yes())),
            ("maximum", ids(masked).with(lstm(3)).with(GlobalMaxPooling1D::new()).with(yes())),
            ("turned maximum", ids(masked).with(turned(3)).with(GlobalMaxPooling1D::new()).with(yes())),
            (
                "repeated",
                ids(masked).with(Lstm::new(3)).with(RepeatVector::new(4)).with(lstm(2)).with(Dense::new(2)),
            ),
            ("windows", ids(masked).with(lstm(3)).with(MaxPooling1D::new(2)).with(Gru::new(2)).with(yes())),
            (
                "turned windows",
                ids(masked).with(turned(3)).with(AveragePooling1D::new(2)).with(Lstm::new(2)).with(yes()),
            ),
        ];
        for (what, stack) in stacks {
            check(&format!("{what} masked={masked}"), stack);
        }
    }
}

#[test]
fn both_directions_follow_their_twin() {
    for masked in [false, true] {
        for mode in [MergeMode::Concat, MergeMode::Sum, MergeMode::Ave, MergeMode::Mul] {
            let both = |layer: Layer| Bidirectional::new(layer).merge_mode(mode);
            let one = ids(masked).with(both(Lstm::new(3).into())).with(yes());
            check(&format!("{mode:?} masked={masked}"), one);
            // A product of products is too small for a share to be seen in it.
            let above = if mode == MergeMode::Mul { MergeMode::Sum } else { mode };
            let two = ids(masked)
                .with(both(Gru::new(2).return_sequences(true).into()))
                .with(
                    both(SimpleRnn::new(3).into())
                        .backward_layer(Lstm::new(3).go_backwards(true))
                        .merge_mode(above),
                )
                .with(yes());
            check(&format!("two {mode:?} masked={masked}"), two);
            let pooled = ids(masked)
                .with(Lstm::new(2).return_sequences(true).go_backwards(true))
                .with(both(Lstm::new(2).return_sequences(true).into()))
                .with(GlobalMaxPooling1D::new());
            check(&format!("pooled {mode:?} masked={masked}"), pooled);
        }
    }
}

#[test]
fn vectors_follow_their_twin() {
    let vectors = || Sequential::new().with(Input::new(3));
    check("vectors", vectors().with(Lstm::new(4)).with(yes()));
    check("vectors masked", vectors().with(Masking::new(0.0)).with(Gru::new(4)).with(yes()));
    let pooled = vectors().with(Masking::new(0.0)).with(GlobalMaxPooling1D::new()).with(Dense::new(2));
    check("vectors masked and pooled", pooled);
}

#[test]
fn one_vector_is_one_phrase() {
    let hidden = Dense::new(4).activation(Activation::Tanh);
    let model = compiled(Sequential::new().with(Input::vector(3)).with(hidden).with(Dense::new(2)));
    let x = [0.3f32, -0.8, 0.5];
    let mut rows = Features::new(3);
    rows.push(&x).unwrap();
    let rows = Inputs::Features(rows);
    for padding in [Padding::default(), Padding::to(4)] {
        let scores = contextual_decomposition(&model, &rows, padding, 1, &[0..1, 1..1]).unwrap();
        let pairs = x.iter().map(|&x| [f64::from(x), 0.0]).collect();
        let twin = Twin { model: &model }.logits(vec![pairs], vec![true]);
        assert!((scores[0] - twin[0][1][0]).abs() < 1e-6 && scores[1] == 0.0, "{scores:?} {twin:?}");
    }
}

/// One step of the LSTM, by hand.
#[test]
fn one_step_of_one_unit_is_what_the_equations_give() {
    let layers = Sequential::new().with(Input::new(1)).with(Lstm::new(1)).with(Dense::new(1));
    let mut model = layers.compile(1).unwrap();
    // i, f, c, o
    model.params_mut().set("lstm/kernel", &[1, 4], &[1.0, 0.3, 2.0, -1.0]).unwrap();
    model.params_mut().set("lstm/bias", &[4], &[0.5, 1.0, -0.25, 0.75]).unwrap();
    model.params_mut().set("dense/kernel", &[1, 1], &[3.0]).unwrap();
    model.params_mut().set("dense/bias", &[1], &[10.0]).unwrap();
    let mut row = Features::new(1);
    row.push(&[0.8]).unwrap();
    let phrase = 0..1;
    let phrases = std::slice::from_ref(&phrase);
    let scores = contextual_decomposition(&model, &row.into(), Padding::to(1), 0, phrases).unwrap();
    // The phrase is the only term beside the bias: L_f(a) = f(c + a) − f(c).
    let sigmoid = |z: f64| 1.0 / (1.0 + (-z).exp());
    let (i, c_i) = (sigmoid(1.3) - sigmoid(0.5), sigmoid(0.5));
    let (g, c_g) = (1.35f64.tanh() - (-0.25f64).tanh(), (-0.25f64).tanh());
    let beta = i * (g + c_g) + c_i * g;
    let cell = sigmoid(1.3) * 1.35f64.tanh();
    let h = sigmoid(-0.05) * 0.5 * (beta.tanh() + cell.tanh() - (cell - beta).tanh());
    assert!((scores[0] - 3.0 * h).abs() < 1e-6, "{scores:?} {h}");
}

/// A linear model is exactly additive: scores are gradient × input, and no phrase interacts.
#[test]
fn without_gates_and_functions_scores_are_gradient_times_input() {
    let rnn = SimpleRnn::new(3).activation(Activation::Linear);
    let model = compiled(ids(false).with(rnn).with(Dense::new(1)));
    let row: Inputs = [vec![3u32, 5, 7, 1]].into_iter().collect::<Sequences>().into();
    let padding = Padding::to(6);
    let slopes = model.input_gradients(&row, padding, Output::Logit(0)).unwrap();
    let table = model.params().get("embedding/embeddings").unwrap();
    let of_word = |t: usize, id: usize| -> f64 {
        let slopes = slopes.row(0)[t * 3..].iter();
        slopes.zip(&table[id * 3..][..3]).map(|(d, x)| f64::from(d * x)).sum()
    };
    let words = [of_word(0, 3), of_word(1, 5), of_word(2, 7), of_word(3, 1)];
    let phrases = [0..1, 1..2, 2..3, 3..4, 0..4, 1..3];
    let scores = contextual_decomposition(&model, &row, padding, 0, &phrases).unwrap();
    let expected = [words[0], words[1], words[2], words[3], words.iter().sum(), words[1] + words[2]];
    for (score, expected) in scores.iter().zip(expected) {
        assert!((score - expected).abs() < 1e-5, "{scores:?} {expected}");
    }
}

#[test]
fn what_cannot_be_decomposed_is_refused() {
    let row: Inputs = [vec![1u32, 2]].into_iter().collect::<Sequences>().into();
    let two: Inputs = [vec![1u32], vec![2]].into_iter().collect::<Sequences>().into();
    let model = compiled(ids(false).with(Lstm::new(2)).with(yes()));
    let normal = compiled(ids(false).with(Lstm::new(2)).with(LayerNormalization::new()).with(yes()));
    let whole = 0..2;
    let late = 1..3;
    #[allow(clippy::reversed_empty_ranges)]
    let turned = 2..1;
    for (model, row, output, phrase, part) in [
        (&normal, &row, 0, &whole, "layer_normalization (LayerNormalization)"),
        (&model, &two, 0, &whole, "reads one row, but got 2"),
        (&model, &row, 1, &whole, "no output 1; the model has 1"),
        (&model, &row, 0, &late, "no phrase 1..3; the row has 2 inputs"),
        (&model, &row, 0, &turned, "no phrase 2..1"),
    ] {
        let phrases = std::slice::from_ref(phrase);
        let error = contextual_decomposition(model, row, Padding::to(4), output, phrases).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(contextual_decomposition(&model, &row, Padding::to(4), 0, &[]).unwrap().is_empty());
}
