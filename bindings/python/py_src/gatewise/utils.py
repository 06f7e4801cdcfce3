"""Helpers with Keras's names: ``pad_sequences``, ``to_categorical``, ``set_random_seed``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_seed = 0
# How many seeds were drawn since.
_draws = 0


def set_random_seed(seed: int) -> None:
    """Sets the seed of the models that are built from now on. Default: 0, so that runs repeat."""
    global _seed, _draws
    _seed, _draws = int(seed), 0


def next_seed() -> int:
    """Returns a new seed at each call, for what has no seed of its own: a layer or an initializer outside a model. The
    seeds repeat after ``set_random_seed``."""
    global _draws
    _draws += 1
    return (_seed * 1_000_003 + _draws) % 2**64


def get_random_seed() -> int:
    """Returns the seed of the models that are built from now on."""
    return _seed


def pad_sequences(
    sequences: Iterable[Sequence[Any]],
    maxlen: int | None = None,
    dtype: Any = "int32",
    padding: str = "pre",
    truncating: str = "pre",
    value: Any = 0.0,
) -> np.ndarray:
    """Pads and truncates rows to one length.

    Args:
        sequences: Rows: lists or arrays of steps. A step is a number, or an array of one shape.
        maxlen: The length of every row. Default: the length of the longest row.
        dtype: The type of the result.
        padding: ``"pre"`` or ``"post"``: the side on which short rows are padded.
        truncating: ``"pre"`` or ``"post"``: the side on which long rows are truncated.
        value: The value that pads short rows.

    Returns:
        An array ``(rows, maxlen)``, or ``(rows, maxlen, *shape of a step)``.
    """
    import numpy as np

    if not hasattr(sequences, "__len__"):
        raise ValueError("`sequences` must be iterable, with a length")
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f"{name} is {side!r}; it must be 'pre' or 'post'")
    rows = []
    for index, row in enumerate(sequences):
        if not hasattr(row, "__len__"):
            raise ValueError(f"`sequences` must be a list of rows, but row {index} is {row!r}")
        rows.append(row)
    if maxlen is None:
        maxlen = max((len(row) for row in rows), default=0)
    step: tuple[int, ...] = next((np.asarray(row).shape[1:] for row in rows if len(row)), ())
    is_text = isinstance(value, str)
    if is_text and np.dtype(dtype) != np.dtype(object) and not np.issubdtype(dtype, np.str_):
        raise ValueError(f"the value {value!r} is a text, but the dtype is {dtype}; use dtype=object or a text's dtype")
    padded = np.full((len(rows), maxlen, *step), value, dtype=dtype)
    for index, row in enumerate(rows):
        if not len(row):
            continue
        kept = np.asarray(row[-maxlen:] if truncating == "pre" and maxlen else row[:maxlen], dtype=dtype)
        if kept.shape[1:] != step:
            raise ValueError(f"row {index} has steps of shape {kept.shape[1:]}, but other rows have {step}")
        if padding == "post":
            padded[index, : len(kept)] = kept
        else:
            padded[index, maxlen - len(kept) :] = kept
    return padded


def to_categorical(x: Any, num_classes: int | None = None) -> np.ndarray:
    """Returns class numbers as one-hot rows: an array of the shape of ``x`` and, last, ``num_classes``."""
    import numpy as np

    classes = np.asarray(x, dtype="int64")
    shape = classes.shape
    if len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    flat = classes.reshape(-1)
    if num_classes is None:
        num_classes = int(flat.max(initial=-1)) + 1
    if flat.size and not (0 <= flat.min() and flat.max() < num_classes):
        raise ValueError(f"class numbers must be from 0 to {num_classes - 1}, but found {flat.min()} to {flat.max()}")
    one_hot = np.zeros((flat.size, num_classes))
    one_hot[np.arange(flat.size), flat] = 1.0
    return one_hot.reshape(*shape, num_classes)
