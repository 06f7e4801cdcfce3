//! The embedding of one sequence in `f64`: a row of the table for each id.

/// The table, `[input_dim, output_dim]`.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    pub width: usize,
    pub values: Vec<f64>,
}

impl Table {
    /// y_t = E[id_t]; the result is `[T][width]`.
    pub fn forward(&self, ids: &[u32]) -> Vec<Vec<f64>> {
        ids.iter().map(|&id| self.values[id as usize * self.width..][..self.width].to_vec()).collect()
    }

    /// dE[id_t] += dy_t: an id that occurs twice gets both gradients. `dy` is `[T][width]`.
    pub fn backward(ids: &[u32], dy: &[Vec<f64>], grads: &mut Table) {
        for (&id, dy) in ids.iter().zip(dy) {
            for (k, dy) in dy.iter().enumerate() {
                grads.values[id as usize * grads.width + k] += dy;
            }
        }
    }

    /// All zeros, of the same shape.
    pub fn zeros_like(&self) -> Self {
        Self { width: self.width, values: vec![0.0; self.values.len()] }
    }
}
