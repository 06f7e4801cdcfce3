//! L2-regularised logistic regression on sparse 0/1 features.
//!
//! Input: the features present in each row, a scale for each feature, targets and penalties. Output: the
//! weights and the bias that minimise the objective, for each penalty.
//!
//! The method is L-BFGS (Liu and Nocedal 1989), preconditioned with the diagonal of the Hessian at 0. The
//! Hessian is largest at 0, so the first step never overshoots, and about ten passes over the rows are
//! enough.

use std::collections::VecDeque;

use crate::rows::Sequences;

/// History size of L-BFGS. A longer history gains nothing here and costs memory with many bigrams.
const MEMORY: usize = 5;

/// The objective Σᵢ ln(1 + exp zᵢ) − yᵢ zᵢ + λ/2 ‖w‖² with zᵢ = Σ_{f in row i} scale_f·w_f + w_last.
pub(super) struct Objective<'a> {
    /// The features present in each row.
    pub rows: &'a Sequences,
    /// 0 or 1 for each row.
    pub targets: &'a [f32],
    /// The value of each feature where it is present.
    pub scale: &'a [f64],
}

impl Objective<'_> {
    /// Minimises the objective for each λ of `penalties`, and calls `each` with the weights followed by the
    /// bias.
    ///
    /// The first fit starts at 0, every other at the previous solution. A fit stops when the norm of the
    /// gradient is at most `tolerance` times the fraction of the rarer target times the norm at 0.
    pub(super) fn minimise(
        &self,
        penalties: &[f64],
        tolerance: f64,
        max_steps: usize,
        mut each: impl FnMut(&[f64]),
    ) {
        let n = self.scale.len() + 1;
        let (mut w, mut g) = (vec![0.0; n], vec![0.0; n]);
        // At 0 the penalty is 0, so that the start is the same for every λ.
        let mut loss = self.loss(&w, &mut g, 0.0);
        let yes = self.targets.iter().map(|&y| f64::from(y)).sum::<f64>();
        let rarer = yes.min(self.targets.len() as f64 - yes).max(1.0);
        let goal = tolerance * rarer / self.targets.len() as f64 * norm(&g);
        for (index, &l2) in penalties.iter().enumerate() {
            if index > 0 {
                loss = self.loss(&w, &mut g, l2);
            }
            self.descend(l2, goal, max_steps, loss, &mut w, &mut g);
            each(&w);
        }
    }

    /// Descends from `w`, where the objective is `loss` and its gradient is `g`, until the norm of `g` is at
    /// most `goal`.
    fn descend(&self, l2: f64, goal: f64, max_steps: usize, mut loss: f64, w: &mut [f64], g: &mut Vec<f64>) {
        let n = w.len();
        let inverse_diagonal = self.inverse_diagonal(l2);
        let mut memory: VecDeque<CorrectionPair> = VecDeque::with_capacity(MEMORY);
        let (mut next_w, mut next_g) = (vec![0.0; n], vec![0.0; n]);
        for _ in 0..max_steps {
            if norm(g) <= goal {
                break;
            }
            let direction = direction(g, &memory, &inverse_diagonal);
            let slope = dot(&direction, g);
            let mut length = 1.0;
            let next_loss = loop {
                for ((to, w), d) in next_w.iter_mut().zip(&*w).zip(&direction) {
                    *to = w + length * d;
                }
                let next_loss = self.loss(&next_w, &mut next_g, l2);
                // Armijo's condition; below 1e-9 the two losses differ by rounding only.
                if next_loss <= loss + 1e-4 * length * slope || length < 1e-9 {
                    break next_loss;
                }
                length /= 2.0;
            };
            if next_loss >= loss {
                break; // no progress within rounding
            }
            let mut step = if memory.len() == MEMORY { memory.pop_front() } else { None }.unwrap_or_default();
            step.between(w, &next_w, g, &next_g);
            // Strict convexity makes this positive; rounding may not.
            if step.curvature > 0.0 {
                memory.push_back(step);
            }
            w.copy_from_slice(&next_w);
            std::mem::swap(g, &mut next_g);
            loss = next_loss;
        }
    }

    /// Computes the objective at `w`, and writes its gradient into `g`.
    fn loss(&self, w: &[f64], g: &mut [f64], l2: f64) -> f64 {
        let features = self.scale.len();
        // Scaling each weight once leaves only sums for the rows.
        let scaled: Vec<f64> = w.iter().zip(self.scale).map(|(w, r)| w * r).collect();
        g.fill(0.0);
        let mut loss = 0.0;
        for (row, &y) in self.rows.rows().zip(self.targets) {
            let z = w[features] + gathered_sum(&scaled, row);
            let y = f64::from(y);
            // With e = exp(−|z|): ln(1 + exp z) = max(z, 0) + ln(1 + e), which cannot overflow.
            let e = (-z.abs()).exp();
            loss += z.max(0.0) + e.ln_1p() - y * z;
            let probability = if z > 0.0 { 1.0 } else { e } / (1.0 + e);
            let error = probability - y;
            row.iter().for_each(|&f| g[f as usize] += error);
            g[features] += error;
        }
        for (g, r) in g.iter_mut().zip(self.scale) {
            *g *= r;
        }
        for (g, w) in g.iter_mut().zip(w) {
            *g += l2 * w;
        }
        loss + l2 / 2.0 * dot(w, w)
    }

    /// Computes the inverse of the diagonal of the Hessian at 0, Σᵢ x²/4 + λ.
    fn inverse_diagonal(&self, l2: f64) -> Vec<f64> {
        let mut diagonal = vec![0.0; self.scale.len()];
        self.rows.ids().iter().for_each(|&f| diagonal[f as usize] += 0.25);
        diagonal.iter_mut().zip(self.scale).for_each(|(d, r)| *d *= r * r);
        diagonal.push(self.rows.len() as f64 / 4.0);
        diagonal.iter().map(|d| 1.0 / (d + l2)).collect()
    }
}

/// An L-BFGS correction pair: the changes of the weights and of the gradient, and their product.
#[derive(Default)]
struct CorrectionPair {
    weights: Vec<f64>,
    gradient: Vec<f64>,
    curvature: f64,
}

impl CorrectionPair {
    fn between(&mut self, w: &[f64], next_w: &[f64], g: &[f64], next_g: &[f64]) {
        let difference = |to: &mut Vec<f64>, from: &[f64], next: &[f64]| {
            to.clear();
            to.extend(next.iter().zip(from).map(|(next, from)| next - from));
        };
        difference(&mut self.weights, w, next_w);
        difference(&mut self.gradient, g, next_g);
        self.curvature = dot(&self.weights, &self.gradient);
    }
}

/// Computes the search direction by the two-loop recursion of L-BFGS.
fn direction(g: &[f64], memory: &VecDeque<CorrectionPair>, inverse_diagonal: &[f64]) -> Vec<f64> {
    let mut d: Vec<f64> = g.iter().map(|g| -g).collect();
    let mut alphas = [0.0; MEMORY];
    for (step, alpha) in memory.iter().zip(&mut alphas).rev() {
        *alpha = dot(&step.weights, &d) / step.curvature;
        add(&mut d, -*alpha, &step.gradient);
    }
    d.iter_mut().zip(inverse_diagonal).for_each(|(d, h)| *d *= h);
    for (step, alpha) in memory.iter().zip(&alphas) {
        let beta = dot(&step.gradient, &d) / step.curvature;
        add(&mut d, alpha - beta, &step.weights);
    }
    d
}

/// Computes the sum of `values[f]` over the features of `row`.
pub(super) fn gathered_sum(values: &[f64], row: &[u32]) -> f64 {
    // Four independent sums hide the latency of the additions.
    let (fours, rest) = row.as_chunks::<4>();
    let mut sums = [0.0; 4];
    for four in fours {
        for (sum, &f) in sums.iter_mut().zip(four) {
            *sum += values[f as usize];
        }
    }
    let rest: f64 = rest.iter().map(|&f| values[f as usize]).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

fn add(to: &mut [f64], factor: f64, from: &[f64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to += factor * from);
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}
