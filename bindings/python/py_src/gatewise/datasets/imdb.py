"""The IMDB film reviews, as Keras has them: 25,000 reviews to train on and as many to test on."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gatewise import _gatewise

if TYPE_CHECKING:
    import numpy as np

    Part = tuple[np.ndarray, np.ndarray]


def load_data(
    path: str | os.PathLike[str] | None = None,
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Part, Part]:
    """Returns the reviews as rows of word ids.

    With Keras's ``imdb.npz``, ids and order are Keras's. Without it, the reviews are read as their publisher has them,
    and downloaded once if need be: words are then ranked by the training reviews alone, and ids are others.

    Args:
        path: ``imdb.npz``, or a folder that contains it. Default: ``imdb.npz`` in the current folder, in
            ``$GATEWISE_DATA``, ``$GATEWISE_DATA/keras`` or ``~/.keras/datasets``.
        num_words: Ids from ``num_words`` on are out of vocabulary.
        skip_top: Ids below ``skip_top`` are out of vocabulary.
        maxlen: Reviews of ``maxlen`` or more ids are removed.
        seed: The seed that shuffles the reviews.
        start_char: The id at the start of every review.
        oov_char: The id of words that are out of vocabulary; ``None`` drops them.
        index_from: The offset that is added to the rank of a word.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: arrays of rows, each an ``int32`` array of ids, and labels, 0 or 1.
    """
    arguments = json.dumps(
        {
            "num_words": num_words,
            "skip_top": skip_top,
            "maxlen": maxlen,
            "seed": seed,
            "start_char": start_char,
            "oov_char": oov_char,
            "index_from": index_from,
        }
    )
    found = _find(path, "imdb.npz")
    parts = _gatewise.imdb_reviews(arguments, _shown) if found is None else _gatewise.keras_imdb(found, arguments)
    train, test = (_rows(*part) for part in parts)
    return train, test


def get_word_index(path: str | os.PathLike[str] | None = None) -> dict[str, int]:
    """Returns the rank of each word, from 1 for the most frequent. ``load_data`` adds ``index_from`` to it.

    Args:
        path: ``imdb_word_index.json``, or a folder that contains it. Default: as for ``load_data``.
    """
    # One source for both: ids and words go together.
    found = _find(path, "imdb_word_index.json") if path is not None or _find(None, "imdb.npz") else None
    words = _gatewise.imdb_words(_shown) if found is None else _gatewise.word_index(found)
    return {word: rank for rank, word in enumerate(words, 1)}


def _find(path: str | os.PathLike[str] | None, name: str) -> str | None:
    """Returns where the file is; ``None`` if no path was given and it is nowhere."""
    places = [Path()]
    if data := os.environ.get("GATEWISE_DATA"):
        places += [Path(data), Path(data, "keras")]
    places.append(Path.home() / ".keras" / "datasets")
    for place in places:
        candidate = place / (name if path is None else path)
        if candidate.is_dir():
            candidate /= name
        if candidate.exists():
            return str(candidate)
    if path is None:
        return None
    looked = ", ".join(str(place / path) for place in places)
    raise FileNotFoundError(
        f"there is no {name}; looked for {looked}. Give its path, or leave it out to use the reviews of the publisher"
    )


def _shown(done: int, total: int | None) -> None:
    """Shows a download on the standard error."""
    share = f" of {total / 1e6:.0f}" if total else ""
    end = "\n" if done == total else ""
    print(f"\rdownloading the IMDB reviews: {done / 1e6:.0f}{share} MB", end=end, file=sys.stderr, flush=True)


def _rows(ids: np.ndarray, ends: np.ndarray, labels: np.ndarray) -> Part:
    import numpy as np

    rows = np.empty(len(ends), dtype=object)
    start = 0
    for index, end in enumerate(ends.tolist()):
        rows[index] = ids[start:end]
        start = end
    return rows, labels
