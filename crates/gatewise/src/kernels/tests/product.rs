//! The matrix product, in all its tile shapes, against three loops.

use super::super::lanes::{LANES, Lanes};
use super::super::product::Product;
use super::super::{Isa, for_each_isa};
use super::{Guarded, Numbers, assert_close, seeded};
use proptest::prelude::*;

struct Case<'a> {
    rows: usize,
    vectors: usize,
    depth: usize,
    transposed: bool,
    a: &'a [f32],
    b: &'a [f32],
    c: &'a mut [f32],
    accumulate: bool,
}

#[inline(always)]
unsafe fn product<V: Lanes>(io: Case<'_>) {
    let Case { rows, vectors, depth, transposed, a, b, c, accumulate } = io;
    let width = vectors * LANES;
    assert!(a.len() == rows * depth && b.len() == depth * width && c.len() == rows * width);
    let (a_row, a_col) = if transposed { (1, rows) } else { (depth, 1) };
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let product =
        Product { rows, vectors, depth, a, a_row, a_col, b, b_row: width, c, c_row: width, accumulate };
    // SAFETY: the sizes just asserted.
    unsafe { product.run::<V>() }
}
for_each_isa!(fn product_on = product(io: Case<'_>));

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn every_instruction_set_gives_the_sums_with_the_same_bits(
        rows in 0usize..28, vectors in 0usize..8, depth in 0usize..20,
        transposed: bool, accumulate: bool, seed: u64,
    ) {
        let width = vectors * LANES;
        let mut numbers = Numbers::new(seed);
        let (a, b) = (numbers.vec(rows * depth, 1.0), numbers.vec(depth * width, 1.0));
        let before = numbers.vec(rows * width, 1.0);
        let mut twin = vec![0.0; rows * width];
        for m in 0..rows {
            for n in 0..width {
                let start = if accumulate { f64::from(before[m * width + n]) } else { 0.0 };
                let a = |k: usize| f64::from(a[if transposed { k * rows + m } else { m * depth + k }]);
                twin[m * width + n] = (0..depth).fold(start, |sum, k| sum + a(k) * f64::from(b[k * width + n]));
            }
        }
        let mut first: Option<Vec<u32>> = None;
        for isa in Isa::available() {
            let mut c = if accumulate { Guarded::new(&before) } else { Guarded::poisoned(rows * width) };
            product_on(isa, Case { rows, vectors, depth, transposed, a: &a, b: &b, c: c.get_mut(), accumulate });
            c.check_guards("c");
            assert_close(c.get(), &twin, 1e-5, "c");
            prop_assert_eq!(first.get_or_insert_with(|| c.bits()), &c.bits(), "{} has other bits", isa);
        }
    }
}
