"""The base of all layers, and what their arguments are turned into."""

from __future__ import annotations

import operator
import re
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from gatewise import _calls, activations, initializers
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
        from gatewise import layers

        return getattr(layers, given["class_name"]).from_config(given["config"])
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
