"""Losses, by Keras's names and arguments."""

from __future__ import annotations

from typing import Any

from gatewise._config import Configured, choose


class Loss(Configured):
    """The base of all losses."""

    def _spec(self) -> dict[str, Any]:
        """Returns the loss in the library's JSON."""
        return {"name": self._name}


class BinaryCrossentropy(Loss):
    """Cross-entropy of independent probabilities."""

    _name = "binary_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits, self.label_smoothing = from_logits, label_smoothing

    def _spec(self) -> dict[str, Any]:
        return {"name": self._name, "label_smoothing": self.label_smoothing}


class CategoricalCrossentropy(Loss):
    """Cross-entropy of class probabilities, with one target for each class."""

    _name = "categorical_crossentropy"

    def __init__(self, from_logits: bool = False, label_smoothing: float = 0.0) -> None:
        self.from_logits, self.label_smoothing = from_logits, label_smoothing

    def _spec(self) -> dict[str, Any]:
        return {"name": self._name, "label_smoothing": self.label_smoothing}


class SparseCategoricalCrossentropy(Loss):
    """Cross-entropy of class probabilities, with the number of the true class as target."""

    _name = "sparse_categorical_crossentropy"


class MeanSquaredError(Loss):
    """Mean of (ŷ − y)²."""

    _name = "mean_squared_error"


class MeanAbsoluteError(Loss):
    """Mean of |ŷ − y|."""

    _name = "mean_absolute_error"


class Huber(Loss):
    """Squared for errors up to ``delta``, linear beyond."""

    _name = "huber"

    def __init__(self, delta: float = 1.0) -> None:
        self.delta = delta

    def _spec(self) -> dict[str, Any]:
        return {"name": self._name, "delta": self.delta}


class Poisson(Loss):
    """Mean of ŷ − y·ln ŷ."""

    _name = "poisson"


_CLASSES: list[type[Loss]] = [
    BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy, MeanSquaredError, MeanAbsoluteError,
    Huber, Poisson,
]  # fmt: skip
_NAMES: dict[str, Any] = {made._name: made for made in _CLASSES}
_NAMES.update({"bce": BinaryCrossentropy, "mse": MeanSquaredError, "mae": MeanAbsoluteError})
_NAMES.update({made.__name__: made for made in _CLASSES})


def get(identifier: Any) -> Any:
    """Returns the loss that a name or an object means."""
    return choose("loss", identifier, _NAMES, Loss)
