//! The LSTM kernels against the twin of one sequence.

use super::super::lstm::{Backward, Dy, Forward, Shape, backward, forward, pack, unpack_grads};
use super::super::reference::lstm::{Step, Weights};
use super::super::{Isa, LANES};
use super::{Guarded, Numbers, assert_close, bits, seeded, size, widen};
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
    (size(), size(), 0usize..=9, 1..=LANES, masks, any::<bool>(), any::<bool>(), any::<u64>()).prop_map(
        |(inputs, units, steps, lanes, masks, every_step, dx, seed)| Case {
            shape: Shape { inputs, units },
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
    dy: Vec<Vec<f64>>,
}

/// A case's numbers: in Keras's layouts and in lanes.
struct Block {
    kernel: Vec<f32>,
    recurrent: Vec<f32>,
    bias: Vec<f32>,
    packed: Guarded,
    x: Guarded,
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
        let samples = (0..lanes)
            .map(|l| Sample {
                x: widen_rows(lane(&x, d, l)),
                real: mask.iter().map(|mask| mask >> l & 1 == 1).collect(),
                dy: widen_rows(lane(&dy, h, l)),
            })
            .collect();
        Block {
            kernel,
            recurrent,
            bias,
            packed,
            x: Guarded::new(&x),
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
            x: block.x.get(),
            mask: block.mask.as_deref(),
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
            x: block.x.get(),
            mask: block.mask.as_deref(),
            y: ours.y.get(),
            tape: ours.tape.get(),
            dy,
            dx: ours.dx.as_mut().map(Guarded::get_mut),
            grads: ours.grads.get_mut(),
            scratch: scratch.get_mut(),
        },
    );
    scratch.check_guards("scratch");
    ours.grads.check_guards("grads");
    ours.dx.iter().for_each(|dx| dx.check_guards("dx"));
}

fn run(case: &Case, block: &Block, isa: Isa) -> Ours {
    let [y, tape] = run_forward(case, block, isa, case.steps, [case.steps; 2]);
    let dx = case.dx.then(|| Guarded::poisoned(case.steps * case.shape.inputs * LANES));
    let mut ours = Ours { y, tape, dx, grads: Guarded::zeroed(case.shape.grads_len()) };
    run_backward(case, block, isa, &mut ours);
    ours
}

/// Kernel, recurrent kernel and bias gradients in Keras's layout.
fn unpacked(case: &Case, block: &Block, grads: &[f32]) -> [Guarded; 3] {
    let mut out = [&block.kernel, &block.recurrent, &block.bias].map(|w| Guarded::zeroed(w.len()));
    let [kernel, recurrent, bias] = &mut out;
    unpack_grads(case.shape, grads, kernel.get_mut(), recurrent.get_mut(), bias.get_mut());
    out.iter().for_each(|tensor| tensor.check_guards("unpacked"));
    out
}

fn flat(rows: &[Vec<f32>]) -> Vec<f32> {
    rows.concat()
}

fn check_against_twin(case: &Case, block: &Block, ours: &Ours, isa: Isa) {
    const TOLERANCE: f64 = 1e-5;
    let Case { shape, .. } = *case;
    let twin = Weights {
        inputs: shape.inputs,
        units: shape.units,
        kernel: widen(&block.kernel),
        recurrent: widen(&block.recurrent),
        bias: widen(&block.bias),
    };
    let mut twin_grads = twin.zeros_like();
    let (mut our_dx, mut twin_dx) = (Vec::new(), Vec::new());
    for (l, sample) in block.samples.iter().enumerate() {
        let steps: Vec<Step> = twin.forward(&sample.x, &sample.real);
        let twin_y: Vec<f64> = steps.iter().flat_map(|s| s.h.iter().copied()).collect();
        let y = lane(ours.y.get(), shape.units, l);
        assert_close(&flat(&y), &twin_y, TOLERANCE, &format!("{isa} y of lane {l}"));
        let dx = twin.backward(&steps, &sample.dy, &mut twin_grads);
        let ours_here = ours.dx.as_ref().map(|dx| lane(dx.get(), shape.inputs, l));
        for (t, _) in sample.real.iter().enumerate().filter(|(_, real)| !**real) {
            let before = if t > 0 { bits(&y[t - 1]) } else { vec![0; shape.units] };
            assert_eq!(bits(&y[t]), before, "a masked step repeats the output before it");
            assert!(ours_here.iter().all(|dx| dx[t].iter().all(|&dx| dx == 0.0)), "dx of a masked step");
        }
        our_dx.extend(ours_here.into_iter().flatten().flatten());
        twin_dx.extend(dx.into_iter().flatten());
    }
    if case.dx {
        assert_close(&our_dx, &twin_dx, TOLERANCE, &format!("{isa} dx"));
    }
    let tensors = [("dW", &twin_grads.kernel), ("dU", &twin_grads.recurrent), ("db", &twin_grads.bias)];
    for ((name, twin), ours) in tensors.into_iter().zip(unpacked(case, block, ours.grads.get())) {
        assert_close(ours.get(), twin, TOLERANCE, &format!("{isa} {name}"));
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
    let (once, dx) = (ours.grads.clone(), ours.dx.clone());
    run_backward(case, block, isa, ours);
    let twice: Vec<f64> = once.get().iter().map(|&g| 2.0 * f64::from(g)).collect();
    assert_close(ours.grads.get(), &twice, 1e-5, &format!("{isa} accumulated grads"));
    let dx_bits = |dx: &Option<Guarded>| dx.as_ref().map(Guarded::bits);
    assert_eq!(dx_bits(&ours.dx), dx_bits(&dx), "dx is overwritten, not accumulated");
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn every_instruction_set_follows_the_twin_with_the_same_bits(case in case()) {
        let block = case.block();
        let mut first: Option<[Vec<u32>; 4]> = None;
        for isa in Isa::available() {
            let mut ours = run(&case, &block, isa);
            let now = [
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
        [&block.packed, &block.x, &block.dy].into_iter().for_each(|read| read.check_guards("read"));
    }
}

/// The widest common layer once, so that sums are long.
#[test]
fn a_wide_layer_follows_its_twin() {
    let shape = Shape { inputs: 128, units: 130 };
    let case = Case { shape, steps: 3, lanes: 13, masks: Masks::Any, every_step: true, dx: true, seed: 3 };
    let block = case.block();
    let isa = Isa::detect();
    check_against_twin(&case, &block, &run(&case, &block, isa), isa);
}

/// A weight that is not a number must not hide behind a saturated gate: training has to notice.
#[test]
fn nan_is_passed_on() {
    let shape = Shape { inputs: 3, units: 2 };
    let case = Case { shape, steps: 2, lanes: 2, masks: Masks::None, every_step: true, dx: true, seed: 1 };
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
    let case = Case { shape, steps: 4, lanes: 2, masks: Masks::Any, every_step: true, dx: true, seed: 1 };
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
    assert!(cut(&|block| block.mask.as_mut().unwrap().truncate(3)), "mask");
    let cut = |f: &dyn Fn(&mut Ours)| {
        let mut ours = run(&case, &block, isa);
        f(&mut ours);
        refused(&|| run_backward(&case, &block, isa, &mut ours.clone()))
    };
    assert!(cut(&|ours| shorten(&mut ours.y)), "y");
    assert!(cut(&|ours| shorten(&mut ours.tape)), "tape");
    assert!(cut(&|ours| shorten(&mut ours.grads)), "grads");
    assert!(cut(&|ours| shorten(ours.dx.as_mut().unwrap())), "dx");
}
