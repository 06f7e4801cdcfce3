"""Layers, with Keras's arguments and defaults.

A layer is its settings until its model is built. Then its weights are those of the model: ``layer.get_weights()`` reads
them, ``layer.set_weights(arrays)`` sets them. A layer can also be called on arrays, ``LSTM(3)(x)``.

Shapes: B rows, T steps, D numbers a step, H units.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar

from gatewise import activations, initializers, regularizers
from gatewise._config import Configured

if TYPE_CHECKING:
    import numpy as np


class Layer(Configured):
    """The base of all layers.

    Args:
        name: The name of the layer, by which its weights are found. Default: the class in snake case, with a number.
        trainable: Whether training updates the weights.
        dtype: ``"float32"``, the only type there is.
    """

    _counts: ClassVar[dict[str, int]] = {}

    def __init__(self, *, name: str | None = None, trainable: bool = True, dtype: Any = None, **kwargs: Any) -> None:
        if dtype not in (None, "float32"):
            raise ValueError(f"{type(self).__name__}: the dtype is {dtype!r}, but layers compute in 'float32'")
        # Keras's hint of an input shape, from before there was Input.
        self._input_shape: tuple[int | None, ...] | None = None
        if "input_shape" in kwargs:
            self._input_shape = (None, *kwargs.pop("input_shape"))
        elif "input_dim" in kwargs:
            self._input_shape = (None, kwargs.pop("input_dim"))
        kwargs.pop("input_length", None)
        if kwargs:
            raise TypeError(f"{type(self).__name__} has no argument {next(iter(kwargs))!r}")
        self.name = name or self._default_name()
        self._is_named = name is not None
        self._trainable = bool(trainable)
        # The Sequential that the layer belongs to.
        self._model: Any = None

    @classmethod
    def _default_name(cls) -> str:
        base = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", cls.__name__).lower()
        count = Layer._counts[base] = Layer._counts.get(base, -1) + 1
        return base if count == 0 else f"{base}_{count}"

    @property
    def trainable(self) -> bool:
        """Whether training updates the weights. Set it before ``compile``, as in Keras."""
        return self._trainable

    @trainable.setter
    def trainable(self, value: bool) -> None:
        self._trainable = bool(value)

    def get_config(self) -> dict[str, Any]:
        config = {"name": self.name, "trainable": self.trainable, **super().get_config()}
        return {name: _plain(value) for name, value in config.items()}

    def _settings(self) -> dict[str, Any]:
        """Returns the layer's settings in the library's JSON."""
        raise NotImplementedError

    def _spec(self) -> dict[str, Any]:
        """Returns the layer in the library's JSON."""
        spec = {"layer": self._name, **self._settings()}
        if self._is_named:
            spec["name"] = self.name
        if not self.trainable:
            spec["trainable"] = False
        return spec

    # Weights

    def _place(self) -> tuple[Any, range]:
        if self._model is None or self._model._native is None:
            raise ValueError(f"layer {self.name} has no weights yet: build its model, or call the layer on an array")
        return self._model._native, self._model._tensors_of(self)

    def get_weights(self) -> list[np.ndarray]:
        """Returns the arrays of the weights, in Keras's order. The page of each layer lists them."""
        native, place = self._place()
        weights = native.get_weights()
        return [weights[index] for index in place]

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the arrays of the weights, in Keras's order."""
        native, place = self._place()
        if len(weights) != len(place):
            raise ValueError(f"layer {self.name} has {len(place)} arrays of weights, but {len(weights)} were given")
        every = native.get_weights()
        for index, array in zip(place, weights):
            every[index] = array
        native.set_weights(every)

    @property
    def weights(self) -> list[np.ndarray]:
        """The arrays of the weights (copies)."""
        return self.get_weights()

    def count_params(self) -> int:
        """Returns the number of weights."""
        return sum(int(array.size) for array in self.get_weights())


def _plain(value: Any) -> Any:
    """Returns objects as their names and settings."""
    if isinstance(value, Configured):
        return {"class_name": type(value).__name__, "config": value.get_config()}
    return str(value) if isinstance(value, activations.Activation) else value


def _initializer(value: Any) -> Any:
    # What is drawn in Python replaces these when the model is built.
    return value._spec() if isinstance(value, initializers.Initializer) else "zeros"


def _regularizer(value: Any) -> Any:
    return None if value is None else value._spec()


def _no_constraint(layer: Layer, **constraints: Any) -> None:
    for name, value in constraints.items():
        if value is not None:
            raise ValueError(f"{layer.name}: {name} is {value!r}, but there are no constraints here; use a regularizer")


class Input(Layer):
    """The input of a model: vectors of D numbers at each step, ``Input((T, D))`` or ``Input((None, D))``, flat vectors,
    ``Input((D,))``, or token ids, ``Input((T,))`` before an ``Embedding``.

    Args:
        shape: The shape of a row, without the batch.
        dtype: Ignored: what comes next decides what is read.
    """

    _name = "input"

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        batch_shape: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if shape is None and batch_shape is not None:
            batch_size, *shape = batch_shape
        if shape is None:
            raise ValueError("Input needs a shape: (steps, numbers), (None, numbers), or (numbers,)")
        self.shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        self.batch_size = batch_size

    @classmethod
    def _default_name(cls) -> str:
        count = Layer._counts["input_layer"] = Layer._counts.get("input_layer", -1) + 1
        return "input_layer" if count == 0 else f"input_layer_{count}"

    def _settings(self) -> dict[str, Any]:
        return {"features": self.shape[-1]}


InputLayer = Input


class Masking(Layer):
    """Masks the steps of vectors whose numbers are all ``mask_value``. Follows ``Input``."""

    _name = "masking"

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def _settings(self) -> dict[str, Any]:
        return {"mask_value": float(self.mask_value)}


class Embedding(Layer):
    """Token ids to vectors: (B, T) → (B, T, ``output_dim``). Weights: ``embeddings`` (input_dim, output_dim).

    Args:
        input_dim: The vocabulary size: the largest id + 1.
        output_dim: The numbers of a vector.
        mask_zero: Whether id 0 is padding, which the layers above skip.
    """

    _name = "embedding"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _no_constraint(self, embeddings_constraint=embeddings_constraint)
        self.input_dim, self.output_dim, self.mask_zero = int(input_dim), int(output_dim), bool(mask_zero)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self._initial_weights = weights

    def _settings(self) -> dict[str, Any]:
        return {
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "mask_zero": self.mask_zero,
            "embeddings_initializer": _initializer(self.embeddings_initializer),
            "embeddings_regularizer": _regularizer(self.embeddings_regularizer),
        }

    def _initializers(self) -> list[Any]:
        return [self.embeddings_initializer]


class _Recurrent(Layer):
    """The arguments that all recurrent layers have."""

    def __init__(
        self,
        units: int,
        activation: Any,
        use_bias: bool,
        kernel_initializer: Any,
        recurrent_initializer: Any,
        bias_initializer: Any,
        kernel_regularizer: Any,
        recurrent_regularizer: Any,
        bias_regularizer: Any,
        activity_regularizer: Any,
        kernel_constraint: Any,
        recurrent_constraint: Any,
        bias_constraint: Any,
        dropout: float,
        recurrent_dropout: float,
        seed: int | None,
        return_sequences: bool,
        return_state: bool,
        go_backwards: bool,
        stateful: bool,
        unroll: bool,
        kwargs: dict[str, Any],
    ) -> None:
        self.zero_output_for_mask = bool(kwargs.pop("zero_output_for_mask", False))
        super().__init__(**kwargs)
        _no_constraint(
            self,
            kernel_constraint=kernel_constraint,
            recurrent_constraint=recurrent_constraint,
            bias_constraint=bias_constraint,
        )
        if activity_regularizer is not None:
            raise ValueError(f"{self.name}: activity_regularizer is not supported; regularize the weights")
        self.units = int(units)
        self.activation = activations.get(activation)
        self.use_bias = bool(use_bias)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.dropout, self.recurrent_dropout = float(dropout), float(recurrent_dropout)
        self.seed = seed
        self.return_sequences, self.return_state = bool(return_sequences), bool(return_state)
        self.go_backwards, self.stateful, self.unroll = bool(go_backwards), bool(stateful), bool(unroll)

    def _settings(self) -> dict[str, Any]:
        settings = {
            "units": self.units,
            "activation": str(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": _initializer(self.kernel_initializer),
            "recurrent_initializer": _initializer(self.recurrent_initializer),
            "bias_initializer": _initializer(self.bias_initializer),
            "kernel_regularizer": _regularizer(self.kernel_regularizer),
            "recurrent_regularizer": _regularizer(self.recurrent_regularizer),
            "bias_regularizer": _regularizer(self.bias_regularizer),
            "dropout": self.dropout,
            "recurrent_dropout": self.recurrent_dropout,
            "return_sequences": self.return_sequences,
            "go_backwards": self.go_backwards,
        }
        if self.zero_output_for_mask:
            settings["zero_output_for_mask"] = True
        return settings

    def _initializers(self) -> list[Any]:
        bias = [self.bias_initializer] if self.use_bias else []
        return [self.kernel_initializer, self.recurrent_initializer, *bias]


class LSTM(_Recurrent):
    """Long short-term memory: (B, T, D) → (B, H), or (B, T, H) with ``return_sequences``.

    Weights: ``kernel`` (D, 4H), ``recurrent_kernel`` (H, 4H), ``bias`` (4H); the gates are in the order i, f, c, o.

    Args:
        units: H.
        return_sequences: Whether to return the outputs of all steps.
        return_state: Whether a call on arrays returns the states ``h`` and ``c`` too.
        go_backwards: Whether to read the steps from the last to the first.
        stateful: Whether a call on arrays starts from the states after the call before.
        dropout: The share of the inputs that training drops.
        recurrent_dropout: The share of the previous outputs that training drops.
        forget_gate: ``False`` is the LSTM of 1997, which had none.
    """

    _name = "lstm"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        use_cudnn: Any = "auto",
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        self.forget_gate = bool(kwargs.pop("forget_gate", True))
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, return_sequences, return_state,
            go_backwards, stateful, unroll, kwargs,
        )  # fmt: skip
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = bool(unit_forget_bias)

    def _settings(self) -> dict[str, Any]:
        own = {"recurrent_activation": str(self.recurrent_activation), "unit_forget_bias": self.unit_forget_bias}
        if not self.forget_gate:
            own["forget_gate"] = False
        return {**super()._settings(), **own}


class GRU(_Recurrent):
    """Gated recurrent unit: (B, T, D) → (B, H), or (B, T, H) with ``return_sequences``.

    Weights: ``kernel`` (D, 3H), ``recurrent_kernel`` (H, 3H), ``bias`` (2, 3H), or (3H) without ``reset_after``; the
    gates are in the order z, r, h. The arguments are those of ``LSTM``.
    """

    _name = "gru"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: int | None = None,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        reset_after: bool = True,
        use_cudnn: Any = "auto",
        implementation: int = 2,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, return_sequences, return_state,
            go_backwards, stateful, unroll, kwargs,
        )  # fmt: skip
        self.recurrent_activation = activations.get(recurrent_activation)
        self.reset_after = bool(reset_after)

    def _settings(self) -> dict[str, Any]:
        own = {"recurrent_activation": str(self.recurrent_activation), "reset_after": self.reset_after}
        return {**super()._settings(), **own}


class SimpleRNN(_Recurrent):
    """Fully connected recurrent layer: (B, T, D) → (B, H), or (B, T, H) with ``return_sequences``.

    Weights: ``kernel`` (D, H), ``recurrent_kernel`` (H, H), ``bias`` (H). The arguments are those of ``LSTM``.
    """

    _name = "simple_rnn"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        seed: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            units, activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            kernel_regularizer, recurrent_regularizer, bias_regularizer, activity_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed, return_sequences, return_state,
            go_backwards, stateful, unroll, kwargs,
        )  # fmt: skip


class Bidirectional(Layer):
    """A recurrent layer in both directions.

    Args:
        layer: An ``LSTM``, ``GRU`` or ``SimpleRNN``.
        merge_mode: ``"concat"``, ``"sum"``, ``"mul"``, ``"ave"``, or ``None``: a call on arrays returns both outputs.
    """

    _name = "bidirectional"

    def __init__(
        self,
        layer: Layer,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Layer | None = None,
        **kwargs: Any,
    ) -> None:
        if not isinstance(layer, _Recurrent):
            raise ValueError(f"Bidirectional wraps an LSTM, GRU or SimpleRNN, but got {layer!r}")
        super().__init__(**kwargs)
        self.layer, self.merge_mode, self.backward_layer = layer, merge_mode, backward_layer
        self._initial_weights = weights

    def _settings(self) -> dict[str, Any]:
        if self.backward_layer is not None:
            raise ValueError(f"{self.name}: backward_layer is not supported; both directions have the same settings")
        if self.merge_mode is None:
            raise ValueError(f"{self.name}: merge_mode=None is for calls on arrays; a model needs one output")
        return {"wrapped": self.layer._spec(), "merge_mode": self.merge_mode}

    def _initializers(self) -> list[Any]:
        return self.layer._initializers() * 2


class Dense(Layer):
    """Fully connected layer: (…, D) → (…, ``units``). Weights: ``kernel`` (D, units), ``bias`` (units)."""

    _name = "dense"

    def __init__(
        self,
        units: int,
        activation: Any = None,
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        lora_rank: int | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _no_constraint(self, kernel_constraint=kernel_constraint, bias_constraint=bias_constraint)
        if activity_regularizer is not None or lora_rank is not None:
            raise ValueError(f"{self.name}: activity_regularizer and lora_rank are not supported")
        self.units, self.use_bias = int(units), bool(use_bias)
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def _settings(self) -> dict[str, Any]:
        return {
            "units": self.units,
            "activation": str(self.activation),
            "use_bias": self.use_bias,
            "kernel_initializer": _initializer(self.kernel_initializer),
            "bias_initializer": _initializer(self.bias_initializer),
            "kernel_regularizer": _regularizer(self.kernel_regularizer),
            "bias_regularizer": _regularizer(self.bias_regularizer),
        }

    def _initializers(self) -> list[Any]:
        return [self.kernel_initializer, *([self.bias_initializer] if self.use_bias else [])]


class TimeDistributed(Layer):
    """Applies a ``Dense`` to every step: (B, T, D) → (B, T, units)."""

    _name = "time_distributed"

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(layer, Dense):
            raise ValueError(f"{self.name}: TimeDistributed wraps a Dense, but got {layer!r}")
        self.layer = layer

    def _settings(self) -> dict[str, Any]:
        return {"dense": self.layer._settings()}

    def _initializers(self) -> list[Any]:
        return self.layer._initializers()


class Dropout(Layer):
    """Sets a share ``rate`` of the inputs to 0 in training, and scales the others by 1 / (1 − rate)."""

    _name = "dropout"

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if noise_shape is not None:
            raise ValueError(f"{self.name}: noise_shape is not supported; SpatialDropout1D drops whole channels")
        self.rate, self.seed = float(rate), seed

    def _settings(self) -> dict[str, Any]:
        return {"rate": self.rate}


class SpatialDropout1D(Layer):
    """Sets a share ``rate`` of the channels of a sequence to 0 in training, each at all steps of a row."""

    _name = "spatial_dropout1d"

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate, self.seed = float(rate), seed

    def _settings(self) -> dict[str, Any]:
        return {"rate": self.rate}


class _Pooling(Layer):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if data_format not in (None, "channels_last") or keepdims:
            raise ValueError(f"{self.name}: only data_format='channels_last' without keepdims is supported")

    def _settings(self) -> dict[str, Any]:
        return {}


class GlobalMaxPooling1D(_Pooling):
    """The maximum of each unit over the steps: (B, T, D) → (B, D)."""

    _name = "global_max_pooling1d"


class GlobalAveragePooling1D(_Pooling):
    """The mean of each unit over the steps that are not masked: (B, T, D) → (B, D)."""

    _name = "global_average_pooling1d"


GlobalMaxPool1D, GlobalAvgPool1D = GlobalMaxPooling1D, GlobalAveragePooling1D


class LayerNormalization(Layer):
    """Normalizes the units to mean 0 and variance 1. Weights: ``gamma`` (D), ``beta`` (D)."""

    _name = "layer_normalization"

    def __init__(
        self, axis: int = -1, epsilon: float = 0.001, center: bool = True, scale: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if axis not in (-1, [-1], (-1,)):
            raise ValueError(f"{self.name}: axis is {axis!r}, but only the last axis, -1, is normalized")
        self.axis, self.epsilon, self.center, self.scale = -1, float(epsilon), bool(center), bool(scale)

    def _settings(self) -> dict[str, Any]:
        return {"epsilon": self.epsilon, "center": self.center, "scale": self.scale}


_CLASSES: dict[str, type[Layer]] = {
    made._name: made
    for made in (
        Input, Masking, Embedding, LSTM, GRU, SimpleRNN, Bidirectional, Dense, TimeDistributed, Dropout,
        SpatialDropout1D, GlobalMaxPooling1D, GlobalAveragePooling1D, LayerNormalization,
    )
}  # fmt: skip


def layer_of(spec: dict[str, Any], name: str) -> Layer:
    """Returns the layer of the library's JSON."""
    spec = dict(spec)
    made = _CLASSES[spec.pop("layer")]
    if made is Input:
        return Input((None, spec["features"]), name=name)
    is_named = spec.pop("name", None) is not None
    arguments = {key: _argument(key, value) for key, value in spec.items()}
    if made is Bidirectional:
        arguments["layer"] = arguments.pop("wrapped")
    if made is TimeDistributed:
        arguments["layer"] = arguments.pop("dense")
    layer = made(name=name, **arguments)
    layer._is_named = is_named
    return layer


def _argument(key: str, value: Any) -> Any:
    if key == "wrapped":
        return layer_of(value, Layer._default_name())
    if key == "dense":
        return Dense(**{name: _argument(name, inner) for name, inner in value.items()})
    if key.endswith("_initializer") and isinstance(value, dict):
        ((name, settings),) = value.items()
        return initializers.get({"class_name": name, "config": settings})
    if key.endswith("_regularizer") and value is not None:
        return regularizers.L1L2(**value)
    return value
