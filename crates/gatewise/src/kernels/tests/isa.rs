//! Each operation of [`Lanes`] on each instruction set against scalar code, bit for bit.

use super::super::float_mode::FlushDenormals;
use super::super::lanes::{LANES, Lanes};
use super::super::{Isa, activation, for_each_isa};
use super::{Guarded, Numbers, seeded};
use proptest::prelude::*;

type Row = [f32; LANES];

/// Inputs of every operation, and where the results go.
struct All<'a> {
    /// Read from a float past its start, so that no load is aligned.
    a: &'a [f32],
    b: Row,
    c: Row,
    mask: u16,
    offsets: [u32; LANES],
    table: &'a [f32],
    stride: usize,
    scattered: &'a mut [f32],
    /// `[op][16]`, one float past its start.
    out: &'a mut [f32],
}

const NAMES: [&str; 19] = [
    "splat",
    "load",
    "zero",
    "add",
    "sub",
    "mul",
    "div",
    "mul_add",
    "neg_mul_add",
    "sqrt",
    "min",
    "max",
    "select",
    "gather4.0",
    "gather4.1",
    "gather4.2",
    "gather4.3",
    "tanh",
    "sigmoid",
];

#[inline(always)]
unsafe fn all<V: Lanes>(io: All<'_>) {
    let All { a, b, c, mask, offsets, table, stride, scattered, out } = io;
    assert!(a.len() > LANES && out.len() == 1 + (NAMES.len() + 1) * LANES);
    assert!(offsets.iter().all(|&o| o as usize + 4 <= table.len()));
    assert!(scattered.len() >= (LANES - 1) * stride + 4);
    // SAFETY: sixteen floats behind each pointer, as asserted; the tables hold what is asked for.
    unsafe {
        let first = a[1];
        let (a, b, c) = (V::load(a.as_ptr().add(1)), V::load(b.as_ptr()), V::load(c.as_ptr()));
        let gathered = V::gather4(table.as_ptr(), offsets.as_ptr());
        let [g0, g1, g2, g3] = gathered;
        let [tanh] = activation::tanh([a]);
        let [sigmoid] = activation::sigmoid([a]);
        let results: [V; NAMES.len()] = [
            V::splat(first),
            a,
            V::zero(),
            a.add(b),
            a.sub(b),
            a.mul(b),
            a.div(b),
            a.mul_add(b, c),
            a.neg_mul_add(b, c),
            a.sqrt(),
            a.min(b),
            a.max(b),
            a.select(mask, b),
            g0,
            g1,
            g2,
            g3,
            tanh,
            sigmoid,
        ];
        for (op, v) in results.into_iter().enumerate() {
            v.store(out.as_mut_ptr().add(1 + op * LANES));
        }
        out[1 + NAMES.len() * LANES] = a.sum();
        V::scatter4([a, b, c, g0], scattered.as_mut_ptr(), stride);
    }
}
for_each_isa!(fn all_on = all(io: All<'_>));

/// Everything the operations gave: a result a name, the sum, and the scattered buffer.
#[derive(Debug)]
struct Results {
    ops: Vec<Row>,
    sum: f32,
    scattered: Vec<f32>,
}

#[derive(Debug, Clone)]
struct Case {
    a: Row,
    b: Row,
    c: Row,
    mask: u16,
    offsets: [u32; LANES],
    stride: usize,
}

impl Case {
    fn table(&self) -> Vec<f32> {
        (0..40).map(|i| i as f32).collect()
    }

    fn run(&self, isa: Isa) -> Results {
        let shifted = [&[f32::NAN], &self.a[..]].concat();
        let mut scattered = Guarded::poisoned((LANES - 1) * self.stride + 4);
        let mut out = Guarded::poisoned(1 + (NAMES.len() + 1) * LANES);
        all_on(
            isa,
            All {
                a: &shifted,
                b: self.b,
                c: self.c,
                mask: self.mask,
                offsets: self.offsets,
                table: &self.table(),
                stride: self.stride,
                scattered: scattered.get_mut(),
                out: out.get_mut(),
            },
        );
        scattered.check_guards("scatter4");
        out.check_guards("store");
        let (ops, rest) = out.get()[1..].split_at(NAMES.len() * LANES);
        Results {
            ops: ops.chunks_exact(LANES).map(|row| row.try_into().unwrap()).collect(),
            sum: rest[0],
            scattered: scattered.get().to_vec(),
        }
    }

    /// The same by scalar code; tanh and sigmoid, which are no single operation, are left out.
    fn scalar(&self) -> Results {
        let Self { a, b, c, .. } = self;
        let each = |f: &dyn Fn(usize) -> f32| -> Row { std::array::from_fn(f) };
        let table = self.table();
        let mut ops = vec![
            [a[0]; LANES],
            *a,
            [0.0; LANES],
            each(&|l| a[l] + b[l]),
            each(&|l| a[l] - b[l]),
            each(&|l| a[l] * b[l]),
            each(&|l| a[l] / b[l]),
            each(&|l| a[l].mul_add(b[l], c[l])),
            each(&|l| (-a[l]).mul_add(b[l], c[l])),
            each(&|l| a[l].sqrt()),
            each(&|l| if a[l] < b[l] { a[l] } else { b[l] }),
            each(&|l| if a[l] > b[l] { a[l] } else { b[l] }),
            each(&|l| if self.mask & (1 << l) != 0 { a[l] } else { b[l] }),
        ];
        for g in 0..4 {
            ops.push(each(&|l| table[self.offsets[l] as usize + g]));
        }
        let eight: [f32; 8] = std::array::from_fn(|l| a[l] + a[l + 8]);
        let four: [f32; 4] = std::array::from_fn(|l| eight[l] + eight[l + 4]);
        let sum = (four[0] + four[2]) + (four[1] + four[3]);
        let mut scattered = vec![f32::NAN; (LANES - 1) * self.stride + 4];
        for l in 0..LANES {
            scattered[l * self.stride..][..4].copy_from_slice(&[a[l], b[l], c[l], ops[13][l]]);
        }
        Results { ops, sum, scattered }
    }
}

/// Bits, all NaNs alike: which NaN comes out of arithmetic is nobody's business.
fn canonical(v: f32) -> u32 {
    if v.is_nan() { f32::NAN.to_bits() } else { v.to_bits() }
}

fn float() -> impl Strategy<Value = f32> {
    let special = vec![
        0.0,
        -0.0,
        1.0,
        f32::INFINITY,
        f32::NEG_INFINITY,
        f32::NAN,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        -f32::from_bits(0x7f_ffff),
    ];
    prop_oneof![
        2 => any::<u32>().prop_map(f32::from_bits),
        4 => -4.0f32..4.0,
        1 => prop::sample::select(special),
    ]
}

fn row() -> impl Strategy<Value = Row> {
    prop::array::uniform16(float())
}

fn case() -> impl Strategy<Value = Case> {
    let offsets = prop::array::uniform16(0u32..=36);
    // No stride below 4: rows would overlap.
    (row(), row(), row(), any::<u16>(), offsets, 4usize..40)
        .prop_map(|(a, b, c, mask, offsets, stride)| Case { a, b, c, mask, offsets, stride })
}

/// Fails where two results differ in a bit; `theirs` may lack the last operations.
fn assert_same(ours: &Results, theirs: &Results, what: &str) {
    for ((name, ours), theirs) in NAMES.iter().zip(&ours.ops).zip(&theirs.ops) {
        assert_eq!(ours.map(canonical), theirs.map(canonical), "{what}: {name}: {ours:?} {theirs:?}");
    }
    assert_eq!(canonical(ours.sum), canonical(theirs.sum), "{what}: sum");
    let scattered = |r: &Results| r.scattered.iter().copied().map(canonical).collect::<Vec<_>>();
    assert_eq!(scattered(ours), scattered(theirs), "{what}: scatter4");
}

/// Sixteen vectors, transposed into rows of a stride.
struct Square<'a> {
    from: &'a [f32],
    to: &'a mut [f32],
    stride: usize,
}

#[inline(always)]
unsafe fn transposed<V: Lanes>(io: Square<'_>) {
    assert!(io.from.len() >= LANES * LANES && io.to.len() >= (LANES - 1) * io.stride + LANES);
    // SAFETY: as asserted.
    unsafe { V::transpose(io.from.as_ptr(), io.to.as_mut_ptr(), io.stride) }
}
for_each_isa!(fn transposed_on = transposed(io: Square<'_>));

#[test]
fn transpose_moves_every_number_to_its_place_and_touches_nothing_else() {
    let from: Vec<f32> = (0..256).map(|at| at as f32).collect();
    for (isa, stride) in Isa::available().into_iter().flat_map(|isa| [(isa, 16), (isa, 23)]) {
        let mut to = vec![f32::NAN; 15 * stride + 16];
        transposed_on(isa, Square { from: &from, to: &mut to, stride });
        for (at, value) in to.iter().enumerate() {
            let (l, n) = (at / stride, at % stride);
            assert!(if n < 16 { *value == from[n * 16 + l] } else { value.is_nan() }, "{isa} {at}");
        }
    }
}

proptest! {
    #![proptest_config(seeded(400))]

    #[test]
    fn every_operation_is_the_scalar_one(case in case()) {
        let scalar = case.scalar();
        for isa in Isa::available() {
            assert_same(&case.run(isa), &scalar, &isa.to_string());
        }
    }

    #[test]
    fn tanh_and_sigmoid_have_the_same_bits_everywhere_and_pass_nan_on(a in row()) {
        let zero = [0.0; LANES];
        let case = Case { a, b: zero, c: zero, mask: 0, offsets: [0; LANES], stride: 4 };
        let portable = case.run(Isa::Portable);
        for isa in Isa::available() {
            assert_same(&case.run(isa), &portable, &isa.to_string());
        }
        for l in 0..LANES {
            for y in [portable.ops[17][l], portable.ops[18][l]] {
                prop_assert_eq!(y.is_nan(), a[l].is_nan(), "{} gave {}", a[l], y);
                prop_assert!(y.is_nan() || y.abs() <= 1.0);
            }
        }
    }

    /// Training flushes denormals; the bits must not depend on how an instruction set does it.
    #[test]
    fn flushed_denormals_flush_alike(seed: u64, exponent in -149i32..-100) {
        let mut numbers = Numbers::new(seed);
        let mut tiny = |size: f64| -> Row { std::array::from_fn(|_| numbers.one(size)) };
        let case = Case {
            a: tiny(2f64.powi(exponent)),
            b: tiny(2f64.powi(-126 - exponent).min(1e30)),
            c: tiny(2f64.powi(-125)),
            mask: 0x5a5a,
            offsets: [0; LANES],
            stride: 4,
        };
        let run = |isa| {
            let _flush = FlushDenormals::enter();
            // Only arithmetic: min, max, select and moves may pass a denormal on as it is.
            let Results { ops, sum, .. } = case.run(isa);
            (ops[3..10].iter().map(|row| row.map(canonical)).collect::<Vec<_>>(), canonical(sum))
        };
        let portable = run(Isa::Portable);
        for isa in Isa::available() {
            prop_assert_eq!(run(isa), portable.clone(), "{}", isa);
        }
    }
}

#[test]
fn min_and_max_give_the_second_where_either_is_nan() {
    let (mut a, mut b) = ([1.0; LANES], [2.0; LANES]);
    (a[0], b[1]) = (f32::NAN, f32::NAN);
    let case = Case { a, b, c: a, mask: 0, offsets: [0; LANES], stride: 4 };
    for isa in Isa::available() {
        let ops = case.run(isa).ops;
        for op in [10, 11] {
            assert!(ops[op][0] == 2.0 && ops[op][1].is_nan(), "{isa} {}", NAMES[op]);
        }
        assert!(ops[10][2] == 1.0 && ops[11][2] == 2.0);
    }
}
