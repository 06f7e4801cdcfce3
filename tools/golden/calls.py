"""Golden numbers for calls of single layers: `calls.json`.

In: nothing but this file's seed. Out: `crates/gatewise/tests/golden/`. Every recurrent layer is called with and
without a mask, an initial state, `go_backwards`, `return_sequences` and `zero_output_for_mask`; so is every merge
mode of `Bidirectional`. The mask has a row that begins masked, one that ends masked, one with a hole, and one that
is masked throughout. Everything is computed in float32, since Keras's SimpleRNN
on JAX computes in nothing else.

Runs on Keras with JAX (`KERAS_BACKEND=jax`): there a masked first step repeats the initial state, as in gatewise;
Keras on TensorFlow gives zeros.
"""

import itertools
import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "jax"

import keras  # noqa: E402
import numpy as np  # noqa: E402

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/calls.json"
CELLS = {
    "lstm": (keras.layers.LSTM, {}),
    "gru": (keras.layers.GRU, {}),
    "gru_before": (keras.layers.GRU, {"reset_after": False}),
    "simple_rnn": (keras.layers.SimpleRNN, {}),
}
INPUTS, UNITS, STEPS = 2, 2, 5
MASK = np.array([[0, 0, 1, 1, 1], [1, 1, 1, 0, 0], [1, 0, 0, 1, 1], [0, 0, 0, 0, 0]], dtype=bool)
ROWS = len(MASK)


def draw(random, *shape):
    return random.uniform(-1, 1, shape).astype(np.float32)


def flat(values):
    return [round(value, 7) for value in np.asarray(values, np.float64).ravel().tolist()]


def described(name, **settings):
    return {"layer": name.removesuffix("_before"), "units": UNITS, **CELLS[name][1], **settings}


def case(description, layer, weights, x, mask, start, outputs):
    layer.build(x.shape)
    layer.set_weights(weights)
    options = {} if mask is None else {"mask": keras.ops.convert_to_tensor(mask)}
    if start is not None:
        options["initial_state"] = [keras.ops.convert_to_tensor(part) for part in start]
    found = layer(keras.ops.convert_to_tensor(x), **options)
    return {
        "layer": description,
        "weights": [flat(weight) for weight in weights],
        "masked": mask is not None,
        "start": None if start is None else [flat(part) for part in start],
        "outputs": [flat(part) for part in found[:outputs]],
        "states": [flat(part) for part in found[outputs:]],
    }


def cells(random, x):
    for name, (make, options) in CELLS.items():
        shape = make(UNITS, **options)
        shape.build(x.shape)
        weights = [draw(random, *weight.shape) for weight in shape.weights]
        sizes = np.atleast_1d(shape.cell.state_size)
        start = [draw(random, ROWS, size) for size in sizes]
        for backwards, sequences, masked, begins in itertools.product([False, True], repeat=4):
            for zero in [False, True] if masked else [False]:
                settings = {"return_sequences": sequences, "go_backwards": backwards, "zero_output_for_mask": zero}
                layer = make(UNITS, return_state=True, **options, **settings)
                mask = MASK if masked else None
                yield case(
                    described(name, **settings), layer, weights, x, mask, start if begins else None, 1
                )


def both_ways(random, x):
    modes = ["concat", "sum", "mul", "ave", None]
    for name, mode in itertools.product(["lstm", "gru"], modes):
        make, options = CELLS[name]
        shape = keras.layers.Bidirectional(make(UNITS, **options))
        shape.build(x.shape)
        weights = [draw(random, *weight.shape) for weight in shape.weights]
        sizes = 2 * list(np.atleast_1d(shape.forward_layer.cell.state_size))
        start = [draw(random, ROWS, size) for size in sizes]
        for sequences, masked, begins in itertools.product([False, True], repeat=3):
            if mode not in ("concat", None) and masked != begins:
                continue
            inner = make(UNITS, return_sequences=sequences, return_state=True, **options)
            layer = keras.layers.Bidirectional(inner, merge_mode=mode)
            wrapped = described(name, return_sequences=sequences)
            description = {"layer": "bidirectional", "wrapped": wrapped, "merge_mode": mode}
            mask = MASK if masked else None
            yield case(description, layer, weights, x, mask, start if begins else None, 2 if mode is None else 1)


def others(random, x):
    simple = [
        ({"layer": "dense", "units": 3, "activation": "tanh"}, keras.layers.Dense(3, "tanh")),
        ({"layer": "layer_normalization"}, keras.layers.LayerNormalization()),
        ({"layer": "global_max_pooling1d"}, keras.layers.GlobalMaxPooling1D()),
        ({"layer": "global_average_pooling1d"}, keras.layers.GlobalAveragePooling1D()),
        ({"layer": "dropout", "rate": 0.5}, keras.layers.Dropout(0.5)),
        ({"layer": "spatial_dropout1d", "rate": 0.5}, keras.layers.SpatialDropout1D(0.5)),
    ]
    # The row that is masked throughout has no mean.
    mask, x = MASK[:3], x[:3]
    for description, layer in simple:
        layer.build(x.shape)
        weights = [draw(random, *weight.shape) for weight in layer.weights]
        layer.set_weights(weights)
        options = {"mask": mask} if description["layer"] == "global_average_pooling1d" else {}
        found = layer(keras.ops.convert_to_tensor(x), **options)
        weights = [flat(weight) for weight in weights]
        yield {"layer": description, "weights": weights, "outputs": [flat(found)]}


def main():
    random = np.random.default_rng(11)
    x = draw(random, ROWS, STEPS, INPUTS)
    golden = {
        "made_by": f"tools/golden/calls.py, Keras {keras.__version__} on {keras.backend.backend()}",
        "width": INPUTS,
        "x": [flat(row) for row in x],
        "mask": MASK.tolist(),
        "cases": [*cells(random, x), *both_ways(random, x)],
        "others": [*others(random, x)],
    }
    # Weights and states are written where they change.
    for key in ("weights", "start"):
        last = None
        for case in golden["cases"]:
            value = case[key]
            case[key] = "as before" if value is not None and value == last else value
            last = last if value is None else value
    lists = {key: value for key, value in golden.items() if key not in ("cases", "others")}
    lines = [json.dumps(lists)[:-1]]
    for part in ("cases", "others"):
        lines.append(f', "{part}": [\n' + ",\n".join(json.dumps(case) for case in golden[part]) + "\n]")
    OUT.write_text("".join(lines) + "}\n")


main()
