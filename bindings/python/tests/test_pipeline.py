"""``gatewise.train`` and ``gatewise.read``: rows in memory, files, options, notes, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import gatewise
import numpy as np
import pytest
from gatewise.datasets import reviews

SMALL = {"epochs": 2, "units": 8, "embedding": 8, "max_words": 200, "verbose": 0}


@pytest.fixture(scope="module")
def texts() -> tuple[list[str], list[str]]:
    (rows, classes), _ = reviews.load_data(400, 0)
    return rows, [reviews.LABELS[label] for label in classes]


def test_reviews_are_the_data_of_the_program() -> None:
    (x_train, y_train), (x_test, y_test) = reviews.load_data(30, 10)
    assert (len(x_train), len(x_test), y_train.dtype) == (30, 10, np.dtype("int64"))
    assert len(set(x_train + x_test)) == 40 and set(y_train) == {0, 1}
    assert reviews.load_data(30, 10)[0][0] == x_train
    assert reviews.load_data(40, 0)[0][0] == x_train + x_test
    with pytest.raises(ValueError, match="at most 200000"):
        reviews.load_data(300_000)


def test_texts_are_learned() -> None:
    x = [f"film {row} is {('fine', 'dull')[row % 2]} and long" for row in range(200)]
    y = [("pos", "neg")[row % 2] for row in range(200)]
    outcome = gatewise.train(x, y, epochs=12, units=[8], embedding=16, max_words=500, learning_rate=0.02, verbose=0)
    assert outcome.model.labels == ["neg", "pos"] and outcome.model.positive == "pos"
    assert outcome.accuracy is not None and outcome.accuracy > 0.9
    assert outcome.report is not None and outcome.report["accuracy"] == outcome.accuracy
    assert {baseline["name"] for baseline in outcome.baselines} >= {"majority class"}
    assert len(outcome.history["loss"]) == len(outcome.history["val_loss"]) == 12
    assert any("held out for testing" in note for note in outcome.notes)
    assert outcome.plan["epochs"] == 12 and outcome.plan["units"] == [8] and not outcome.interrupted
    assert repr(outcome).startswith("TrainOutcome(Predictor(texts to neg, pos), accuracy ")


@pytest.mark.parametrize(
    "labels",
    [["b", "a"] * 20, [1, 0] * 20, [True, False] * 20, np.array([1, 0] * 20), np.array(["b", "a"] * 20)],
    ids=["str", "int", "bool", "array", "str array"],
)
def test_labels_of_any_kind(labels: object) -> None:
    outcome = gatewise.train(["a fine film", "a dull film"] * 20, labels, **SMALL)
    assert len(outcome.model.labels) == 2


def test_numbers_and_lists_of_labels() -> None:
    rows = ["a fine film", "a dull film"] * 20
    outcome = gatewise.train(rows, [1.5, -0.5] * 20, **{**SMALL, "epochs": 30, "learning_rate": 0.02, "dropout": 0})
    assert outcome.model.problem == "regression" and outcome.model.labels == []
    low, high = outcome.model.predict(["a dull film", "a fine film"])[:, 0]
    assert low < 0.5 < high
    assert outcome.model.predict_labels(rows[:1]) == [outcome.model.predict(rows[:1])[0, 0]]
    whole = gatewise.train(rows, [3, 4] * 20, task="regression", **SMALL)
    assert whole.model.problem == "regression"
    several = gatewise.train(rows, [["warm", "long"], []] * 20, **SMALL)
    assert several.model.problem == "multi_label_classification"
    assert several.model.labels == ["long", "warm"]
    assert all(isinstance(labels, list) for labels in several.model.predict_labels(rows[:2]))


def test_ids_and_series() -> None:
    random = np.random.default_rng(3)
    ids = [random.integers(1, 9, random.integers(1, 12)).tolist() for _ in range(60)]
    parity = [sum(row) % 2 for row in ids]
    model = gatewise.train(ids, parity, **SMALL).model
    assert model.predict(ids).shape == (60, 1)
    padded = gatewise.utils.pad_sequences(ids, maxlen=12)
    assert np.array_equal(model.predict(padded), model.predict(ids)), "zeros that pad a row are not ids"

    rises = [np.cumsum(random.normal(sign, 0.5, (random.integers(5, 9), 2)), axis=0) for sign in [1, -1] * 30]
    options = {"epochs": 20, "units": 8, "verbose": 0}
    outcome = gatewise.train(rises, ["up", "down"] * 30, **options)
    assert outcome.model.reads == "series" and outcome.model.labels == ["down", "up"]
    assert np.mean(np.array(outcome.model.predict_labels(rises)) == ["up", "down"] * 30) > 0.9
    flat = np.stack([row[:5, 0] for row in rises])
    one = gatewise.train(flat, [10, 9] * 30, **options)
    assert one.model.labels == ["9", "10"], "numbers in the order of numbers"
    assert np.array_equal(one.model.predict(flat), one.model.predict(flat[:, :, None]))
    value = gatewise.train(flat, flat.mean(axis=1), **options)
    assert value.model.problem == "regression"


def test_test_rows_and_validation_rows(texts: tuple[list[str], list[str]], tmp_path: Path) -> None:
    x, y = texts
    outcome = gatewise.train(x[:300], y[:300], test=(x[300:350], y[300:350]), validation=(x[350:], y[350:]), **SMALL)
    assert outcome.figures["test_rows"] == 50 and outcome.figures["validation_rows"] == 50
    path = tmp_path / "test.jsonl"
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in zip(x[300:], y[300:])))
    assert gatewise.train(x[:300], y[:300], test=path, **SMALL).figures["test_rows"] == 100
    with pytest.raises(TypeError, match="a pair"):
        gatewise.train(x, y, test=[1, 2, 3], **SMALL)


def test_the_same_run_from_a_file_and_from_memory(texts: tuple[list[str], list[str]], tmp_path: Path) -> None:
    x, y = texts
    path = tmp_path / "films.jsonl"
    path.write_text("".join(json.dumps({"text": text, "label": label}) + "\n" for text, label in zip(x, y)))
    of_file, of_memory = gatewise.train(path, **SMALL), gatewise.train(x, y, **SMALL)
    assert of_file.figures["weights_sha256"] == of_memory.figures["weights_sha256"]
    assert of_file.report == of_memory.report
    content = gatewise.read(path)
    assert content.x == x and content.y == y and content.columns["text"] == ["text"]
    assert gatewise.train(*content, **SMALL).figures["weights_sha256"] == of_memory.figures["weights_sha256"]


def test_read_finds_delimiter_columns_and_labels(tmp_path: Path) -> None:
    path = tmp_path / "mails.csv"
    path.write_text("id;Body;Category\n" + "1;how are you?;talk\n2;buy now, friend;spam\n" * 5, encoding="utf-16")
    content = gatewise.read(path)
    assert (content.kind, len(content.x), content.x[1], content.y[1]) == ("texts", 10, "buy now, friend", "spam")
    assert content.columns["text"] == ["Body"] and content.columns["label"] == ["Category"]
    assert {"the file is in utf-16le, as its byte order mark states", "fields are separated by ';'"} <= set(
        content.notes
    )
    assert gatewise.read(path, labels=False).y is None
    assert gatewise.read(path, text_column="Category", label_column="id").y[:2] == ["1", "2"]
    series = tmp_path / "x.ts"
    series.write_text("@classLabel true a b\n@data\n1,2,3:a\n4,?,6,7:b\n")
    content = gatewise.read(series)
    assert content.kind == "series" and content.y == ["a", "b"]
    assert [row.shape for row in content.x] == [(3, 1), (4, 1)] and content.x[1][1, 0] == 5.0
    assert "missing value" in content.notes[0]
    tale = tmp_path / "tale.txt"
    tale.write_text("Once upon a time.")
    assert gatewise.read(tale, task="language-model").x == "Once upon a time."


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: gatewise.train("none.csv"), FileNotFoundError, "there is no file none.csv"),
        (lambda: gatewise.read("none.csv"), FileNotFoundError, "there is no file none.csv"),
        (lambda: gatewise.train(["a", "b"]), TypeError, "rows need labels"),
        (lambda: gatewise.train(["a", "b"], ["x"]), ValueError, "2 rows and 1 labels"),
        (lambda: gatewise.train("a text", ["x"]), TypeError, "one text"),
        (lambda: gatewise.train(["a", None], ["x", "y"]), ValueError, "row 1 has no text"),
        (lambda: gatewise.train(["a", float("nan")], ["x", "y"]), ValueError, "row 1 has no text"),
        (lambda: gatewise.train(["a", "b"], ["x", None]), ValueError, "row 1 has no label"),
        (lambda: gatewise.train(["a", 3], ["x", "y"]), TypeError, "the text of row 1 is 3"),
        (lambda: gatewise.train(["a", "\ud800"], ["x", "y"]), ValueError, "surrogate"),
        (lambda: gatewise.train(["a", "b"], ["x", "y"], epoch=3), TypeError, "unknown field `epoch`"),
        (lambda: gatewise.train(["a", "b"], ["x", "y"], units=0), ValueError, "units"),
        (lambda: gatewise.train(["a", "b"], ["x", "x"], test_split=0), ValueError, "every row has the label 'x'"),
        (lambda: gatewise.train(np.zeros(3), [1, 2, 3]), TypeError, "the rows are numbers"),
        (lambda: gatewise.train(np.zeros((2, 2, 2, 2)), [1, 2]), ValueError, "the shape is"),
        (lambda: gatewise.train(np.full((2, 3), np.nan), [1, 2]), ValueError, "row 0 has NaN at step 0"),
        (lambda: gatewise.train(["a", "b"], [1.5, 2.5], preset="accurate"), ValueError, "preset accurate"),
    ],
)
def test_what_is_wrong_is_named(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        call()  # type: ignore[operator]


def test_progress_and_notes_are_shown(texts: tuple[list[str], list[str]], capsys: pytest.CaptureFixture[str]) -> None:
    outcome = gatewise.train(*texts, **{**SMALL, "verbose": 2})
    shown = "".join(capsys.readouterr())
    assert shown.count("val_loss: ") == 2
    assert all(note in shown for note in outcome.notes)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
def test_ctrl_c_keeps_what_was_learnt(tmp_path: Path) -> None:
    script = textwrap.dedent("""
        import gatewise, sys
        from gatewise.datasets import reviews
        (x, y), _ = reviews.load_data(2000, 0)
        print("ready", flush=True)
        outcome = gatewise.train(x, y, epochs=100000, units=4, embedding=4, verbose=2)
        print(outcome.interrupted, len(outcome.history["loss"]) > 0, outcome.model.predict(["a fine film"]).shape)
    """)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as run:
        assert run.stdout is not None
        for line in run.stdout:
            # The second epoch is under way.
            if "val_loss" in line:
                break
        os.kill(run.pid, signal.SIGINT)
        start = time.monotonic()
        out = run.stdout.read()
        assert out.splitlines()[-1] == "True True (1, 1)", out
        assert run.wait(60) == 0
    assert time.monotonic() - start < 20
