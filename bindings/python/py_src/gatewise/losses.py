"""Losses, by Keras's names and arguments.

``model.compile(loss=…)`` takes their names or objects. On arrays::

    gatewise.losses.Huber(delta=2.0)(y_true, y_pred, sample_weight=weights)  # reduced to a number
    gatewise.losses.huber(y_true, y_pred, delta=2.0)  # a number for each row

Shapes: ``y_true`` and ``y_pred`` are (B, D), or (B, T, D), and a row is what the last axis holds; for the sparse
cross-entropy, ``y_true`` has a class for each row. ``sample_weight`` has a number for each row.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise
from gatewise._config import Configured, choose

if TYPE_CHECKING:
    import numpy as np

#: The reductions of the losses of rows to one number.
REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none")


class Loss(Configured):
    """The base of all losses.

    A loss of your own, for arrays, derives from it and has ``call(y_true, y_pred)``, which returns the losses of rows.
    To train with a loss of your own, give ``compile`` a function that returns the gradient too.

    Args:
        name: A name.
        reduction: ``"sum_over_batch_size"`` or ``"mean"``: the sum by the number of rows; ``"sum"``;
            ``"mean_with_sample_weight"``: the sum by that of the weights; ``None`` or ``"none"``: a number for each
            row.
        dtype: Accepted and kept; losses are computed in double precision and returned as ``float32``.
    """

    def __init__(
        self, name: str | None = None, reduction: str | None = "sum_over_batch_size", dtype: Any = None
    ) -> None:
        if (reduction or "none") not in REDUCTIONS:
            raise ValueError(f"reduction is {reduction!r}; it must be one of {', '.join(REDUCTIONS)}, or None")
        self.name = name or self._name or type(self).__name__
        self.reduction = reduction or "none"
        self._dtype = "float32" if dtype is None else str(getattr(dtype, "__name__", dtype))

    @property
    def dtype(self) -> str:
        """The type that was given."""
        return self._dtype

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        if config.get("dtype") == "float32":
            del config["dtype"]
        return {"name": self.name, "reduction": self.reduction, **config}

    def _spec(self) -> dict[str, Any]:
        """Returns the loss in the library's JSON."""
        raise ValueError(
            f"{type(self).__name__} is a loss for arrays; to train with it, compile with a function that returns the "
            "losses and their gradient"
        )

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Returns the loss of each row."""
        raise NotImplementedError(f"{type(self).__name__} must have a call(self, y_true, y_pred)")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Returns the reduced loss."""
        import numpy as np

        targets, outputs = _same_rank(np.asarray(y_true, dtype="float32"), np.asarray(y_pred, dtype="float32"), np)
        losses = np.asarray(self.call(targets, outputs), dtype="float64")
        weights = None if sample_weight is None else _row_weights(sample_weight, losses.shape, np)
        reduced = _gatewise.reduce_losses(losses.reshape(-1).tolist(), weights, self.reduction)
        return _float32(reduced, losses.shape, np)


def _float32(reduced: Any, shape: tuple[int, ...], np: Any) -> Any:
    return np.float32(reduced) if isinstance(reduced, float) else reduced.astype("float32").reshape(shape)


def _same_rank(targets: np.ndarray, outputs: np.ndarray, np: Any) -> tuple[np.ndarray, np.ndarray]:
    from gatewise.metrics import same_rank

    return same_rank(targets, outputs, np)


def _row_weights(sample_weight: Any, shape: tuple[int, ...], np: Any) -> np.ndarray:
    from gatewise.metrics import row_weights

    return row_weights(sample_weight, shape, np)


class _Own(Loss):
    """A loss of the library: Python keeps its arguments."""

    #: Whether a row has one target, the number of a class.
    _sparse = False

    def _keep(self, given: dict[str, Any]) -> None:
        """Keeps the arguments of ``__init__``."""
        arguments = {key: value for key, value in given.items() if key not in ("self", "__class__")}
        Loss.__init__(self, *(arguments.pop(key) for key in ("name", "reduction", "dtype")))
        for key, value in arguments.items():
            setattr(self, key, value)
        self._arguments = list(arguments)

    def _spec(self) -> dict[str, Any]:
        arguments = {key: getattr(self, key) for key in self._arguments if key != "axis"}
        return {"name": self._name, **{key: value for key, value in arguments.items() if value is not None}}

    def call(self, y_true: Any, y_pred: Any) -> Any:
        return self._compute(y_true, y_pred, None, "none")

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Returns the reduced loss: a number, or with the reduction ``None`` one for each row."""
        return self._compute(y_true, y_pred, sample_weight, self.reduction)

    def _compute(self, y_true: Any, y_pred: Any, sample_weight: Any, reduction: str) -> Any:
        import numpy as np

        targets, outputs = np.asarray(y_true, dtype="float32"), np.asarray(y_pred, dtype="float32")
        axis = getattr(self, "axis", -1)
        if self._sparse:
            outputs = np.moveaxis(outputs, axis, -1)
            if targets.ndim == outputs.ndim and targets.shape[-1] == 1:
                targets = targets[..., 0]
            if targets.shape != outputs.shape[:-1]:
                raise ValueError(
                    f"{self.name}: y_pred has the shape {outputs.shape}, so y_true needs one class for each row, "
                    f"{outputs.shape[:-1]}, but its shape is {targets.shape}"
                )
        else:
            targets, outputs = _same_rank(targets, outputs, np)
            if targets.shape != outputs.shape:
                raise ValueError(
                    f"{self.name}: y_true has the shape {targets.shape}, and y_pred {outputs.shape}; they must be alike"
                )
            targets, outputs = np.moveaxis(targets, axis, -1), np.moveaxis(outputs, axis, -1)
        shape = outputs.shape[:-1]
        rows = int(np.prod(shape))
        weights = None if sample_weight is None else _row_weights(sample_weight, shape, np)
        targets = targets.reshape(rows, -1 if targets.size else 1)
        outputs = outputs.reshape(rows, -1 if outputs.size else 1)
        spec = json.dumps(self._spec(), default=lambda value: value.tolist())
        return _float32(_gatewise.loss_of(spec, outputs, targets, weights, reduction), shape, np)


class BinaryCrossentropy(_Own):
    """The cross-entropy of independent probabilities.

    Args:
        from_logits: Whether outputs are logits.
        label_smoothing: How far targets are moved towards ½, from 0 to 1.
    """

    _name = "binary_crossentropy"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_crossentropy",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class CategoricalCrossentropy(_Own):
    """The cross-entropy of class probabilities; targets are one-hot.

    Args:
        from_logits: Whether outputs are logits.
        label_smoothing: How far targets are moved towards the uniform distribution, from 0 to 1.
    """

    _name = "categorical_crossentropy"

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class SparseCategoricalCrossentropy(_Own):
    """The cross-entropy of class probabilities; targets are numbers of classes.

    Args:
        from_logits: Whether outputs are logits.
        ignore_class: Targets of this class are left out.
    """

    _name = "sparse_categorical_crossentropy"
    _sparse = True

    def __init__(
        self,
        from_logits: bool = False,
        ignore_class: int | None = None,
        reduction: str | None = "sum_over_batch_size",
        axis: int = -1,
        name: str | None = "sparse_categorical_crossentropy",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class BinaryFocalCrossentropy(_Own):
    """Binary cross-entropy in which outputs that are right already weigh less.

    Args:
        apply_class_balancing: Whether class 1 is weighted by ``alpha``, and class 0 by 1 − ``alpha``.
        alpha: The weight of class 1.
        gamma: How much less they weigh; 0: as much.
        from_logits: Whether outputs are logits.
        label_smoothing: How far targets are moved towards ½, from 0 to 1.
    """

    _name = "binary_focal_crossentropy"

    def __init__(
        self,
        apply_class_balancing: bool = False,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "binary_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class CategoricalFocalCrossentropy(_Own):
    """Categorical cross-entropy in which rows that are right already weigh less; the arguments are those of
    ``BinaryFocalCrossentropy``."""

    _name = "categorical_focal_crossentropy"

    def __init__(
        self,
        alpha: float = 0.25,
        gamma: float = 2.0,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "categorical_focal_crossentropy",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class KLDivergence(_Own):
    """The sum of y·ln(y / ŷ)."""

    _name = "kl_divergence"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "kl_divergence", dtype: Any = None
    ) -> None:
        self._keep(locals())


class Hinge(_Own):
    """The mean of max(0, 1 − y·ŷ), with targets −1 and 1 (0 counts as −1)."""

    _name = "hinge"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "hinge", dtype: Any = None
    ) -> None:
        self._keep(locals())


class SquaredHinge(_Own):
    """The mean of max(0, 1 − y·ŷ)²."""

    _name = "squared_hinge"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "squared_hinge", dtype: Any = None
    ) -> None:
        self._keep(locals())


class CategoricalHinge(_Own):
    """max(0, 1 + the largest output of a false class − that of the true one)."""

    _name = "categorical_hinge"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "categorical_hinge", dtype: Any = None
    ) -> None:
        self._keep(locals())


class CosineSimilarity(_Own):
    """The cosine of the angle between outputs and targets, negated."""

    _name = "cosine_similarity"

    def __init__(
        self,
        axis: int = -1,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "cosine_similarity",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class MeanSquaredError(_Own):
    """The mean of (ŷ − y)²."""

    _name = "mean_squared_error"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "mean_squared_error", dtype: Any = None
    ) -> None:
        self._keep(locals())


class MeanAbsoluteError(_Own):
    """The mean of |ŷ − y|."""

    _name = "mean_absolute_error"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "mean_absolute_error", dtype: Any = None
    ) -> None:
        self._keep(locals())


class MeanAbsolutePercentageError(_Own):
    """The mean of 100·|ŷ − y| / |y|."""

    _name = "mean_absolute_percentage_error"

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_absolute_percentage_error",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class MeanSquaredLogarithmicError(_Own):
    """The mean of (ln(1 + ŷ) − ln(1 + y))²."""

    _name = "mean_squared_logarithmic_error"

    def __init__(
        self,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "mean_squared_logarithmic_error",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class LogCosh(_Own):
    """The mean of ln cosh(ŷ − y)."""

    _name = "log_cosh"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "log_cosh", dtype: Any = None
    ) -> None:
        self._keep(locals())


class Huber(_Own):
    """Squared for errors up to ``delta``, linear beyond."""

    _name = "huber"

    def __init__(
        self,
        delta: float = 1.0,
        reduction: str | None = "sum_over_batch_size",
        name: str | None = "huber",
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class Poisson(_Own):
    """The mean of ŷ − y·ln ŷ."""

    _name = "poisson"

    def __init__(
        self, reduction: str | None = "sum_over_batch_size", name: str | None = "poisson", dtype: Any = None
    ) -> None:
        self._keep(locals())


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Returns the loss of each row; see ``BinaryCrossentropy``."""
    return BinaryCrossentropy(from_logits=from_logits, label_smoothing=label_smoothing, axis=axis).call(y_true, y_pred)


def categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    """Returns the loss of each row; see ``CategoricalCrossentropy``."""
    return CategoricalCrossentropy(from_logits=from_logits, label_smoothing=label_smoothing, axis=axis).call(
        y_true, y_pred
    )


def sparse_categorical_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, ignore_class: int | None = None, axis: int = -1
) -> Any:
    """Returns the loss of each row; see ``SparseCategoricalCrossentropy``."""
    return SparseCategoricalCrossentropy(from_logits=from_logits, ignore_class=ignore_class, axis=axis).call(
        y_true, y_pred
    )


def binary_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Returns the loss of each row; see ``BinaryFocalCrossentropy``."""
    return BinaryFocalCrossentropy(
        apply_class_balancing=apply_class_balancing,
        alpha=alpha,
        gamma=gamma,
        from_logits=from_logits,
        label_smoothing=label_smoothing,
        axis=axis,
    ).call(y_true, y_pred)


def categorical_focal_crossentropy(
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    """Returns the loss of each row; see ``CategoricalFocalCrossentropy``."""
    return CategoricalFocalCrossentropy(
        alpha=alpha, gamma=gamma, from_logits=from_logits, label_smoothing=label_smoothing, axis=axis
    ).call(y_true, y_pred)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``KLDivergence``."""
    return KLDivergence().call(y_true, y_pred)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``Hinge``."""
    return Hinge().call(y_true, y_pred)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``SquaredHinge``."""
    return SquaredHinge().call(y_true, y_pred)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``CategoricalHinge``."""
    return CategoricalHinge().call(y_true, y_pred)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """Returns the loss of each row; see ``CosineSimilarity``."""
    return CosineSimilarity(axis=axis).call(y_true, y_pred)


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``MeanSquaredError``."""
    return MeanSquaredError().call(y_true, y_pred)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``MeanAbsoluteError``."""
    return MeanAbsoluteError().call(y_true, y_pred)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``MeanAbsolutePercentageError``."""
    return MeanAbsolutePercentageError().call(y_true, y_pred)


def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``MeanSquaredLogarithmicError``."""
    return MeanSquaredLogarithmicError().call(y_true, y_pred)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``LogCosh``."""
    return LogCosh().call(y_true, y_pred)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """Returns the loss of each row; see ``Huber``."""
    return Huber(delta=delta).call(y_true, y_pred)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """Returns the loss of each row; see ``Poisson``."""
    return Poisson().call(y_true, y_pred)


_CLASSES: list[type[_Own]] = [
    BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy, BinaryFocalCrossentropy,
    CategoricalFocalCrossentropy, KLDivergence, Hinge, SquaredHinge, CategoricalHinge, CosineSimilarity,
    MeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError, MeanSquaredLogarithmicError, LogCosh, Huber,
    Poisson,
]  # fmt: skip
_NAMES: dict[str, Any] = {made._name: made for made in _CLASSES}
_SHORT: dict[str, type[_Own]] = {
    "bce": BinaryCrossentropy, "mse": MeanSquaredError, "mae": MeanAbsoluteError, "mape": MeanAbsolutePercentageError,
    "msle": MeanSquaredLogarithmicError, "kld": KLDivergence, "kullback_leibler_divergence": KLDivergence,
    "logcosh": LogCosh,
}  # fmt: skip
_NAMES.update(_SHORT)
_NAMES.update({name.upper(): made for name, made in _SHORT.items() if len(name) < 5})
_NAMES.update({made.__name__: made for made in _CLASSES})


def get(identifier: Any) -> Loss | Callable[..., Any] | None:
    """Returns the loss that a name, an object or a function of this module means. Any other function stays one."""
    if getattr(identifier, "__module__", None) == __name__ and getattr(identifier, "__name__", None) in _NAMES:
        return _NAMES[identifier.__name__]()
    return choose("loss", identifier, _NAMES, Loss)
