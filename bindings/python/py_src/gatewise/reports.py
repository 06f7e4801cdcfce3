"""Reports: how good predictions are, as numbers, text and pictures.

    >>> import gatewise
    >>> report = gatewise.reports.report([0, 0, 1, 1], [0.25, 0.75, 0.5, 0.875], labels=["ham", "spam"])
    >>> report.roc_auc
    0.75

In a notebook a report shows its confusion matrix, its ROC curve and its reliability curve.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise, _pages
from gatewise._pages import Chart, Line, Matrix, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TITLES = {
    "binary": "Binary classification",
    "classes": "Classification",
    "labels": "Multi-label classification",
    "regression": "Regression",
    "language_model": "Language model",
}
# The figures of a report by their titles, in the order of the table. What a task does not have is left out.
_FIGURES = {
    "samples": "rows",
    "positive": "positive class",
    "threshold": "threshold",
    "accuracy": "accuracy",
    "balanced_accuracy": "balanced accuracy",
    "exact_matches": "exact matches",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "roc_auc": "ROC-AUC",
    "average_precision": "PR-AUC",
    "log_loss": "log loss",
    "brier_score": "Brier score",
    "perplexity": "perplexity",
    "bits": "bits",
    "mean_absolute_error": "MAE",
    "root_mean_squared_error": "RMSE",
    "r2": "R²",
    "mean_absolute_percentage_error": "MAPE in %",
}


class Report:
    """The metrics of predictions. ``print(report)`` writes them as text; a notebook shows them with pictures.

    Every figure is an attribute (``report.accuracy``, ``report.f1``); ``report.figures`` has all of them.

    Attributes:
        task: ``"binary"``, ``"classes"``, ``"labels"``, ``"regression"`` or ``"language_model"``.
        figures: The figures by name. A figure that is undefined for the rows is ``None``.
        roc: Of a binary report, points ``(false positive rate, true positive rate, threshold)`` of the ROC curve,
            thinned to 250 in each direction. Empty where all rows are of one class.
        calibration: Of a binary report, the bins of the reliability curve, and its errors; else ``None``.
    """

    def __init__(
        self,
        figures: Mapping[str, Any],
        text: str | None = None,
        roc: Sequence[Sequence[float]] = (),
        calibration: Mapping[str, Any] | None = None,
    ) -> None:
        self.figures = dict(figures)
        self.task: str = self.figures.get("task", "")
        self.roc = [tuple(point) for point in roc]
        self.calibration = dict(calibration) if calibration else None
        self._text = _gatewise.report_text(json.dumps(self.figures)) if text is None else text

    def __getattr__(self, name: str) -> Any:
        figures = self.__dict__.get("figures", {})
        if name in figures:
            return figures[name]
        raise AttributeError(
            f"a report of the task {figures.get('task')!r} has no figure {name!r}; it has {', '.join(figures)}"
        )

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *self.figures})

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return self._text.rstrip("\n")

    def _labels(self, count: int) -> list[str]:
        return list(self.figures.get("labels") or map(str, range(count)))

    def _pictures(self) -> list[Chart | Matrix]:
        """Returns the pictures of the report, as far as there are any."""
        pictures: list[Chart | Matrix] = []
        counts = self.figures.get("confusion_matrix", {}).get("counts", [])
        if 0 < len(counts) <= _pages.CLASSES:
            pictures.append(Matrix(counts, self._labels(len(counts))))
        unit = (0.0, 1.0)
        if self.roc:
            (true_negative, false_positive), (false_negative, true_positive) = counts
            here = (
                false_positive / ((true_negative + false_positive) or 1),
                true_positive / ((false_negative + true_positive) or 1),
                f"threshold {self.threshold:g}",
            )
            line = Line("ROC", [point[0] for point in self.roc], [point[1] for point in self.roc], ends=False)
            caption = f"area under the curve {number(self.roc_auc)}"
            rates = ("false positive rate", "true positive rate")
            pictures.append(Chart("ROC curve", *rates, [line], unit, unit, diagonal=True, point=here, caption=caption))
        if self.calibration:
            bins = self.calibration["bins"]
            line = Line(
                "observed",
                [bin["predicted"] for bin in bins],
                [bin["observed"] for bin in bins],
                ends=False,
                marked=True,
                bars=[tuple(ends) for ends in self.calibration["intervals"]],
            )
            caption = f"expected calibration error {number(self.calibration['expected_error'])}; bars: 95 % intervals"
            names = ("predicted probability", "share that is positive")
            pictures.append(Chart("Reliability", *names, [line], unit, unit, diagonal=True, caption=caption))
        return pictures

    def _parts(self) -> list[str]:
        """Returns the table of the figures and the pictures, for a page."""
        figures = [
            (title, self.figures[name] if isinstance(self.figures[name], str) else _figure(name, self.figures[name]))
            for name, title in _FIGURES.items()
            if name in self.figures and not (name == "positive" and self.figures[name] is None)
        ]
        for name in ("macro", "micro"):
            if average := self.figures.get(f"{name}_average"):
                figures.append((f"{name} F1", number(average["f1"])))
        parts = [_pages.heading(_TITLES.get(self.task, "Report")) + _pages.table((), figures)]
        return parts + [_pages.svg(picture) for picture in self._pictures()]

    def _repr_html_(self) -> str:
        below = ""
        classes = self.figures.get("classes", [])
        if classes:
            supports = [sum(row) for row in self.figures.get("confusion_matrix", {}).get("counts", [])]
            rows = [
                (label, *(number(scores[name]) for name in ("precision", "recall", "f1")),
                 f"{scores.get('rows', supports[at] if at < len(supports) else 0):,}")
                for at, (label, scores) in enumerate(zip(self._labels(len(classes)), classes))
            ][:200]  # fmt: skip
            each = _pages.table(("class", "precision", "recall", "F1", "rows"), rows)
            # Where there is no confusion matrix, these are what there is to see.
            below = _pages.folded("each class", each, is_open=self.task == "labels")
        return _pages.page([_pages.row(self._parts()), below])

    def plot(self) -> Figure:
        """Returns the pictures as a matplotlib figure: confusion matrix, ROC curve, reliability curve."""
        from gatewise import _plots

        pictures = self._pictures()
        if not pictures:
            raise ValueError(f"a report of the task {self.task!r} has no pictures; print it instead")
        return _plots.figure(pictures)


def _figure(name: str, value: Any) -> str:
    return f"{value:,}" if name == "samples" else number(value)


def _settings(task: str | None, threshold: float, labels: Sequence[Any] | None, bins: int) -> str:
    names = [str(label) for label in labels] if labels is not None else []
    return json.dumps({"task": task, "threshold": float(threshold), "labels": names, "bins": int(bins)})


def _read(text: str) -> Report:
    found = json.loads(text)
    return Report(found["report"], found["text"], found.get("roc", ()), found.get("calibration"))


def report(
    y_true: Any,
    y_pred: Any,
    *,
    task: str | None = None,
    threshold: float = 0.5,
    labels: Sequence[Any] | None = None,
    bins: int = 10,
) -> Report:
    """Returns the report of predictions.

    Args:
        y_true: The targets: ``(rows,)`` of 0 and 1, of class numbers or of numbers; ``(rows, classes)`` one-hot, or one
            column of 0 and 1 for each label.
        y_pred: The outputs of a model: ``(rows,)`` or ``(rows, 1)`` probabilities of the positive class or numbers,
            ``(rows, classes)`` probabilities.
        task: ``"binary"``, ``"classes"``, ``"labels"``, ``"regression"`` or ``"language_model"``. Default: one output a
            row is binary where outputs are from 0 to 1 and targets are 0 or 1, otherwise a regression; several are
            classes where targets are class numbers or one-hot, otherwise labels.
        threshold: A row (or label) is positive if its probability is above the threshold.
        labels: The names of the classes, the positive class of a binary model last.
        bins: The bins of the reliability curve.
    """
    return _read(_gatewise.report(y_true, y_pred, _settings(task, threshold, labels, bins)))


def best_threshold(y_true: Any, y_pred: Any, rule: str = "accuracy") -> float:
    """Returns the threshold that is best on these rows, which should not be rows that the model was trained on.

    Args:
        y_true: Targets 0 or 1, ``(rows,)``.
        y_pred: Probabilities of the positive class, ``(rows,)`` or ``(rows, 1)``.
        rule: ``"accuracy"``, ``"f1"`` or ``"youden"`` (sensitivity + specificity − 1).
    """
    return float(_gatewise.best_threshold(y_true, y_pred, rule))
