"""The bar of ``fit``: in a terminal, in a notebook, in a file."""

from __future__ import annotations

import io
import re
import sys

import gatewise
import numpy as np
import pytest
from gatewise import progress
from gatewise.layers import Dense, Embedding, SimpleRNN


class Terminal(io.StringIO):
    """Standard output that is a terminal, and what its last screen shows."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True

    def screen(self) -> list[str]:
        lines = []
        for line in self.getvalue().split("\n"):
            cells: list[str] = []
            for drawn in line.split("\r"):
                cells[: len(drawn)] = drawn
            lines.append("".join(cells).rstrip())
        return lines


def model() -> gatewise.Sequential:
    made = gatewise.Sequential([Embedding(30, 4), SimpleRNN(3), Dense(1, activation="sigmoid")])
    made.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return made


END = r"13/13 ━{20} \d+s \d+(us|ms|s)/step - accuracy: \d\.\d{4} - loss: \d\.\d{4}"


def test_a_terminal_shows_a_line_for_each_epoch(rows, monkeypatch):
    x, y = rows
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    model().fit(x, y, batch_size=16, epochs=2, validation_data=(x, y))
    *lines, last = terminal.screen()
    assert last == "" and len(lines) == 4
    assert lines[0] == "Epoch 1/2" and lines[2] == "Epoch 2/2"
    for line in lines[1::2]:
        assert re.fullmatch(END + r" - val_accuracy: \d\.\d{4} - val_loss: \d\.\d{4}", line), line


def test_a_line_is_drawn_over_and_fits_the_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    monkeypatch.setenv("COLUMNS", "60")
    shown = progress.Progress(progress._screen(), 10)
    shown.begin(0, 3, 100, {})
    shown.batch(50, 5, 100, {"loss": 0.5, "a_metric_with_a_long_name": 1.0, "another": 2.0})
    assert terminal.screen()[-1].startswith(" 5/10 ━━━━━━━━━━──────────")
    assert terminal.screen()[-1].endswith("…") and len(terminal.screen()[-1]) <= 59
    shown.batch(60, 6, 100, {"loss": 0.25})
    assert re.fullmatch(r" 6/10 ━{12}─{8} 0s \d+us/step - loss: 0.2500", terminal.screen()[-1])
    shown.note("the rate is low")
    assert terminal.screen()[-2] == "note: the rate is low"
    assert terminal.screen()[-1].startswith(" 6/10")
    shown.close()
    assert terminal.screen()[-1] == ""


def test_an_exception_leaves_the_line(rows, monkeypatch):
    class Fails(gatewise.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("stop here")

    terminal = Terminal()
    monkeypatch.setattr(sys, "stdout", terminal)
    with pytest.raises(RuntimeError, match="stop here"):
        model().fit(*rows, callbacks=[Fails()])
    assert terminal.getvalue().endswith("\n")


def test_a_file_gets_lines_only(rows, capsys):
    x, y = rows
    for verbose in ("auto", 1, 2):
        model().fit(x, y, batch_size=16, epochs=2, verbose=verbose)
        lines = capsys.readouterr().out.splitlines()
        assert lines[::2] == ["Epoch 1/2", "Epoch 2/2"]
        assert re.fullmatch(r"13/13 - \d+s - \d+(us|ms|s)/step - accuracy: \d\.\d{4} - loss: \d\.\d{4}", lines[1])
    model().fit(x, y, verbose=0)
    assert capsys.readouterr().out == ""


def test_only_what_was_asked_for_is_shown(rows, capsys):
    x, y = rows
    made = gatewise.Sequential([Embedding(30, 4), SimpleRNN(3), Dense(1, activation="sigmoid")])
    made.compile("adam", "binary_crossentropy")
    made.fit(x, y, verbose=2)
    assert "accuracy" not in capsys.readouterr().out


def test_evaluate(rows, capsys):
    made = model()
    loss, accuracy = made.evaluate(*rows, batch_size=16)
    line = capsys.readouterr().out
    assert line.startswith("13/13 - 0s - ") and line.endswith(f" - accuracy: {accuracy:.4f} - loss: {loss:.4f}\n")
    made.evaluate(*rows, verbose=0)
    assert capsys.readouterr().out == ""


def test_old_terminals_get_plain_letters(monkeypatch):
    terminal = Terminal()
    terminal.encoding = "latin-1"
    monkeypatch.setattr(sys, "stdout", terminal)
    shown = progress.Progress(progress._screen(), 10)
    shown.begin(0, 1, 100, {})
    shown.end(0, 10, 100, {"loss": 1e-5})
    assert re.fullmatch(r"10/10 ={20} 0s \d+us/step - loss: 1.0000e-05", terminal.screen()[1])
    terminal.getvalue().encode("latin-1")


def test_bad_verbose():
    for good, value in ((0, 0), (1, 1), (2, 2), (True, 1), (False, 0), ("auto", 1), (np.int64(2), 2)):
        assert progress.level(good) == value
    with pytest.raises(ValueError, match="verbose is 3; it must be 0, 1, 2 or 'auto'"):
        progress.level(3)


def test_times():
    assert [progress._clock(seconds) for seconds in (0.4, 59.9, 61, 3661)] == ["0s", "59s", "1:01", "1:01:01"]
    assert [progress._short(seconds) for seconds in (2.4, 0.0123, 4.56e-5)] == ["2s", "12ms", "46us"]


@pytest.mark.filterwarnings("ignore")
def test_a_notebook_keeps_one_output():
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    code = """
import gatewise
from gatewise.layers import Dense, Embedding, SimpleRNN
model = gatewise.Sequential([Embedding(30, 4), SimpleRNN(3), Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy")
history = model.fit([[1, 2], [3]] * 50, [0, 1] * 50, batch_size=10, epochs=3)
"""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code), nbformat.v4.new_code_cell("history")])
    nbclient.NotebookClient(notebook, timeout=60).execute()
    (output,) = notebook.cells[0].outputs
    lines = output.data["text/plain"].splitlines()
    assert lines[::2] == ["Epoch 1/3", "Epoch 2/3", "Epoch 3/3"]
    assert re.fullmatch(r"10/10 ━{20} 0s \d+(us|ms)/step - loss: \d\.\d{4}", lines[5])
    (page,) = notebook.cells[1].outputs
    assert "<svg" in page.data["text/html"] and "History of 3 epochs" in page.data["text/plain"]
