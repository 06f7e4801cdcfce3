"""The pictures of ``gatewise._pages`` as matplotlib figures."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatewise._pages import Chart, Matrix, number

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLOURS = ("#0072b2", "#c04a00")
_DASHES = ("-", "--")


def matplotlib_figure(width: float, height: float) -> Figure:
    """Returns an empty figure, ``width`` by ``height`` inches, that a notebook shows once."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("plot needs matplotlib, which is not installed: pip install matplotlib") from error
    if "ipykernel" in sys.modules:
        # Makes a notebook show figures as pictures.
        import matplotlib.pyplot  # noqa: F401
    return Figure(figsize=(width, height), layout="constrained")


def figure(pictures: Sequence[Chart | Matrix]) -> Figure:
    """Returns a figure with the pictures side by side, three in a row."""
    columns = min(3, len(pictures))
    rows = -(-len(pictures) // columns)
    drawn = matplotlib_figure(4.4 * columns, 3.4 * rows)
    for at, picture in enumerate(pictures):
        axes = drawn.add_subplot(rows, columns, at + 1)
        axes.set_title(picture.title, fontsize=10)
        if isinstance(picture, Chart):
            _chart(axes, picture)
        else:
            _matrix(axes, picture)
    return drawn


def _chart(axes: Any, chart: Chart) -> None:
    for at, line in enumerate(chart.lines):
        colour, dash = _COLOURS[at % 2], _DASHES[at % 2]
        marker = "o" if line.marked or len(line.x) <= 12 and line.ends else None
        label = f"{line.name} {number(line.y[-1])}" if line.ends and len(line.y) else line.name
        if line.bars:
            below = [y - low for y, (low, _) in zip(line.y, line.bars)]
            above = [high - y for y, (_, high) in zip(line.y, line.bars)]
            axes.errorbar(line.x, line.y, [below, above], color=colour, linewidth=1, fmt="none")
        axes.plot(line.x, line.y, dash, color=colour, marker=marker, markersize=4, label=label)
    if chart.diagonal:
        axes.plot(chart.x_range, chart.y_range, ":", color="0.5", linewidth=1)
    if chart.point:
        axes.plot(*chart.point[:2], "o", color=_COLOURS[1])
        axes.annotate(chart.point[2], chart.point[:2], xytext=(8, -12), textcoords="offset points", fontsize=8)
    axes.set(xlabel=chart.x_name, ylabel=chart.y_name, xlim=chart.x_range, ylim=chart.y_range)
    if chart.whole:
        axes.xaxis.get_major_locator().set_params(integer=True)
    if chart.caption:
        axes.text(0.98, 0.04, chart.caption, transform=axes.transAxes, ha="right", fontsize=7)
    axes.grid(alpha=0.3)
    if any(line.ends for line in chart.lines):
        axes.legend(fontsize=8)


def _matrix(axes: Any, matrix: Matrix) -> None:
    axes.imshow(matrix.shares, cmap="Blues", vmin=0.0, vmax=1.0)
    places = range(len(matrix.labels))
    axes.set_xticks(places, matrix.labels, rotation=45 if len(matrix.labels) > 3 else 0, fontsize=8)
    axes.set_yticks(places, matrix.labels, fontsize=8)
    axes.set(xlabel="predicted", ylabel="true")
    for true, row in enumerate(matrix.counts):
        for predicted, count in enumerate(row):
            colour = "white" if matrix.shares[true][predicted] > 0.5 else "black"
            axes.text(predicted, true, f"{count:,}", ha="center", va="center", color=colour, fontsize=8)


def layers(rows: Sequence[tuple[str, str, str, int]], title: str) -> Figure:
    """Returns a picture of a stack of layers, ``(name, class, output shape, weights)``, the input above."""
    drawn = matplotlib_figure(4.6, 0.4 + 0.8 * len(rows))
    axes = drawn.add_subplot()
    for at, (name, kind, shape, weights) in enumerate(rows):
        top = -1.0 * at
        if at:
            axes.annotate("", (0.5, top + 0.31), (0.5, top + 0.69), arrowprops={"arrowstyle": "->", "color": "0.4"})
        text = f"{name} ({kind})\n{shape}   {weights:,} weights"
        box = {"boxstyle": "round,pad=0.45", "facecolor": "#eaf2f8", "edgecolor": _COLOURS[0]}
        axes.text(0.5, top, text, ha="center", va="center", fontsize=9, bbox=box)
    axes.set(xlim=(0, 1), ylim=(-len(rows) + 0.5, 0.5))
    axes.set_title(title, fontsize=10)
    axes.axis("off")
    return drawn
