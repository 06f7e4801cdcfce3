"""Make `layers_skip_connection*.safetensors`: models with a skip connection, from the real Keras 3, in float64.

In: CASES, each a recurrent layer or two and the padding. Keras has no such layer: here it is
`Concatenate()([layer(x), x])` of the functional API.
Out: `crates/gatewise/tests/golden/layers_skip_connection*.safetensors`, in the layout of `layers.py`. The case in the
metadata describes the layer as `{"class_name": "SkipConnection", "config": {"layer": …}}`.

Run: python tools/golden/skip_connection.py (`keras`, `jax` and `numpy` suffice)
"""

import json
import os
import zlib
from pathlib import Path

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import keras  # noqa: E402
import numpy as np  # noqa: E402

OUT = Path(__file__).resolve().parents[2] / "crates/gatewise/tests/golden"
VOCABULARY, STEPS = 11, 6


def rnn(class_name, units, **config):
    return {"class_name": class_name, "config": {"units": units, **config}}


def skip(layer):
    layer["config"]["return_sequences"] = True
    return {"class_name": "SkipConnection", "config": {"layer": layer}}


CASES = {
    "skip_connection": ([skip(rnn("LSTM", 3)), rnn("LSTM", 2)], "post", False),
    "skip_connection_masked_pre": ([skip(rnn("LSTM", 3)), skip(rnn("GRU", 2)), rnn("SimpleRNN", 3)], "pre", True),
    "skip_connection_masked_post": (
        [skip(rnn("SimpleRNN", 3, use_bias=False)), skip(rnn("LSTM", 2, zero_output_for_mask=True)), rnn("GRU", 2)],
        "post",
        True,
    ),
}


def rows_of(rng):
    """Ragged rows before padding, one of them empty, with pad ids here and there."""
    rows = [rng.integers(1, VOCABULARY, n) for n in [0, 1, 2, 3, STEPS, STEPS + 3, 4, 5, STEPS]]
    rows[6][1] = rows[7][4] = rows[8][0] = 0
    return rows


def padded(rows, side):
    x = np.zeros((len(rows), STEPS), np.int32)
    for to, row in zip(x, rows):
        kept = row[-STEPS:] if side == "pre" else row[:STEPS]
        at = STEPS - len(kept) if side == "pre" else 0
        to[at : at + len(kept)] = kept
    return x


def write(path, tensors, metadata):
    kinds = {"float64": "F64", "float32": "F32", "int32": "I32"}
    header, at = {"__metadata__": metadata}, 0
    for name, value in tensors.items():
        header[name] = {"dtype": kinds[value.dtype.name], "shape": list(value.shape), "data_offsets": [at, at + value.nbytes]}
        at += value.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    data = b"".join(np.ascontiguousarray(value).tobytes() for value in tensors.values())
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)


def make(name, layers, side, masked):
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(zlib.crc32(name.encode()))
    rows = rows_of(rng)
    ids = padded(rows, side)
    # Each layer with its name in gatewise.
    made, counts = [], {}

    def add(base, layer):
        count = counts.setdefault(base, 0)
        counts[base] += 1
        made.append((base if count == 0 else f"{base}_{count}", layer))
        return layer

    embedding = {"class_name": "Embedding", "config": {"input_dim": VOCABULARY, "output_dim": 2, "mask_zero": masked}}
    inputs = keras.Input((STEPS,), dtype="int32")
    x = add("embedding", keras.layers.Embedding(**embedding["config"]))(inputs)
    bases = {"LSTM": "lstm", "GRU": "gru", "SimpleRNN": "simple_rnn"}
    for description in layers:
        inner = description["config"].get("layer", description)
        layer = getattr(keras.layers, inner["class_name"])(**inner["config"])
        base = bases[inner["class_name"]]
        if inner is description:
            x = add(base, layer)(x)
        else:
            count = counts.get("skip_connection", 0)
            counts["skip_connection"] = count + 1
            made.append((f"skip_connection{f'_{count}' if count else ''}/{base}", layer))
            x = keras.layers.Concatenate()([layer(x), x])
    head = {"class_name": "Dense", "config": {"units": 2}}
    model = keras.Model(inputs, add("dense", keras.layers.Dense(2))(x))
    weights = {}
    for prefix, layer in made:
        for variable in layer.trainable_variables:
            key = f"{prefix}/{variable.path.split('/')[-1]}"
            scale = 0.2 if key.endswith("bias") else 0.7
            weights[key] = (rng.standard_normal(variable.shape) * scale).astype(np.float32)
            variable.assign(weights[key].astype(np.float64))
    keys = {id(v): f"{prefix}/{v.path.split('/')[-1]}" for prefix, layer in made for v in layer.trainable_variables}
    targets = rng.standard_normal((len(rows), 2)).astype(np.float32)
    constants = [v.value for v in model.non_trainable_variables]

    def loss_of(values):
        output, _ = model.stateless_call(values, constants, jnp.asarray(ids), training=False)
        return jnp.mean((output - targets.astype(np.float64)) ** 2), output

    values = [v.value for v in model.trainable_variables]
    (loss, output), grads = jax.value_and_grad(loss_of, has_aux=True)(values)
    tensors = {
        "rows": np.concatenate(rows).astype(np.int32),
        "offsets": np.cumsum([0] + [len(row) for row in rows], dtype=np.int32),
        "targets": targets,
        "output": np.asarray(output),
        "loss": np.asarray(loss).reshape(1),
    }
    tensors |= {f"weights/{key}": value for key, value in weights.items()}
    tensors |= {f"grads/{keys[id(v)]}": np.asarray(g) for v, g in zip(model.trainable_variables, grads)}
    assert all(np.all(np.isfinite(t)) for t in tensors.values()), name
    case = {
        "layers": [embedding, *layers, head], "loss": "mean_squared_error", "padding": side, "features": False,
        "steps": STEPS,
    }  # fmt: skip
    metadata = {
        "made_by": "tools/golden/skip_connection.py", "keras": keras.__version__, "jax": jax.__version__,
        "numpy": np.__version__, "case": json.dumps(case),
    }  # fmt: skip
    path = OUT / f"layers_{name}.safetensors"
    write(path, tensors, metadata)
    print(f"{path.name}: {path.stat().st_size} bytes, loss {float(loss):.4f}")


if __name__ == "__main__":
    for name, (layers, side, masked) in CASES.items():
        make(name, layers, side, masked)
