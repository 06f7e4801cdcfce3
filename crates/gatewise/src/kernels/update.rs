//! One step of an optimizer over a run of parameters: one loop for all, and each one's formula.
//!
//! A [`Rule`] is a formula with one step's numbers filled in. It treats each element alone: from its
//! gradient, its value and its state (the slots) it computes the value and the state after the step.

use super::for_each_isa;
use super::lanes::{LANES, Lanes};

/// The most slots a formula has.
const MAX_SLOTS: usize = 3;

/// What one step does to each element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Rule {
    Sgd(Sgd),
    Momentum(Momentum),
    RmsProp(RmsProp),
    Adagrad(Adagrad),
    Adam(Adam),
    Nadam(Nadam),
    Adamax(Adamax),
    Adadelta(Adadelta),
    Lion(Lion),
}

/// `p ← p − rate·g`. No slots.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sgd {
    pub rate: f32,
}

/// `m ← μ·m − rate·g`, `p ← p + m`, or with Nesterov's look ahead `p ← p + μ·m − rate·g`. Slot: m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Momentum {
    pub rate: f32,
    /// μ
    pub momentum: f32,
    pub nesterov: bool,
}

/// `v ← ρ·v + (1 − ρ)·g²`, `d = rate·g/√(v − a² + ε)`; centred, `a ← ρ·a + (1 − ρ)·g`, else a = 0; with
/// momentum `m ← μ·m + d`, `p ← p − m`, else `p ← p − d`. Slots: v, then m and a where they are used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RmsProp {
    pub rate: f32,
    /// ρ
    pub rho: f32,
    /// 1 − ρ
    pub keep: f32,
    pub epsilon: f32,
    /// μ
    pub momentum: Option<f32>,
    pub centered: bool,
}

/// `a ← a + g²`, `p ← p − rate·g/√(a + ε)`. Slot: a.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adagrad {
    pub rate: f32,
    pub epsilon: f32,
}

/// `m ← m + (1 − β1)(g − m)`, `v ← v + (1 − β2)(g² − v)`, `p ← p − rate·m/(√v + ε)`; with AMSGrad the root
/// is that of the largest v so far. Slots: m, v, then that largest v where it is used.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adam {
    /// `lr·√(1 − β2ᵗ)/(1 − β1ᵗ)`
    pub rate: f32,
    /// 1 − β1
    pub keep_m: f32,
    /// 1 − β2
    pub keep_v: f32,
    pub epsilon: f32,
    pub amsgrad: bool,
}

/// m and v as [`Adam`]'s, `p ← p − rate·(of_m·m + of_g·g)/(√(of_v·v) + ε)`. Slots: m, v.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Nadam {
    pub rate: f32,
    /// 1 − β1
    pub keep_m: f32,
    /// 1 − β2
    pub keep_v: f32,
    pub epsilon: f32,
    pub of_m: f32,
    pub of_g: f32,
    pub of_v: f32,
}

/// `m ← m + (1 − β1)(g − m)`, `u ← max(β2·u, |g|)`, `p ← p − rate·m/(u + ε)`. Slots: m, u.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adamax {
    /// `lr/(1 − β1ᵗ)`
    pub rate: f32,
    /// 1 − β1
    pub keep_m: f32,
    /// β2
    pub beta_2: f32,
    pub epsilon: f32,
}

/// `a ← ρ·a + (1 − ρ)·g²`, `d = g·√((b + ε)/(a + ε))`, `b ← ρ·b + (1 − ρ)·d²`, `p ← p − rate·d`. Slots: a, b.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Adadelta {
    pub rate: f32,
    /// ρ
    pub rho: f32,
    /// 1 − ρ
    pub keep: f32,
    pub epsilon: f32,
}

/// `p ← p − rate·sign(β1·m + (1 − β1)·g)`, `m ← β2·m + (1 − β2)·g`. Slot: m.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Lion {
    pub rate: f32,
    /// β1
    pub beta_1: f32,
    /// 1 − β1
    pub keep_1: f32,
    /// β2
    pub beta_2: f32,
    /// 1 − β2
    pub keep_2: f32,
}

/// What [`step`] reads and writes; all slices have the same length.
pub(crate) struct Step<'a, 's> {
    pub rule: Rule,
    /// The share of each parameter that is taken off before the rule; 0 for none.
    pub decay: f32,
    /// Read.
    pub grads: &'a [f32],
    /// Updated.
    pub params: &'a mut [f32],
    /// As many as the rule has, updated.
    pub slots: &'a mut [&'s mut [f32]],
}

/// A formula over sixteen elements.
trait Formula: Copy {
    fn slots(self) -> usize;
    /// The value after the step, for gradient `g`, value `p` and `slots`, of which the first
    /// [`slots`](Self::slots) count, and are updated.
    unsafe fn apply<S: Lanes>(self, g: S, p: S, slots: &mut [S; MAX_SLOTS]) -> S;
}

// SAFETY (all formulas): the caller promises the instruction set of `S`; there are no pointers.
impl Formula for Sgd {
    #[inline(always)]
    fn slots(self) -> usize {
        0
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, _: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe { g.neg_mul_add(S::splat(self.rate), p) }
    }
}

impl Formula for Momentum {
    #[inline(always)]
    fn slots(self) -> usize {
        1
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [m, ..]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            let (rate, momentum) = (S::splat(self.rate), S::splat(self.momentum));
            *m = g.neg_mul_add(rate, m.mul(momentum));
            let ahead = if self.nesterov { g.neg_mul_add(rate, m.mul(momentum)) } else { *m };
            p.add(ahead)
        }
    }
}

impl Formula for RmsProp {
    #[inline(always)]
    fn slots(self) -> usize {
        1 + usize::from(self.momentum.is_some()) + usize::from(self.centered)
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [v, second, third]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            let (rho, keep) = (S::splat(self.rho), S::splat(self.keep));
            *v = g.mul(g).mul_add(keep, v.mul(rho));
            let mut square = *v;
            if self.centered {
                let a = if self.momentum.is_some() { third } else { &mut *second };
                *a = g.mul_add(keep, a.mul(rho));
                // A variance: where it comes out below zero, that is rounding. NaN passes.
                square = S::zero().max(a.neg_mul_add(*a, square));
            }
            let d = g.mul(S::splat(self.rate)).div(square.add(S::splat(self.epsilon)).sqrt());
            let Some(momentum) = self.momentum else { return p.sub(d) };
            *second = second.mul_add(S::splat(momentum), d);
            p.sub(*second)
        }
    }
}

impl Formula for Adagrad {
    #[inline(always)]
    fn slots(self) -> usize {
        1
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [a, ..]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            *a = g.mul_add(g, *a);
            p.sub(g.mul(S::splat(self.rate)).div(a.add(S::splat(self.epsilon)).sqrt()))
        }
    }
}

/// The moments of Adam and Nadam after a step.
#[inline(always)]
unsafe fn moments<S: Lanes>(g: S, [m, v]: [&mut S; 2], keep_m: f32, keep_v: f32) {
    // SAFETY: as above.
    unsafe {
        *m = g.sub(*m).mul_add(S::splat(keep_m), *m);
        *v = g.mul(g).sub(*v).mul_add(S::splat(keep_v), *v);
    }
}

impl Formula for Adam {
    #[inline(always)]
    fn slots(self) -> usize {
        2 + usize::from(self.amsgrad)
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [m, v, largest]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            moments(g, [m, v], self.keep_m, self.keep_v);
            let mut square = *v;
            if self.amsgrad {
                *largest = largest.max(square);
                square = *largest;
            }
            p.sub(m.mul(S::splat(self.rate)).div(square.sqrt().add(S::splat(self.epsilon))))
        }
    }
}

impl Formula for Nadam {
    #[inline(always)]
    fn slots(self) -> usize {
        2
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [m, v, _]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            moments(g, [m, v], self.keep_m, self.keep_v);
            let ahead = m.mul_add(S::splat(self.of_m), g.mul(S::splat(self.of_g)));
            let root = v.mul(S::splat(self.of_v)).sqrt();
            p.sub(ahead.mul(S::splat(self.rate)).div(root.add(S::splat(self.epsilon))))
        }
    }
}

impl Formula for Adamax {
    #[inline(always)]
    fn slots(self) -> usize {
        2
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [m, u, _]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            *m = g.sub(*m).mul_add(S::splat(self.keep_m), *m);
            *u = u.mul(S::splat(self.beta_2)).max(g.max(S::zero().sub(g)));
            p.sub(m.mul(S::splat(self.rate)).div(u.add(S::splat(self.epsilon))))
        }
    }
}

impl Formula for Adadelta {
    #[inline(always)]
    fn slots(self) -> usize {
        2
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [a, b, _]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            let (rho, keep, epsilon) = (S::splat(self.rho), S::splat(self.keep), S::splat(self.epsilon));
            *a = g.mul(g).mul_add(keep, a.mul(rho));
            let d = b.add(epsilon).sqrt().mul(g).div(a.add(epsilon).sqrt());
            *b = d.mul(d).mul_add(keep, b.mul(rho));
            d.neg_mul_add(S::splat(self.rate), p)
        }
    }
}

impl Formula for Lion {
    #[inline(always)]
    fn slots(self) -> usize {
        1
    }
    #[inline(always)]
    unsafe fn apply<S: Lanes>(self, g: S, p: S, [m, ..]: &mut [S; MAX_SLOTS]) -> S {
        // SAFETY: as above.
        unsafe {
            let ahead = m.mul_add(S::splat(self.beta_1), g.mul(S::splat(self.keep_1)));
            // The sign: 0 of 0, and ±1 of every other number, however small.
            let large = ahead.mul(S::splat(1e38)).mul(S::splat(1e38));
            let sign = S::splat(-1.0).max(S::splat(1.0).min(large));
            *m = m.mul_add(S::splat(self.beta_2), g.mul(S::splat(self.keep_2)));
            sign.neg_mul_add(S::splat(self.rate), p)
        }
    }
}

#[inline(always)]
unsafe fn step_lanes<S: Lanes>(io: Step<'_, '_>) {
    // SAFETY: the same contract.
    unsafe {
        match io.rule {
            Rule::Sgd(formula) => run::<S, _>(formula, io),
            Rule::Momentum(formula) => run::<S, _>(formula, io),
            Rule::RmsProp(formula) => run::<S, _>(formula, io),
            Rule::Adagrad(formula) => run::<S, _>(formula, io),
            Rule::Adam(formula) => run::<S, _>(formula, io),
            Rule::Nadam(formula) => run::<S, _>(formula, io),
            Rule::Adamax(formula) => run::<S, _>(formula, io),
            Rule::Adadelta(formula) => run::<S, _>(formula, io),
            Rule::Lion(formula) => run::<S, _>(formula, io),
        }
    }
}

/// The loop, compiled for each number of slots.
#[inline(always)]
unsafe fn run<S: Lanes, F: Formula>(formula: F, io: Step<'_, '_>) {
    // SAFETY: the same contract.
    unsafe {
        match formula.slots() {
            0 => each::<S, _, 0>(formula, io),
            1 => each::<S, _, 1>(formula, io),
            2 => each::<S, _, 2>(formula, io),
            _ => each::<S, _, 3>(formula, io),
        }
    }
}

#[inline(always)]
unsafe fn each<S: Lanes, F: Formula, const SLOTS: usize>(formula: F, io: Step<'_, '_>) {
    let Step { decay, grads, params, slots, .. } = io;
    let len = params.len();
    assert!(slots.len() == SLOTS && grads.len() == len && slots.iter().all(|slot| slot.len() == len));
    let mut state = [std::ptr::null_mut(); SLOTS];
    for slot in 0..SLOTS {
        state[slot] = slots[slot].as_mut_ptr();
    }
    // SAFETY: `lanes` floats from `i` on are within the slices, whose lengths are equal.
    unsafe {
        for i in (0..len).step_by(LANES) {
            let lanes = LANES.min(len - i);
            let g = S::load_first(grads.as_ptr().add(i), lanes);
            let mut p = S::load_first(params.as_ptr().add(i), lanes);
            let mut now = [S::zero(); MAX_SLOTS];
            for slot in 0..SLOTS {
                now[slot] = S::load_first(state[slot].add(i), lanes);
            }
            if decay != 0.0 {
                p = p.neg_mul_add(S::splat(decay), p);
            }
            p = formula.apply(g, p, &mut now);
            for slot in 0..SLOTS {
                now[slot].store_first(state[slot].add(i), lanes);
            }
            p.store_first(params.as_mut_ptr().add(i), lanes);
        }
    }
}

for_each_isa!(
    /// Takes `decay` off each parameter and applies the rule.
    pub(crate) fn step = step_lanes(io: Step<'_, '_>)
);
