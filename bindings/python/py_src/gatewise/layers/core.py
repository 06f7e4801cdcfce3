"""Layers that look at one step, or one row, at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatewise import _calls, activations, initializers, regularizers
from gatewise.layers.base import Layer, _initializer, _layer, _no_constraint, _positive, _regularizer

if TYPE_CHECKING:
    pass


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
        self.units, self.use_bias = _positive("Dense", "units", units), bool(use_bias)
        self.activation = activations.get(activation)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)

    def _settings(self) -> dict[str, Any]:
        return {
            "units": self.units,
            "activation": str(activations.get(self.activation)),
            "use_bias": self.use_bias,
            "kernel_initializer": _initializer(self.kernel_initializer),
            "bias_initializer": _initializer(self.bias_initializer),
            "kernel_regularizer": _regularizer(self.kernel_regularizer),
            "bias_regularizer": _regularizer(self.bias_regularizer),
        }

    def _initializers(self) -> list[Any]:
        return [self.kernel_initializer, *([self.bias_initializer] if self.use_bias else [])]

    def _regularizers(self) -> list[Any]:
        return [self.kernel_regularizer, *([self.bias_regularizer] if self.use_bias else [])]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.units)


class TimeDistributed(Layer):
    """Applies a ``Dense`` to every step: (B, T, D) → (B, T, units)."""

    _name = "time_distributed"

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        layer = _layer(layer)
        if not isinstance(layer, Dense):
            raise ValueError(f"{self.name}: TimeDistributed wraps a Dense, but got {layer!r}")
        self.layer = layer

    def _settings(self) -> dict[str, Any]:
        return {"dense": self.layer._settings()}

    def _initializers(self) -> list[Any]:
        return self.layer._initializers()

    def _regularizers(self) -> list[Any]:
        return self.layer._regularizers()

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the outputs of the layer at every step, (B, T, units). The mask, (B, T), is not used."""
        import numpy as np

        x = _calls.vectors(self, inputs)
        if mask is not None and np.shape(mask)[:2] != x.shape[:2]:
            raise ValueError(f"{self.name}: the mask has the shape {np.shape(mask)}, but the inputs have {x.shape}")
        return _calls.pointwise(self, x, None, training)

    call = __call__

    def compute_output_shape(self, input_shape: Any) -> Any:
        return self.layer.compute_output_shape(input_shape)


class Dropout(Layer):
    """Sets a share ``rate`` of the inputs to 0 in training, and scales the others by 1 / (1 − rate)."""

    _name = "dropout"

    def __init__(self, rate: float, noise_shape: Any = None, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if noise_shape is not None:
            raise ValueError(f"{self.name}: noise_shape is not supported; SpatialDropout1D drops whole channels")
        self.rate, self.seed, self.noise_shape = _rate(self, rate), seed, None

    def _settings(self) -> dict[str, Any]:
        return {"rate": self.rate}


def _rate(layer: Layer, rate: Any) -> float:
    if isinstance(rate, bool) or not 0 <= rate <= 1:
        raise ValueError(f"{layer.name}: rate is {rate!r}; it must be from 0 to 1")
    return float(rate)


class SpatialDropout1D(Layer):
    """Sets a share ``rate`` of the channels of a sequence to 0 in training, each at all steps of a row."""

    _name = "spatial_dropout1d"

    def __init__(self, rate: float, seed: int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate, self.seed = _rate(self, rate), seed

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the inputs, (B, T, D), in training with channels dropped."""
        (output,), _, _ = _calls.call(self, _calls.vectors(self, inputs), mask, None, training)
        return output

    call = __call__

    def _settings(self) -> dict[str, Any]:
        return {"rate": self.rate}


class LayerNormalization(Layer):
    """Normalizes the units to mean 0 and variance 1. Weights: ``gamma`` (D), ``beta`` (D)."""

    _name = "layer_normalization"

    def __init__(
        self,
        axis: Any = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: Any = "zeros",
        gamma_initializer: Any = "ones",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(axis, (int, list, tuple)):
            raise TypeError(f"{self.name}: axis is {axis!r}; it must be a number, -1")
        if axis not in (-1, [-1], (-1,)):
            raise ValueError(f"{self.name}: axis is {axis!r}, but only the last axis, -1, is normalized")
        self.beta_initializer = initializers.get(beta_initializer)
        self.gamma_initializer = initializers.get(gamma_initializer)
        self.axis, self.epsilon, self.center, self.scale = -1, float(epsilon), bool(center), bool(scale)

    def _settings(self) -> dict[str, Any]:
        return {"epsilon": self.epsilon, "center": self.center, "scale": self.scale}

    def _initializers(self) -> list[Any]:
        # The library begins with ones and zeros; others are drawn here.
        gamma, beta = self.gamma_initializer, self.beta_initializer
        gamma = gamma if isinstance(gamma, initializers.Ones) else _drawn(gamma)
        beta = beta if isinstance(beta, initializers.Zeros) else _drawn(beta)
        return [*([gamma] if self.scale else []), *([beta] if self.center else [])]


def _drawn(initializer: Any) -> Any:
    return lambda shape: initializer(shape)


class Activation(Layer):
    """An activation as a layer of its own: (…, D) → (…, D)."""

    _name = "activation"

    def __init__(self, activation: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.activation = activations.get(activation)

    def _settings(self) -> dict[str, Any]:
        return {"activation": str(self.activation)}


class RepeatVector(Layer):
    """Repeats a vector ``n`` times: (B, D) → (B, n, D)."""

    _name = "repeat_vector"

    def __init__(self, n: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not isinstance(n, int):
            raise TypeError(f"{self.name}: n is {n!r}; it must be a whole number above 0")
        self.n = _positive("RepeatVector", "n", n)

    def _settings(self) -> dict[str, Any]:
        return {"n": self.n}

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the vectors, each ``n`` times."""
        x = _calls.vectors(self, inputs, 2)
        (output,), _, _ = _calls.call(self, x[:, None])
        return output

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (input_shape[0], self.n, input_shape[1])
