"""What a model begins with: ``Input``, ``Masking``, ``Embedding``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatewise import _calls, initializers, regularizers
from gatewise.layers.base import Layer, _initializer, _no_constraint, _positive, _regularizer

if TYPE_CHECKING:
    pass


class Input(Layer):
    """The input of a model: vectors of D numbers at each step, ``Input((T, D))`` or ``Input((None, D))``, flat vectors,
    ``Input((D,))``, or token ids, ``Input((T,))`` before an ``Embedding``.

    Args:
        shape: The shape of a row, without the batch.
        dtype: Ignored: what comes next decides what is read.
    """

    _name = "input"

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        batch_shape: Any = None,
        name: str | None = None,
    ) -> None:
        super().__init__(name=name)
        if shape is None and batch_shape is not None:
            batch_size, *shape = batch_shape
        if shape is None:
            raise ValueError("Input needs a shape: (steps, numbers), (None, numbers), or (numbers,)")
        self.shape = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
        self.batch_size = batch_size

    @classmethod
    def _default_name(cls) -> str:
        count = Layer._counts["input_layer"] = Layer._counts.get("input_layer", -1) + 1
        return "input_layer" if count == 0 else f"input_layer_{count}"

    def _settings(self) -> dict[str, Any]:
        return {"features": self.shape[-1], "sequence": len(self.shape) > 1}


InputLayer = Input


class Masking(Layer):
    """Masks the steps of vectors whose numbers are all ``mask_value``. Follows ``Input``."""

    _name = "masking"

    def __init__(self, mask_value: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.mask_value = mask_value

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the vectors, with zeros at masked steps."""
        (output,), _, _ = _calls.call(self, _calls.vectors(self, inputs))
        return output

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Returns whether a step has a number other than ``mask_value``."""
        _, mask, _ = _calls.call(self, _calls.vectors(self, inputs))
        return mask

    def _settings(self) -> dict[str, Any]:
        return {"mask_value": float(self.mask_value)}


class Embedding(Layer):
    """Token ids to vectors: (B, T) → (B, T, ``output_dim``). Weights: ``embeddings`` (input_dim, output_dim).

    Args:
        input_dim: The vocabulary size: the largest id + 1.
        output_dim: The numbers of a vector.
        mask_zero: Whether id 0 is padding, which the layers above skip.
    """

    _name = "embedding"

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        embeddings_initializer: Any = "uniform",
        embeddings_regularizer: Any = None,
        embeddings_constraint: Any = None,
        mask_zero: bool = False,
        weights: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        _no_constraint(self, embeddings_constraint=embeddings_constraint)
        self.input_dim = _positive("Embedding", "input_dim", input_dim)
        self.output_dim = _positive("Embedding", "output_dim", output_dim)
        self.mask_zero = self.supports_masking = bool(mask_zero)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self._initial_weights = weights
        if weights is not None:
            self.build()

    def build(self, input_shape: Any = None) -> None:
        """Gives a layer outside a model its weights."""
        if not self.built:
            _calls.build(self, None)

    def __call__(self, inputs: Any, *, training: bool = False, mask: Any = None) -> Any:
        """Returns the vectors of an array of ids: (…) → (…, ``output_dim``)."""
        import numpy as np

        ids = np.asarray(inputs)
        if ids.dtype.kind not in "iufb":
            raise TypeError(f"{self.name} reads ids, whole numbers from 0, but got an array of {ids.dtype}")
        self.build()
        flat = np.ascontiguousarray(ids.reshape(1, -1), dtype="int64")
        (output,), _, _ = _calls.call(self, flat)
        return output.reshape(*ids.shape, self.output_dim)

    call = __call__

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """Returns whether each id is a word, and not padding; ``None`` without ``mask_zero``."""
        import numpy as np

        return np.not_equal(inputs, 0) if self.mask_zero else None

    def compute_output_shape(self, input_shape: Any) -> Any:
        return (*input_shape, self.output_dim)

    def _regularizers(self) -> list[Any]:
        return [self.embeddings_regularizer]

    def _settings(self) -> dict[str, Any]:
        return {
            "input_dim": self.input_dim,
            "output_dim": self.output_dim,
            "mask_zero": self.mask_zero,
            "embeddings_initializer": _initializer(self.embeddings_initializer),
            "embeddings_regularizer": _regularizer(self.embeddings_regularizer),
        }

    def _initializers(self) -> list[Any]:
        return [self.embeddings_initializer]
