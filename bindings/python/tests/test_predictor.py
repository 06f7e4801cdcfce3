"""``Predictor``: answers, arrays, files, threads, pickles; equal bits from every interface."""

from __future__ import annotations

import copy
import csv
import json
import pickle
import shutil
import subprocess
import threading
import time
from pathlib import Path

import gatewise
import numpy as np
import pytest
from gatewise.predictor import Predictor

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "crates" / "cli" / "models" / "sentiment.gatewise"
TEXTS = ["A wonderful film! I loved it.", "the worst movie ever", "", "zwei drei vier", "great " * 500, "naïve — ok"]


@pytest.fixture(scope="module")
def model() -> Predictor:
    return gatewise.sentiment()


@pytest.fixture(scope="module")
def series() -> Predictor:
    random = np.random.default_rng(1)
    x = random.normal(size=(60, 6, 2)).cumsum(axis=1)
    return gatewise.train(x, np.array(["a", "b", "c"])[np.arange(60) % 3], epochs=2, units=4, verbose=0).model


def test_an_answer(model: Predictor) -> None:
    answer = model.answer(TEXTS[0])
    assert (answer.label, answer.labels, answer.value) == ("pos", ["pos"], None)
    assert answer.probability is not None and answer.probability > 0.5
    assert list(answer.outputs) == ["pos", "neg"] and answer.outputs["pos"] == answer.probability
    assert sum(answer.outputs.values()) == pytest.approx(1)
    assert (answer.words, answer.unknown, answer.unknown_share) == (6, 0, 0.0)
    assert model.answer("zwei xyzzy good").unknown_share == pytest.approx(2 / 3)
    assert model.answer("").unknown_share == 0
    assert repr(answer).startswith('Answer("pos", ')
    with pytest.raises(TypeError):
        model.answer(3)  # type: ignore[arg-type]


def test_outputs_are_the_same_however_they_are_asked_for(model: Predictor) -> None:
    outputs = model.predict(TEXTS)
    assert outputs.shape == (len(TEXTS), 1) and outputs.dtype == np.float32
    alone = np.array([model.predict([text])[0, 0] for text in TEXTS])
    assert np.array_equal(outputs[:, 0], alone), "a row alone or in a batch"
    answers = [model.answer(text) for text in TEXTS]
    assert [np.float32(answer.outputs["pos"]) for answer in answers] == outputs[:, 0].tolist()
    proba = model.predict_proba(TEXTS)
    assert np.array_equal(proba[:, 1], outputs[:, 0]) and np.array_equal(proba[:, 0], 1 - outputs[:, 0])
    assert model.predict_labels(TEXTS) == [answer.label for answer in answers]
    assert [answer.label for answer in model.answers(TEXTS)] == model.predict_labels(TEXTS)
    for rows in (tuple(TEXTS), np.array(TEXTS), np.array(TEXTS, dtype=object), iter(TEXTS)):
        if not hasattr(rows, "__next__"):
            assert np.array_equal(model.predict(rows), outputs)
    assert model.predict([]).shape == (0, 1)


def program() -> str | None:
    """Returns the path of the program, where it is built."""
    target = Path(__import__("os").environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = [target / kind / "gatewise" for kind in ("release", "debug")]
    return next((str(path) for path in found if path.exists()), shutil.which("gatewise"))


def test_the_command_line_predicts_the_same_bits(model: Predictor, tmp_path: Path) -> None:
    binary = program()
    if binary is None:
        pytest.skip("the program is not built")
    source, output = tmp_path / "in.csv", tmp_path / "out.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerows([["text"], *([text] for text in TEXTS if text)])
    subprocess.run(
        [binary, "predict", str(SHIPPED), str(source), "--output", str(output)], check=True, capture_output=True
    )
    with output.open(newline="") as file:
        rows = list(csv.DictReader(file))
    answers = model.answers([text for text in TEXTS if text])
    assert [(row["label"], np.float32(row["probability"])) for row in rows] == [
        (answer.label, np.float32(answer.probability)) for answer in answers
    ]


def test_the_wheel_has_the_model_of_the_program(model: Predictor) -> None:
    if not SHIPPED.exists():
        pytest.skip("not in a checkout")
    assert gatewise.load(SHIPPED).to_bytes() == model.to_bytes()
    assert model.details()["weights_sha256"] == gatewise.load(SHIPPED).details()["weights_sha256"]


def test_saving_and_pickling(model: Predictor, series: Predictor, tmp_path: Path) -> None:
    for own, rows in ((model, TEXTS), (series, np.ones((2, 5, 2)))):
        path = tmp_path / "model.gatewise"
        own.save(path)
        for again in (gatewise.load(path), pickle.loads(pickle.dumps(own)), copy.deepcopy(own)):
            assert np.array_equal(again.predict(rows), own.predict(rows))
            assert again.to_bytes() == own.to_bytes() == path.read_bytes()
    with pytest.raises(FileNotFoundError):
        gatewise.load(tmp_path / "none.gatewise")
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ValueError, match="model.gatewise"):
        gatewise.load(path)
    with pytest.raises(ValueError):
        Predictor.from_bytes(b"nothing")


def test_the_model_describes_itself(model: Predictor, series: Predictor, capsys: pytest.CaptureFixture[str]) -> None:
    assert (model.labels, model.positive, model.reads, len(model)) == (["neg", "pos"], "pos", "texts", 1)
    assert (series.labels, series.positive, series.reads) == (["a", "b", "c"], None, "series")
    assert model.problem == series.problem == "single_label_classification"
    model.summary()
    assert "Embedding" in capsys.readouterr().out
    assert model.details()["parameters"] > 1000
    assert repr(model) == "Predictor(texts to neg, pos)"
    strict = model.with_threshold(0.999999)
    assert (strict.threshold, strict.predict_labels(TEXTS[:1])) == (pytest.approx(0.999999), ["neg"])
    assert model.threshold == 0.5, "the model itself does not change"
    with pytest.raises(ValueError, match="threshold"):
        series.with_threshold(0.5)
    with pytest.raises(ValueError, match="reads series"):
        series.answer("a text")
    with pytest.raises(ValueError, match="channels"):
        series.predict(np.ones((2, 5, 3)))
    with pytest.raises(TypeError):
        Predictor("model.gatewise")  # type: ignore[arg-type]


def test_an_ensemble() -> None:
    x = ["a fine film", "a dull film", "what a dull play", "what a fine play"] * 10
    y = ["good", "bad", "bad", "good"] * 10
    outcome = gatewise.train(x, y, preset="accurate", epochs=1, units=2, embedding=2, verbose=0)
    assert len(outcome.model) == 10 and outcome.figures["out_of_fold_accuracy"]
    again = pickle.loads(pickle.dumps(outcome.model))
    assert np.array_equal(again.predict(x), outcome.model.predict(x)) and len(again) == 10
    assert again.answer(x[0]).outputs["good"] == outcome.model.predict(x[:1])[0, 0]


def test_files(model: Predictor, series: Predictor, tmp_path: Path) -> None:
    path, output = tmp_path / "in.csv", tmp_path / "out.jsonl"
    path.write_text("id,text\n7,A wonderful film\n8,the worst movie ever\n")
    written = model.predict_file(path, output)
    assert written.rows is None and written.words["texts"] == 2
    rows = [json.loads(line) for line in output.read_text().splitlines()]
    read = model.predict_file(path)
    assert read.rows == rows
    assert [(row["id"], row["label"]) for row in rows] == [("7", "pos"), ("8", "neg")]
    assert any("text" in note for note in read.notes)
    top = model.predict_file(path, top_k=2).rows
    assert top is not None and len(top[0]) > len(rows[0])
    with pytest.raises(ValueError, match="no column 'body'"):
        model.predict_file(path, text_column="body")
    with pytest.raises(ValueError, match="must end in"):
        model.predict_file(path, tmp_path / "out.xyz")
    with pytest.raises((FileNotFoundError, ValueError), match="none.csv"):
        model.predict_file(tmp_path / "none.csv")

    path.write_text("text,label\nA wonderful film,pos\nthe worst movie ever,neg\n")
    figures = model.evaluate_file(path, calibration_bins=5)
    assert (figures["accuracy"], figures["test_rows"]) == (1.0, 2) and figures["calibration"]
    own = model.evaluate(["A wonderful film", "the worst movie ever"], ["pos", "neg"])
    assert own["loss"] == figures["loss"] and own["report"] == figures["report"]
    with pytest.raises(ValueError, match="does not have the label 'good'"):
        model.evaluate(["A wonderful film"], ["good"])

    ts = tmp_path / "x.ts"
    ts.write_text("@classLabel true a b c\n@data\n1,2,3:4,5,6:a\n1,2:1,0:b\n")
    rows = series.predict_file(ts).rows
    assert rows is not None and [row["series"] for row in rows] == [1, 2]
    assert rows[0]["label"] == series.predict_labels([np.array([[1, 4], [2, 5], [3, 6]])])[0]
    assert series.evaluate_file(ts)["test_rows"] == 2
    series.predict_file(ts, tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text().startswith("file,series,label,probability\n")


def test_eight_threads_share_a_model(model: Predictor) -> None:
    texts = [text[:60] for text in TEXTS]
    expected = {text: model.predict([text]).tobytes() for text in texts}
    batch, wrong = model.predict(texts).tobytes(), []

    def work(seed: int) -> None:
        random = np.random.default_rng(seed)
        for _ in range(40):
            text = texts[random.integers(len(texts))]
            answer = model.answer(text)
            if np.float32(answer.outputs["pos"]).tobytes() != expected[text] or model.predict(texts).tobytes() != batch:
                wrong.append(text)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_text_is_quick(model: Predictor) -> None:
    text = "One of the best films I have seen this year."
    for _ in range(50):
        model.answer(text)
    best = min(_timed(lambda: model.answer(text)) for _ in range(200))
    # 25 microseconds in a release build; a debug build is some fifty times slower.
    assert best < 5e-3, f"{best * 1e6:.1f} µs"


def _timed(call: object) -> float:
    start = time.perf_counter()
    call()  # type: ignore[operator]
    return time.perf_counter() - start
