"""``gatewise.forecast``: series in memory and in files; the forecaster of ``gatewise.sklearn``."""

from __future__ import annotations

import math
from pathlib import Path

import gatewise
import numpy as np
import pytest

#: A season of four steps, and noise that a seed decides.
NUMBERS = [
    round(10 + [4, 6, 5, 3][t % 4] + 0.1 * noise, 3) for t, noise in enumerate(np.random.default_rng(1).normal(size=80))
]
QUICK = {"units": 4, "epochs": 2, "threads": 2}


def test_a_series_in_memory() -> None:
    outcome = gatewise.forecast(NUMBERS, period=4, horizon=6, **QUICK)
    (series,) = outcome.series
    assert (series.id, series.period, series.horizon, len(series.values), series.dates) == (None, 4, 6, 6, None)
    assert all(abs(value - 10 - [4, 6, 5, 3][t % 4]) < 1 for t, value in enumerate(series.values))
    inner, outer = series.intervals[0.8], series.intervals[0.95]
    assert inner is not None and outer is not None
    for value, (low, high), (lower, higher) in zip(series.values, inner, outer):
        assert lower <= low < value < high <= higher
    assert series.errors["mae"] > 0 and {"seasonal_naive"} <= {baseline["name"] for baseline in series.baselines}
    assert gatewise.forecast(np.array(NUMBERS), period=4, horizon=6, **QUICK).series[0].values == series.values
    assert repr(outcome) == "ForecastOutcome([SeriesForecast(6 steps)])"


def test_a_file_with_dates(tmp_path: Path) -> None:
    path, output = tmp_path / "sales.csv", tmp_path / "out.csv"
    rows = "".join(f"{2000 + t // 4}Q{t % 4 + 1},{number}\n" for t, number in enumerate(NUMBERS))
    path.write_text("quarter,sales\n" + rows)
    outcome = gatewise.forecast(path, output=output, **QUICK)
    (series,) = outcome.series
    assert outcome.column == "sales" and series.dates == ["2020Q1", "2020Q2", "2020Q3", "2020Q4"]
    assert any("quarter" in note for note in outcome.notes)
    own = gatewise.forecast(NUMBERS, period=4, horizon=4, **QUICK).series[0]
    assert own.values == series.values, "a file and its numbers are one series"
    assert output.read_text().startswith("date,value,lo80,hi80,lo95,hi95\n2020Q1,")


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: gatewise.forecast([1.0, 2.0, 3.0]), ValueError, "numbers in memory has 3 numbers"),
        (lambda: gatewise.forecast([1.0, math.nan] * 40, period=4), ValueError, "number 1 is nan|number 1 is NaN"),
        (lambda: gatewise.forecast(NUMBERS, column="sales"), ValueError, "numbers are in memory"),
        (lambda: gatewise.forecast(NUMBERS, season=4), TypeError, "unknown field `season`"),
        (lambda: gatewise.forecast(NUMBERS, missing="fill"), ValueError, "missing is 'fill'"),
        (lambda: gatewise.forecast(np.ones((4, 4))), TypeError, "one dimension"),
        (lambda: gatewise.forecast("none.csv"), FileNotFoundError, "none.csv"),
    ],
)
def test_what_is_wrong_is_named(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()  # type: ignore[operator]


def test_the_forecaster() -> None:
    pytest.importorskip("sklearn")
    import pickle

    from gatewise.sklearn import GatewiseForecaster
    from sklearn.base import clone
    from sklearn.exceptions import NotFittedError

    model = GatewiseForecaster(horizon=6, period=4, **QUICK)
    with pytest.raises(NotFittedError):
        model.predict()
    expected = gatewise.forecast(NUMBERS, period=4, horizon=6, **QUICK).series[0]
    model = clone(model).fit(np.array(NUMBERS))
    assert model.predict().tolist() == expected.values and (model.horizon_, model.period_) == (6, 4)
    assert model.predict(2).tolist() == expected.values[:2]
    bounds = model.predict_interval(3, coverage=0.8)
    assert bounds.shape == (3, 2) and np.all((bounds[:, 0] < model.predict(3)) & (model.predict(3) < bounds[:, 1]))
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(), model.predict())
    with pytest.raises(ValueError, match="1 to 6 steps"):
        model.predict(7)
    with pytest.raises(ValueError, match="0.8 or 0.95"):
        model.predict_interval(coverage=0.5)
