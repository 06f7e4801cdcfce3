//! Pooling over windows of steps: shorter sequences.

use super::{Backward, Built, Forward, Signal, Stage};
use crate::error::{Error, Result};
use crate::kernels::LANES;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// The steps that windows at the ends of a row cover.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PoolPadding {
    /// Windows lie within the row: `⌊(T − pool_size) / strides⌋ + 1` of them, none if the row is shorter.
    #[default]
    Valid,
    /// Windows reach over both ends of the row, the end first: `⌈T / strides⌉` of them. Steps beyond the ends
    /// do not count.
    Same,
}

/// Computes the mean of each unit over windows of steps.
///
/// | | |
/// |---|---|
/// | equation | `y_s` is the mean of `x_t` over the steps of window s |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, windows, D)`; no step is masked |
/// | parameters | none |
/// | backward | each step of a window gets an equal share of `dy_s` |
///
/// As in Keras, **masks are ignored**, and the layers above have none: padding counts with the output of the
/// layers below.
///
/// ```
/// use gatewise::layers::AveragePooling1D;
/// use gatewise::rows::Features;
/// let mut x = Features::new(1);
/// x.push(&[1.0, 3.0, 5.0, 6.0, 8.0])?;
/// let none: [&[f32]; 0] = [];
/// assert_eq!(AveragePooling1D::new(2).call(&x, &none)?.values(), [2.0, 5.5]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct AveragePooling1D {
    /// Number of steps of a window. Default: 2.
    pub pool_size: usize,
    /// Number of steps from one window to the next. Default: `pool_size`.
    pub strides: Option<usize>,
    /// The windows at the ends of a row. Default: valid.
    pub padding: PoolPadding,
}

/// Computes the maximum of each unit over windows of steps.
///
/// | | |
/// |---|---|
/// | equation | `y_s` is the maximum of `x_t` over the steps of window s |
/// | input | `(batch, steps, D)` |
/// | output | `(batch, windows, D)`; no step is masked |
/// | parameters | none |
/// | backward | `dy_s` flows to the first step of the maximum |
///
/// As in Keras, **masks are ignored**, and the layers above have none: padding counts with the output of the
/// layers below.
///
/// ```
/// use gatewise::layers::{MaxPooling1D, PoolPadding};
/// use gatewise::rows::Features;
/// let mut x = Features::new(1);
/// x.push(&[1.0, 3.0, 5.0, 6.0, 8.0])?;
/// let none: [&[f32]; 0] = [];
/// let layer = MaxPooling1D::new(2).padding(PoolPadding::Same);
/// assert_eq!(layer.call(&x, &none)?.values(), [3.0, 6.0, 8.0]);
/// # Ok::<(), gatewise::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[non_exhaustive]
pub struct MaxPooling1D {
    /// Number of steps of a window. Default: 2.
    pub pool_size: usize,
    /// Number of steps from one window to the next. Default: `pool_size`.
    pub strides: Option<usize>,
    /// The windows at the ends of a row. Default: valid.
    pub padding: PoolPadding,
}

macro_rules! window_pooling {
    ($layer:ident, $max:literal) => {
        impl Default for $layer {
            /// Returns Keras's defaults.
            fn default() -> Self {
                Self { pool_size: 2, strides: None, padding: PoolPadding::Valid }
            }
        }

        impl $layer {
            /// Creates a layer that pools windows of `pool_size` steps.
            pub fn new(pool_size: usize) -> Self {
                Self { pool_size, ..Self::default() }
            }

            /// Sets the number of steps from one window to the next.
            pub fn strides(self, strides: usize) -> Self {
                Self { strides: Some(strides), ..self }
            }

            /// Sets which windows there are at the ends of a row.
            pub fn padding(self, padding: PoolPadding) -> Self {
                Self { padding, ..self }
            }

            /// Returns the windows.
            pub(crate) fn windows(&self) -> Windows {
                let (size, same) = (self.pool_size, self.padding == PoolPadding::Same);
                Windows { max: $max, size, strides: self.strides.unwrap_or(size), same }
            }

            pub(super) fn build(&self, input: Signal) -> Result<Built> {
                self.windows().build(stringify!($layer), input)
            }
        }
    };
}
window_pooling!(AveragePooling1D, false);
window_pooling!(MaxPooling1D, true);

/// Windows of steps.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Windows {
    max: bool,
    size: usize,
    strides: usize,
    same: bool,
}

impl Windows {
    fn build(self, class: &str, input: Signal) -> Result<Built> {
        if self.size == 0 || self.strides == 0 {
            return Err(Error::config(format!(
                "{class} needs pool_size and strides of at least 1, but got {} and {}",
                self.size, self.strides
            )));
        }
        match input {
            Signal::Sequence(_) => Ok(Built { params: Vec::new(), output: input }),
            _ => Err(Error::shape(format!(
                "{class} reads a sequence of vectors, but its input is {}; {}",
                input.describe(),
                match input {
                    Signal::Ids => "put an Embedding before it",
                    _ => "set return_sequences on the recurrent layer before it",
                }
            ))),
        }
    }

    /// Returns the number of windows over `steps` steps.
    pub fn count(self, steps: usize) -> usize {
        match (self.same, steps.checked_sub(self.size)) {
            (true, _) => steps.div_ceil(self.strides),
            (false, Some(rest)) => rest / self.strides + 1,
            (false, None) => 0,
        }
    }

    /// Returns the steps of each window over `steps` steps; at least one each.
    pub fn of(self, steps: usize) -> impl Iterator<Item = Range<usize>> {
        let count = self.count(steps);
        let reach = (count.max(1) - 1).saturating_mul(self.strides).saturating_add(self.size);
        let before = if self.same { reach.saturating_sub(steps) / 2 } else { 0 };
        (0..count).map(move |window| {
            let start = window * self.strides;
            start.saturating_sub(before)..start.saturating_add(self.size).saturating_sub(before).min(steps)
        })
    }
}

/// Pooling over windows of one block.
#[derive(Debug)]
pub(crate) struct WindowPoolingStage {
    pub windows: Windows,
    pub width: usize,
}

impl Stage for WindowPoolingStage {
    fn describe(&self) -> String {
        let kind = if self.windows.max { "MaxPooling1D" } else { "AveragePooling1D" };
        format!("{kind}: over windows of steps, padding too")
    }

    fn param_range(&self) -> Range<usize> {
        0..0
    }

    fn output(&self) -> Signal {
        Signal::Sequence(self.width)
    }

    fn other_steps(&self, steps: usize) -> Option<usize> {
        Some(self.windows.count(steps))
    }

    fn shares_pad_prefix(&self) -> bool {
        false
    }

    fn reads_masked_steps(&self) -> bool {
        true
    }

    fn forward(&self, io: Forward<'_>) {
        let step = self.width * LANES;
        for (window, y) in self.windows.of(io.block.steps).zip(io.y.chunks_exact_mut(step)) {
            let scale = 1.0 / window.len() as f32;
            let mut steps = io.x[window.start * step..window.end * step].chunks_exact(step);
            y.copy_from_slice(steps.next().unwrap_or_default());
            for x in steps {
                match self.windows.max {
                    // A NaN stays.
                    true => y.iter_mut().zip(x).for_each(|(y, &x)| *y = if x <= *y { *y } else { x }),
                    false => y.iter_mut().zip(x).for_each(|(y, x)| *y += x),
                }
            }
            if !self.windows.max {
                y.iter_mut().for_each(|y| *y *= scale);
            }
        }
    }

    fn backward(&self, io: Backward<'_>) {
        let Some(dx) = io.dx else { return };
        dx.fill(0.0);
        let step = self.width * LANES;
        let outputs = io.y.chunks_exact(step).zip(io.dy.chunks_exact(step));
        for (window, (y, dy)) in self.windows.of(io.block.steps).zip(outputs) {
            let scale = 1.0 / window.len() as f32;
            for at in 0..step {
                let mut steps = window.clone().map(|t| t * step + at);
                if !self.windows.max {
                    steps.for_each(|place| dx[place] += scale * dy[at]);
                } else if let Some(place) = steps.find(|&place| io.x[place] == y[at]) {
                    dx[place] += dy[at];
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_those_that_the_formulas_give() {
        let of = |same, size, strides, steps| {
            Windows { max: true, size, strides, same }.of(steps).collect::<Vec<_>>()
        };
        assert_eq!(of(false, 2, 2, 5), [0..2, 2..4]);
        assert_eq!(of(false, 3, 1, 5), [0..3, 1..4, 2..5]);
        assert!(of(false, 3, 2, 2).is_empty());
        assert_eq!(of(true, 2, 2, 5), [0..2, 2..4, 4..5]);
        // One step is missing before the row, and one behind it.
        assert_eq!(of(true, 3, 1, 4), [0..2, 0..3, 1..4, 2..4]);
        assert_eq!(of(true, 4, 3, 4), [0..3, 2..4]);
        // Strides that skip steps.
        assert_eq!(of(true, 1, 3, 5), [0..1, 3..4]);
        assert!(of(true, 2, 2, 0).is_empty());
    }
}
