#!/usr/bin/env python3
"""Accuracy of a preset, by the program itself: IMDB over seeds, TREC over seeds, movie sentences by cross-validation.

    cargo build --release
    GATEWISE_DATA=path/to/datasets bench/accuracy/accuracy.py --preset accurate [--only imdb] [--seeds 5] [--folds 10]

Needs nothing but Python's standard library. Each line of the output is one run of `gatewise train`, whose test rows are
read once, after training; then come mean and range.
"""

import argparse
import csv
import json
import os
import pathlib
import random
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
# The shuffle before the folds are cut: fixed, so that everybody cuts the same.
FOLD_SEED = 113


def train(gatewise, scratch, preset, seed, data, extra=()):
    """One run; its JSON with the seconds it took from start to exit."""
    command = [gatewise, "train", *data, "--preset", preset, "--seed", str(seed), "--format", "json"]
    command += ["--verbose", "0", "--output", str(scratch / "model.gatewise"), *extra]
    start = time.monotonic()
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
    result = json.loads(done.stdout)
    result["wall_seconds"] = time.monotonic() - start
    return result


def describe(name, result):
    parts = [f"{name}: {100 * result['accuracy']:.2f} % in {result['wall_seconds']:.0f} s"]
    for baseline in result["baselines"]:
        parts.append(f"linear alone {100 * baseline['accuracy']:.2f} %")
    unseen = result.get("out_of_fold_accuracy")
    if unseen:
        shares = ", ".join(f"{part} {100 * share:.2f} %" for part, share in unseen.items())
        parts.append(f"on unseen training rows: {shares}")
    print("; ".join(parts), flush=True)


def summary(name, results):
    accuracies = [100 * result["accuracy"] for result in results]
    linear = [100 * result["baselines"][0]["accuracy"] for result in results]
    mean = lambda shares: sum(shares) / len(shares)
    longest = max(result["wall_seconds"] for result in results)
    print(
        f"{name}: mean {mean(accuracies):.2f} %, from {min(accuracies):.2f} to {max(accuracies):.2f}, linear alone "
        f"{mean(linear):.2f} %, {len(accuracies)} runs, the longest {longest:.0f} s\n",
        flush=True,
    )


def over_seeds(name, seeds, run):
    results = []
    for seed in range(1, seeds + 1):
        results.append(run(seed))
        describe(f"{name}, seed {seed}", results[-1])
    summary(name, results)


def cross_validation(name, file, folds, scratch, run):
    """Each row is tested on once, by a model that was trained on the rows of the other folds."""
    with open(file, encoding="utf-8-sig", newline="") as lines:
        header, *rows = csv.reader(lines)
    random.Random(FOLD_SEED).shuffle(rows)
    results = []
    for fold in range(folds):
        parts = {"train": [], "test": []}
        for at, row in enumerate(rows):
            parts["test" if at % folds == fold else "train"].append(row)
        for part, own in parts.items():
            with open(scratch / f"{part}.csv", "w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([header, *own])
        results.append(run([str(scratch / "train.csv"), "--test", str(scratch / "test.csv")]))
        describe(f"{name}, fold {fold + 1}", results[-1])
    summary(name, results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gatewise", default=str(ROOT / "target/release/gatewise"))
    parser.add_argument("--data", default=os.environ.get("GATEWISE_DATA", str(ROOT.parent / "shared/datasets")))
    parser.add_argument("--preset", default="accurate", choices=["classic", "fast", "accurate"])
    parser.add_argument("--only", choices=["imdb", "sentences", "trec"])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--folds", type=int, default=10)
    args = parser.parse_args()
    data = pathlib.Path(args.data)
    wanted = lambda name: args.only in (None, name)
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        run = lambda seed, rows: train(args.gatewise, scratch, args.preset, seed, rows)
        if wanted("trec"):
            rows = [str(data / "trec_train.csv"), "--test", str(data / "trec_test.csv")]
            over_seeds("TREC", args.seeds, lambda seed: run(seed, rows))
        if wanted("sentences"):
            file = data / "movie_review_sentences.csv"
            cross_validation("movie sentences", file, args.folds, scratch, lambda rows: run(1, rows))
        if wanted("imdb"):
            rows = ["imdb", "--data-dir", str(data)]
            over_seeds("IMDB", args.seeds, lambda seed: run(seed, rows))


if __name__ == "__main__":
    main()
