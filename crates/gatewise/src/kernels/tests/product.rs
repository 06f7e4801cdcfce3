//! The matrix product, in all its tile shapes, against three loops.

use super::super::lanes::Lanes;
use super::super::product::{Product, Scatter};
use super::super::{Isa, for_each_isa};
use super::{Guarded, Numbers, assert_close, seeded};
use proptest::prelude::*;

struct Case<'a> {
    rows: usize,
    columns: usize,
    depth: usize,
    transposed: bool,
    a: &'a [f32],
    b: &'a [f32],
    c: &'a mut [f32],
    accumulate: bool,
    /// Rows that those of `b` are added to, and where they start.
    scatter: Option<(&'a mut [f32], &'a [u32])>,
}

/// Floats of a row: whole vectors, but for half of one at the end where that is enough.
fn width(columns: usize) -> usize {
    columns.next_multiple_of(8)
}

#[inline(always)]
unsafe fn product<V: Lanes>(io: Case<'_>) {
    let Case { rows, columns, depth, transposed, a, b, c, accumulate, scatter } = io;
    let width = width(columns);
    assert!(a.len() == rows * depth && b.len() == depth * width && c.len() == rows * width);
    let (a_row, a_col) = if transposed { (1, rows) } else { (depth, 1) };
    let (a, b, c) = (a.as_ptr(), b.as_ptr(), c.as_mut_ptr());
    let product =
        Product { rows, columns, depth, a, a_row, a_col, b, b_row: width, c, c_row: width, accumulate };
    match scatter {
        // SAFETY: the sizes just asserted.
        None => unsafe { product.run::<V>() },
        Some((to, offsets)) => {
            assert!(rows > 0 && offsets.len() == depth);
            assert!(offsets.iter().all(|&at| at as usize + width <= to.len()));
            let (rows, offsets, next) = (to.as_mut_ptr(), offsets.as_ptr(), offsets.as_ptr());
            // SAFETY: the sizes just asserted.
            unsafe { product.run_and_scatter::<V>(Some(&Scatter { rows, offsets, next })) }
        }
    }
}
for_each_isa!(fn product_on = product(io: Case<'_>));

proptest! {
    #![proptest_config(seeded(300))]

    #[test]
    fn every_instruction_set_gives_the_sums_with_the_same_bits(
        rows in 0usize..28, columns in 0usize..130, depth in 0usize..20,
        transposed: bool, accumulate: bool, seed: u64,
    ) {
        let width = width(columns);
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
            let case =
                Case { rows, columns, depth, transposed, a: &a, b: &b, c: c.get_mut(), accumulate, scatter: None };
            product_on(isa, case);
            c.check_guards("c");
            assert_close(c.get(), &twin, 1e-5, "c");
            prop_assert_eq!(first.get_or_insert_with(|| c.bits()), &c.bits(), "{} has other bits", isa);
        }
    }

    #[test]
    fn scattering_adds_each_row_of_b_once_and_leaves_the_product_as_it_is(
        rows in 1usize..28, columns in 1usize..130, depth in 0usize..20, seed: u64,
    ) {
        let width = width(columns);
        let mut numbers = Numbers::new(seed);
        let (a, b) = (numbers.vec(rows * depth, 1.0), numbers.vec(depth * width, 1.0));
        // Few rows, so that some are added to more than once.
        let before = numbers.vec(5 * width, 1.0);
        let offsets: Vec<u32> = numbers.vec(depth, 2.4).iter().map(|x| (x + 2.5) as u32 * width as u32).collect();
        let mut sums = before.clone();
        for (row, &at) in b.chunks_exact(width).zip(&offsets) {
            sums[at as usize..].iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
        }
        for isa in Isa::available() {
            let (mut c, mut alone) = (Guarded::poisoned(rows * width), vec![0.0; rows * width]);
            let mut to = Guarded::new(&before);
            let (a, b, transposed, accumulate) = (&a, &b, false, false);
            let scatter = Some((to.get_mut(), &*offsets));
            let case = Case { rows, columns, depth, transposed, a, b, c: c.get_mut(), accumulate, scatter };
            product_on(isa, case);
            let case = Case { rows, columns, depth, transposed, a, b, c: &mut alone, accumulate, scatter: None };
            product_on(isa, case);
            c.check_guards("c");
            to.check_guards("rows");
            prop_assert_eq!(c.get(), &*alone, "{}: the product", isa);
            prop_assert_eq!(to.get(), &*sums, "{}: the rows", isa);
        }
    }
}
