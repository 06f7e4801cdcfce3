"""Recurrent sequence models (LSTM, GRU, RNN) that train in seconds on a CPU.

The names, arguments and defaults are Keras's::

    import gatewise
    from gatewise.datasets import imdb
    from gatewise.layers import LSTM, Dense, Embedding
    from gatewise.utils import pad_sequences

    (x_train, y_train), (x_test, y_test) = imdb.load_data(num_words=5000)
    model = gatewise.Sequential([Embedding(5000, 15), LSTM(10), Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    model.fit(pad_sequences(x_train, maxlen=300), y_train, epochs=3, validation_split=0.2)

NumPy is loaded when it is first needed.
"""

from importlib import import_module as _import_module
from typing import Any as _Any

from gatewise._gatewise import __version__

# Where each public name comes from. Modules are loaded when they are first used, so that the import is quick.
_NAMES = {
    "Sequential": "gatewise.models",
    "Model": "gatewise.models",
    "load_model": "gatewise.models",
    "Input": "gatewise.layers",
    "Variable": "gatewise.variables",
    "History": "gatewise.callbacks",
    "train": "gatewise.pipeline",
    "read": "gatewise.pipeline",
    "forecast": "gatewise.forecasts",
    "load": "gatewise.predictor",
    "sentiment": "gatewise.predictor",
    "Predictor": "gatewise.predictor",
    "Explanation": "gatewise.explanations",
}
_MODULES = (
    "activations",
    "callbacks",
    "datasets",
    "explanations",
    "forecasts",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "pipeline",
    "predictor",
    "regularizers",
    "reports",
    "sklearn",
    "utils",
    "variables",
)

__all__ = ["__version__", *_NAMES, *_MODULES]


def __getattr__(name: str) -> _Any:
    if name in _NAMES:
        value = getattr(_import_module(_NAMES[name]), name)
    elif name in _MODULES:
        value = _import_module(f"gatewise.{name}")
    else:
        raise AttributeError(f"module 'gatewise' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
