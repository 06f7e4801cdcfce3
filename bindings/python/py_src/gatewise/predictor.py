"""Trained models with their preprocessing: ``Predictor``, ``load``, ``sentiment``."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise
from gatewise._config import plain
from gatewise._gatewise import Answer
from gatewise.explanations import Explanation

if TYPE_CHECKING:
    import numpy as np

__all__ = ["Answer", "Predictor", "load", "sentiment"]


class Predictor:
    """A trained model with its preprocessing: what ``gatewise.train`` returns and the program ``gatewise`` saves.

    A predictor does not change, and any number of threads may share one. The outputs are the same bits from Rust, from
    the command line and from Python. ``pickle`` keeps the bytes of the model file. ``len`` is the number of recurrent
    models: 1, or the members of an ensemble.

    The rows ``x`` are what the model was trained on:

    * texts: a list, an array or a column of ``str``;
    * ids: rows of whole numbers, a list or an array ``(rows, steps)``; zeros at one side pad a row;
    * series: an array ``(rows, steps, channels)``, or ``(rows, steps)`` of one channel; a list of arrays
      ``(steps, channels)`` where the lengths differ.
    """

    def __init__(self, native: _gatewise.Predictor) -> None:
        if not isinstance(native, _gatewise.Predictor):
            raise TypeError("gatewise.load(path) makes a Predictor, and gatewise.train(...).model is one")
        self._native = native

    @classmethod
    def from_bytes(cls, data: bytes) -> Predictor:
        """Returns the model of ``to_bytes``, or of the bytes of a model file."""
        return cls(_gatewise.Predictor.from_bytes(data))

    def to_bytes(self) -> bytes:
        """Returns the bytes of the model file."""
        return self._native.to_bytes()

    def save(self, path: str | os.PathLike[str]) -> None:
        """Saves the model to one file. The file appears whole, or not at all."""
        self._native.save(os.fspath(path))

    # Predictions

    def predict(self, x: Any) -> np.ndarray:
        """Returns the outputs for rows, as Keras's ``predict``.

        Returns:
            An array ``(rows, outputs)`` of float32. Two classes: P(positive), one output. More classes, and
            several labels: the probability of each label. Regression: the number, in its own unit.
        """
        return self._native.predict(x)

    def predict_proba(self, x: Any) -> np.ndarray:
        """Returns the probability of each label, as scikit-learn's ``predict_proba``.

        Returns:
            An array ``(rows, labels)`` of float32, in the order of ``labels``; also for two classes.

        Raises:
            ValueError: If the model predicts numbers.
        """
        import numpy as np

        if not self.labels:
            raise ValueError("this model has no labels, so there are no probabilities of labels; use predict")
        outputs = self.predict(x)
        if self.problem == "single_label_classification" and outputs.shape[1] == 1:
            return np.concatenate([1 - outputs, outputs], axis=1)
        return outputs

    def predict_labels(self, x: Any) -> list[Any]:
        """Returns the predicted label of each row: a ``str``; several labels: a list; regression: a number."""
        return self._native.predict_labels(x)

    def answer(self, text: str) -> Answer:
        """Returns the prediction for one text: its label, probability, outputs, and the share of unknown words."""
        return self._native.answer(text)

    def answers(self, x: Any) -> list[Answer]:
        """Returns the predictions for rows."""
        return self._native.answers(x)

    def explain(
        self,
        x: Any,
        *,
        label: str | None = None,
        methods: str | list[str] | None = None,
        phrases: str | Sequence[str] = (),
        steps: int | None = None,
        states: bool = True,
        beginnings: bool = True,
        counterfactuals: bool = True,
    ) -> Any:
        """Returns why the model answers as it does: the contribution of each word, gates and states, and more.

        Args:
            x: One text, or rows as ``predict`` reads them.
            label: The label to explain. Default: the predicted one; of two labels the positive one.
            methods: Methods of attribution. Default: all but ``"occlusion"``.
            phrases: Phrases of the text to decompose, such as ``"not good"``.
            steps: Points of integrated gradients. Default: as many as their sum needs to be exact within 1 %.
            states: Whether to return gates and states.
            beginnings: Whether to return the answer if the text ended at each word.
            counterfactuals: Whether to search for the smallest changes that turn the answer.

        Returns:
            An ``Explanation`` for one text, and a list of them for rows.
        """
        settings = {
            "label": label,
            "methods": _list(methods),
            "phrases": list(_list(phrases)),
            "steps": steps,
            "states": states,
            "beginnings": beginnings,
            "counterfactuals": counterfactuals,
        }
        rows = [x] if isinstance(x, str) else x
        found = [
            Explanation(text) for text in _gatewise.explain(self._native, rows, json.dumps(settings, default=plain))
        ]
        return found[0] if isinstance(x, str) else found

    def predict_file(
        self,
        path: str | os.PathLike[str],
        output: str | os.PathLike[str] | None = None,
        *,
        text_column: str | list[str] | None = None,
        top_k: int | None = None,
        delimiter: str | None = None,
        header: bool | None = None,
        encoding: str | None = None,
        on_error: str | None = None,
    ) -> FilePrediction:
        """Predicts for the texts, or the series, of a file.

        Args:
            path: A .csv, .tsv, .json, .jsonl, .arff or .parquet file, lines, or a folder of texts; of a model of
                series, a .ts, .arff or UCR file.
            output: The file to write: the rows with the predictions added, in the format of its ending. Default: none;
                the rows are in ``rows`` of the result.
            text_column: The columns that contain the texts. Default: those of the training, else found by looking.
            top_k: Adds the most probable labels, with their probabilities.
            delimiter: The character between the fields of a table, such as ``";"`` or ``"tab"``.
            header: Whether the first line names the columns.
            encoding: The encoding of the file, such as ``"windows-1252"``.
            on_error: ``"fail"`` (the default) or ``"skip"``, for bad rows.
        """
        settings = {
            "text_column": _list(text_column) or [],
            "top_k": top_k,
            "delimiter": delimiter,
            "header": header,
            "encoding": encoding,
            "on_error": on_error,
        }
        target = None if output is None else os.fspath(output)
        lines, words, notes = self._native.predict_file(os.fspath(path), target, json.dumps(settings, default=plain))
        rows = None if lines is None else [json.loads(line) for line in lines.splitlines()]
        return FilePrediction(rows, json.loads(words), notes)

    # Evaluation

    def evaluate(self, x: Any, y: Any, *, calibration_bins: int | None = None) -> dict[str, Any]:
        """Returns the loss, the accuracy and the report of the model on rows and their labels.

        Args:
            x: Rows.
            y: A label for each row; lists of labels; or numbers for a model of regression.
            calibration_bins: Also returns the calibration curve, with this number of bins.
        """
        figures, _ = self._native.evaluate(x, y, json.dumps({"calibration_bins": calibration_bins}))
        return _figures(figures)

    def evaluate_file(
        self, path: str | os.PathLike[str], *, calibration_bins: int | None = None, **options: Any
    ) -> dict[str, Any]:
        """Returns the loss, the accuracy and the report of the model on the rows of a file.

        Args:
            path: A file or a folder that ``train`` reads, or the name of data: ``"reviews"``, ``"imdb"``.
            calibration_bins: Also returns the calibration curve, with this number of bins.
            options: How the rows are read: ``text_column``, ``label_column``, ``delimiter``, ``header``, ``encoding``,
                ``on_error``, ``data_dir``.
        """
        options["calibration_bins"] = calibration_bins
        if "text_column" in options:
            options["text_column"] = _list(options["text_column"])
        figures, notes = self._native.evaluate_file(os.fspath(path), json.dumps(options, default=plain))
        return {**_figures(figures), "notes": notes}

    # The model

    @property
    def labels(self) -> list[str]:
        """The labels, in the order of the outputs; empty for a model that predicts numbers."""
        return self._native.labels

    @property
    def positive(self) -> str | None:
        """The positive class of a model of two classes: the last label."""
        return self._native.positive

    @property
    def threshold(self) -> float:
        """The probability above which a row is positive, or has a label."""
        return self._native.threshold

    def with_threshold(self, threshold: float) -> Predictor:
        """Returns the model with another threshold, from 0 to 1."""
        return Predictor(self._native.with_threshold(threshold))

    @property
    def problem(self) -> str:
        """``"single_label_classification"``, ``"multi_label_classification"``, ``"regression"``, ``"language_model"``,
        or ``"outputs"`` of a model without labels."""
        return self._native.problem

    @property
    def reads(self) -> str:
        """``"texts"``, ``"series"`` or ``"ids"``."""
        return self._native.reads

    def details(self) -> dict[str, Any]:
        """Returns layers, tokenizer, vocabulary, padding, labels and training of the model."""
        details: dict[str, Any] = json.loads(self._native.details())
        return details

    def summary(self) -> None:
        """Prints the layers, their output shapes and their numbers of weights."""
        print(self._native.summary(), end="")

    def __len__(self) -> int:
        return self._native.members()

    def __repr__(self) -> str:
        labels = self.labels
        shown = ", ".join(labels[:5]) + (", …" if len(labels) > 5 else "")
        return f"Predictor({self.reads}{f' to {shown}' if shown else ''})"

    def __reduce__(self) -> tuple[Any, tuple[bytes]]:
        return Predictor.from_bytes, (self.to_bytes(),)


class FilePrediction:
    """The predictions for a file.

    Attributes:
        rows: The rows of the file as dictionaries, with the predictions added; None if a file was written.
        words: The number of ``texts``, of their ``words``, and of the ``unknown`` words among them.
        notes: What was found in the file, one sentence each.
    """

    def __init__(self, rows: list[dict[str, Any]] | None, words: dict[str, int], notes: list[str]) -> None:
        self.rows, self.words, self.notes = rows, words, notes

    def __repr__(self) -> str:
        rows = "written" if self.rows is None else f"{len(self.rows)} rows"
        return f"FilePrediction({rows})"


def load(path: str | os.PathLike[str]) -> Predictor:
    """Loads a model that ``gatewise.train``, ``Predictor.save`` or the program ``gatewise train`` saved.

    Args:
        path: The model file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a model file, or is damaged.
    """
    return Predictor(_gatewise.Predictor.load(os.fspath(path)))


def sentiment() -> Predictor:
    """Returns the built-in model, which predicts the sentiment of English film reviews: ``neg`` or ``pos``."""
    return Predictor(_gatewise.Predictor.sentiment())


def _list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _figures(text: str) -> dict[str, Any]:
    figures: dict[str, Any] = json.loads(text)
    return figures
