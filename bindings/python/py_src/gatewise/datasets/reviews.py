"""Generated film reviews: a small corpus that needs no download."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatewise import _gatewise

if TYPE_CHECKING:
    import numpy as np

    Part = tuple[list[str], np.ndarray]

#: The labels of the classes 0 and 1.
LABELS = ("neg", "pos")


def load_data(train_rows: int = 20_000, test_rows: int = 4_000, seed: int = 113) -> tuple[Part, Part]:
    """Returns generated reviews, the same for the same seed. No text occurs twice.

    Args:
        train_rows: The number of reviews to train on.
        test_rows: The number of reviews to test on.
        seed: The seed of the generator. With the defaults, the reviews are the data ``"reviews"`` of
            ``gatewise.train``.

    Returns:
        ``(x_train, y_train), (x_test, y_test)``: lists of texts, and int64 arrays of classes, 0 for negative and 1 for
        positive.
    """
    import numpy as np

    texts, classes = _gatewise.generate_reviews(seed, train_rows + test_rows)
    labels = np.asarray(classes, dtype="int64")
    return (texts[:train_rows], labels[:train_rows]), (texts[train_rows:], labels[train_rows:])
