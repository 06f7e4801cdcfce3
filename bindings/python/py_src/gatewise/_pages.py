"""Pictures and pages for notebooks: inline SVG with scoped styles, and without scripts.

Nothing is computed here but places on a page; the numbers come from the library. A ``Chart`` and a ``Matrix`` are what
is drawn, ``svg`` draws them for a page, ``gatewise._plots`` with matplotlib. Lines differ in their dashes and have
their names beside them, so that no colour has to be told from another.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape

# Okabe and Ito's blue and vermilion, and lighter ones of the same hues on dark pages.
_LIGHT = "--fg:#1f2328;--soft:#59636e;--grid:#d8dee4;--a:#0072b2;--b:#c04a00;--on:#ffffff;--sheet:#ffffff"
_DARK = "--fg:#e6edf3;--soft:#9da7b1;--grid:#3d444d;--a:#56b4e9;--b:#f0a030;--on:#0d1117;--sheet:#111418"
_STYLE = f"""
.gatewise-page{{{_LIGHT};color:var(--fg);font:13px/1.45 system-ui,sans-serif}}
@media (prefers-color-scheme:dark){{.gatewise-page{{{_DARK}}}}}
[data-jp-theme-light="true"] .gatewise-page,.vscode-light .gatewise-page{{{_LIGHT}}}
[data-jp-theme-light="false"] .gatewise-page,.vscode-dark .gatewise-page,html[theme=dark] .gatewise-page{{{_DARK}}}
.gatewise-page .row{{display:flex;flex-wrap:wrap;gap:8px 28px;align-items:flex-start}}
.gatewise-page table{{border-collapse:collapse;margin:4px 0;color:inherit;background:none;font-size:13px}}
.gatewise-page th,.gatewise-page td{{padding:3px 10px;text-align:right;border:0;border-bottom:1px solid var(--grid);
background:none;color:inherit;font-variant-numeric:tabular-nums}}
.gatewise-page th{{font-weight:600}}
.gatewise-page th.l,.gatewise-page td.l{{text-align:left}}
.gatewise-page .soft{{color:var(--soft)}}
.gatewise-page .h{{font-weight:600;margin:2px 0 4px}}
.gatewise-page summary{{cursor:pointer;color:var(--soft)}}
.gatewise-page svg{{display:block;max-width:100%;height:auto;font:11px system-ui,sans-serif}}
.gatewise-page text{{fill:var(--fg)}}
.gatewise-page .s{{fill:var(--soft)}}
.gatewise-page .g{{stroke:var(--grid);stroke-width:1;fill:none}}
.gatewise-page .a{{stroke:var(--a);stroke-width:2;fill:none}}
.gatewise-page .b{{stroke:var(--b);stroke-width:2;fill:none;stroke-dasharray:6 3}}
.gatewise-page .pa{{fill:var(--a)}}.gatewise-page .pb{{fill:var(--b)}}
.gatewise-page .e{{stroke:var(--a);stroke-width:1;fill:none}}
.gatewise-page .d{{stroke:var(--soft);stroke-width:1;fill:none;stroke-dasharray:2 3}}
.gatewise-page .on{{fill:var(--on)}}
""".replace("\n", "")

#: The points of a line that are drawn at most.
_POINTS = 200
#: The classes of a confusion matrix that are drawn at most.
CLASSES = 20


@dataclass
class Line:
    """A line of a chart. The second line of a chart is dashed."""

    name: str
    x: Sequence[float]
    y: Sequence[float]
    #: Whether to write the last value beside the line.
    ends: bool = True
    #: Whether to mark every point.
    marked: bool = False
    #: Lower and upper end of an error bar at each point.
    bars: Sequence[tuple[float, float]] = ()


@dataclass
class Chart:
    """Lines over an axis."""

    title: str
    x_name: str
    y_name: str
    lines: list[Line]
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    #: Whether x counts something.
    whole: bool = False
    #: Whether to draw the line x = y.
    diagonal: bool = False
    #: A point with a name.
    point: tuple[float, float, str] | None = None
    #: A sentence below the title.
    caption: str = ""


@dataclass
class Matrix:
    """A confusion matrix: rows are the true classes, columns the predicted ones."""

    counts: list[list[int]]
    labels: list[str]
    title: str = "Confusion matrix"
    shares: list[list[float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for row in self.counts:
            total = sum(row)
            self.shares.append([count / total if total else 0.0 for count in row])


def page(body: Iterable[str]) -> str:
    """Returns a page, with the styles of its parts."""
    return f'<div class="gatewise-page"><style>{_STYLE}</style>{"".join(body)}</div>'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Returns a table of texts, whose first ``left`` columns are aligned to the left."""

    def cells(tag: str, row: Sequence[str]) -> str:
        kind = [' class="l"' if at < left else "" for at in range(len(row))]
        return "".join(f"<{tag}{kind[at]}>{escape(cell)}</{tag}>" for at, cell in enumerate(row))

    body = "".join(f"<tr>{cells('td', row)}</tr>" for row in rows)
    above = f"<thead><tr>{cells('th', head)}</tr></thead>" if head else ""
    return f"<table>{above}<tbody>{body}</tbody></table>"


def row(parts: Iterable[str]) -> str:
    """Returns parts side by side, where the page is wide enough."""
    return f'<div class="row">{"".join(f"<div>{part}</div>" for part in parts)}</div>'


def heading(text: str) -> str:
    """Returns a heading."""
    return f'<div class="h">{escape(text)}</div>'


def soft(text: str) -> str:
    """Returns a line in a soft colour."""
    return f'<div class="soft">{escape(text)}</div>'


def folded(title: str, body: str, is_open: bool = False) -> str:
    """Returns a part that opens and closes by a click."""
    return f"<details{' open' if is_open else ''}><summary>{escape(title)}</summary>{body}</details>"


# Numbers on paper


def number(value: float | None, digits: int = 4) -> str:
    """Returns a number as tables show it."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return str(value)
    small = value != 0 and abs(value) < 10.0**-digits
    return f"{value:.2e}" if small else f"{value:,.{digits}f}"


def ticks(low: float, high: float, whole: bool = False, count: int = 5) -> list[float]:
    """Returns about ``count`` round numbers from ``low`` to ``high``."""
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= raw * 0.999)
    if whole:
        step = max(1.0, float(math.ceil(step)))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [at * step for at in range(first, last + 1)]


def spread(values: Iterable[float]) -> tuple[float, float]:
    """Returns a range around finite values, with some room."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    room = (high - low) * 0.06 or abs(high) * 0.05 or 0.5
    return low - room, high + room


def thin(line: Line) -> Line:
    """Returns a line of at most ``_POINTS`` points, the last included."""
    if len(line.x) <= _POINTS:
        return line
    at = [round(index * (len(line.x) - 1) / (_POINTS - 1)) for index in range(_POINTS)]
    bars = [line.bars[index] for index in at] if line.bars else ()
    return Line(line.name, [line.x[i] for i in at], [line.y[i] for i in at], line.ends, line.marked, bars)


# SVG

_WIDTH, _HEIGHT = 400, 250
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 98, 22, 38


def svg(picture: Chart | Matrix) -> str:
    """Returns a picture with its heading."""
    drawn = _chart(picture) if isinstance(picture, Chart) else _matrix(picture)
    caption = soft(picture.caption) if isinstance(picture, Chart) and picture.caption else ""
    return heading(picture.title) + caption + drawn


def _open(width: float, height: float, label: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{escape(label, quote=True)}">'
    )


def _text(x: float, y: float, text: str, anchor: str = "start", kind: str = "", more: str = "") -> str:
    kind = f' class="{kind}"' if kind else ""
    anchor = f' text-anchor="{anchor}"' if anchor != "start" else ""
    return f'<text x="{x:.4g}" y="{y:.4g}"{anchor}{kind}{more}>{escape(text)}</text>'


def _chart(chart: Chart) -> str:
    (x0, x1), (y0, y1) = chart.x_range, chart.y_range
    # Names beside the ends of lines need room.
    total = _WIDTH if any(line.ends for line in chart.lines) else _WIDTH - _RIGHT + 14
    right = _WIDTH - _RIGHT
    bottom = _HEIGHT - _BOTTOM

    def x(value: float) -> float:
        return _LEFT + (value - x0) / ((x1 - x0) or 1.0) * (right - _LEFT)

    def y(value: float) -> float:
        return bottom - (value - y0) / ((y1 - y0) or 1.0) * (bottom - _TOP)

    said = "; ".join(f"{line.name} ends at {number(line.y[-1])}" for line in chart.lines if line.ends and len(line.y))
    parts = [_open(total, _HEIGHT, f"{chart.title} over {chart.x_name}. {said}".rstrip(". "))]
    if chart.y_name != chart.title:
        parts.append(_text(4, 11, chart.y_name, kind="s"))
    marks = ticks(y0, y1)
    digits = max((len(f"{mark:.6f}".rstrip("0").split(".")[1]) for mark in marks), default=0)
    for mark in marks:
        parts.append(f'<path class="g" d="M{_LEFT} {y(mark):.1f}H{right}"/>')
        text = f"{mark:.{digits}f}" if digits <= 4 and abs(mark) < 1e5 else f"{mark:.3g}"
        parts.append(_text(_LEFT - 6, y(mark) + 4, text, "end", "s"))
    for mark in ticks(x0, x1, chart.whole):
        parts.append(_text(x(mark), bottom + 15, f"{mark:g}", "middle", "s"))
    parts.append(_text((_LEFT + right) / 2, _HEIGHT - 6, chart.x_name, "middle", "s"))
    if chart.diagonal:
        parts.append(f'<path class="d" d="M{x(x0):.1f} {y(y0):.1f}L{x(x1):.1f} {y(y1):.1f}"/>')
    names: list[tuple[float, str, str]] = []
    for at, line in enumerate(chart.lines):
        kind = "ab"[at % 2]
        drawn = thin(line)
        path, pen = [], "M"
        for px, py in zip(drawn.x, drawn.y):
            if not math.isfinite(py):
                pen = "M"
                continue
            path.append(f"{pen}{x(px):.1f} {y(py):.1f}")
            pen = "L"
        for px, (low, high) in zip(drawn.x, drawn.bars):
            parts.append(f'<path class="e" d="M{x(px):.1f} {y(low):.1f}V{y(high):.1f}"/>')
        parts.append(f'<path class="{kind}" d="{"".join(path)}"/>')
        finite = [(px, py) for px, py in zip(drawn.x, drawn.y) if math.isfinite(py)]
        dots = finite if line.marked or len(finite) <= 12 else finite[-1:]
        for px, py in dots if line.marked or line.ends else ():
            parts.append(f'<circle class="p{kind}" cx="{x(px):.1f}" cy="{y(py):.1f}" r="3"/>')
        if finite and line.ends:
            names.append((y(finite[-1][1]), line.name, number(finite[-1][1])))
    # Names beside the ends of the lines, apart from one another and above the axis.
    names.sort()
    places: list[float] = []
    for at_y, _, _ in names:
        places.append(max(at_y + 1, places[-1] + 30 if places else _TOP + 4))
    for at in reversed(range(len(places))):
        below = places[at + 1] - 30 if at + 1 < len(places) else bottom - 12
        places[at] = min(places[at], below)
    for place, (_, name, value) in zip(places, names):
        parts.append(_text(right + 8, place, name))
        parts.append(_text(right + 8, place + 13, value, more=' font-weight="600"'))
    if chart.point:
        px, py, name = chart.point
        parts.append(f'<circle class="pb" cx="{x(px):.1f}" cy="{y(py):.1f}" r="4"/>')
        parts.append(_text(x(px) + 9, y(py) + 14, name))
    return "".join([*parts, "</svg>"])


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _matrix(matrix: Matrix) -> str:
    count = len(matrix.labels)
    cell = 64 if count <= 3 else 46 if count <= 8 else 32
    labels = [_clip(label, 14) for label in matrix.labels]
    left = 30 + 6.2 * max(len(label) for label in labels)
    # Labels of narrow columns stand on end.
    upright = any(6.2 * len(label) > cell - 4 for label in labels)
    top = 26 + (6.2 * max(len(label) for label in labels) if upright else 14)
    width, height = left + count * cell + 4, top + count * cell + 4
    parts = [_open(width, height, f"{matrix.title}: rows are true classes, columns predicted classes")]
    parts.append(_text(left + count * cell / 2, 12, "predicted", "middle", "s"))
    middle = top + count * cell / 2
    parts.append(_text(12, middle, "true", "middle", "s", f' transform="rotate(-90 12 {middle:.1f})"'))
    for at, label in enumerate(labels):
        center = left + (at + 0.5) * cell
        if upright:
            parts.append(
                _text(center + 4, top - 6, label, more=f' transform="rotate(-90 {center + 4:.1f} {top - 6:.1f})"')
            )
        else:
            parts.append(_text(center, top - 6, label, "middle"))
        parts.append(_text(left - 6, top + (at + 0.5) * cell + 4, label, "end"))
    # Two groups, so that the cells of a large matrix stay short.
    cells, texts = ['<g class="pa">'], ['<g text-anchor="middle">']
    for true, counts in enumerate(matrix.counts):
        for predicted, number_of in enumerate(counts):
            share = matrix.shares[true][predicted]
            px, py = left + predicted * cell, top + true * cell
            size = f'width="{cell - 2}" height="{cell - 2}"'
            cells.append(f'<rect x="{px:.0f}" y="{py:.0f}" {size} fill-opacity="{0.06 + 0.9 * share:.2f}"/>')
            kind = "on" if share > 0.5 else ""
            middle = px + cell / 2 - 1
            text = f"{number_of:,}" if cell > 40 or number_of < 10_000 else f"{number_of / 1000:.0f}k"
            if cell > 60:
                texts.append(_text(middle, py + cell / 2 - 2, text, kind=kind, more=' font-weight="600"'))
                texts.append(_text(middle, py + cell / 2 + 13, f"{share:.1%}", kind=kind))
            else:
                texts.append(_text(round(middle), round(py + cell / 2 + 4), text, kind=kind))
    return "".join([*parts, *cells, "</g>", *texts, "</g></svg>"])
