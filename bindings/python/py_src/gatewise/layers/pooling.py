"""Pooling over the steps: of all of them, or of windows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatewise import _calls
from gatewise.layers.base import Layer, _positive

if TYPE_CHECKING:
    pass


class _Pooling(Layer):
    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                f"{self.name}: data_format is {data_format!r}; it must be 'channels_last' or 'channels_first'"
            )
        self.data_format, self.keepdims = data_format or "channels_last", bool(keepdims)
        self.supports_masking = False

    def _spec(self) -> dict[str, Any]:
        if self.keepdims or self.data_format == "channels_first":
            raise ValueError(
                f"{self.name}: keepdims and 'channels_first' are for calls of the layer on arrays; leave them out in a "
                "model"
            )
        return super()._spec()

    def __call__(self, inputs: Any, mask: Any = None, *, training: bool = False) -> Any:
        """Returns one vector for each row: (B, T, D) → (B, D), or (B, 1, D) with ``keepdims``. With
        ``data_format="channels_first"``, (B, D, T) → (B, D), or (B, D, 1)."""
        x = _calls.vectors(self, inputs)
        is_first = self.data_format == "channels_first"
        (output,), _, _ = _calls.call(self, x.swapaxes(1, 2) if is_first else x, mask)
        if not self.keepdims:
            return output[:, 0]
        return output.swapaxes(1, 2) if is_first else output

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        rows, width = input_shape[0], input_shape[1 if self.data_format == "channels_first" else 2]
        if not self.keepdims:
            return (rows, width)
        return (rows, width, 1) if self.data_format == "channels_first" else (rows, 1, width)

    def _settings(self) -> dict[str, Any]:
        return {}


class GlobalMaxPooling1D(_Pooling):
    """The maximum of each unit over the steps: (B, T, D) → (B, D)."""

    _name = "global_max_pooling1d"


class GlobalAveragePooling1D(_Pooling):
    """The mean of each unit over the steps that are not masked: (B, T, D) → (B, D)."""

    _name = "global_average_pooling1d"

    def __init__(self, data_format: str | None = None, keepdims: bool = False, **kwargs: Any) -> None:
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True


GlobalMaxPool1D, GlobalAvgPool1D = GlobalMaxPooling1D, GlobalAveragePooling1D


class _WindowPooling(Layer):
    def __init__(
        self,
        pool_size: int = 2,
        strides: int | None = None,
        padding: str = "valid",
        data_format: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        first = pool_size[0] if isinstance(pool_size, (list, tuple)) else pool_size
        step = strides[0] if isinstance(strides, (list, tuple)) else strides
        self.pool_size = _positive(type(self).__name__, "pool_size", first)
        self.strides = self.pool_size if step is None else _positive(type(self).__name__, "strides", step)
        if padding not in ("valid", "same"):
            raise ValueError(f"{self.name}: padding is {padding!r}; it must be 'valid' or 'same'")
        if data_format not in (None, "channels_last", "channels_first"):
            raise ValueError(
                f"{self.name}: data_format is {data_format!r}; it must be 'channels_last' or 'channels_first'"
            )
        self.padding, self.data_format = padding, data_format or "channels_last"
        self.supports_masking = False

    def _settings(self) -> dict[str, Any]:
        return {"pool_size": self.pool_size, "strides": self.strides, "padding": self.padding}

    def _spec(self) -> dict[str, Any]:
        if self.data_format == "channels_first":
            raise ValueError(
                f"{self.name}: 'channels_first' is for calls of the layer on arrays; leave it out in a model"
            )
        return super()._spec()

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns a vector for each window: (B, T, D) → (B, windows, D)."""
        x = _calls.vectors(self, inputs)
        if self.data_format == "channels_last":
            return _calls.call(self, x, mask)[0][0]
        return _calls.call(self, x.swapaxes(1, 2), mask)[0][0].swapaxes(1, 2)

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        return None

    def compute_output_shape(self, input_shape: Any) -> Any:
        is_first = self.data_format == "channels_first"
        rows, steps, width = (input_shape[0], input_shape[2], input_shape[1]) if is_first else input_shape
        if steps is not None:
            steps = -(-(steps if self.padding == "same" else steps - self.pool_size + 1) // self.strides)
        return (rows, width, steps) if is_first else (rows, steps, width)


class MaxPooling1D(_WindowPooling):
    """The maximum of each unit over windows of steps: (B, T, D) → (B, windows, D).

    Args:
        pool_size: The steps of a window.
        strides: The steps from one window to the next. Default: ``pool_size``.
        padding: ``"valid"``: windows lie within the steps; ``"same"``: the last may reach beyond.
        data_format: ``"channels_first"`` for calls on arrays (B, D, T).
    """

    _name = "max_pooling1d"


class AveragePooling1D(_WindowPooling):
    """The mean of each unit over windows of steps; the arguments are those of ``MaxPooling1D``."""

    _name = "average_pooling1d"


MaxPool1D, AvgPool1D = MaxPooling1D, AveragePooling1D
