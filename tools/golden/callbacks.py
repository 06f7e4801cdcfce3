"""Writes crates/gatewise/tests/golden/callbacks.json: what Keras's callbacks decide on given figures.

Real callbacks on a real model are called as `fit` calls them, with given figures in their logs. Run as
`.venv/bin/python tools/golden/callbacks.py`.
"""

import json
import pathlib
import random
import tempfile

import keras
import numpy as np
from keras.src.trainers.epoch_iterator import EpochIterator

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/callbacks.json"


class Witness(keras.callbacks.Callback):
    """Notes what the callback under test remembers after each epoch."""

    def __init__(self, subject, names):
        super().__init__()
        self.subject, self.names, self.seen = subject, names, []

    def on_epoch_end(self, epoch, logs=None):
        row = {name: getattr(self.subject, name) for name in self.names}
        row["learning_rate"] = float(np.asarray(self.model.optimizer.learning_rate))
        self.seen.append(row)


def columns(rows):
    return {name: [row[name] for row in rows] for name in rows[0]}


def small_model():
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    model.compile(keras.optimizers.SGD(), "mse", metrics=["accuracy"], run_eagerly=True)
    model.evaluate(np.ones((1, 1)), np.ones((1, 1)), verbose=0)  # Keras must have seen its metrics.
    return model


def run(figures, callbacks, epochs, rate=0.125, batches=2):
    """Calls the callbacks as `fit` would; after epoch N all weights are N + 1. Returns how many epochs were run,
    and which of them the weights are those of."""
    MODEL.stop_training, MODEL.optimizer.learning_rate = False, rate
    every = keras.callbacks.CallbackList(callbacks, model=MODEL)
    every.on_train_begin()
    for epoch in range(epochs):
        every.on_epoch_begin(epoch)
        for batch in range(batches):
            every.on_train_batch_begin(batch)
            every.on_train_batch_end(batch, {"loss": 0.5, "accuracy": 0.5})
        MODEL.set_weights([np.full((1, 1), epoch + 1.0)])
        every.on_epoch_end(epoch, {k: v[epoch] for k, v in figures.items() if v[epoch] is not None})
        if MODEL.stop_training:
            break
    every.on_train_end()
    return epoch + 1, int(MODEL.get_weights()[0][0, 0]) - 1


def sequences():
    rng = random.Random(5)
    falling = [0.9, 0.7, 0.6, 0.5, 0.45, 0.4, 0.38, 0.37, 0.36, 0.35]
    bumpy = [0.9, 0.7, 0.72, 0.71, 0.6, 0.65, 0.64, 0.66, 0.67, 0.5]
    flat = [0.5] * 10
    rising = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    gaps = [0.9, None, 0.7, None, 0.8, None, 0.75, None, 0.9, None]
    noisy = [[round(rng.uniform(0.2, 0.9), 3) for _ in range(10)] for _ in range(3)]
    return [falling, bumpy, flat, rising, gaps, *noisy]


def stopping():
    settings = [
        {},
        {"patience": 2},
        {"patience": 2, "restore_best_weights": True},
        {"patience": 1, "min_delta": 0.05, "restore_best_weights": True},
        {"patience": 1, "min_delta": -0.05},
        {"patience": 2, "baseline": 0.55, "restore_best_weights": True},
        {"patience": 1, "start_from_epoch": 3, "restore_best_weights": True},
        {"patience": 3, "mode": "max"},
        {"monitor": "val_accuracy", "patience": 1, "restore_best_weights": True},
        {"monitor": "loss", "patience": 20, "restore_best_weights": True},
    ]
    for setting in settings:
        for values in sequences():
            if None in values and setting.get("monitor") == "loss":
                continue  # A loss there always is.
            figures = {setting.get("monitor", "val_loss"): values}
            subject = keras.callbacks.EarlyStopping(**setting)
            witness = Witness(subject, ["wait", "best", "best_epoch"])
            epochs, weights_of = run(figures, [subject, witness], 10)
            yield {"settings": setting, "values": values, "epochs": epochs, "weights_of": weights_of,
                   "seen": columns(witness.seen)}


def reducing():
    settings = [
        {"patience": 1},
        {"patience": 2, "factor": 0.5},
        {"patience": 1, "factor": 0.5, "cooldown": 2},
        {"patience": 1, "factor": 0.25, "min_lr": 0.01},
        {"patience": 2, "factor": 0.5, "min_delta": 0.1},
        {"patience": 1, "factor": 0.5, "mode": "max"},
        {"patience": 0, "factor": 0.5, "monitor": "val_accuracy"},
    ]
    for setting in settings:
        for values in sequences():
            figures = {setting.get("monitor", "val_loss"): values}
            subject = keras.callbacks.ReduceLROnPlateau(**setting)
            witness = Witness(subject, ["wait", "best", "cooldown_counter"])
            run(figures, [subject, witness], 10)
            yield {"settings": setting, "values": values, "seen": columns(witness.seen)}


def saving():
    settings = [
        {"filepath": "{epoch:02d}.keras"},
        {"filepath": "{epoch:03d}-{val_loss:.2f}.keras", "save_best_only": True},
        {"filepath": "{epoch}.keras", "save_best_only": True, "mode": "max"},
        {"filepath": "{epoch}.keras", "save_best_only": True, "initial_value_threshold": 0.65},
        {"filepath": "{epoch}-{batch}.keras", "save_freq": 3},
    ]
    for setting in settings:
        for values in sequences():
            if None in values and "val_loss" in setting["filepath"]:
                continue
            with tempfile.TemporaryDirectory() as folder:
                subject = keras.callbacks.ModelCheckpoint(**{**setting, "filepath": f"{folder}/{setting['filepath']}"})
                run({"val_loss": values}, [subject], 10)
                files = sorted(path.name for path in pathlib.Path(folder).iterdir())
            yield {"settings": setting, "values": values, "files": files}


def scheduling():
    subject = keras.callbacks.LearningRateScheduler(lambda epoch, rate: rate if epoch < 3 else rate * 0.5)
    witness = Witness(subject, [])
    run({"loss": sequences()[0]}, [subject, witness], 10)
    return [row["learning_rate"] for row in witness.seen]


def logging():
    figures = {"loss": [0.5, 0.25, 1e-5], "accuracy": [0.75, 1.0, 0.5],
               "val_loss": [None, 0.125, None], "val_accuracy": [None, 0.5, None]}
    for separator, append in [(",", False), (";", False), (",", True)]:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "log.csv"
            for _ in range(2):
                run(figures, [keras.callbacks.CSVLogger(path, separator, append)], 3)
            yield {"separator": separator, "append": append, "text": path.read_bytes().decode()}


def stepping():
    """How many of 7 batches each epoch trains on when `steps_per_epoch` is given."""
    for steps in [1, 3, 4, 7, 9]:
        epoch = EpochIterator(np.ones((35, 2)), np.ones((35, 1)), batch_size=5, steps_per_epoch=steps)
        yield {"steps_per_epoch": steps, "batches": [sum(1 for _ in epoch) for _ in range(6)]}


def main():
    parts = {"early_stopping": list(stopping()), "reduce_lr_on_plateau": list(reducing()),
             "model_checkpoint": list(saving()), "csv_logger": list(logging()),
             "steps_per_epoch": list(stepping())}
    lines = [f'"keras": {json.dumps(keras.__version__)}', f'"scheduler": {json.dumps(scheduling())}']
    for name, cases in parts.items():
        rows = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        lines.append(f'"{name}": [\n{rows}\n]')
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


MODEL = small_model()

if __name__ == "__main__":
    main()
