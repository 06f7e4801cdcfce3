//! The shares of sixteen phrases in a signal, and their way through a product and through a function.
//!
//! Input: shares in the input of a product or of a function. Output: shares in its result.

use crate::kernels::{Isa, LANES, dense, share};
use crate::layers::Activation;
use std::ops::Range;

/// One number for each phrase of a block.
pub(super) type Row = [f32; LANES];

/// The shares (β) of sixteen phrases in a signal. All other shares are those of the rest (γ).
#[derive(Debug, Clone)]
pub(super) struct Shares {
    /// The steps at which a phrase may have a share. A signal without steps has step 0.
    pub steps: Range<usize>,
    pub width: usize,
    /// `[steps.len()][width][16]`
    values: Vec<Row>,
}

impl Shares {
    /// Returns shares of zero.
    pub fn none(steps: Range<usize>, width: usize) -> Self {
        let values = vec![[0.0; LANES]; steps.len() * width];
        Self { steps, width, values }
    }

    /// Returns the shares at step `t`, one row a unit; `None` if all are zero.
    pub fn step(&self, t: usize) -> Option<&[Row]> {
        let at = self.steps.contains(&t).then(|| t - self.steps.start)?;
        Some(&self.values[at * self.width..][..self.width])
    }

    /// Returns the shares at step `t`, which is among [`steps`](Self::steps).
    pub fn step_mut(&mut self, t: usize) -> &mut [Row] {
        &mut self.values[(t - self.steps.start) * self.width..][..self.width]
    }
}

/// A product of a matrix `[inputs, units]` with shares.
#[derive(Debug)]
pub(super) struct Product<'a> {
    pub isa: Isa,
    pub matrix: &'a [f32],
    /// One zero a unit.
    pub zeros: &'a [f32],
}

impl Product<'_> {
    /// Computes the product with the shares in the last of the inputs: as many as there are.
    pub fn of(&self, inputs: &[Row], out: &mut [Row]) {
        let units = self.zeros.len();
        let kernel = &self.matrix[self.matrix.len() - inputs.len() * units..];
        let (x, y) = (inputs.as_flattened(), out.as_flattened_mut());
        dense::forward(self.isa, dense::Forward { steps: 1, kernel, bias: self.zeros, x, y });
    }
}

/// An activation, on an instruction set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Function {
    pub activation: Activation,
    pub isa: Isa,
}

impl Function {
    /// Applies the function to the values of one step.
    fn apply(self, values: &mut [f32]) {
        match self.activation {
            Activation::Sigmoid => share::sigmoids(self.isa, values),
            Activation::Tanh => share::tanhs(self.isa, values),
            other => other.apply_row(values),
        }
    }
}

/// A function of sums. A sum consists of a constant, of the shares of phrases, and of the rest.
#[derive(Debug)]
pub(super) struct Sums {
    function: Function,
    /// `[units]`: c and f(c).
    constant: Vec<f32>,
    pub of_constant: Vec<f32>,
    /// `[steps][units]`: z and f(z).
    whole: Vec<f32>,
    pub of_whole: Vec<f32>,
}

impl Sums {
    /// Takes the function of whole sums `[steps][units]` with these constants.
    pub fn new(function: Function, constant: Vec<f32>, whole: Vec<f32>) -> Self {
        let (mut of_constant, mut of_whole) = (constant.clone(), whole.clone());
        function.apply(&mut of_constant);
        of_whole.chunks_exact_mut(constant.len().max(1)).for_each(|step| function.apply(step));
        Self { function, constant, of_constant, whole, of_whole }
    }

    /// Replaces the shares in the sums of step `t` by the shares in the function of the sums:
    /// `½·(f(c + a) − f(c) + f(z) − f(z − a))`.
    pub fn shares(&self, t: usize, parts: &mut [Row]) {
        let units = self.constant.len();
        let of_step = |values| -> &[f32] {
            let values: &Vec<f32> = values;
            &values[t * units..][..units]
        };
        let (constant, of_constant) = (&*self.constant, &*self.of_constant);
        let (whole, of_whole) = (of_step(&self.whole), of_step(&self.of_whole));
        let isa = self.function.isa;
        match self.function.activation {
            Activation::Linear => {}
            Activation::Sigmoid => {
                let parts = parts.as_flattened_mut();
                share::sigmoid_shares(isa, share::Parts { constant, of_constant, whole, of_whole, parts });
            }
            Activation::Tanh => {
                let parts = parts.as_flattened_mut();
                share::tanh_shares(isa, share::Parts { constant, of_constant, whole, of_whole, parts });
            }
            _ => {
                let (mut first, mut rest) = (vec![0.0; units], vec![0.0; units]);
                for lane in 0..LANES {
                    for (u, part) in parts.iter().enumerate() {
                        (first[u], rest[u]) = (constant[u] + part[lane], whole[u] - part[lane]);
                    }
                    self.function.apply(&mut first);
                    self.function.apply(&mut rest);
                    for (u, part) in parts.iter_mut().enumerate() {
                        part[lane] = 0.5 * ((first[u] - of_constant[u]) + (of_whole[u] - rest[u]));
                    }
                }
            }
        }
    }
}

/// Adds the products of vectors `[…][inputs]` with a matrix `[inputs, units]` to sums `[…][units]`.
pub(super) fn add_products(vectors: &[f32], matrix: &[f32], units: usize, sums: &mut [f32]) {
    let inputs = matrix.len() / units.max(1);
    for (x, sums) in vectors.chunks_exact(inputs.max(1)).zip(sums.chunks_exact_mut(units.max(1))) {
        for (x, row) in x.iter().zip(matrix.chunks_exact(units.max(1))) {
            sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += x * w);
        }
    }
}
