"""Texts and labels from NumPy, pandas, polars and pyarrow, without and with names of columns."""

from __future__ import annotations

from typing import Any

import gatewise
import numpy as np
import pytest

SMALL: dict[str, Any] = {"epochs": 1, "units": 4, "embedding": 4, "max_words": 50, "verbose": 0}
X = ["a fine film", "a dull film", "ein schöner Film", "ein öder Film"] * 10
Y = ["good", "bad", "good", "bad"] * 10


@pytest.fixture(scope="module")
def expected() -> str:
    return gatewise.train(X, Y, **SMALL).figures["weights_sha256"]


def columns() -> dict[str, Any]:
    pa = pytest.importorskip("pyarrow")
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    chunked = pa.chunked_array([X[:7], [], X[7:]])
    return {
        "tuple": tuple(X),
        "object": np.array(X, dtype=object),
        "str_": np.array(X),
        "StringDType": np.array(X, dtype=np.dtypes.StringDType()) if hasattr(np.dtypes, "StringDType") else X,
        "pandas": pd.Series(X),
        "pandas object": pd.Series(X, dtype=object),
        "pandas python": pd.Series(X, dtype="string[python]"),
        "pandas pyarrow": pd.Series(X, dtype="string[pyarrow]"),
        "pandas other index": pd.Series(X, index=range(100, 100 + len(X))),
        "pandas sliced": pd.Series(["other", *X])[1:],
        "pandas frame": pd.DataFrame({"text": X}),
        "polars": pl.Series(X),
        "polars sliced": pl.Series(["other", *X])[1:],
        "polars frame": pl.DataFrame({"text": X}),
        "polars categorical": pl.Series(X, dtype=pl.Categorical),
        "arrow": pa.array(X),
        "arrow sliced": pa.array(["other", *X])[1:],
        "arrow chunked": chunked,
        "arrow large": pa.array(X, pa.large_string()),
        "arrow view": pa.array(X, pa.string_view()),
        "arrow dictionary": pa.array(X).dictionary_encode(),
        "arrow column": pa.table({"text": chunked})["text"],
    }


@pytest.mark.parametrize("kind", list(columns()))
def test_columns_of_texts_are_lists_of_texts(kind: str, expected: str) -> None:
    column = columns()[kind]
    assert gatewise.train(column, Y, **SMALL).figures["weights_sha256"] == expected
    model = gatewise.sentiment()
    assert np.array_equal(model.predict(column), model.predict(X))


def test_columns_of_labels(expected: str) -> None:
    pa, pd, pl = (pytest.importorskip(name) for name in ("pyarrow", "pandas", "polars"))
    for labels in (
        pd.Series(Y, dtype="category"),
        pd.Series(Y),
        pl.Series(Y, dtype=pl.Categorical),
        pl.Series(Y, dtype=pl.Enum(["bad", "good", "other"])),
        pa.array(Y).dictionary_encode(),
        pa.chunked_array([Y[:3], Y[3:]]).dictionary_encode(),
        pa.array(Y, pa.string_view()),
    ):
        assert gatewise.train(X, labels, **SMALL).figures["weights_sha256"] == expected, type(labels)
    of = lambda labels: gatewise.train(X, labels, **SMALL).model  # noqa: E731
    assert of(pl.Series([1, 0] * 20, dtype=pl.UInt8)).labels == ["0", "1"]
    assert of(pd.Series([True, False] * 20)).labels == ["False", "True"]
    assert of(pa.array([0.5, 1.5] * 20)).problem == "regression"
    assert of(pl.Series([["a", "b"], []] * 20)).problem == "multi_label_classification"
    whole = gatewise.train(X, pl.Series([1, 0] * 20), task="regression", **SMALL)
    assert whole.model.problem == "regression"


def test_tables_with_columns_that_are_found_or_named(expected: str) -> None:
    pa, pd, pl = (pytest.importorskip(name) for name in ("pyarrow", "pandas", "polars"))
    data = {"id": list(range(len(X))), "review": X, "sentiment": Y}
    for table in (pd.DataFrame(data), pl.DataFrame(data), pa.table(data)):
        for outcome in (
            gatewise.train(table, **SMALL),
            gatewise.train(table, text_column="review", label_column="sentiment", **SMALL),
            gatewise.train(table, "sentiment", **SMALL),
            gatewise.train(table["review"], table["sentiment"], **SMALL),
        ):
            assert outcome.figures["weights_sha256"] == expected
    outcome = gatewise.train(pl.DataFrame(data), **SMALL)
    assert any("'review'" in note and "'sentiment'" in note for note in outcome.notes)
    held = gatewise.train(pl.DataFrame(data), test=pl.DataFrame(data)[:6], validation=pl.DataFrame(data)[6:10], **SMALL)
    assert (held.figures["test_rows"], held.figures["validation_rows"]) == (6, 4)
    flags = pl.DataFrame({"text": X, "warm": [1, 0] * 20, "long": [0, 1] * 20})
    assert gatewise.train(flags, label_column="warm,long", **SMALL).model.labels == ["long", "warm"]
    prices = pd.DataFrame({"text": X, "price": [1.5, 2.5] * 20})
    assert gatewise.train(prices, task="regression", **SMALL).model.problem == "regression"
    with pytest.raises(ValueError, match="no column 'body'"):
        gatewise.train(pl.DataFrame(data), text_column="body", **SMALL)
    with pytest.raises(ValueError, match="two columns of the table have the name 'a'"):
        gatewise.train(pa.table([X, Y], names=["a", "a"]), **SMALL)
    dated = pl.DataFrame(data).with_columns(day=pl.date(2020, 1, 1))
    assert any("'day'" in note and "left out" in note for note in gatewise.train(dated, **SMALL).notes)


@pytest.mark.parametrize("package", ["pandas", "polars", "pyarrow"])
def test_what_is_missing_is_named_with_its_row(package: str) -> None:
    module = pytest.importorskip(package)
    column = {"pandas": "Series", "polars": "Series", "pyarrow": "array"}[package]
    make = getattr(module, column)
    with pytest.raises(ValueError, match="row 2 has no text"):
        gatewise.train(make(["a", "b", None, "d"]), ["x", "y", "x", "y"])
    with pytest.raises(ValueError, match="row 1 has no label"):
        gatewise.train(make(["a", "b", "c"]), make(["x", None, "y"]))
    with pytest.raises(ValueError, match="row 1 has no label"):
        gatewise.train(make(["a", "b", "c"]), make([1.5, None, 2.5]))
    with pytest.raises(TypeError, match="Float64"):
        gatewise.train(make([1.5, 2.5]), ["x", "y"])
    with pytest.raises(TypeError, match="Int64"):
        gatewise.sentiment().predict(make([1, 2]))


def test_a_table_of_several_columns_is_not_a_column_of_texts() -> None:
    pl = pytest.importorskip("polars")
    with pytest.raises(TypeError, match=r"2 columns \(text, id\); choose one"):
        gatewise.sentiment().predict(pl.DataFrame({"text": X, "id": list(range(40))}))


def test_estimators_read_columns() -> None:
    pytest.importorskip("sklearn")
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    from gatewise.sklearn import GatewiseClassifier

    options = {"epochs": 1, "units": 4, "embedding": 4, "max_words": 50}
    proba = GatewiseClassifier(**options).fit(X, Y).predict_proba(X)
    for x, y in ((pd.Series(X), pd.Series(Y)), (pd.DataFrame({"t": X}), pd.Series(Y)), (pl.Series(X), pl.Series(Y))):
        assert np.array_equal(GatewiseClassifier(**options).fit(x, y).predict_proba(x), proba), type(x)
