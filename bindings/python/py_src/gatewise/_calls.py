"""Layers outside a model: their own weights, and calls on arrays.

A layer that belongs to a model has the model's weights. Any other gets its own by ``build`` or by its first call, and
keeps them when it joins a model later.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from gatewise import _gatewise, initializers, utils

if TYPE_CHECKING:
    import numpy as np

    from gatewise.layers import Layer


def build(layer: Layer, width: int | None) -> None:
    """Gives a layer weights of its own, for vectors of ``width`` numbers; ``None`` for ids."""
    spec = [] if width is None else [{"layer": "input", "features": int(width)}]
    native = _gatewise.Model.compile(json.dumps([*spec, layer._call_spec(built=True)]), utils.next_seed())
    layer._own_names = [name.split("/", 1)[1] for name, _, _ in native.tensors()]
    weights = native.get_weights()
    for index, initializer in enumerate(layer._initializers()):
        if not isinstance(initializer, initializers.Initializer) or initializer._is_own:
            weights[index] = _array(initializer(tuple(weights[index].shape)))
    given = layer._initial_weights
    if given is not None:
        given = given if isinstance(given, (list, tuple)) else [given]
        weights = [_array(new) for new in given]
    layer._own = weights


def _array(values: Any) -> np.ndarray:
    import numpy as np

    return np.array(values, dtype="float32")


def call(
    layer: Layer, x: Any, mask: Any = None, initial_state: Any = None, training: bool = False
) -> tuple[list[np.ndarray], np.ndarray | None, list[np.ndarray]]:
    """Returns the outputs (B, T, D), the mask and the states of a layer for ``x`` (B, T, D) or ids (B, T)."""
    import numpy as np

    if mask is not None:
        mask = np.ascontiguousarray(mask, dtype=bool)
        mask = mask.reshape(*x.shape[:2], -1)[..., 0] if mask.ndim > 2 else mask
    seed = getattr(layer, "seed", None)
    if training:
        seed = utils.next_seed() if seed is None else seed + layer._calls
        layer._calls += 1
    return _gatewise.call_layer(
        json.dumps(layer._call_spec()),
        layer.get_weights() if layer.built and layer._has_weights else [],
        x,
        mask,
        None if initial_state is None else list(initial_state),
        bool(training),
        (seed or 0) % 2**64,
    )


def vectors(layer: Layer, inputs: Any, ndim: int | None = 3) -> np.ndarray:
    """Returns the inputs as ``float32``; ``ndim`` axes, or two or more."""
    import numpy as np

    if type(inputs).__name__ == "Input":
        raise TypeError(
            f"{layer.name} was called on an Input, but models of functions are not supported; list the layers in a "
            "Sequential"
        )
    x = np.ascontiguousarray(inputs, dtype="float32")
    if x.ndim != ndim if ndim else x.ndim < 2:
        wanted = {3: "(rows, steps, numbers)", 2: "(rows, numbers)"}.get(ndim or 0, "two or more axes")
        raise ValueError(f"{layer.name} reads {wanted}, but the inputs have the shape {x.shape}")
    return x


def pointwise(layer: Layer, inputs: Any, mask: Any, training: bool) -> np.ndarray:
    """Returns the outputs of a layer that treats each vector, (…, D), alone."""
    x = vectors(layer, inputs, None)
    layer._ready(x.shape)
    if not x.size:
        return x.reshape(layer.compute_output_shape(x.shape)) if x.shape[-1] else x
    lead = x.shape[:-1]
    flat = x if x.ndim == 3 else x.reshape(lead[0], -1, x.shape[-1])
    (output,), _, _ = call(layer, flat, None, None, training)
    return output.reshape(*lead, output.shape[-1])
