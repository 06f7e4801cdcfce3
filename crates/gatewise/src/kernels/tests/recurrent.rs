//! The recurrent kernels, of every cell, against the twin of one sequence.

use super::super::recurrent::activations::Standard;
use super::super::recurrent::cell::{Cell, Lstm, ResetBefore};
use super::super::recurrent::{
    Backward, Dropped, Dy, Forward, InputGradient, InputSource, Shape, backward, forward,
};
use super::super::reference::recurrent::{TwinStep, Weights};
use super::super::{Isa, LANES};
use super::cells::{Block, Case, Masks, Tested, case, for_each_cell, lane};
use super::{Guarded, assert_close, assert_sums, bits, seeded, widen};
use proptest::prelude::*;

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

fn run_forward<C: Tested>(
    case: &Case,
    block: &Block,
    isa: Isa,
    steps: usize,
    slots: [usize; 2],
) -> [Guarded; 2] {
    let shape = case.shape::<C>();
    let mut y = Guarded::poisoned(slots[0] * shape.units * LANES);
    let mut tape = Guarded::poisoned(slots[1] * shape.tape_step());
    let mut room = Guarded::poisoned(shape.dropped_forward());
    forward(
        isa,
        Forward {
            shape,
            steps,
            backwards: case.backwards,
            packed: block.packed.get(),
            from: match case.table {
                None => InputSource::Vectors(block.x.get()),
                Some(_) => InputSource::Table { rows: block.table.get(), offsets: &block.offsets },
            },
            mask: block.mask.as_deref(),
            start: block.start.get(),
            y: y.get_mut(),
            tape: tape.get_mut(),
            dropped: block.factors.as_ref().map(|factors| Dropped { factors, scratch: room.get_mut() }),
        },
    );
    room.check_guards("room to drop");
    y.check_guards("y");
    tape.check_guards("tape");
    [y, tape]
}

/// Adds to `grads`.
fn run_backward<C: Tested>(case: &Case, block: &Block, isa: Isa, ours: &mut Ours) {
    let (shape, steps) = (case.shape::<C>(), case.steps);
    let mut scratch = Guarded::poisoned(shape.scratch_len());
    let mut room = Guarded::poisoned(shape.dropped_backward());
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
            backwards: case.backwards,
            packed: block.packed.get(),
            into: match case.table {
                None => {
                    InputGradient::Vectors { x: block.x.get(), dx: ours.dx.as_mut().map(Guarded::get_mut) }
                }
                Some(_) => InputGradient::Table { rows: ours.dtable.get_mut(), offsets: &block.offsets },
            },
            mask: block.mask.as_deref(),
            start: block.start.get(),
            y: ours.y.get(),
            tape: ours.tape.get(),
            dy,
            grads: ours.grads.get_mut(),
            dstart: ours.dstart.get_mut(),
            scratch: scratch.get_mut(),
            dropped: block.factors.as_ref().map(|factors| Dropped { factors, scratch: room.get_mut() }),
        },
    );
    room.check_guards("room to drop");
    scratch.check_guards("scratch");
    ours.grads.check_guards("grads");
    ours.dstart.check_guards("dstart");
    ours.dtable.check_guards("table gradient");
    ours.dx.iter().for_each(|dx| dx.check_guards("dx"));
}

fn run<C: Tested>(case: &Case, block: &Block, isa: Isa) -> Ours {
    let [y, tape] = run_forward::<C>(case, block, isa, case.steps, [case.steps; 2]);
    let wants_dx = case.dx && case.table.is_none();
    let dx = wants_dx.then(|| Guarded::poisoned(case.steps * case.inputs * LANES));
    let mut ours = Ours {
        y,
        tape,
        dx,
        dtable: Guarded::zeroed(block.table.get().len()),
        dstart: Guarded::poisoned(case.shape::<C>().state_len()),
        grads: Guarded::zeroed(case.shape::<C>().grads_len()),
    };
    run_backward::<C>(case, block, isa, &mut ours);
    ours
}

fn flat(rows: &[Vec<f32>]) -> Vec<f32> {
    rows.concat()
}

fn check_against_twin<C: Tested>(case: &Case, block: &Block, ours: &Ours, isa: Isa) {
    const TOLERANCE: f64 = 1e-5;
    let shape = case.shape::<C>();
    // The rows of a table hold the bias of what the input reaches: as if that were zero.
    let apart = |bias: Vec<f64>| match case.table {
        None => bias,
        Some(_) => without_input_bias(shape, bias),
    };
    let twin = Weights {
        kind: C::KIND,
        functions: C::FUNCTIONS,
        inputs: case.table.unwrap_or(shape.inputs),
        units: shape.units,
        kernel: widen(if case.table.is_some() { &block.table_keras } else { &block.kernel }),
        recurrent: widen(&block.recurrent),
        bias: apart(widen(&block.bias)),
        factors: Vec::new(),
        sizes: false,
    };
    let mut sizes = Weights { sizes: true, ..twin.zeros_like() };
    let mut twin_grads = twin.zeros_like();
    let (mut our_dx, mut twin_dx) = (Vec::new(), Vec::new());
    let (mut our_dstart, mut twin_dstart) = (Vec::new(), Vec::new());
    for (l, sample) in block.samples.iter().enumerate() {
        let twin = Weights { factors: sample.factors.clone(), ..twin.clone() };
        let steps: Vec<TwinStep> = twin.forward(&sample.start, &sample.x, &sample.real);
        let twin_y: Vec<f64> = steps.iter().flat_map(|s| s.after[0].iter().copied()).collect();
        let y = lane(ours.y.get(), shape.units, l);
        assert_close(&flat(&y), &twin_y, TOLERANCE, &format!("{isa} y of lane {l}"));
        check_signals(shape, ours.tape.get(), &steps, l, &format!("{isa} lane {l}"));
        let back = twin.backward(&steps, &sample.dy, &mut twin_grads);
        twin.backward(&steps, &sample.dy, &mut sizes);
        if case.steps > 0 {
            our_dstart.extend(flat(&lane(ours.dstart.get(), shape.units, l)));
            twin_dstart.extend(back.dstart.concat());
        }
        let mut ours_here = ours.dx.as_ref().map(|dx| lane(dx.get(), shape.inputs, l));
        if case.backwards {
            ours_here.iter_mut().for_each(|dx| dx.reverse());
        }
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
    let [dw, du, db, reset] = shape.split_grads(ours.grads.get());
    let dw = if case.table.is_some() { ours.dtable.get() } else { dw };
    let mut kernel = Guarded::poisoned(twin.kernel.len());
    let mut recurrent = Guarded::poisoned(twin.recurrent.len());
    let mut bias = Guarded::poisoned(twin.bias.len());
    shape.unpack_kernel(dw, kernel.get_mut());
    shape.unpack_recurrent(du, recurrent.get_mut());
    shape.unpack_reset(reset, recurrent.get_mut());
    shape.unpack_bias(db, bias.get_mut());
    [&kernel, &recurrent, &bias].iter().for_each(|rows| rows.check_guards("unpacked"));
    let (db, db_sizes) = (apart(twin_grads.bias), apart(sizes.bias));
    for (name, ours, twin, sizes) in [
        ("dW", &kernel, &twin_grads.kernel, &sizes.kernel),
        ("dU", &recurrent, &twin_grads.recurrent, &sizes.recurrent),
        ("db", &bias, &db, &db_sizes),
    ] {
        assert_sums(ours.get(), twin, sizes, TOLERANCE, &format!("{isa} {name}"));
    }
}

/// What a trace reads from the tape: the gates, candidate and cell state of the twin.
fn check_signals<C: Cell>(shape: Shape<C>, tape: &[f32], twin: &[TwinStep], l: usize, what: &str) {
    for (t, step) in twin.iter().enumerate().filter(|(_, step)| step.real) {
        for (name, at) in shape.signals() {
            let twin = match name {
                "input_gate" | "update_gate" => &step.gates[0],
                "forget_gate" | "reset_gate" => &step.gates[1],
                "candidate" => &step.gates[2],
                "output_gate" => &step.gates[3],
                _ => &step.after[1],
            };
            let units = tape[t * shape.tape_step() + at + l..].iter().step_by(shape.tape_unit());
            let ours: Vec<f32> = units.take(shape.units).copied().collect();
            // The sum behind each may all but cancel; its terms are about 1.
            assert_sums(&ours, twin, &vec![1.0; twin.len()], 1e-5, &format!("{what} {name} of step {t}"));
        }
    }
}

/// Keras's biases (or their gradients) but for what a table's rows hold: zero.
fn without_input_bias<C: Cell>(shape: Shape<C>, mut bias: Vec<f64>) -> Vec<f64> {
    let (units, row) = (shape.units, C::GATES * shape.units);
    bias[..row].fill(0.0);
    if C::BIASES == 2 {
        for gate in &C::OUTPUT_GATES[..C::BOTH] {
            bias[row + gate * units..][..units].fill(0.0);
        }
    }
    bias
}

/// The outputs of the last two steps do not depend on whether backward will follow.
fn check_inference<C: Tested>(case: &Case, block: &Block, ours: &Ours, isa: Isa) {
    let width = case.units * LANES;
    // From the other end, fewer steps are other steps.
    let fewest = case.steps.saturating_sub(usize::from(!case.backwards));
    for steps in fewest..=case.steps {
        let [y, _] = run_forward::<C>(case, block, isa, steps, [2, 1]);
        for t in steps.saturating_sub(2)..steps {
            let inference = bits(&y.get()[t % 2 * width..][..width]);
            assert_eq!(inference, bits(&ours.y.get()[t * width..][..width]), "{isa} step {t} of {steps}");
        }
    }
}

/// A second backward into the same gradient adds the same again.
fn check_accumulation<C: Tested>(case: &Case, block: &Block, ours: &mut Ours, isa: Isa) {
    let (once, table_once) = (ours.grads.clone(), ours.dtable.clone());
    let (dx, dstart) = (ours.dx.clone(), ours.dstart.bits());
    run_backward::<C>(case, block, isa, ours);
    for (once, twice) in [(&once, &ours.grads), (&table_once, &ours.dtable)] {
        let doubled: Vec<f64> = once.get().iter().map(|&g| 2.0 * f64::from(g)).collect();
        assert_close(twice.get(), &doubled, 1e-5, &format!("{isa} accumulated grads"));
    }
    assert_eq!(ours.dstart.bits(), dstart, "dstart is overwritten");
    let dx_bits = |dx: &Option<Guarded>| dx.as_ref().map(Guarded::bits);
    assert_eq!(dx_bits(&ours.dx), dx_bits(&dx), "dx is overwritten, not accumulated");
}

proptest! {
    #![proptest_config(seeded(250))]

    #[test]
    fn every_instruction_set_follows_the_twin_with_the_same_bits(case in case()) {
        for_each_cell!(check(&case));
        check::<ResetBefore<Standard>>(&case);
    }
}

fn check<C: Tested>(case: &Case) {
    let block = case.block::<C>();
    let mut first: Option<[Vec<u32>; 6]> = None;
    for isa in Isa::available() {
        let mut ours = run::<C>(case, &block, isa);
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
                check_against_twin::<C>(case, &block, &ours, isa);
                check_accumulation::<C>(case, &block, &mut ours, isa);
                first = Some(now);
            }
            Some(first) => assert!(*first == now, "{:?}: {isa} has other bits", C::KIND),
        }
        check_inference::<C>(case, &block, &ours, isa);
    }
    let read = [&block.packed, &block.x, &block.dy, &block.table, &block.start];
    read.into_iter().for_each(|read| read.check_guards("read"));
}

/// The widest common layer once, so that sums are long.
#[test]
fn a_wide_layer_follows_its_twin() {
    let case = Case {
        inputs: 128,
        units: 130,
        table: None,
        backwards: false,
        steps: 3,
        lanes: 13,
        masks: Masks::Any,
        every_step: true,
        dx: true,
        drops: false,
        seed: 3,
    };
    for_each_cell!(check_on_fastest(&case));
}

fn check_on_fastest<C: Tested>(case: &Case) {
    let (block, isa) = (case.block::<C>(), Isa::detect());
    check_against_twin::<C>(case, &block, &run::<C>(case, &block, isa), isa);
}

/// A weight that is not a number must not hide behind a saturated gate: training has to notice.
#[test]
fn nan_is_passed_on() {
    let case = Case {
        inputs: 3,
        units: 2,
        table: None,
        backwards: false,
        steps: 2,
        lanes: 2,
        masks: Masks::None,
        every_step: true,
        dx: true,
        drops: false,
        seed: 1,
    };
    for_each_cell!(check_nan(&case));
}

fn check_nan<C: Tested>(case: &Case) {
    for isa in Isa::available() {
        let mut block = case.block::<C>();
        block.x.get_mut()[1] = f32::NAN;
        let ours = run::<C>(case, &block, isa);
        let y = |l| flat(&lane(ours.y.get(), 2, l));
        assert!(y(1).iter().all(|y| y.is_nan()), "{isa}: {:?}", y(1));
        assert!(y(0).iter().all(|y| y.is_finite()), "{isa}");
        assert!(ours.grads.get()[..C::INPUT * 2].iter().all(|g| g.is_nan()), "{isa}");
    }
}

#[test]
fn buffers_that_are_too_small_are_refused() {
    let case = Case {
        inputs: 3,
        units: 2,
        table: None,
        backwards: false,
        steps: 4,
        lanes: 2,
        masks: Masks::Any,
        every_step: true,
        dx: true,
        drops: false,
        seed: 1,
    };
    let refused = |f: &dyn Fn()| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    let isa = Isa::Portable;
    let block = case.block::<Lstm<Standard>>();
    assert!(!refused(&|| drop(run::<Lstm<Standard>>(&case, &block, isa))));
    assert!(
        refused(&|| drop(run_forward::<Lstm<Standard>>(&case, &block, isa, 4, [1, 1]))),
        "one output slot"
    );
    assert!(refused(&|| drop(run_forward::<Lstm<Standard>>(&case, &block, isa, 4, [2, 0]))), "no tape slot");
    assert!(
        refused(&|| drop(run_forward::<Lstm<Standard>>(&case, &block, isa, 5, [5, 5]))),
        "x shorter than the steps"
    );
    let cut = |f: &dyn Fn(&mut Block)| {
        let mut block = case.block::<Lstm<Standard>>();
        f(&mut block);
        refused(&|| drop(run::<Lstm<Standard>>(&case, &block, isa)))
    };
    let shorten = |buffer: &mut Guarded| *buffer = Guarded::new(&buffer.get()[1..]);
    assert!(cut(&|block| shorten(&mut block.packed)), "packed");
    assert!(cut(&|block| shorten(&mut block.x)), "x");
    assert!(cut(&|block| shorten(&mut block.dy)), "dy");
    assert!(cut(&|block| shorten(&mut block.start)), "start");
    assert!(cut(&|block| block.mask.as_mut().unwrap().truncate(3)), "mask");
    let cut = |f: &dyn Fn(&mut Ours)| {
        let mut ours = run::<Lstm<Standard>>(&case, &block, isa);
        f(&mut ours);
        refused(&|| run_backward::<Lstm<Standard>>(&case, &block, isa, &mut ours.clone()))
    };
    assert!(cut(&|ours| shorten(&mut ours.y)), "y");
    assert!(cut(&|ours| shorten(&mut ours.dstart)), "dstart");
    assert!(cut(&|ours| shorten(&mut ours.tape)), "tape");
    assert!(cut(&|ours| shorten(&mut ours.grads)), "grads");
    assert!(cut(&|ours| shorten(ours.dx.as_mut().unwrap())), "dx");
}
