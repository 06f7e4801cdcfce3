"""Layers, losses, metrics, optimizers and initializers on arrays, against figures worked by hand."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import gatewise
from gatewise import initializers, layers, losses, metrics, optimizers, regularizers


def recurrent(**arguments: object) -> layers.SimpleRNN:
    """Returns h' = tanh(2x + h/2 + 0.1), one unit."""
    layer = layers.SimpleRNN(1, **arguments)  # type: ignore[arg-type]
    layer.build((None, None, 1))
    layer.set_weights([[[2.0]], [[0.5]], [0.1]])
    return layer


def step(x: float, h: float) -> float:
    return float(np.tanh(2 * x + 0.5 * h + 0.1))


def test_a_call_with_a_state_and_a_mask() -> None:
    x = np.array([[[0.5], [-1.0], [0.25]]])
    layer = recurrent(return_sequences=True, return_state=True)
    first = step(0.5, 0.3)
    last = step(0.25, first)
    output, state = layer(x, initial_state=[[0.3]], mask=np.array([[True, False, True]]))
    # The masked step repeats the output before it, and the state passes over it.
    assert np.allclose(output[0, :, 0], [first, first, last]) and np.allclose(state, last)
    zeros = recurrent(return_sequences=True, zero_output_for_mask=True)
    output = zeros(x, initial_state=[[0.3]], mask=np.array([[True, False, True]]))
    assert np.allclose(output[0, :, 0], [first, 0, last])
    assert np.allclose(recurrent(go_backwards=True)(x), step(0.5, step(-1.0, step(0.25, 0))))


def test_a_stateful_layer_goes_on() -> None:
    layer = recurrent(stateful=True)
    once = step(0.5, 0)
    assert np.allclose(layer(np.array([[[0.5]]])), once)
    assert np.allclose(layer(np.array([[[0.5]]])), step(0.5, once))
    with pytest.raises(ValueError, match="reset_state"):
        layer(np.zeros((2, 1, 1)))
    layer.reset_state()
    assert np.allclose(layer(np.array([[[0.5]]])), once)
    with pytest.raises(ValueError, match="stateful"):
        gatewise.Sequential([layers.Input((None, 1)), recurrent(stateful=True)])


def test_both_directions() -> None:
    forward, backward = recurrent(), recurrent(go_backwards=True)
    both = layers.Bidirectional(layers.SimpleRNN(1), merge_mode=None)
    both.build((None, 2, 1))
    both.set_weights(forward.get_weights() * 2)
    x = np.array([[[0.5], [-1.0]]])
    y, z = both(x)
    assert np.allclose(y, forward(x)) and np.allclose(z, backward(x))


def test_a_layer_keeps_its_weights_in_a_model() -> None:
    layer = layers.Dense(2)
    x = np.array([[1.0, 2.0, 3.0]])
    alone = layer(x)
    model = gatewise.Sequential([layers.Input((3,)), layer])
    assert np.array_equal(model.predict(x), alone) and model.count_params() == 8
    layer.kernel.assign(np.zeros((3, 2)))
    assert not model.predict(x).any() and layer.bias.shape == (2,)
    with pytest.raises(ValueError, match="shape"):
        layer.kernel.assign(np.zeros((2, 2)))
    assert layers.Dense(2, use_bias=False).bias is None


def test_wrong_inputs_are_named() -> None:
    with pytest.raises(ValueError, match=r"\(rows, steps, numbers\).*\(2, 3\)"):
        layers.LSTM(3)(np.zeros((2, 3)))
    layer = layers.LSTM(3)
    layer(np.zeros((2, 4, 5)))
    with pytest.raises(ValueError, match="mask"):
        layer(np.zeros((2, 4, 5)), mask=np.ones((2, 3), dtype=bool))
    with pytest.raises(ValueError):
        layer(np.zeros((2, 4, 6)))
    with pytest.raises(ValueError, match="-1"):
        layers.Embedding(5, 2)(np.array([[1, -1]]))
    with pytest.raises(TypeError, match="Sequential"):
        layers.Dense(2)(layers.Input((3,)))


def test_pooling_and_embedding_masks() -> None:
    x = np.array([[[1.0], [5.0], [3.0]]])
    mask = np.array([[True, False, True]])
    assert layers.GlobalAveragePooling1D()(x, mask) == 2.0
    assert layers.GlobalMaxPooling1D(keepdims=True)(x).shape == (1, 1, 1)
    embedding = layers.Embedding(4, 2, mask_zero=True)
    assert embedding(np.array([[0, 3], [1, 1]])).shape == (2, 2, 2)
    assert embedding.compute_mask(np.array([0, 3])).tolist() == [False, True]
    assert layers.Masking().compute_mask(np.array([[[0.0, 0.0], [0.0, 1.0]]])).tolist() == [[False, True]]


def test_dropout_is_drawn_in_training_only() -> None:
    gatewise.utils.set_random_seed(1)
    layer, x = layers.Dropout(0.5), np.ones((7, 31))
    assert np.array_equal(layer(x), x)
    once, again = layer(x, training=True), layer(x, training=True)
    assert set(np.unique(once)) == {0.0, 2.0} and not np.array_equal(once, again)
    gatewise.utils.set_random_seed(1)
    assert np.array_equal(layers.Dropout(0.5)(x, training=True), once)


LAYERS = [
    layers.LSTM(3, kernel_initializer=initializers.HeNormal(seed=4), dropout=0.25, zero_output_for_mask=True),
    layers.GRU(2, reset_after=False, kernel_regularizer=regularizers.L2(0.5)),
    layers.Bidirectional(layers.SimpleRNN(2), backward_layer=layers.SimpleRNN(2, go_backwards=True)),
    layers.TimeDistributed(layers.Dense(2, activation="tanh")),
    layers.Embedding(5, 2, mask_zero=True),
    layers.LayerNormalization(epsilon=0.5),
    layers.MaxPooling1D(3, 2, "same"),
    layers.RepeatVector(3),
    layers.Activation("gelu"),
]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_layers_are_their_configurations(layer: layers.Layer) -> None:
    config = json.loads(json.dumps(layer.get_config()))
    again = type(layer).from_config(config)
    assert again.get_config() == layer.get_config() and again._settings() == layer._settings()


@pytest.mark.parametrize("made", metrics._CLASSES, ids=lambda made: made.__name__)
def test_metrics_are_their_configurations(made: type[metrics._Own]) -> None:
    needed = {"num_classes": 3, "target_class_ids": [0], "specificity": 0.5, "sensitivity": 0.5, "recall": 0.5}
    needed["precision"] = 0.5
    names = made.__init__.__code__.co_varnames
    metric = made(name="mine", **{name: value for name, value in needed.items() if name in names})
    again = made.from_config(json.loads(json.dumps(metric.get_config())))
    assert again.get_config() == metric.get_config() and again._spec() == metric._spec() and again.name == "mine"
    assert pickle.loads(pickle.dumps(metric)).name == "mine"


@pytest.mark.parametrize("made", losses._CLASSES, ids=lambda made: made.__name__)
def test_losses_are_their_configurations(made: type[losses._Own]) -> None:
    loss = made(reduction="sum", name="mine")
    again = made.from_config(json.loads(json.dumps(loss.get_config())))
    assert again.get_config() == loss.get_config() and again.reduction == "sum"
    assert losses.get(made.__name__)._spec() == made()._spec() == losses.get(getattr(losses, made._name))._spec()


def test_losses_are_reduced_and_weighted() -> None:
    y, p, w = [[0.0, 0.0], [1.0, 1.0]], [[1.0, 3.0], [1.0, 3.0]], [1.0, 0.5]
    # The losses of the rows are 5 and 2.
    assert losses.mean_squared_error(y, p).tolist() == [5, 2]
    for reduction, expected in [
        ("sum_over_batch_size", 3.0),
        ("sum", 6.0),
        ("mean_with_sample_weight", 4.0),
        (None, [5, 1]),
    ]:
        loss = losses.MeanSquaredError(reduction=reduction)
        assert np.allclose(loss(y, p, sample_weight=w), expected), reduction
    with pytest.raises(ValueError, match="reduction"):
        losses.Huber(reduction="median")
    with pytest.raises(ValueError, match="alike"):
        losses.Huber()(np.zeros((2, 3)), np.zeros((2, 2)))

    class Largest(losses.Loss):
        def call(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
            return np.abs(y_true - y_pred).max(axis=-1)

    assert Largest()(y, p) == 2.5
    with pytest.raises(ValueError, match="gradient"):
        Largest()._spec()


def test_metrics_accumulate() -> None:
    auc = metrics.AUC()
    auc.update_state([0, 0], [0.0, 0.5])
    auc.update_state([1, 1], [0.3, 0.9])
    assert abs(auc.result() - 0.75) < 1e-6
    auc.reset_state()
    assert auc.result() == 0
    mean = metrics.Mean()
    assert mean([1, 3], sample_weight=[3, 1]) == 1.5
    f1 = metrics.F1Score(threshold=0.5)
    assert f1([[1, 0], [1, 1]], [[0.9, 0.9], [0.1, 0.9]]).tolist() == pytest.approx([2 / 3, 2 / 3])
    with pytest.raises(ValueError, match="num_thresholds"):
        metrics.AUC(num_thresholds=1)
    with pytest.raises(ValueError, match="sample_weight"):
        mean([1, 3], sample_weight=[1, 2, 3])


def test_initializers_repeat_by_seed() -> None:
    seeded = initializers.GlorotUniform(seed=3)
    assert np.array_equal(seeded((4, 5)), seeded((4, 5))) and abs(seeded((4, 5))).max() <= np.sqrt(6 / 9)
    gatewise.utils.set_random_seed(5)
    first = initializers.RandomNormal()((3, 3))
    assert not np.array_equal(first, initializers.RandomNormal()((3, 3)))
    gatewise.utils.set_random_seed(5)
    assert np.array_equal(first, initializers.RandomNormal()((3, 3)))
    assert initializers.Constant(2.0)((2, 3, 4)).shape == (2, 3, 4)
    with pytest.raises(ValueError, match="matrix"):
        initializers.Orthogonal()((2, 3, 4))
    with pytest.raises(ValueError, match="scale"):
        initializers.VarianceScaling(scale=-1.0)
    model = gatewise.Sequential([layers.Input((4,)), layers.Dense(5, kernel_initializer=seeded)])
    assert np.array_equal(model.get_weights()[0], seeded((4, 5)))


def test_variables_and_optimizers() -> None:
    v = gatewise.Variable([1.0, 2.0])
    sgd = optimizers.SGD(0.5, clipvalue=1.0)
    sgd.apply([[3.0, -1.0]], [v])
    assert v.numpy().tolist() == [0.5, 2.5] and (v * 2).tolist() == [1.0, 5.0]
    with pytest.raises(ValueError, match="gradient"):
        sgd.apply([None], [v])
    kept, moved = gatewise.Variable(2.0, name="same"), gatewise.Variable(2.0, name="same")
    decay = optimizers.AdamW(0.1, weight_decay=0.5)
    decay.exclude_from_weight_decay(var_list=[kept])
    decay.apply([0.0, 0.0], [kept, moved])
    assert float(kept) == 2.0 and float(moved) == pytest.approx(1.9)
    assert float(optimizers.SGD(lambda: 0.25).learning_rate) == 0.25


def test_the_rate_after_training_is_that_of_callbacks() -> None:
    model = gatewise.Sequential([layers.Input((2,)), layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.ones((8, 2))
    schedule = gatewise.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1))
    model.fit(x, np.zeros(8), epochs=2, callbacks=[schedule], verbose=0)
    assert model.optimizer.learning_rate == 0.25 and model.optimizer.learning_rate.value == 0.25


def test_models_of_vectors_are_saved(tmp_path) -> None:  # type: ignore[no-untyped-def]
    model = gatewise.Sequential([layers.Input((None, 2)), layers.GRU(3), layers.Dense(1)])
    x = np.random.default_rng(0).normal(size=(5, 4, 2))
    model.save(tmp_path / "model.gatewise")
    assert np.array_equal(gatewise.load_model(tmp_path / "model.gatewise").predict(x), model.predict(x))
