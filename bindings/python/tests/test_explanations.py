"""``Predictor.explain``: contributions, phrases, states, changes; pages and notebooks; errors."""

from __future__ import annotations

import json
import math
from pathlib import Path

import gatewise
import numpy as np
import pytest
from gatewise.predictor import Predictor

TEXT = "This film is not good: a dull, lifeless story. <b>Wonderful</b> music!"


@pytest.fixture(scope="module")
def model() -> Predictor:
    return gatewise.sentiment()


def test_an_explanation(model: Predictor) -> None:
    found = model.explain(TEXT)
    assert found.label == model.answer(TEXT).label
    assert found.tokens[:6] == ["<start>", "this", "film", "is", "not", "good"]
    output = found["output"]
    assert output["value"] == pytest.approx(model.predict([TEXT])[0, 0])
    assert output["logit"] == pytest.approx(math.log(output["value"] / (1 - output["value"])), abs=1e-4)
    integrated = dict(found.contributions())
    assert integrated["dull"] < 0 < integrated["good"]
    total = sum(value for _, value in found.contributions())
    assert total == pytest.approx(output["logit"] - output["baseline"], rel=0.01)
    assert found["beginnings"][-1] == output["value"]
    assert [layer["name"] for layer in found["layers"]] == ["lstm"]
    assert repr(found).startswith(f"Explanation({found.label}: P(pos) = ")
    assert json.loads(found.to_json()) == found.to_dict()


def test_methods_phrases_and_what_to_leave_out(model: Predictor) -> None:
    found = model.explain(
        TEXT, methods=["occlusion", "contextual_decomposition"], phrases="not good", states=False, counterfactuals=False
    )
    assert [one["method"] for one in found["attributions"]] == ["occlusion", "contextual_decomposition"]
    phrase = found["phrases"][0]
    assert (phrase["text"], phrase["interaction"]) == (
        "not good",
        pytest.approx(phrase["score"] - sum(phrase["words"])),
    )
    assert found["layers"] == [] and found["counterfactuals"] == {"deletion": None, "swap": None}
    assert found.contributions() == found.contributions("occlusion")


def test_a_change_turns_the_answer(model: Predictor) -> None:
    found = model.explain("A dull film.")
    change = found["counterfactuals"]["deletion"]
    kept = [word for at, word in enumerate(found.tokens) if at not in change["tokens"] and at > 0]
    assert model.answer(" ".join(kept)).label == change["label"] != found.label


def test_rows_of_every_kind(model: Predictor) -> None:
    texts = [TEXT, "", "A fine film"]
    assert [one.label for one in model.explain(texts)] == model.predict_labels(texts)
    random = np.random.default_rng(1)
    x = random.normal(size=(40, 6, 2)).cumsum(axis=1)
    series = gatewise.train(x, np.array(["a", "b"])[np.arange(40) % 2], epochs=2, units=4, verbose=0).model
    found = series.explain(x[:3])
    assert len(found) == 3 and found[0].tokens == ["1", "2", "3", "4", "5", "6"]
    assert len(found[0]["attributions"][0]["columns"]) == 2


def test_what_a_notebook_shows(model: Predictor, tmp_path: Path) -> None:
    found = model.explain(TEXT)
    html = found._repr_html_()
    assert "<script" not in html and "dull" in html and "<b>Wonderful</b>" not in html
    found.save_html(tmp_path / "why.html", title="Why?")
    page = (tmp_path / "why.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>") and "<title>Why?</title>" in page


def test_errors_say_what_to_do(model: Predictor) -> None:
    with pytest.raises(ValueError, match="its labels are 'neg', 'pos'"):
        model.explain(TEXT, label="good")
    with pytest.raises(ValueError, match="not in the text"):
        model.explain(TEXT, phrases=["very good"])
    with pytest.raises(ValueError, match="1 to 1022"):
        model.explain(TEXT, steps=0)
    with pytest.raises(ValueError, match="unknown variant `lime`"):
        model.explain(TEXT, methods="lime")
    with pytest.raises(KeyError, match="it has text, tokens"):
        model.explain(TEXT)["token"]
    with pytest.raises(ValueError, match="has integrated_gradients"):
        model.explain(TEXT, methods="integrated_gradients").contributions("occlusion")
