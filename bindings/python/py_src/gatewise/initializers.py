"""Initializers: how the weights of a layer are drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gatewise._config import Configured, choose


class Initializer(Configured):
    """The base of all initializers."""

    def _spec(self) -> Any:
        """Returns the initializer in the library's JSON."""
        raise NotImplementedError


class Zeros(Initializer):
    """Zeros."""

    def _spec(self) -> Any:
        return "zeros"


class Ones(Initializer):
    """Ones."""

    def _spec(self) -> Any:
        return "ones"


class Constant(Initializer):
    """A constant."""

    def __init__(self, value: float = 0.0) -> None:
        self.value = value

    def _spec(self) -> Any:
        return {"constant": {"value": float(self.value)}}


class RandomUniform(Initializer):
    """Uniform between ``minval`` and ``maxval``."""

    def __init__(self, minval: float = -0.05, maxval: float = 0.05, seed: int | None = None) -> None:
        self.minval, self.maxval, self.seed = minval, maxval, seed

    def _spec(self) -> Any:
        return {"random_uniform": {"minval": self.minval, "maxval": self.maxval}}


class RandomNormal(Initializer):
    """Normal."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

    def _spec(self) -> Any:
        return {"random_normal": {"mean": self.mean, "stddev": self.stddev}}


class TruncatedNormal(Initializer):
    """Normal; values of more than two standard deviations from the mean are drawn again."""

    def __init__(self, mean: float = 0.0, stddev: float = 0.05, seed: int | None = None) -> None:
        self.mean, self.stddev, self.seed = mean, stddev, seed

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

    def _spec(self) -> Any:
        return {"variance_scaling": {"scale": self.scale, "mode": self.mode, "distribution": self.distribution}}


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


def get(identifier: Any) -> Initializer | Callable[..., Any] | None:
    """Returns the initializer that a name, an object or a function of a shape means."""
    return choose("initializer", identifier, _NAMES, Initializer)
