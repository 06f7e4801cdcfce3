"""Optimizers, by Keras's names and arguments.

All of them take the arguments of ``Optimizer`` too. ``model.compile`` takes their names or objects; on arrays,
``optimizer.apply(gradients, variables)`` does one step.
"""

from __future__ import annotations

import inspect
import json
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from gatewise import _gatewise
from gatewise._config import Configured, choose
from gatewise.optimizers import schedules
from gatewise.optimizers.schedules import LearningRateSchedule

if TYPE_CHECKING:
    import numpy as np

    from gatewise.variables import Variable

__all__ = [
    "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "LearningRateSchedule", "Lion", "Nadam", "Optimizer",
    "RMSprop", "deserialize", "get", "schedules", "serialize",
]  # fmt: skip


class _Rate(float):
    """A learning rate as Keras's programs read and set it: a number, with ``value``, ``numpy()`` and ``assign``."""

    optimizer: Optimizer

    @property
    def value(self) -> float:
        """The number."""
        return float(self)

    def numpy(self) -> np.float32:
        """Returns the number."""
        import numpy as np

        return np.float32(self)

    def assign(self, value: float) -> None:
        """Sets the optimizer's rate."""
        self.optimizer.learning_rate = float(value)


class Optimizer(Configured):
    """The base of all optimizers.

    Args:
        learning_rate: A number, a schedule, or a function of the number of steps done.
        weight_decay: The share of a weight, times the learning rate, that each step takes away. Default: none.
        clipnorm: The largest norm of the gradient of a tensor.
        clipvalue: The largest absolute value of a gradient.
        global_clipnorm: The largest norm of all gradients together.
        use_ema: Whether a moving average of the weights replaces the weights when training ends.
        ema_momentum: The share of the average that each step keeps.
        ema_overwrite_frequency: The number of steps after which the average replaces the weights in training, too.
        loss_scale_factor: Accepted as ``None`` only: it is for half precision.
        gradient_accumulation_steps: The number of steps whose gradients are averaged before they are applied.
        name: A name.
    """

    _settings: ClassVar[tuple[str, ...]] = ()
    _shared: ClassVar[tuple[str, ...]] = (
        "weight_decay", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum",
        "ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps",
    )  # fmt: skip

    def _keep(self, given: dict[str, Any]) -> None:
        """Keeps the arguments of ``__init__``."""
        self.name = given["name"] or self._name
        self._rate = given["learning_rate"]
        # Whether a callback, or a user between two runs, has set another rate.
        self._assigned = False
        for setting in (*self._settings, *self._shared):
            setattr(self, setting, given[setting])
        self._excluded: list[str] = []
        self._excluded_variables: list[Variable] = []
        self._applied: _gatewise.AppliedOptimizer | None = None
        self._variables: list[Variable] = []
        # What is wrong is said here, and not when training begins.
        _gatewise.check_optimizer(json.dumps(self._spec()))

    def get_config(self) -> dict[str, Any]:
        rate = self._rate
        if isinstance(rate, Configured):
            rate = {"class_name": type(rate).__name__, "config": rate.get_config()}
        own = {setting: getattr(self, setting) for setting in (*self._settings, *self._shared)}
        return {"name": self.name, "learning_rate": rate, **own}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        config = dict(config)
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = schedules.deserialize(config["learning_rate"])
        return cls(**config)

    def _spec(self) -> dict[str, Any]:
        """Returns the optimizer in the library's JSON, without a rate that is a function."""
        spec = {"name": self._name}
        for setting in (*self._settings, *self._shared):
            value = getattr(self, setting)
            if value is not None:
                spec[setting] = value
        if not self.use_ema:  # type: ignore[attr-defined]
            for setting in ("use_ema", "ema_momentum", "ema_overwrite_frequency"):
                spec.pop(setting, None)
        if self._function() is None:
            rate = self._rate
            spec["learning_rate"] = rate._spec() if isinstance(rate, schedules._BuiltIn) else float(rate)
        excluded = [*self._excluded, *(f"/{id(variable)}/" for variable in self._excluded_variables)]
        if excluded:
            spec["exclude_from_weight_decay"] = excluded  # type: ignore[assignment]
        return spec

    def _function(self) -> Any:
        """Returns the learning rate where it is a function of the number of steps."""
        if not callable(self._rate) or isinstance(self._rate, schedules._BuiltIn):
            return None
        try:
            takes_step = bool(inspect.signature(self._rate).parameters)
        except (TypeError, ValueError):
            takes_step = True
        rate = self._rate
        return rate if takes_step else lambda step: rate()

    @property
    def learning_rate(self) -> Any:
        """The learning rate: a number; with a schedule, that of the next step."""
        rate = _Rate(self._current_rate())
        rate.optimizer = self
        return rate

    def _current_rate(self) -> float:
        if self._applied is not None:
            return self._applied.learning_rate
        function = self._function()
        if function is not None:
            return function(0)
        return self._rate(0) if callable(self._rate) else self._rate

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        if self._applied is not None:
            self._applied.learning_rate = float(value)
        self._rate, self._assigned = value, True

    lr = learning_rate

    def _show_rate(self, rate: float) -> None:
        if not callable(self._rate):
            self._rate = rate
        self._assigned = False

    def _take_rate(self) -> float | None:
        assigned, self._assigned = self._assigned, False
        return float(self._rate) if assigned else None

    def exclude_from_weight_decay(
        self, var_list: Iterable[Variable] | None = None, var_names: Iterable[str] | None = None
    ) -> None:
        """Leaves tensors out of the weight decay: those whose names contain one of ``var_names``, such as ``"bias"``,
        and the variables ``var_list``."""
        self._excluded += list(var_names or [])
        self._excluded_variables += list(var_list or [])

    # On variables of one's own

    @property
    def built(self) -> bool:
        """Whether the optimizer knows its variables."""
        return self._applied is not None

    @property
    def iterations(self) -> int:
        """The number of steps done by ``apply``."""
        return self._applied.iterations if self._applied is not None else 0

    @property
    def variables(self) -> list[np.ndarray]:
        """The state: one array of its size for each slot of each variable."""
        return self._applied.slots() if self._applied is not None else []

    def build(self, variables: list[Variable]) -> None:
        """Creates the state for these variables."""
        self._variables = list(variables)
        # The number tells variables of one name apart, for ``exclude_from_weight_decay``.
        named = [(f"{variable.path}/{id(variable)}/", int(variable.value.size)) for variable in self._variables]
        self._applied = _gatewise.AppliedOptimizer(json.dumps(self._spec()), self._function(), named)

    def apply(self, grads: list[Any], trainable_variables: list[Variable] | None = None) -> None:
        """Does one step: updates the variables in place by their gradients."""
        import numpy as np

        if self._applied is None:
            if trainable_variables is None:
                raise ValueError("apply needs the variables in its first call: optimizer.apply(gradients, variables)")
            self.build(trainable_variables)
        assert self._applied is not None
        variables = self._variables if trainable_variables is None else list(trainable_variables)
        if len(variables) != len(self._variables):
            raise ValueError(
                f"the optimizer was built for {len(self._variables)} variables, but {len(variables)} were given"
            )
        if len(grads) != len(variables):
            raise ValueError(f"there are {len(variables)} variables, but {len(grads)} gradients")
        if all(grad is None for grad in grads):
            raise ValueError("no variable has a gradient; give at least one that is not None")
        if any(grad is None for grad in grads):
            names = ", ".join(variable.name for grad, variable in zip(grads, variables) if grad is None)
            warnings.warn(f"there is no gradient for {names}, which stay as they are", stacklevel=2)
        given = [
            np.zeros(variable.shape) if grad is None else np.asarray(grad) for grad, variable in zip(grads, variables)
        ]
        for array, variable in zip(given, variables):
            if array.shape != variable.shape:
                raise ValueError(f"a variable has the shape {variable.shape}, but its gradient {array.shape}")
        updated = self._applied.apply(given, [variable.value for variable in variables])
        for grad, variable, values in zip(grads, variables, updated):
            if grad is not None:
                variable.assign(values.reshape(variable.shape))

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Any, Variable]]) -> int:
        """Does one step for pairs of a gradient and a variable. Returns the number of steps done."""
        pairs = list(grads_and_vars)
        self.apply([grad for grad, _ in pairs], [variable for _, variable in pairs])
        return self.iterations

    def finalize_variable_values(self, var_list: list[Variable]) -> None:
        """Replaces the variables by their moving averages, with ``use_ema``."""
        if self._applied is not None:
            for variable, values in zip(var_list, self._applied.finalize([variable.value for variable in var_list])):
                variable.assign(values.reshape(variable.shape))


class SGD(Optimizer):
    """Stochastic gradient descent, with momentum."""

    _name = "sgd"
    _settings = ("momentum", "nesterov")

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


class RMSprop(Optimizer):
    """RMSprop: gradients divided by the root of their mean square (Hinton 2012)."""

    _name = "rmsprop"
    _settings = ("rho", "momentum", "epsilon", "centered")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        centered: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


class Adagrad(Optimizer):
    """Adagrad (Duchi et al. 2011)."""

    _name = "adagrad"
    _settings = ("initial_accumulator_value", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


class Adadelta(Optimizer):
    """Adadelta (Zeiler 2012)."""

    _name = "adadelta"
    _settings = ("rho", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015)."""

    _name = "adam"
    _settings = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


class AdamW(Optimizer):
    """Adam with weight decay (Loshchilov & Hutter 2019)."""

    _name = "adamw"
    _settings = ("beta_1", "beta_2", "epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = 0.004,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        amsgrad: bool = False,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        if weight_decay is None:
            raise ValueError("AdamW needs a weight_decay; use Adam for none")
        self._keep(locals())


class Adamax(Optimizer):
    """Adam with the infinity norm (Kingma & Ba 2015)."""

    _name = "adamax"
    _settings = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


class Nadam(Optimizer):
    """Adam with Nesterov momentum (Dozat 2016)."""

    _name = "nadam"
    _settings = ("beta_1", "beta_2", "epsilon")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


class Lion(Optimizer):
    """Lion: the sign of a momentum (Chen et al. 2023)."""

    _name = "lion"
    _settings = ("beta_1", "beta_2")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._keep(locals())


_CLASSES: list[type[Optimizer]] = [SGD, RMSprop, Adagrad, Adadelta, Adam, AdamW, Adamax, Nadam, Lion]
_NAMES: dict[str, Any] = {made._name: made for made in _CLASSES}
_NAMES.update({made.__name__: made for made in _CLASSES})


def get(identifier: Any) -> Any:
    """Returns the optimizer that a name or an object means."""
    if isinstance(identifier, str) and identifier.lower() in _NAMES:
        identifier = identifier.lower()
    return choose("optimizer", identifier, _NAMES, Optimizer)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """Returns an optimizer as its class and its settings."""
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> Any:
    """Returns the optimizer of ``serialize``."""
    return get(config)
