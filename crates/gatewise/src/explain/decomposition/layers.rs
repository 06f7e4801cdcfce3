//! The shares of phrases in the outputs of layers without a state.
//!
//! Input: shares in the input of a layer. Output: shares in its output.

use super::recurrent::{Mask, Recurrent};
use super::shares::{Product, Shares, Sums};
use crate::kernels::Isa;
use crate::layers::MergeMode;
use std::ops::Range;

/// A layer over one row, prepared for the shares of phrases.
pub(super) trait Split: Sync {
    /// Returns the shares in the output for the shares `below` in the input.
    fn shares(&self, below: Shares) -> Shares;
}

impl Split for Recurrent<'_> {
    fn shares(&self, below: Shares) -> Shares {
        Recurrent::shares(self, &below)
    }
}

/// A dense layer, at every step or at once. The bias has no share.
pub(super) struct Dense<'a> {
    pub isa: Isa,
    pub kernel: &'a [f32],
    /// One zero a unit.
    pub zeros: Vec<f32>,
    /// The activation; `None` for the layer that the logits come from.
    pub activation: Option<Sums>,
}

impl Split for Dense<'_> {
    fn shares(&self, below: Shares) -> Shares {
        let mut out = Shares::none(below.steps.clone(), self.zeros.len());
        let product = Product { isa: self.isa, matrix: self.kernel, zeros: &self.zeros };
        for t in below.steps.clone() {
            if let Some(below) = below.step(t) {
                product.of(below, out.step_mut(t));
            }
        }
        match &self.activation {
            Some(sums) => sums.shares_at_all(out),
            None => out,
        }
    }
}

/// An activation of its own.
impl Split for Sums {
    fn shares(&self, below: Shares) -> Shares {
        self.shares_at_all(below)
    }
}

impl Sums {
    fn shares_at_all(&self, mut shares: Shares) -> Shares {
        for t in shares.steps.clone() {
            Self::shares(self, t, shares.step_mut(t));
        }
        shares
    }
}

/// A recurrent layer in both directions.
pub(super) struct Both<'a> {
    pub ways: [Recurrent<'a>; 2],
    pub merge_mode: MergeMode,
    /// Which steps are not masked, where the outputs of masked steps are zero.
    pub mask: Option<Mask<'a>>,
}

impl Split for Both<'_> {
    fn shares(&self, below: Shares) -> Shares {
        let [forward, backward] = self.ways.each_ref().map(|way| way.shares(&below));
        let units = forward.width;
        let concat = self.merge_mode == MergeMode::Concat;
        let steps = forward.steps.start.min(backward.steps.start)..forward.steps.end.max(backward.steps.end);
        let mut out = Shares::none(steps.clone(), if concat { 2 * units } else { units });
        for t in steps.filter(|&t| self.mask.is_none_or(|mask| mask.counts(t))) {
            let out = out.step_mut(t);
            let ways = [forward.step(t), backward.step(t)];
            for (way, shares) in ways.into_iter().enumerate() {
                let Some(shares) = shares else { continue };
                let at = if concat { way * units } else { 0 };
                for (out, shares) in out[at..].iter_mut().zip(shares) {
                    out.iter_mut().zip(shares).for_each(|(out, share)| *out += share);
                }
            }
            let out = out.as_flattened_mut();
            match (self.merge_mode, ways) {
                (MergeMode::Ave, _) => out.iter_mut().for_each(|out| *out *= 0.5),
                // Neither factor has a constant part.
                (MergeMode::Mul, [Some(forward), Some(backward)]) => {
                    let factors = forward.as_flattened().iter().zip(backward.as_flattened());
                    out.iter_mut().zip(factors).for_each(|(out, (f, b))| *out = f * b);
                }
                (MergeMode::Mul, _) => out.fill(0.0),
                _ => {}
            }
        }
        out
    }
}

/// A recurrent layer with its input beside its output.
pub(super) struct Beside<'a>(pub Recurrent<'a>);

impl Split for Beside<'_> {
    fn shares(&self, below: Shares) -> Shares {
        let hidden = self.0.shares(&below);
        let steps = hidden.steps.start.min(below.steps.start)..hidden.steps.end.max(below.steps.end);
        let mut out = Shares::none(steps.clone(), hidden.width + below.width);
        for t in steps {
            let (left, right) = out.step_mut(t).split_at_mut(hidden.width);
            for (out, shares) in [(left, hidden.step(t)), (right, below.step(t))] {
                if let Some(shares) = shares {
                    out.copy_from_slice(shares);
                }
            }
        }
        out
    }
}

/// Zeros at masked steps.
pub(super) struct Masked<'a>(pub Mask<'a>);

impl Split for Masked<'_> {
    fn shares(&self, mut below: Shares) -> Shares {
        for t in below.steps.clone().filter(|&t| !self.0.counts(t)) {
            below.step_mut(t).as_flattened_mut().fill(0.0);
        }
        below
    }
}

/// One vector at each of these steps.
pub(super) struct Repeated(pub usize);

impl Split for Repeated {
    fn shares(&self, below: Shares) -> Shares {
        let mut out = Shares::none(0..self.0, below.width);
        for t in 0..self.0 {
            if let Some(below) = below.step(0) {
                out.step_mut(t).copy_from_slice(below);
            }
        }
        out
    }
}

/// Pooling over windows of steps. Global pooling has one window.
pub(super) struct Pooled {
    /// The steps of each window that count, and for the maximum the step of each unit with the largest value.
    pub windows: Vec<Window>,
}

/// A window of steps.
pub(super) enum Window {
    /// The mean over these steps.
    Mean(Vec<usize>),
    /// For each unit its step.
    Max(Vec<usize>),
}

impl Window {
    /// Returns the window of the maximum of `[steps][width]` values: the first largest value of each unit, as the
    /// layer chooses it.
    pub fn max(values: &[f32], width: usize, steps: Range<usize>) -> Self {
        let largest = |u: usize| {
            let value = |t: usize| values[t * width + u];
            steps.clone().reduce(|best, t| if value(t) <= value(best) { best } else { t })
        };
        Self::Max((0..width).map_while(largest).collect())
    }
}

impl Split for Pooled {
    fn shares(&self, below: Shares) -> Shares {
        let mut out = Shares::none(0..self.windows.len(), below.width);
        for (w, window) in self.windows.iter().enumerate() {
            let out = out.step_mut(w);
            match window {
                Window::Mean(steps) => {
                    for below in steps.iter().filter_map(|&t| below.step(t)) {
                        let all = out.as_flattened_mut().iter_mut().zip(below.as_flattened());
                        all.for_each(|(out, share)| *out += share);
                    }
                    let scale = 1.0 / steps.len().max(1) as f32;
                    out.as_flattened_mut().iter_mut().for_each(|out| *out *= scale);
                }
                Window::Max(steps) => {
                    for (u, (out, &t)) in out.iter_mut().zip(steps).enumerate() {
                        if let Some(below) = below.step(t) {
                            *out = below[u];
                        }
                    }
                }
            }
        }
        out
    }
}
