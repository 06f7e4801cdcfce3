"""Keras's own tests, run on gatewise, in a process of their own: names of ``keras`` are served there."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SUITE = Path(__file__).parent / "keras_suite"


@pytest.mark.skipif(find_spec("keras") is None, reason="keras is not installed")
def test_keras_passes() -> None:
    run = subprocess.run([sys.executable, SUITE / "run.py"], capture_output=True, text=True)
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-4000:]
    assert "| all |" in run.stdout and "| 0 |" in run.stdout.split("| all |")[1]
