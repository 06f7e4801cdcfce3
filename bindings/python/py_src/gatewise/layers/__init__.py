"""Layers, with Keras's arguments and defaults.

A layer is its settings until its model is built. Then its weights are those of the model: ``layer.get_weights()`` reads
them, ``layer.set_weights(arrays)`` sets them. A layer can also be called on arrays, ``LSTM(3)(x)``.

Shapes: B rows, T steps, D numbers a step, H units.
"""

from __future__ import annotations

from typing import Any

from gatewise import initializers, regularizers
from gatewise.layers.base import Layer
from gatewise.layers.core import (
    Activation,
    Dense,
    Dropout,
    LayerNormalization,
    RepeatVector,
    SpatialDropout1D,
    TimeDistributed,
)
from gatewise.layers.inputs import Embedding, Input, InputLayer, Masking
from gatewise.layers.pooling import (
    AveragePooling1D,
    AvgPool1D,
    GlobalAveragePooling1D,
    GlobalAvgPool1D,
    GlobalMaxPool1D,
    GlobalMaxPooling1D,
    MaxPool1D,
    MaxPooling1D,
)
from gatewise.layers.recurrent import GRU, LSTM, Bidirectional, SimpleRNN, SkipConnection

__all__ = [
    "Activation", "AveragePooling1D", "AvgPool1D", "Bidirectional", "Dense", "Dropout", "Embedding", "GRU",
    "GlobalAveragePooling1D", "GlobalAvgPool1D", "GlobalMaxPool1D", "GlobalMaxPooling1D", "Input", "InputLayer", "LSTM",
    "Layer", "LayerNormalization", "Masking", "MaxPool1D", "MaxPooling1D", "RepeatVector", "SimpleRNN",
    "SkipConnection", "SpatialDropout1D", "TimeDistributed", "layer_of",
]  # fmt: skip


_CLASSES: dict[str, type[Layer]] = {
    made._name: made
    for made in (
        Input, Masking, Embedding, LSTM, GRU, SimpleRNN, Bidirectional, Dense, TimeDistributed, Dropout,
        SpatialDropout1D, GlobalMaxPooling1D, GlobalAveragePooling1D, LayerNormalization, Activation, RepeatVector,
        MaxPooling1D, AveragePooling1D, SkipConnection,
    )
}  # fmt: skip


def layer_of(spec: dict[str, Any], name: str) -> Layer:
    """Returns the layer of the library's JSON."""
    spec = dict(spec)
    made = _CLASSES[spec.pop("layer")]
    if made is Input:
        return Input((None, spec["features"]) if spec.get("sequence", True) else (spec["features"],), name=name)
    is_named = spec.pop("name", None) is not None
    arguments = {key: _argument(key, value) for key, value in spec.items()}
    if made in (Bidirectional, SkipConnection):
        arguments["layer"] = arguments.pop("wrapped")
    if made is TimeDistributed:
        arguments["layer"] = arguments.pop("dense")
    layer = made(name=name, **arguments)
    layer._is_named = is_named
    return layer


def _argument(key: str, value: Any) -> Any:
    if key in ("wrapped", "backward_layer"):
        return None if value is None else layer_of(value, Layer._default_name())
    if key == "dense":
        return Dense(**{name: _argument(name, inner) for name, inner in value.items()})
    if key.endswith("_initializer") and isinstance(value, dict):
        ((name, settings),) = value.items()
        return initializers.get({"class_name": name, "config": settings})
    if key.endswith("_regularizer") and value is not None:
        return regularizers.L1L2(**value)
    return value
