"""``Variable``: an array that layers and optimizers update in place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin


_count = -1


def _default_name() -> str:
    global _count
    _count += 1
    return "variable" if _count == 0 else f"variable_{_count}"


class Variable(NDArrayOperatorsMixin):
    """An array of ``float32`` with a name, which ``assign`` replaces.

    It behaves like its array in arithmetic, and ``numpy()`` returns the array. The weights of a layer,
    ``layer.weights``, are variables; ``assign`` changes the layer.

    Args:
        initializer: The first value: an array, a number, or an initializer, which ``shape`` goes with.
        shape: The shape, with an initializer.
        dtype: The type. Default: ``float32`` for numbers with fractions.
        trainable: Whether training updates the variable.
        name: A name.
    """

    def __init__(
        self,
        initializer: Any,
        shape: tuple[int, ...] | None = None,
        dtype: Any = None,
        trainable: bool = True,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        value = initializer(tuple(shape or ())) if callable(initializer) else initializer
        if dtype is None and np.asarray(value).dtype.kind == "f":
            dtype = "float32"
        self._array = np.array(value, dtype=dtype)
        self.trainable = trainable
        self.name = name or _default_name()
        self.path = self.name

    @property
    def value(self) -> np.ndarray:
        """The array."""
        return self._array

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return tuple(self.value.shape)

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return len(self.shape)

    @property
    def dtype(self) -> Any:
        """The type of the numbers, by name."""
        return self.value.dtype.name

    @property
    def size(self) -> int:
        """The number of numbers."""
        return int(self.value.size)

    def numpy(self) -> np.ndarray:
        """Returns a copy of the array."""
        return self.value.copy()

    def assign(self, value: Any) -> Variable:
        """Replaces the array by one of the same shape."""
        value = np.asarray(value, dtype=self.value.dtype)
        if value.shape != self.shape:
            raise ValueError(f"{self.path} has the shape {self.shape}, but an array of shape {value.shape} was given")
        self._replace(value)
        return self

    def assign_add(self, value: Any) -> Variable:
        """Adds to the array."""
        return self.assign(self.value + np.asarray(value, dtype=self.value.dtype))

    def assign_sub(self, value: Any) -> Variable:
        """Subtracts from the array."""
        return self.assign(self.value - np.asarray(value, dtype=self.value.dtype))

    def _replace(self, value: np.ndarray) -> None:
        self._array = value.copy()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.value, dtype=dtype) if dtype is not None or copy else self.value

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        inputs = tuple(one.value if isinstance(one, Variable) else one for one in inputs)
        return getattr(ufunc, method)(*inputs, **kwargs)

    def __getitem__(self, index: Any) -> Any:
        return self.value[index]

    def __len__(self) -> int:
        return len(self.value)

    def __float__(self) -> float:
        return float(self.value)

    def __int__(self) -> int:
        return int(self.value)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __hash__(self) -> int:
        return id(self)

    def __repr__(self) -> str:
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}>"


class Weight(Variable):
    """A weight of a layer: reads and writes the layer's array."""

    def __init__(
        self, name: str, path: str, trainable: bool, read: Callable[[], np.ndarray], write: Callable[[np.ndarray], None]
    ) -> None:
        self.name, self.path, self.trainable = name, path, trainable
        self._read, self._write = read, write

    @property
    def value(self) -> np.ndarray:
        """The array (a copy)."""
        return self._read()

    def _replace(self, value: np.ndarray) -> None:
        self._write(value)
