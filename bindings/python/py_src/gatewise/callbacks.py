"""Callbacks: code that runs between two training steps."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gatewise._config import plain as _plain
from gatewise._views import HistoryViews

_HOOKS = (
    "on_train_begin", "on_train_end", "on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end",
    "on_batch_begin", "on_batch_end",
)  # fmt: skip


class Callback:
    """The base of callbacks: override the hooks that are of interest.

    In a hook, ``self.model`` shows the weights of the moment. ``self.model.stop_training = True`` ends training after
    the hook; ``self.model.optimizer.learning_rate = …`` and ``self.model.set_weights(…)`` take effect with the next
    step.
    """

    def __init__(self) -> None:
        self.params: dict[str, Any] = {}
        self._model: Any = None

    @property
    def model(self) -> Any:
        """The model that is trained."""
        return self._model

    def set_params(self, params: dict[str, Any]) -> None:
        """Receives the sizes of the run: ``epochs``, ``steps``, ``verbose``."""
        self.params = params

    def set_model(self, model: Any) -> None:
        """Receives the model."""
        self._model = model

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Called before the first epoch."""

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Called after the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Called before an epoch, from 0."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Called after an epoch and its validation, with its metrics."""

    def on_test_begin(self, logs: dict[str, float] | None = None) -> None:
        """Called before ``evaluate``. Not called for the validation within ``fit``."""

    def on_test_end(self, logs: dict[str, float] | None = None) -> None:
        """Called after ``evaluate``, with its results."""

    def on_predict_begin(self, logs: dict[str, float] | None = None) -> None:
        """Called before ``predict``."""

    def on_predict_end(self, logs: dict[str, float] | None = None) -> None:
        """Called after ``predict``."""

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Called before a batch, from 0."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Called after a batch, with the means of the epoch so far."""

    def _built_in(self) -> str | None:
        """Returns the arguments of the library's own callback that this object chooses, as JSON."""
        return None

    def _after_fit(self) -> None:
        """Called when ``fit`` has ended without an exception."""

    def _show(self, epoch: int, state: str) -> None:
        """Receives the state of the library's own callback after an epoch."""

    def _hooks(self) -> set[str]:
        """Returns the hooks that the class overrides."""
        return {hook for hook in _HOOKS if getattr(type(self), hook, None) is not getattr(Callback, hook, None)}


class History(Callback, HistoryViews):
    """What ``fit`` returns: ``history`` has a list of numbers, one for each epoch, under the name of each metric;
    ``epoch`` has the numbers of the epochs, and ``notes`` what the run remarked."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
        self.notes: list[str] = []


class LambdaCallback(Callback):
    """Calls functions: ``LambdaCallback(on_epoch_end=lambda epoch, logs: print(logs["loss"]))``."""

    def __init__(
        self,
        on_epoch_begin: Callable[..., Any] | None = None,
        on_epoch_end: Callable[..., Any] | None = None,
        on_train_begin: Callable[..., Any] | None = None,
        on_train_end: Callable[..., Any] | None = None,
        on_train_batch_begin: Callable[..., Any] | None = None,
        on_train_batch_end: Callable[..., Any] | None = None,
        **functions: Callable[..., Any] | None,
    ) -> None:
        super().__init__()
        given = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **functions,
        }
        self._given = {hook: function for hook, function in given.items() if function is not None}
        for hook, function in self._given.items():
            if hook not in _HOOKS:
                raise TypeError(f"LambdaCallback has no hook {hook!r}; the hooks are {', '.join(_HOOKS)}")
            setattr(self, hook, function)

    def _hooks(self) -> set[str]:
        return set(self._given) | super()._hooks()


class _BuiltIn(Callback):
    """A callback of the library: Python keeps its arguments."""

    def _arguments(self) -> dict[str, Any]:
        raise NotImplementedError

    def _built_in(self) -> str | None:
        name = next(made.__name__ for made in type(self).__mro__ if made.__module__ == __name__)
        return json.dumps({"callback": name, **self._arguments()}, default=_plain)


class EarlyStopping(_BuiltIn):
    """Stops training when a metric has stopped improving.

    Args:
        monitor: The name of the metric.
        min_delta: The least change that is an improvement.
        patience: The number of epochs without an improvement after which training stops.
        mode: ``"auto"``, ``"min"`` or ``"max"``: the direction of an improvement.
        baseline: A value that the metric must be better than.
        restore_best_weights: Whether the model gets the weights of the best epoch at the end.
        start_from_epoch: The number of epochs to wait before it watches.

    Attributes:
        best, best_epoch, wait, stopped_epoch: What it has seen.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__()
        self.monitor, self.min_delta, self.patience, self.verbose = monitor, abs(min_delta), patience, verbose
        self.mode, self.baseline = mode, baseline
        self.restore_best_weights, self.start_from_epoch = restore_best_weights, start_from_epoch
        self.best: float | None = None
        self.best_epoch = self.wait = self.stopped_epoch = 0

    def _arguments(self) -> dict[str, Any]:
        return {
            "monitor": self.monitor,
            "min_delta": float(self.min_delta),
            "patience": self.patience,
            "mode": self.mode,
            "baseline": self.baseline,
            "restore_best_weights": self.restore_best_weights,
            "start_from_epoch": self.start_from_epoch,
        }

    def _show(self, epoch: int, state: str) -> None:
        kept = json.loads(state)
        self.best, self.best_epoch, self.wait = kept["best"], kept["best_epoch"], kept["wait"]
        self.stopped_epoch = epoch if self.wait and self.wait >= self.patience else 0
        if self.verbose and self.stopped_epoch:
            print(f"Epoch {epoch + 1}: early stopping")


class ModelCheckpoint(_BuiltIn):
    """Saves the model, or its weights, while it trains.

    Args:
        filepath: The file. ``{epoch:02d}`` and ``{val_loss:.2f}`` stand for the number of the epoch and for metrics.
        monitor: The metric that ``save_best_only`` compares.
        save_best_only: Whether to save only what is better than all before.
        save_weights_only: Whether to save the weights without the layers.
        mode: ``"auto"``, ``"min"`` or ``"max"``.
        save_freq: ``"epoch"``, or a number of batches.
        initial_value_threshold: What the first model must be better than.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: int | str = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__()
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"ModelCheckpoint: save_freq is {save_freq!r}; it must be 'epoch' or a number of batches")
        self.filepath, self.monitor, self.verbose = os.fspath(filepath), monitor, verbose
        self.save_best_only, self.save_weights_only = save_best_only, save_weights_only
        self.mode, self.save_freq, self.initial_value_threshold = mode, save_freq, initial_value_threshold
        self.best: float | None = initial_value_threshold

    def _arguments(self) -> dict[str, Any]:
        return {
            "filepath": self.filepath,
            "monitor": self.monitor,
            "save_best_only": self.save_best_only,
            "save_weights_only": self.save_weights_only,
            "mode": self.mode,
            "save_freq": None if self.save_freq == "epoch" else self.save_freq,
            "initial_value_threshold": self.initial_value_threshold,
        }

    def _show(self, epoch: int, state: str) -> None:
        self.best = json.loads(state)["best"]


class ReduceLROnPlateau(_BuiltIn):
    """Lowers the learning rate when a metric has stopped improving.

    Args:
        monitor: The name of the metric.
        factor: What the rate is multiplied by.
        patience: The number of epochs without an improvement after which the rate is lowered.
        mode: ``"auto"``, ``"min"`` or ``"max"``.
        min_delta: The least change that is an improvement.
        cooldown: The number of epochs to wait after the rate was lowered.
        min_lr: The least rate.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
    ) -> None:
        super().__init__()
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor is {factor}, which does not lower the rate; use less than 1")
        self.monitor, self.factor, self.patience, self.verbose = monitor, factor, patience, verbose
        self.mode, self.min_delta, self.cooldown, self.min_lr = mode, min_delta, cooldown, min_lr
        self.best: float | None = None
        self.wait = self.cooldown_counter = 0

    def _arguments(self) -> dict[str, Any]:
        return {
            "monitor": self.monitor,
            "factor": float(self.factor),
            "patience": self.patience,
            "mode": self.mode,
            "min_delta": float(self.min_delta),
            "cooldown": self.cooldown,
            "min_lr": float(self.min_lr),
        }

    def _show(self, epoch: int, state: str) -> None:
        kept = json.loads(state)
        self.best, self.wait, self.cooldown_counter = kept["best"], kept["wait"], kept["cooldown"]


class LearningRateScheduler(_BuiltIn):
    """Sets the learning rate before each epoch: ``schedule(epoch, rate)``, or ``schedule(epoch)``, returns it."""

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule, self.verbose = schedule, verbose

    def _arguments(self) -> dict[str, Any]:
        return {}

    def _rate(self, epoch: int, rate: float) -> float:
        import inspect

        try:
            count = len(inspect.signature(self.schedule).parameters)
        except (TypeError, ValueError):
            count = 2
        new = self.schedule(epoch) if count == 1 else self.schedule(epoch, rate)
        if isinstance(new, bool) or not isinstance(new, (int, float)) and not hasattr(new, "__float__"):
            raise ValueError(f"the schedule of LearningRateScheduler returned {new!r}; it must return a number")
        if self.verbose:
            print(f"Epoch {epoch + 1}: the learning rate is {float(new):.4g}")
        return float(new)


class CSVLogger(_BuiltIn):
    """Writes the metrics of each epoch to a CSV file."""

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename, self.separator, self.append = os.fspath(filename), separator, append

    def _arguments(self) -> dict[str, Any]:
        return {"filename": self.filename, "separator": self.separator, "append": self.append}


class TensorBoard(_BuiltIn):
    """Writes the metrics of each epoch for TensorBoard.

    Keras's other arguments are accepted and have no effect: there are no histograms, graphs, images or profiles.
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: int | str = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ) -> None:
        super().__init__()
        self.log_dir = os.fspath(log_dir)

    def _arguments(self) -> dict[str, Any]:
        return {"log_dir": self.log_dir}


class TerminateOnNaN(_BuiltIn):
    """Ends training without an exception when a loss, a gradient or a weight is not finite.

    Args:
        raise_error: Whether to raise ``FloatingPointError`` instead, as ``fit`` does without this callback.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def _built_in(self) -> str | None:
        return None if self.raise_error else super()._built_in()

    def _arguments(self) -> dict[str, Any]:
        return {}


class BackupAndRestore(_BuiltIn):
    """Saves the state of training after each epoch; a run that was killed goes on from there, to the same bits.

    Args:
        backup_dir: The folder of the checkpoints.
        save_freq: ``"epoch"``; the state is saved within long epochs too.
        delete_checkpoint: Whether the checkpoints are deleted when ``fit`` has ended.
    """

    def __init__(
        self, backup_dir: str | os.PathLike[str], save_freq: str = "epoch", delete_checkpoint: bool = True
    ) -> None:
        super().__init__()
        self.backup_dir, self.save_freq, self.delete_checkpoint = os.fspath(backup_dir), save_freq, delete_checkpoint

    def _arguments(self) -> dict[str, Any]:
        return {"backup_dir": self.backup_dir}

    def _after_fit(self) -> None:
        if not self.delete_checkpoint:
            return
        # Nothing else is deleted, and the folder only if it is then empty.
        folder = Path(self.backup_dir)
        for file in [*folder.glob("checkpoint-*"), folder / ".lock"]:
            file.unlink(missing_ok=True)
        try:
            folder.rmdir()
        except OSError:
            pass
