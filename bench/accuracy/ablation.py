#!/usr/bin/env python3
"""What each piece of the accurate preset is worth: runs with one setting changed, judged on unseen training rows.

    cargo build --release
    GATEWISE_DATA=path/to/datasets bench/accuracy/ablation.py [--only sentences] [--seed 1]

Needs nothing but Python's standard library. Prints a table for book/accuracy.md: of the rows that a part of the ensemble
was not trained on, the share that one member, the linear model, and both get right. Test rows have no part in it.
"""

import argparse
import os
import pathlib
import tempfile

from accuracy import ROOT, train

CORPORA = {
    "imdb": lambda data: ["imdb", "--data-dir", str(data)],
    "sentences": lambda data: [str(data / "movie_review_sentences.csv")],
    "trec": lambda data: [str(data / "trec_train.csv")],
}

VARIANTS = {
    "as it is": [],
    "words that occur once are known": ["--min-count", "1"],
    "no dropout": ["--dropout", "0"],
    "GRU": ["--cell", "gru"],
    "half the units and channels": ["--units", "16", "--embedding", "16"],
    "twice the units and channels": ["--units", "64", "--embedding", "64"],
    "half the epochs": None,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gatewise", default=str(ROOT / "target/release/gatewise"))
    parser.add_argument("--data", default=os.environ.get("GATEWISE_DATA", str(ROOT.parent / "shared/datasets")))
    parser.add_argument("--only", choices=CORPORA)
    parser.add_argument("--variant", action="append", choices=VARIANTS, help="only this one; may be repeated")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for name, rows in CORPORA.items():
            if args.only in (None, name):
                print(f"| {name} | member | linear | both | seconds |\n|---|---|---|---|---|", flush=True)
                ablate(args, pathlib.Path(scratch), rows(pathlib.Path(args.data)))


def ablate(args, scratch, rows):
    epochs = None
    for variant, options in VARIANTS.items():
        if args.variant and variant not in args.variant and options != []:
            continue
        if options is None:
            options = ["--epochs", str(max(1, epochs // 2))]
        result = train(args.gatewise, scratch, "accurate", args.seed, rows, options)
        epochs = epochs or len(result["history"]["epochs"])
        shares = " | ".join(f"{100 * result['out_of_fold_accuracy'][part]:.2f}" for part in ("member", "linear", "joined"))
        print(f"| {variant} | {shares} | {result['wall_seconds']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
