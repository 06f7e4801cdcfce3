"""What a model computes inside: traces, and gradients of the inputs."""

from __future__ import annotations

import gatewise
import numpy as np
import pytest
from gatewise.layers import GRU, LSTM, Bidirectional, Dense, Embedding, Input, SimpleRNN


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def test_a_trace_is_the_equations_of_the_lstm():
    model = gatewise.Sequential([Input((None, 3)), LSTM(4), Dense(1, activation="sigmoid")], seed=3)
    x = np.random.default_rng(1).normal(size=(2, 5, 3)).astype("float32")
    trace = model.trace(x)
    kernel, recurrent, bias, *_ = model.get_weights()
    h = c = np.zeros((2, 4))
    for t in range(5):
        i, f, g, o = np.split(x[:, t] @ kernel + h @ recurrent + bias, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        h = sigmoid(o) * np.tanh(c)
        np.testing.assert_allclose(trace["lstm"]["forget_gate"][:, t], sigmoid(f), atol=1e-6)
        np.testing.assert_allclose(trace["lstm"]["candidate"][:, t], np.tanh(g), atol=1e-6)
        np.testing.assert_allclose(trace["lstm"]["cell"][:, t], c, atol=1e-6)
        np.testing.assert_allclose(trace["lstm"]["output"][:, t], h, atol=1e-6)
    assert np.array_equal(trace["dense"]["output"], model.predict(x))
    assert trace.mask.shape == (2, 5) and trace.mask.all()
    assert "lstm: input_gate, forget_gate, candidate, output_gate, cell, output" in repr(trace)
    with pytest.raises(KeyError, match="no layer 'gru'; the layers are"):
        trace["gru"]


def test_a_trace_of_ids_with_padding():
    model = gatewise.Sequential([Embedding(9, 2, mask_zero=True), Bidirectional(GRU(3)), Dense(2)])
    trace = model.trace(np.array([[0, 0, 4, 5], [1, 2, 3, 4]]))
    assert trace.mask.tolist() == [[False, False, True, True], [True] * 4]
    assert trace["embedding"]["output"].shape == (2, 4, 2)
    assert trace["bidirectional/forward_gru"]["update_gate"].shape == (2, 4, 3)
    # Masked steps repeat the state before.
    assert not trace["bidirectional/forward_gru"]["output"][0, :2].any()
    ragged = model.trace([[4, 5], [1, 2, 3, 4]])
    assert np.array_equal(ragged.mask, trace.mask)
    assert np.array_equal(ragged["dense"]["output"], trace["dense"]["output"])


@pytest.mark.parametrize("of", ["logit", "value"])
def test_input_gradients_are_differences(of):
    model = gatewise.Sequential([Input((None, 2)), SimpleRNN(3), Dense(2, activation="softmax")], seed=5)
    x = np.random.default_rng(2).normal(size=(3, 4, 2)).astype("float32")

    def outputs(x):
        if of == "value":
            return model.predict(x)[:, 1]
        kernel, bias = model.get_weights()[-2:]
        return (model.trace(x)["simple_rnn"]["output"][:, -1] @ kernel + bias)[:, 1]

    slopes = model.input_gradients(x, 1, of)
    assert slopes.shape == x.shape and slopes.dtype == np.float32
    step = 1e-2
    for t in range(4):
        for d in range(2):
            up, down = x.copy(), x.copy()
            up[:, t, d] += step
            down[:, t, d] -= step
            np.testing.assert_allclose(slopes[:, t, d], (outputs(up) - outputs(down)) / (2 * step), atol=1e-3)


def test_input_gradients_of_ids_keep_the_steps():
    model = gatewise.Sequential([Embedding(9, 2), SimpleRNN(3), Dense(1)])
    whole = model.input_gradients(np.array([[0, 0, 4, 5], [1, 2, 3, 4]]))
    assert whole.shape == (2, 4, 2) and whole.any(axis=2).all()
    ragged = model.input_gradients([[4, 5], [1, 2, 3, 4]])
    # Padding that is no step of the list has no gradient here.
    assert not ragged[0, :2].any()
    np.testing.assert_allclose(ragged[1], whole[1], atol=1e-6)


def test_bad_requests():
    model = gatewise.Sequential([Embedding(9, 2), SimpleRNN(3), Dense(1)])
    with pytest.raises(ValueError, match="there is no output 1; the model has 1 outputs"):
        model.input_gradients([[1]], 1)
    with pytest.raises(ValueError, match="of is 'loss'; it must be 'logit'"):
        model.input_gradients([[1]], of="loss")
    with pytest.raises(ValueError, match="no weights yet"):
        gatewise.Sequential([SimpleRNN(3)]).trace([[1]])
