"""Small data that the tests share."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def rows() -> tuple[list[list[int]], np.ndarray]:
    """Returns ragged rows of ids below 30, and whether a row holds more ids from 15 on than below."""
    random = np.random.default_rng(7)
    rows = [random.integers(1, 30, random.integers(1, 20)).tolist() for _ in range(203)]
    targets = np.array([sum(id >= 15 for id in row) * 2 > len(row) for row in rows], dtype="float32")
    return rows, targets


@pytest.fixture
def data() -> Path:
    """Returns the folder of real data."""
    folder = os.environ.get("GATEWISE_DATA")
    if not folder or not Path(folder, "keras", "imdb.npz").exists():
        pytest.skip("GATEWISE_DATA has no keras/imdb.npz")
    return Path(folder)
