"""Recurrent layers: ``LSTM``, ``GRU``, ``SimpleRNN``, and ``Bidirectional`` around them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatewise import _calls, activations, initializers, regularizers
from gatewise.layers.base import Layer, _initializer, _layer, _no_constraint, _positive, _regularizer

if TYPE_CHECKING:
    import numpy as np


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
        self.units = _positive(type(self).__name__, "units", units)
        self._states: list[np.ndarray] | None = None
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

    _state_count = 1

    @property
    def cell(self) -> _Recurrent:
        """The layer itself: in Keras, what holds ``kernel``, ``recurrent_kernel`` and ``bias``."""
        return self

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "zero_output_for_mask": self.zero_output_for_mask}

    def _spec(self) -> dict[str, Any]:
        for name in ("stateful", "return_state"):
            if getattr(self, name):
                raise ValueError(f"{self.name}: {name} is for calls of the layer on arrays; leave it out in a model")
        return super()._spec()

    def __call__(self, sequences: Any, *, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """Returns the outputs for sequences.

        Args:
            sequences: (B, T, D).
            initial_state: The state before the first step, an array (B, H) or a list of them: ``h``, and for ``LSTM``
                ``c`` too. Default: zeros; for a ``stateful`` layer, the state after the call before.
            mask: (B, T): whether a step is there. The state is carried over the other steps.
            training: Whether dropout is applied.

        Returns:
            (B, H), or (B, T, H) with ``return_sequences``. With ``return_state`` a tuple, with the states after the
            last step behind the output.
        """
        return _recur(self, self, sequences, initial_state, mask, training)

    call = __call__  # type: ignore[assignment]

    def reset_state(self) -> None:
        """Lets a stateful layer begin from zeros again."""
        self._states = None

    reset_states = reset_state

    def compute_mask(self, sequences: Any, mask: Any = None) -> Any:
        return mask if self.return_sequences else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        rows, steps = input_shape[:2]
        output = (rows, steps, self.units) if self.return_sequences else (rows, self.units)
        return (output, *[(rows, self.units)] * self._state_count) if self.return_state else output

    def _regularizers(self) -> list[Any]:
        bias = [self.bias_regularizer] if self.use_bias else []
        return [self.kernel_regularizer, self.recurrent_regularizer, *bias]

    def _initializers(self) -> list[Any]:
        bias = [self.bias_initializer] if self.use_bias else []
        return [self.kernel_initializer, self.recurrent_initializer, *bias]


def _recur(layer: Any, settings: _Recurrent, sequences: Any, initial_state: Any, mask: Any, training: bool) -> Any:
    """Calls a recurrent or bidirectional layer, whose settings are those of a recurrent one."""
    import numpy as np

    x = _calls.vectors(layer, sequences)
    layer._ready(x.shape)
    if initial_state is None and settings.stateful:
        if layer._states is not None and layer._states[0].shape[0] != x.shape[0]:
            raise ValueError(
                f"{layer.name} has the states of {layer._states[0].shape[0]} rows, but was called on {x.shape[0]}; "
                "call reset_state first"
            )
        initial_state = layer._states
    if initial_state is not None and not isinstance(initial_state, (list, tuple)):
        initial_state = [np.asarray(initial_state)]
    outputs, _, states = _calls.call(layer, x, mask, initial_state, training)
    if settings.stateful:
        layer._states = states
    if not settings.return_sequences:
        outputs = [output[:, 0] for output in outputs]
    if settings.return_state:
        return (*outputs, *states)
    return outputs[0] if len(outputs) == 1 else tuple(outputs)


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
    _state_count = 2

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
        self.use_cudnn = use_cudnn

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
        self.use_cudnn = use_cudnn

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
        layer, backward_layer = _layer(layer), _layer(backward_layer)
        for part in (layer, backward_layer):
            if part is not None and not isinstance(part, _Recurrent):
                raise ValueError(f"Bidirectional wraps an LSTM, GRU or SimpleRNN, but got {part!r}")
        super().__init__(**kwargs)
        wrapped: Any = layer
        self.layer = wrapped
        self.merge_mode, self._given_backward = merge_mode, backward_layer
        self.forward_layer = wrapped
        self.backward_layer: Any = _backwards(wrapped) if backward_layer is None else backward_layer
        self._initial_weights = weights
        self._states: list[np.ndarray] | None = None

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if self._given_backward is None:
            config.pop("backward_layer")
        return config

    def _settings(self) -> dict[str, Any]:
        settings = {"wrapped": self.layer._call_spec(), "merge_mode": self.merge_mode}
        if self._given_backward is not None:
            settings["backward_layer"] = self._given_backward._call_spec()
        return settings

    def _spec(self) -> dict[str, Any]:
        if self.merge_mode is None:
            raise ValueError(f"{self.name}: merge_mode=None is for calls on arrays; a model needs one output")
        self.layer._spec()
        return super()._spec()

    def _call_spec(self, built: bool = False) -> dict[str, Any]:
        spec = super()._call_spec()
        if built and self.merge_mode is None:
            # How outputs are merged does not matter to the weights.
            spec["merge_mode"] = "concat"
        return spec

    def __call__(self, sequences: Any, *, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """Returns the outputs for sequences; the arguments are those of a call of the layer. The states are those of
        the forward layer, then those of the backward layer. With ``merge_mode=None``, a tuple of both outputs."""
        return _recur(self, self.layer, sequences, initial_state, mask, training)

    call = __call__  # type: ignore[assignment]

    def reset_state(self) -> None:
        """Lets a stateful layer begin from zeros again."""
        self._states = None

    reset_states = reset_state

    def compute_mask(self, sequences: Any, mask: Any = None) -> Any:
        return self.layer.compute_mask(sequences, mask)

    def compute_output_shape(self, input_shape: Any) -> Any:
        ways = [
            self.forward_layer.compute_output_shape(input_shape),
            self.backward_layer.compute_output_shape(input_shape),
        ]
        outputs: list[Any] = []
        states: list[Any] = []
        for way in ways:
            outputs.append(way[0] if self.layer.return_state else way)
            states += way[1:] if self.layer.return_state else ()
        if self.merge_mode is not None:
            width = self.layer.units * (2 if self.merge_mode == "concat" else 1)
            outputs = [(*outputs[0][:-1], width)]
        if self.layer.return_state:
            return (*outputs, *states)
        return outputs[0] if len(outputs) == 1 else tuple(outputs)

    def _initializers(self) -> list[Any]:
        return self.forward_layer._initializers() + self.backward_layer._initializers()

    def _regularizers(self) -> list[Any]:
        return self.forward_layer._regularizers() + self.backward_layer._regularizers()


class SkipConnection(Layer):
    """A recurrent layer with its input beside its output: (B, T, D) → (B, T, H + D), ``y_t = [h_t, x_t]``.

    With a ``Dense`` above it, a model has direct connections from its inputs to its outputs. Keras writes it as
    ``Concatenate()([layer(x), x])`` in a functional model.

    Args:
        layer: An ``LSTM``, ``GRU`` or ``SimpleRNN`` with ``return_sequences`` and without ``go_backwards``.
    """

    _name = "skip_connection"

    def __init__(self, layer: Layer, **kwargs: Any) -> None:
        layer = _layer(layer)
        if not isinstance(layer, _Recurrent):
            raise ValueError(f"SkipConnection wraps an LSTM, GRU or SimpleRNN, but got {layer!r}")
        super().__init__(**kwargs)
        self.layer: _Recurrent = layer

    def _settings(self) -> dict[str, Any]:
        return {"wrapped": self.layer._call_spec()}

    def _spec(self) -> dict[str, Any]:
        self.layer._spec()
        return super()._spec()

    def __call__(self, sequences: Any, *, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        """Returns the outputs for sequences; the arguments are those of a call of the layer."""
        return _recur(self, self.layer, sequences, initial_state, mask, training)

    call = __call__  # type: ignore[assignment]

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape[:-1], self.layer.units + input_shape[-1])

    def _initializers(self) -> list[Any]:
        return self.layer._initializers()

    def _regularizers(self) -> list[Any]:
        return self.layer._regularizers()


def _backwards(layer: _Recurrent) -> _Recurrent:
    """Returns a layer with the same settings that reads the steps from the last to the first."""
    config = {**layer.get_config(), "go_backwards": not layer.go_backwards, "name": f"backward_{layer.name}"}
    return type(layer).from_config(config)
