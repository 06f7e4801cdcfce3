//! A recurrent layer inside a wrapper: its stage, and the dropout of its input, which the wrapper's stage keeps.
//!
//! Input: a recurrent layer and the block of vectors that its wrapper reads. Output: the layer's own output block.

use super::recurrent_layer::LayerBelow;
use super::{Backward, DropoutStage, Forward, Layer, Signal, Stage};
use crate::kernels::noise::Noise;
use std::ops::Range;

/// A recurrent layer inside a wrapper.
#[derive(Debug)]
pub(super) struct Wrapped {
    /// `forward_lstm`, `lstm`
    pub name: String,
    /// D
    inputs: usize,
    /// The dropout of the input.
    drops: Option<DropoutStage>,
    pub stage: Box<dyn Stage>,
}

/// The stream of the dropout of the layer's input. The streams of the layer itself are counted from 0.
const INPUT_DROPOUT: usize = 1 << 16;

impl Wrapped {
    /// Creates the stage of `layer`, which is recurrent, over vectors of `inputs` numbers, with its tensors at
    /// `params`.
    pub fn new(name: String, layer: &Layer, inputs: usize, params: &[Range<usize>]) -> Self {
        let Some(layer) = layer.recurrent() else { unreachable!("it is built of recurrent layers only") };
        let bias = params.get(2).cloned().unwrap_or(params[1].end..params[1].end);
        let input = Signal::Sequence(inputs);
        let drops = (layer.dropout() > 0.0).then(|| DropoutStage::new(input, layer.dropout(), true));
        let below = LayerBelow::Vectors(inputs);
        let stage = layer.stage(below, [params[0].clone(), params[1].clone(), bias]);
        Self { name, inputs, drops, stage }
    }

    /// Returns the number of floats of the input that dropout leaves, which training keeps.
    pub fn dropped_len(&self, steps: usize, training: bool) -> usize {
        if training && self.drops.is_some() { self.input_len(steps) } else { 0 }
    }

    /// Returns the number of floats of the input.
    pub fn input_len(&self, steps: usize) -> usize {
        Signal::Sequence(self.inputs).block_len(steps)
    }

    /// Computes the output, and in `dropped` the input that dropout leaves.
    pub fn forward(&self, io: Forward<'_>, dropped: &mut [f32]) {
        let Forward { shared, block, noise, x, .. } = io;
        let x = match &self.drops {
            Some(drops) if io.training => {
                drops.pass(shared.isa, block, noise.map(of_input), x, dropped);
                dropped
            }
            _ => x,
        };
        self.stage.forward(Forward { x, ..io });
    }

    /// Computes the gradients, given the input that dropout has left. `undropped` is scratch of as many floats as
    /// the input.
    pub fn backward(&self, io: Backward<'_>, dropped: &[f32], undropped: &mut [f32]) {
        let Backward { shared, block, noise, x, dx, .. } = io;
        let Some(drops) = &self.drops else {
            return self.stage.backward(Backward { x, dx, ..io });
        };
        let into = dx.is_some().then_some(&mut *undropped);
        self.stage.backward(Backward { x: dropped, dx: into, ..io });
        if let Some(dx) = dx {
            drops.pass(shared.isa, block, noise.map(of_input), undropped, dx);
        }
    }
}

/// Returns the random numbers of the dropout of the layer's input.
fn of_input(noise: Noise<'_>) -> Noise<'_> {
    noise.stream(INPUT_DROPOUT)
}
