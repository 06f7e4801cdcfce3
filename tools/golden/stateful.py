"""Golden numbers for state in and out: `stateful.json`.

In: nothing but this file's seed. Out: `crates/gatewise/tests/golden/`. Single layers are called with
`initial_state` and `return_state` on ragged rows under a mask; a stateful stack predicts pieces of rows one
after the other. Inputs are float32 values; everything is computed in float64.
"""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/stateful.json"
LAYERS = {
    "lstm": ({"layer": "lstm"}, keras.layers.LSTM),
    "gru": ({"layer": "gru"}, keras.layers.GRU),
    "gru_before": ({"layer": "gru", "reset_after": False}, keras.layers.GRU),
    "simple_rnn": ({"layer": "simple_rnn"}, keras.layers.SimpleRNN),
}
INPUTS, UNITS, STEPS = 3, 4, 6
# Steps of each row; the last row stands still.
LENGTHS = [6, 1, 4, 3, 5, 0]
PIECES, PIECE = 3, 4


def draw(random, *shape):
    return random.uniform(-1, 1, shape).astype(np.float32).astype(np.float64)


def flat(values):
    return np.asarray(values).ravel().tolist()


def set_weights(random, layer):
    layer.set_weights([draw(random, *weight.shape) for weight in layer.weights])
    names = ["kernel", "recurrent_kernel", "bias"]
    return {name: flat(value) for name, value in zip(names, layer.get_weights())}


def single(name, random):
    settings, make = LAYERS[name]
    options = {key: value for key, value in settings.items() if key != "layer"}
    layer = make(UNITS, return_sequences=True, return_state=True, dtype="float64", **options)
    rows = len(LENGTHS)
    layer.build((rows, STEPS, INPUTS))
    weights = set_weights(random, layer)
    x = draw(random, rows, STEPS, INPUTS)
    real = np.arange(STEPS)[None, :] < np.array(LENGTHS)[:, None]
    real[0, 2:4] = False  # a hole, which gatewise's Masking finds by its zeros
    x[~real] = 0.0
    start = [draw(random, rows, size) for size in np.atleast_1d(layer.cell.state_size)]
    y, *after = layer(tf.constant(x), mask=tf.constant(real), initial_state=[tf.constant(s) for s in start])
    # Padding is no part of the rows: they lie one behind the other.
    ragged = [x[row, :steps] for row, steps in enumerate(LENGTHS)]
    outputs = [y[row, :steps].numpy() for row, steps in enumerate(LENGTHS)]
    return {
        "name": name,
        "layer": dict(settings, units=UNITS, return_sequences=True),
        "weights": weights,
        "x": [flat(row) for row in ragged],
        "start": [flat(s) for s in start],
        "y": [flat(row) for row in outputs],
        "after": [flat(s) for s in after],
    }


def stack(random):
    """A stateful model predicts three pieces of three rows."""
    rows = 3
    layers = [
        keras.layers.LSTM(5, stateful=True, return_sequences=True, dtype="float64"),
        keras.layers.GRU(UNITS, stateful=True, dtype="float64"),
    ]
    model = keras.Sequential([keras.Input(batch_shape=(rows, PIECE, INPUTS), dtype="float64"), *layers])
    weights = [set_weights(random, layer) for layer in layers]
    x = draw(random, PIECES, rows, PIECE, INPUTS)
    y = [model(tf.constant(piece)).numpy() for piece in x]
    again = lambda: model(tf.constant(x[0])).numpy()
    assert not np.allclose(again(), y[0])
    for layer in layers:
        layer.reset_state()
    assert np.allclose(again(), y[0])
    rows_of = lambda piece: [flat(row) for row in piece]
    return {"weights": weights, "x": [rows_of(piece) for piece in x], "y": [flat(piece) for piece in y]}


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    random = np.random.default_rng(41)
    cases = [single(name, random) for name in LAYERS]
    sizes = {"inputs": INPUTS, "units": UNITS}
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    OUT.write_text(json.dumps({**sizes, "versions": versions, "cases": cases, "stack": stack(random)}) + "\n")
    print(OUT, OUT.stat().st_size)
