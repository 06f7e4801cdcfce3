"""Initializers: how the weights of a layer are drawn."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise, utils
from gatewise._config import Configured, choose

if TYPE_CHECKING:
    import numpy as np


class Initializer(Configured):
    """The base of all initializers.

    An initializer is a function of a shape. With a ``seed``, every call returns the same values; without one, each call
    draws new values, which follow from ``gatewise.utils.set_random_seed``. In a model without a ``seed`` here, the seed
    of the model decides.
    """

    seed: int | None = None

    def _spec(self) -> Any:
        """Returns the initializer in the library's JSON."""
        raise NotImplementedError

    @property
    def _is_own(self) -> bool:
        """Whether the values are drawn here, and not with those of a model."""
        return self.seed is not None

    def _check(self) -> None:
        """Refuses settings that are out of range."""
        _gatewise.initial_values(json.dumps(self._spec()), [1, 1], 0)

    def __call__(self, shape: Any, dtype: Any = None) -> np.ndarray:
        """Returns an array of this shape: a vector or a matrix. Initializers without fans take any shape."""
        seed = utils.next_seed() if self.seed is None else int(self.seed)
        values = _gatewise.initial_values(json.dumps(self._spec()), [int(size) for size in shape], seed)
        return values if dtype in (None, "float32") else values.astype(dtype)


class Zeros(Initializer):
    """Zeros."""

    def _spec(self) -> Any:
        return "zeros"


class Ones(Initializer):
    """Ones."""

    def _spec(self) -> Any:
        return "ones"


class Constant(Initializer):
    """A constant: a number, or an array of the shape of the weights."""

    def __init__(self, value: Any = 0.0) -> None:
        self.value = value

    @property
    def _is_own(self) -> bool:
        return bool(getattr(self.value, "ndim", 0)) or isinstance(self.value, (list, tuple))

    def _spec(self) -> Any:
        return {"constant": {"value": 0.0 if self._is_own else float(self.value)}}

    def __call__(self, shape: Any, dtype: Any = None) -> np.ndarray:
        """Returns the number in this shape, or the array."""
        if not self._is_own:
            return super().__call__(shape, dtype)
        import numpy as np

        array = np.array(self.value, dtype=dtype or "float32")
        try:
            return np.broadcast_to(array, tuple(shape)).copy()
        except ValueError:
            message = f"Constant has an array of shape {array.shape}, but the shape {tuple(shape)} was asked for"
            raise ValueError(message) from None


class RandomUniform(Initializer):
    """Uniform between ``minval`` and ``maxval``."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed
        self._check()

    def _spec(self) -> Any:
        return {"random_uniform": {"minval": self.minval, "maxval": self.maxval}}


class RandomNormal(Initializer):
    """Normal."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self._check()

    def _spec(self) -> Any:
        return {"random_normal": {"mean": self.mean, "stddev": self.stddev}}


class TruncatedNormal(Initializer):
    """Normal; values of more than two standard deviations from the mean are drawn again."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed
        self._check()

    def _spec(self) -> Any:
        return {"truncated_normal": {"mean": self.mean, "stddev": self.stddev}}


class VarianceScaling(Initializer):
    """Mean 0, variance ``scale`` / fan."""

    def __init__(
        self,
        scale: float = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: int | None = None,
    ) -> None:
        self.scale, self.mode, self.distribution, self.seed = scale, mode, distribution, seed
        self._check()

    def _spec(self) -> Any:
        distribution = "truncated_normal" if self.distribution == "normal" else self.distribution
        return {"variance_scaling": {"scale": self.scale, "mode": self.mode, "distribution": distribution}}


class _Seeded(Initializer):
    _snake = ""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed

    def _spec(self) -> Any:
        return self._snake


class GlorotUniform(_Seeded):
    """Uniform in ±√(6 / (fan_in + fan_out))."""

    _snake = "glorot_uniform"


class GlorotNormal(_Seeded):
    """Truncated normal of variance 2 / (fan_in + fan_out)."""

    _snake = "glorot_normal"


class HeUniform(_Seeded):
    """Uniform in ±√(6 / fan_in)."""

    _snake = "he_uniform"


class HeNormal(_Seeded):
    """Truncated normal of variance 2 / fan_in."""

    _snake = "he_normal"


class LecunUniform(_Seeded):
    """Uniform in ±√(3 / fan_in)."""

    _snake = "lecun_uniform"


class LecunNormal(_Seeded):
    """Truncated normal of variance 1 / fan_in."""

    _snake = "lecun_normal"


class Orthogonal(Initializer):
    """Orthogonal rows, or columns if they are fewer, of length ``gain``."""

    def __init__(self, gain: float = 1.0, seed: int | None = None) -> None:
        self.gain, self.seed = gain, seed

    def _spec(self) -> Any:
        return {"orthogonal": {"gain": self.gain}}


class Identity(Initializer):
    """``gain`` on the diagonal, 0 elsewhere."""

    def __init__(self, gain: float = 1.0) -> None:
        self.gain = gain

    def _spec(self) -> Any:
        return {"identity": {"gain": self.gain}}


_NAMES: dict[str, Any] = {
    "zeros": Zeros, "ones": Ones, "constant": Constant, "random_uniform": RandomUniform, "uniform": RandomUniform,
    "random_normal": RandomNormal, "normal": RandomNormal, "truncated_normal": TruncatedNormal,
    "variance_scaling": VarianceScaling, "glorot_uniform": GlorotUniform, "glorot_normal": GlorotNormal,
    "he_uniform": HeUniform, "he_normal": HeNormal, "lecun_uniform": LecunUniform, "lecun_normal": LecunNormal,
    "orthogonal": Orthogonal, "orthogonal_matrix": Orthogonal, "identity": Identity, "IdentityInitializer": Identity,
}  # fmt: skip
_NAMES.update({made.__name__: made for made in list(_NAMES.values())})
_NAMES["OrthogonalInitializer"] = Orthogonal


def get(identifier: Any) -> Initializer | Callable[..., Any] | None:
    """Returns the initializer that a name, an object, a function of a shape or an array means."""
    if hasattr(identifier, "__array__"):
        return _Fixed(identifier)
    return choose("initializer", identifier, _NAMES, Initializer)


class _Fixed:
    """An array as an initializer of weights of its shape."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __call__(self, shape: Any, dtype: Any = None) -> np.ndarray:
        import numpy as np

        array = np.array(self.array, dtype=dtype or "float32")
        if array.shape != tuple(shape):
            raise ValueError(f"the weights have the shape {tuple(shape)}, but the array has {array.shape}")
        return array
