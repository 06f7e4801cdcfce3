//! Entries of a model: a layer, its name, and whether training updates its weights.
//!
//! Input: the settings of a layer. Output: an entry, which reads and writes JSON as one flat object.

use super::{
    ActivationLayer, AveragePooling1D, Bidirectional, Dense, Dropout, Embedding, GlobalAveragePooling1D,
    GlobalMaxPooling1D, Gru, Input, Layer, LayerNormalization, Lstm, Masking, MaxPooling1D, RepeatVector,
    SimpleRnn, SkipConnection, SpatialDropout1D, TimeDistributed,
};
use crate::error::{Error, Result};
use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use std::fmt;

/// A layer of a [`Sequential`](crate::Sequential) with its name and its setting of `trainable`.
///
/// `name` and `trainable` of every layer return an entry, so that they come last in a chain of settings:
///
/// ```
/// use gatewise::layers::{Dense, Embedding, Lstm};
/// use gatewise::Sequential;
/// let model = Sequential::new()
///     .with(Embedding::new(50, 4))
///     .with(Lstm::new(3).return_sequences(true).name("reader").trainable(false))
///     .with(Lstm::new(3))
///     .with(Dense::new(1).name("head"))
///     .compile(1)?;
/// let names: Vec<_> = model.params().table().iter().map(|tensor| tensor.name.as_str()).collect();
/// assert_eq!(names[1..3], ["reader/kernel", "reader/recurrent_kernel"]);
/// assert!(names.contains(&"lstm/bias") && names.contains(&"head/bias"));
/// assert_eq!(model.trainable_params(), model.params().len() - 4 * 3 * (4 + 3 + 1));
/// # Ok::<(), gatewise::Error>(())
/// ```
///
/// In JSON both stand among the settings of the layer:
///
/// ```
/// use gatewise::layers::{LayerEntry, Lstm};
/// let json = r#"{"layer":"lstm","units":3,"return_sequences":true,"name":"reader","trainable":false}"#;
/// let entry: LayerEntry = serde_json::from_str(json)?;
/// assert_eq!(entry, Lstm::new(3).return_sequences(true).name("reader").trainable(false));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct LayerEntry {
    layer: Layer,
    name: Option<String>,
    /// Always true for an [`Embedding`], which has the setting itself.
    trainable: bool,
}

impl LayerEntry {
    /// Returns the layer.
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// Returns the name that was given to the layer; `None` if the layer has its default name.
    pub fn given_name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Returns whether training updates the weights of the layer.
    pub fn is_trainable(&self) -> bool {
        match &self.layer {
            Layer::Embedding(layer) => layer.trainable,
            _ => self.trainable,
        }
    }

    /// Sets the name of the layer. Default: the class in lower case, such as `lstm`, then `lstm_1`, ….
    ///
    /// A name has at least one character and no `/`, and no two layers of a model share one;
    /// [`Sequential::compile`](crate::Sequential::compile) checks both.
    #[must_use]
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Sets whether training updates the weights of the layer. Default: true.
    #[must_use]
    pub fn trainable(mut self, trainable: bool) -> Self {
        self.set_trainable(trainable);
        self
    }

    pub(crate) fn set_trainable(&mut self, trainable: bool) {
        match &mut self.layer {
            Layer::Embedding(layer) => layer.trainable = trainable,
            _ => self.trainable = trainable,
        }
    }

    /// Returns the entry with another layer, under the same name.
    pub(crate) fn with_layer(&self, layer: Layer) -> Self {
        Self { layer, ..self.clone() }
    }

    /// Checks the name that was given to the layer.
    pub(crate) fn check_name(&self) -> Result<()> {
        let Some(name) = &self.name else { return Ok(()) };
        if name.is_empty() || name.contains('/') || name.chars().any(char::is_control) {
            return Err(Error::config(format!(
                "a layer has the name {name:?}, but a name has at least one character, no '/' and no line break; \
                 the names of tensors are the layer's name, '/' and the tensor's"
            )));
        }
        Ok(())
    }
}

impl From<Layer> for LayerEntry {
    fn from(layer: Layer) -> Self {
        Self { layer, name: None, trainable: true }
    }
}

/// Lists all layers, each with its variant of [`Layer`].
macro_rules! layers {
    ($($layer:ident => $variant:ident,)*) => {$(
        impl From<$layer> for Layer {
            fn from(layer: $layer) -> Self {
                Self::$variant(layer)
            }
        }

        impl From<$layer> for LayerEntry {
            fn from(layer: $layer) -> Self {
                Layer::from(layer).into()
            }
        }

        impl $layer {
            /// Returns the layer under this name; see [`LayerEntry::name`].
            pub fn name(self, name: impl Into<String>) -> LayerEntry {
                LayerEntry::from(self).name(name)
            }
        }
    )*};
}
layers! {
    Input => Input,
    Masking => Masking,
    Embedding => Embedding,
    Lstm => Lstm,
    Gru => Gru,
    SimpleRnn => SimpleRnn,
    Bidirectional => Bidirectional,
    SkipConnection => SkipConnection,
    Dense => Dense,
    TimeDistributed => TimeDistributed,
    Dropout => Dropout,
    SpatialDropout1D => SpatialDropout1D,
    GlobalMaxPooling1D => GlobalMaxPooling1D,
    GlobalAveragePooling1D => GlobalAveragePooling1D,
    LayerNormalization => LayerNormalization,
    ActivationLayer => Activation,
    RepeatVector => RepeatVector,
    MaxPooling1D => MaxPooling1D,
    AveragePooling1D => AveragePooling1D,
}

macro_rules! freezable {
    ($($layer:ident),*) => {$(
        impl $layer {
            /// Sets whether training updates the weights of the layer; see [`LayerEntry::trainable`].
            pub fn trainable(self, trainable: bool) -> LayerEntry {
                LayerEntry::from(self).trainable(trainable)
            }
        }
    )*};
}
// An embedding has its own.
freezable!(
    Layer,
    Input,
    Masking,
    Lstm,
    Gru,
    SimpleRnn,
    Bidirectional,
    SkipConnection,
    Dense,
    TimeDistributed,
    Dropout,
    SpatialDropout1D,
    GlobalMaxPooling1D,
    GlobalAveragePooling1D,
    LayerNormalization,
    ActivationLayer,
    RepeatVector,
    MaxPooling1D,
    AveragePooling1D
);

impl Layer {
    /// Returns the layer under this name; see [`LayerEntry::name`].
    pub fn name(self, name: impl Into<String>) -> LayerEntry {
        LayerEntry::from(self).name(name)
    }
}

/// The JSON object of an entry. Defaults are not written, so that older programs read models without them.
#[derive(Serialize)]
struct Written<'a> {
    #[serde(flatten)]
    layer: &'a Layer,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trainable: Option<bool>,
}

impl Serialize for LayerEntry {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let trainable = (!self.trainable).then_some(false);
        Written { layer: &self.layer, name: self.given_name(), trainable }.serialize(to)
    }
}

impl<'de> Deserialize<'de> for LayerEntry {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let mut settings = from.deserialize_map(Settings)?;
        let name = settings.remove("name").unwrap_or(Value::Null);
        let name = Option::<String>::deserialize(name).map_err(D::Error::custom)?;
        let trainable = settings.remove("trainable").map(bool::deserialize);
        let trainable = trainable.transpose().map_err(D::Error::custom)?;
        let layer = Layer::deserialize(Value::Object(settings)).map_err(D::Error::custom)?;
        let entry = Self { name, ..layer.into() };
        Ok(entry.trainable(trainable.unwrap_or(true)))
    }
}

/// Reads the settings of a layer, each of them once.
struct Settings;

impl<'de> Visitor<'de> for Settings {
    type Value = Map<String, Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings of a layer, such as {\"layer\": \"lstm\", \"units\": 10}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut from: A) -> Result<Self::Value, A::Error> {
        let mut settings = Map::new();
        while let Some((name, value)) = from.next_entry::<String, Value>()? {
            if settings.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            settings.insert(name, value);
        }
        Ok(settings)
    }
}
