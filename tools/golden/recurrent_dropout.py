"""Golden numbers for recurrent dropout under given masks: `recurrent_dropout.json`.

In: nothing but this file's seed. Out: `crates/gatewise/tests/golden/`. Keras draws masks of its own; here its
cells are told to use these instead. Inputs are float32 values; everything is computed in float64.
"""

import json
import pathlib

import keras
import numpy as np
import tensorflow as tf

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/recurrent_dropout.json"
CLASSES = {"lstm": (keras.layers.LSTM, 4), "gru": (keras.layers.GRU, 3), "simple_rnn": (keras.layers.SimpleRNN, 1)}
ROWS, STEPS, INPUTS, UNITS, RATE = 5, 6, 3, 5, 0.4


def case(kind, random):
    make, gates = CLASSES[kind]
    draw = lambda *shape: random.uniform(-1, 1, shape).astype(np.float32).astype(np.float64)
    layer = make(UNITS, return_sequences=True, recurrent_dropout=RATE, dtype="float64")
    layer.build((ROWS, STEPS, INPUTS))
    layer.set_weights([draw(*weight.shape) for weight in layer.weights])
    x, dy = draw(ROWS, STEPS, INPUTS), draw(ROWS, STEPS, UNITS)
    # Real steps: rows of every length, one with a hole.
    lengths = random.integers(1, STEPS + 1, ROWS)
    real = np.arange(STEPS)[None, :] < lengths[:, None]
    real[0] = [True, True, False, True, True, False]
    # What the kernels multiply by is a float32.
    keep = np.float64(np.float32(1 / (1 - RATE)))
    factors = (random.random((gates, ROWS, UNITS)) >= RATE) * keep
    masks = factors[0] if gates == 1 else list(factors)
    layer.cell.get_recurrent_dropout_mask = lambda _: masks
    inputs = tf.Variable(x)
    with tf.GradientTape() as tape:
        y = layer(inputs, mask=tf.constant(real), training=True)
        loss = tf.reduce_sum(y * dy)
    variables = [weight.value for weight in layer.weights]
    dx, *grads = tape.gradient(loss, [inputs, *variables])
    flat = lambda values: np.asarray(values).ravel().tolist()
    weights = dict(zip(["kernel", "recurrent", "bias"], map(flat, layer.get_weights())))
    found = dict(zip(["d_kernel", "d_recurrent", "d_bias"], map(flat, grads)))
    arrays = {"x": x, "dy": dy, "real": real, "factors": factors, "y": y, "dx": dx}
    return {"kind": kind, **weights, **found, **{name: flat(values) for name, values in arrays.items()}}


if __name__ == "__main__":
    random = np.random.default_rng(20)
    cases = [case(kind, random) for kind in CLASSES]
    sizes = {"rows": ROWS, "steps": STEPS, "inputs": INPUTS, "units": UNITS}
    versions = {"keras": keras.__version__, "tensorflow": tf.__version__}
    OUT.write_text(json.dumps({**sizes, "versions": versions, "cases": cases}) + "\n")
    print(OUT)
