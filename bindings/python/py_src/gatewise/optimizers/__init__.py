"""Optimizers, by Keras's names and arguments."""

from __future__ import annotations

from typing import Any

from gatewise._config import Configured, choose


class Optimizer(Configured):
    """The base of all optimizers."""

    def __init__(self, learning_rate: Any) -> None:
        self._rate = learning_rate
        # The rate while a model trains, and whether a callback has set another.
        self._assigned = False

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a number or a schedule. In a callback, the number of the next step."""
        return self._rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self._rate, self._assigned = value, True

    lr = learning_rate

    def _show_rate(self, rate: float) -> None:
        self._rate, self._assigned = rate, False

    def _take_rate(self) -> float | None:
        assigned, self._assigned = self._assigned, False
        return float(self._rate) if assigned else None


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015)."""

    _name = "adam"

    def __init__(self, learning_rate: Any = 0.001) -> None:
        super().__init__(learning_rate)


_NAMES: dict[str, Any] = {"adam": Adam, "Adam": Adam}


def get(identifier: Any) -> Any:
    """Returns the optimizer that a name or an object means."""
    return choose("optimizer", identifier, _NAMES, Optimizer)
