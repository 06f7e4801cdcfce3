"""Callbacks: code that runs between two training steps."""

from __future__ import annotations

from typing import Any

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

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Called before a batch, from 0."""

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Called after a batch, with the means of the epoch so far."""

    def _hooks(self) -> set[str]:
        """Returns the hooks that the class overrides."""
        return {hook for hook in _HOOKS if getattr(type(self), hook, None) is not getattr(Callback, hook, None)}


class History(Callback, HistoryViews):
    """What ``fit`` returns: ``history`` has a list of numbers, one an epoch, for each metric."""

    def __init__(self) -> None:
        super().__init__()
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []
