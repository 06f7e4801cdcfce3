"""Forecasts of series of numbers: ``forecast``."""

from __future__ import annotations

import json
import os
from typing import Any

from gatewise import _gatewise
from gatewise._config import plain

__all__ = ["ForecastOutcome", "SeriesForecast", "forecast"]


class SeriesForecast:
    """The forecast of one series, and its test on the last part of the series.

    Attributes:
        id: The name of the series, where a file has several.
        period: The steps of a season; 1 for none.
        horizon: The steps forecast.
        values: The forecasts, a list of ``horizon`` numbers.
        intervals: For the coverages 0.8 and 0.95, a list of pairs, the bounds of each number; None without them.
        dates: The dates of the forecasts; None without dates.
        errors: The mean absolute errors of the model on the test part: ``mae``, ``mae_1_ahead``, …,
            ``beats_baselines``.
        baselines: The errors of simple forecasts on the same part, each with its ``name``.
        coverage: The share of the numbers tested that lie in their intervals, for 0.8 and 0.95.
        figures: All of these, as ``gatewise forecast --format json`` prints them.
    """

    def __init__(self, figures: dict[str, Any]) -> None:
        points = figures["forecast"]
        self.id: str | None = figures["id"]
        self.period: int = figures["period"]
        self.horizon: int = figures["horizon"]
        self.values: list[float] = [point["value"] for point in points]
        self.dates: list[str] | None = None if points[0]["date"] is None else [point["date"] for point in points]
        self.intervals: dict[float, list[tuple[float, float]] | None] = {}
        for coverage, key in ((0.8, "80"), (0.95, "95")):
            bounds = [tuple(point[key]) for point in points if point[key] is not None]
            self.intervals[coverage] = bounds if len(bounds) == len(points) else None
        self.errors: dict[str, Any] = figures["lstm"]
        self.baselines: list[dict[str, Any]] = figures["baselines"]
        self.coverage = {0.8: figures["coverage"]["80"], 0.95: figures["coverage"]["95"]}
        self.figures = figures

    def __repr__(self) -> str:
        name = "" if self.id is None else f"{self.id!r}, "
        return f"SeriesForecast({name}{self.horizon} steps)"


class ForecastOutcome:
    """The forecasts of all series of a file, in ``series``, and the ``notes`` about what was found."""

    def __init__(self, figures: dict[str, Any]) -> None:
        self.series = [SeriesForecast(series) for series in figures["series"]]
        self.notes: list[str] = figures["notes"]
        self.column: str = figures["column"]

    def __repr__(self) -> str:
        return f"ForecastOutcome({self.series!r})"


def forecast(data: Any, **options: Any) -> ForecastOutcome:
    """Tests forecasts on the last part of each series, and forecasts the numbers after its end.

    Args:
        data: The path of a file with a column of numbers; or the numbers of one series in order of time, a list or an
            array.
        options: The options of ``gatewise forecast``, with underscores: ``period`` (the steps of a season; 1 for none),
            ``horizon``, ``length``, ``test``, ``units``, ``epochs``, ``seed``, ``threads``; for files also ``column``,
            ``date_column``, ``id_column``, ``decimal``, ``date_order``, ``missing``, ``delimiter``, ``header``,
            ``encoding``; ``output`` writes the forecasts as rows.

    Raises:
        ValueError: If there are too few numbers, or an option or a number cannot be used.
        FileNotFoundError: If there is no such file.

    Example::

        outcome = gatewise.forecast([4, 6, 5, 3] * 15, period=4, horizon=4)
        outcome.series[0].values, outcome.series[0].intervals[0.95]
    """
    settings = {name: value for name, value in options.items() if value is not None}
    if isinstance(settings.get("id_column"), str):
        settings["id_column"] = [settings["id_column"]]
    for name, value in settings.items():
        if isinstance(value, os.PathLike):
            settings[name] = os.fspath(value)
        elif hasattr(value, "tolist"):
            settings[name] = value.tolist()
    return ForecastOutcome(json.loads(_gatewise.forecast(data, json.dumps(settings, default=plain))))
