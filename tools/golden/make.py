"""Make the golden files that the Rust tests compare against, from the real Keras 3.

In: nothing but this file's seeds (and, for `text`, a copy of Keras's imdb.npz).
Out: `crates/gatewise/tests/golden/`: see README.md for the names and meanings.

Everything is computed in float64, so that a float32 implementation is compared with numbers that
are good far beyond its own rounding. Start weights are float32 values, so that both sides start
from exactly the same model. Before anything is written it is checked against plain numpy.
"""

import argparse
import json
import os
import sys
import zlib
from pathlib import Path

# Before TensorFlow is imported: one backend, plain kernels, a fixed console width for `summary`.
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["COLUMNS"] = "80"
os.environ["CUDA_VISIBLE_DEVICES"] = ""
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.stdout.reconfigure(encoding="utf-8")

import keras
import numpy as np
import safetensors.numpy
import tensorflow as tf
from text_cases import text_cases

HERE = Path(__file__).resolve().parent
DEFAULT_OUT = HERE.parent.parent / "crates" / "gatewise" / "tests" / "golden"

VERSIONS = {
    "made_by": "tools/golden/make.py",
    "keras": keras.__version__,
    "tensorflow": tf.__version__,
    "numpy": np.__version__,
}


def write_safetensors(path, tensors, case):
    """Write `tensors` with the case in the metadata; the same input always gives the same bytes."""
    metadata = dict(VERSIONS, case=json.dumps(case, sort_keys=True))
    raw = safetensors.numpy.save({k: np.asarray(v, order="C") for k, v in tensors.items()}, metadata)
    # The package writes the metadata in hash order, which differs from run to run: put it in order.
    size = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + size])
    ordered = {"__metadata__": dict(sorted(header.pop("__metadata__").items()))}
    ordered.update(sorted(header.items(), key=lambda kv: kv[1]["data_offsets"]))
    text = json.dumps(ordered, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(len(text).to_bytes(8, "little") + text + raw[8 + size :])
    again = safetensors.numpy.load_file(path)
    assert set(again) == set(tensors)
    for name, value in tensors.items():
        assert again[name].dtype == value.dtype and np.array_equal(again[name], value), name
    print(f"  wrote {path.name}: {path.stat().st_size} bytes")


# ---------------------------------------------------------------------------------------------
# Models: Embedding -> LSTM [-> LSTM] -> Dense(1, sigmoid)
# ---------------------------------------------------------------------------------------------

ADAM_STEPS = 10


def case(vocab, dim, units, steps, batch, side="pre", mask_zero=False, learning_rate=1e-3):
    return {
        "vocab": vocab, "dim": dim, "units": units, "steps": steps, "batch": batch,
        "padding": side, "truncating": side, "mask_zero": mask_zero,
        "learning_rate": learning_rate,
    }  # fmt: skip


MODEL_CASES = {
    "classic_small": case(50, 15, [10], 24, 37),
    "masked_pre": case(30, 5, [7], 17, 19, mask_zero=True),
    "masked_post": case(30, 5, [7], 17, 19, side="post", mask_zero=True),
    "unmasked_post": case(30, 5, [7], 17, 19, side="post"),
    "tiny": case(4, 1, [1], 3, 1),
    "stacked": case(20, 4, [6, 9], 11, 18),
    "stacked_masked_post": case(20, 4, [6, 9], 11, 18, side="post", mask_zero=True),
    "stacked_masked_pre": case(20, 4, [6, 9], 11, 18, mask_zero=True),
    "wide": case(40, 20, [33], 13, 33),
}


def lstm_name(i):
    return "lstm" if i == 0 else f"lstm_{i}"


def random_weights(rng, c):
    """Float32 values, all of them random (biases too), large enough to move every gate."""

    def normal(scale, *shape):
        return (scale * rng.standard_normal(shape)).astype(np.float32)

    weights = {"embedding/embeddings": normal(0.5, c["vocab"], c["dim"])}
    inputs = c["dim"]
    for i, units in enumerate(c["units"]):
        weights[f"{lstm_name(i)}/kernel"] = normal(0.4, inputs, 4 * units)
        weights[f"{lstm_name(i)}/recurrent_kernel"] = normal(0.3, units, 4 * units)
        weights[f"{lstm_name(i)}/bias"] = normal(0.4, 4 * units)
        inputs = units
    weights["dense/kernel"] = normal(0.5, inputs, 1)
    weights["dense/bias"] = normal(0.5, 1)
    return weights


def random_rows(rng, c):
    """Ragged rows of ids 1..vocab-1: empty, one id, exactly `steps`, longer, and random lengths.

    One id, vocab // 2, is never drawn: its embedding row must get a zero gradient.
    """
    steps, batch = c["steps"], c["batch"]
    if batch == 1:
        lengths = [steps - 1]
    else:
        lengths = [0, 1, steps - 1, steps, steps + 1, 2 * steps + 3]
        lengths += rng.integers(2, steps + steps // 2, batch - len(lengths)).tolist()
    lengths = rng.permutation(lengths)
    pool = [i for i in range(1, c["vocab"]) if i != c["vocab"] // 2]
    return [rng.choice(pool, n).tolist() for n in lengths]


def build_model(c, weights, dtype):
    """The Keras model with the weights set, and its variables by our names."""
    keras.backend.clear_session()
    keras.config.set_floatx(dtype)
    layers = [keras.layers.Embedding(c["vocab"], c["dim"], mask_zero=c["mask_zero"])]
    for i, units in enumerate(c["units"]):
        last = i + 1 == len(c["units"])
        layers.append(keras.layers.LSTM(units, return_sequences=not last, use_cudnn=False))
    layers.append(keras.layers.Dense(1, activation="sigmoid"))
    model = keras.Sequential(layers)
    model.build((None, c["steps"]))
    # Keras says `sequential/lstm/lstm_cell/kernel`; the golden files say `lstm/kernel`.
    variables = {}
    for v in model.trainable_variables:
        parts = v.path.split("/")
        variables["/".join(p for p in parts[1:] if p != "lstm_cell")] = v
    assert set(variables) == set(weights), (set(variables), set(weights))
    for name, v in variables.items():
        assert v.dtype == dtype
        v.assign(weights[name].astype(dtype))
    return model, variables


def loss_and_grads(model, variables, x, labels):
    with tf.GradientTape() as tape:
        output = model(x, training=True)
        # A copy of the probabilities: on Keras's own tensor hang the logits, which its loss prefers.
        loss = tf.reduce_mean(keras.losses.binary_crossentropy(labels, tf.identity(output)))
    grads = tape.gradient(loss, [v.value for v in variables.values()])
    return output, loss, [tf.convert_to_tensor(g) for g in grads]


def run_model(c, weights, rows, labels, dtype):
    """Everything a model file stores, computed by Keras in `dtype`."""
    model, variables = build_model(c, weights, dtype)
    x = keras.utils.pad_sequences(
        rows, c["steps"], padding=c["padding"], truncating=c["truncating"]
    )
    labels = labels.astype(dtype)[:, None]
    output, loss, grads = loss_and_grads(model, variables, x, labels)
    result = {"output": output.numpy(), "loss": loss.numpy()}
    result.update({f"grads/{n}": g.numpy() for n, g in zip(variables, grads)})
    optimizer = keras.optimizers.Adam(c["learning_rate"], epsilon=1e-7)
    losses = []
    for _ in range(ADAM_STEPS):
        _, loss, grads = loss_and_grads(model, variables, x, labels)
        losses.append(loss.numpy())
        optimizer.apply(grads, list(variables.values()))
    result["losses"] = np.array(losses)
    result.update({f"after/{n}": v.numpy() for n, v in variables.items()})
    # Copies: the optimizer writes over the memory that `numpy()` may share.
    return {k: np.array(v, dtype=dtype) for k, v in result.items()}


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def numpy_forward(c, weights, rows):
    """The same model from the textbook equations, one row at a time. Gates are i, f, c, o."""
    w = {k: v.astype(np.float64) for k, v in weights.items()}
    probabilities = []
    for row in rows:
        kept = row[-c["steps"] :] if c["truncating"] == "pre" else row[: c["steps"]]
        pad = [0] * (c["steps"] - len(kept))
        ids = pad + kept if c["padding"] == "pre" else kept + pad
        sequence = [w["embedding/embeddings"][i] for i in ids]
        for layer, units in enumerate(c["units"]):
            name = lstm_name(layer)
            h, state = np.zeros(units), np.zeros(units)
            outputs = []
            for i, x in zip(ids, sequence):
                # A masked step carries the state and repeats the output, which is `h`.
                if i != 0 or not c["mask_zero"]:
                    z = x @ w[f"{name}/kernel"] + h @ w[f"{name}/recurrent_kernel"]
                    z = (z + w[f"{name}/bias"]).reshape(4, units)
                    state = sigmoid(z[1]) * state + sigmoid(z[0]) * np.tanh(z[2])
                    h = sigmoid(z[3]) * np.tanh(state)
                outputs.append(h)
            sequence = outputs
        probabilities.append(sigmoid(sequence[-1] @ w["dense/kernel"] + w["dense/bias"]))
    return np.array(probabilities)


def numpy_loss(output, labels):
    p = np.clip(output[:, 0], 1e-7, 1 - 1e-7)
    return -np.mean(labels * np.log(p) + (1 - labels) * np.log(1 - p))


def check_model(name, c, weights, rows, labels, golden):
    """Stop unless plain numpy gives the same outputs, loss and (by differences) gradients."""
    output = numpy_forward(c, weights, rows)
    worst = np.max(np.abs(output - golden["output"]))
    assert worst < 1e-13, (name, worst)
    assert abs(numpy_loss(output, labels) - golden["loss"]) < 1e-13, name
    assert golden["loss"] == golden["losses"][0], name
    assert golden["losses"][-1] < golden["losses"][0], name

    rng = np.random.default_rng(0)
    step = 1e-5
    for tensor, value in weights.items():
        for _ in range(2):
            at = tuple(rng.integers(0, n) for n in value.shape)
            around = []
            for sign in (1, -1):
                moved = {k: v.astype(np.float64) for k, v in weights.items()}
                moved[tensor][at] += sign * step
                around.append(numpy_loss(numpy_forward(c, moved, rows), labels))
            difference = (around[0] - around[1]) / (2 * step)
            assert abs(difference - golden[f"grads/{tensor}"][at]) < 1e-9, (name, tensor, at)

    # An empty row under a mask leaves the LSTM's zeros: the answer is the Dense bias alone.
    if c["mask_zero"]:
        empty = [i for i, row in enumerate(rows) if not row]
        alone = sigmoid(weights["dense/bias"].astype(np.float64)[0])
        assert np.all(np.abs(golden["output"][empty, 0] - alone) < 1e-15), name
        assert np.all(golden["grads/embedding/embeddings"][0] == 0), name
    assert np.all(golden["grads/embedding/embeddings"][c["vocab"] // 2] == 0), name


def make_models(out):
    for name, c in MODEL_CASES.items():
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        weights = random_weights(rng, c)
        rows = random_rows(rng, c)
        labels = rng.integers(0, 2, len(rows)).astype(np.float64)
        golden = run_model(c, weights, rows, labels, "float64")
        check_model(name, c, weights, rows, labels, golden)

        # How far Keras in float32 strays from these numbers: a guide to what to ask of a test.
        rough = run_model(c, weights, rows, labels, "float32")
        strays = {}
        for key, value in golden.items():
            group = key.split("/")[0]
            away = np.max(np.abs(rough[key] - value))
            strays[group] = max(strays.get(group, 0.0), float(away))
        print(f"{name}: float32 strays by", {k: f"{v:.1e}" for k, v in strays.items()})

        tensors = {
            "ids": np.array([i for row in rows for i in row], dtype=np.int32),
            "offsets": np.cumsum([0] + [len(row) for row in rows], dtype=np.int32),
            "labels": labels,
        }
        tensors.update({f"weights/{k}": v for k, v in weights.items()})
        tensors.update(golden)
        write_safetensors(out / f"model_{name}.safetensors", tensors, c)


# ---------------------------------------------------------------------------------------------
# Adam alone, the printed summary, and the text cases
# ---------------------------------------------------------------------------------------------


def numpy_adam(start, gradients, beta_1_of_power, beta_2_of_power):
    """The weights after each step, with the betas of the bias correction given apart."""
    w, m, v = start.copy(), np.zeros_like(start), np.zeros_like(start)
    after = []
    for t, g in enumerate(gradients, start=1):
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        rate = 1e-3 * np.sqrt(1 - beta_2_of_power**t) / (1 - beta_1_of_power**t)
        w = w - rate * m / (np.sqrt(v) + 1e-7)
        after.append(w)
    return np.array(after)


def make_adam(out):
    """Seven weights, twelve steps; one column a kind of gradient. All values are float32 values.

    Keras on TensorFlow rounds the betas to float32 before it takes their powers for the bias
    correction, even in float64: its steps are up to 6e-6 (relative) off the textbook's. `after` is
    Keras; `after_textbook` is the same formula with nothing rounded.
    """
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(zlib.crc32(b"adam"))
    steps = 12
    columns = {
        "always zero": np.zeros(steps),
        "normal": rng.standard_normal(steps),
        "tiny, below epsilon": 1e-12 * rng.standard_normal(steps),
        "huge": 1e12 * rng.standard_normal(steps),
        "every third step": np.where(np.arange(steps) % 3 == 0, rng.standard_normal(steps), 0.0),
        "once, then zero": np.eye(steps)[0],
        "near epsilon, alternating": 1e-7 * (-1.0) ** np.arange(steps),
    }
    gradients = np.stack(list(columns.values()), axis=1).astype(np.float32).astype(np.float64)
    start = rng.standard_normal(len(columns)).astype(np.float32).astype(np.float64)
    variable = keras.Variable(start, dtype="float64")
    optimizer = keras.optimizers.Adam()
    after = []
    for g in gradients:
        optimizer.apply([tf.constant(g)], [variable])
        after.append(np.array(variable.numpy()))
    after = np.array(after)
    textbook = numpy_adam(start, gradients, 0.9, 0.999)
    rounded = numpy_adam(start, gradients, float(np.float32(0.9)), float(np.float32(0.999)))
    assert np.max(np.abs(after - rounded)) < 1e-14
    print(f"adam: the textbook strays by {np.max(np.abs(after - textbook)):.1e}")
    what = {
        "learning_rate": 1e-3, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7,
        "columns": list(columns),
    }  # fmt: skip
    tensors = {"start": start, "gradients": gradients, "after": after}
    tensors["after_textbook"] = textbook
    write_safetensors(out / "adam.safetensors", tensors, what)


def make_summary(out):
    """What `summary` prints for the classic model: as built, and with an Adam that has its state."""
    keras.config.set_floatx("float32")
    keras.backend.clear_session()
    model = keras.Sequential([
        keras.layers.Embedding(5000, 15),
        keras.layers.LSTM(10),
        keras.layers.Dense(1, activation="sigmoid"),
    ])  # fmt: skip
    model.build((None, 300))
    texts = {"summary_classic.txt": {}, "summary_classic_80.txt": {"line_length": 80}}
    for name, arguments in texts.items():
        write_summary(out / name, model, arguments)
    model.compile(optimizer="adam", loss="binary_crossentropy")
    model.optimizer.build(model.trainable_variables)
    write_summary(out / "summary_classic_adam.txt", model, {})


def write_summary(path, model, arguments):
    lines = []
    model.summary(print_fn=lines.append, **arguments)
    path.write_bytes("".join(lines).encode())
    print(f"  wrote {path.name}: {path.stat().st_size} bytes")


def make_text(out, data):
    keras.config.set_floatx("float32")
    path = out / "text.json"
    # One case a line, ASCII alone, so that a change shows as a small diff.
    sections = {"made": VERSIONS, **text_cases(data, out)}
    path.write_text(json_lines(sections) + "\n")
    assert json.loads(path.read_text()) == json.loads(json.dumps(sections))
    print(f"  wrote {path.name}: {path.stat().st_size} bytes")


def json_lines(value):
    """JSON with dictionaries of lists opened out, and each entry of such a list on one line."""
    if isinstance(value, dict) and any(isinstance(v, (dict, list)) for v in value.values()):
        entries = (f"{json.dumps(k)}: {json_lines(v)}" for k, v in value.items())
        return "{\n" + ",\n".join(entries) + "\n}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(v) for v in value) + "\n]"
    return json.dumps(value)


PARTS = {"models": make_models, "adam": make_adam, "summary": make_summary, "text": make_text}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT, help="where the files go")
    parser.add_argument("--data", type=Path, help="folder of imdb.npz (default: $GATEWISE_DATA)")
    parser.add_argument("--only", choices=PARTS, action="append", help="make this part alone")
    args = parser.parse_args()
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(1)
    args.out.mkdir(parents=True, exist_ok=True)
    for part in args.only or PARTS:
        if part == "text":
            make_text(args.out, args.data)
        else:
            PARTS[part](args.out)


if __name__ == "__main__":
    main()
