#!/usr/bin/env python3
"""Large files: seconds and peak memory of answering a million texts and of training on five million.

    cargo build --release
    GATEWISE_DATA=path/to/datasets bench/large/large.py [--answer 1000000] [--train 5000000]

Needs nothing but Python's standard library. The texts are TREC's questions, drawn with a fixed seed; those to train on
have a number behind them, so that not all are alike.
"""

import argparse
import csv
import os
import pathlib
import random
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def measure(name, command):
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if status != 0:
        raise SystemExit(f"{name}: {' '.join(command)} failed")
    print(f"{name}: {seconds:.1f} s, {usage.ru_maxrss / 1024:.0f} MiB at most", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gatewise", default=str(ROOT / "target/release/gatewise"))
    parser.add_argument("--data", default=os.environ.get("GATEWISE_DATA", str(ROOT.parent / "shared/datasets")))
    parser.add_argument("--answer", type=int, default=1_000_000)
    parser.add_argument("--train", type=int, default=5_000_000)
    args = parser.parse_args()
    questions = str(pathlib.Path(args.data) / "trec_train.csv")
    with open(questions, encoding="utf-8-sig", newline="") as lines:
        rows = [(row["text"], row["label"]) for row in csv.DictReader(lines)]
    draw = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        texts, answers, many, model = (f"{folder}/{name}" for name in ("texts.csv", "answers.csv", "many.csv", "model.gatewise"))
        with open(texts, "w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([("text",), *((draw.choice(rows)[0],) for _ in range(args.answer))])
        quiet = ["--verbose", "0", "--no-baseline", "--output", model]
        measure("train, TREC", [args.gatewise, "train", questions, *quiet])
        measure(f"predict, {args.answer} texts, TREC's model", [args.gatewise, "predict", model, texts, "--output", answers])
        measure(f"predict, {args.answer} texts, shipped model", [args.gatewise, "predict", texts, "--output", answers])
        with open(many, "w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(("text", "label"))
            for number in range(args.train):
                text, label = draw.choice(rows)
                writer.writerow((f"{text} {number % 99_991}", label))
        measure(f"train, {args.train} texts", [args.gatewise, "train", many, "--preset", "classic", "--epochs", "1", *quiet])


if __name__ == "__main__":
    main()
