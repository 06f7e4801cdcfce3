"""Golden numbers for whole models that make other steps, or read vectors: `steps.json`.

In: nothing but this file's seed. Out: `crates/gatewise/tests/golden/`: outputs, mean squared error and its gradient
with respect to every weight, from Keras on JAX in float32. Rows are ids, with pad ids behind and between the others,
or vectors.
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"

import jax  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/steps.json"
IDS = [[3, 1, 4, 1, 5, 2], [2, 0, 5, 3, 0, 0], [1, 2, 0, 0, 4, 0], [5, 5, 0, 0, 0, 0]]
WIDTH = 3


def embedding(masked):
    settings = {"layer": "embedding", "input_dim": 6, "output_dim": 3, "mask_zero": masked}
    return settings, layers.Embedding(6, 3, mask_zero=masked)


def rnn(name, make, units, **options):
    return {"layer": name, "units": units, **options}, make(units, **options)


def lstm(units, **options):
    return rnn("lstm", layers.LSTM, units, **options)


def gru(units, **options):
    return rnn("gru", layers.GRU, units, **options)


def dense(units, activation="linear"):
    return {"layer": "dense", "units": units, "activation": activation}, layers.Dense(units, activation)


def both(wrapped, mode, **options):
    settings = {"layer": "bidirectional", "wrapped": wrapped[0], "merge_mode": mode}
    if options:
        settings["backward_layer"] = options["backward_layer"][0]
        options["backward_layer"] = options["backward_layer"][1]
    return settings, layers.Bidirectional(wrapped[1], merge_mode=mode, **options)


def windows(name, make, size, strides, padding):
    settings = {"layer": name, "pool_size": size, "strides": strides, "padding": padding}
    return settings, make(size, strides=strides, padding=padding)


def average(size, strides=None, padding="valid"):
    return windows("average_pooling1d", layers.AveragePooling1D, size, strides, padding)


def maximum(size, strides=None, padding="valid"):
    return windows("max_pooling1d", layers.MaxPooling1D, size, strides, padding)


def repeat(n):
    return {"layer": "repeat_vector", "n": n}, layers.RepeatVector(n)


def vector(width):
    return {"layer": "input", "features": width, "sequence": False}, keras.Input((width,))


SEQ = {"return_sequences": True}
ZERO = {"return_sequences": True, "zero_output_for_mask": True}
MODELS = {
    "both_ways_maximum": lambda: [
        embedding(True), both(gru(2, **SEQ), "ave"),
        ({"layer": "global_max_pooling1d"}, layers.GlobalMaxPooling1D()), dense(2),
    ],
    "other_layer_backward": lambda: [
        embedding(True), both(lstm(2, **SEQ), "concat", backward_layer=gru(2, go_backwards=True, **SEQ)),
        both(gru(2), "mul"), dense(1),
    ],
    "zeros_averaged": lambda: [embedding(True), lstm(3, **ZERO), average(2), gru(2), dense(2)],
    "zero_at_the_end": lambda: [embedding(True), gru(3, zero_output_for_mask=True), dense(2)],
    "zero_backward": lambda: [embedding(True), lstm(2, go_backwards=True, zero_output_for_mask=True), dense(2)],
    "maximum_same": lambda: [embedding(False), lstm(3, **SEQ), maximum(3, 2, "same"), lstm(2), dense(1)],
    "maximum_valid": lambda: [embedding(True), maximum(2, 3), gru(2), dense(1)],
    "average_same": lambda: [
        embedding(False), average(4, 1, "same"), lstm(2, **SEQ),
        ({"layer": "global_average_pooling1d"}, layers.GlobalAveragePooling1D()), dense(1),
    ],
    "average_valid": lambda: [embedding(False), average(3, 2), lstm(2), dense(1)],
    "encoder_decoder": lambda: [
        embedding(True), lstm(3), repeat(6), gru(2, **SEQ), lstm(2, go_backwards=True, **SEQ), dense(2),
    ],
    "perceptron": lambda: [
        vector(WIDTH), dense(4, "tanh"), ({"layer": "layer_normalization"}, layers.LayerNormalization()),
        ({"layer": "activation", "activation": "softmax"}, layers.Activation("softmax")), dense(2),
    ],
}  # fmt: skip


def flat(values):
    return [round(value, 8) for value in np.asarray(values, np.float64).ravel().tolist()]


def golden(name, random):
    described, made = zip(*MODELS[name]())
    model = keras.Sequential(list(made))
    vectors = name == "perceptron"
    x = random.uniform(-1, 1, (4, WIDTH)).astype(np.float32) if vectors else np.array(IDS)
    if not vectors:
        model.build(x.shape)
    weights = [random.uniform(-1, 1, weight.shape).astype(np.float32) for weight in model.weights]
    model.set_weights(weights)
    targets = random.uniform(-1, 1, model(x).shape).astype(np.float32)

    def loss(trainable):
        y, _ = model.stateless_call(trainable, [v.value for v in model.non_trainable_variables], x)
        return ((y - targets) ** 2).mean(), y

    (value, y), grads = jax.value_and_grad(loss, has_aux=True)([v.value for v in model.trainable_variables])
    return {
        "name": name,
        "layers": described,
        "x": [flat(row) if vectors else row for row in x.tolist()],
        "weights": [flat(weight) for weight in weights],
        "targets": flat(targets),
        "outputs": flat(y),
        "loss": float(value),
        "grads": [flat(grad) for grad in grads],
    }


def main():
    random = np.random.default_rng(5)
    made_by = f"tools/golden/steps.py, Keras {keras.__version__} on {keras.backend.backend()}"
    cases = ",\n".join(json.dumps(golden(name, random)) for name in MODELS)
    OUT.write_text(f'{{"made_by": {json.dumps(made_by)}, "cases": [\n{cases}\n]}}\n')


main()
