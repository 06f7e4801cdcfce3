//! Gates and states at each token, from a trace.

use super::recurrent_part::{RecurrentPart, parts};
use super::{LayerStates, SignalValues};
use crate::error::Result;
use crate::model::{Machine, Model, Trace};
use crate::rows::{Inputs, Padding};

/// Returns the gates and states of the recurrent layers for one row. Layers above steps that another layer makes
/// (`MaxPooling1D`, …) are left out: their steps are not tokens.
pub(super) fn of_row(
    model: &Model,
    inputs: &Inputs,
    padding: Padding,
    machine: &Machine,
) -> Result<Vec<LayerStates>> {
    let trace = model.trace_on(inputs, padding, machine)?;
    parts(model).filter(|part| !part.has_other_steps()).map(|part| of_layer(&trace, part)).collect()
}

/// Returns `true` if a layer of the model reads from the last step to the first.
pub(super) fn reads_backwards(model: &Model) -> bool {
    parts(model).any(|part| part.reads_backwards())
}

fn of_layer(trace: &Trace, part: RecurrentPart) -> Result<LayerStates> {
    let (positions, start) = (trace.positions(0), trace.inputs(0).start);
    let mut signals = Vec::new();
    for signal in trace.signals(&part.name)? {
        let array = trace.get(0, &part.name, signal)?;
        let values: Vec<Vec<f32>> = positions.clone().map(|t| array.step(t).to_vec()).collect();
        let gate = signal.ends_with("_gate");
        let mean = |units: &Vec<f32>| {
            let sum: f32 = units.iter().map(|value| if gate { *value } else { value.abs() }).sum();
            sum / units.len() as f32
        };
        signals.push(SignalValues {
            name: signal.to_owned(),
            mean: values.iter().map(mean).collect(),
            values,
        });
    }
    let (class, units, backwards) = (part.layer.class_name(), part.units(), part.reads_backwards());
    Ok(LayerStates { name: part.name, class, units, backwards, start, signals })
}
