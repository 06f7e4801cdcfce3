"""Golden numbers for losses, metrics and class weights: what Keras 3 and scikit-learn answer.

Writes crates/gatewise/tests/golden/losses.json (Keras) and metrics.json (scikit-learn, and Keras for what
only Keras has). All inputs are float32 values; everything is computed in float64.

    python tools/golden/metrics.py
"""

import json
import os
import pathlib
import warnings

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import sklearn
import tensorflow as tf
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve
from sklearn.utils.class_weight import compute_class_weight
from keras.src.trainers.data_adapters.data_adapter_utils import class_weight_to_sample_weights

keras.backend.set_floatx("float64")
OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden"
MADE_BY = {
    "made_by": "tools/golden/metrics.py",
    "keras": keras.__version__,
    "tensorflow": tf.__version__,
    "scikit-learn": sklearn.__version__,
    "numpy": np.__version__,
}
rng = np.random.default_rng(7)


def f32(x):
    """As float64, but of float32 values: what the Rust side can be given exactly."""
    return np.asarray(x, np.float32).astype(np.float64)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def write(name, value):
    lines = ",\n".join(f'"{key}": {json.dumps(value[key])}' for key in value)
    path = OUT / name
    path.write_text("{\n" + lines + "\n}\n")
    print(path, path.stat().st_size)


def loss_case(name, loss, outputs, targets, folded=None, **settings):
    """Loss of each row and its gradient; `folded` gives the loss of the logits, for outputs that are logits."""
    y = tf.constant(targets)
    x = tf.Variable(outputs)
    with tf.GradientTape() as tape:
        rows = (folded or loss)(y, x)
        total = tf.reduce_sum(rows)
    weights = f32(rng.uniform(0, 3, len(outputs)))
    weights[1] = 0.0
    case = {
        "loss": name,
        "settings": settings,
        "logits": folded is not None,
        "width": outputs.shape[-1],
        "outputs": outputs.ravel().tolist(),
        "targets": np.ravel(targets).tolist(),
        "rows": rows.numpy().tolist(),
        "gradient": tape.gradient(total, x).numpy().ravel().tolist(),
        "weights": weights.tolist(),
    }
    if folded is None:
        # The class, not the function: with its reduction.
        case["weighted"] = float(settings_class(name, settings)(y, x, sample_weight=tf.constant(weights)))
    return case


def settings_class(name, settings):
    names = {
        "binary_crossentropy": keras.losses.BinaryCrossentropy,
        "categorical_crossentropy": keras.losses.CategoricalCrossentropy,
        "sparse_categorical_crossentropy": keras.losses.SparseCategoricalCrossentropy,
        "mean_squared_error": keras.losses.MeanSquaredError,
        "mean_absolute_error": keras.losses.MeanAbsoluteError,
        "huber": keras.losses.Huber,
        "poisson": keras.losses.Poisson,
    }
    return names[name](**settings)


def losses():
    cases = []
    K = keras.losses
    for width in (1, 3):
        p = f32(rng.uniform(0.001, 0.999, (6, width)))
        p[0, 0], p[1, 0] = 0.0, 1.0  # held
        y = f32(rng.integers(0, 2, (6, width)))
        y[5] = f32(0.3)
        z = f32(rng.normal(0, 4, (6, width)))
        for s in (0.0, 0.1):
            bce = lambda y, x, s=s: K.binary_crossentropy(y, x, label_smoothing=s)
            logits = lambda y, x, s=s: K.binary_crossentropy(y, x, from_logits=True, label_smoothing=s)
            cases.append(loss_case("binary_crossentropy", bce, p, y, label_smoothing=s))
            cases.append(loss_case("binary_crossentropy", bce, z, y, logits, label_smoothing=s))
    for width in (2, 5):
        p = f32(softmax(rng.normal(0, 2, (6, width))))
        p[2] = f32(p[2] * 1.5)  # not quite probabilities: divided by their sum
        one_hot = np.eye(width)[rng.integers(0, width, 6)]
        one_hot[5] = f32(np.full(width, 1 / width))
        z = f32(rng.normal(0, 4, (6, width)))
        for s in (0.0, 0.1):
            cce = lambda y, x, s=s: K.categorical_crossentropy(y, x, label_smoothing=s)
            logits = lambda y, x, s=s: K.categorical_crossentropy(y, x, from_logits=True, label_smoothing=s)
            cases.append(loss_case("categorical_crossentropy", cce, p, one_hot, label_smoothing=s))
            cases.append(loss_case("categorical_crossentropy", cce, z, one_hot, logits, label_smoothing=s))
        classes = f32(rng.integers(0, width, 6))
        sparse = K.sparse_categorical_crossentropy
        logits = lambda y, x: sparse(y, x, from_logits=True)
        # Where outputs are no probabilities, Keras's backends differ: TensorFlow clips before it normalises.
        p[2] = f32(p[2] / p[2].sum())
        cases.append(loss_case("sparse_categorical_crossentropy", sparse, p, classes))
        cases.append(loss_case("sparse_categorical_crossentropy", sparse, z, classes, logits))
    for width in (1, 4):
        p, y = f32(rng.normal(0, 2, (6, width))), f32(rng.normal(0, 2, (6, width)))
        y[0] = p[0]  # no error at all
        cases.append(loss_case("mean_squared_error", K.mean_squared_error, p, y))
        cases.append(loss_case("mean_absolute_error", K.mean_absolute_error, p, y))
        for delta in (1.0, 0.5):
            huber = lambda y, x, d=delta: K.huber(y, x, delta=d)
            cases.append(loss_case("huber", huber, p, y, delta=delta))
        rates, counts = f32(rng.uniform(0.0, 5, (6, width))), f32(rng.integers(0, 6, (6, width)))
        rates[0], counts[0] = 0.0, 0.0
        cases.append(loss_case("poisson", K.poisson, rates, counts))
    classes = f32(rng.integers(0, 4, 30))
    wide = np.eye(4)[rng.integers(0, 4, 12)]
    given = {0: 0.5, 2: 3.0, 3: 0.0}  # class 1 is left out: Keras gives it 1
    present = [0, 1, 2, 3]
    weights = {
        "classes": classes.tolist(),
        "given": [0.5, 1.0, 3.0, 0.0],
        "weights": class_weight_to_sample_weights(classes, given).tolist(),
        "balanced_classes": compute_class_weight("balanced", classes=np.array(present), y=classes).tolist(),
        "one_hot": wide.ravel().tolist(),
        "one_hot_weights": class_weight_to_sample_weights(wide, given).tolist(),
    }
    write("losses.json", {**MADE_BY, "cases": cases, "class_weight": weights})


def binary_case(name, y, p):
    """All that scikit-learn says of binary labels y and probabilities p."""
    hit = p > 0.5
    precision, recall, f1, _ = sk.precision_recall_fscore_support(y, hit, average="binary", zero_division=0)
    return {
        "name": name,
        "targets": y.tolist(),
        "outputs": p.tolist(),
        "accuracy": sk.accuracy_score(y, hit),
        "precision": precision,
        "recall": recall,
        "f1": f1,
        "confusion": sk.confusion_matrix(y, hit, labels=[0, 1]).tolist(),
        "roc_auc": sk.roc_auc_score(y, p),
        "average_precision": sk.average_precision_score(y, p),
        "log_loss": sk.log_loss(y, np.clip(p, 1e-7, 1 - 1e-7)),
        "brier": sk.brier_score_loss(y, p),
        **calibration(y, p),
    }


def calibration(y, p, bins=10):
    """scikit-learn's curve, and the expected calibration error that follows from the same bins."""
    share, mean = calibration_curve(y, p, n_bins=bins, strategy="uniform")
    edges = np.linspace(0, 1, bins + 1)
    index = np.searchsorted(edges[1:-1], p)
    counts = np.bincount(index, minlength=bins)
    counts = counts[counts > 0]
    return {
        "curve_share": share.tolist(),
        "curve_mean": mean.tolist(),
        "curve_counts": counts.tolist(),
        "ece": float(np.sum(counts / len(y) * np.abs(share - mean))),
    }


def multi_case(name, y, p):
    """All that scikit-learn says of class numbers y and rows of class probabilities p."""
    classes = p.shape[1]
    labels = list(range(classes))
    guess = p.argmax(1)
    case = {
        "name": name,
        "width": classes,
        "targets": y.tolist(),
        "outputs": p.ravel().tolist(),
        "accuracy": sk.accuracy_score(y, guess),
        "confusion": sk.confusion_matrix(y, guess, labels=labels).tolist(),
        "log_loss": sk.log_loss(y, np.clip(p / p.sum(1, keepdims=True), 1e-7, 1 - 1e-7), labels=labels),
        "perplexity": float(np.exp(keras.losses.SparseCategoricalCrossentropy()(y, p))),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for average in (None, "macro", "micro", "weighted"):
            # An average is over the classes that occur, in targets or answers: scikit-learn's default.
            over = labels if average is None else None
            values = sk.precision_recall_fscore_support(
                y, guess, labels=over, average=average, zero_division=0
            )[:3]
            case[average or "each"] = [np.asarray(v).tolist() for v in values]
        for k in (1, 2, 3):
            case[f"top_{k}"] = float(np.mean(keras.metrics.sparse_top_k_categorical_accuracy(y, p.astype("float32"), k=k)))
    return case


def metrics():
    binary = []
    y = f32(rng.integers(0, 2, 60))
    p = f32(1 / (1 + np.exp(-(rng.normal(0, 1, 60) + 1.5 * (y - 0.5)))))
    binary.append(binary_case("smooth", y, p))
    binary.append(binary_case("tied", y, f32(np.round(p * 5) / 5)))
    rare = f32(rng.uniform(0, 1, 40) < 0.15)
    rare[0], rare[1] = 1.0, 0.0
    binary.append(binary_case("rare", rare, f32(rng.uniform(0, 0.6, 40))))
    binary.append(binary_case("constant", y, f32(np.full(60, 0.4))))
    binary.append(binary_case("perfect", y, f32(0.2 + 0.6 * y)))
    multi = []
    y = f32(rng.integers(0, 4, 50))
    z = rng.normal(0, 1, (50, 4)) + 1.2 * np.eye(4)[y.astype(int)]
    multi.append(multi_case("four", y, f32(softmax(z))))
    y = f32(rng.integers(0, 3, 20))
    z = rng.normal(0, 1, (20, 5)) - 9 * np.eye(5)[4]  # class 3 is in no target, class 4 is never said
    multi.append(multi_case("absent classes", y, f32(softmax(z))))
    ties = f32(np.round(softmax(rng.normal(0, 1, (24, 4))) * 4) / 4 + 0.01)
    multi.append(multi_case("tied", f32(rng.integers(0, 4, 24)), ties))
    y, p = f32(rng.normal(3, 2, 40)), f32(rng.normal(3, 2, 40))
    y[3] = 0.0
    regression = {
        "targets": y.tolist(),
        "outputs": p.tolist(),
        "mae": sk.mean_absolute_error(y, p),
        "rmse": sk.root_mean_squared_error(y, p),
        "mape_keras": float(np.mean(keras.losses.mean_absolute_percentage_error(y[4:], p[4:]))),
        "mape_sklearn": sk.mean_absolute_percentage_error(y[4:], p[4:]),
    }
    write("metrics.json", {**MADE_BY, "binary": binary, "multi": multi, "regression": regression})


if __name__ == "__main__":
    losses()
    metrics()
