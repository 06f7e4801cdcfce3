//! Gates and states at each token, from a trace.

use super::{LayerStates, SignalValues};
use crate::error::Result;
use crate::layers::{Bidirectional, Layer};
use crate::model::{Machine, Model, Trace};
use crate::rows::{Inputs, Padding};

/// Returns the gates and states of the recurrent layers for one row.
pub(super) fn of_row(
    model: &Model,
    inputs: &Inputs,
    padding: Padding,
    machine: &Machine,
) -> Result<Vec<LayerStates>> {
    let trace = model.trace_on(inputs, padding, machine)?;
    let mut found = Vec::new();
    for (name, layer) in model.layer_names().zip(model.spec().layers()) {
        match layer {
            Layer::Bidirectional(Bidirectional { wrapped, backward_layer, .. }) => {
                let prefix = format!("{name}/");
                let parts: Vec<String> =
                    trace.layers().filter(|part| part.starts_with(&prefix)).map(str::to_owned).collect();
                let inner = [Some(&**wrapped), Some(backward_layer.as_deref().unwrap_or(wrapped))];
                for (part, (layer, backwards)) in
                    parts.into_iter().zip(inner.into_iter().flatten().zip([false, true]))
                {
                    found.push(of_layer(&trace, part, layer, backwards)?);
                }
            }
            _ if layer.recurrent().is_some() => {
                found.push(of_layer(&trace, name.to_owned(), layer, goes_backwards(layer))?);
            }
            _ => {}
        }
    }
    Ok(found)
}

/// Returns `true` if a layer of the model reads from the last step to the first.
pub(super) fn reads_backwards(model: &Model) -> bool {
    model.spec().layers().any(|layer| matches!(layer, Layer::Bidirectional(_)) || goes_backwards(layer))
}

fn goes_backwards(layer: &Layer) -> bool {
    match layer {
        Layer::Lstm(layer) => layer.go_backwards,
        Layer::Gru(layer) => layer.go_backwards,
        Layer::SimpleRnn(layer) => layer.go_backwards,
        _ => false,
    }
}

fn of_layer(trace: &Trace, name: String, layer: &Layer, backwards: bool) -> Result<LayerStates> {
    let (positions, start) = (trace.positions(0), trace.inputs(0).start);
    let mut signals = Vec::new();
    for signal in trace.signals(&name)? {
        let array = trace.get(0, &name, signal)?;
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
    Ok(LayerStates { name, class: layer.class_name(), units: layer.width(), backwards, start, signals })
}
