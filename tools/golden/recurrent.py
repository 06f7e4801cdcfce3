"""Golden files for the recurrent layers and their options: `model_<case>.safetensors`, as make.py's.

In: nothing but this file's seeds. Out: `crates/gatewise/tests/golden/`. A case is the list of layers as
gatewise writes it (`layers` in the metadata), so that a test reads it back as a model.
"""

import sys
import zlib

from make import (
    ADAM_STEPS,
    DEFAULT_OUT,
    loss_and_grads,
    numpy_loss,
    random_rows,
    sigmoid,
    write_safetensors,
)

import keras
import numpy as np

CLASSES = {
    "lstm": (keras.layers.LSTM, 4),
    "gru": (keras.layers.GRU, 3),
    "simple_rnn": (keras.layers.SimpleRNN, 1),
}


def layer(kind, units, **options):
    return {"layer": kind, "units": units, **options}


def case(stack, vocab=24, dim=5, steps=13, batch=19, side="pre", mask_zero=False, learning_rate=1e-3):
    last = len(stack) - 1
    stack = [dict(l, return_sequences=True) if i < last else l for i, l in enumerate(stack)]
    embedding = {"layer": "embedding", "input_dim": vocab, "output_dim": dim, "mask_zero": mask_zero}
    head = {"layer": "dense", "units": 1, "activation": "sigmoid"}
    return {
        "layers": [embedding, *stack, head],
        "vocab": vocab, "dim": dim, "steps": steps, "batch": batch,
        "padding": side, "truncating": side, "mask_zero": mask_zero,
        "learning_rate": learning_rate,
    }  # fmt: skip


def cases():
    found = {}
    for kind in ("gru", "simple_rnn"):
        found[kind] = case([layer(kind, 10)])
        found[f"{kind}_masked_pre"] = case([layer(kind, 7)], mask_zero=True)
        found[f"{kind}_masked_post"] = case([layer(kind, 7)], side="post", mask_zero=True)
        found[f"{kind}_post"] = case([layer(kind, 7)], side="post")
        found[f"{kind}_stacked"] = case([layer(kind, 6), layer(kind, 9)])
        found[f"{kind}_stacked_masked"] = case([layer(kind, 6), layer(kind, 9)], mask_zero=True)
        found[f"{kind}_wide"] = case([layer(kind, 21)], dim=9, steps=11)
    found["mixed"] = case([layer("lstm", 4), layer("gru", 5), layer("simple_rnn", 6)], mask_zero=True)
    # The reset gate before the product.
    before = dict(reset_after=False)
    found["gru_before"] = case([layer("gru", 7, **before)])
    found["gru_before_masked_post"] = case([layer("gru", 7, **before)], side="post", mask_zero=True)
    found["gru_before_stacked_masked"] = case([layer("gru", 5, **before), layer("gru", 6, **before)], mask_zero=True)
    # Options, in models as small as will show them.
    small = dict(vocab=10, dim=3, steps=7, batch=12)
    masked = dict(small, mask_zero=True)
    for kind, units in (("lstm", 5), ("gru", 5), ("simple_rnn", 5)):
        found[f"{kind}_no_bias"] = case([layer(kind, units, use_bias=False)], **small)
        found[f"{kind}_backwards"] = case([layer(kind, units, go_backwards=True)], **small)
        found[f"{kind}_backwards_masked_pre"] = case([layer(kind, units, go_backwards=True)], **masked)
        found[f"{kind}_backwards_masked_post"] = case(
            [layer(kind, units, go_backwards=True)], side="post", **masked
        )
        stack = [layer(kind, units, go_backwards=True), layer(kind, 4)]
        found[f"{kind}_backwards_stacked"] = case(stack, **small)
        found[f"{kind}_backwards_stacked_masked"] = case(stack, **masked)
    found["gru_before_no_bias"] = case(
        [layer("gru", 5, use_bias=False, go_backwards=True, activation="softsign", **before)], **masked
    )
    for kind, function, gates in (
        ("lstm", "softsign", "hard_sigmoid"),
        ("lstm", "relu", "tanh"),
        ("gru", "elu", "hard_sigmoid"),
        ("gru", "linear", "sigmoid"),
        ("gru", "tanh", "softsign"),
    ):
        options = dict(activation=function, recurrent_activation=gates)
        found[f"{kind}_{function}_{gates}"] = case([layer(kind, 5, **options)], **masked)
    for function in ("relu", "leaky_relu", "selu", "linear", "sigmoid"):
        found[f"simple_rnn_{function}"] = case([layer("simple_rnn", 5, activation=function)], **masked)
    return found


# The functions as Keras defines them.
FUNCTIONS = {
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "linear": lambda x: x,
    "relu": lambda x: np.maximum(x, 0.0),
    "hard_sigmoid": lambda x: np.clip(x / 6 + 0.5, 0, 1),
    "leaky_relu": lambda x: np.where(x > 0, x, 0.2 * x),
    "softsign": lambda x: x / (1 + np.abs(x)),
    "elu": lambda x: np.where(x > 0, x, np.expm1(x)),
    "selu": lambda x: 1.05070098 * np.where(x > 0, x, 1.67326324 * np.expm1(x)),
}


def names(layers):
    seen = {}
    for l in layers:
        base = l["layer"]
        seen[base] = seen.get(base, -1) + 1
        yield base if seen[base] == 0 else f"{base}_{seen[base]}"


def options(l):
    return {k: v for k, v in l.items() if k not in ("layer", "units")}


def random_weights(rng, c):
    def normal(scale, *shape):
        return (scale * rng.standard_normal(shape)).astype(np.float32)

    weights, inputs = {}, None
    for name, l in zip(names(c["layers"]), c["layers"]):
        if l["layer"] == "embedding":
            weights[f"{name}/embeddings"] = normal(0.5, l["input_dim"], l["output_dim"])
            inputs = l["output_dim"]
            continue
        units, gates = l["units"], CLASSES.get(l["layer"], (None, 1))[1]
        weights[f"{name}/kernel"] = normal(0.4, inputs, gates * units)
        if l["layer"] != "dense":
            weights[f"{name}/recurrent_kernel"] = normal(1 / np.sqrt(units), units, gates * units)
        if l.get("use_bias", True):
            two = l["layer"] == "gru" and l.get("reset_after", True)
            weights[f"{name}/bias"] = normal(0.4, *([2] if two else []), gates * units)
        inputs = units
    return weights


def build_model(c, weights, dtype):
    keras.backend.clear_session()
    keras.config.set_floatx(dtype)
    layers = []
    for l in c["layers"]:
        if l["layer"] == "embedding":
            layers.append(
                keras.layers.Embedding(l["input_dim"], l["output_dim"], mask_zero=l["mask_zero"])
            )
        elif l["layer"] == "dense":
            layers.append(keras.layers.Dense(l["units"], activation=l["activation"]))
        else:
            cudnn = {} if l["layer"] == "simple_rnn" else {"use_cudnn": False}
            layers.append(CLASSES[l["layer"]][0](l["units"], **options(l), **cudnn))
    model = keras.Sequential(layers)
    model.build((None, c["steps"]))
    variables = {}
    for v in model.trainable_variables:
        parts = v.path.split("/")
        variables["/".join(p for p in parts[1:] if not p.endswith("_cell"))] = v
    assert set(variables) == set(weights), (set(variables), set(weights))
    for name, v in variables.items():
        assert v.dtype == dtype and v.shape == weights[name].shape, name
        v.assign(weights[name].astype(dtype))
    return model, variables


def run_model(c, weights, rows, labels, dtype):
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
    return {k: np.array(v, dtype=dtype) for k, v in result.items()}


def numpy_layer(l, name, w, sequence, real):
    """One row through one layer, from the textbook equations."""
    units = l["units"]
    gates = CLASSES[l["layer"]][1]
    kernel, recurrent = w[f"{name}/kernel"], w[f"{name}/recurrent_kernel"]
    bias = w.get(f"{name}/bias", np.zeros(gates * units)).reshape(-1, gates * units)
    f = FUNCTIONS[l.get("activation", "tanh")]
    g = FUNCTIONS[l.get("recurrent_activation", "sigmoid")]
    h, c, outputs = np.zeros(units), np.zeros(units), []
    steps = list(zip(sequence, real))
    for x, real_now in reversed(steps) if l.get("go_backwards") else steps:
        if real_now:
            z = (x @ kernel + bias[0]).reshape(gates, units)
            s = h @ recurrent
            if len(bias) == 2:
                s = s + bias[1]
            s = s.reshape(gates, units)
            if l["layer"] == "simple_rnn":
                h = f(z[0] + s[0])
            elif l["layer"] == "lstm":
                z = z + s
                c = g(z[1]) * c + g(z[0]) * f(z[2])
                h = g(z[3]) * f(c)
            else:
                update, reset = g(z[0] + s[0]), g(z[1] + s[1])
                after = l.get("reset_after", True)
                part = reset * s[2] if after else (reset * h) @ recurrent[:, 2 * units :]
                h = update * h + (1 - update) * f(z[2] + part)
        outputs.append(h)
    return outputs


def numpy_forward(c, weights, rows):
    w = {k: v.astype(np.float64) for k, v in weights.items()}
    probabilities = []
    for row in rows:
        kept = row[-c["steps"] :] if c["truncating"] == "pre" else row[: c["steps"]]
        pad = [0] * (c["steps"] - len(kept))
        ids = pad + kept if c["padding"] == "pre" else kept + pad
        real = [i != 0 or not c["mask_zero"] for i in ids]
        sequence = [w["embedding/embeddings"][i] for i in ids]
        for name, l in zip(names(c["layers"]), c["layers"]):
            if l["layer"] in CLASSES:
                sequence = numpy_layer(l, name, w, sequence, real)
        probabilities.append(sigmoid(sequence[-1] @ w["dense/kernel"] + w["dense/bias"]))
    return np.array(probabilities)


def check_model(name, c, weights, rows, labels, golden):
    """Stop unless plain numpy gives the same outputs, loss and (by differences) gradients."""
    worst = np.max(np.abs(numpy_forward(c, weights, rows) - golden["output"]))
    assert worst < 1e-9, (name, worst)
    assert abs(numpy_loss(golden["output"], labels) - golden["loss"]) < 1e-13, name
    assert golden["losses"][-1] < golden["losses"][0], name
    rng = np.random.default_rng(0)
    step = 1e-5
    for tensor, value in weights.items():
        at = tuple(rng.integers(0, n) for n in value.shape)
        around = []
        for sign in (1, -1):
            moved = {k: v.astype(np.float64) for k, v in weights.items()}
            moved[tensor][at] += sign * step
            around.append(numpy_loss(numpy_forward(c, moved, rows), labels))
        difference = (around[0] - around[1]) / (2 * step)
        assert abs(difference - golden[f"grads/{tensor}"][at]) < 1e-8, (name, tensor, at)


def main():
    out = DEFAULT_OUT
    keras.utils.set_random_seed(1)
    for name, c in cases().items():
        if len(sys.argv) > 1 and not any(name.startswith(only) for only in sys.argv[1:]):
            continue
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        weights = random_weights(rng, c)
        rows = random_rows(rng, c)
        labels = rng.integers(0, 2, len(rows)).astype(np.float64)
        golden = run_model(c, weights, rows, labels, "float64")
        check_model(name, c, weights, rows, labels, golden)
        tensors = {
            "ids": np.array([i for row in rows for i in row], dtype=np.int32),
            "offsets": np.cumsum([0] + [len(row) for row in rows], dtype=np.int32),
            "labels": labels,
        }
        tensors.update({f"weights/{k}": v for k, v in weights.items()})
        tensors.update(golden)
        write_safetensors(out / f"model_{name}.safetensors", tensors, c)


if __name__ == "__main__":
    main()
