//! The cells beside their twins, and random blocks for them.

use super::super::LANES;
use super::super::recurrent::activations::{Chosen, Function as Chosable, Standard};
use super::super::recurrent::cell::{Cell, Gru, Lstm, ResetBefore, SimpleRnn};
use super::super::recurrent::{SLACK, Shape, pack};
use super::super::reference::recurrent::{Function, Kind, SIGMOID, State, TANH};
use super::{Guarded, Numbers, size, widen};
use proptest::prelude::*;

/// A cell and its twin.
pub(super) trait Tested: Cell {
    const THIS: Self;
    const KIND: Kind;
    const FUNCTIONS: [Function; 2] = [SIGMOID, TANH];
}

impl Tested for Lstm<Standard> {
    const THIS: Self = Self(Standard);
    const KIND: Kind = Kind::Lstm { forget: true };
}

impl Tested for Lstm<Standard, false> {
    const THIS: Self = Self(Standard);
    const KIND: Kind = Kind::Lstm { forget: false };
}

impl Tested for Gru<Standard> {
    const THIS: Self = Self(Standard);
    const KIND: Kind = Kind::Gru { reset_after: true };
}

impl Tested for ResetBefore<Standard> {
    const THIS: Self = Self(Standard);
    const KIND: Kind = Kind::Gru { reset_after: false };
}

impl Tested for SimpleRnn<Standard> {
    const THIS: Self = Self(Standard);
    const KIND: Kind = Kind::SimpleRnn;
}

/// x/6 + ½ between 0 and 1
const HARD_SIGMOID: Function = Function {
    of: |x| (x / 6.0 + 0.5).clamp(0.0, 1.0),
    slope: |y| if y > 0.0 && y < 1.0 { 1.0 / 6.0 } else { 0.0 },
};
/// x / (1 + |x|)
const SOFTSIGN: Function = Function { of: |x| x / (1.0 + x.abs()), slope: |y| (1.0 - y.abs()).powi(2) };
/// x, and eˣ − 1 below 0
const ELU: Function = Function { of: |x| if x > 0.0 { x } else { x.exp_m1() }, slope: |y| y.min(0.0) + 1.0 };
/// x above 0
const RELU: Function = Function { of: |x| x.max(0.0), slope: |y| if y > 0.0 { 1.0 } else { 0.0 } };

impl Tested for Lstm<Chosen> {
    const THIS: Self = Self(Chosen { gate: Chosable::HardSigmoid, cell: Chosable::Softsign });
    const KIND: Kind = Kind::Lstm { forget: true };
    const FUNCTIONS: [Function; 2] = [HARD_SIGMOID, SOFTSIGN];
}

impl Tested for Gru<Chosen> {
    const THIS: Self = Self(Chosen { gate: Chosable::Sigmoid, cell: Chosable::Elu });
    const KIND: Kind = Kind::Gru { reset_after: true };
    const FUNCTIONS: [Function; 2] = [SIGMOID, ELU];
}

impl Tested for SimpleRnn<Chosen> {
    const THIS: Self = Self(Chosen { gate: Chosable::Linear, cell: Chosable::Relu });
    const KIND: Kind = Kind::SimpleRnn;
    const FUNCTIONS: [Function; 2] = [SIGMOID, RELU];
}

/// Calls a generic function for every cell.
macro_rules! for_each_cell {
    ($f:ident($($args:expr),*)) => {
        $f::<$crate::kernels::recurrent::cell::Lstm<$crate::kernels::recurrent::activations::Standard>>($($args),*);
        $f::<$crate::kernels::recurrent::cell::Lstm<$crate::kernels::recurrent::activations::Standard, false>>($($args),*);
        $f::<$crate::kernels::recurrent::cell::Lstm<$crate::kernels::recurrent::activations::Chosen>>($($args),*);
        $f::<$crate::kernels::recurrent::cell::Gru<$crate::kernels::recurrent::activations::Standard>>($($args),*);
        $f::<$crate::kernels::recurrent::cell::Gru<$crate::kernels::recurrent::activations::Chosen>>($($args),*);
        $f::<$crate::kernels::recurrent::cell::SimpleRnn<$crate::kernels::recurrent::activations::Standard>>($($args),*);
        $f::<$crate::kernels::recurrent::cell::SimpleRnn<$crate::kernels::recurrent::activations::Chosen>>($($args),*);
    };
}
pub(super) use for_each_cell;

/// A layer of the cell.
pub(super) fn shape<C: Tested>(inputs: usize, units: usize) -> Shape<C> {
    Shape { cell: C::THIS, inputs, units }
}

/// Rows of a table whose inputs' weights are `keras`, `[rows][G·H]`, as the kernels want them.
pub(super) fn table<C: Cell>(shape: Shape<C>, keras: &[f32]) -> Guarded {
    let width = C::GATES * shape.units;
    let mut table = Guarded::zeroed(keras.len() / width * shape.stride() + SLACK);
    for (row, keras) in table.get_mut().chunks_exact_mut(shape.stride()).zip(keras.chunks_exact(width)) {
        for (column, gate) in C::INPUT_GATES.iter().enumerate() {
            for unit in 0..shape.units {
                row[shape.place(unit, column)] = keras[gate * shape.units + unit] * shape.cell.scale(column);
            }
        }
    }
    table
}

/// Which steps are real.
#[derive(Debug, Clone, Copy)]
pub(super) enum Masks {
    /// No mask is given.
    None,
    /// Any steps, holes included.
    Any,
    /// Padding before each row.
    Pre,
    /// Padding after each row.
    Post,
    /// Nothing is real.
    Nothing,
}

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub inputs: usize,
    pub units: usize,
    /// Rows of the projected table; `None` where the layer multiplies its own inputs.
    pub table: Option<usize>,
    pub steps: usize,
    /// Whether the last step is computed first.
    pub backwards: bool,
    /// Samples; the other lanes of the block have none.
    pub lanes: usize,
    pub masks: Masks,
    /// Whether the gradient comes from every step or the last alone.
    pub every_step: bool,
    pub dx: bool,
    /// Whether gates read less of the previous output.
    pub drops: bool,
    pub seed: u64,
}

pub(super) fn case() -> impl Strategy<Value = Case> {
    let masks = prop::sample::select(vec![Masks::None, Masks::Any, Masks::Pre, Masks::Post, Masks::Nothing]);
    let input =
        prop_oneof![size().prop_map(|inputs| (inputs, None)), (1usize..6).prop_map(|rows| (0, Some(rows)))];
    let flags = any::<[bool; 4]>();
    (input, size(), 0usize..=9, 1..=LANES, masks, flags, any::<u64>()).prop_map(
        |((inputs, table), units, steps, lanes, masks, [backwards, every_step, dx, drops], seed)| Case {
            inputs,
            units,
            table,
            steps,
            backwards,
            lanes,
            masks,
            every_step,
            dx,
            drops,
            seed,
        },
    )
}

/// One sample, as the twin reads it: in the order of computation.
pub(super) struct Sample {
    pub x: Vec<Vec<f64>>,
    pub real: Vec<bool>,
    pub dy: Vec<State>,
    pub start: State,
    /// As the twin's.
    pub factors: Vec<f64>,
}

/// A case's numbers: in Keras's layouts and in lanes.
pub(super) struct Block {
    pub kernel: Vec<f32>,
    pub recurrent: Vec<f32>,
    pub bias: Vec<f32>,
    pub packed: Guarded,
    /// `[T][D][16]`, where the layer has inputs.
    pub x: Guarded,
    /// `[rows][G·H]` as Keras would lay out the weights of inputs that are one at one place.
    pub table_keras: Vec<f32>,
    /// The same for the kernels.
    pub table: Guarded,
    /// `[T][16]`
    pub offsets: Vec<u32>,
    /// `[states][H][16]`
    pub start: Guarded,
    pub mask: Option<Vec<u16>>,
    /// `[T][H][16]`; where only the last step has a gradient, the others are zero.
    pub dy: Guarded,
    /// `[columns of the output][H][16]`
    pub factors: Option<Vec<f32>>,
    pub samples: Vec<Sample>,
}

/// Lane `lane` of `[T][width][16]`.
pub(super) fn lane(block: &[f32], width: usize, lane: usize) -> Vec<Vec<f32>> {
    let row = |t: &[f32]| (0..width).map(|k| t[k * LANES + lane]).collect();
    block.chunks_exact(width * LANES).map(row).collect()
}

pub(super) fn widen_rows(rows: Vec<Vec<f32>>) -> Vec<Vec<f64>> {
    rows.iter().map(|row| widen(row)).collect()
}

impl Case {
    pub fn shape<C: Tested>(&self) -> Shape<C> {
        shape(self.inputs, self.units)
    }

    pub fn block<C: Tested>(&self) -> Block {
        let Self { inputs: d, units: h, steps, lanes, .. } = *self;
        let (shape, gates) = (self.shape::<C>(), C::GATES);
        let mut numbers = Numbers::new(self.seed);
        let scale = 2.0 / ((d + h) as f64).sqrt();
        let table_rows = self.table.unwrap_or(0);
        let kernel = numbers.vec(d * gates * h, scale);
        let recurrent = numbers.vec(h * gates * h, scale);
        let bias = numbers.vec(C::BIASES * gates * h, 1.0);
        let mut packed = Guarded::poisoned(shape.packed_len());
        pack(shape, &kernel, &recurrent, &bias, packed.get_mut());
        packed.check_guards("packed");
        // Lanes without a sample hold the embedded pad id in life: any numbers, as long as dy is zero.
        let mut x = numbers.vec(steps * d * LANES, 1.0);
        if self.seed.is_multiple_of(2) {
            x.iter_mut().enumerate().filter(|(at, _)| at % LANES >= lanes).for_each(|(_, x)| *x = 0.0);
        }
        let last = if self.every_step { 0 } else { steps.saturating_sub(1) };
        let mut dy = numbers.vec(steps * h * LANES, 1.0);
        for (at, dy) in dy.iter_mut().enumerate() {
            if at % LANES >= lanes || at < last * h * LANES {
                *dy = 0.0;
            }
        }
        let mut mask = vec![0u16; steps];
        for lane in 0..lanes {
            let length = numbers.0.below(steps + 1);
            for (t, mask) in mask.iter_mut().enumerate() {
                let real = match self.masks {
                    Masks::None => true,
                    Masks::Any => numbers.0.below(2) == 1,
                    Masks::Pre => t >= steps - length,
                    Masks::Post => t < length,
                    Masks::Nothing => false,
                };
                *mask |= u16::from(real) << lane;
            }
        }
        let start = numbers.vec(shape.state_len(), 0.9);
        let table_keras = numbers.vec(table_rows * gates * h, 1.0);
        let table = table(shape, &table_keras);
        let chosen: Vec<usize> = (0..steps * LANES).map(|_| numbers.0.below(table_rows.max(1))).collect();
        let offsets = chosen.iter().map(|&row| (row * shape.stride()) as u32).collect();
        let state = |l: usize| widen_rows(lane(&start, h, l));
        let one_hot = |t: usize, l: usize| {
            (0..table_rows).map(|row| f64::from(u8::from(row == chosen[t * LANES + l]))).collect()
        };
        let drops = self.drops && C::RESET.is_none();
        let factors = drops.then(|| {
            let mut factor = || if numbers.0.below(3) == 0 { 0.0 } else { 1.5 };
            (0..C::OUTPUT * h * LANES).map(|_| factor()).collect::<Vec<f32>>()
        });
        let factors_of = |l: usize| -> Vec<f64> {
            let Some(factors) = &factors else { return Vec::new() };
            let mut keras = vec![f64::NAN; gates * h];
            for (column, gate) in C::OUTPUT_GATES.iter().enumerate() {
                for unit in 0..h {
                    keras[gate * h + unit] = f64::from(factors[(column * h + unit) * LANES + l]);
                }
            }
            keras
        };
        let mut samples: Vec<Sample> = (0..lanes)
            .map(|l| Sample {
                x: match self.table {
                    None => widen_rows(lane(&x, d, l)),
                    Some(_) => (0..steps).map(|t| one_hot(t, l)).collect(),
                },
                real: mask.iter().map(|mask| mask >> l & 1 == 1).collect(),
                dy: widen_rows(lane(&dy, h, l))
                    .into_iter()
                    .map(|h| {
                        let zeros = vec![0.0; h.len()];
                        [vec![h], vec![zeros; C::STATES - 1]].concat()
                    })
                    .collect(),
                start: state(l),
                factors: factors_of(l),
            })
            .collect();
        if self.backwards {
            samples.iter_mut().for_each(|sample| {
                sample.x.reverse();
                sample.real.reverse();
            });
        }
        Block {
            kernel,
            recurrent,
            bias,
            packed,
            x: Guarded::new(&x),
            table_keras,
            table,
            offsets,
            start: Guarded::new(&start),
            mask: (!matches!(self.masks, Masks::None)).then_some(mask),
            dy: Guarded::new(&dy),
            factors,
            samples,
        }
    }
}
