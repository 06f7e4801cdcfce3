"""Reports: their figures, their text, and that what they show is small, scoped and free of scripts."""

from __future__ import annotations

import builtins
import json
import re
from xml.etree import ElementTree

import gatewise
import numpy as np
import pytest
from gatewise import _pages, reports
from gatewise.callbacks import History
from gatewise.layers import LSTM, Dense, Embedding


def binary(rows: int = 400):
    random = np.random.default_rng(3)
    y = random.integers(0, 2, rows)
    return y, np.clip(0.5 + 0.3 * (y - 0.5) + random.normal(0, 0.2, rows), 0, 1).astype("float32")


def check_page(html: str) -> None:
    """Checks a page: small, without scripts, styles below one class, well-formed pictures."""
    assert len(html.encode()) < 50_000
    assert "<script" not in html and "javascript:" not in html and "http" not in html.replace("http://www.w3.org", "")
    style = re.search(r"<style>(.*?)</style>", html, re.S).group(1)
    selectors = re.findall(r"([^{}]+)\{(?!\.)", style.replace("@media (prefers-color-scheme:dark)", ""))
    assert selectors and all(
        ".gatewise-page" in part for selector in selectors for part in selector.split(",") if part.strip()
    )
    assert "prefers-color-scheme:dark" in style and "data-jp-theme-light" in style
    for picture in re.findall(r"<svg.*?</svg>", html, re.S):
        ElementTree.fromstring(picture)
        assert "nan" not in picture.lower()


def test_binary_figures_by_hand():
    report = reports.report([0, 0, 1, 1], [0.25, 0.75, 0.5, 0.875], labels=["ham", "spam"])
    # Above one half: the second and the last row.
    assert report.task == "binary" and report.samples == 4
    assert report.confusion_matrix == {"counts": [[1, 1], [1, 1]]}
    assert (report.accuracy, report.precision, report.recall) == (0.5, 0.5, 0.5)
    assert report.roc_auc == 0.75
    assert [point[:2] for point in report.roc] == [(0, 0), (0, 0.5), (0.5, 0.5), (0.5, 1), (1, 1)]
    assert report.brier_score == pytest.approx((0.25**2 + 0.75**2 + 0.5**2 + 0.125**2) / 4)
    assert "positive class     spam" in str(report) and repr(report) == str(report).rstrip("\n")
    with pytest.raises(AttributeError, match="no figure 'r2'; it has task, samples"):
        report.r2  # noqa: B018


def test_the_reports_of_scikit_learn_are_the_same():
    metrics = pytest.importorskip("sklearn.metrics")
    y, p = binary()
    report = reports.report(y, p, threshold=0.4)
    assert report.roc_auc == pytest.approx(metrics.roc_auc_score(y, p))
    assert report.average_precision == pytest.approx(metrics.average_precision_score(y, p))
    assert report.f1 == pytest.approx(metrics.f1_score(y, p > 0.4))
    assert report.confusion_matrix["counts"] == metrics.confusion_matrix(y, p > 0.4).tolist()
    # Every point of the thinned curve is a point of the whole one.
    rates = {tuple(point) for point in zip(*metrics.roc_curve(y, p, drop_intermediate=False)[:2])}
    assert all(any(np.allclose(point[:2], rate) for rate in rates) for point in report.roc)


def test_tasks_are_told_apart():
    one_hot = np.eye(3)[[0, 2, 1, 1]]
    probabilities = np.full((4, 3), 0.2) + 0.4 * one_hot
    assert reports.report([0, 2, 1, 1], probabilities).task == "classes"
    assert reports.report(one_hot, probabilities).accuracy == 1.0
    assert reports.report([[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.7]]).task == "labels"
    assert reports.report([1.5, 2.0], [[1.0], [2.5]]).task == "regression"
    assert reports.report([0, 1], [0.0, 1.5]).task == "regression"
    assert reports.report([0, 1], [0.0, 1.0], task="regression").mean_absolute_error == 0.0
    with pytest.raises(ValueError, match="unknown variant `clases`, expected one of `binary`, `classes`"):
        reports.report([0, 1], [0.0, 1.0], task="clases")


def test_bad_input():
    with pytest.raises(ValueError, match=r"y_true has the shape \[3\] and y_pred \[2\]"):
        reports.report([0, 1, 1], [0.5, 0.5])
    with pytest.raises(ValueError, match="row 1 has the output NaN"):
        reports.report([0, 1], [0.5, np.nan], task="binary")
    with pytest.raises(ValueError, match="no rows"):
        reports.report([], [])
    with pytest.raises(ValueError, match="unknown threshold rule 'best'"):
        reports.best_threshold([0, 1], [0.1, 0.9], "best")


def test_rows_of_one_class_have_no_curve():
    report = reports.report([1, 1], [0.4, 0.9])
    assert report.roc == [] and report.roc_auc is None
    assert "undefined: all rows are of one class" in str(report)
    check_page(report._repr_html_())


def test_best_threshold():
    assert reports.best_threshold([0, 0, 1, 1], [0.125, 0.25, 0.375, 0.4375]) == 0.3125
    assert reports.best_threshold([0, 1], [[0.1], [0.9]], "f1") == 0.5


def test_a_report_from_json():
    made = reports.report(*binary())
    again = reports.Report(json.loads(json.dumps(made.figures)))
    assert str(again) == str(made) and again.roc == []
    check_page(again._repr_html_())


@pytest.mark.parametrize(
    "report",
    [
        lambda: reports.report(*binary(25_000), labels=["<b>bad</b> & ugly", "good"]),
        lambda: reports.report(np.arange(20) % 20, np.full((20, 20), 0.05), labels=["a class of long name"] * 20),
        lambda: reports.report(np.arange(100) % 100, np.full((100, 100), 0.01)),
        lambda: reports.report([[1, 0], [1, 1]], [[0.9, 0.2], [0.8, 0.7]], labels=["x", "y"]),
        lambda: reports.report([1.5, 2.0], [1.0, 2.5]),
    ],
)
def test_pages_of_reports(report):
    made = report()
    html = made._repr_html_()
    check_page(html)
    assert "<b>" not in html
    assert ("<svg" in html) == (made.task in ("binary", "classes") and made.samples != 100)


def test_what_a_page_shows():
    html = reports.report(*binary(), labels=["bad", "good"])._repr_html_()
    for part in (
        "Confusion matrix",
        "ROC curve",
        "Reliability",
        "balanced accuracy",
        ">bad<",
        ">good<",
        "threshold 0.5",
    ):
        assert part in html
    assert html.count("<svg") == 3


def trained(rows):
    x, y = rows
    model = gatewise.Sequential([Embedding(30, 5), LSTM(4), Dense(1, activation="sigmoid")], name="sentiment")
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model, model.fit(x, y, epochs=3, validation_split=0.2, verbose=0)


def test_the_report_of_a_model(rows):
    x, y = rows
    model, _ = trained(rows)
    report = model.report(x, y, labels=["small", "large"], threshold=0.4)
    direct = reports.report(y, model.predict(x), labels=["small", "large"], threshold=0.4)
    assert report.figures == direct.figures and report.roc == direct.roc


def test_the_page_of_a_model(rows):
    model, _ = trained(rows)
    html = model._repr_html_()
    check_page(html)
    for part in ("Model: sentiment", "embedding", "(None, None, 5)", "150", "(LSTM)", "(None, 4)", "315 weights"):
        assert part in html, part
    assert repr(model).startswith("<Sequential sentiment: Embedding (None, None, 5), LSTM (None, 4), Dense")
    assert "frozen" not in html
    model.layers[0].trainable = False
    model.compile("adam", "binary_crossentropy")
    model.fit(*rows, verbose=0)
    assert "trained: 165, frozen: 150" in model._repr_html_()
    unbuilt = gatewise.Sequential([LSTM(3)])
    check_page(unbuilt._repr_html_())
    assert "not built" in repr(unbuilt)


def test_the_page_of_a_history(rows):
    _, history = trained(rows)
    html = history._repr_html_()
    check_page(html)
    assert html.count("<svg") == 2 and "training" in html and "validation" in html
    assert _pages.number(history.history["val_loss"][-1]) in html
    assert repr(history).startswith("<History of 3 epochs: ")


def test_pages_of_long_and_strange_histories():
    history = History()
    check_page(history._repr_html_())
    assert repr(history) == "<History, empty>"
    history.history = {"loss": [1.0], "val_loss": [2.0]}
    history.epoch = [0]
    check_page(history._repr_html_())
    history.history = {
        "loss": [1.0 / (1 + epoch) for epoch in range(3000)],
        "val_loss": [1.0 if epoch != 5 else float("nan") for epoch in range(300)],
        "accuracy": [0.5] * 3000,
        "learning_rate": [1e-7] * 3000,
    }
    history.epoch = list(range(3000))
    check_page(history._repr_html_())


def test_the_page_of_an_outcome():
    outcome = gatewise.train(["a fine film", "a dull film"] * 60, ["good", "bad"] * 60, epochs=3, verbose=0)
    html = outcome._repr_html_()
    check_page(html)
    for part in ("Confusion matrix", "Binary classification", "training", "validation", "baseline", ">good<"):
        assert part in html, part


def test_ticks():
    assert _pages.ticks(0.0, 1.0) == pytest.approx([0.0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert _pages.ticks(1.0, 3.0, whole=True) == [1.0, 2.0, 3.0]
    assert _pages.ticks(0.13, 0.17) == pytest.approx([0.13, 0.14, 0.15, 0.16, 0.17])
    assert _pages.ticks(2.0, 2.0) == [2.0]


def test_plots(rows, tmp_path):
    pytest.importorskip("matplotlib")
    x, y = rows
    model, history = trained(rows)
    for name, figure, axes in (
        ("model", model.plot(), 1),
        ("history", history.plot(), 2),
        ("report", model.report(x, y).plot(), 3),
    ):
        assert len(figure.axes) == axes
        figure.savefig(tmp_path / f"{name}.png")
        assert (tmp_path / f"{name}.png").stat().st_size > 5_000
    with pytest.raises(ValueError, match="has no pictures"):
        reports.report([1.5, 2.0], [1.0, 2.5]).plot()
    with pytest.raises(ValueError, match="call fit first"):
        History().plot()


def test_without_matplotlib(rows, monkeypatch):
    real = builtins.__import__

    def missing(name, *args, **kwargs):
        if name.startswith("matplotlib"):
            raise ImportError(f"No module named {name!r}")
        return real(name, *args, **kwargs)

    _, history = trained(rows)
    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        history.plot()
