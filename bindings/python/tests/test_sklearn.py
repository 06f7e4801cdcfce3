"""``gatewise.sklearn``: scikit-learn's own checks on series and on texts, and its tools over texts."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("sklearn")

from gatewise.sklearn import GatewiseClassifier, GatewiseRegressor
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from sklearn.utils.validation import check_is_fitted, validate_data

#: Quick, and enough for the data of the checks.
SERIES: dict[str, Any] = {
    "kind": "series",
    "epochs": 30,
    "batch_size": 32,
    "units": 8,
    "dropout": 0.0,
    "learning_rate": 0.03,
    "random_state": 0,
}
TEXTS: dict[str, Any] = {
    **SERIES,
    "kind": "texts",
    "embedding": 8,
    "max_words": 300,
    "padding": "pre",
    "mask_zero": True,
}


class _Words:
    """Test only: turns each number into words, one for its column and a bin, so that a model of texts reads tables."""

    def _texts(self, X: Any, reset: bool, weights: Any = None) -> list[str]:
        X = validate_data(self, X, reset=reset, dtype="float64")
        if reset:
            weights = None if weights is None else np.asarray(weights, dtype="float64")
            weights = weights if weights is not None and weights.any() else None
            self.mean_ = np.average(X, axis=0, weights=weights)
            self.scale_ = np.sqrt(np.average((X - self.mean_) ** 2, axis=0, weights=weights)) + 1e-9
        bins = np.clip(np.round(2 * (X - self.mean_) / self.scale_), -6, 6).astype(int)
        return [" ".join(f"c{at}{'abcdefghijklm'[bin + 6]}" for at, bin in enumerate(row)) for row in bins]


class WordClassifier(_Words, ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    def __init__(self, class_weight: Any = None, random_state: Any = None) -> None:
        self.class_weight, self.random_state = class_weight, random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> WordClassifier:
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        texts = self._texts(X, reset=True, weights=sample_weight)
        options = {**TEXTS, "class_weight": self.class_weight, "random_state": self.random_state}
        self.model_ = GatewiseClassifier(**options).fit(texts, y, sample_weight)
        self.classes_ = self.model_.classes_
        return self

    def __getattr__(self, name: str) -> Any:
        if name not in ("predict", "predict_proba", "decision_function"):
            raise AttributeError(name)

        def call(X: Any) -> Any:
            check_is_fitted(self)
            return getattr(self.model_, name)(self._texts(X, reset=False))

        return call


class WordRegressor(_Words, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    def __init__(self, random_state: Any = None) -> None:
        self.random_state = random_state

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> WordRegressor:
        if y is None:
            raise ValueError("requires y to be passed, but the target y is None")
        texts = self._texts(X, reset=True, weights=sample_weight)
        self.model_ = GatewiseRegressor(**{**TEXTS, "random_state": self.random_state}).fit(texts, y, sample_weight)
        return self

    def predict(self, X: Any) -> Any:
        check_is_fitted(self)
        return self.model_.predict(self._texts(X, reset=False))


@parametrize_with_checks([GatewiseClassifier(**SERIES), GatewiseRegressor(**SERIES), WordClassifier(), WordRegressor()])
def test_the_checks_of_scikit_learn(estimator: Any, check: Any) -> None:
    # The only ones left out: arrays of other libraries are not read.
    if "array_api" not in getattr(check, "func", check).__name__:
        check(estimator)


@pytest.fixture(scope="module")
def films() -> tuple[list[str], list[str]]:
    random = np.random.default_rng(5)
    words = {"good": ["fine", "grand", "warm"], "bad": ["dull", "poor", "cold"]}
    labels = [("good", "bad")[row % 2] for row in range(80)]
    return [f"a {random.choice(words[label])} film {row}" for row, label in enumerate(labels)], labels


def text_model(**options: Any) -> GatewiseClassifier:
    defaults = {"epochs": 15, "units": 6, "embedding": 8, "max_words": 100, "learning_rate": 0.02, "random_state": 1}
    return GatewiseClassifier(**{**defaults, **options})


def test_raw_texts(films: tuple[list[str], list[str]]) -> None:
    x, y = films
    model = text_model().fit(x, y)
    assert model.score(x, y) > 0.95 and list(model.classes_) == ["bad", "good"]
    assert model.model_.labels == ["bad", "good"] and model.kind_ == "texts"
    assert len(model.history_["loss"]) == model.n_epochs_ == 15
    proba = model.predict_proba(x[:3])
    assert proba.shape == (3, 2) and np.allclose(proba.sum(axis=1), 1)
    assert np.array_equal(model.decision_function(x) > 0, model.predict(x) == "good")
    for rows in (np.array(x), np.array(x, dtype=object), np.array(x, dtype=object)[:, None]):
        assert np.array_equal(model.predict_proba(rows), model.predict_proba(x))
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict_proba(x), model.predict_proba(x))
    assert np.array_equal(clone(model).fit(x, y).predict_proba(x), model.predict_proba(x)), (
        "the same seed, the same bits"
    )
    turned = text_model().fit(x[::-1], y[::-1])
    assert np.array_equal(turned.predict_proba(x), model.predict_proba(x)), "the order of the rows does not matter"
    other = text_model(random_state=np.random.RandomState(3)).fit(x, y)
    assert not np.array_equal(other.predict_proba(x), model.predict_proba(x))


def test_the_tools_of_scikit_learn(films: tuple[list[str], list[str]]) -> None:
    x, y = films
    assert cross_val_score(text_model(), x, y, cv=3).mean() > 0.8
    search = GridSearchCV(text_model(), {"units": [4, 6]}, cv=2, n_jobs=2).fit(x, y)
    assert search.best_params_["units"] in (4, 6) and search.score(x, y) > 0.8
    pipeline = Pipeline(
        [("lower", FunctionTransformer(lambda rows: [row.lower() for row in rows])), ("model", text_model())]
    )
    assert pipeline.fit(x, y).score([row.upper() for row in x], y) > 0.8
    calibrated = CalibratedClassifierCV(text_model(), cv=2).fit(x, y)
    assert calibrated.predict_proba(x[:2]).shape == (2, 2)
    assert (
        make_pipeline(text_model()).set_params(gatewiseclassifier__units=3).get_params()["gatewiseclassifier__units"]
        == 3
    )


def test_classes_keep_their_type_and_order() -> None:
    x = ["a fine film", "a dull film", "a long play"] * 12
    for classes in ([10, 9, 2], [True, False, True], ["10", "9", "2"], [1.5, 2.5, 0.5], ["true", "True", "x"]):
        y = np.array(classes * 12)
        if y.dtype.kind == "f":
            with pytest.raises(ValueError, match="Unknown label type"):
                text_model(epochs=1).fit(x, y)
            continue
        model = text_model(epochs=30).fit(x, y)
        assert list(model.classes_) == sorted(set(y.tolist()))
        assert np.array_equal(model.predict(x), y) and model.predict(x).dtype == y.dtype


def test_weights(films: tuple[list[str], list[str]]) -> None:
    x, y = films
    heavy = text_model(epochs=2, class_weight={"good": 50.0, "bad": 0.5}).fit(x, y)
    assert np.mean(heavy.predict(x) == "good") > 0.9
    balanced = text_model(epochs=2, class_weight="balanced").fit(x, y)
    assert np.array_equal(balanced.predict_proba(x), text_model(epochs=2).fit(x, y).predict_proba(x))
    weights = np.r_[np.ones(60), np.zeros(20)]
    part = text_model(epochs=2).fit(x[:60], y[:60])
    assert np.array_equal(text_model(epochs=2).fit(x, y, weights).predict_proba(x), part.predict_proba(x))
    with pytest.raises(ValueError, match="one class"):
        text_model().fit(x, y, np.array(y) == "good")
    with pytest.raises(ValueError, match="preset accurate"):
        text_model(preset="accurate").fit(x, y, np.linspace(0.5, 1, 80))


def test_ids_and_series_of_several_channels() -> None:
    random = np.random.default_rng(2)
    ids = [random.integers(1, 9, random.integers(2, 9)).tolist() for _ in range(60)]
    y = [row[0] > 4 for row in ids]
    model = text_model(epochs=40).fit(ids, y)
    assert model.kind_ == "ids" and model.score(ids, y) > 0.8
    x = random.normal(size=(60, 5, 2)).cumsum(axis=1)
    rises = np.where(x[:, -1, 0] > x[:, 0, 0], "up", "down")
    series = GatewiseClassifier(epochs=30, units=8, random_state=0).fit(x, rises)
    assert series.kind_ == "series" and series.score(x, rises) > 0.7 and series.n_features_in_ == 2
    longer = random.normal(size=(3, 9, 2))
    assert series.predict(longer).shape == (3,)
    assert np.array_equal(series.predict([longer[0], longer[1, :4], longer[2]])[[0, 2]], series.predict(longer)[[0, 2]])
    with pytest.raises(ValueError, match="3 features"):
        series.predict(random.normal(size=(3, 9, 3)))


def test_a_number_for_a_text() -> None:
    x = [f"{('cheap', 'dear')[row % 2]} house {row}" for row in range(60)]
    y = np.array([(100.0, 300.0)[row % 2] for row in range(60)])
    model = GatewiseRegressor(epochs=20, units=6, embedding=8, dropout=0, learning_rate=0.02).fit(x, y)
    assert model.score(x, y) > 0.9 and model.predict(x[:2]).shape == (2,)
    assert cross_val_score(clone(model), x, y, cv=2).mean() > 0.4


@pytest.mark.parametrize(
    ("fit", "says"),
    [
        (lambda: text_model(kind="text").fit(["a", "b"], [0, 1]), "kind is 'text'"),
        (lambda: text_model().fit("a text", [0]), "one text"),
        (lambda: text_model().fit([], []), "0 sample"),
        (lambda: text_model().fit(["a", None], [0, 1]), "row 1 has no text"),
        (lambda: text_model().fit(["a", "b"], ["x", None]), "Input y contains NaN or None"),
        (lambda: text_model().fit(["a", "b"], [0]), "inconsistent numbers of samples"),
        (lambda: text_model(early_stopping=2).fit(["a", "b"] * 9, [0, 1] * 9), "early-stopping"),
        (lambda: GatewiseRegressor().fit(["a", "b"], [0.5, np.nan]), "NaN"),
    ],
)
def test_what_is_wrong_is_named(fit: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        fit()
