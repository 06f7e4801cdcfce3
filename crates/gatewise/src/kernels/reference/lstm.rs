//! The LSTM of one sequence in `f64`, gate by gate as the textbooks write it.

/// Weights in Keras's layout: `kernel` `[D, 4H]`, `recurrent` `[H, 4H]`, `bias` `[4H]`, columns i|f|c|o.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    pub inputs: usize,
    pub units: usize,
    pub kernel: Vec<f64>,
    pub recurrent: Vec<f64>,
    pub bias: Vec<f64>,
}

/// One step's intermediate values, each `[H]`.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    pub real: bool,
    pub x: Vec<f64>,
    pub h_before: Vec<f64>,
    pub c_before: Vec<f64>,
    pub i: Vec<f64>,
    pub f: Vec<f64>,
    pub g: Vec<f64>,
    pub o: Vec<f64>,
    pub c: Vec<f64>,
    pub h: Vec<f64>,
}

/// A state, or its gradient; each `[H]`.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub h: Vec<f64>,
    pub c: Vec<f64>,
}

/// What [`Weights::backward`] gives besides the gradients of the weights.
#[derive(Debug, Clone)]
pub(crate) struct Back {
    /// `[T][D]`
    pub dx: Vec<Vec<f64>>,
    /// Of the state before the first step.
    pub dstart: State,
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

impl Weights {
    fn column(&self, gate: usize, unit: usize) -> usize {
        gate * self.units + unit
    }

    /// z of one gate of one unit.
    fn pre_activation(&self, gate: usize, unit: usize, x: &[f64], h: &[f64]) -> f64 {
        let n = self.column(gate, unit);
        let from_x: f64 = x.iter().enumerate().map(|(k, x)| x * self.kernel[k * 4 * self.units + n]).sum();
        let from_h: f64 = h.iter().enumerate().map(|(k, h)| h * self.recurrent[k * 4 * self.units + n]).sum();
        from_x + from_h + self.bias[n]
    }

    /// The zero state.
    pub fn zero_state(&self) -> State {
        State { h: vec![0.0; self.units], c: vec![0.0; self.units] }
    }

    /// Every step of one sequence. `xs` is `[T][D]`; a step with `real` false is masked.
    pub fn forward(&self, start: &State, xs: &[Vec<f64>], real: &[bool]) -> Vec<Step> {
        let State { mut h, mut c } = start.clone();
        let mut steps = Vec::new();
        for (x, &real) in xs.iter().zip(real) {
            let gate = |gate: usize, f: fn(f64) -> f64| -> Vec<f64> {
                (0..self.units).map(|unit| f(self.pre_activation(gate, unit, x, &h))).collect()
            };
            let (i, f, g, o) = (gate(0, sigmoid), gate(1, sigmoid), gate(2, f64::tanh), gate(3, sigmoid));
            let (h_before, c_before) = (h.clone(), c.clone());
            if real {
                for unit in 0..self.units {
                    c[unit] = f[unit] * c[unit] + i[unit] * g[unit];
                    h[unit] = o[unit] * c[unit].tanh();
                }
            }
            steps.push(Step {
                real,
                x: x.clone(),
                h_before,
                c_before,
                i,
                f,
                g,
                o,
                c: c.clone(),
                h: h.clone(),
            });
        }
        steps
    }

    /// Adds the gradients of one sequence to `grads`. `dy[t]` arrives at `h_t` from above, and its `h`
    /// and `c` are both given, since a state may be passed on to others.
    pub fn backward(&self, steps: &[Step], dy: &[State], grads: &mut Weights) -> Back {
        let (d, h) = (self.inputs, self.units);
        let (mut dh, mut dc) = (vec![0.0; h], vec![0.0; h]);
        let mut dxs = vec![vec![0.0; d]; steps.len()];
        for (t, s) in steps.iter().enumerate().rev() {
            for unit in 0..h {
                dh[unit] += dy[t].h[unit];
                dc[unit] += dy[t].c[unit];
            }
            if !s.real {
                continue;
            }
            let mut dz = vec![0.0; 4 * h];
            for u in 0..h {
                let tc = s.c[u].tanh();
                dc[u] += dh[u] * s.o[u] * (1.0 - tc * tc);
                dz[self.column(0, u)] = dc[u] * s.g[u] * s.i[u] * (1.0 - s.i[u]);
                dz[self.column(1, u)] = dc[u] * s.c_before[u] * s.f[u] * (1.0 - s.f[u]);
                dz[self.column(2, u)] = dc[u] * s.i[u] * (1.0 - s.g[u] * s.g[u]);
                dz[self.column(3, u)] = dh[u] * tc * s.o[u] * (1.0 - s.o[u]);
                dc[u] *= s.f[u];
            }
            dh.fill(0.0);
            for (n, dz) in dz.iter().enumerate() {
                for k in 0..d {
                    grads.kernel[k * 4 * h + n] += s.x[k] * dz;
                    dxs[t][k] += self.kernel[k * 4 * h + n] * dz;
                }
                for k in 0..h {
                    grads.recurrent[k * 4 * h + n] += s.h_before[k] * dz;
                    dh[k] += self.recurrent[k * 4 * h + n] * dz;
                }
                grads.bias[n] += dz;
            }
        }
        Back { dx: dxs, dstart: State { h: dh, c: dc } }
    }

    /// All zeros, of the same shape.
    pub fn zeros_like(&self) -> Self {
        let zeros = |v: &[f64]| vec![0.0; v.len()];
        Self {
            kernel: zeros(&self.kernel),
            recurrent: zeros(&self.recurrent),
            bias: zeros(&self.bias),
            ..*self
        }
    }
}
