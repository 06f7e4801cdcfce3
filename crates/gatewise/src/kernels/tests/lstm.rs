//! The LSTM kernels against the twin of one sequence.

use super::super::lstm::{Backward, Dy, Forward, From, Into, Shape, backward, forward, pack};
use super::super::reference::lstm::{State, Step, Weights};
use super::super::{Isa, LANES};
use super::{Guarded, Numbers, assert_close, bits, seeded, size, widen};
use crate::kernels::activation::SIGMOID_SCALE;
use proptest::prelude::*;

/// Which steps are real.
#[derive(Debug, Clone, Copy)]
enum Masks {
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
struct Case {
    shape: Shape,
    /// Rows of the projected table; `None` where the layer multiplies its own inputs.
    table: Option<usize>,
    steps: usize,
    /// Samples; the other lanes of the block have none.
    lanes: usize,
    masks: Masks,
    /// Whether the gradient comes from every step or the last alone.
    every_step: bool,
    dx: bool,
    seed: u64,
}

fn case() -> impl Strategy<Value = Case> {
    let masks = prop::sample::select(vec![Masks::None, Masks::Any, Masks::Pre, Masks::Post, Masks::Nothing]);
    let input =
        prop_oneof![size().prop_map(|inputs| (inputs, None)), (1usize..6).prop_map(|rows| (0, Some(rows)))];
    (input, size(), 0usize..=9, 1..=LANES, masks, any::<bool>(), any::<bool>(), any::<u64>()).prop_map(
        |((inputs, table), units, steps, lanes, masks, every_step, dx, seed)| Case {
            shape: Shape { inputs, units },
            table,
            steps,
            lanes,
            masks,
            every_step,
            dx,
            seed,
        },
    )
}

/// One sample, as the twin sees it.
struct Sample {
    x: Vec<Vec<f64>>,
    real: Vec<bool>,
    dy: Vec<State>,
    start: State,
}

/// A case's numbers: in Keras's layouts and in lanes.
struct Block {
    kernel: Vec<f32>,
    recurrent: Vec<f32>,
    bias: Vec<f32>,
    packed: Guarded,
    /// `[T][D][16]`, where the layer has inputs.
    x: Guarded,
    /// `[rows][4H]` as Keras would lay out the weights of inputs that are one at one place.
    table_keras: Vec<f32>,
    /// The same for the kernels: unit by unit, the sigmoid gates scaled, rows of `stride`.
    table: Guarded,
    /// `[T][16]`
    offsets: Vec<u32>,
    /// `[2][H][16]`
    start: Guarded,
    mask: Option<Vec<u16>>,
    /// `[T][H][16]`; where only the last step has a gradient, the others are zero.
    dy: Guarded,
    samples: Vec<Sample>,
}

/// Lane `lane` of `[T][width][16]`.
fn lane(block: &[f32], width: usize, lane: usize) -> Vec<Vec<f32>> {
    let row = |t: &[f32]| (0..width).map(|k| t[k * LANES + lane]).collect();
    block.chunks_exact(width * LANES).map(row).collect()
}

fn widen_rows(rows: Vec<Vec<f32>>) -> Vec<Vec<f64>> {
    rows.iter().map(|row| widen(row)).collect()
}

impl Case {
    fn block(&self) -> Block {
        let Self { shape, steps, lanes, .. } = *self;
        let Shape { inputs: d, units: h } = shape;
        let mut numbers = Numbers::new(self.seed);
        let scale = 2.0 / (shape.rows() as f64).sqrt();
        let table_rows = self.table.unwrap_or(0);
        let kernel = numbers.vec(d * 4 * h, scale);
        let recurrent = numbers.vec(h * 4 * h, scale);
        let bias = numbers.vec(4 * h, 1.0);
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
        let table_keras = numbers.vec(table_rows * 4 * h, 1.0);
        let mut table = Guarded::zeroed(table_rows * shape.stride());
        for (row, keras) in
            table.get_mut().chunks_exact_mut(shape.stride()).zip(table_keras.chunks_exact(4 * h))
        {
            for (column, &z) in keras.iter().enumerate() {
                let (gate, unit) = (column / h, column % h);
                row[4 * unit + gate] = if gate == 2 { z } else { SIGMOID_SCALE * z };
            }
        }
        let chosen: Vec<usize> = (0..steps * LANES).map(|_| numbers.0.below(table_rows.max(1))).collect();
        let offsets = chosen.iter().map(|&row| (row * shape.stride()) as u32).collect();
        let state = |l: usize| {
            let parts = lane(&start, h, l);
            State { h: widen(&parts[0]), c: widen(&parts[1]) }
        };
        let one_hot = |t: usize, l: usize| {
            (0..table_rows).map(|row| f64::from(u8::from(row == chosen[t * LANES + l]))).collect()
        };
        let samples = (0..lanes)
            .map(|l| Sample {
                x: match self.table {
                    None => widen_rows(lane(&x, d, l)),
                    Some(_) => (0..steps).map(|t| one_hot(t, l)).collect(),
                },
                real: mask.iter().map(|mask| mask >> l & 1 == 1).collect(),
                dy: widen_rows(lane(&dy, h, l))
                    .into_iter()
                    .map(|h| State { c: vec![0.0; h.len()], h })
                    .collect(),
                start: state(l),
            })
            .collect();
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
            samples,
        }
    }
}

/// What the kernels gave.
#[derive(Clone)]
struct Ours {
    y: Guarded,
    tape: Guarded,
    dx: Option<Guarded>,
    /// Gradient of the table's rows.
    dtable: Guarded,
    dstart: Guarded,
    grads: Guarded,
}

fn run_forward(case: &Case, block: &Block, isa: Isa, steps: usize, slots: [usize; 2]) -> [Guarded; 2] {
    let shape = case.shape;
    let mut y = Guarded::poisoned(slots[0] * shape.units * LANES);
    let mut tape = Guarded::poisoned(slots[1] * shape.tape_step());
    forward(
        isa,
        Forward {
            shape,
            steps,
            packed: block.packed.get(),
            from: match case.table {
                None => From::Input(block.x.get()),
                Some(_) => From::Table { rows: block.table.get(), offsets: &block.offsets },
            },
            mask: block.mask.as_deref(),
            start: block.start.get(),
            y: y.get_mut(),
            tape: tape.get_mut(),
        },
    );
    y.check_guards("y");
    tape.check_guards("tape");
    [y, tape]
}

/// Adds to `grads`.
fn run_backward(case: &Case, block: &Block, isa: Isa, ours: &mut Ours) {
    let Case { shape, steps, .. } = *case;
    let mut scratch = Guarded::poisoned(shape.scratch_len());
    let last = Guarded::new(match steps {
        0 => &[1.0; 37 * LANES][..shape.units * LANES],
        _ => &block.dy.get()[(steps - 1) * shape.units * LANES..],
    });
    let dy = if case.every_step { Dy::Sequence(block.dy.get()) } else { Dy::Last(last.get()) };
    backward(
        isa,
        Backward {
            shape,
            steps,
            packed: block.packed.get(),
            into: match case.table {
                None => Into::Input { x: block.x.get(), dx: ours.dx.as_mut().map(Guarded::get_mut) },
                Some(_) => Into::Table { rows: ours.dtable.get_mut(), offsets: &block.offsets },
            },
            mask: block.mask.as_deref(),
            start: block.start.get(),
            y: ours.y.get(),
            tape: ours.tape.get(),
            dy,
            grads: ours.grads.get_mut(),
            dstart: ours.dstart.get_mut(),
            scratch: scratch.get_mut(),
        },
    );
    scratch.check_guards("scratch");
    ours.grads.check_guards("grads");
    ours.dstart.check_guards("dstart");
    ours.dtable.check_guards("table gradient");
    ours.dx.iter().for_each(|dx| dx.check_guards("dx"));
}

fn run(case: &Case, block: &Block, isa: Isa) -> Ours {
    let [y, tape] = run_forward(case, block, isa, case.steps, [case.steps; 2]);
    let wants_dx = case.dx && case.table.is_none();
    let dx = wants_dx.then(|| Guarded::poisoned(case.steps * case.shape.inputs * LANES));
    let mut ours = Ours {
        y,
        tape,
        dx,
        dtable: Guarded::zeroed(block.table.get().len()),
        dstart: Guarded::poisoned(case.shape.state_len()),
        grads: Guarded::zeroed(case.shape.grads_len()),
    };
    run_backward(case, block, isa, &mut ours);
    ours
}

/// Rows in Keras's layout.
fn unpacked(shape: Shape, rows: &[f32]) -> Vec<f32> {
    let mut out = Guarded::poisoned(rows.len() / shape.stride() * 4 * shape.units);
    shape.unpack(rows, out.get_mut());
    out.check_guards("unpacked");
    out.get().to_vec()
}

fn flat(rows: &[Vec<f32>]) -> Vec<f32> {
    rows.concat()
}

fn check_against_twin(case: &Case, block: &Block, ours: &Ours, isa: Isa) {
    const TOLERANCE: f64 = 1e-5;
    let Case { shape, .. } = *case;
    let twin = Weights {
        inputs: case.table.unwrap_or(shape.inputs),
        units: shape.units,
        kernel: widen(if case.table.is_some() { &block.table_keras } else { &block.kernel }),
        recurrent: widen(&block.recurrent),
        // The rows of a table hold the bias.
        bias: if case.table.is_some() { vec![0.0; 4 * shape.units] } else { widen(&block.bias) },
    };
    let mut twin_grads = twin.zeros_like();
    let (mut our_dx, mut twin_dx) = (Vec::new(), Vec::new());
    let (mut our_dstart, mut twin_dstart) = (Vec::new(), Vec::new());
    for (l, sample) in block.samples.iter().enumerate() {
        let steps: Vec<Step> = twin.forward(&sample.start, &sample.x, &sample.real);
        let twin_y: Vec<f64> = steps.iter().flat_map(|s| s.h.iter().copied()).collect();
        let y = lane(ours.y.get(), shape.units, l);
        assert_close(&flat(&y), &twin_y, TOLERANCE, &format!("{isa} y of lane {l}"));
        let back = twin.backward(&steps, &sample.dy, &mut twin_grads);
        if case.steps > 0 {
            our_dstart.extend(flat(&lane(ours.dstart.get(), shape.units, l)));
            twin_dstart.extend([back.dstart.h, back.dstart.c].concat());
        }
        let ours_here = ours.dx.as_ref().map(|dx| lane(dx.get(), shape.inputs, l));
        for (t, _) in sample.real.iter().enumerate().filter(|(_, real)| !**real) {
            let start = || lane(block.start.get(), shape.units, l)[0].clone();
            let before = if t > 0 { bits(&y[t - 1]) } else { bits(&start()) };
            assert_eq!(bits(&y[t]), before, "a masked step repeats the output before it");
            assert!(ours_here.iter().all(|dx| dx[t].iter().all(|&dx| dx == 0.0)), "dx of a masked step");
        }
        our_dx.extend(ours_here.into_iter().flatten().flatten());
        twin_dx.extend(back.dx.into_iter().flatten());
    }
    assert_close(&our_dstart, &twin_dstart, TOLERANCE, &format!("{isa} dstart"));
    if ours.dx.is_some() {
        assert_close(&our_dx, &twin_dx, TOLERANCE, &format!("{isa} dx"));
    }
    let (rows, bias) = ours.grads.get().split_at(shape.rows() * shape.stride());
    let (kernel, recurrent) = rows.split_at(shape.inputs * shape.stride());
    let kernel = if case.table.is_some() { ours.dtable.get() } else { kernel };
    let mut tensors = vec![("dW", &twin_grads.kernel, kernel), ("dU", &twin_grads.recurrent, recurrent)];
    match case.table {
        None => tensors.push(("db", &twin_grads.bias, bias)),
        Some(_) => assert!(bias.iter().all(|&g| g == 0.0), "a table's rows hold the bias"),
    }
    for (name, twin, rows) in tensors {
        assert_close(&unpacked(shape, rows), twin, TOLERANCE, &format!("{isa} {name}"));
    }
    for row in ours.grads.get().chunks_exact(shape.stride()) {
        assert!(row[4 * shape.units..].iter().all(|&pad| pad == 0.0), "padding columns stay zero");
    }
}

/// The outputs of the last two steps do not depend on whether backward will follow.
fn check_inference(case: &Case, block: &Block, ours: &Ours, isa: Isa) {
    let width = case.shape.units * LANES;
    for steps in case.steps.saturating_sub(1)..=case.steps {
        let [y, _] = run_forward(case, block, isa, steps, [2, 1]);
        for t in steps.saturating_sub(2)..steps {
            let inference = bits(&y.get()[t % 2 * width..][..width]);
            assert_eq!(inference, bits(&ours.y.get()[t * width..][..width]), "{isa} step {t} of {steps}");
        }
    }
}

/// A second backward into the same gradient adds the same again.
fn check_accumulation(case: &Case, block: &Block, ours: &mut Ours, isa: Isa) {
    let (once, table_once) = (ours.grads.clone(), ours.dtable.clone());
    let (dx, dstart) = (ours.dx.clone(), ours.dstart.bits());
    run_backward(case, block, isa, ours);
    for (once, twice) in [(&once, &ours.grads), (&table_once, &ours.dtable)] {
        let doubled: Vec<f64> = once.get().iter().map(|&g| 2.0 * f64::from(g)).collect();
        assert_close(twice.get(), &doubled, 1e-5, &format!("{isa} accumulated grads"));
    }
    assert_eq!(ours.dstart.bits(), dstart, "dstart is overwritten");
    let dx_bits = |dx: &Option<Guarded>| dx.as_ref().map(Guarded::bits);
    assert_eq!(dx_bits(&ours.dx), dx_bits(&dx), "dx is overwritten, not accumulated");
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn every_instruction_set_follows_the_twin_with_the_same_bits(case in case()) {
        let block = case.block();
        let mut first: Option<[Vec<u32>; 6]> = None;
        for isa in Isa::available() {
            let mut ours = run(&case, &block, isa);
            let now = [
                ours.dtable.bits(),
                ours.dstart.bits(),
                ours.y.bits(),
                ours.tape.bits(),
                ours.grads.bits(),
                ours.dx.as_ref().map(Guarded::bits).unwrap_or_default(),
            ];
            match &first {
                None => {
                    check_against_twin(&case, &block, &ours, isa);
                    check_accumulation(&case, &block, &mut ours, isa);
                    first = Some(now);
                }
                Some(first) => prop_assert!(*first == now, "{} has other bits", isa),
            }
            check_inference(&case, &block, &ours, isa);
        }
        [&block.packed, &block.x, &block.dy, &block.table, &block.start].into_iter().for_each(|read| read.check_guards("read"));
    }
}

/// The widest common layer once, so that sums are long.
#[test]
fn a_wide_layer_follows_its_twin() {
    let shape = Shape { inputs: 128, units: 130 };
    let case = Case {
        shape,
        table: None,
        steps: 3,
        lanes: 13,
        masks: Masks::Any,
        every_step: true,
        dx: true,
        seed: 3,
    };
    let block = case.block();
    let isa = Isa::detect();
    check_against_twin(&case, &block, &run(&case, &block, isa), isa);
}

/// A weight that is not a number must not hide behind a saturated gate: training has to notice.
#[test]
fn nan_is_passed_on() {
    let shape = Shape { inputs: 3, units: 2 };
    let case = Case {
        shape,
        table: None,
        steps: 2,
        lanes: 2,
        masks: Masks::None,
        every_step: true,
        dx: true,
        seed: 1,
    };
    for isa in Isa::available() {
        let mut block = case.block();
        block.x.get_mut()[1] = f32::NAN;
        let ours = run(&case, &block, isa);
        let y = |l| flat(&lane(ours.y.get(), 2, l));
        assert!(y(1).iter().all(|y| y.is_nan()), "{isa}: {:?}", y(1));
        assert!(y(0).iter().all(|y| y.is_finite()), "{isa}");
        assert!(ours.grads.get()[..8].iter().all(|g| g.is_nan()), "{isa}");
    }
}

#[test]
fn buffers_that_are_too_small_are_refused() {
    let shape = Shape { inputs: 3, units: 2 };
    let case = Case {
        shape,
        table: None,
        steps: 4,
        lanes: 2,
        masks: Masks::Any,
        every_step: true,
        dx: true,
        seed: 1,
    };
    let refused = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    let isa = Isa::Portable;
    let block = case.block();
    assert!(!refused(&|| drop(run(&case, &block, isa))));
    assert!(refused(&|| drop(run_forward(&case, &block, isa, 4, [1, 1]))), "one output slot");
    assert!(refused(&|| drop(run_forward(&case, &block, isa, 4, [2, 0]))), "no tape slot");
    assert!(refused(&|| drop(run_forward(&case, &block, isa, 5, [5, 5]))), "x shorter than the steps");
    let cut = |f: &dyn Fn(&mut Block)| {
        let mut block = case.block();
        f(&mut block);
        refused(&|| drop(run(&case, &block, isa)))
    };
    let shorten = |buffer: &mut Guarded| *buffer = Guarded::new(&buffer.get()[1..]);
    assert!(cut(&|block| shorten(&mut block.packed)), "packed");
    assert!(cut(&|block| shorten(&mut block.x)), "x");
    assert!(cut(&|block| shorten(&mut block.dy)), "dy");
    assert!(cut(&|block| shorten(&mut block.start)), "start");
    assert!(cut(&|block| block.mask.as_mut().unwrap().truncate(3)), "mask");
    let cut = |f: &dyn Fn(&mut Ours)| {
        let mut ours = run(&case, &block, isa);
        f(&mut ours);
        refused(&|| run_backward(&case, &block, isa, &mut ours.clone()))
    };
    assert!(cut(&|ours| shorten(&mut ours.y)), "y");
    assert!(cut(&|ours| shorten(&mut ours.dstart)), "dstart");
    assert!(cut(&|ours| shorten(&mut ours.tape)), "tape");
    assert!(cut(&|ours| shorten(&mut ours.grads)), "grads");
    assert!(cut(&|ours| shorten(ours.dx.as_mut().unwrap())), "dx");
}
