"""Writes crates/gatewise/tests/golden/running_metrics.json: Keras's metrics over batches of random rows.

Each case is a metric with its arguments, rows, and weights or none; the results are those after each of three
batches of odd sizes. Keras computes in float32, its default.

    KERAS_BACKEND=jax python tools/golden/running_metrics.py
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "jax")

import keras
import numpy as np

OUT = pathlib.Path(__file__).parents[2] / "crates/gatewise/tests/golden/running_metrics.json"
CUTS = [0, 17, 18, 45]
rng = np.random.default_rng(11)


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def rows():
    n = CUTS[-1]
    y = rng.integers(0, 2, (n, 1))
    p = 1 / (1 + np.exp(-(rng.normal(0, 1, (n, 1)) + 1.5 * (y - 0.5))))
    yield "binary", y, p
    yield "tied", y, np.round(p * 5) / 5
    yield "logits", y, rng.normal(0, 2, (n, 1)) + 2 * (y - 0.5)
    y = rng.integers(0, 2, (n, 4))
    yield "labels", y, np.clip(rng.uniform(0, 1, (n, 4)) * 0.8 + 0.2 * y, 0, 1)
    c = rng.integers(0, 5, n)
    p = softmax(rng.normal(0, 1, (n, 5)) + 1.5 * np.eye(5)[c])
    yield "classes", np.eye(5)[c], p
    yield "sparse", c[:, None], p
    yield "ids", c[:, None], np.where(rng.uniform(size=(n, 1)) < 0.6, c[:, None], rng.integers(0, 5, (n, 1)))
    y = rng.normal(1, 2, (n, 3))
    yield "numbers", y, y + rng.normal(0, 1, (n, 3))
    y = rng.uniform(0.5, 3, (n, 1))
    yield "positive", y, np.abs(y + rng.normal(0, 0.5, (n, 1))) + 0.01


CASES = [
    ("accuracy:Accuracy", {}, "ids"),
    ("BinaryAccuracy", {}, "binary"), ("BinaryAccuracy", {"threshold": 0.7}, "labels"), ("BinaryAccuracy", {"threshold": 0.0}, "logits"),
    ("CategoricalAccuracy", {}, "classes"), ("SparseCategoricalAccuracy", {}, "sparse"),
    ("TopKCategoricalAccuracy", {"k": 2}, "classes"), ("SparseTopKCategoricalAccuracy", {"k": 3}, "sparse"),
    ("SparseTopKCategoricalAccuracy", {}, "sparse"),
    ("AUC", {}, "binary"), ("AUC", {}, "tied"), ("AUC", {}, "labels"), ("AUC", {"from_logits": True}, "logits"),
    ("AUC", {"num_thresholds": 7}, "binary"), ("AUC", {"num_thresholds": 6}, "tied"),
    ("AUC", {"multi_label": True}, "labels"), ("AUC", {"multi_label": True, "curve": "PR", "num_labels": 4, "label_weights": [1.0, 0.5, 2.0, 0.0]}, "labels"),
    ("AUC", {"label_weights": [1.0, 0.5, 2.0, 0.25]}, "labels"),
    ("AUC", {"thresholds": [0.3, 0.1, 0.55, 0.9]}, "binary"), ("AUC", {"thresholds": [0.25, 0.5, 0.75]}, "tied"),
    *[("AUC", {"curve": curve, "summation_method": method, "num_thresholds": 25}, name)
      for curve in ("ROC", "PR", "PRGAIN") for method in ("interpolation", "minoring", "majoring") for name in ("binary", "tied")],
    *[(kind, {}, name) for kind in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives") for name in ("binary", "labels")],
    ("TruePositives", {"thresholds": [0.8, 0.2, 0.6]}, "tied"), ("FalseNegatives", {"thresholds": [0.0, 0.5, 1.0]}, "tied"),
    ("Precision", {}, "binary"), ("Recall", {}, "tied"), ("Precision", {"thresholds": 0.7}, "labels"),
    ("Precision", {"thresholds": [0.0, 0.5, 1.0]}, "tied"), ("Recall", {"thresholds": [0.6, 0.2]}, "tied"),
    ("Precision", {"top_k": 2}, "classes"), ("Recall", {"top_k": 2}, "classes"), ("Recall", {"top_k": 3, "class_id": 1}, "classes"),
    ("Precision", {"class_id": 3}, "labels"), ("Recall", {"top_k": 2, "thresholds": 0.3}, "classes"),
    ("SensitivityAtSpecificity", {"specificity": 0.5}, "binary"), ("SpecificityAtSensitivity", {"sensitivity": 0.6}, "binary"),
    ("PrecisionAtRecall", {"recall": 0.7}, "binary"), ("RecallAtPrecision", {"precision": 0.7}, "binary"),
    ("RecallAtPrecision", {"precision": 0.6, "num_thresholds": 6}, "tied"), ("SensitivityAtSpecificity", {"specificity": 0.4, "num_thresholds": 1}, "tied"),
    ("PrecisionAtRecall", {"recall": 0.5, "class_id": 2, "num_thresholds": 50}, "labels"),
    *[("F1Score", {"average": average, "threshold": threshold}, name)
      for average in (None, "micro", "macro", "weighted") for threshold in (None, 0.4) for name in ("labels", "classes")],
    ("F1Score", {"threshold": 0.5}, "binary"), ("FBetaScore", {"beta": 2.0, "average": "macro", "threshold": 0.5}, "labels"), ("FBetaScore", {"beta": 0.5}, "classes"),
    ("R2Score", {}, "numbers"), ("R2Score", {"class_aggregation": None}, "numbers"), ("R2Score", {"class_aggregation": "variance_weighted_average"}, "numbers"),
    ("R2Score", {"num_regressors": 4}, "numbers"), ("R2Score", {"num_regressors": 3}, "positive"),
    *[(kind, {}, name) for kind in ("MeanSquaredError", "RootMeanSquaredError", "MeanAbsoluteError", "CosineSimilarity") for name in ("numbers", "positive")],
    ("LogCoshError", {}, "numbers"), ("MeanAbsolutePercentageError", {}, "positive"), ("MeanSquaredLogarithmicError", {}, "positive"),
    ("BinaryCrossentropy", {}, "binary"), ("BinaryCrossentropy", {"label_smoothing": 0.1}, "labels"), ("BinaryCrossentropy", {"from_logits": True}, "logits"),
    ("CategoricalCrossentropy", {}, "classes"), ("SparseCategoricalCrossentropy", {}, "sparse"),
    ("KLDivergence", {}, "classes"), ("Poisson", {}, "positive"), ("Hinge", {}, "logits"), ("SquaredHinge", {}, "logits"), ("CategoricalHinge", {}, "classes"),
    ("PearsonCorrelation", {}, "numbers"), ("ConcordanceCorrelation", {}, "numbers"),
    ("IoU", {"num_classes": 5, "target_class_ids": [0, 2]}, "ids"), ("MeanIoU", {"num_classes": 5}, "ids"), ("MeanIoU", {"num_classes": 5, "ignore_class": 1}, "ids"),
    ("BinaryIoU", {}, "tied"), ("BinaryIoU", {"target_class_ids": [1], "threshold": 0.6}, "binary"),
    ("OneHotIoU", {"num_classes": 5, "target_class_ids": [1, 4]}, "classes"), ("OneHotMeanIoU", {"num_classes": 5}, "classes"),
]  # fmt: skip


def main():
    data = {name: (np.float32(y), np.float32(p)) for name, y, p in rows()}
    weights = np.float32(np.round(rng.uniform(0, 2, CUTS[-1]), 2))
    weights[3] = 0.0
    cases = []
    for name, arguments, rows_name in CASES:
        y, p = data[rows_name]
        for weighted in (False, True):
            # In Keras, overlap counts whole weights only, unless it is told the type.
            more = {"dtype": "float32"} if "IoU" in name else {}
            metric = getattr(keras.metrics, name.split(":")[-1])(**arguments, **more)
            results = []
            for start, end in zip(CUTS, CUTS[1:]):
                metric.update_state(y[start:end], p[start:end], weights[start:end] if weighted else None)
                results.append(np.ravel(np.asarray(metric.result(), np.float64)).tolist())
            config = {"name": name.split(":")[-1], **arguments}
            cases.append({"metric": config, "rows": rows_name, "weighted": weighted, "results": results,
                          "scalar": np.ndim(metric.result()) == 0})
    made = {"made_by": "tools/golden/running_metrics.py", "keras": keras.__version__, "backend": keras.backend.backend(), "numpy": np.__version__}
    shown = lambda a: [float(f"{x:.9g}") for x in a.ravel().tolist()]
    values = {name: {"width": p.shape[1], "outputs": shown(p), "targets": shown(y)} for name, (y, p) in data.items()}
    lines = ",\n".join(json.dumps(case) for case in cases)
    OUT.write_text("{\n" + f'"made": {json.dumps(made)},\n"cuts": {CUTS},\n"weights": {shown(weights)},\n'
                   + '"rows": ' + json.dumps(values) + ',\n"cases": [\n' + lines + "\n]}\n")
    print(OUT, OUT.stat().st_size)


main()
