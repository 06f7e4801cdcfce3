//! The stage of an activation: element by element, or row by row for softmax.

use super::{Activation, Backward, Forward, Signal, Stage};
use crate::kernels::LANES;
use std::ops::Range;

/// An activation over a block. It is a separate stage, so that training can skip the last activation and
/// compute the loss from the logits.
#[derive(Debug)]
pub(crate) struct ActivationStage {
    pub activation: Activation,
    pub signal: Signal,
}

impl Stage for ActivationStage {
    fn describe(&self) -> String {
        match self.activation {
            Activation::Softmax => "Softmax: row by row".into(),
            activation => format!("{activation:?}: element by element"),
        }
    }

    fn param_range(&self) -> Range<usize> {
        0..0
    }

    fn output(&self) -> Signal {
        self.signal
    }

    fn activation(&self) -> Option<Activation> {
        Some(self.activation)
    }

    fn forward(&self, io: Forward<'_>) {
        if self.activation != Activation::Softmax {
            io.y.iter_mut().zip(io.x).for_each(|(y, &z)| *y = self.activation.apply(z));
            return;
        }
        let mut row = vec![0.0; self.width()];
        self.for_each_row(io.y.len(), |at| {
            gather(&mut row, &io.x[at..]);
            self.activation.apply_row(&mut row);
            scatter(&row, &mut io.y[at..]);
        });
    }

    fn backward(&self, io: Backward<'_>) {
        let Some(dx) = io.dx else { return };
        if self.activation != Activation::Softmax {
            for (((dx, &dy), &z), &y) in dx.iter_mut().zip(io.dy).zip(io.x).zip(io.y) {
                *dx = dy * self.activation.slope(z, y);
            }
            return;
        }
        let [mut y, mut dy, mut dz] = [(); 3].map(|()| vec![0.0; self.width()]);
        self.for_each_row(dx.len(), |at| {
            gather(&mut y, &io.y[at..]);
            gather(&mut dy, &io.dy[at..]);
            softmax_back(&y, &dy, &mut dz);
            scatter(&dz, &mut dx[at..]);
        });
    }
}

impl ActivationStage {
    fn width(&self) -> usize {
        match self.signal {
            Signal::Ids => 0,
            Signal::Sequence(width) | Signal::Vector(width) => width,
        }
    }

    /// Calls `f` with the offset of each step and lane in a block of `len` floats.
    fn for_each_row(&self, len: usize, mut f: impl FnMut(usize)) {
        for step in (0..len).step_by(self.width() * LANES) {
            (0..LANES).for_each(|lane| f(step + lane));
        }
    }
}

/// Copies the numbers of one lane out of lanes.
fn gather(row: &mut [f32], lanes: &[f32]) {
    row.iter_mut().zip(lanes.iter().step_by(LANES)).for_each(|(row, &lane)| *row = lane);
}

/// Copies the numbers of one lane into lanes.
fn scatter(row: &[f32], lanes: &mut [f32]) {
    row.iter().zip(lanes.iter_mut().step_by(LANES)).for_each(|(&row, lane)| *lane = row);
}

/// Computes dz_i = y_i·(dy_i − Σ_j y_j·dy_j).
fn softmax_back(y: &[f32], dy: &[f32], dz: &mut [f32]) {
    let mean: f32 = y.iter().zip(dy).map(|(y, dy)| y * dy).sum();
    for ((dz, &dy), &y) in dz.iter_mut().zip(dy).zip(y) {
        *dz = y * (dy - mean);
    }
}
