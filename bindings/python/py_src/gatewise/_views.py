"""What models and histories show, in a notebook and elsewhere, and a model's look inside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise, _pages
from gatewise._pages import Chart, Line, number

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure

    from gatewise.reports import Report


class Trace:
    """The values that every layer of a model computed at every step. ``model.trace(x)`` returns it.

    ``trace["lstm"]["forget_gate"]`` is an array ``(rows, steps, units)``; ``trace["dense"]["output"]`` is
    ``(rows, units)``. The layers in a ``Bidirectional`` have names such as ``bidirectional/forward_lstm``.

    * ``LSTM``: ``input_gate``, ``forget_gate``, ``candidate``, ``output_gate``, ``cell``, ``output``;
    * ``GRU``: ``update_gate``, ``reset_gate``, ``candidate``, ``output``;
    * all other layers: ``output``.

    Attributes:
        layers: The signals of each layer.
        mask: ``(rows, steps)``: false at steps that recurrent layers skip.
    """

    def __init__(self, layers: dict[str, dict[str, np.ndarray]], mask: np.ndarray) -> None:
        self.layers, self.mask = layers, mask

    def __getitem__(self, layer: str) -> dict[str, np.ndarray]:
        if layer not in self.layers:
            raise KeyError(f"there is no layer {layer!r}; the layers are {', '.join(self.layers)}")
        return self.layers[layer]

    def __repr__(self) -> str:
        lines = (f"  {layer}: {', '.join(signals)}" for layer, signals in self.layers.items())
        return "\n".join([f"Trace of {self.mask.shape[0]} rows, {self.mask.shape[1]} steps", *lines])


class ModelViews:
    """The views of a model."""

    name: str
    _native: _gatewise.Model | None

    def _rows(self) -> list[tuple[str, str, list[int | None], int, int]]:
        return _gatewise.layer_summaries(self._native) if self._native is not None else []

    def __repr__(self) -> str:
        if self._native is None:
            return f"<{type(self).__name__} {self.name}, not built>"
        layers = ", ".join(f"{kind} {(None, *shape)}" for _, kind, shape, _, _ in self._rows())
        return f"<{type(self).__name__} {self.name}: {layers}>"

    def _repr_html_(self) -> str:
        if self._native is None:
            return _pages.page([_pages.heading(self.name), _pages.soft("The model has no weights yet.")])
        rows = self._rows()
        cells = [(f"{name} ({kind})", str((None, *shape)), f"{count:,}") for name, kind, shape, count, _ in rows]
        count, trained = sum(row[3] for row in rows), sum(row[4] for row in rows)
        frozen = "" if trained == count else f"; trained: {trained:,}, frozen: {count - trained:,}"
        return _pages.page(
            [
                _pages.heading(f"Model: {self.name}"),
                _pages.table(("layer (type)", "output shape", "weights"), cells, left=2),
                _pages.soft(f"{count:,} weights, {4 * count / 1024:,.1f} KB{frozen}"),
            ]
        )

    def plot(self) -> Figure:
        """Returns a picture of the layers as a matplotlib figure."""
        from gatewise import _plots

        rows = [(name, kind, str((None, *shape)), count) for name, kind, shape, count, _ in self._rows()]
        if not rows:
            raise ValueError("the model has no weights yet; begin it with an Input or an Embedding, or call build")
        return _plots.layers(rows, self.name)

    def report(
        self, x: Any, y: Any, *, threshold: float = 0.5, labels: Sequence[Any] | None = None, bins: int = 10
    ) -> Report:
        """Returns a report of the model on rows ``x`` with targets ``y``: metrics, and pictures in a notebook.

        Args:
            threshold: A row (or label) is positive if its probability is above the threshold.
            labels: The names of the classes, the positive class of a binary model last.
            bins: The bins of the reliability curve.
        """
        from gatewise import reports

        return reports._read(
            _gatewise.model_report(self._built(), x, y, reports._settings(None, threshold, labels, bins))
        )

    def trace(self, x: Any) -> Trace:
        """Returns the values that every layer computes at every step for rows ``x``: gates, cell state, outputs.

        The steps are those of ``x``, padding included; lists of unequal length are padded at the start. Dropout is off,
        and the last layer's outputs are those of ``predict``.
        """
        return Trace(*_gatewise.trace(self._built(), x))

    def input_gradients(self, x: Any, output: int = 0, of: str = "logit") -> np.ndarray:
        """Returns the gradient of an output with respect to the input at each step: ``(rows, steps, D)``.

        The inputs are the vectors of the embedding, or the vectors that the model reads. If the model has an output at
        every step, the output at the last step is differentiated.

        Args:
            x: Rows.
            output: Which output, from 0.
            of: ``"logit"``: the output before the last activation; ``"value"``: as ``predict`` returns it.
        """
        return _gatewise.input_gradients(self._built(), x, output, of)

    def _built(self) -> _gatewise.Model:
        if self._native is None:
            raise ValueError("the model has no weights yet; begin it with an Input or an Embedding, or call build")
        return self._native


class HistoryViews:
    """The views of a history."""

    history: dict[str, list[float]]
    epoch: list[int]

    def _charts(self) -> list[Chart]:
        """Returns a chart for each metric, of training and validation."""
        charts = []
        for name, values in self.history.items():
            if name.startswith("val_") and name[4:] in self.history:
                continue
            if not values or not isinstance(values[0], (int, float)):
                continue
            lines = [Line("training" if name != "learning_rate" else "", _epochs(self.epoch, values), values)]
            validation = self.history.get(f"val_{name}")
            if validation:
                # With validation_freq there are fewer; the history does not say after which epochs.
                every = max(1, round(len(values) / len(validation)))
                at = [index for index in range(every - 1, len(values), every)][: len(validation)]
                lines.append(Line("validation", [lines[0].x[index] for index in at], validation[: len(at)]))
            ends = lines[0].x
            wide = (ends[0], ends[-1]) if ends[-1] > ends[0] else (ends[0] - 0.5, ends[0] + 0.5)
            high = _pages.spread([value for line in lines for value in line.y])
            charts.append(Chart(name, "epoch", name, lines, wide, high, whole=True))
        # The loss first, as it is in every history.
        return sorted(charts, key=lambda chart: (chart.title != "loss", chart.title == "learning_rate"))

    def __repr__(self) -> str:
        count = max(map(len, self.history.values()), default=0)
        last = ", ".join(f"{name} {number(values[-1])}" for name, values in self.history.items() if values)
        return f"<History of {count} {'epoch' if count == 1 else 'epochs'}: {last}>" if count else "<History, empty>"

    def _repr_html_(self) -> str:
        charts = self._charts()
        if not charts:
            return _pages.page([_pages.soft("The history is empty.")])
        names = [name for name, values in self.history.items() if values]
        count = len(self.history[charts[0].title])
        rows = []
        for at, epoch in enumerate(_epochs(self.epoch, self.history[charts[0].title])):
            cells = [self.history[name][at] if at < len(self.history[name]) else None for name in names]
            rows.append([f"{epoch:g}", *map(number, cells)])
        table = _pages.table(("epoch", *names), rows[-100:])
        title = "each epoch" if count <= 100 else "the last 100 epochs"
        return _pages.page([_pages.row(_pages.svg(chart) for chart in charts[:6]), _pages.folded(title, table)])

    def plot(self) -> Figure:
        """Returns the curves of the metrics as a matplotlib figure."""
        from gatewise import _plots

        charts = self._charts()
        if not charts:
            raise ValueError("the history is empty; call fit first")
        return _plots.figure(charts)


def _epochs(epochs: Sequence[int], values: Sequence[float]) -> list[float]:
    """Returns the numbers of the epochs, from 1 as the bar has them."""
    if len(epochs) == len(values):
        return [float(epoch + 1) for epoch in epochs]
    return [float(at + 1) for at in range(len(values))]


class OutcomeViews:
    """The views of what ``gatewise.train`` returns."""

    figures: dict[str, Any]
    history: dict[str, list[float]]
    notes: list[str]

    def _parts(self) -> tuple[Report | None, HistoryViews]:
        from gatewise.reports import Report

        curves = HistoryViews()
        curves.history, curves.epoch = self.history, []
        return Report(self.figures["report"]) if self.figures["report"] else None, curves

    def _repr_html_(self) -> str:
        report, curves = self._parts()
        charts = [_pages.svg(chart) for chart in curves._charts()[:2]]
        parts = [*(report._parts() if report else ()), *charts]
        rows = [
            (found["name"], number(found["accuracy"])) for found in self.figures["baselines"] if found.get("accuracy")
        ]
        below = _pages.table(("baseline", "accuracy"), rows) if rows else ""
        notes = "".join(_pages.soft(f"note: {note}") for note in self.notes[:20])
        return _pages.page([_pages.row([*parts, below]), notes])

    def plot(self) -> Figure:
        """Returns the curves and the confusion matrix as a matplotlib figure."""
        from gatewise import _plots

        report, curves = self._parts()
        return _plots.figure([*curves._charts()[:2], *(report._pictures() if report else ())])
