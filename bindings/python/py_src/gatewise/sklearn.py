"""Estimators for scikit-learn: ``GatewiseClassifier``, ``GatewiseRegressor`` and ``GatewiseForecaster``.

They train on raw texts, on rows of ids, and on series of numbers, and fit into ``Pipeline``, ``GridSearchCV``,
``cross_val_score`` and ``CalibratedClassifierCV``::

    from gatewise.sklearn import GatewiseClassifier

    model = GatewiseClassifier(epochs=5).fit(texts, labels)
    model.predict(["A dull, lifeless film."])
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise, progress
from gatewise.pipeline import _settings
from gatewise.predictor import Predictor

try:
    import numpy as np
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.utils import check_array, check_random_state, column_or_1d, compute_sample_weight
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted, validate_data
except ImportError as error:
    raise ImportError(
        "gatewise.sklearn needs scikit-learn 1.6 or later; install it: pip install scikit-learn"
    ) from error

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["GatewiseClassifier", "GatewiseForecaster", "GatewiseRegressor"]

_KINDS = ("auto", "texts", "ids", "series")
#: The parameters that are options of the pipeline, under the same name.
_OPTIONS = (
    "preset", "epochs", "batch_size", "learning_rate", "cell", "units", "embedding", "dropout", "max_words",
    "min_count",
    "tokenizer", "maxlen", "padding", "truncating", "mask_zero", "early_stopping", "reduce_lr_on_plateau", "threads",
)  # fmt: skip


class _Gatewise(BaseEstimator):  # type: ignore[misc]
    """What the classifier and the regressor share."""

    # Data

    def _kind(self, X: Any) -> str:
        """Returns what the rows are: texts, ids or series."""
        if self.kind not in _KINDS:
            raise ValueError(f"kind is {self.kind!r}; it must be one of {', '.join(_KINDS)}")
        if self.kind != "auto":
            return str(self.kind)
        if hasattr(X, "toarray") or len(getattr(X, "shape", ())) >= 2:
            dtype = getattr(X, "dtype", None)
            # A table of one column that is not of numbers is one of texts.
            is_column = dtype is None and X.shape[1] == 1 and not _is_numeric(X)
            is_texts = getattr(dtype, "kind", "") in ("U", "T") or is_column
            return "texts" if is_texts else "series"
        if isinstance(X, (str, bytes)) or not hasattr(X, "__len__") or len(X) == 0:
            return "texts"
        first = next(iter(X))
        if first is None or isinstance(first, (str, bytes)):
            return "texts"
        if isinstance(first, (int, float, np.number)):
            return "texts" if isinstance(first, float) and math.isnan(first) else "series"
        cells = np.asarray(first)
        return "ids" if cells.ndim == 1 and cells.dtype.kind in "iu" and len({len(row) for row in X}) > 1 else "series"

    def _rows(self, X: Any, kind: str, reset: bool) -> Any:
        """Returns the rows as the extension module reads them; refuses what scikit-learn refuses."""
        if kind == "series":
            if isinstance(X, np.ndarray) and X.dtype == object and X.ndim == 1:
                X = list(X)
            shapes = {np.shape(row) for row in X} if isinstance(X, (list, tuple)) else set()
            if len(shapes) > 1:
                first = np.shape(X[0])
                self._width(int(first[1]) if len(first) == 2 else 1, reset)
                return X
            if len(getattr(X, "shape", ())) == 3 or any(len(shape) == 2 for shape in shapes):
                X = check_array(X, dtype="numeric", allow_nd=True, estimator=self)
                self._width(X.shape[2], reset)
                return X
            return validate_data(self, X, dtype="numeric", reset=reset)
        if isinstance(X, (str, bytes)):
            raise ValueError("the texts are given as one text; give a list of them, one for each row")
        if kind == "texts" and getattr(X, "ndim", 1) == 2 and X.shape[1] == 1:
            # A table or an array of one column of texts.
            X = X.iloc[:, 0] if hasattr(X, "iloc") else X[:, 0]
        if len(X) == 0:
            raise ValueError("Found array with 0 sample(s); at least one row is required")
        return X

    def _width(self, channels: int, reset: bool) -> None:
        if reset:
            self.n_features_in_ = channels
        elif channels != self.n_features_in_:
            raise ValueError(
                f"X has {channels} features, but {type(self).__name__} is expecting {self.n_features_in_} features as "
                "input"
            )

    # Training

    def _train(self, X: Any, y: list[Any], kind: str, task: str, weights: Any, check: Any = None) -> None:
        settings = _settings({name: getattr(self, name) for name in _OPTIONS})
        settings.update(task=task, test_split=0.0, no_baseline=True)
        if self.validation_split is not None:
            settings["validation_split"] = self.validation_split
        elif self.preset != "accurate":
            settings["validation_split"] = 0.0
        if kind == "series":
            settings.pop("preset", None)
        seed = self.random_state
        if seed is not None:
            if not isinstance(seed, (int, np.integer)):
                seed = check_random_state(seed).randint(2**31 - 1)
            settings["seed"] = int(seed)
        with progress.watch(self.verbose) as shown:
            native, figures, _, notes = _gatewise.train(
                X, y, json.dumps(settings), None, None, kind, weights, True, shown
            )
        outcome = json.loads(figures)
        self.model_ = Predictor(native)
        self.kind_ = kind
        self.notes_ = notes
        self.history_ = {
            name: [epoch[name] for epoch in outcome["history"]["epochs"]]
            for name in ("loss", "accuracy", "val_loss", "val_accuracy")
            if any(epoch.get(name) is not None for epoch in outcome["history"]["epochs"])
        }
        self.n_epochs_ = len(outcome["history"]["epochs"])

    def _weights(self, sample_weight: Any, rows: int) -> Any:
        if sample_weight is None:
            return None
        return _check_sample_weight(sample_weight, np.empty((rows, 1)), ensure_non_negative=True)

    def _outputs(self, X: Any) -> np.ndarray:
        check_is_fitted(self)
        return self.model_.predict(self._rows(X, self.kind_, reset=False))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        texts, series = self.kind in ("auto", "texts"), self.kind in ("auto", "series")
        tags.input_tags.string = texts
        tags.input_tags.one_d_array = texts
        tags.input_tags.two_d_array = series or self.kind == "ids"
        tags.input_tags.three_d_array = series
        tags.input_tags.sparse = False
        tags.target_tags.required = True
        tags.non_deterministic = False
        return tags


class GatewiseClassifier(ClassifierMixin, _Gatewise):  # type: ignore[misc]
    """A recurrent classifier of texts, ids or series.

    The model does not depend on the order of the rows. Whole sample weights train as repeated rows do.

    Args:
        kind: ``"texts"``, ``"ids"`` or ``"series"``. ``"auto"``: texts; rows of whole numbers of unlike length are ids;
            other numbers are series. An array ``(n, steps)`` has series of one channel, an array
            ``(n, steps, channels)`` of several.
        preset: ``"classic"``, ``"fast"`` (the default of texts) or ``"accurate"``: a set of defaults for texts and ids.
        epochs, batch_size, learning_rate, cell, units, embedding, dropout, max_words, min_count, tokenizer, maxlen,
            padding, truncating, mask_zero, threads: As the options of ``gatewise train``. Default: by the preset.
        validation_split: The fraction of the rows to validate on. Default: none.
        early_stopping: Stops when ``val_loss`` has not improved for this many epochs; needs ``validation_split``.
        reduce_lr_on_plateau: Divides the learning rate by ten when ``val_loss`` has not improved for this many epochs.
        class_weight: ``"balanced"``, or a weight for each class in a dictionary.
        random_state: The seed. Default: 1, so that runs repeat.
        verbose: 0, 1 or 2, as Keras.

    Attributes:
        classes_: The classes, sorted.
        model_: The trained ``gatewise.Predictor``, which can be saved.
        history_: A list of numbers for each metric, one for each epoch.
        n_epochs_: The number of epochs.
        notes_: What was found in the data, one sentence each.
        n_features_in_: Series of one channel in an array: the steps. Series ``(n, steps, channels)``: the channels.
    """

    def __init__(
        self, *, kind: str = "auto", preset: str | None = None, epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None, cell: str | None = None, units: Any = None, embedding: int | None = None,
        dropout: float | None = None, max_words: int | None = None, min_count: int | None = None,
        tokenizer: str | None = None, maxlen: int | None = None, padding: str | None = None,
        truncating: str | None = None, mask_zero: bool | None = None, validation_split: float | None = None,
        early_stopping: int | None = None, reduce_lr_on_plateau: int | None = None, class_weight: Any = None,
        random_state: Any = None, threads: int | None = None, verbose: Any = 0,
    ) -> None:  # fmt: skip
        self.kind, self.preset, self.epochs, self.batch_size = kind, preset, epochs, batch_size
        self.learning_rate, self.cell, self.units, self.embedding = learning_rate, cell, units, embedding
        self.dropout, self.max_words, self.min_count, self.tokenizer = dropout, max_words, min_count, tokenizer
        self.maxlen, self.padding, self.truncating, self.mask_zero = maxlen, padding, truncating, mask_zero
        self.validation_split, self.early_stopping = validation_split, early_stopping
        self.reduce_lr_on_plateau, self.class_weight = reduce_lr_on_plateau, class_weight
        self.random_state, self.threads, self.verbose = random_state, threads, verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains the model on rows and their classes.

        Args:
            X: Texts (n), rows of ids (n), or series (n, steps) or (n, steps, channels).
            y: The class of each row, (n).
            sample_weight: The weight of each row, (n).
        """
        kind = self._kind(X)
        rows = self._rows(X, kind, reset=True)
        y = _target(self, y)
        check_classification_targets(y)
        check_consistent_length(rows, y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = self._weights(sample_weight, len(y))
        if self.class_weight is not None:
            of_class = compute_sample_weight(self.class_weight, y)
            weights = of_class if weights is None else weights * of_class
        present = np.unique(codes if weights is None else codes[weights > 0])
        if len(present) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes, but the rows of a weight above 0 have one class: "
                f"{self.classes_[present]}"
            )
        names = _names(self.classes_)
        self._train(rows, [names[code] for code in codes], kind, "classify", weights)
        order = {name: place for place, name in enumerate(self.model_.labels)}
        # A class of weight 0 has no output.
        self._columns = [order.get(name, -1) for name in names]
        return self

    def predict_proba(self, X: Any) -> np.ndarray:
        """Returns the probability of each class, (n, classes), in the order of ``classes_``."""
        outputs = self._outputs(X)
        if outputs.shape[1] == 1:
            outputs = np.concatenate([1 - outputs, outputs], axis=1)
        columns = np.asarray(self._columns)
        return np.where(columns >= 0, outputs[:, columns], np.float32(0))

    def decision_function(self, X: Any) -> np.ndarray:
        """Returns the log odds of ``classes_[1]``, (n), or of each of several classes, (n, classes)."""
        proba = self.predict_proba(X).astype("float64")
        tiny = np.finfo("float32").tiny
        odds = np.log(np.maximum(proba, tiny)) - np.log(np.maximum(1 - proba, tiny))
        return odds[:, 1] if odds.shape[1] == 2 else odds

    def predict(self, X: Any) -> np.ndarray:
        """Returns the most probable class of each row, (n)."""
        proba = self.predict_proba(X)
        if proba.shape[1] == 2:
            return self.classes_[(proba[:, 1] > 0.5).astype(int)]
        return self.classes_[proba.argmax(axis=1)]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = True
        tags.classifier_tags.multi_label = False
        return tags


class GatewiseRegressor(RegressorMixin, _Gatewise):  # type: ignore[misc]
    """A recurrent model that predicts a number for a text, a row of ids or a series.

    Arguments and attributes are as of ``GatewiseClassifier``, without classes. The preset ``"accurate"`` is for
    classes.
    """

    def __init__(
        self, *, kind: str = "auto", preset: str | None = None, epochs: int | None = None,
        batch_size: int | None = None,
        learning_rate: float | None = None, cell: str | None = None, units: Any = None, embedding: int | None = None,
        dropout: float | None = None, max_words: int | None = None, min_count: int | None = None,
        tokenizer: str | None = None, maxlen: int | None = None, padding: str | None = None,
        truncating: str | None = None, mask_zero: bool | None = None, validation_split: float | None = None,
        early_stopping: int | None = None, reduce_lr_on_plateau: int | None = None, random_state: Any = None,
        threads: int | None = None, verbose: Any = 0,
    ) -> None:  # fmt: skip
        self.kind, self.preset, self.epochs, self.batch_size = kind, preset, epochs, batch_size
        self.learning_rate, self.cell, self.units, self.embedding = learning_rate, cell, units, embedding
        self.dropout, self.max_words, self.min_count, self.tokenizer = dropout, max_words, min_count, tokenizer
        self.maxlen, self.padding, self.truncating, self.mask_zero = maxlen, padding, truncating, mask_zero
        self.validation_split, self.early_stopping = validation_split, early_stopping
        self.reduce_lr_on_plateau, self.random_state = reduce_lr_on_plateau, random_state
        self.threads, self.verbose = threads, verbose

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """Trains the model on rows and their numbers.

        Args:
            X: Texts (n), rows of ids (n), or series (n, steps) or (n, steps, channels).
            y: The number of each row, (n).
            sample_weight: The weight of each row, (n).
        """
        kind = self._kind(X)
        rows = self._rows(X, kind, reset=True)
        y = _target(self, y)
        if y.dtype.kind not in "fiub":
            y = y.astype("float64")
        if not np.isfinite(y).all():
            raise ValueError("Input y contains NaN or infinity; every row needs a number")
        check_consistent_length(rows, y)
        self._train(rows, y.tolist(), kind, "regression", self._weights(sample_weight, len(y)))
        return self

    def predict(self, X: Any) -> np.ndarray:
        """Returns the number of each row, (n)."""
        return self._outputs(X)[:, 0]


class GatewiseForecaster(BaseEstimator):  # type: ignore[misc]
    """Forecasts a series of numbers, as ``gatewise.forecast`` does.

    Args:
        horizon: The most steps that ``predict`` forecasts. Default: a season.
        period: The steps of a season; 1 for none. Default: 12.
        length: The changes that the networks read. Default: two seasons.
        test: The steps at the end of the series that the model is tested on. Default: two seasons, at most a fifth.
        units, epochs: Of the networks.
        random_state: The seed, a whole number.
        threads: The number of threads; the result does not depend on it.

    Attributes:
        forecast_: The ``gatewise.forecasts.SeriesForecast``: errors, baselines, coverage, notes.
        horizon_: The steps that are forecast.
        period_: The steps of a season.
    """

    def __init__(
        self, *, horizon: int | None = None, period: int | None = None, length: int | None = None,
        test: int | None = None, units: int | None = None, epochs: int | None = None,
        random_state: int | None = None, threads: int | None = None,
    ) -> None:  # fmt: skip
        self.horizon, self.period, self.length, self.test = horizon, period, length, test
        self.units, self.epochs, self.random_state, self.threads = units, epochs, random_state, threads

    def fit(self, y: Any, X: None = None) -> Self:
        """Trains on the numbers ``y``, (n), in order of time, and tests the model on the last of them."""
        from gatewise.forecasts import forecast

        options = self.get_params()
        options["seed"] = options.pop("random_state")
        y = column_or_1d(y, dtype="float64")
        outcome = forecast(y, **options)
        (self.forecast_,) = outcome.series
        self.notes_ = outcome.notes
        self.horizon_, self.period_ = self.forecast_.horizon, self.forecast_.period
        return self

    def predict(self, horizon: int | None = None) -> np.ndarray:
        """Returns the numbers that follow the series, (horizon). Default: ``horizon_`` of them."""
        steps = self._steps(horizon)
        return np.array(self.forecast_.values[:steps])

    def predict_interval(self, horizon: int | None = None, coverage: float = 0.95) -> np.ndarray:
        """Returns the bounds that each number lies between with a probability of ``coverage``, (horizon, 2).

        Args:
            horizon: The number of steps. Default: ``horizon_``.
            coverage: 0.8 or 0.95.
        """
        steps = self._steps(horizon)
        if coverage not in self.forecast_.intervals:
            raise ValueError(f"coverage is {coverage!r}; it must be 0.8 or 0.95")
        bounds = self.forecast_.intervals[coverage]
        if bounds is None:
            raise ValueError("the series is too short for prediction intervals; give more numbers")
        return np.array(bounds[:steps])

    def _steps(self, horizon: int | None) -> int:
        check_is_fitted(self)
        if horizon is None:
            return self.horizon_
        if not 1 <= horizon <= self.horizon_:
            raise ValueError(
                f"horizon is {horizon}, but the model was trained to forecast 1 to {self.horizon_} steps; fit it with "
                "a larger horizon"
            )
        return int(horizon)


def _target(estimator: Any, y: Any) -> np.ndarray:
    """Returns the targets as an array of one dimension."""
    if y is None:
        raise ValueError(f"{type(estimator).__name__} requires y to be passed, but the target y is None")
    y = column_or_1d(y, warn=True)
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("Input y contains NaN or infinity; every row needs a target")
    if y.dtype.kind == "O" and any(value is None or value != value for value in y):
        raise ValueError("Input y contains NaN or None; every row needs a target")
    return y


def _names(classes: np.ndarray) -> list[str]:
    """Returns the labels of classes in the model: their own names, or numbers where the model might take two names for
    one label, as it does with ``1`` and ``1.0``."""
    if classes.dtype.kind in "iu":
        return [str(value) for value in classes.tolist()]
    names = [str(value) for value in classes.tolist()]
    plain = classes.dtype.kind in "OUT" and all(
        isinstance(value, str) and value == value.strip() and value[:1].isalpha() for value in classes.tolist()
    )
    truths = sum(name.lower() in ("true", "false") for name in names)
    return names if plain and not truths else [str(place) for place in range(len(classes))]


def _is_numeric(table: Any) -> bool:
    """Returns whether all columns of a table, or the entries of a sparse matrix, are numbers."""
    dtypes = getattr(table, "dtypes", ())
    dtypes = getattr(dtypes, "tolist", lambda: list(dtypes))()
    return all(getattr(dtype, "kind", "") in ("i", "u", "f", "b") or _is_numeric_of_polars(dtype) for dtype in dtypes)


def _is_numeric_of_polars(dtype: Any) -> bool:
    is_numeric = getattr(dtype, "is_numeric", None)
    return bool(is_numeric and is_numeric())
