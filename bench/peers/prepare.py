"""Writes what every peer reads: the padded reviews and the initial weights.

In: `imdb.npz` (Keras's file, found under --data). Out, in --out: `train_T.i32` and `test_T.i32`
(rows x T, little-endian), `train.u8` and `test.u8` (labels), `short.i32` (one review of 190 ids),
`weights_V_E_H1-H2.bin` (f32, arrays in the order of `weights()`).
"""

import argparse
from pathlib import Path

import numpy as np

TRAIN_ROWS = 20_000
START, OOV, INDEX_FROM = 1, 2, 3


def load_rows(path, num_words, seed=113):
    """`keras.datasets.imdb.load_data(num_words=..., seed=...)`, without Keras."""
    with np.load(path, allow_pickle=True) as file:
        parts = [(file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])]
    random = np.random.RandomState(seed)
    out = []
    for rows, labels in parts:
        order = np.arange(len(rows))
        random.shuffle(order)
        ids = [[START] + [w + INDEX_FROM for w in rows[i]] for i in order]
        out.append(([[w if w < num_words else OOV for w in row] for row in ids], labels[order]))
    return out


def pad(rows, steps):
    """`pad_sequences(rows, maxlen=steps)`: zeros before, long rows cut before."""
    out = np.zeros((len(rows), steps), "<i4")
    for line, row in zip(out, rows):
        kept = row[-steps:]
        line[steps - len(kept) :] = kept
    return out


def glorot(random, rows, columns):
    limit = np.sqrt(6.0 / (rows + columns))
    return random.uniform(-limit, limit, (rows, columns))


def orthogonal(random, rows, columns):
    q, r = np.linalg.qr(random.normal(size=(columns, rows)))
    return (q * np.sign(np.diag(r))).T


def weights(vocabulary, width, units, seed=1):
    """Keras's initialisers: embeddings; kernel, recurrent kernel, bias (gates i f c o) a layer; dense."""
    random = np.random.default_rng(seed)
    out, inputs = [random.uniform(-0.05, 0.05, (vocabulary, width))], width
    for h in units:
        bias = np.zeros(4 * h)
        bias[h : 2 * h] = 1
        out += [glorot(random, inputs, 4 * h), orthogonal(random, h, 4 * h), bias]
        inputs = h
    return out + [glorot(random, inputs, 1), np.zeros(1)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, nargs="+", default=[300, 1000])
    parser.add_argument("--models", nargs="+", default=["5000_15_10"], help="V_E_H or V_E_H1-H2")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    (train, train_labels), (test, test_labels) = load_rows(args.data, num_words=5000)
    for steps in args.steps:
        pad(train[:TRAIN_ROWS], steps).tofile(args.out / f"train_{steps}.i32")
        pad(test, steps).tofile(args.out / f"test_{steps}.i32")
    train_labels[:TRAIN_ROWS].astype("u1").tofile(args.out / "train.u8")
    test_labels.astype("u1").tofile(args.out / "test.u8")
    pad([next(row for row in test if len(row) >= 190)], 190).tofile(args.out / "short.i32")
    for model in args.models:
        vocabulary, width, units = model.split("_")
        arrays = weights(int(vocabulary), int(width), [int(h) for h in units.split("-")])
        flat = np.concatenate([a.ravel() for a in arrays]).astype("<f4")
        flat.tofile(args.out / f"weights_{model}.bin")


if __name__ == "__main__":
    main()
