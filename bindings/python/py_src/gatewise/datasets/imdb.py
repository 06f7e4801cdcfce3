"""The IMDB film reviews, as Keras has them: 25,000 reviews to train on and as many to test on."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from gatewise import _gatewise

if TYPE_CHECKING:
    import numpy as np

    Part = tuple[np.ndarray, np.ndarray]


def load_data(
    path: str | os.PathLike[str] = "imdb.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
) -> tuple[Part, Part]:
    """Returns the reviews as rows of word ids, in Keras's order.

    Args:
        path: ``imdb.npz``, or a folder that contains it. A relative path is also looked for in ``$GATEWISE_DATA``,
            ``$GATEWISE_DATA/keras`` and ``~/.keras/datasets``.
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
    found = _find(path, "imdb.npz")
    parts = _gatewise.keras_imdb(found, num_words, skip_top, maxlen, seed, start_char, oov_char, index_from)
    train, test = (_rows(*part) for part in parts)
    return train, test


def get_word_index(path: str | os.PathLike[str] = "imdb_word_index.json") -> dict[str, int]:
    """Returns the rank of each word, from 1 for the most frequent. ``load_data`` adds ``index_from`` to it."""
    words = _gatewise.word_index(_find(path, "imdb_word_index.json"))
    return {word: rank for rank, word in enumerate(words, 1)}


def _find(path: str | os.PathLike[str], name: str) -> str:
    places = [Path()]
    if data := os.environ.get("GATEWISE_DATA"):
        places += [Path(data), Path(data, "keras")]
    places.append(Path.home() / ".keras" / "datasets")
    for place in places:
        candidate = place / path
        if candidate.is_dir():
            candidate /= name
        if candidate.exists():
            return str(candidate)
    looked = ", ".join(str(place / path) for place in places)
    raise FileNotFoundError(
        f"there is no {name}; looked for {looked}. Give its path, or set GATEWISE_DATA to the folder that contains it"
    )


def _rows(ids: np.ndarray, ends: np.ndarray, labels: np.ndarray) -> Part:
    import numpy as np

    rows = np.empty(len(ends), dtype=object)
    start = 0
    for index, end in enumerate(ends.tolist()):
        rows[index] = ids[start:end]
        start = end
    return rows, labels
