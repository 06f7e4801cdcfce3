"""Activations by name: a layer takes ``activation="tanh"`` or ``activation=gatewise.activations.tanh``."""

from __future__ import annotations

from typing import Any

#: The names that a layer takes.
NAMES = (
    "linear", "sigmoid", "tanh", "relu", "leaky_relu", "elu", "selu", "gelu", "silu", "swish", "mish", "softplus",
    "softsign", "hard_sigmoid", "exponential", "softmax",
)  # fmt: skip


class Activation(str):
    """The name of an activation, which computes it when it is called on an array."""

    __slots__ = ()

    def __call__(self, x: Any) -> Any:
        """Returns the activation of an array ``(..., units)``, as ``float32``."""
        import numpy as np

        from gatewise.layers import Dense

        x = np.asarray(x, dtype="float32")
        width = x.shape[-1] if x.ndim else 1
        identity = Dense(width, activation=str(self), use_bias=False, kernel_initializer="identity")
        return identity(x.reshape(-1, width)).reshape(x.shape)


linear = Activation("linear")
sigmoid = Activation("sigmoid")
tanh = Activation("tanh")
relu = Activation("relu")
leaky_relu = Activation("leaky_relu")
elu = Activation("elu")
selu = Activation("selu")
gelu = Activation("gelu")
silu = swish = Activation("silu")
mish = Activation("mish")
softplus = Activation("softplus")
softsign = Activation("softsign")
hard_sigmoid = Activation("hard_sigmoid")
exponential = Activation("exponential")
softmax = Activation("softmax")


def get(identifier: Any) -> Activation:
    """Returns the activation that a name means; ``None`` means ``linear``."""
    if identifier is None:
        return linear
    if isinstance(identifier, str) and identifier in NAMES:
        return Activation("silu" if identifier == "swish" else identifier)
    name = getattr(identifier, "__name__", None)
    if name in NAMES:
        # Keras's own functions, which have the names.
        return Activation(name)
    raise ValueError(f"unknown activation {identifier!r}; there are {', '.join(NAMES)}")


def serialize(activation: Any) -> str:
    """Returns the name of an activation."""
    return str(get(activation))


deserialize = get
