//! Dropout (Srivastava et al. 2014) and its spatial form (Tompson et al. 2015).

use super::{Backward, Block, Built, Forward, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::noise::{self, Noise, Rate};
use crate::kernels::{Isa, LANES};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Sets a random fraction of its inputs to 0 during training, against overfitting.
///
/// | | |
/// |---|---|
/// | training | `y = 0` with probability `rate`, else `y = x / (1 − rate)` |
/// | otherwise | `y = x` |
/// | input | any |
/// | output | as the input |
/// | parameters | none |
/// | backward | `dx = dy / (1 − rate)` where `x` is kept, else 0 |
///
/// Only [`Fit`](crate::Fit) applies dropout; `evaluate`, `predict` and `gradients` do not. The mask depends
/// only on the seed of the run, the training step, the index of the row in the data set, the step of the
/// sequence and the unit. It does not depend on the number of threads or on an interruption.
///
/// ```
/// use gatewise::layers::{Dense, Dropout, Embedding, Lstm};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(9, 4)).with(Lstm::new(3));
/// let model = layers.with(Dropout::new(0.5)).with(Dense::new(1)).compile(1)?;
/// assert!(Sequential::new().with(Dropout::new(1.5)).compile(1).is_err());
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Dropout {
    /// Fraction of the inputs to drop, at least 0 and below 1.
    pub rate: f64,
}

/// Sets random channels to 0 during training: a unit is dropped at all steps of a row or at none.
///
/// Neighbouring steps are strongly correlated, so that [`Dropout`] of single numbers removes little
/// information from a sequence. Dropping whole channels removes it.
///
/// | | |
/// |---|---|
/// | training | for each unit, `y_t = 0` at every step with probability `rate`, else `y_t = x_t / (1 − rate)` |
/// | otherwise | `y_t = x_t` |
/// | input | `(batch, steps, D)` |
/// | output | as the input |
/// | parameters | none |
/// | backward | `dx_t = dy_t / (1 − rate)` where the unit is kept, else 0 |
///
/// The mask depends on the same values as the mask of [`Dropout`], except for the step of the sequence.
///
/// ```
/// use gatewise::layers::{Dense, Embedding, Lstm, SpatialDropout1D};
/// use gatewise::Sequential;
/// let layers = Sequential::new().with(Embedding::new(9, 4)).with(SpatialDropout1D::new(0.2));
/// let model = layers.with(Lstm::new(3)).with(Dense::new(1)).compile(1)?;
/// assert_eq!(model.params().table()[1].name, "lstm/kernel");
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct SpatialDropout1D {
    /// Fraction of the channels to drop, at least 0 and below 1.
    pub rate: f64,
}

impl Dropout {
    /// Creates a layer that drops this fraction of its inputs.
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        check_rate("Dropout", self.rate)?;
        if input == Signal::Ids {
            return Err(Error::shape(format!(
                "Dropout reads vectors, but its input is {}; put it above the Embedding",
                input.describe()
            )));
        }
        Ok(Built { params: vec![], output: input })
    }
}

impl SpatialDropout1D {
    /// Creates a layer that drops this fraction of the channels.
    pub fn new(rate: f64) -> Self {
        Self { rate }
    }

    pub(super) fn build(&self, input: Signal) -> Result<Built> {
        check_rate("SpatialDropout1D", self.rate)?;
        let remedy = match input {
            Signal::Sequence(_) => return Ok(Built { params: vec![], output: input }),
            Signal::Ids => "put it above the Embedding",
            Signal::Vector(_) => "use Dropout for single vectors",
        };
        Err(Error::shape(format!(
            "SpatialDropout1D reads a sequence of vectors, but its input is {}; {remedy}",
            input.describe()
        )))
    }
}

fn check_rate(layer: &str, rate: f64) -> Result<()> {
    match (0.0..1.0).contains(&rate) {
        true => Ok(()),
        false => {
            Err(Error::config(format!("{layer} needs a rate of at least 0 and below 1, but got {rate}")))
        }
    }
}

/// [`Dropout`] or [`SpatialDropout1D`] over one block.
#[derive(Debug)]
pub(crate) struct DropoutStage {
    signal: Signal,
    rate: Rate,
    /// Whether a unit is dropped at all steps or at none.
    spatial: bool,
}

impl DropoutStage {
    /// Creates the stage of a layer over `signal`.
    pub fn new(signal: Signal, rate: f64, spatial: bool) -> Self {
        Self { signal, rate: Rate::new(rate), spatial }
    }

    /// Writes `from` times the mask into `to`: `x` in the forward pass, `dy` in the backward pass.
    pub(super) fn pass(
        &self,
        isa: Isa,
        block: Block<'_>,
        noise: Option<Noise<'_>>,
        from: &[f32],
        to: &mut [f32],
    ) {
        let Some(noise) = noise else { return to.copy_from_slice(from) };
        let (keys, rate) = (noise.keys(), self.rate);
        match self.signal {
            Signal::Sequence(width) => {
                let steps = from.chunks_exact(width * LANES).zip(to.chunks_exact_mut(width * LANES));
                for (t, (x, y)) in steps.enumerate() {
                    let first = if self.spatial { 0 } else { ((block.before + t) * width) as u32 };
                    noise::drop(isa, noise::Drop { keys, rate, first, x, y });
                }
            }
            _ => noise::drop(isa, noise::Drop { keys, rate, first: 0, x: from, y: to }),
        }
    }
}

impl Stage for DropoutStage {
    fn describe(&self) -> String {
        let kind = if self.spatial { "SpatialDropout1D" } else { "Dropout" };
        format!("{kind}: drawn by counting, in training only")
    }

    fn param_range(&self) -> Range<usize> {
        0..0
    }

    fn output(&self) -> Signal {
        self.signal
    }

    fn shares_pad_prefix(&self) -> bool {
        matches!(self.signal, Signal::Vector(_))
    }

    fn forward(&self, io: Forward<'_>) {
        self.pass(io.shared.isa, io.block, io.noise, io.x, io.y);
    }

    fn backward(&self, io: Backward<'_>) {
        if let Some(dx) = io.dx {
            self.pass(io.shared.isa, io.block, io.noise, io.dy, dx);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::Shared;

    const WIDTH: usize = 5;

    /// Returns y and dx of `x` ([T][WIDTH][16]) and `dy`, in a block that begins after `before` steps.
    fn run(
        stage: &DropoutStage,
        noise: Option<Noise<'_>>,
        before: usize,
        x: &[f32],
        dy: &[f32],
    ) -> [Vec<f32>; 2] {
        let isa = Isa::detect();
        let shared = Shared { isa, params: &[], packed: &[], table: &[], ids: &[] };
        let steps = x.len() / (WIDTH * LANES);
        let block = Block { steps, prefix_steps: 0, before, ..Block::default() };
        let (mut y, mut dx) = (vec![f32::NAN; x.len()], vec![f32::NAN; x.len()]);
        let (training, tape) = (noise.is_some(), &mut []);
        stage.forward(Forward { shared, block, training, noise, x, y: &mut y, tape, state: None });
        let (dx_out, partial, scratch) = (Some(&mut dx[..]), &mut [], &mut []);
        let tape = &[];
        stage.backward(Backward { shared, block, noise, x, y: &y, dy, dx: dx_out, partial, tape, scratch });
        [y, dx]
    }

    fn numbers(steps: usize, from: f32) -> Vec<f32> {
        (0..steps * WIDTH * LANES).map(|i| from + i as f32).collect()
    }

    #[test]
    fn backward_drops_what_forward_dropped_and_nothing_is_dropped_outside_training() {
        let rows: Vec<usize> = (3..19).collect();
        for (signal, steps) in [(Signal::Sequence(WIDTH), 7), (Signal::Vector(WIDTH), 1)] {
            for spatial in [false, true] {
                let stage = DropoutStage::new(signal, 0.5, spatial);
                let (x, dy) = (numbers(steps, 1.0), numbers(steps, 1e4));
                let [y, dx] = run(&stage, Some(Noise::new(1, &rows)), 2, &x, &dy);
                for i in 0..x.len() {
                    assert!(y[i] == 0.0 && dx[i] == 0.0 || y[i] == 2.0 * x[i] && dx[i] == 2.0 * dy[i]);
                }
                let fraction = y.iter().filter(|&&y| y == 0.0).count() as f64 / y.len() as f64;
                assert!((0.2..0.8).contains(&fraction), "{fraction}");
                assert_eq!(run(&stage, None, 2, &x, &dy), [x, dy]);
            }
        }
    }

    /// The first step of a block depends on the other rows of the block; the mask must not.
    #[test]
    fn steps_count_from_the_start_of_the_padded_row() {
        let rows = [7, 8, 9];
        let noise = Some(Noise::new(1, &rows));
        let stage = DropoutStage::new(Signal::Sequence(WIDTH), 0.5, false);
        let x = numbers(9, 1.0);
        let [whole, _] = run(&stage, noise, 0, &x, &x);
        let [late, _] = run(&stage, noise, 4, &x[4 * WIDTH * LANES..], &x[4 * WIDTH * LANES..]);
        assert_eq!(late, whole[4 * WIDTH * LANES..]);
        let single = DropoutStage::new(Signal::Vector(WIDTH), 0.5, false);
        let x = numbers(1, 1.0);
        assert_eq!(run(&single, noise, 0, &x, &x), run(&single, noise, 4, &x, &x));
    }

    #[test]
    fn a_channel_is_dropped_at_every_step_or_none() {
        let rows: Vec<usize> = (0..LANES).collect();
        let stage = DropoutStage::new(Signal::Sequence(WIDTH), 0.5, true);
        let x = numbers(6, 1.0);
        let [y, _] = run(&stage, Some(Noise::new(1, &rows)), 3, &x, &x);
        let zero = |step: &[f32]| step.iter().map(|&y| y == 0.0).collect::<Vec<_>>();
        let first = zero(&y[..WIDTH * LANES]);
        assert!(first.contains(&true) && first.contains(&false));
        assert!(y.chunks_exact(WIDTH * LANES).all(|step| zero(step) == first));
    }
}
