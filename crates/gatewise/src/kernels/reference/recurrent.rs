//! Recurrent layers of one sequence in `f64`, gate by gate as the textbooks write them.

/// Which layer, and what sets it apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Gates i, f, c, o; without `forget` i, c, o.
    Lstm {
        forget: bool,
    },
    /// Gates z, r, h; the reset gate after the recurrent product, which then has a bias of its own, or before.
    Gru {
        reset_after: bool,
    },
    SimpleRnn,
}

/// A function with its slope, as a function of its output.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function {
    pub of: fn(f64) -> f64,
    pub slope: fn(f64) -> f64,
}

/// 1 / (1 + e⁻ˣ)
pub(crate) const SIGMOID: Function = Function { of: |x| 1.0 / (1.0 + (-x).exp()), slope: |y| y * (1.0 - y) };
/// tanh x
pub(crate) const TANH: Function = Function { of: f64::tanh, slope: |y| 1.0 - y * y };

impl Kind {
    pub fn gates(self) -> usize {
        match self {
            Self::Lstm { forget } => 3 + usize::from(forget),
            Self::Gru { .. } => 3,
            Self::SimpleRnn => 1,
        }
    }

    pub fn biases(self) -> usize {
        1 + usize::from(self == Self::Gru { reset_after: true })
    }

    pub fn states(self) -> usize {
        1 + usize::from(matches!(self, Self::Lstm { .. }))
    }
}

/// Weights in Keras's layout: `kernel` `[D, G·H]`, `recurrent` `[H, G·H]`, `bias` `[biases, G·H]`.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    pub kind: Kind,
    /// The functions of the gates and of the cell.
    pub functions: [Function; 2],
    pub inputs: usize,
    pub units: usize,
    pub kernel: Vec<f64>,
    pub recurrent: Vec<f64>,
    pub bias: Vec<f64>,
    /// `[gates][H]`: by what each gate multiplies the previous output as it reads it; empty for 1.
    pub factors: Vec<f64>,
    /// As gradients: whether the sizes of all that they are summed from are added up instead.
    pub sizes: bool,
}

/// A state, or its gradient: `h`, and with an LSTM `c`; each `[H]`.
pub(crate) type State = Vec<Vec<f64>>;

/// One step's intermediate values, each `[H]`.
#[derive(Debug, Clone)]
pub(crate) struct TwinStep {
    pub real: bool,
    pub x: Vec<f64>,
    pub before: State,
    /// What the gates gave, in Keras's order.
    pub gates: Vec<Vec<f64>>,
    /// With a GRU, the candidate's recurrent part.
    pub part: Vec<f64>,
    pub after: State,
}

/// What [`Weights::backward`] gives besides the gradients of the weights.
#[derive(Debug, Clone)]
pub(crate) struct Back {
    /// `[T][D]`
    pub dx: Vec<Vec<f64>>,
    /// Of the state before the first step.
    pub dstart: State,
}

impl Weights {
    fn width(&self) -> usize {
        self.kind.gates() * self.units
    }

    /// W·x + b of a gate.
    fn input(&self, gate: usize, x: &[f64]) -> Vec<f64> {
        self.columns(gate, x, &self.kernel, self.bias.get(..self.width()).unwrap_or(&[]))
    }

    /// U·h of a gate, with the bias of its own where there is one.
    fn recurrent(&self, gate: usize, h: &[f64]) -> Vec<f64> {
        let h: Vec<f64> = h.iter().enumerate().map(|(k, h)| h * self.factor(gate, k)).collect();
        self.columns(gate, &h, &self.recurrent, self.bias.get(self.width()..).unwrap_or(&[]))
    }

    fn factor(&self, gate: usize, unit: usize) -> f64 {
        *self.factors.get(gate * self.units + unit).unwrap_or(&1.0)
    }

    fn columns(&self, gate: usize, v: &[f64], weights: &[f64], bias: &[f64]) -> Vec<f64> {
        let column = |unit: usize| {
            let at = gate * self.units + unit;
            let sum: f64 = v.iter().enumerate().map(|(k, v)| v * weights[k * self.width() + at]).sum();
            sum + bias.get(at).unwrap_or(&0.0)
        };
        (0..self.units).map(column).collect()
    }

    /// The zero state.
    pub fn zero_state(&self) -> State {
        vec![vec![0.0; self.units]; self.kind.states()]
    }

    /// Every step of one sequence. `xs` is `[T][D]`; a step with `real` false is masked.
    pub fn forward(&self, start: &State, xs: &[Vec<f64>], real: &[bool]) -> Vec<TwinStep> {
        let mut state = start.clone();
        let mut steps = Vec::new();
        for (x, &real) in xs.iter().zip(real) {
            let (gates, part, after) = self.step(x, &state);
            let before = state.clone();
            if real {
                state = after;
            }
            steps.push(TwinStep { real, x: x.clone(), before, gates, part, after: state.clone() });
        }
        steps
    }

    fn step(&self, x: &[f64], state: &State) -> (Vec<Vec<f64>>, Vec<f64>, State) {
        let [gate, cell] = self.functions;
        let h = &state[0];
        let sum = |n: usize| -> Vec<f64> {
            self.input(n, x).iter().zip(self.recurrent(n, h)).map(|(a, b)| a + b).collect()
        };
        let map = |v: Vec<f64>, f: Function| -> Vec<f64> { v.into_iter().map(f.of).collect() };
        match self.kind {
            Kind::Lstm { forget } => {
                let last = self.kind.gates() - 1;
                let i = map(sum(0), gate);
                let f = if forget { map(sum(1), gate) } else { vec![1.0; self.units] };
                let (g, o) = (map(sum(last - 1), cell), map(sum(last), gate));
                let c: Vec<f64> = (0..self.units).map(|u| f[u] * state[1][u] + i[u] * g[u]).collect();
                let h = (0..self.units).map(|u| o[u] * (cell.of)(c[u])).collect();
                (vec![i, f, g, o], Vec::new(), vec![h, c])
            }
            Kind::Gru { reset_after } => {
                let (z, r) = (map(sum(0), gate), map(sum(1), gate));
                let part = match reset_after {
                    true => self.recurrent(2, h),
                    false => h.iter().zip(&r).map(|(h, r)| h * r).collect(),
                };
                let reset: Vec<f64> = match reset_after {
                    true => part.iter().zip(&r).map(|(s, r)| s * r).collect(),
                    false => self.recurrent(2, &part),
                };
                let g = map(self.input(2, x).iter().zip(reset).map(|(a, b)| a + b).collect(), cell);
                let h = (0..self.units).map(|u| z[u] * h[u] + (1.0 - z[u]) * g[u]).collect();
                (vec![z, r, g], part, vec![h])
            }
            Kind::SimpleRnn => (Vec::new(), Vec::new(), vec![map(sum(0), cell)]),
        }
    }

    /// Adds the gradients of one sequence to `grads`. `dy[t]` arrives at the state after step t from above,
    /// all parts of it, since a state may be passed on to others.
    pub fn backward(&self, steps: &[TwinStep], dy: &[State], grads: &mut Weights) -> Back {
        let mut d = self.zero_state();
        let mut dxs = vec![vec![0.0; self.inputs]; steps.len()];
        for (t, s) in steps.iter().enumerate().rev() {
            for (d, dy) in d.iter_mut().flatten().zip(dy[t].iter().flatten()) {
                *d += dy;
            }
            if s.real {
                d = self.step_back(s, &d, &mut dxs[t], grads);
            }
        }
        Back { dx: dxs, dstart: d }
    }

    /// The gradient of the state before a step from that after it.
    fn step_back(&self, s: &TwinStep, d: &State, dx: &mut [f64], grads: &mut Weights) -> State {
        let [gate, cell] = self.functions;
        let (slope, cell_slope) = (gate.slope, cell.slope);
        let mut before = self.zero_state();
        let units = 0..self.units;
        match self.kind {
            Kind::Lstm { forget } => {
                let (i, f, g, o) = (&s.gates[0], &s.gates[1], &s.gates[2], &s.gates[3]);
                let last = self.kind.gates() - 1;
                let mut dz = vec![vec![0.0; self.units]; 4];
                for u in units {
                    let tc = (cell.of)(s.after[1][u]);
                    let dc = d[1][u] + d[0][u] * o[u] * cell_slope(tc);
                    dz[0][u] = dc * g[u] * slope(i[u]);
                    dz[1][u] = dc * s.before[1][u] * slope(f[u]);
                    dz[2][u] = dc * i[u] * cell_slope(g[u]);
                    dz[3][u] = d[0][u] * tc * slope(o[u]);
                    before[1][u] = dc * f[u];
                }
                for (n, dz) in dz.iter().enumerate().filter(|(n, _)| forget || *n != 1) {
                    let at = if n == 0 { 0 } else { last + n - 3 };
                    self.back_input(at, &s.x, dz, dx, grads);
                    self.back_recurrent(at, &s.before[0], dz, &mut before[0], grads);
                }
            }
            Kind::Gru { reset_after } => {
                let (z, r, g) = (&s.gates[0], &s.gates[1], &s.gates[2]);
                let h = &s.before[0];
                let dz: Vec<f64> = units.clone().map(|u| d[0][u] * (h[u] - g[u]) * slope(z[u])).collect();
                let dg: Vec<f64> = units.clone().map(|u| d[0][u] * (1.0 - z[u]) * cell_slope(g[u])).collect();
                let product =
                    |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a * b).collect() };
                before[0] = product(&d[0], z);
                self.back_input(2, &s.x, &dg, dx, grads);
                let mut dr = match reset_after {
                    true => {
                        self.back_recurrent(2, h, &product(&dg, r), &mut before[0], grads);
                        product(&dg, &s.part)
                    }
                    false => {
                        let mut dpart = vec![0.0; self.units];
                        self.back_recurrent(2, &s.part, &dg, &mut dpart, grads);
                        before[0].iter_mut().zip(product(&dpart, r)).for_each(|(d, more)| *d += more);
                        product(&dpart, h)
                    }
                };
                dr.iter_mut().zip(r).for_each(|(d, &r)| *d *= slope(r));
                for (n, dz) in [dz, dr].iter().enumerate() {
                    self.back_input(n, &s.x, dz, dx, grads);
                    self.back_recurrent(n, h, dz, &mut before[0], grads);
                }
            }
            Kind::SimpleRnn => {
                let dz: Vec<f64> = units.map(|u| d[0][u] * cell_slope(s.after[0][u])).collect();
                self.back_input(0, &s.x, &dz, dx, grads);
                self.back_recurrent(0, &s.before[0], &dz, &mut before[0], grads);
            }
        }
        before
    }

    fn back_input(&self, gate: usize, x: &[f64], dz: &[f64], dx: &mut [f64], grads: &mut Weights) {
        let (width, first) = (self.width(), gate * self.units);
        let sizes = grads.sizes;
        let size = |g: f64| if sizes { g.abs() } else { g };
        for (unit, dz) in dz.iter().enumerate() {
            for k in 0..x.len() {
                grads.kernel[k * width + first + unit] += size(x[k] * dz);
                dx[k] += self.kernel[k * width + first + unit] * dz;
            }
            if let Some(db) = grads.bias.get_mut(first + unit) {
                *db += size(*dz);
            }
        }
    }

    fn back_recurrent(&self, gate: usize, h: &[f64], dz: &[f64], dh: &mut [f64], grads: &mut Weights) {
        let (width, first) = (self.width(), gate * self.units);
        let sizes = grads.sizes;
        let size = |g: f64| if sizes { g.abs() } else { g };
        for (unit, dz) in dz.iter().enumerate() {
            for k in 0..h.len() {
                let factor = self.factor(gate, k);
                grads.recurrent[k * width + first + unit] += size(factor * h[k] * dz);
                dh[k] += factor * self.recurrent[k * width + first + unit] * dz;
            }
            if let Some(db) = grads.bias.get_mut(width + first + unit) {
                *db += size(*dz);
            }
        }
    }

    /// All zeros, of the same shape.
    pub fn zeros_like(&self) -> Self {
        let zeros = |v: &[f64]| vec![0.0; v.len()];
        Self {
            kernel: zeros(&self.kernel),
            recurrent: zeros(&self.recurrent),
            bias: zeros(&self.bias),
            factors: Vec::new(),
            ..*self
        }
    }
}
