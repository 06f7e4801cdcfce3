"""Golden numbers for traces and input gradients: `inside.json`.

In: nothing but this file's seed. Out: `crates/gatewise/tests/golden/`. Keras 3 on TensorFlow in float64 computes every
hidden state (each from the layer called on the steps up to it), every LSTM's cell state, and the gradients of the
logit, of the output and of the loss with respect to the embedded inputs. Gates and candidates, which Keras does not
return, are computed here by the layers' equations from Keras's states; the state that follows from them is checked
against Keras's. Weights and inputs are float32 values.

Run: python tools/golden/inside.py
"""

import json
import os
import pathlib

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

keras.config.set_floatx("float64")
OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/inside.json"
VOCABULARY, STEPS, WIDTH = 9, 5, 3
LENGTHS = [0, 1, 3, 5, 8]


def rnn(kind, units, sequences=False, **settings):
    return dict(settings, layer=kind, units=units, return_sequences=sequences)


def both(wrapped, merge_mode="concat"):
    return {"layer": "bidirectional", "wrapped": wrapped, "merge_mode": merge_mode}


def dense(units, activation="linear"):
    return {"layer": "dense", "units": units, "activation": activation}


YES, CLASSES = dense(1, "sigmoid"), dense(3, "softmax")
NORMAL, MEAN = {"layer": "layer_normalization"}, {"layer": "global_average_pooling1d"}
CASES = {
    "lstm": ([rnn("lstm", 4), YES], "pre", False),
    "lstm_post": ([rnn("lstm", 4), YES], "post", False),
    "lstm_masked_pre": ([rnn("lstm", 3), YES], "pre", True),
    "lstm_masked_post": ([rnn("lstm", 3), CLASSES], "post", True),
    "lstm_stacked": ([rnn("lstm", 3, True), rnn("lstm", 2), YES], "pre", False),
    "gru": ([rnn("gru", 4), YES], "pre", False),
    "gru_masked": ([rnn("gru", 3, True), NORMAL, rnn("gru", 2), CLASSES], "post", True),
    "gru_before": ([rnn("gru", 4, reset_after=False), YES], "pre", False),
    "gru_before_masked": ([rnn("gru", 3, reset_after=False), YES], "pre", True),
    "simple_rnn": ([rnn("simple_rnn", 4), CLASSES], "pre", False),
    "simple_rnn_masked": ([rnn("simple_rnn", 3, True), rnn("simple_rnn", 2), YES], "post", True),
    "both_ways": ([both(rnn("lstm", 2)), YES], "pre", False),
    "both_ways_masked": ([both(rnn("gru", 2, True), "mul"), both(rnn("lstm", 2)), YES], "pre", True),
    "pooled": ([rnn("lstm", 3, True), MEAN, dense(2, "tanh"), YES], "pre", False),
}
CLASS = {
    "lstm": keras.layers.LSTM,
    "gru": keras.layers.GRU,
    "simple_rnn": keras.layers.SimpleRNN,
    "dense": keras.layers.Dense,
    "layer_normalization": keras.layers.LayerNormalization,
    "global_average_pooling1d": keras.layers.GlobalAveragePooling1D,
}
FOLDED = {"sigmoid": tf.sigmoid, "softmax": tf.nn.softmax}


def make(settings, last):
    options = {key: value for key, value in settings.items() if key != "layer"}
    if settings["layer"] == "bidirectional":
        return keras.layers.Bidirectional(make(options["wrapped"], False), merge_mode=options["merge_mode"])
    if last:
        options["activation"] = "linear"  # the activation is applied apart, so that there is a logit
    return CLASS[settings["layer"]](**options)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numbers(values):
    return [float(f"{value:.9g}") for value in np.asarray(values, dtype=np.float64).ravel()]


def states(layer, x, mask, backwards):
    """The states after each step: Keras's own, from a call on the steps read so far. `[states][B, T, H]`"""
    settings = dict(layer.get_config(), return_sequences=False, return_state=True)
    copy = type(layer).from_config(settings)
    copy.build(x.shape)
    copy.set_weights(layer.get_weights())
    after = []
    for t in range(x.shape[1]):
        seen = slice(t, None) if backwards else slice(0, t + 1)
        part = None if mask is None else tf.constant(mask[:, seen])
        after.append([np.asarray(state) for state in copy(tf.constant(x[:, seen]), mask=part)[1:]])
    return [np.stack(each, axis=1) for each in zip(*after)]


def signals(layer, x, mask, backwards=False):
    """Every signal of a recurrent layer, `[B, T, H]` each."""
    after = states(layer, x, mask, backwards)
    h = after[0]
    zero = np.zeros_like(h[:, :1])
    shifted = lambda v: np.concatenate([v[:, 1:], zero] if backwards else [zero, v[:, :-1]], axis=1)
    before = shifted(h)
    weights = layer.get_weights()
    kernel, recurrent, bias = weights
    units, real = h.shape[2], np.ones(h.shape[:2], bool) if mask is None else mask

    def part(v, w, n):
        return v @ w[:, n * units : (n + 1) * units]

    def z(n, b=bias):
        return part(x, kernel, n) + part(before, recurrent, n) + b[n * units : (n + 1) * units]

    name = type(layer).__name__
    if name == "LSTM":
        i, f, g, o = sigmoid(z(0)), sigmoid(z(1)), np.tanh(z(2)), sigmoid(z(3))
        c = f * shifted(after[1]) + i * g
        result, expected = o * np.tanh(c), c
        np.testing.assert_allclose(c[real], after[1][real], rtol=1e-9, atol=1e-12)
        found = {"input_gate": i, "forget_gate": f, "candidate": g, "output_gate": o, "cell": after[1]}
    elif name == "GRU":
        if layer.reset_after:
            own, apart = bias
            both_biases = own + apart
            u, r = sigmoid(z(0, both_biases)), sigmoid(z(1, both_biases))
            last = slice(2 * units, None)
            g = np.tanh(part(x, kernel, 2) + own[last] + r * (part(before, recurrent, 2) + apart[last]))
        else:
            u, r = sigmoid(z(0)), sigmoid(z(1))
            g = np.tanh(part(x, kernel, 2) + part(r * before, recurrent, 2) + bias[2 * units :])
        result = u * before + (1 - u) * g
        found = {"update_gate": u, "reset_gate": r, "candidate": g}
    else:
        result, found = np.tanh(z(0)), {}
    np.testing.assert_allclose(result[real], h[real], rtol=1e-9, atol=1e-12)
    return dict(found, output=h)


def call(layer, x, mask):
    """The output and the mask above."""
    kind = type(layer).__name__
    if kind in ("LSTM", "GRU", "SimpleRNN", "Bidirectional"):
        sequences = layer.return_sequences
        return layer(x, mask=mask), mask if sequences else None
    if kind == "GlobalAveragePooling1D":
        return layer(x, mask=mask), None
    return layer(x), mask


def one(name, index):
    described, side, masked = CASES[name]
    random = np.random.default_rng([1301, index])
    draw = lambda *shape: random.uniform(-1, 1, shape).astype(np.float32).astype(np.float64)
    rows = [random.integers(1, VOCABULARY, length).tolist() for length in LENGTHS]
    if masked:
        rows[3][2] = 0  # a hole
    seen = [row[-STEPS:] if side == "pre" else row[:STEPS] for row in rows]
    pad = lambda row: [0] * (STEPS - len(row))
    ids = np.array([pad(row) + row if side == "pre" else row + pad(row) for row in seen])
    own = [range(STEPS - len(row), STEPS) if side == "pre" else range(len(row)) for row in seen]
    table = draw(VOCABULARY, WIDTH)
    x, mask = table[ids], ids != 0 if masked else None

    layers = [make(it, position + 1 == len(described)) for position, it in enumerate(described)]
    value, value_mask, counts, inside, weights = tf.constant(x), mask, {}, {}, [numbers(table)]
    for it, layer in zip(described, layers):
        below, below_mask = np.asarray(value), value_mask
        mask_here = None if value_mask is None else tf.constant(value_mask)
        layer.build(below.shape)
        layer.set_weights([draw(*weight.shape) for weight in layer.weights])
        weights += [numbers(weight) for weight in layer.get_weights()]
        value, value_mask = call(layer, value, mask_here)
        count = counts.setdefault(it["layer"], 0)
        counts[it["layer"]] += 1
        layer_name = it["layer"] if count == 0 else f"{it['layer']}_{count}"
        if it["layer"] in ("lstm", "gru", "simple_rnn"):
            inside[layer_name] = signals(layer, below, below_mask)
        elif it["layer"] == "bidirectional":
            kind = it["wrapped"]["layer"]
            halves = [("forward", layer.forward_layer, False), ("backward", layer.backward_layer, True)]
            for way, half, backwards in halves:
                inside[f"{layer_name}/{way}_{kind}"] = signals(half, below, below_mask, backwards)
            inside[layer_name] = {"output": np.asarray(value)}
        elif layer is not layers[-1]:
            inside[layer_name] = {"output": np.asarray(value)}
    folded = FOLDED[described[-1]["activation"]]
    inside[layer_name] = {"output": np.asarray(folded(value))}

    def logits(x):
        value, value_mask = tf.convert_to_tensor(x), None if mask is None else tf.constant(mask)
        for layer in layers:
            value, value_mask = call(layer, value, value_mask)
        return value

    outputs = described[-1]["units"]
    targets = random.integers(0, max(outputs, 2), len(rows))

    def losses(x):
        p = folded(logits(x))
        if outputs == 1:
            return -tf.where(targets == 1, tf.math.log(p[:, 0]), tf.math.log(1 - p[:, 0]))
        return -tf.math.log(tf.gather(p, targets, axis=1, batch_dims=1))

    # Rows do not meet: the gradient of the sum over the rows is each row's own.
    k = outputs - 1
    def gradient(of):
        at = tf.constant(x)
        with tf.GradientTape() as tape:
            tape.watch(at)
            total = tf.reduce_sum(of(at))
        return tape.gradient(total, at).numpy()

    gradients = {
        "logit": gradient(lambda x: logits(x)[:, k]),
        "value": gradient(lambda x: folded(logits(x))[:, k]),
        "loss": gradient(losses),
    }
    # Finite differences, as a check of the mask handling above.
    moved = draw(*x.shape)
    slope = (losses(x + 1e-6 * moved) - losses(x - 1e-6 * moved)).numpy().sum() / 2e-6
    np.testing.assert_allclose(slope, (gradients["loss"] * moved).sum(), rtol=1e-5, atol=1e-8)
    own_steps = lambda d: [numbers(np.asarray(d)[row, list(steps)]) for row, steps in enumerate(own)]
    return {
        "name": name,
        "layers": described,
        "padding": side,
        "masked": masked,
        "rows": rows,
        "weights": weights,
        "targets": targets.tolist(),
        "output": k,
        "inside": {
            layer: {signal: [numbers(row) for row in values] for signal, values in found.items()}
            for layer, found in inside.items()
        },
        "gradients": {what: own_steps(d) for what, d in gradients.items()},
    }


def main():
    golden = {
        "keras": keras.__version__,
        "tensorflow": tf.__version__,
        "numpy": np.__version__,
        "vocabulary": VOCABULARY,
        "steps": STEPS,
        "width": WIDTH,
        "cases": [one(name, index) for index, name in enumerate(CASES)],
    }
    OUT.write_text(json.dumps(golden, separators=(",", ":")) + "\n")
    print(f"wrote {OUT.name}: {OUT.stat().st_size} bytes")


main()
