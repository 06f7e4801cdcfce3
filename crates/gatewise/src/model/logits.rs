//! Logits: a model without the activation of its last layer.

use super::sequential::MAX_PARAMS;
use super::{Model, Sequential};
use crate::error::Result;
use crate::layers::{Activation, Dense, Layer, LayerEntry, TimeDistributed};

impl Model {
    /// Returns the model without the activation of its last layer, with the same weights: its outputs are the logits.
    /// A model whose last layer is recurrent or has no activation is returned as it is.
    pub(crate) fn to_logits(&self) -> Result<Self> {
        let mut entries: Vec<LayerEntry> = self.spec().entries().to_vec();
        let linear = |dense: &Dense| dense.clone().activation(Activation::Linear);
        match entries.last().map(|last| last.layer().clone()) {
            Some(Layer::Dense(dense)) => replace_last(&mut entries, linear(&dense).into()),
            Some(Layer::TimeDistributed(each)) => {
                replace_last(&mut entries, TimeDistributed::new(linear(&each.dense)).into());
            }
            Some(Layer::Activation(_)) => drop(entries.pop()),
            _ => {}
        }
        let spec = entries.into_iter().fold(Sequential::new(), Sequential::with);
        let mut model = spec.compile_zeros(MAX_PARAMS)?;
        model.params_mut().values_mut().copy_from_slice(self.params().values());
        Ok(model)
    }
}

fn replace_last(entries: &mut [LayerEntry], layer: Layer) {
    if let Some(last) = entries.last_mut() {
        *last = last.with_layer(layer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layers::{ActivationLayer, Embedding, Lstm};
    use crate::rows::{Inputs, Padding};
    use crate::text::Sequences;

    #[test]
    fn the_activation_of_the_logits_is_the_output() {
        let below = || Sequential::new().with(Embedding::new(9, 3)).with(Lstm::new(4));
        let sigmoid = |z: f32| 1.0 / (1.0 + (-z).exp());
        let rows: Inputs = Sequences::from_iter([vec![3, 4, 5], vec![8]]).into();
        for spec in [
            below().with(Dense::new(1).activation(Activation::Sigmoid)),
            below().with(Dense::new(1)).with(ActivationLayer::new(Activation::Sigmoid)),
        ] {
            let model = spec.compile(3).unwrap();
            let outputs = model.predict(&rows, Padding::to(5)).unwrap();
            let logits = model.to_logits().unwrap().predict(&rows, Padding::to(5)).unwrap();
            assert!(outputs.iter().zip(&logits).all(|(&p, &z)| (p - sigmoid(z)).abs() < 1e-6 && z != p));
        }
        // An output that has no activation.
        let model = below().with(Dense::new(2)).compile(3).unwrap();
        let [outputs, logits] =
            [&model, &model.to_logits().unwrap()].map(|model| model.predict(&rows, Padding::to(5)).unwrap());
        assert_eq!(outputs, logits);
    }
}
