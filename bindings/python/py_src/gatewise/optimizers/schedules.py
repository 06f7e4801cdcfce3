"""Schedules: learning rates that depend on the number of steps done.

A schedule is a function of the step, ``schedule(step)``, and an optimizer's ``learning_rate``. A class of your own that
derives from ``LearningRateSchedule`` overrides ``__call__``.
"""

from __future__ import annotations

import json
from typing import Any

from gatewise import _gatewise
from gatewise._config import Configured, choose


class LearningRateSchedule(Configured):
    """The base of all schedules."""

    def __call__(self, step: Any) -> float:
        """Returns the learning rate after ``step`` steps."""
        raise NotImplementedError(f"{type(self).__name__} must have a __call__(self, step) that returns a rate")


class _BuiltIn(LearningRateSchedule):
    """A schedule of the library: Python keeps its arguments."""

    _step_names = ("decay_steps", "first_decay_steps", "warmup_steps")

    def _spec(self) -> dict[str, Any]:
        """Returns the schedule in the library's JSON."""
        settings = {name: value for name, value in self.get_config().items() if name != "name"}
        for name, value in settings.items():
            if name in self._step_names:
                settings[name] = int(value)
            elif isinstance(value, int) and not isinstance(value, bool):
                settings[name] = float(value)
        return {"schedule": type(self).__name__, **settings}

    def __call__(self, step: Any) -> float:
        return _gatewise.learning_rate(json.dumps(self._spec()), max(int(step), 0))


class ExponentialDecay(_BuiltIn):
    """``initial_learning_rate · decay_rate^(step / decay_steps)``.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: The number of steps that multiply the rate by ``decay_rate``.
        decay_rate: The factor.
        staircase: Whether the quotient is rounded down, so that the rate falls in stairs.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "ExponentialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name


class InverseTimeDecay(_BuiltIn):
    """``initial_learning_rate / (1 + decay_rate · step / decay_steps)``; the arguments are those of
    ``ExponentialDecay``."""

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        decay_rate: float,
        staircase: bool = False,
        name: str = "InverseTimeDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name


class PolynomialDecay(_BuiltIn):
    """From ``initial_learning_rate`` to ``end_learning_rate`` in ``decay_steps`` steps, along a polynomial.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: The number of steps until the end.
        end_learning_rate: The rate from then on.
        power: The power of the polynomial; 1 is a line.
        cycle: Whether it begins again, each time over more steps.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str = "PolynomialDecay",
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name


class CosineDecay(_BuiltIn):
    """From ``initial_learning_rate`` to its share ``alpha`` in ``decay_steps`` steps, along half a cosine.

    Args:
        initial_learning_rate: The rate at step 0.
        decay_steps: The number of steps of the decay.
        alpha: The last rate, as a share of the highest.
        warmup_target: The rate after the warm-up, a line from ``initial_learning_rate``. Default: no warm-up.
        warmup_steps: The number of steps of the warm-up.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: int,
        alpha: float = 0.0,
        name: str = "CosineDecay",
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.alpha = initial_learning_rate, decay_steps, alpha
        self.name, self.warmup_target, self.warmup_steps = name, warmup_target, warmup_steps


class CosineDecayRestarts(_BuiltIn):
    """Cosine decays that begin again.

    Args:
        initial_learning_rate: The rate at step 0.
        first_decay_steps: The number of steps of the first decay.
        t_mul: What each decay is longer by than the one before.
        m_mul: What each decay begins at, as a share of the one before.
        alpha: The last rate of a decay, as a share of its first.
    """

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: int,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str = "SGDRDecay",
    ) -> None:
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name


class PiecewiseConstantDecay(_BuiltIn):
    """``values[i]`` up to and including step ``boundaries[i]``, and the last value afterwards."""

    def __init__(self, boundaries: Any, values: Any, name: str = "PiecewiseConstant") -> None:
        self.boundaries, self.values, self.name = list(boundaries), list(values), name
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                f"PiecewiseConstantDecay has {len(self.boundaries)} boundaries and {len(self.values)} values; "
                "give one value more than boundaries"
            )

    def _spec(self) -> dict[str, Any]:
        return {
            "schedule": "PiecewiseConstantDecay",
            "boundaries": [int(step) for step in self.boundaries],
            "values": [float(value) for value in self.values],
        }


_NAMES: dict[str, Any] = {
    made.__name__: made
    for made in (
        ExponentialDecay, InverseTimeDecay, PolynomialDecay, CosineDecay, CosineDecayRestarts, PiecewiseConstantDecay,
    )
}  # fmt: skip


def serialize(schedule: LearningRateSchedule) -> dict[str, Any]:
    """Returns the name and the arguments of a schedule."""
    return {"class_name": type(schedule).__name__, "config": schedule.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """Returns the schedule of the result of ``serialize``."""
    names = {**_NAMES, **(custom_objects or {})}
    if config["class_name"] in names:
        return names[config["class_name"]].from_config(config["config"])
    return choose("schedule", config["class_name"], names, LearningRateSchedule)
