//! The shares of phrases in the states of a recurrent layer.
//!
//! Input: shares in the input of the layer. Output: shares in its output.
//!
//! The whole signals are computed once, for all phrases; only shares are computed block by block. The product
//! rule is `β(p·q) = β_p·(β_q + c_q) + c_p·β_q`, where c is the constant part of a factor.

use super::shares::{Function, Product, Row, Shares, Sums, add_products};
use crate::kernels::{Isa, LANES};
use crate::layers::{Activation, Gru, Layer, Lstm, SimpleRnn};

/// The steps of a sequence, and which of them are not masked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Mask<'a> {
    pub steps: usize,
    /// `None`: all.
    pub unmasked: Option<&'a [bool]>,
    /// Whether the mask of a step is that of the step counted from the last: as in Keras, the outputs of a layer
    /// with `go_backwards` are turned, and the mask is not.
    pub turned: bool,
}

impl Mask<'_> {
    /// Returns `true` if step `t` is not masked.
    pub fn counts(self, t: usize) -> bool {
        self.unmasked.is_none_or(|mask| mask[if self.turned { self.steps - 1 - t } else { t }])
    }
}

/// What a recurrent layer is made of, besides its settings.
pub(super) struct Given<'a> {
    pub isa: Isa,
    /// `[D, …]`, `[H, …]`
    pub kernel: &'a [f32],
    pub recurrent_kernel: &'a [f32],
    /// Empty without a bias.
    pub bias: &'a [f32],
    /// `[steps][D]`: the input of the layer.
    pub input: &'a [f32],
    /// `[steps][H]` each: the output and, of an LSTM, the cell state and the output gate.
    pub output: &'a [f32],
    pub cell: &'a [f32],
    pub output_gate: &'a [f32],
    pub mask: Mask<'a>,
    /// Whether the last of the steps is computed first.
    pub backwards: bool,
    /// Whether outputs at masked steps are zero.
    pub zeroes_masked: bool,
}

/// A recurrent layer over one row, prepared for the shares of phrases.
pub(super) struct Recurrent<'a> {
    cell: Cell<'a>,
    isa: Isa,
    units: usize,
    inputs: usize,
    /// The rows of the inputs, then of the units; one column for each sum.
    weights: Vec<f32>,
    zeros: Vec<f32>,
    candidate: Sums,
    mask: Mask<'a>,
    backwards: bool,
    zeroes_masked: bool,
    every: bool,
}

enum Cell<'a> {
    /// Sums: i, f (unless `forget` is false), candidate.
    Lstm { forget: bool, gates: Sums, state: Sums, output_gate: &'a [f32] },
    /// Sums: z, r, the candidate's from the input, the candidate's from the previous output (with its bias).
    GruAfter { gates: Sums, bias: Vec<f32> },
    /// Sums: z, r, the candidate's from the input. The candidate's recurrent kernel is apart.
    GruBefore { gates: Sums, recurrent: Vec<f32> },
    /// One sum.
    SimpleRnn,
}

/// Returns the columns `[from, from + count)` of rows of `of` numbers.
fn columns(rows: &[f32], of: usize, from: usize, count: usize) -> Vec<f32> {
    rows.chunks_exact(of.max(1)).flat_map(|row| &row[from..from + count]).copied().collect()
}

impl<'a> Recurrent<'a> {
    /// Prepares an LSTM, GRU or SimpleRNN; `None` for other layers.
    pub fn new(layer: &Layer, given: Given<'a>) -> Option<Self> {
        Some(match layer {
            Layer::Lstm(layer) => Self::lstm(layer, given),
            Layer::Gru(layer) => Self::gru(layer, given),
            Layer::SimpleRnn(layer) => Self::simple_rnn(layer, given),
            _ => return None,
        })
    }

    fn lstm(layer: &Lstm, given: Given<'a>) -> Self {
        let (units, forget) = (layer.units, layer.forget_gate);
        let gates = 1 + usize::from(forget);
        let (all, kept) = ((gates + 2) * units, (gates + 1) * units);
        // The output gate is not decomposed.
        let weights = [given.kernel, given.recurrent_kernel].map(|w| columns(w, all, 0, kept)).concat();
        let constant = given.constant(all);
        let whole = given.sums(&weights, &constant[..kept]);
        let [gate, cell] = given.functions(layer.recurrent_activation, layer.activation);
        let (split, h) = (gates * units, units);
        let sums = Sums::new(gate, constant[..split].to_vec(), columns(&whole, kept, 0, split));
        let state = Sums::new(cell, vec![0.0; h], given.cell.to_vec());
        let candidate = Sums::new(cell, constant[split..kept].to_vec(), columns(&whole, kept, split, h));
        let kind = Cell::Lstm { forget, gates: sums, state, output_gate: given.output_gate };
        given.recurrent(kind, units, weights, candidate, layer.return_sequences)
    }

    fn gru(layer: &Gru, given: Given<'a>) -> Self {
        let h = layer.units;
        let [gate, cell] = given.functions(layer.recurrent_activation, layer.activation);
        let zero = vec![0.0; h];
        let bias = given.constant(3 * h * if layer.reset_after { 2 } else { 1 });
        let (own, apart) = bias.split_at(3 * h);
        let both: Vec<f32> = match layer.reset_after {
            true => own.iter().zip(apart).map(|(own, apart)| own + apart).collect(),
            false => own.to_vec(),
        };
        // The rows of the inputs have no part in the sum of the previous output, and the other way round.
        let wide = |w: &[f32], of_input: bool| -> Vec<f32> {
            let row = |row: &[f32]| -> Vec<f32> {
                let (gates, last) = row.split_at(2 * h);
                match (layer.reset_after, of_input) {
                    (true, true) => [gates, last, &zero].concat(),
                    (true, false) => [gates, &zero, last].concat(),
                    (false, true) => row.to_vec(),
                    (false, false) => [gates, &zero].concat(),
                }
            };
            w.chunks_exact(3 * h.max(1)).flat_map(row).collect()
        };
        let weights = [wide(given.kernel, true), wide(given.recurrent_kernel, false)].concat();
        let mut constant = [&both[..2 * h], &own[2 * h..]].concat();
        if layer.reset_after {
            constant.extend(&apart[2 * h..]);
        }
        let all = constant.len();
        let whole = given.sums(&weights, &constant);
        let gates = Sums::new(gate, both[..2 * h].to_vec(), columns(&whole, all, 0, 2 * h));
        let reset = columns(&gates.of_whole, 2 * h, h, h);
        let mut sums = columns(&whole, all, 2 * h, h);
        let mut constant = own[2 * h..].to_vec();
        let kind = match layer.reset_after {
            true => {
                let previous = columns(&whole, all, 3 * h, h);
                sums.iter_mut().zip(&reset).zip(&previous).for_each(|((sum, r), s)| *sum += r * s);
                // Without inputs and states, the reset gate times its bias is left: a constant too.
                let reset = &gates.of_constant[h..];
                let bias = apart[2 * h..].to_vec();
                constant.iter_mut().zip(reset).zip(&bias).for_each(|((c, r), b)| *c += r * b);
                Cell::GruAfter { gates, bias }
            }
            false => {
                let recurrent = columns(given.recurrent_kernel, 3 * h, 2 * h, h);
                let mut kept = given.previous(h);
                kept.iter_mut().zip(&reset).for_each(|(h, r)| *h *= r);
                add_products(&kept, &recurrent, h, &mut sums);
                Cell::GruBefore { gates, recurrent }
            }
        };
        let candidate = Sums::new(cell, constant, sums);
        given.recurrent(kind, h, weights, candidate, layer.return_sequences)
    }

    fn simple_rnn(layer: &SimpleRnn, given: Given<'a>) -> Self {
        let weights = [given.kernel, given.recurrent_kernel].concat();
        let constant = given.constant(layer.units);
        let whole = given.sums(&weights, &constant);
        let [_, cell] = given.functions(Activation::Linear, layer.activation);
        let candidate = Sums::new(cell, constant, whole);
        given.recurrent(Cell::SimpleRnn, layer.units, weights, candidate, layer.return_sequences)
    }

    /// Returns the shares in the outputs for the shares `below` in the inputs.
    pub fn shares(&self, below: &Shares) -> Shares {
        let (steps, inputs) = (self.mask.steps, self.inputs);
        // Before the first share nothing is to be computed.
        let steps = if self.backwards { 0..below.steps.end } else { below.steps.start.min(steps)..steps };
        let mut out = Shares::none(if self.every { steps.clone() } else { 0..1 }, self.units);
        // Shares in the input, then in the previous output.
        let mut joined = vec![[0.0; LANES]; inputs + self.units];
        let mut state = vec![[0.0; LANES]; self.units];
        // One more block than there are sums, for a product of its own.
        let mut sums = vec![[0.0; LANES]; self.zeros.len() + self.units];
        let product = Product { isa: self.isa, matrix: &self.weights, zeros: &self.zeros };
        let len = steps.len();
        for n in 0..len {
            let t = if self.backwards { steps.end - 1 - n } else { steps.start + n };
            if self.mask.counts(t) {
                let joined = match below.step(t) {
                    Some(below) => {
                        joined[..inputs].copy_from_slice(below);
                        &joined[..]
                    }
                    None => &joined[inputs..],
                };
                product.of(joined, &mut sums);
            }
            let output = &mut joined[inputs..];
            if self.mask.counts(t) {
                self.step(t, &mut sums, &mut state, output);
            }
            let emits = self.mask.counts(t) || !self.zeroes_masked;
            if self.every && emits {
                out.step_mut(t).copy_from_slice(output);
            } else if !self.every && n + 1 == len && emits {
                out.step_mut(0).copy_from_slice(output);
            }
        }
        out
    }

    /// Computes the shares in the state and the output `h` of step `t` from the shares in the sums.
    fn step(&self, t: usize, sums: &mut [Row], state: &mut [Row], h: &mut [Row]) {
        let units = self.units;
        match &self.cell {
            Cell::Lstm { forget, gates, state: states, output_gate } => {
                let (gate, rest) = sums.split_at_mut(gates.of_constant.len());
                let added = &mut rest[..units];
                gates.shares(t, gate);
                self.candidate.shares(t, added);
                for u in 0..units {
                    let (c_i, c_g) = (gates.of_constant[u], self.candidate.of_constant[u]);
                    let (i, g, c) = (&gate[u], &added[u], &mut state[u]);
                    if *forget {
                        let (f, c_f) = (&gate[units + u], gates.of_constant[units + u]);
                        (0..LANES).for_each(|l| c[l] *= f[l] + c_f);
                    }
                    (0..LANES).for_each(|l| c[l] += i[l] * (g[l] + c_g) + c_i * g[l]);
                }
                h.copy_from_slice(state);
                states.shares(t, h);
                for (h, o) in h.iter_mut().zip(&output_gate[t * units..]) {
                    h.iter_mut().for_each(|h| *h *= o);
                }
            }
            Cell::GruAfter { gates, bias } => {
                let (gate, rest) = sums.split_at_mut(2 * units);
                gates.shares(t, gate);
                let (sum, previous) = rest.split_at_mut(units);
                for u in 0..units {
                    let (r, s, a) = (&gate[units + u], &previous[u], &mut sum[u]);
                    let (c_r, c_s) = (gates.of_constant[units + u], bias[u]);
                    (0..LANES).for_each(|l| a[l] += r[l] * (s[l] + c_s) + c_r * s[l]);
                }
                self.update(t, gates, gate, sum, h);
            }
            Cell::GruBefore { gates, recurrent } => {
                let (gate, rest) = sums.split_at_mut(2 * units);
                gates.shares(t, gate);
                let (sum, product) = rest.split_at_mut(units);
                let reset = &mut gate[units..];
                for u in 0..units {
                    let c_r = gates.of_constant[units + u];
                    (0..LANES).for_each(|l| reset[u][l] = (reset[u][l] + c_r) * h[u][l]);
                }
                let of_units = Product { isa: self.isa, matrix: recurrent, zeros: &self.zeros[..units] };
                of_units.of(reset, product);
                for (sum, product) in sum.as_flattened_mut().iter_mut().zip(product.as_flattened()) {
                    *sum += product;
                }
                self.update(t, gates, gate, sum, h);
            }
            Cell::SimpleRnn => {
                h.copy_from_slice(&sums[..units]);
                self.candidate.shares(t, h);
            }
        }
    }

    /// The last equation of a GRU: `h ← z ⊙ h + (1 − z) ⊙ g`.
    fn update(&self, t: usize, gates: &Sums, gate: &[Row], sum: &mut [Row], h: &mut [Row]) {
        let candidate = &mut sum[..self.units];
        self.candidate.shares(t, candidate);
        for (u, h) in h.iter_mut().enumerate() {
            let (z, g) = (&gate[u], &candidate[u]);
            let (c_z, c_g) = (gates.of_constant[u], self.candidate.of_constant[u]);
            (0..LANES).for_each(|l| {
                h[l] = (z[l] + c_z) * h[l] + (1.0 - c_z) * g[l] - z[l] * (g[l] + c_g);
            });
        }
    }
}

impl<'a> Given<'a> {
    /// Returns the bias, or as many zeros.
    fn constant(&self, len: usize) -> Vec<f32> {
        if self.bias.is_empty() { vec![0.0; len] } else { self.bias.to_vec() }
    }

    /// Returns the functions of gates and candidate.
    fn functions(&self, gate: Activation, cell: Activation) -> [Function; 2] {
        [gate, cell].map(|activation| Function { activation, isa: self.isa })
    }

    /// Returns the output that each step reads, `[steps][H]`.
    fn previous(&self, units: usize) -> Vec<f32> {
        let steps = self.mask.steps;
        let mut all = vec![0.0; steps * units];
        let mut last: Option<usize> = None;
        for n in 0..steps {
            let t = if self.backwards { steps - 1 - n } else { n };
            if let Some(last) = last {
                all[t * units..][..units].copy_from_slice(&self.output[last * units..][..units]);
            }
            // At masked steps the output may be zero where the state is not.
            if self.mask.counts(t) {
                last = Some(t);
            }
        }
        all
    }

    /// Returns the sums of the constants, the inputs and the previous outputs with these weights, `[steps][…]`.
    fn sums(&self, weights: &[f32], constant: &[f32]) -> Vec<f32> {
        let (steps, all) = (self.mask.steps, constant.len().max(1));
        let units = self.output.len() / steps.max(1);
        let mut sums = constant.repeat(steps);
        let inputs = (weights.len() / all).saturating_sub(units);
        if steps > 0 {
            let (of_input, of_units) = weights.split_at(inputs * all);
            add_products(self.input, of_input, all, &mut sums);
            add_products(&self.previous(units), of_units, all, &mut sums);
        }
        sums
    }

    fn recurrent(
        self,
        cell: Cell<'a>,
        units: usize,
        weights: Vec<f32>,
        candidate: Sums,
        every: bool,
    ) -> Recurrent<'a> {
        let columns = self.recurrent_kernel.len() / units.max(1);
        let inputs = self.kernel.len() / columns.max(1);
        let zeros = vec![0.0; weights.len() / (inputs + units).max(1)];
        let Self { isa, mask, backwards, zeroes_masked, .. } = self;
        Recurrent {
            cell,
            isa,
            units,
            inputs,
            weights,
            zeros,
            candidate,
            mask,
            backwards,
            zeroes_masked,
            every,
        }
    }
}
