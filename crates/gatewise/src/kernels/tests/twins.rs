//! The twins' gradients against central differences.

use super::super::reference::recurrent::{Kind, SIGMOID, State, TANH, Weights};
use super::super::reference::{activation, dense, embedding, head};
use super::{Numbers, widen};

/// Fails unless `gradient[i]` is the slope of `f` along coordinate `i` at `at`, for all of them.
fn assert_slopes(at: &[f64], gradient: &[f64], name: &str, f: impl Fn(&[f64]) -> f64) {
    const STEP: f64 = 1e-5;
    assert_eq!(at.len(), gradient.len(), "{name}");
    let mut x = at.to_vec();
    for i in 0..x.len() {
        x[i] = at[i] + STEP;
        let above = f(&x);
        x[i] = at[i] - STEP;
        let below = f(&x);
        x[i] = at[i];
        let slope = (above - below) / (2.0 * STEP);
        assert!(
            (slope - gradient[i]).abs() < 1e-8 * (1.0 + slope.abs()),
            "{name}[{i}]: {slope} {gradient:?}"
        );
    }
}

fn dot(a: &[Vec<f64>], b: &[Vec<f64>]) -> f64 {
    a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b).sum()
}

fn rows(flat: &[f64], width: usize) -> Vec<Vec<f64>> {
    flat.chunks_exact(width).map(<[f64]>::to_vec).collect()
}

const KINDS: [Kind; 5] = [
    Kind::Lstm { forget: true },
    Kind::Lstm { forget: false },
    Kind::Gru { reset_after: true },
    Kind::Gru { reset_after: false },
    Kind::SimpleRnn,
];

/// A layer of random numbers.
fn recurrent_weights(
    kind: Kind,
    inputs: usize,
    units: usize,
    draw: &mut impl FnMut(usize) -> Vec<f64>,
) -> Weights {
    let width = kind.gates() * units;
    Weights {
        kind,
        functions: [SIGMOID, TANH],
        inputs,
        units,
        kernel: draw(inputs * width),
        recurrent: draw(units * width),
        bias: draw(kind.biases() * width),
        factors: draw(width),
        sizes: false,
    }
}

/// Ragged batches: two samples of different lengths, with every kind of mask, sharing one gradient.
#[test]
fn recurrent() {
    let masks: [&[bool]; 7] = [
        &[],
        &[true],
        &[false],
        &[true, true, true, true, true],
        &[false, false, true, true],
        &[true, true, false, false],
        &[true, false, true, false, false, true],
    ];
    for (case, mask) in masks.into_iter().enumerate() {
        for kind in KINDS {
            for (d, h) in [(1, 1), (3, 2), (2, 3)] {
                for every_step in [false, true] {
                    check_recurrent(case as u64, kind, [d, h], mask, every_step);
                }
            }
        }
    }
}

fn check_recurrent(case: u64, kind: Kind, [d, h]: [usize; 2], mask: &[bool], every_step: bool) {
    let mut numbers = Numbers::new(case);
    let mut draw = |len: usize| widen(&numbers.vec(len, 0.9));
    let w = recurrent_weights(kind, d, h, &mut draw);
    let mut state = || -> State { (0..kind.states()).map(|_| draw(h)).collect() };
    let samples = [mask, &[true, true, true]].map(|mask| {
        let mut dy: Vec<State> = mask.iter().map(|_| state()).collect();
        if !every_step {
            let keep = dy.len().saturating_sub(1);
            dy[..keep].fill(w.zero_state());
        }
        (mask, dy, state())
    });
    let samples = samples.map(|(mask, dy, start)| (mask, draw(mask.len() * d), dy, start));
    let value = |w: &Weights, mask: &[bool], x: &[f64], dy: &[State], start: &State| {
        let steps = w.forward(start, &rows(x, d), mask);
        steps.into_iter().zip(dy).map(|(s, dy)| dot(&s.after, dy)).sum::<f64>()
    };
    let all = |w: &Weights| samples.iter().map(|(m, x, dy, start)| value(w, m, x, dy, start)).sum::<f64>();
    let mut grads = w.zeros_like();
    for (mask, x, dy, start) in &samples {
        let steps = w.forward(start, &rows(x, d), mask);
        let back = w.backward(&steps, dy, &mut grads);
        assert_slopes(x, &back.dx.concat(), "dx", |x| value(&w, mask, x, dy, start));
        assert_slopes(&start.concat(), &back.dstart.concat(), "dstart", |start| {
            value(&w, mask, x, dy, &rows(start, h))
        });
    }
    assert_slopes(&w.kernel, &grads.kernel, "dW", |k| all(&Weights { kernel: k.to_vec(), ..w.clone() }));
    assert_slopes(&w.recurrent, &grads.recurrent, "dU", |u| {
        all(&Weights { recurrent: u.to_vec(), ..w.clone() })
    });
    assert_slopes(&w.bias, &grads.bias, "db", |b| all(&Weights { bias: b.to_vec(), ..w.clone() }));
}

#[test]
fn a_masked_step_carries_the_state() {
    for kind in KINDS {
        let mut numbers = Numbers::new(5);
        let mut draw = |len: usize| widen(&numbers.vec(len, 0.9));
        let w = recurrent_weights(kind, 2, 3, &mut draw);
        let x = rows(&draw(8), 2);
        let holes = w.forward(&w.zero_state(), &x, &[false, true, false, true]);
        let without = w.forward(&w.zero_state(), &[x[1].clone(), x[3].clone()], &[true, true]);
        assert_eq!(holes[0].after, w.zero_state());
        assert_eq!(holes[1].after, without[0].after);
        assert_eq!((&holes[2].after, &holes[3].after), (&without[0].after, &without[1].after));
    }
}

#[test]
fn dense() {
    for (d, units) in [(1, 1), (4, 3), (3, 5)] {
        let mut numbers = Numbers::new(1);
        let mut draw = |len: usize| widen(&numbers.vec(len, 1.0));
        let w = dense::Weights { inputs: d, units, kernel: draw(d * units), bias: draw(units) };
        let samples = [(draw(d), draw(units)), (draw(d), draw(units))];
        let value = |w: &dense::Weights, x: &[f64], dz: &[f64]| dot(&[w.forward(x)], &[dz.to_vec()]);
        let all = |w: &dense::Weights| samples.iter().map(|(x, dz)| value(w, x, dz)).sum::<f64>();
        let mut grads = w.zeros_like();
        for (x, dz) in &samples {
            let dx = w.backward(x, dz, &mut grads);
            assert_slopes(x, &dx, "dx", |x| value(&w, x, dz));
        }
        assert_slopes(&w.kernel, &grads.kernel, "dW", |k| {
            all(&dense::Weights { kernel: k.to_vec(), ..w.clone() })
        });
        assert_slopes(&w.bias, &grads.bias, "db", |b| all(&dense::Weights { bias: b.to_vec(), ..w.clone() }));
    }
}

#[test]
fn embedding_with_repeated_and_absent_ids() {
    let (width, ids) = (3, [4, 0, 4, 2, 0, 0]);
    let mut numbers = Numbers::new(2);
    let table = embedding::Table { width, values: widen(&numbers.vec(5 * width, 1.0)) };
    let dy = rows(&widen(&numbers.vec(ids.len() * width, 1.0)), width);
    let mut grads = table.zeros_like();
    embedding::Table::backward(&ids, &dy, &mut grads);
    assert_slopes(&table.values, &grads.values, "dE", |e| {
        dot(&embedding::Table { width, values: e.to_vec() }.forward(&ids), &dy)
    });
    assert!(grads.values[width..2 * width].iter().all(|&g| g == 0.0));
}

#[test]
fn head() {
    for z in [-30.0, -3.0, -0.1, 0.0, 0.4, 2.0, 30.0] {
        for y in [0.0, 0.3, 1.0] {
            assert_slopes(&[z], &[head::gradient(z, y)], "dz", |z| head::loss(z[0], y));
            // Clipping at 1e-7 shows beyond a logit of about 16.
            if f64::abs(z) < 16.0 {
                let reported = head::reported_loss(head::probability(z), y);
                assert!((head::loss(z, y) - reported).abs() < 1e-12, "{z} {y}");
            }
        }
    }
    assert!((head::loss(800.0, 0.0) - 800.0).abs() < 1e-12 && head::loss(-800.0, 0.0) == 0.0);
}

#[test]
fn activations() {
    let names = [
        "linear",
        "sigmoid",
        "tanh",
        "relu",
        "leaky_relu",
        "elu",
        "selu",
        "gelu",
        "silu",
        "mish",
        "softplus",
        "softsign",
        "hard_sigmoid",
        "exponential",
    ];
    for name in names {
        for z in [-4.1, -2.9, -1.3, -0.2, 0.1, 0.7, 2.2, 2.9, 3.8] {
            let value = |z: &[f64]| activation::twin(name, z[0]).0;
            assert_slopes(&[z], &[activation::twin(name, z).1], name, value);
        }
    }
}
