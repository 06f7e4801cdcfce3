"""Golden numbers for all losses, their settings and their reductions: what Keras 3 on JAX answers.

Writes crates/gatewise/tests/golden/keras_losses.json. Inputs are float32 values; everything is computed in
float64, except the cases at certainty, which are computed in float32, Keras's default.

    python tools/golden/keras_losses.py         # needs keras, jax and numpy
"""

import json
import os
import pathlib
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_ENABLE_X64"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
warnings.simplefilter("ignore")

import jax
import keras
import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/keras_losses.json"
ROWS = 7
CLASSES = {
    "binary_crossentropy": "BinaryCrossentropy",
    "categorical_crossentropy": "CategoricalCrossentropy",
    "sparse_categorical_crossentropy": "SparseCategoricalCrossentropy",
    "binary_focal_crossentropy": "BinaryFocalCrossentropy",
    "categorical_focal_crossentropy": "CategoricalFocalCrossentropy",
    "kl_divergence": "KLDivergence",
    "hinge": "Hinge",
    "squared_hinge": "SquaredHinge",
    "categorical_hinge": "CategoricalHinge",
    "cosine_similarity": "CosineSimilarity",
    "mean_squared_error": "MeanSquaredError",
    "mean_absolute_error": "MeanAbsoluteError",
    "mean_absolute_percentage_error": "MeanAbsolutePercentageError",
    "mean_squared_logarithmic_error": "MeanSquaredLogarithmicError",
    "log_cosh": "LogCosh",
    "huber": "Huber",
    "poisson": "Poisson",
}
rng = np.random.default_rng(23)


def f32(x):
    """As float64, but of float32 values: what the Rust side can be given exactly."""
    return np.asarray(x, np.float32).astype(np.float64)


def short(values):
    """The shortest decimals that name these float32 values."""
    return [float(str(v)) for v in np.ravel(values).astype(np.float32)]


def exact(values):
    """Twelve digits: more than the tests compare."""
    return [float(f"{v:.12g}") for v in np.ravel(values)]


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def case(name, outputs, targets, **settings):
    """Each row's loss and gradient, and the four reductions with and without sample weights."""
    make = getattr(keras.losses, CLASSES[name])
    each = make(reduction="none", **settings)
    weights = f32(rng.uniform(0, 3, len(outputs)))
    weights[1] = 0.0
    names = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight")
    reduced = lambda w: {r: float(make(reduction=r, **settings)(targets, outputs, sample_weight=w)) for r in names}
    return {
        "loss": {"name": name, **settings},
        "width": outputs.shape[-1],
        "outputs": short(outputs),
        "targets": short(targets),
        "rows": exact(each.call(targets, outputs)),
        "gradient": exact(jax.grad(lambda x: each.call(targets, x).sum())(outputs)),
        "weights": short(weights),
        "reduced": reduced(None),
        "weighted": reduced(weights),
    }


def probabilities(width):
    return f32(rng.uniform(0.01, 0.99, (ROWS, width)))


def logits(width):
    return f32(rng.normal(0, 4, (ROWS, width)))


def labels(width):
    y = f32(rng.integers(0, 2, (ROWS, width)))
    y[5] = f32(0.3)
    return y


def one_hot(width):
    y = np.eye(width)[rng.integers(0, width, ROWS)]
    y[5] = f32(softmax(rng.normal(0, 1, width)))
    return y


def cases():
    out = []
    for width in (1, 3, 5):
        for s in (0.0, 0.2):
            for from_logits in (False, True):
                x = logits(width) if from_logits else probabilities(width)
                common = {"label_smoothing": s, "from_logits": from_logits}
                out.append(case("binary_crossentropy", x, labels(width), **common))
                focal = {"alpha": 0.4, "gamma": 1.5, "apply_class_balancing": s > 0, **common}
                out.append(case("binary_focal_crossentropy", x, labels(width), **focal))
        plain = {"apply_class_balancing": True}
        out.append(case("binary_focal_crossentropy", probabilities(width), labels(width), **plain))
    for width in (2, 5):
        for from_logits in (False, True):
            x = logits(width) if from_logits else f32(softmax(logits(width)))
            for s in (0.0, 0.2):
                common = {"label_smoothing": s, "from_logits": from_logits}
                out.append(case("categorical_crossentropy", x, one_hot(width), **common))
                for gamma in (2.0, 0.5):
                    focal = {"alpha": 0.4, "gamma": gamma, **common}
                    out.append(case("categorical_focal_crossentropy", x, one_hot(width), **focal))
            sparse = f32(rng.integers(0, width, ROWS))
            out.append(case("sparse_categorical_crossentropy", x, sparse, from_logits=from_logits))
            for ignored in (0, -1):
                sparse[2], sparse[4] = ignored, ignored
                settings = {"from_logits": from_logits, "ignore_class": ignored}
                out.append(case("sparse_categorical_crossentropy", x, sparse, **settings))
        out.append(case("kl_divergence", f32(softmax(logits(width))), one_hot(width)))
        out.append(case("categorical_hinge", logits(width), np.eye(width)[rng.integers(0, width, ROWS)]))
        out.append(case("categorical_hinge", logits(width), 2 * np.eye(width)[rng.integers(0, width, ROWS)] - 1))
    for width in (1, 4):
        x, y = f32(rng.normal(0, 2, (ROWS, width))), f32(rng.normal(0, 2, (ROWS, width)))
        # Without an error of 0, where JAX gives |e| a slope and TensorFlow and gatewise do not.
        for name in ("mean_absolute_error", "mean_absolute_percentage_error"):
            out.append(case(name, x, y))
        y[0] = x[0]
        for name in ("mean_squared_error", "log_cosh"):
            out.append(case(name, x, y))
        for delta in (1.0, 0.5):
            out.append(case("huber", x, y, delta=delta))
        out.append(case("log_cosh", 100 * x, y))
        out.append(case("cosine_similarity", x, f32(rng.normal(0, 2, (ROWS, width)))))
        classes = f32(rng.integers(0, 2, (ROWS, width)))
        for name in ("hinge", "squared_hinge"):
            out.append(case(name, x, classes))
            out.append(case(name, x, 2 * classes - 1))
        counts = f32(rng.integers(0, 6, (ROWS, width)))
        out.append(case("poisson", f32(rng.uniform(0.1, 5, (ROWS, width))), counts))
        out.append(case("mean_squared_logarithmic_error", x, counts))
    return out


def certain():
    """Probabilities of exactly 0 and 1, and confident logits, in float32."""
    keras.backend.set_floatx("float32")
    y, p = np.float32([[1, 0], [1, 0], [0, 1]]), np.float32([[1, 1], [1, 0], [0, 0]])
    z = np.float32([[100, -100], [-100, 100], [-40, 40]])
    out = []
    for name, x, settings in (
        ("binary_crossentropy", p, {}),
        ("binary_crossentropy", p, {"label_smoothing": 0.1}),
        ("categorical_crossentropy", np.float32([[1, 0], [0, 1], [1, 0]]), {}),
        ("binary_crossentropy", z, {"label_smoothing": 0.1, "from_logits": True}),
        ("categorical_crossentropy", z, {"label_smoothing": 0.1, "from_logits": True}),
    ):
        it = case(name, x, y, **settings)
        out.append({key: it[key] for key in ("loss", "width", "outputs", "targets", "rows", "reduced")})
    return out


if __name__ == "__main__":
    keras.backend.set_floatx("float64")
    value = {
        "made_by": "tools/golden/keras_losses.py",
        "keras": keras.__version__,
        "jax": jax.__version__,
        "numpy": np.__version__,
        "cases": cases(),
        "certain": certain(),
    }
    lines = ",\n".join(f'"{key}": {json.dumps(value[key])}' for key in value)
    OUT.write_text("{\n" + lines + "\n}\n")
    print(OUT, OUT.stat().st_size, len(value["cases"]))
