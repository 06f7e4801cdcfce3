//! The fully connected layer for one sample in `f64`.

/// Weights in Keras's layout: `kernel` `[D, units]`, `bias` `[units]`.
#[derive(Debug, Clone)]
pub(crate) struct Weights {
    pub inputs: usize,
    pub units: usize,
    pub kernel: Vec<f64>,
    pub bias: Vec<f64>,
}

impl Weights {
    /// z = x·W + b. `x` is `[D]`, the result `[units]`.
    pub fn forward(&self, x: &[f64]) -> Vec<f64> {
        let mut z = self.bias.clone();
        for k in 0..self.inputs {
            for u in 0..self.units {
                z[u] += x[k] * self.kernel[k * self.units + u];
            }
        }
        z
    }

    /// Adds the gradients of one sample to `grads` (dW = xᵀ·dz, db = dz) and returns dx = dz·Wᵀ.
    pub fn backward(&self, x: &[f64], dz: &[f64], grads: &mut Weights) -> Vec<f64> {
        let mut dx = vec![0.0; self.inputs];
        for u in 0..self.units {
            for k in 0..self.inputs {
                grads.kernel[k * self.units + u] += x[k] * dz[u];
                dx[k] += dz[u] * self.kernel[k * self.units + u];
            }
            grads.bias[u] += dz[u];
        }
        dx
    }

    /// All zeros, of the same shape.
    pub fn zeros_like(&self) -> Self {
        Self { kernel: vec![0.0; self.kernel.len()], bias: vec![0.0; self.bias.len()], ..*self }
    }
}
