"""Metrics, by Keras's names and arguments.

``model.compile(metrics=[…])`` takes their names or objects. On arrays, a metric accumulates::

    auc = gatewise.metrics.AUC()
    auc.update_state(y_true, y_pred)
    auc.result()

Shapes: ``y_true`` and ``y_pred`` are (B, D), or (B, T, D), and a row is what the last axis holds. ``sample_weight`` has
a number for each row (B,), or for each step (B, T); where a metric looks at each number alone, as accuracy and
``AUC`` do, it may also have the shape of ``y_pred``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise
from gatewise._config import Configured, choose
from gatewise._config import plain as _plain

if TYPE_CHECKING:
    import numpy as np


class Metric(Configured):
    """The base of all metrics.

    A metric of your own derives from it, makes its state by ``add_variable``, and has ``update_state(y_true, y_pred,
    sample_weight=None)`` and ``result()``.

    Args:
        name: The name in logs. Default: the class in snake case.
        dtype: Accepted and kept; results are in double precision.
    """

    def __init__(self, dtype: Any = None, name: str | None = None) -> None:
        self.name = name or _snake(type(self).__name__)
        self._dtype = "float32" if dtype is None else str(getattr(dtype, "__name__", dtype))

    @property
    def dtype(self) -> str:
        """The type that was given; results are in double precision."""
        return self._dtype

    @property
    def variables(self) -> list[Any]:
        """The variables of the state, those of metrics in attributes included."""
        return _variables(vars(self))

    def add_variable(
        self, shape: Any = (), initializer: Any = "zeros", dtype: Any = None, name: str | None = None
    ) -> Any:
        """Returns a new variable of the state."""
        from gatewise import initializers
        from gatewise.variables import Variable

        made = Variable(initializers.get(initializer), shape=tuple(shape), dtype=dtype, name=name, trainable=False)
        self.__dict__.setdefault("_added", []).append(made)
        return made

    add_weight = add_variable

    def update_state(self, *args: Any, **kwargs: Any) -> None:
        """Accumulates rows: ``update_state(y_true, y_pred, sample_weight=None)``."""
        raise NotImplementedError(f"{type(self).__name__} must have an update_state")

    def result(self) -> Any:
        """Returns the result over all rows so far."""
        raise NotImplementedError(f"{type(self).__name__} must have a result")

    def reset_state(self) -> None:
        """Forgets all rows."""
        for variable in self.variables:
            variable.assign(0 * variable.value)

    def _numbers(self) -> list[float]:
        """Returns the state as a list of numbers."""
        import numpy as np

        return [float(number) for variable in self.variables for number in np.ravel(variable.value)]

    def _restore(self, numbers: list[float]) -> None:
        """Restores ``_numbers``."""
        import numpy as np

        for variable in self.variables:
            shape = np.shape(variable.value)
            count = int(np.prod(shape))
            variable.assign(np.reshape(numbers[:count], shape))
            numbers = numbers[count:]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Accumulates rows and returns the result."""
        self.update_state(*args, **kwargs)
        return self.result()

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "name": self.name, "dtype": self.dtype}


def _variables(value: Any) -> list[Any]:
    from gatewise.variables import Variable

    if isinstance(value, Variable):
        return [value]
    if isinstance(value, Metric):
        return value.variables
    found: list[Any] = []
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    for part in parts:
        found += [one for one in _variables(part) if not any(one is other for other in found)]
    return found


def _snake(name: str) -> str:
    import re

    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


class _Own(Metric):
    """A metric of the library: Python keeps its arguments, and Rust its state.

    ``_layout`` says what a row is: ``"rows"``, the last axis; ``"elements"``, each number; ``"classes"``, the last axis
    of outputs, with one target, the number of a class.
    """

    _layout = "rows"
    #: The arguments for which ``None`` is a choice, and not the default of Keras.
    _none_means: tuple[str, ...] = ("average", "class_aggregation")
    #: Whether a row is one of an array (B, D), so that (D,) is refused.
    _has_rows = False

    def _keep(self, given: dict[str, Any]) -> None:
        """Keeps the arguments of ``__init__``."""
        arguments = {key: value for key, value in given.items() if key not in ("self", "__class__")}
        name, dtype = arguments.pop("name"), arguments.pop("dtype")
        for key, value in arguments.items():
            setattr(self, key, value)
        self._arguments = list(arguments)
        self._is_named = name is not None
        self._state = _gatewise.MetricState(json.dumps(self._spec(), default=_plain))
        Metric.__init__(self, dtype, name or self._state.label())

    def _spec(self) -> dict[str, Any]:
        """Returns the metric in the library's JSON."""
        spec = {"name": self._name, **{key: getattr(self, key) for key in self._arguments}}
        spec.pop("axis", None)
        spec = {key: value for key, value in spec.items() if value is not None or key in self._none_means}
        if getattr(self, "_is_named", False) and hasattr(self, "name"):
            spec["label"] = self.name
        return spec

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Accumulates rows.

        Args:
            y_true: The targets.
            y_pred: The outputs.
            sample_weight: A weight for all, for each row, or for each number.
        """
        import numpy as np

        targets, outputs = np.asarray(y_true, dtype="float32"), np.asarray(y_pred, dtype="float32")
        if self._layout == "classes":
            if targets.ndim == outputs.ndim and targets.shape[-1] == 1:
                targets = targets[..., 0]
            if targets.size != outputs.size // max(outputs.shape[-1], 1):
                raise ValueError(
                    f"{self.name}: y_pred has the shape {outputs.shape}, so y_true needs one class for each row, "
                    f"{outputs.shape[:-1]}, but its shape is {targets.shape}"
                )
        else:
            targets, outputs = same_rank(targets, outputs, np)
            axis = getattr(self, "axis", -1)
            targets, outputs = np.moveaxis(targets, axis, -1), np.moveaxis(outputs, axis, -1)
            if targets.shape != outputs.shape:
                raise ValueError(
                    f"{self.name}: y_true has the shape {targets.shape}, and y_pred {outputs.shape}; they must be alike"
                )
        if outputs.ndim < 2 and self._has_rows:
            raise ValueError(
                f"{self.name} looks at the outputs of a row: y_pred must have the shape (rows, outputs), but its shape "
                f"is {outputs.shape}"
            )
        self._add(outputs, targets, sample_weight)

    def _add(self, outputs: np.ndarray, targets: np.ndarray | None, sample_weight: Any) -> None:
        import numpy as np

        shape = outputs.shape if self._layout == "elements" else outputs.shape[:-1]
        rows = int(np.prod(shape))
        weights = None if sample_weight is None else row_weights(sample_weight, shape, np)
        self._state.update(
            outputs.reshape(rows, -1 if outputs.size else 1),
            None if targets is None else targets.reshape(rows, -1 if targets.size else 1),
            weights,
        )

    def result(self) -> Any:
        """Returns the result over all rows so far: a number, or an array of one for each class, label or threshold."""
        return self._state.result()

    def reset_state(self) -> None:
        self._state.reset()

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if key != "_state"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._state = _gatewise.MetricState(json.dumps(self._spec(), default=_plain))


def same_rank(targets: np.ndarray, outputs: np.ndarray, np: Any) -> tuple[np.ndarray, np.ndarray]:
    """Returns both with as many axes, where one lacks a last axis of length 1."""
    if targets.ndim == outputs.ndim + 1 and targets.shape[-1] == 1:
        return targets, outputs[..., None]
    if outputs.ndim == targets.ndim + 1 and outputs.shape[-1] == 1:
        return targets[..., None], outputs
    return targets, outputs


def row_weights(sample_weight: Any, shape: tuple[int, ...], np: Any) -> np.ndarray:
    """Returns one weight for each row of ``shape``: weights of fewer axes hold for all on the others, and those of more
    axes are averaged."""
    weights = np.asarray(sample_weight, dtype="float32")
    while weights.ndim > len(shape):
        weights = weights.mean(axis=-1)
    weights = weights.reshape(weights.shape + (1,) * (len(shape) - weights.ndim))
    try:
        return np.broadcast_to(weights, shape).reshape(-1)
    except ValueError:
        given = np.shape(sample_weight)
        raise ValueError(f"sample_weight has the shape {given}, which does not fit rows of shape {shape}") from None


class Accuracy(_Own):
    """The share of outputs that equal their target."""

    _name = "Accuracy"
    _layout = "elements"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class _Accuracy(_Own):
    """The accuracy that fits the outputs and the targets."""

    _name = "accuracy"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class BinaryAccuracy(_Own):
    """The share of outputs on the side of ``threshold`` where their target is."""

    _name = "binary_accuracy"
    _layout = "elements"

    def __init__(self, name: str | None = None, dtype: Any = None, threshold: float = 0.5) -> None:
        self._keep(locals())


class CategoricalAccuracy(_Own):
    """The share of rows whose largest output is that of the true class; targets are one-hot."""

    _name = "categorical_accuracy"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class SparseCategoricalAccuracy(_Own):
    """The share of rows whose largest output is that of the true class; targets are numbers of classes."""

    _name = "sparse_categorical_accuracy"
    _layout = "classes"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class TopKCategoricalAccuracy(_Own):
    """The share of rows whose true class is among the ``k`` largest outputs; targets are one-hot."""

    _name = "top_k_categorical_accuracy"

    def __init__(self, k: int = 5, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class SparseTopKCategoricalAccuracy(_Own):
    """The share of rows whose true class is among the ``k`` largest outputs; targets are numbers of classes. With
    ``from_sorted_ids``, the outputs are classes, the best first."""

    _name = "sparse_top_k_categorical_accuracy"
    _layout = "classes"

    def __init__(self, k: int = 5, name: str | None = None, dtype: Any = None, from_sorted_ids: bool = False) -> None:
        self._keep(locals())


class TruePositives(_Own):
    """The number of positives above the threshold, or above each of ``thresholds``."""

    _name = "true_positives"
    _layout = "elements"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class TrueNegatives(_Own):
    """The number of negatives that are not above the threshold, or each of ``thresholds``."""

    _name = "true_negatives"
    _layout = "elements"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class FalsePositives(_Own):
    """The number of negatives above the threshold, or above each of ``thresholds``."""

    _name = "false_positives"
    _layout = "elements"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class FalseNegatives(_Own):
    """The number of positives that are not above the threshold, or each of ``thresholds``."""

    _name = "false_negatives"
    _layout = "elements"

    def __init__(self, thresholds: Any = None, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class _Rows(_Own):
    """A metric that gives a number for each output, or their mean."""

    _has_rows = True


class _Cells(_Own):
    """A metric that looks at each number alone, unless it is told which output of a row to look at."""

    @property
    def _layout(self) -> str:  # type: ignore[override]
        by_row = ("class_id", "top_k")
        return "rows" if any(getattr(self, name, None) is not None for name in by_row) else "elements"

    @property
    def _has_rows(self) -> bool:  # type: ignore[override]
        return getattr(self, "class_id", None) is not None


class _Overlap(_Own):
    """A metric of overlaps: rows are those of the last axis where targets or outputs have a number for each class."""

    @property
    def _layout(self) -> str:  # type: ignore[override]
        return "elements" if self._sparse == (True, True) else "rows"

    @property
    def _sparse(self) -> tuple[bool, bool]:
        return getattr(self, "sparse_y_true", False), getattr(self, "sparse_y_pred", True)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        import numpy as np

        targets, outputs = np.asarray(y_true, dtype="float32"), np.asarray(y_pred, dtype="float32")
        sparse_true, sparse_pred = self._sparse
        targets = targets[..., None] if sparse_true else targets
        outputs = outputs[..., None] if sparse_pred else outputs
        shape = outputs.shape[:-1]
        rows = int(np.prod(shape))
        weights = None if sample_weight is None else row_weights(sample_weight, shape, np)
        self._state.update(outputs.reshape(rows, outputs.shape[-1]), targets.reshape(rows, targets.shape[-1]), weights)


class Precision(_Cells):
    """The share of positives among what is above the threshold.

    Args:
        thresholds: A threshold, or several. Default: 0.5.
        top_k: Counts the ``k`` largest outputs of a row as positive, instead of a threshold.
        class_id: Looks at this output alone.
    """

    _name = "precision"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class Recall(_Cells):
    """The share of the positives that is above the threshold; the arguments are those of ``Precision``."""

    _name = "recall"

    def __init__(
        self,
        thresholds: Any = None,
        top_k: int | None = None,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class SensitivityAtSpecificity(_Cells):
    """The best sensitivity (recall) at a specificity of at least ``specificity``."""

    _name = "sensitivity_at_specificity"

    def __init__(
        self,
        specificity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class SpecificityAtSensitivity(_Cells):
    """The best specificity at a sensitivity (recall) of at least ``sensitivity``."""

    _name = "specificity_at_sensitivity"

    def __init__(
        self,
        sensitivity: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class PrecisionAtRecall(_Cells):
    """The best precision at a recall of at least ``recall``."""

    _name = "precision_at_recall"

    def __init__(
        self,
        recall: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class RecallAtPrecision(_Cells):
    """The best recall at a precision of at least ``precision``."""

    _name = "recall_at_precision"

    def __init__(
        self,
        precision: float,
        num_thresholds: int = 200,
        class_id: int | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class AUC(_Own):
    """The area under the curve of true and false positives (``"ROC"``) or of precision and recall (``"PR"``).

    Args:
        num_thresholds: The number of thresholds that approximate the curve.
        curve: ``"ROC"``, ``"PR"`` or ``"PRGAIN"``.
        summation_method: ``"interpolation"``, ``"minoring"`` or ``"majoring"``.
        thresholds: Thresholds, instead of a number of them.
        multi_label: Whether each output has a curve of its own; the result is the mean of their areas.
        num_labels: The number of outputs, with ``multi_label``.
        label_weights: The weights of the outputs in the mean, with ``multi_label``.
        from_logits: Whether outputs are logits.
    """

    _name = "auc"

    @property
    def _layout(self) -> str:  # type: ignore[override]
        return "rows" if self.multi_label or self.label_weights is not None else "elements"

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        num_labels: int | None = None,
        label_weights: Any = None,
        from_logits: bool = False,
    ) -> None:
        self.multi_label, self.label_weights = multi_label, label_weights
        self._keep(locals())


class F1Score(_Rows):
    """The harmonic mean of precision and recall.

    Args:
        average: ``None``: one number for each class; ``"micro"``, ``"macro"`` or ``"weighted"``: their mean.
        threshold: What outputs above it count as. Default: the largest output of a row is its class.
    """

    _name = "f1_score"

    def __init__(
        self, average: str | None = None, threshold: float | None = None, name: str | None = None, dtype: Any = None
    ) -> None:
        self._keep(locals())


class FBetaScore(_Rows):
    """As ``F1Score``, with a recall that counts ``beta`` times as much as precision."""

    _name = "fbeta_score"

    def __init__(
        self,
        average: str | None = None,
        beta: float = 1.0,
        threshold: float | None = None,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class MeanSquaredError(_Own):
    """The mean of (ŷ − y)²."""

    _name = "mean_squared_error"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class RootMeanSquaredError(_Own):
    """The root of the mean of (ŷ − y)²."""

    _name = "root_mean_squared_error"
    _layout = "elements"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class MeanAbsoluteError(_Own):
    """The mean of |ŷ − y|."""

    _name = "mean_absolute_error"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class MeanAbsolutePercentageError(_Own):
    """The mean of 100·|ŷ − y| / |y|."""

    _name = "mean_absolute_percentage_error"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class MeanSquaredLogarithmicError(_Own):
    """The mean of (ln(1 + ŷ) − ln(1 + y))²."""

    _name = "mean_squared_logarithmic_error"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class CosineSimilarity(_Own):
    """The cosine of the angle between outputs and targets."""

    _name = "cosine_similarity"

    def __init__(self, name: str | None = None, dtype: Any = None, axis: int = -1) -> None:
        self._keep(locals())


class LogCoshError(_Own):
    """The mean of ln cosh(ŷ − y)."""

    _name = "log_cosh"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class R2Score(_Rows):
    """The coefficient of determination, 1 − residual / total sum of squares.

    Args:
        class_aggregation: ``"uniform_average"``, ``"variance_weighted_average"``, or ``None``: a number for each
            output.
        num_regressors: The number of inputs, for the adjusted score. 0: not adjusted.
    """

    _name = "r2_score"

    def __init__(
        self,
        class_aggregation: str | None = "uniform_average",
        num_regressors: int = 0,
        name: str | None = None,
        dtype: Any = None,
    ) -> None:
        self._keep(locals())


class PearsonCorrelation(_Own):
    """The correlation of outputs and targets of a row."""

    _name = "pearson_correlation"

    def __init__(self, name: str | None = None, dtype: Any = None, axis: int = -1) -> None:
        self._keep(locals())


class ConcordanceCorrelation(_Own):
    """The concordance of outputs and targets of a row: their correlation, less their bias."""

    _name = "concordance_correlation"

    def __init__(self, name: str | None = None, dtype: Any = None, axis: int = -1) -> None:
        self._keep(locals())


class BinaryCrossentropy(_Own):
    """The cross-entropy of independent probabilities."""

    _name = "binary_crossentropy"

    def __init__(
        self, name: str | None = None, dtype: Any = None, from_logits: bool = False, label_smoothing: float = 0
    ) -> None:
        self._keep(locals())


class CategoricalCrossentropy(_Own):
    """The cross-entropy of class probabilities; targets are one-hot."""

    _name = "categorical_crossentropy"

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        label_smoothing: float = 0,
        axis: int = -1,
    ) -> None:
        self._keep(locals())


class SparseCategoricalCrossentropy(_Own):
    """The cross-entropy of class probabilities; targets are numbers of classes, and ``ignore_class`` is left out."""

    _name = "sparse_categorical_crossentropy"
    _layout = "classes"

    def __init__(
        self,
        name: str | None = None,
        dtype: Any = None,
        from_logits: bool = False,
        ignore_class: int | None = None,
        axis: int = -1,
    ) -> None:
        self._keep(locals())


class KLDivergence(_Own):
    """The sum of y·ln(y / ŷ)."""

    _name = "kl_divergence"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class Poisson(_Own):
    """The mean of ŷ − y·ln ŷ."""

    _name = "poisson"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class Hinge(_Own):
    """The mean of max(0, 1 − y·ŷ), with targets −1 and 1 (0 counts as −1)."""

    _name = "hinge"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class SquaredHinge(_Own):
    """The mean of max(0, 1 − y·ŷ)²."""

    _name = "squared_hinge"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class CategoricalHinge(_Own):
    """The mean of max(0, 1 + the largest output of a false class − that of the true one)."""

    _name = "categorical_hinge"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class IoU(_Overlap):
    """The intersection over union of the classes ``target_class_ids``.

    Args:
        num_classes: The number of classes.
        target_class_ids: The classes whose mean is the result.
        ignore_class: Targets of this class are left out.
        sparse_y_true: Whether targets are numbers of classes, not one-hot.
        sparse_y_pred: Whether outputs are numbers of classes, not one for each class.
    """

    _name = "iou"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        self._keep(locals())


class BinaryIoU(_Own):
    """The intersection over union of two classes, of which outputs above ``threshold`` are class 1."""

    _name = "binary_iou"
    _layout = "elements"

    def __init__(
        self, target_class_ids: Any = (0, 1), threshold: float = 0.5, name: str | None = None, dtype: Any = None
    ) -> None:
        self._keep(locals())


class MeanIoU(_Overlap):
    """The mean over classes of their intersection over union; the arguments are those of ``IoU``."""

    _name = "mean_iou"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_true: bool = True,
        sparse_y_pred: bool = True,
        axis: int = -1,
    ) -> None:
        self._keep(locals())


class OneHotIoU(_Overlap):
    """``IoU`` with targets that are one-hot."""

    _name = "one_hot_iou"

    def __init__(
        self,
        num_classes: int,
        target_class_ids: Any,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        self._keep(locals())


class OneHotMeanIoU(_Overlap):
    """``MeanIoU`` with targets that are one-hot."""

    _name = "one_hot_mean_iou"

    def __init__(
        self,
        num_classes: int,
        name: str | None = None,
        dtype: Any = None,
        ignore_class: int | None = None,
        sparse_y_pred: bool = False,
        axis: int = -1,
    ) -> None:
        self._keep(locals())


class _Values(_Own):
    _layout = "elements"

    def update_state(self, values: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Accumulates numbers.

        Args:
            values: A number, or an array of any shape.
            sample_weight: A weight for all, for each row, or for each number.
        """
        import numpy as np

        self._add(np.asarray(values, dtype="float32"), None, sample_weight)


class Mean(_Values):
    """The mean of numbers: ``update_state(values, sample_weight=None)``."""

    _name = "mean"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class Sum(_Values):
    """The sum of numbers: ``update_state(values, sample_weight=None)``."""

    _name = "sum"

    def __init__(self, name: str | None = None, dtype: Any = None) -> None:
        self._keep(locals())


class MeanMetricWrapper(Mean):
    """The mean of ``fn(y_true, y_pred, **kwargs)``, which returns a number for each row.

    Args:
        fn: The function.
        name: The name in logs. Default: the name of the function.
        kwargs: Its other arguments.
    """

    def __init__(self, fn: Callable[..., Any], name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
        super().__init__(name or getattr(fn, "__name__", None), dtype)
        self._fn, self._fn_kwargs = fn, kwargs

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:  # type: ignore[override]
        """Accumulates rows."""
        super().update_state(self._fn(y_true, y_pred, **self._fn_kwargs), sample_weight)

    def get_config(self) -> dict[str, Any]:
        return {"fn": self._fn, "name": self.name, "dtype": self.dtype, **self._fn_kwargs}


_CLASSES: list[type[_Own]] = [
    Accuracy, BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy, TopKCategoricalAccuracy,
    SparseTopKCategoricalAccuracy, TruePositives, TrueNegatives, FalsePositives, FalseNegatives, Precision, Recall,
    SensitivityAtSpecificity, SpecificityAtSensitivity, PrecisionAtRecall, RecallAtPrecision, AUC, F1Score,
    FBetaScore, MeanSquaredError, RootMeanSquaredError, MeanAbsoluteError, MeanAbsolutePercentageError,
    MeanSquaredLogarithmicError, CosineSimilarity, LogCoshError, R2Score, PearsonCorrelation, ConcordanceCorrelation,
    BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy, KLDivergence, Poisson, Hinge,
    SquaredHinge, CategoricalHinge, IoU, BinaryIoU, MeanIoU, OneHotIoU, OneHotMeanIoU, Mean, Sum,
]  # fmt: skip
_NAMES: dict[str, Any] = {made._name: made for made in _CLASSES}
_NAMES.update({made.__name__: made for made in _CLASSES})
_NAMES.update({
    "acc": _Accuracy, "accuracy": _Accuracy, "bce": BinaryCrossentropy, "mse": MeanSquaredError,
    "mae": MeanAbsoluteError, "mape": MeanAbsolutePercentageError, "msle": MeanSquaredLogarithmicError,
    "rmse": RootMeanSquaredError, "kld": KLDivergence, "logcosh": LogCoshError,
})  # fmt: skip


def get(identifier: Any) -> Any:
    """Returns the metric that a name or an object means. The outputs and the targets decide which accuracy
    ``"accuracy"`` and ``"acc"`` are."""
    found = choose("metric", identifier, _NAMES, Metric)
    if isinstance(identifier, str) and isinstance(found, _Own):
        # Logs call a metric what it was called, as in Keras: "mse", "AUC".
        found.name, found._is_named = identifier, True
    return found
