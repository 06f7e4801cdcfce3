#!/usr/bin/env python3
"""Corpora that no setting was chosen on: product reviews, tweets, editorials, and five-way sentiment, by cross-validation.

    cargo build --release
    bench/accuracy/elsewhere.py [--preset accurate] [--folds 5] [--only tweets]

Sentences whose mood twenty people rated from -4 to 4 (Hutto and Gilbert, "VADER", ICWSM 2014), as pip has them in the
source of vaderSentiment 2.5. Two classes: the mean rating is 0.5 or more, or -0.5 or less; what is between is left
out. Five: below -1.5, below -0.5, below 0.5, below 1.5, and more. Needs pip and Python's standard library.
"""

import argparse
import csv
import io
import pathlib
import subprocess
import sys
import tarfile
import tempfile

from accuracy import ROOT, cross_validation, train

FILES = {
    "product reviews": ("amazonReviewSnippets", 2),
    "tweets": ("tweets", 2),
    "editorials": ("nytEditorialSnippets", 2),
    "film reviews, five-way": ("movieReviewSnippets", 5),
}


def two(rating):
    return "positive" if rating >= 0.5 else "negative" if rating <= -0.5 else None


def five(rating):
    return str(sum(rating >= edge for edge in (-1.5, -0.5, 0.5, 1.5)))


def download(scratch):
    """The archive inside the package's source."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:"]
    subprocess.run([*command, "--dest", str(scratch), "vaderSentiment==2.5"], check=True)
    with tarfile.open(scratch / "vaderSentiment-2.5.tar.gz") as package:
        [inner] = [member for member in package.getmembers() if member.name.endswith("hutto_ICWSM_2014.tar.gz")]
        return tarfile.open(fileobj=io.BytesIO(package.extractfile(inner).read()))


def rows(archive, name, classes):
    [member] = [member for member in archive.getmembers() if member.name.endswith(f"/{name}_GroundTruth.txt")]
    for line in archive.extractfile(member).read().decode("utf-8", "replace").splitlines():
        _, rating, text = line.split("\t", 2)
        label = {2: two, 5: five}[classes](float(rating))
        if label is not None:
            yield text, label


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--gatewise", default=str(ROOT / "target/release/gatewise"))
    parser.add_argument("--preset", default="accurate", choices=["fast", "accurate"])
    parser.add_argument("--only", choices=FILES)
    parser.add_argument("--folds", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        scratch = pathlib.Path(folder)
        archive = download(scratch)
        for name, (file, classes) in FILES.items():
            if args.only not in (None, name):
                continue
            table = scratch / "all.csv"
            with open(table, "w", encoding="utf-8", newline="") as out:
                csv.writer(out).writerows([("text", "label"), *rows(archive, file, classes)])
            run = lambda files: train(args.gatewise, scratch, args.preset, 1, files)
            cross_validation(f"{name} ({args.preset})", table, args.folds, scratch, run)


if __name__ == "__main__":
    main()
