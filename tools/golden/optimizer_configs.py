"""Writes crates/gatewise/tests/golden/optimizer_configs.json: Keras's optimizers by their configurations.

Two variables, called kernel and bias, through fourteen steps under each configuration: the optimizers that
optimizers.py does not have, and all that Keras sets on optimizers. Computed in float64.

    KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tools/golden/optimizer_configs.py
"""

import json
import os
import pathlib
import zlib

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("JAX_ENABLE_X64", "1")

import keras
import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/optimizer_configs.json"
STEPS = 14
SIZES = {"kernel": 7, "bias": 3}

COSINE = {"name": "CosineDecay", "initial_learning_rate": 0.05, "decay_steps": 10, "warmup_target": 0.2, "warmup_steps": 4}

CASES = [
    {"name": "Adamax", "learning_rate": 0.02},
    {"name": "Adamax", "learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.9, "epsilon": 1e-3, "weight_decay": 0.1},
    {"name": "Adadelta", "learning_rate": 1.0},
    {"name": "Adadelta", "learning_rate": 0.5, "rho": 0.8, "epsilon": 1e-4},
    {"name": "Lion", "learning_rate": 0.02},
    {"name": "Lion", "learning_rate": 0.02, "beta_1": 0.7, "beta_2": 0.9, "weight_decay": 0.2},
    {"name": "SGD", "learning_rate": 0.1, "gradient_accumulation_steps": 3},
    {"name": "Adam", "learning_rate": 0.02, "gradient_accumulation_steps": 4, "weight_decay": 0.1},
    {"name": "Adam", "learning_rate": 0.02, "gradient_accumulation_steps": 3, "clipnorm": 0.8},
    {"name": "SGD", "learning_rate": 0.1, "gradient_accumulation_steps": 3, "use_ema": True, "ema_momentum": 0.7},
    {"name": "SGD", "learning_rate": 0.1, "gradient_accumulation_steps": 3, "use_ema": True, "ema_momentum": 0.7,
     "ema_overwrite_frequency": 2},
    {"name": "SGD", "learning_rate": COSINE, "gradient_accumulation_steps": 3},
    {"name": "AdamW", "learning_rate": 0.02, "weight_decay": 0.3, "exclude_from_weight_decay": ["bias"]},
    {"name": "SGD", "learning_rate": 0.1, "weight_decay": 0.3, "exclude_from_weight_decay": ["ker"], "momentum": 0.5},
    {"name": "RMSprop", "learning_rate": 0.02, "clipvalue": 0.4},
    {"name": "SGD", "learning_rate": 0.1, "global_clipnorm": 1.1},
    {"name": "SGD", "learning_rate": 0.1, "clipnorm": 0.7, "momentum": 0.9, "nesterov": True},
    {"name": "Nadam", "learning_rate": COSINE, "use_ema": True, "ema_overwrite_frequency": 5},
]  # fmt: skip


def run(config, start, gradients):
    arguments = {k: v for k, v in config.items() if k not in ("name", "exclude_from_weight_decay")}
    if isinstance(arguments["learning_rate"], dict):
        schedule = dict(arguments["learning_rate"])
        arguments["learning_rate"] = getattr(keras.optimizers.schedules, schedule.pop("name"))(**schedule)
    optimizer = getattr(keras.optimizers, config["name"])(**arguments)
    variables = [keras.Variable(value, dtype="float64", name=name) for name, value in start.items()]
    if "exclude_from_weight_decay" in config:
        optimizer.exclude_from_weight_decay(var_names=config["exclude_from_weight_decay"])
    after = []
    for step in range(STEPS):
        optimizer.apply([keras.ops.convert_to_tensor(g[step], "float64") for g in gradients.values()], variables)
        after.append([x for v in variables for x in np.asarray(v.value).tolist()])
    optimizer.finalize_variable_values(variables)
    after.append([x for v in variables for x in np.asarray(v.value).tolist()])
    return after


def main():
    keras.config.set_floatx("float64")
    rng = np.random.default_rng(zlib.crc32(b"optimizer_configs"))
    exact = lambda x: x.astype(np.float32).astype(np.float64)
    start = {name: exact(rng.standard_normal(size)) for name, size in SIZES.items()}
    gradients = {name: exact(rng.standard_normal((STEPS, size))) for name, size in SIZES.items()}
    gradients["kernel"][::4] *= 0.125
    gradients["kernel"][:, 2] = 0.0
    gradients["kernel"][1:, 3] *= (np.arange(1, STEPS) % 5 == 1)
    cases = [{"config": config, "after": run(config, start, gradients)} for config in CASES]
    made = {"made_by": "tools/golden/optimizer_configs.py", "keras": keras.__version__, "backend": keras.backend.backend()}
    lines = ",\n".join(json.dumps(case) for case in cases)
    flat = {name: value.tolist() for name, value in start.items()}
    steps = {name: value.tolist() for name, value in gradients.items()}
    OUT.write_text("{\n" + f'"made": {json.dumps(made)},\n"start": {json.dumps(flat)},\n"gradients": {json.dumps(steps)},\n"cases": [\n'
                   + lines + "\n]}\n")
    print(OUT, OUT.stat().st_size)


main()
