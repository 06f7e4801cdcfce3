"""Layers, with Keras's arguments and defaults.

A layer is its settings until its model is built. Then its weights are those of the model: ``layer.get_weights()`` reads
them, ``layer.set_weights(arrays)`` sets them. A layer can also be called on arrays, ``LSTM(3)(x)``.

Shapes: B rows, T steps, D numbers a step, H units.
"""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from gatewise import _calls, activations, initializers, regularizers
from gatewise._config import Configured

if TYPE_CHECKING:
    import numpy as np

    from gatewise.variables import Weight

_Own = TypeVar("_Own", bound="Layer")

#: The names of weights that are attributes of their layer.
_WEIGHT_NAMES = ("kernel", "recurrent_kernel", "bias", "embeddings", "gamma", "beta")


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
        # The weights of a layer outside a model, their names, and how often it was called in training.
        self._own: list[np.ndarray] | None = None
        self._own_names: list[str] = []
        self._calls = 0
        self._initial_weights: Any = None
        self.supports_masking = True

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
        names = [name for name in signature_of(type(self)) if name not in ("self", "kwargs", "weights")]
        config = {name: getattr(self, name) for name in names if hasattr(self, name)}
        config = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype, **config}
        return {name: _plain(value) for name, value in config.items()}

    @classmethod
    def from_config(cls: type[_Own], config: dict[str, Any]) -> _Own:
        """Builds a layer from the result of ``get_config``. What is wrong in it is a ``TypeError``, as in Keras."""
        try:
            return cls(**config)
        except ValueError as error:
            raise TypeError(f"{cls.__name__} cannot be made from its configuration: {error}") from error

    @property
    def dtype(self) -> str:
        """The type that the layer computes in: ``"float32"``."""
        return "float32"

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

    def _call_spec(self, built: bool = False) -> dict[str, Any]:
        """Returns the layer in the library's JSON, for calls and weights of its own."""
        return {"layer": self._name, **self._settings()}

    # Weights

    @property
    def _has_weights(self) -> bool:
        return bool(self._initializers())

    def _initializers(self) -> list[Any]:
        """Returns the initializers of the weights, in Keras's order."""
        return []

    def _regularizers(self) -> list[Any]:
        """Returns the regularizers of the weights, in Keras's order."""
        return [None] * len(self._initializers())

    @property
    def built(self) -> bool:
        """Whether the layer has its weights, if it needs any."""
        in_model = self._model is not None and self._model._native is not None
        return in_model or self._own is not None or not self._has_weights

    def build(self, input_shape: Any = None) -> None:
        """Gives a layer outside a model its weights, for inputs of this shape, the batch included: (B, T, D)."""
        if self.built:
            return
        if not input_shape or input_shape[-1] is None:
            raise ValueError(f"{self.name} needs the shape of its input, with the numbers of a step at its end")
        _calls.build(self, input_shape[-1])

    def _ready(self, shape: Any) -> None:
        """Builds the layer, or checks that it was built for vectors of this width."""
        if not self.built:
            self.build(tuple(shape))

    def _place(self) -> tuple[Any, range]:
        if self._model is None or self._model._native is None:
            raise ValueError(f"layer {self.name} has no weights yet: build its model, or call the layer on an array")
        return self._model._native, self._model._tensors_of(self)

    def _in_model(self) -> bool:
        return self._model is not None and self._model._native is not None

    def get_weights(self) -> list[np.ndarray]:
        """Returns the arrays of the weights, in Keras's order. The page of each layer lists them."""
        if not self._has_weights:
            return []
        if not self._in_model() and self._own is not None:
            return [array.copy() for array in self._own]
        native, place = self._place()
        weights = native.get_weights()
        return [weights[index] for index in place]

    def set_weights(self, weights: list[Any]) -> None:
        """Sets the arrays of the weights, in Keras's order."""
        if not self._in_model() and self._own is not None:
            self._set_own(weights)
            return
        native, place = self._place()
        if len(weights) != len(place):
            raise ValueError(f"layer {self.name} has {len(place)} arrays of weights, but {len(weights)} were given")
        every = native.get_weights()
        for index, array in zip(place, weights):
            every[index] = array
        native.set_weights(every)

    def _set_own(self, weights: list[Any]) -> None:
        import numpy as np

        assert self._own is not None
        arrays = [np.array(array, dtype="float32") for array in weights]
        shapes, given = [array.shape for array in self._own], [array.shape for array in arrays]
        if shapes != given:
            raise ValueError(f"layer {self.name} has weights of the shapes {shapes}, but arrays of {given} were given")
        self._own = arrays

    def _weight_names(self) -> list[str]:
        if not self._in_model():
            return self._own_names
        native, place = self._place()
        tensors = native.tensors()
        return [tensors[index][0].split("/", 1)[1] for index in place]

    @property
    def weights(self) -> list[Weight]:
        """The weights, as variables: ``numpy()`` returns the array, ``assign`` replaces it."""
        from gatewise.variables import Weight

        if not self.built or not self._has_weights:
            return []

        def weight(index: int, name: str) -> Weight:
            def write(value: np.ndarray) -> None:
                arrays = self.get_weights()
                arrays[index] = value
                self.set_weights(arrays)

            path = f"{self.name}/{name}"
            return Weight(name.split("/")[-1], path, self.trainable, lambda: self.get_weights()[index], write)

        return [weight(index, name) for index, name in enumerate(self._weight_names())]

    variables = weights

    @property
    def trainable_weights(self) -> list[Weight]:
        """The weights that training updates."""
        return self.weights if self.trainable else []

    @property
    def non_trainable_weights(self) -> list[Weight]:
        """The weights that training leaves as they are."""
        return [] if self.trainable else self.weights

    trainable_variables, non_trainable_variables = trainable_weights, non_trainable_weights

    @property
    def losses(self) -> list[float]:
        """The penalties of the regularizers."""
        if not self.built:
            return []
        pairs = zip(self._regularizers(), self.get_weights())
        return [regularizer(array) for regularizer, array in pairs if regularizer is not None]

    def __getattr__(self, name: str) -> Any:
        # Reached only where there is no attribute of the name.
        if name in _WEIGHT_NAMES and self.__dict__.get("_initial_weights", self) is not self:
            for weight in self.weights:
                if weight.path.split("/", 1)[1] == name:
                    return weight
            if name == "bias" and self.__dict__.get("use_bias") is False:
                return None
            if not self.built:
                raise AttributeError(f"{self.name} has no {name} yet: build its model, or call the layer on an array")
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def count_params(self) -> int:
        """Returns the number of weights."""
        return sum(int(array.size) for array in self.get_weights())

    # Calls on arrays

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the outputs of the layer for an array.

        Args:
            inputs: Vectors (B, T, D); layers that treat each vector alone take (…, D), and an ``Embedding`` ids.
            training: Whether dropout is applied.
            mask: (B, T): whether a step is there. Layers without steps ignore it.
        """
        return _calls.pointwise(self, inputs, mask, training)

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Returns the mask of the outputs, (B, T), or ``None``."""
        return previous_mask

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Returns the shape of the outputs, the batch included."""
        return tuple(input_shape)


def signature_of(cls: type) -> list[str]:
    """Returns the names of the arguments of a class."""
    import inspect

    return list(inspect.signature(cls.__init__).parameters)  # type: ignore[misc]


def _positive(layer: str, name: str, value: Any) -> int:
    """Returns a whole number above 0."""
    try:
        number = operator.index(value)
    except TypeError:
        number = 0
    if isinstance(value, bool) or number <= 0:
        raise ValueError(f"{layer}: {name} is {value!r}; it must be a whole number above 0")
    return number


def _layer(given: Any) -> Any:
    """Returns a layer, which may be given as its configuration."""
    if isinstance(given, dict) and "class_name" in given:
        return globals()[given["class_name"]].from_config(given["config"])
    return given


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
        return {"features": self.shape[-1], "sequence": len(self.shape) > 1}


InputLayer = Input


class Masking(Layer):
    """Masks the steps of vectors whose numbers are all ``mask_value``. Follows ``Input``."""

    _name = "masking"

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the vectors, with zeros at masked steps."""
        (output,), _, _ = _calls.call(self, _calls.vectors(self, inputs))
        return output

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Returns whether a step has a number other than ``mask_value``."""
        _, mask, _ = _calls.call(self, _calls.vectors(self, inputs))
        return mask

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
        self.input_dim = _positive("Embedding", "input_dim", input_dim)
        self.output_dim = _positive("Embedding", "output_dim", output_dim)
        self.mask_zero = self.supports_masking = bool(mask_zero)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self._initial_weights = weights
        if weights is not None:
            self.build()

    def build(self, input_shape: Any = None) -> None:
        """Gives a layer outside a model its weights."""
        if not self.built:
            _calls.build(self, None)

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the vectors of an array of ids: (…) → (…, ``output_dim``)."""
        import numpy as np

        ids = np.asarray(inputs)
        if ids.dtype.kind not in "iufb":
            raise TypeError(f"{self.name} reads ids, whole numbers from 0, but got an array of {ids.dtype}")
        self.build()
        flat = np.ascontiguousarray(ids.reshape(1, -1), dtype="int64")
        (output,), _, _ = _calls.call(self, flat)
        return output.reshape(*ids.shape, self.output_dim)

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Returns whether each id is a word, and not padding; ``None`` without ``mask_zero``."""
        import numpy as np

        return np.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape, self.output_dim)

    def _regularizers(self) -> list[Any]:
        return [self.embeddings_regularizer]

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

    call = __call__

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
        self.layer, self.merge_mode, self._given_backward = layer, merge_mode, backward_layer
        self.forward_layer = layer
        self.backward_layer = _backwards(layer) if backward_layer is None else backward_layer
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

    call = __call__

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
        outputs, states = [], []
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


def _backwards(layer: _Recurrent) -> _Recurrent:
    """Returns a layer with the same settings that reads the steps from the last to the first."""
    config = {**layer.get_config(), "go_backwards": not layer.go_backwards, "name": f"backward_{layer.name}"}
    return type(layer).from_config(config)


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


class _Pooling(Layer):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                f"{self.name}: data_format is {data_format!r}; it must be 'channels_last' or 'channels_first'"
            )
        self.data_format, self.keepdims = data_format or "channels_last", bool(keepdims)
        self.supports_masking = False

    def _spec(self) -> dict[str, Any]:
        if self.keepdims or self.data_format == "channels_first":
            raise ValueError(
                f"{self.name}: keepdims and 'channels_first' are for calls of the layer on arrays; leave them out in a "
                "model"
            )
        return super()._spec()

    def __call__(self, inputs: Any, mask: Any = None, *, training: bool = False) -> Any:  # type: ignore[override]
        """Returns one vector for each row: (B, T, D) → (B, D), or (B, 1, D) with ``keepdims``. With
        ``data_format="channels_first"``, (B, D, T) → (B, D), or (B, D, 1)."""
        x = _calls.vectors(self, inputs)
        is_first = self.data_format == "channels_first"
        (output,), _, _ = _calls.call(self, x.swapaxes(1, 2) if is_first else x, mask)
        if not self.keepdims:
            return output[:, 0]
        return output.swapaxes(1, 2) if is_first else output

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        rows, width = input_shape[0], input_shape[1 if self.data_format == "channels_first" else 2]
        if not self.keepdims:
            return (rows, width)
        return (rows, width, 1) if self.data_format == "channels_first" else (rows, 1, width)

    def _settings(self) -> dict[str, Any]:
        return {}


class GlobalMaxPooling1D(_Pooling):
    """The maximum of each unit over the steps: (B, T, D) → (B, D)."""

    _name = "global_max_pooling1d"


class GlobalAveragePooling1D(_Pooling):
    """The mean of each unit over the steps that are not masked: (B, T, D) → (B, D)."""

    _name = "global_average_pooling1d"

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True


GlobalMaxPool1D, GlobalAvgPool1D = GlobalMaxPooling1D, GlobalAveragePooling1D


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


class _WindowPooling(Layer):
    def __init__(
        self,
        pool_size: int = 2,
        strides: int | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        first = pool_size[0] if isinstance(pool_size, (list, tuple)) else pool_size
        step = strides[0] if isinstance(strides, (list, tuple)) else strides
        self.pool_size = _positive(type(self).__name__, "pool_size", first)
        self.strides = self.pool_size if step is None else _positive(type(self).__name__, "strides", step)
        if padding not in ("valid", "same"):
            raise ValueError(f"{self.name}: padding is {padding!r}; it must be 'valid' or 'same'")
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                f"{self.name}: data_format is {data_format!r}; it must be 'channels_last' or 'channels_first'"
            )
        self.padding, self.data_format = padding, data_format or "channels_last"
        self.supports_masking = False

    def _settings(self) -> dict[str, Any]:
        return {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}

    def _spec(self) -> dict[str, Any]:
        if self.data_format == "channels_first":
            raise ValueError(
                f"{self.name}: 'channels_first' is for calls of the layer on arrays; leave it out in a model"
            )
        return super()._spec()

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns a vector for each window: (B, T, D) → (B, windows, D)."""
        x = _calls.vectors(self, inputs)
        if self.data_format == "channels_last":
            return _calls.call(self, x, mask)[0][0]
        return _calls.call(self, x.swapaxes(1, 2), mask)[0][0].swapaxes(1, 2)

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        is_first = self.data_format == "channels_first"
        rows, steps, width = (input_shape[0], input_shape[2], input_shape[1]) if is_first else input_shape
        if steps is not None:
            steps = -(-(steps if self.padding == "same" else steps - self.pool_size + 1) // self.strides)
        return (rows, width, steps) if is_first else (rows, steps, width)


class MaxPooling1D(_WindowPooling):
    """The maximum of each unit over windows of steps: (B, T, D) → (B, windows, D).

    Args:
        pool_size: The steps of a window.
        strides: The steps from one window to the next. Default: ``pool_size``.
        padding: ``"valid"``: windows lie within the steps; ``"same"``: the last may reach beyond.
        data_format: ``"channels_first"`` for calls on arrays (B, D, T).
    """

    _name = "max_pooling1d"


class AveragePooling1D(_WindowPooling):
    """The mean of each unit over windows of steps; the arguments are those of ``MaxPooling1D``."""

    _name = "average_pooling1d"


MaxPool1D, AvgPool1D = MaxPooling1D, AveragePooling1D


_CLASSES: dict[str, type[Layer]] = {
    made._name: made
    for made in (
        Input, Masking, Embedding, LSTM, GRU, SimpleRNN, Bidirectional, Dense, TimeDistributed, Dropout,
        SpatialDropout1D, GlobalMaxPooling1D, GlobalAveragePooling1D, LayerNormalization, Activation, RepeatVector,
        MaxPooling1D, AveragePooling1D,
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
    if made is Bidirectional:
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
