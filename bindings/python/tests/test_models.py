"""``Sequential``: building, training, predicting, saving."""

from __future__ import annotations

import copy
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import gatewise
import numpy as np
import pytest
from gatewise import callbacks, initializers
from gatewise.layers import (
    GRU,
    LSTM,
    Bidirectional,
    Dense,
    Dropout,
    Embedding,
    Input,
    Masking,
    SimpleRNN,
    SkipConnection,
    TimeDistributed,
)
from gatewise.utils import pad_sequences, set_random_seed, to_categorical


def classic(seed: int = 1) -> gatewise.Sequential:
    model = gatewise.Sequential([Embedding(30, 5), LSTM(4), Dense(1, activation="sigmoid")], seed=seed)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


def equal(a: gatewise.Sequential, b: gatewise.Sequential) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a.get_weights(), b.get_weights(), strict=True))


def test_the_classic_model(rows, capsys):
    x, y = rows
    model = gatewise.Sequential()
    model.add(Embedding(30, 5))
    model.add(LSTM(8))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
    model.optimizer.learning_rate = 0.02
    history = model.fit(pad_sequences(x, maxlen=20), y, batch_size=16, epochs=30, validation_split=0.2, verbose=0)
    assert list(history.history) == ["loss", "accuracy", "val_loss", "val_accuracy"]
    assert history.epoch == list(range(30))
    assert history.history["accuracy"][-1] > 0.9
    loss, accuracy = model.evaluate(pad_sequences(x, maxlen=20), y, verbose=0)
    assert accuracy > 0.9 and loss < 0.5
    output = model.predict(pad_sequences(x, maxlen=20), verbose=0)
    assert output.shape == (203, 1) and output.dtype == np.float32
    assert np.mean((output[:, 0] > 0.5) == y) == pytest.approx(accuracy)
    model.summary()
    assert "lstm (LSTM)" in capsys.readouterr().out


@pytest.mark.parametrize("side", ["pre", "post"])
@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
def test_a_padded_matrix_and_ragged_rows_train_alike(rows, side, dtype):
    x, y = rows
    padded = pad_sequences(x, maxlen=20, padding=side, dtype=dtype)
    models = [
        gatewise.Sequential([Embedding(30, 5, mask_zero=True), GRU(3), Dense(1, "sigmoid")], seed=1) for _ in "ab"
    ]
    for model, given in zip(models, (padded, x)):
        model.compile("adam")
        model.fit(given, y, epochs=2, verbose=0)
    # Ragged rows are padded at the start: masked, that is the same.
    assert np.allclose(models[0].predict(padded), models[1].predict(x), atol=1e-6)
    if side == "pre":
        assert equal(*models)


def test_objects_of_lists_and_arrays_are_rows(rows):
    x, y = rows
    as_object = np.empty(len(x), dtype=object)
    as_object[:] = [np.array(row, dtype="int32") for row in x]
    first, second = classic(), classic()
    first.fit(x, y, verbose=0)
    second.fit(as_object, y.tolist(), verbose=0)
    assert equal(first, second)


def test_two_fits_are_one_of_both_lengths(rows):
    x, y = rows
    once, twice = classic(), classic()
    once.fit(x, y, epochs=5, verbose=0)
    twice.fit(x, y, epochs=2, verbose=0)
    twice.fit(x, y, epochs=3, verbose=0)
    assert equal(once, twice)
    # Compiled anew, the optimizer begins anew.
    other = classic()
    other.fit(x, y, epochs=2, verbose=0)
    other.compile("adam", "binary_crossentropy")
    other.fit(x, y, epochs=3, verbose=0)
    assert not equal(once, other)


def test_the_seed_decides(rows):
    x, y = rows
    assert equal(classic(3), classic(3)) and not equal(classic(3), classic(4))
    set_random_seed(9)
    try:
        seeded = gatewise.Sequential([Embedding(30, 5), LSTM(4), Dense(1, activation="sigmoid")])
        assert equal(seeded, classic(9))
    finally:
        set_random_seed(0)


def test_vectors_steps_and_flat_rows():
    random = np.random.default_rng(3)
    x = random.normal(size=(40, 6, 3)).astype("float32")
    model = gatewise.Sequential([Input((None, 3)), Masking(), SimpleRNN(5), Dense(2)])
    model.compile("adam", "mse")
    model.fit(x, x[:, -1, :2], epochs=1, verbose=0)
    assert model.predict(x).shape == (40, 2)
    # The input is known from the first rows.
    late = gatewise.Sequential([Bidirectional(LSTM(2, return_sequences=True)), TimeDistributed(Dense(3, "softmax"))])
    assert not late.built
    late.compile("adam", "sparse_categorical_crossentropy")
    late.fit(x, random.integers(0, 3, (40, 6)), epochs=1, verbose=0)
    assert late.predict(x).shape == (40, 6, 3)
    ragged = late.predict([x[0, :2], x[1]])
    assert [array.shape for array in ragged] == [(2, 3), (6, 3)]


def test_weights_of_models_and_layers():
    model = gatewise.Sequential([Embedding(9, 2, name="words"), LSTM(3), Dropout(0.1), Dense(1)])
    shapes = [array.shape for array in model.get_weights()]
    assert shapes == [(9, 2), (2, 12), (3, 12), (12,), (3, 1), (1,)]
    assert [layer.name for layer in model.layers] == ["words", "lstm", "dropout", "dense"]
    layer = model.get_layer("lstm")
    new = [np.full(array.shape, 0.5, dtype="float32") for array in layer.get_weights()]
    layer.set_weights(new)
    assert np.array_equal(model.get_weights()[2], new[1])
    assert model.count_params() == 18 + 24 + 36 + 12 + 4 and layer.count_params() == 72
    with pytest.raises(ValueError, match=r"lstm/kernel has the shape \[2, 12\], but an array of shape \[12, 2\]"):
        layer.set_weights([new[0].T, *new[1:]])
    with pytest.raises(ValueError, match="there is no layer 'gru'; the layers are words, lstm, dropout, dense"):
        model.get_layer("gru")


def test_frozen_layers_stay(rows):
    x, y = rows
    model = classic()
    model.layers[0].trainable = False
    model.compile("adam", "binary_crossentropy")
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    assert [np.array_equal(a, b) for a, b in zip(before, model.get_weights())] == [True] + [False] * 5


def test_layers_are_frozen_between_two_fits(rows):
    x, y = rows
    model = classic()
    model.fit(x, y, verbose=0)
    model.layers[0].trainable = False
    before = model.get_weights()
    model.fit(x, y, verbose=0)
    assert [np.array_equal(a, b) for a, b in zip(before, model.get_weights())] == [True] + [False] * 5
    model.layers[0].trainable = True
    model.fit(x, y, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])


def test_initializers_of_ones_own():
    def eye(shape, dtype=None):
        return np.eye(*shape, dtype=dtype)

    first = initializers.RandomUniform(seed=5)
    dense = Dense(3, kernel_initializer=eye, bias_initializer="ones")
    model = gatewise.Sequential([Input((None, 3)), LSTM(3, kernel_initializer="he_normal"), dense])
    assert np.array_equal(dense.get_weights()[0], np.eye(3)) and np.array_equal(dense.get_weights()[1], np.ones(3))
    assert first.seed == 5 and model.built


def test_save_and_load(rows, tmp_path):
    x, y = rows
    model = classic()
    model.fit(x, y, verbose=0)
    path = tmp_path / "model.gatewise"
    model.save(path)
    loaded = gatewise.load_model(path)
    assert np.array_equal(model.predict(x), loaded.predict(x))
    assert [type(layer).__name__ for layer in loaded.layers] == ["Embedding", "LSTM", "Dense"]
    assert loaded.layers[2].activation == "sigmoid"
    with pytest.raises(FileExistsError):
        model.save(path, overwrite=False)
    with pytest.raises(FileNotFoundError, match="there is no such model"):
        gatewise.load_model(tmp_path / "none.gatewise")
    (tmp_path / "bad.gatewise").write_bytes(b"not a model")
    with pytest.raises(ValueError, match="bad.gatewise"):
        gatewise.load_model(tmp_path / "bad.gatewise")
    weights = tmp_path / "weights.safetensors"
    model.save_weights(weights)
    other = gatewise.Sequential([Embedding(30, 5), LSTM(4), Dense(2)], seed=8)
    skipped = other.load_weights(weights, skip_mismatch=True)
    assert len(skipped) == 2 and all("dense/" in sentence for sentence in skipped)
    assert np.array_equal(other.get_weights()[1], model.get_weights()[1])
    with pytest.raises(ValueError, match="dense/kernel"):
        other.load_weights(weights)


def test_copies_and_pickles(rows):
    x, y = rows
    model = classic()
    model.fit(x, y, verbose=0)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert equal(model, twin)
        twin.fit(x, y, verbose=0)
        assert not equal(model, twin) and twin.layers[1]._model is twin
    late = pickle.loads(pickle.dumps(gatewise.Sequential([Dense(2)])))
    assert not late.built and late.predict(np.zeros((3, 4))).shape == (3, 2)


def test_metrics_and_losses_of_ones_own(rows):
    x, y = rows

    def squared(y_true, y_pred):
        return ((y_pred - y_true) ** 2).mean(axis=1), 2 * (y_pred - y_true) / y_pred.shape[1]

    def bias(y_true, y_pred):
        return (y_pred - y_true).mean(axis=1)

    own, library = classic(), classic()
    own.compile("adam", squared, metrics=[bias, gatewise.metrics.AUC(num_thresholds=20_000), "binary_accuracy"])
    library.compile("adam", "mse")
    history = own.fit(x, y, epochs=2, validation_split=0.2, verbose=0)
    library.fit(x, y, epochs=2, validation_split=0.2, verbose=0)
    assert all(np.allclose(a, b, atol=1e-5) for a, b in zip(own.get_weights(), library.get_weights()))
    names = ["loss", "bias", "auc", "binary_accuracy"]
    assert sorted(history.history) == sorted(names + [f"val_{name}" for name in names])
    figures = own.evaluate(x, y, verbose=0, return_dict=True)
    outputs = own.predict(x)[:, 0]
    assert figures["bias"] == pytest.approx(float((outputs - y).mean()), abs=1e-5)
    assert figures["binary_accuracy"] == pytest.approx(float(((outputs > 0.5) == y).mean()))
    pairs = [(a > b) + 0.5 * (a == b) for a in outputs[y == 1] for b in outputs[y == 0]]
    assert figures["auc"] == pytest.approx(float(np.mean(pairs)), abs=0.02)

    def broken(y_true, y_pred):
        raise KeyError("mine")

    own.compile("adam", broken)
    with pytest.raises(KeyError, match="mine"):
        own.fit(x, y, verbose=0)
    own.compile("adam", lambda y_true, y_pred: y_pred.sum())
    with pytest.raises(ValueError, match="must return the losses"):
        own.fit(x, y, verbose=0)


def test_optimizers_and_schedules(rows):
    x, y = rows
    rates = []

    def schedule(step):
        rates.append(step)
        return 0.01 / (1 + step)

    for optimizer in [
        "sgd", "rmsprop", "adagrad", "adadelta", "adam", "adamw", "adamax", "nadam", "lion",
        gatewise.optimizers.SGD(0.1, momentum=0.9, nesterov=True, clipnorm=1.0),
        gatewise.optimizers.Adam(gatewise.optimizers.schedules.ExponentialDecay(0.01, 10, 0.5), use_ema=True),
        gatewise.optimizers.Adam(schedule),
    ]:  # fmt: skip
        model = classic()
        before = model.get_weights()
        model.compile(optimizer, "binary_crossentropy")
        model.fit(x, y, verbose=0)
        assert not np.array_equal(before[0], model.get_weights()[0]), optimizer
    assert max(rates) >= 5
    plateau = callbacks.ReduceLROnPlateau(monitor="loss")
    with pytest.raises(ValueError, match="schedule"):
        model.fit(x, y, callbacks=[plateau], verbose=0)
    for wrong in [{"clipnorm": -1.0}, {"clipnorm": 1.0, "clipvalue": 1.0}, {"momentum": 2.0}]:
        with pytest.raises(ValueError, match=next(iter(wrong))):
            gatewise.optimizers.SGD(**wrong)


def test_layers_keep_their_weights(rows):
    x, y = rows
    model = classic()
    model.fit(x, y, verbose=0)
    before, outputs = model.get_weights(), model.predict(x)
    model.add(model.pop())
    assert np.array_equal(model.predict(x), outputs)
    # Transfer: the layers of a model in another one.
    other = gatewise.Sequential([*model.layers[:-1], Dense(3)])
    assert all(np.array_equal(a, b) for a, b in zip(other.get_weights()[:4], before[:4]))
    other.set_weights([array * 0 for array in other.get_weights()])
    assert np.array_equal(model.layers[0].get_weights()[0], before[0])


def test_a_loaded_model_is_compiled(rows, tmp_path):
    x, y = rows
    model = classic()
    model.compile(gatewise.optimizers.Adam(0.02, clipnorm=1.0), "mse", metrics=["mae", gatewise.metrics.AUC(), "acc"])
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.gatewise")
    loaded = gatewise.load_model(tmp_path / "model.gatewise")
    assert loaded.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    assert loaded.metrics_names == ["loss", "mae", "auc", "acc"] and loaded.optimizer.clipnorm == 1.0
    assert gatewise.load_model(tmp_path / "model.gatewise", compile=False).optimizer is None


def test_results_come_in_the_order_of_the_metrics(rows):
    x, y = rows
    model = classic()
    model.compile("adam", "binary_crossentropy", metrics=["AUC", "accuracy", lambda y_true, y_pred: y_pred[:, 0]])
    history = model.fit(x, y, validation_split=0.2, verbose=0)
    names = ["loss", "AUC", "accuracy", "<lambda>"]
    assert list(history.history) == names + [f"val_{name}" for name in names]
    loss, auc, accuracy, mean = model.evaluate(x, y, verbose=0)
    outputs = model.predict(x)[:, 0]
    assert accuracy == pytest.approx(float(((outputs > 0.5) == y).mean()))
    assert mean == pytest.approx(float(outputs.mean()), abs=1e-5)


def test_numpy_numbers_are_settings(rows):
    x, y = rows
    model = classic()
    weights = dict(zip(np.unique(y).astype(int), [np.float64(1.0), np.float64(3.0)]))
    stopping = callbacks.EarlyStopping(patience=np.int64(3))
    model.fit(x, y, epochs=np.int64(2), batch_size=np.int64(8), class_weight=weights, callbacks=[stopping], verbose=0)
    assert np.array_equal(model.predict(pad_sequences(x, 20).astype(">i4")), model.predict(pad_sequences(x, 20)))


def test_backups_are_deleted(rows, tmp_path):
    for _ in range(2):
        model = classic()
        history = model.fit(*rows, epochs=2, callbacks=[callbacks.BackupAndRestore(tmp_path / "bk")], verbose=0)
        assert history.epoch == [0, 1] and not any("resumed" in note for note in history.notes)
    assert not (tmp_path / "bk").exists()


def test_targets_of_steps_fit_their_rows(rows):
    model = gatewise.Sequential([Embedding(30, 3), LSTM(4, return_sequences=True), Dense(1)])
    model.compile("adam", "mse")
    x = np.ones((6, 4), dtype=int)
    model.fit(x, np.zeros((6, 4)), verbose=0)
    model.fit([[1, 2], [1, 2, 3]], [[0.0, 1.0], [0.0, 1.0, 0.0]], verbose=0)
    for given, targets in [
        (x, np.zeros((4, 6))),
        (x, np.zeros((3, 8))),
        ([[1, 2], [1, 2, 3]], [[0.0, 1.0, 0.0], [0.0, 1.0]]),
    ]:
        with pytest.raises(ValueError, match="y "):
            model.fit(given, targets, verbose=0)
    repeated = gatewise.Sequential(
        [Input((3, 2)), LSTM(4), gatewise.layers.RepeatVector(5), LSTM(2, return_sequences=True)]
    )
    assert repeated.predict(np.ones((7, 3, 2))).shape == (7, 5, 2)
    with pytest.raises(ValueError, match="rows of vectors"):
        repeated.predict(np.ones((3, 2)))


def test_class_and_sample_weights(rows):
    x, y = rows
    weighted, by_row = classic(), classic()
    weighted.fit(x, y, class_weight={0: 1.0, 1: 3.0}, verbose=0)
    by_row.fit(x, y, sample_weight=np.where(y == 1, 3.0, 1.0), verbose=0)
    assert equal(weighted, by_row)
    partly = classic()
    partly.fit(x, y, class_weight={1: 3.0}, verbose=0)
    assert equal(weighted, partly)


class Watcher(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.seen = []

    def on_train_begin(self, logs=None):
        self.seen.append("begin")

    def on_epoch_end(self, epoch, logs=None):
        self.seen.append((epoch, sorted(logs), float(self.model.get_weights()[0].sum())))

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)

    def on_train_end(self, logs=None):
        self.seen.append("end")


def test_callbacks_of_ones_own(rows):
    x, y = rows
    watcher = Watcher()
    model = classic()
    model.fit(x, y, epochs=2, batch_size=64, callbacks=[watcher], verbose=0)
    kinds = [entry if isinstance(entry, (str, int)) else entry[0] * 100 for entry in watcher.seen]
    assert kinds == ["begin", 0, 1, 2, 3, 0, 0, 1, 2, 3, 100, "end"]
    sums = [entry[2] for entry in watcher.seen if isinstance(entry, tuple)]
    assert sums[0] != sums[1] and sums[1] == pytest.approx(float(model.get_weights()[0].sum()))
    # Being watched changes nothing.
    alone = classic()
    alone.fit(x, y, epochs=2, batch_size=64, verbose=0)
    assert equal(model, alone)


def test_a_callback_changes_the_run(rows):
    x, y = rows

    class Zeros(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.set_weights([array * 0 for array in self.model.get_weights()])
            self.model.optimizer.learning_rate = 0.0
            logs["mine"] = epoch + 0.5
            self.model.stop_training = epoch == 2

    model = classic()
    history = model.fit(x, y, epochs=9, callbacks=[Zeros()], verbose=0)
    assert history.history["mine"] == [0.5, 1.5, 2.5]
    assert all(not array.any() for array in model.get_weights())


def test_an_exception_of_a_callback_is_raised(rows):
    class Broken(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            raise KeyError("mine")

    model = classic()
    before = model.get_weights()
    with pytest.raises(KeyError, match="mine"):
        model.fit(*rows, epochs=3, callbacks=[Broken()], verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])
    model.fit(*rows, verbose=0)


def test_callbacks_of_the_library(rows, tmp_path):
    x, y = rows
    model = classic()
    model.optimizer.learning_rate = 0.3
    stopping = callbacks.EarlyStopping(patience=2, restore_best_weights=True)
    plateau = callbacks.ReduceLROnPlateau(patience=1, factor=0.5)
    log = callbacks.CSVLogger(tmp_path / "log.csv")
    best = callbacks.ModelCheckpoint(tmp_path / "best.gatewise", save_best_only=True)
    lambdas = []
    told = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: lambdas.append(epoch))
    history = model.fit(
        x, y, epochs=40, validation_split=0.3, callbacks=[stopping, plateau, log, best, told], verbose=0
    )
    losses = history.history["val_loss"]
    assert len(losses) < 40 and stopping.best == min(losses) and stopping.stopped_epoch == len(losses) - 1
    assert history.history["learning_rate"][-1] < 0.3
    assert lambdas == list(range(len(losses)))
    assert len((tmp_path / "log.csv").read_text().splitlines()) == len(losses) + 1
    held = x[len(x) - int(len(x) * 0.3) :]
    assert np.array_equal(gatewise.load_model(tmp_path / "best.gatewise").predict(held), model.predict(held))


def test_a_schedule_by_a_function(rows):
    rates = callbacks.LearningRateScheduler(lambda epoch, rate: 0.1 / (epoch + 1))
    model = classic()
    history = model.fit(*rows, epochs=3, callbacks=[rates], verbose=0)
    assert history.history["learning_rate"] == pytest.approx([0.1, 0.05, 0.1 / 3])
    with pytest.raises(ValueError, match="returned 'fast'"):
        model.fit(*rows, callbacks=[callbacks.LearningRateScheduler(lambda epoch: "fast")], verbose=0)


def test_errors_say_what_to_do(rows):
    x, y = rows
    model = classic()
    for call, kind, message in [
        (lambda: model.fit([[1, 99]], [1.0]), ValueError, "99"),
        (lambda: model.fit([[1, -2]], [1.0]), ValueError, "row 0 has the id -2"),
        (lambda: model.fit([["a"]], [1.0]), TypeError, "row 0 is not a list of ids"),
        (lambda: model.fit(np.array([[0.5, 1.0]]), [1.0]), ValueError, "fractions"),
        (lambda: model.fit(x, y[:-1]), ValueError, "203 sequences and 202 targets"),
        (lambda: model.fit(x, y, epochs=1, batch_size=0), ValueError, "batch"),
        (lambda: model.fit(x), ValueError, "needs targets"),
        (lambda: model.fit(x, y, callbacks=[1]), TypeError, "not a callback"),
        (lambda: model.fit(x, y + 0.5), ValueError, "target 1.5"),
        (lambda: model.compile("adm"), ValueError, "unknown optimizer 'adm'"),
        (lambda: model.compile("adam", "bse"), ValueError, "unknown loss 'bse'"),
        (lambda: LSTM(3, activation="tan"), ValueError, "unknown activation 'tan'"),
        (lambda: LSTM(3, dtype="float64"), ValueError, "float32"),
        (lambda: LSTM(3, unknown=1), TypeError, "LSTM has no argument 'unknown'"),
        (lambda: gatewise.Sequential([Embedding(3, 2), LSTM(-1)]), ValueError, "units"),
        (lambda: gatewise.Sequential([Dense(3)]).get_weights(), ValueError, "no weights yet"),
        (lambda: model.predict(np.zeros((2, 3, 4))), ValueError, r"\[2, 3, 4\]"),
    ]:
        with pytest.raises(kind, match=message):
            call()


def test_many_threads_predict_from_one_model(rows):
    x, y = rows
    model = classic()
    expected = model.predict(x)
    wrong = []

    def hammer():
        for _ in range(40):
            if not np.array_equal(model.predict(x), expected):
                wrong.append(1)

    threads = [threading.Thread(target=hammer) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_one_thread_trains_at_a_time(rows):
    x, y = rows
    model = classic()
    refused = []

    class Again(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            try:
                model.fit(x, y, verbose=0)
            except RuntimeError as error:
                refused.append(str(error))
            assert model.predict(x[:2]).shape == (2, 1)
            assert model.evaluate(x, y, verbose=0)[0] > 0

    model.fit(x, y, callbacks=[Again()], verbose=0)
    assert len(refused) == 1 and "being trained" in refused[0]


CTRL_C = """
import numpy, gatewise, sys
from gatewise.layers import *
x = numpy.random.default_rng(1).integers(1, 30, (2000, 50))
model = gatewise.Sequential([Embedding(30, 5), LSTM(16), Dense(1, "sigmoid")])
model.compile("adam")
before = model.get_weights()
print("ready", flush=True)
try:
    model.fit(x, x[:, 0] > 15, epochs=100000, verbose=0)
except KeyboardInterrupt:
    changed = not numpy.array_equal(before[0], model.get_weights()[0])
    print("stopped", changed, model.predict(x[:3]).shape, flush=True)
"""


def test_ctrl_c_stops_and_keeps_what_was_learnt():
    with subprocess.Popen([sys.executable, "-c", CTRL_C], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.0)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=20)[0] == "stopped True (3, 1)\n"
        assert process.returncode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_predicts(rows):
    x, _ = rows
    model = classic()
    expected = model.predict(x)
    child = os.fork()
    if child == 0:
        os._exit(0 if np.array_equal(model.predict(x), expected) else 1)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0


def test_imports_are_lazy():
    code = "import sys, gatewise; print('numpy' in sys.modules, len(gatewise.__version__) > 0)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out == "False True\n"


def test_pad_sequences_and_categories():
    assert pad_sequences([[1, 2, 3], [4]]).tolist() == [[1, 2, 3], [0, 0, 4]]
    assert pad_sequences([[1, 2, 3], [4]], maxlen=2, padding="post", truncating="post", value=9).tolist() == [
        [1, 2],
        [4, 9],
    ]
    assert pad_sequences([[1, 2, 3]], maxlen=2).tolist() == [[2, 3]] and pad_sequences([[1]], maxlen=0).shape == (1, 0)
    steps = pad_sequences([[[1, 2], [3, 4]], [[5, 6]]], dtype="float32")
    assert steps.shape == (2, 2, 2) and steps[1].tolist() == [[0, 0], [5, 6]]
    assert to_categorical([0, 2]).tolist() == [[1, 0, 0], [0, 0, 1]]
    assert to_categorical([[1]], 2).tolist() == [[0, 1]]


def test_imdb_is_keras_own(data):
    path = data / "keras" / "imdb.npz"
    (x, y), (x_test, y_test) = gatewise.datasets.imdb.load_data(path, num_words=5000)
    assert len(x) == len(y) == len(x_test) == len(y_test) == 25_000
    # What Keras does with the file, written out.
    with np.load(path, allow_pickle=True) as file:
        order = np.arange(len(file["x_train"]))
        np.random.RandomState(113).shuffle(order)
        first = [1, *(rank + 3 for rank in file["x_train"][order[0]])]
        assert x[0].tolist() == [id if id < 5000 else 2 for id in first]
        assert np.array_equal(y, file["y_train"][order])
    assert gatewise.datasets.imdb.get_word_index(data / "keras" / "imdb_word_index.json")["the"] == 1


def test_direct_connections(tmp_path):
    skip = SkipConnection(LSTM(3, return_sequences=True))
    model = gatewise.Sequential([Input((None, 2)), skip, Dense(1)])
    assert [weight.shape for weight in model.get_weights()] == [(2, 12), (3, 12), (12,), (5, 1), (1,)]
    x = np.random.default_rng(1).normal(size=(4, 6, 2)).astype("float32")
    assert skip.compute_output_shape((4, 6, 2)) == (4, 6, 5)
    y = np.asarray(skip(x))
    assert y.shape == (4, 6, 5) and np.array_equal(y[..., 3:], x)
    kernel, bias = model.layers[-1].get_weights()
    assert np.allclose(model.predict(x, verbose=0), y @ kernel + bias, atol=1e-6)
    model.save(tmp_path / "skip.gatewise")
    again = gatewise.load_model(tmp_path / "skip.gatewise")
    assert equal(again, model) and isinstance(again.layers[-2], SkipConnection)
    with pytest.raises(ValueError, match="wraps an LSTM, GRU or SimpleRNN"):
        SkipConnection(Dense(2))
