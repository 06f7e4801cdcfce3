"""Make `layers_<case>.safetensors`: whole models of any layers, from the real Keras 3, in float64.

In: CASES, each a list of layers as Keras's own configurations ({"class_name": …, "config": {…}}).
Out: `crates/gatewise/tests/golden/layers_<case>.safetensors`: rows, targets, random weights (biases too),
outputs, loss and every gradient. `tests/golden_layers.rs` builds the same model from the description in the
file's metadata, so that a new case needs no Rust where the layer is known there. See README.md.

Run: python tools/golden/layers.py [case …]
"""

import json
import os
import re
import sys
import zlib
from pathlib import Path

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "crates/gatewise/tests/golden"
VOCABULARY, STEPS, FEATURES = 11, 6, 3


def layer(class_name, *children, **config):
    if children:
        config["layer"] = children[0]
    return {"class_name": class_name, "config": config}


def embedding(width=4, **config):
    return layer("Embedding", input_dim=VOCABULARY, output_dim=width, **config)


def rnn(class_name="LSTM", units=3, sequences=False, **config):
    return layer(class_name, units=units, return_sequences=sequences, **config)


def dense(units, activation="linear", **config):
    return layer("Dense", units=units, activation=activation, **config)


def case(*layers, loss="mean_squared_error", padding="pre", features=False, empty=True):
    """A sequence of layers; the loss is `mean_squared_error`, `binary_crossentropy` or `categorical_crossentropy`.

    Without `empty`, no row is empty: Keras divides by zero where it averages over no step.
    """
    return {"layers": list(layers), "loss": loss, "padding": padding, "features": features, "empty": empty}


ACTIVATIONS = [
    "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "mish", "softplus", "softsign", "hard_sigmoid",
    "exponential", "tanh", "sigmoid", "softmax",
]  # fmt: skip
MASKED = {"mask_zero": True}

CASES = {
    # Every activation between two layers.
    **{f"dense_{a}": case(embedding(2), rnn(units=2), dense(5, a), dense(2)) for a in ACTIVATIONS},
    "dense_no_bias": case(
        embedding(2), rnn(units=2), dense(3, "tanh", use_bias=False), dense(1, "sigmoid", use_bias=False),
        loss="binary_crossentropy",
    ),
    "softmax_mse": case(embedding(2), rnn(units=2), dense(4, "softmax")),
    "max_pooling": case(embedding(), rnn(sequences=True), layer("GlobalMaxPooling1D"), dense(2)),
    "max_pooling_post": case(
        embedding(), rnn(sequences=True), layer("GlobalMaxPooling1D"), dense(2), padding="post"
    ),
    "max_pooling_masked": case(
        embedding(**MASKED), rnn(sequences=True), layer("GlobalMaxPooling1D"), dense(2)
    ),
    "max_pooling_masked_post": case(
        embedding(**MASKED), rnn(sequences=True), layer("GlobalMaxPooling1D"), dense(2), padding="post"
    ),
    "max_pooling_of_embedding_masked": case(embedding(**MASKED), layer("GlobalMaxPooling1D"), dense(2)),
    "average_pooling": case(embedding(), rnn(sequences=True), layer("GlobalAveragePooling1D"), dense(2)),
    "average_pooling_masked": case(
        embedding(**MASKED), rnn(sequences=True), layer("GlobalAveragePooling1D"), dense(2),
        empty=False,
    ),
    "average_pooling_masked_post": case(
        embedding(**MASKED), rnn(sequences=True), layer("GlobalAveragePooling1D"), dense(2), padding="post",
        empty=False,
    ),
    "average_pooling_of_embedding": case(embedding(), layer("GlobalAveragePooling1D"), dense(2)),
    **{
        f"bidirectional_{mode}": case(
            embedding(), layer("Bidirectional", rnn(), merge_mode=mode), dense(2)
        )
        for mode in ["concat", "sum", "mul", "ave"]
    },
    **{
        f"bidirectional_{mode}_sequence_masked_{padding}": case(
            embedding(**MASKED), layer("Bidirectional", rnn(sequences=True), merge_mode=mode),
            layer("Bidirectional", rnn("GRU", 2, sequences=True), merge_mode="concat"),
            layer("Bidirectional", rnn("SimpleRNN", 3), merge_mode="ave"), dense(2), padding=padding,
        )
        for mode in ["concat", "mul"]
        for padding in ["pre", "post"]
    },
    "bidirectional_features": case(
        layer("Bidirectional", rnn(use_bias=False)), dense(2), features=True, padding="post"
    ),
    "layer_normalization": case(embedding(), rnn(units=4), layer("LayerNormalization"), dense(2)),
    "layer_normalization_sequence": case(
        embedding(**MASKED), layer("LayerNormalization"), rnn(), dense(2)
    ),
    "layer_normalization_plain": case(
        embedding(), rnn(units=4), layer("LayerNormalization", center=False, scale=False, epsilon=0.1), dense(2)
    ),
}


def random_rows(rng, features):
    """Ragged rows before padding: empty, one step, exactly STEPS, longer; pad ids here and there."""
    lengths = [0, 1, 2, 3, STEPS - 1, STEPS, STEPS, STEPS + 3, 4, 5, 2, 3, STEPS, 1, 4, 5, STEPS, 2]
    if features:
        return [rng.standard_normal((n, FEATURES)).astype(np.float32) for n in lengths]
    rows = [rng.integers(1, VOCABULARY, n) for n in lengths]
    rows[8][1] = 0
    rows[9][4] = 0
    rows[12][0] = 0
    return rows


def padded(rows, padding, features):
    kept = [row[-STEPS:] if padding == "pre" else row[:STEPS] for row in rows]
    shape = (STEPS, FEATURES) if features else (STEPS,)
    x = np.zeros((len(rows), *shape), np.float64 if features else np.int32)
    for to, row in zip(x, kept):
        if len(row):
            at = STEPS - len(row) if padding == "pre" else 0
            to[at : at + len(row)] = row
    return x


def name_of(variable):
    """`lstm/lstm_cell/kernel` is `lstm/kernel` here, `…/forward_lstm_1/…` is `…/forward_lstm/…`."""
    parts = variable.path.removeprefix("sequential/").split("/")
    parts = [re.sub(r"^(forward|backward)_(.*?)(_\d+)?$", r"\1_\2", part) for part in parts]
    return "/".join(part for part in parts if not part.endswith("_cell"))


def build(description):
    config = dict(description["config"])
    if "layer" in config:
        config["layer"] = build(config["layer"])
    return getattr(keras.layers, description["class_name"])(**config)


def make(name, c):
    keras.backend.clear_session()
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    rows = [row for row in random_rows(rng, c["features"]) if len(row) or c["empty"]]
    x = padded(rows, c["padding"], c["features"])
    model = keras.Sequential([keras.Input(x.shape[1:], dtype=x.dtype.name)])
    for description in c["layers"]:
        model.add(build(description))
    # The names that a model of these layers alone has, whatever was made before.
    variables = {name_of(v): v for v in model.trainable_variables}
    weights = {}
    for key, v in variables.items():
        draw = rng.standard_normal(v.shape) * (0.2 if key.endswith(("beta", "bias")) else 0.7)
        if key.endswith("gamma"):
            draw += 1.0
        weights[key] = draw.astype(np.float32)
        v.assign(weights[key].astype(np.float64))
    output = model(x)
    shape = tuple(output.shape)
    if c["loss"] == "mean_squared_error":
        targets = rng.standard_normal(shape).astype(np.float32)
    elif c["loss"] == "binary_crossentropy":
        targets = rng.integers(0, 2, shape).astype(np.float32)
    else:
        targets = np.eye(shape[-1], dtype=np.float32)[rng.integers(0, shape[-1], shape[:-1])]
    loss_of = keras.losses.get(c["loss"])
    with tf.GradientTape() as tape:
        output = model(x, training=False)
        loss = tf.reduce_mean(loss_of(targets.astype(np.float64), output))
    grads = tape.gradient(loss, [v.value for v in variables.values()])
    width = [FEATURES] if c["features"] else []
    flat = np.concatenate([np.reshape(row, (-1, *width)) for row in rows])
    tensors = {
        "rows": flat.astype(np.float32 if c["features"] else np.int32),
        "offsets": np.cumsum([0] + [len(row) for row in rows], dtype=np.int32),
        "targets": targets,
        "output": output.numpy(),
        "loss": loss.numpy().reshape(1),
    }
    tensors |= {f"weights/{key}": value for key, value in weights.items()}
    for key, grad in zip(variables, grads):
        tensors[f"grads/{key}"] = tf.convert_to_tensor(grad).numpy()
    assert all(np.all(np.isfinite(t)) for t in tensors.values()), name
    c = {**c, "steps": STEPS}
    metadata = {
        "made_by": "tools/golden/layers.py", "keras": keras.__version__, "tensorflow": tf.__version__,
        "numpy": np.__version__, "case": json.dumps(c),
    }  # fmt: skip
    path = OUT / f"layers_{name}.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path, metadata=metadata)
    print(f"{path.name}: {path.stat().st_size} bytes, loss {float(loss):.4f}")


if __name__ == "__main__":
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    for name in sys.argv[1:] or CASES:
        make(name, CASES[name])
