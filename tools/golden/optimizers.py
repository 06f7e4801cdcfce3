"""Optimizers, schedules, and what `fit` does round them, as Keras computes it.

`optimizers.safetensors` holds two tensors through twelve steps under every optimizer and option,
`schedules.json` learning rates at many steps, and `fit.safetensors` a small model with a penalty on each
tensor through ten steps, with every kind of clipping and with weight averages. All computed in float64.

    python tools/golden/optimizers.py [folder]
"""

import json
import sys
import zlib
from pathlib import Path

from make import DEFAULT_OUT, VERSIONS, write_safetensors  # first: it sets Keras up

import keras
import numpy as np
import tensorflow as tf

STEPS = 12
SHAPES = {"a": (5, 3), "b": (4,)}

# A name, a class, its arguments. Rates are large, so that wrong formulas show.
CASES = {
    "sgd": ("SGD", {"learning_rate": 0.1}),
    "sgd_momentum": ("SGD", {"learning_rate": 0.1, "momentum": 0.9}),
    "sgd_nesterov": ("SGD", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    "sgd_decay": ("SGD", {"learning_rate": 0.1, "momentum": 0.5, "weight_decay": 0.05}),
    "rmsprop": ("RMSprop", {"learning_rate": 0.02}),
    "rmsprop_momentum": ("RMSprop", {"learning_rate": 0.02, "momentum": 0.8, "rho": 0.8}),
    "rmsprop_centered": ("RMSprop", {"learning_rate": 0.02, "centered": True}),
    "rmsprop_both": ("RMSprop", {"learning_rate": 0.02, "momentum": 0.8, "centered": True}),
    "adagrad": ("Adagrad", {"learning_rate": 0.1}),
    "adagrad_start": ("Adagrad", {"learning_rate": 0.1, "initial_accumulator_value": 0.5}),
    "adam": ("Adam", {"learning_rate": 0.02}),
    "adam_betas": ("Adam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "epsilon": 1e-3}),
    "adam_amsgrad": ("Adam", {"learning_rate": 0.02, "amsgrad": True, "beta_2": 0.7}),
    "adamw": ("AdamW", {"learning_rate": 0.02}),
    "adamw_decay": ("AdamW", {"learning_rate": 0.02, "weight_decay": 0.3}),
    "nadam": ("Nadam", {"learning_rate": 0.02}),
    "nadam_betas": ("Nadam", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95}),
    "schedule": ("SGD", {"learning_rate": ("ExponentialDecay", {"decay_steps": 3, "decay_rate": 0.5})}),
}

SCHEDULES = {
    "piecewise": ("PiecewiseConstantDecay", {"boundaries": [10, 100, 1000], "values": [0.1, 0.05, 0.02, 0.001]}),
    "exponential": ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.9}),
    "exponential_staircase": (
        "ExponentialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.9, "staircase": True},
    ),
    "inverse": ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.5}),
    "inverse_staircase": (
        "InverseTimeDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 100, "decay_rate": 0.5, "staircase": True},
    ),
    "polynomial": ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 100}),
    "polynomial_cycle": (
        "PolynomialDecay",
        {"initial_learning_rate": 0.1, "decay_steps": 100, "end_learning_rate": 0.01, "power": 0.5, "cycle": True},
    ),
    "cosine": ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 1000, "alpha": 0.1}),
    "cosine_warmup": (
        "CosineDecay",
        {"initial_learning_rate": 0.01, "decay_steps": 1000, "warmup_target": 0.1, "warmup_steps": 100},
    ),
    "restarts": ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 100}),
    "restarts_shrinking": (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 70, "t_mul": 1.5, "m_mul": 0.9, "alpha": 0.05},
    ),
    "restarts_even": (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 70, "t_mul": 1.0, "m_mul": 0.5},
    ),
}  # fmt: skip

AT = [0, 1, 2, 9, 10, 11, 50, 69, 71, 99, 100, 101, 150, 200, 250, 333, 500, 777, 999, 1000, 1001, 1099,
      1100, 1101, 1500, 2500, 9999, 100_000]  # fmt: skip


def make_schedule(class_name, arguments):
    """The schedule in float64: TensorFlow takes a plain float for a float32, whatever Keras's floatx."""
    wide = lambda x: np.float64(x) if isinstance(x, float) else x
    wider = {k: [wide(x) for x in v] if isinstance(v, list) else wide(v) for k, v in arguments.items()}
    return getattr(keras.optimizers.schedules, class_name)(**wider)


def make_optimizer(class_name, arguments):
    arguments = dict(arguments)
    rate = arguments["learning_rate"]
    if isinstance(rate, tuple):
        schedule, settings = rate
        settings = {"initial_learning_rate": 0.1, **settings}
        arguments["learning_rate"] = make_schedule(schedule, settings)
    return getattr(keras.optimizers, class_name)(**arguments)


def run(class_name, arguments, start, gradients):
    variables = [keras.Variable(value, dtype="float64") for value in start.values()]
    optimizer = make_optimizer(class_name, arguments)
    after = {name: [] for name in start}
    for step in range(STEPS):
        optimizer.apply([tf.constant(g[step]) for g in gradients.values()], variables)
        for name, variable in zip(after, variables):
            after[name].append(np.array(variable.numpy()))
    return {f"after/{name}": np.stack(values) for name, values in after.items()}


def make_optimizers(out):
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(zlib.crc32(b"optimizers"))
    exact = lambda x: x.astype(np.float32).astype(np.float64)
    start = {name: exact(rng.standard_normal(shape)) for name, shape in SHAPES.items()}
    gradients = {name: exact(rng.standard_normal((STEPS, *shape))) for name, shape in SHAPES.items()}
    # Some steps below every bound; a row that is touched now and then; a number that never is.
    for g in gradients.values():
        g[::4] *= np.float64(np.float32(0.125))
    gradients["a"][:, 2] *= (np.arange(STEPS) % 5 == 1)[:, None]
    gradients["a"][:, 4, 0] = 0.0
    tensors = {f"start/{k}": v for k, v in start.items()}
    tensors.update({f"gradients/{k}": v for k, v in gradients.items()})
    for name, (class_name, arguments) in CASES.items():
        for key, value in run(class_name, arguments, start, gradients).items():
            tensors[f"{name}/{key}"] = value
    write_safetensors(out / "optimizers.safetensors", tensors, {k: [c, a] for k, (c, a) in CASES.items()})

    rates = {}
    for name, (class_name, arguments) in SCHEDULES.items():
        schedule = make_schedule(class_name, arguments)
        rates[name] = {"schedule": class_name, **arguments, "rates": [float(schedule(t)) for t in AT]}
    path = out / "schedules.json"
    path.write_text(json.dumps({"made": VERSIONS, "at": AT, "schedules": rates}, indent=1) + "\n")
    print(f"  wrote {path.name}: {path.stat().st_size} bytes")


VOCAB, DIM, UNITS, LENGTH, BATCH = 9, 3, 4, 5, 6

# The bounds are such that they bind at some steps and tensors and not at others.
FITS = {
    "plain": ("SGD", {"learning_rate": 0.1}),
    "clipnorm": ("SGD", {"learning_rate": 0.1, "clipnorm": 0.1}),
    "clipvalue": ("SGD", {"learning_rate": 0.1, "clipvalue": 0.03}),
    "global_clipnorm": ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.2}),
    "ema": ("SGD", {"learning_rate": 0.1, "use_ema": True}),
    "ema_overwrite": (
        "SGD",
        {"learning_rate": 0.1, "momentum": 0.5, "use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 4},
    ),
}


def make_fit(out):
    """Embedding, LSTM, Dense with a penalty on each tensor: losses before ten steps, and the weights."""
    rng = np.random.default_rng(zlib.crc32(b"fit"))
    ids = rng.integers(1, VOCAB, (BATCH, LENGTH))
    labels = rng.integers(0, 2, BATCH).astype(np.float64)
    tensors = {"ids": ids.astype(np.int32), "labels": labels}
    for name, (class_name, arguments) in FITS.items():
        model = regularized()
        for v in model.trainable_variables:
            key = "weights/" + name_of(v)
            tensors.setdefault(key, (0.4 * rng.standard_normal(v.shape)).astype(np.float32))
            v.assign(tensors[key].astype(np.float64))
        # Of a copy of the probabilities: see `loss_and_grads` in make.py.
        loss = lambda y, p: keras.losses.binary_crossentropy(y, tf.identity(p))
        model.compile(optimizer=make_optimizer(class_name, arguments), loss=loss)
        evaluated = model.evaluate(ids, labels[:, None], batch_size=BATCH, verbose=0)
        # Not `shuffle`, and one batch an epoch: what an epoch reports is one step's loss.
        history = model.fit(ids, labels[:, None], batch_size=BATCH, epochs=10, shuffle=False, verbose=0)
        tensors[f"{name}/losses"] = np.array(history.history["loss"])
        assert abs(evaluated - tensors[f"{name}/losses"][0]) < 1e-12
        tensors[f"{name}/final_loss"] = np.array(model.evaluate(ids, labels[:, None], verbose=0))
        for v in model.trainable_variables:
            tensors[f"{name}/after/{name_of(v)}"] = np.array(v.numpy())
    names = [k.split("/", 1)[1] for k in tensors if k.startswith("weights/")]
    for name in FITS:
        away = max(np.abs(tensors[f"{name}/after/{n}"] - tensors[f"plain/after/{n}"]).max() for n in names)
        assert name == "plain" or away > 1e-3, (name, away)
    write_safetensors(out / "fit.safetensors", tensors, {k: [c, a] for k, (c, a) in FITS.items()})


def regularized():
    L1, L2, L1L2 = keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2
    keras.backend.clear_session()
    model = keras.Sequential([
        keras.layers.Embedding(VOCAB, DIM, embeddings_regularizer=L2(0.02)),
        keras.layers.LSTM(
            UNITS, kernel_regularizer=L1(0.01), recurrent_regularizer=L1L2(0.01, 0.03),
            bias_regularizer=L2(0.05), use_cudnn=False,
        ),
        keras.layers.Dense(
            1, activation="sigmoid", kernel_regularizer=L2(0.1), bias_regularizer=L1(0.02)
        ),
    ])  # fmt: skip
    model.build((None, LENGTH))
    return model


def name_of(variable):
    return "/".join(p for p in variable.path.split("/")[1:] if p != "lstm_cell")


if __name__ == "__main__":
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_OUT
    make_optimizers(out)
    make_fit(out)
