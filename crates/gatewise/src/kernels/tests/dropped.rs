//! Recurrent dropout against the real Keras, whose cells were given the same masks: outputs and every gradient.
//! The numbers are `golden/recurrent_dropout.json`, from `tools/golden/recurrent_dropout.py`.

use super::super::recurrent::activations::Standard;
use super::super::recurrent::cell::{Gru, Lstm, SimpleRnn};
use super::super::recurrent::{
    Backward, Dropped, Dy, Forward, InputGradient, InputSource, backward, forward, pack,
};
use super::super::{Isa, LANES};
use super::assert_close;
use super::cells::{Tested, shape};
use serde::Deserialize;

#[derive(Deserialize)]
struct Golden {
    rows: usize,
    steps: usize,
    inputs: usize,
    units: usize,
    cases: Vec<Case>,
}

/// Arrays as Keras has them: of rows first, then steps.
#[derive(Deserialize)]
struct Case {
    kind: String,
    kernel: Vec<f32>,
    recurrent: Vec<f32>,
    bias: Vec<f32>,
    d_kernel: Vec<f64>,
    d_recurrent: Vec<f64>,
    d_bias: Vec<f64>,
    x: Vec<f32>,
    dy: Vec<f32>,
    real: Vec<bool>,
    /// `[gates][rows][H]`
    factors: Vec<f32>,
    y: Vec<f64>,
    dx: Vec<f64>,
}

/// `[rows][n]` to `[n][16]`.
fn lanes(rows: usize, values: &[f32]) -> Vec<f32> {
    let n = values.len() / rows;
    (0..n * LANES)
        .map(|at| if at % LANES < rows { values[at % LANES * n + at / LANES] } else { 0.0 })
        .collect()
}

/// And back.
fn unlane(rows: usize, lanes: &[f32]) -> Vec<f32> {
    (0..rows).flat_map(|row| lanes.iter().skip(row).step_by(LANES).copied()).collect()
}

#[test]
fn masks_do_what_keras_does_with_them() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/recurrent_dropout.json");
    let golden: Golden = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    assert_eq!(golden.cases.len(), 3);
    for case in &golden.cases {
        match case.kind.as_str() {
            "lstm" => check::<Lstm<Standard>>(&golden, case),
            "gru" => check::<Gru<Standard>>(&golden, case),
            _ => check::<SimpleRnn<Standard>>(&golden, case),
        }
    }
}

fn check<C: Tested>(golden: &Golden, case: &Case) {
    let Golden { rows, steps, inputs, units, .. } = *golden;
    let shape = shape::<C>(inputs, units);
    let mut packed = vec![f32::NAN; shape.packed_len()];
    pack(shape, &case.kernel, &case.recurrent, &case.bias, &mut packed);
    let [x, dy] = [&case.x, &case.dy].map(|values| lanes(rows, values));
    let per_gate = case.factors.chunks_exact(rows * units);
    let factors: Vec<f32> = per_gate.flat_map(|gate| lanes(rows, gate)).collect();
    let bit = |row: usize, t: usize| u16::from(case.real[row * steps + t]) << row;
    let mask: Vec<u16> = (0..steps).map(|t| (0..rows).map(|row| bit(row, t)).sum()).collect();
    let (mask, backwards) = (Some(&mask[..]), false);
    let start = vec![0.0; shape.state_len()];
    let poisoned = |len: usize| vec![f32::NAN; len];
    for isa in Isa::available() {
        let (mut y, mut tape) = (poisoned(steps * units * LANES), poisoned(steps * shape.tape_step()));
        let mut room = poisoned(shape.dropped_forward());
        let dropped = Some(Dropped { factors: &factors, scratch: &mut room });
        forward(
            isa,
            Forward {
                shape,
                steps,
                backwards,
                packed: &packed,
                from: InputSource::Vectors(&x),
                mask,
                start: &start,
                y: &mut y,
                tape: &mut tape,
                dropped,
            },
        );
        let mut dx = poisoned(steps * inputs * LANES);
        let (mut grads, mut dstart) = (vec![0.0; shape.grads_len()], poisoned(shape.state_len()));
        let (mut scratch, mut room) = (poisoned(shape.scratch_len()), poisoned(shape.dropped_backward()));
        let dropped = Some(Dropped { factors: &factors, scratch: &mut room });
        backward(
            isa,
            Backward {
                shape,
                steps,
                backwards,
                packed: &packed,
                into: InputGradient::Vectors { x: &x, dx: Some(&mut dx) },
                mask,
                start: &start,
                y: &y,
                tape: &tape,
                dy: Dy::Sequence(&dy),
                grads: &mut grads,
                dstart: &mut dstart,
                scratch: &mut scratch,
                dropped,
            },
        );
        let [dw, du, db, _] = shape.split_grads(&grads);
        let mut keras = [&case.d_kernel, &case.d_recurrent, &case.d_bias].map(|of| poisoned(of.len()));
        shape.unpack_kernel(dw, &mut keras[0]);
        shape.unpack_recurrent(du, &mut keras[1]);
        shape.unpack_bias(db, &mut keras[2]);
        let [kernel, recurrent, bias] = keras;
        for (name, ours, theirs) in [
            ("y", unlane(rows, &y), &case.y),
            ("dx", unlane(rows, &dx), &case.dx),
            ("dW", kernel, &case.d_kernel),
            ("dU", recurrent, &case.d_recurrent),
            ("db", bias, &case.d_bias),
        ] {
            assert_close(&ours, theirs, 1e-5, &format!("{isa} {} {name}", case.kind));
        }
    }
}
