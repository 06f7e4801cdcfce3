"""Training from texts, tables, series and files: ``train``, ``read``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

from gatewise import _gatewise, progress
from gatewise._config import plain
from gatewise._views import OutcomeViews
from gatewise.predictor import Predictor

__all__ = ["Content", "TrainOutcome", "read", "train"]


class TrainOutcome(OutcomeViews):
    """The outcome of ``train``.

    Attributes:
        model: The trained model, a ``Predictor``.
        figures: The object that ``gatewise train --format json`` prints: rows, loss, accuracy, report, seconds, ….
        plan: The settings of the run, with every default filled in.
        notes: What was found in the data and during the run, one sentence each.
        history: A list of numbers for each metric, one for each epoch: ``history["val_loss"]``.
    """

    def __init__(self, model: Predictor, figures: dict[str, Any], plan: dict[str, Any], notes: list[str]) -> None:
        self.model, self.figures, self.plan, self.notes = model, figures, plan, notes
        self.history: dict[str, list[float]] = {}
        for epoch in figures["history"]["epochs"]:
            for name, value in epoch.items():
                if value is not None and name not in ("epoch", "seconds"):
                    self.history.setdefault(name, []).append(value)

    @property
    def report(self) -> dict[str, Any] | None:
        """The metrics on the test rows; None without test rows."""
        return self.figures["report"]

    @property
    def accuracy(self) -> float | None:
        """The accuracy on the test rows; None without test rows, and for numbers and several labels."""
        return self.figures["accuracy"]

    @property
    def loss(self) -> float | None:
        """The loss on the test rows; None without test rows."""
        return self.figures["loss"]

    @property
    def baselines(self) -> list[dict[str, Any]]:
        """Simple models on the same rows: ``name``, ``accuracy`` or ``report``, ``seconds``."""
        return self.figures["baselines"]

    @property
    def interrupted(self) -> bool:
        """Whether Ctrl-C stopped the training; the model has learnt what it had seen by then."""
        return self.figures["interrupted"]

    def __repr__(self) -> str:
        accuracy = "" if self.accuracy is None else f", accuracy {100 * self.accuracy:.1f} %"
        return f"TrainOutcome({self.model!r}{accuracy})"


def train(
    data: Any,
    labels: Any = None,
    *,
    test: Any = None,
    validation: Any = None,
    kind: str | None = None,
    sample_weight: Any = None,
    verbose: Any = "auto",
    **options: Any,
) -> TrainOutcome:
    """Trains a model of texts, ids or series, tests it, and fits simple baselines to compare it with.

    Ctrl-C stops the run with what it has learnt: ``interrupted`` of the outcome is then True.

    Args:
        data: A path, or the name of data (``"imdb"``, ``"reviews"``, ``"keras-imdb"``); or rows: texts, a column of
            texts, rows of ids, an array of series ``(rows, steps, channels)``, or ``(rows, steps)`` of one channel; or
            a table (pandas, polars, pyarrow), whose columns ``text_column`` and ``label_column`` name, or which are
            found by looking.
        labels: A label for each row, or the name of the column of a table. Texts, whole numbers and truth values are
            labels; other numbers are numbers to predict (``task="regression"`` makes all of them so); lists are any
            number of labels.
        test: Rows to test on: a path, a pair of rows and labels, or a table where the data are one. Default: a tenth
            of the rows (``test_split``).
        validation: Rows to validate on, as ``test``. Default: a fifth of the training rows (``validation_split``).
        kind: ``"texts"``, ``"ids"`` or ``"series"``. Default: whole numbers ``(rows, steps)`` are ids, other numbers
            are series.
        sample_weight: A weight for each row. Whole weights are numbers of times; other weights multiply the losses,
            divided by their mean; rows of weight 0 are left out.
        verbose: 0 shows nothing, 1 or ``"auto"`` the progress, 2 one line for each epoch.
        options: The options of ``gatewise train``, with underscores: ``preset`` (``"classic"``, ``"fast"``,
            ``"accurate"``), ``task``, ``epochs``, ``batch_size``, ``learning_rate``, ``units``, ``cell``,
            ``embedding``, ``dropout``, ``max_words``, ``min_count``, ``tokenizer``, ``maxlen``, ``padding``,
            ``truncating``, ``mask_zero``, ``test_split``, ``validation_split``, ``class_weight`` (``"balanced"``, or a
            weight for each class in a list), ``threshold``, ``positive``, ``early_stopping``,
            ``reduce_lr_on_plateau``, ``seed``, ``no_baseline``, ``output``, ``checkpoint_dir``, ``checkpoint_every``,
            ``resume``, ``checkpoint_best``, ``csv_log``, ``tensorboard``, ``threads``; for files also ``text_column``,
            ``label_column``, ``delimiter``, ``header``, ``no_header``, ``encoding``, ``on_error``,
            ``label_separator``, ``data_dir``.

    Raises:
        ValueError: For an option or data that cannot be used; the message says what to do.
        FileNotFoundError: If there is no such file.
        KeyboardInterrupt: If Ctrl-C came before the first epoch was complete.

    Example::

        outcome = gatewise.train(["a fine film", "a dull film"] * 50, ["good", "bad"] * 50, epochs=3)
        outcome.model.predict_labels(["a fine film"])
    """
    settings = _settings(options)
    if isinstance(labels, str) and not isinstance(data, (str, os.PathLike)):
        # The name of the column of a table.
        settings["label_column"], labels = labels, None
    pairs: dict[str, tuple[Any, Any] | None] = {"test": None, "validation": None}
    for name, given in (("test", test), ("validation", validation)):
        if given is None:
            continue
        if isinstance(given, (str, os.PathLike)):
            settings[name] = os.fspath(given)
        elif isinstance(given, tuple) and len(given) == 2:
            pairs[name] = given
        elif labels is None and hasattr(given, "__arrow_c_stream__"):
            pairs[name] = (given, None)
        else:
            raise TypeError(f"{name} must be a path or a pair (rows, labels), not {type(given).__name__}")
    if labels is None:
        if sample_weight is not None:
            raise TypeError("sample_weight goes with rows and labels; give the columns: train(texts, labels)")
        if isinstance(data, os.PathLike):
            data = os.fspath(data)
    with progress.watch(verbose) as shown:
        native, figures, plan, notes = _gatewise.train(
            data,
            labels,
            json.dumps(settings, default=plain),
            pairs["test"],
            pairs["validation"],
            kind,
            sample_weight,
            False,
            shown,
        )
    return TrainOutcome(Predictor(native), json.loads(figures), json.loads(plan), notes)


class Content:
    """The content of a file: ``x, y = gatewise.read(path)``.

    Attributes:
        kind: ``"texts"``, ``"series"``, or ``"text"`` for a language model.
        x: Texts, a list of ``str``; series, a list of arrays ``(steps, channels)``; or one text.
        y: A label for each row: ``str``, a list of ``str``, or a number; None without labels.
        columns: The names of the columns, and the delimiter of a table.
        notes: What was found in the file, one sentence each.
    """

    def __init__(self, kind: str, x: Any, y: Any, columns: dict[str, Any], notes: list[str]) -> None:
        self.kind, self.x, self.y, self.columns, self.notes = kind, x, y, columns, notes

    def __iter__(self) -> Iterator[Any]:
        return iter((self.x, self.y))

    def __repr__(self) -> str:
        return f"Content({self.kind!r}, {len(self.x)} {'characters' if self.kind == 'text' else 'rows'})"


def read(path: str | os.PathLike[str], *, labels: bool = True, **options: Any) -> Content:
    """Reads a file of any kind that ``train`` reads.

    Args:
        path: A .csv, .tsv, .json, .jsonl, .arff or .parquet file, lines with a label each, or a folder of labelled
            texts, also packed as .gz or .zst; a .ts, .arff or UCR file of series; a text with
            ``task="language-model"``.
        labels: Whether to read labels too.
        options: ``text_column``, ``label_column``, ``delimiter``, ``header``, ``encoding``, ``on_error``,
            ``label_separator``, ``task``, as ``train``.

    Raises:
        ValueError: For a file that cannot be read so, with the line where it is wrong.
        FileNotFoundError: If there is no such file.
    """
    path = os.fspath(path)
    if not os.path.exists(path):
        raise FileNotFoundError(f"there is no file {path}; check the path")
    settings = {**_settings(options), "labels": labels}
    kind, x, y, columns, notes = _gatewise.read(path, json.dumps(settings, default=plain))
    return Content(kind, x, y, json.loads(columns), notes)


def _settings(options: dict[str, Any]) -> dict[str, Any]:
    """Returns options as the pipeline's settings: single values where it has lists, and numbers of NumPy."""
    settings: dict[str, Any] = {}
    for name, value in options.items():
        if value is None:
            continue
        if isinstance(value, os.PathLike):
            value = os.fspath(value)
        elif hasattr(value, "tolist"):
            value = value.tolist()
        if name in ("units", "text_column"):
            value = list(value) if isinstance(value, (list, tuple)) else [value]
        elif name == "class_weight" and isinstance(value, (list, tuple)):
            value = {"each": list(value)}
        settings[name] = value
    return settings
