"""Stands in for ``keras`` while its test files load: ``keras.src.layers`` becomes ``gatewise.layers``, and so on.

``install`` puts a finder in front of all others. It serves every module under ``keras``. A name is looked up, in this
order, in

1. the package's module of the same kind (``gatewise.layers`` for ``keras.src.layers.rnn.lstm``);
2. the small NumPy twins of Keras's test helpers (``backend``, ``ops``, ``testing``, … in ``helpers.py``);
3. the folder of Keras, whether it is a module there, which is then served in the same way.

What is found nowhere is a ``Missing``, which raises ``NotThere`` with its name when a test uses it, so that a file
loads of which a few tests need something else.
"""

from __future__ import annotations

import importlib
import importlib.machinery
import sys
from importlib.abc import Loader, MetaPathFinder
from pathlib import Path
from types import ModuleType
from typing import Any

import gatewise
import helpers

#: Where the names of each of Keras's folders are, in the package.
HOMES: dict[str, tuple[str, ...]] = {
    "": ("gatewise",),
    "activations": ("gatewise.activations",),
    "callbacks": ("gatewise.callbacks",),
    "initializers": ("gatewise.initializers",),
    "layers": ("gatewise.layers",),
    "losses": ("gatewise.losses",),
    "metrics": ("gatewise.metrics", "gatewise.losses"),
    "models": ("gatewise.models",),
    "optimizers": ("gatewise.optimizers", "gatewise.optimizers.schedules"),
    "regularizers": ("gatewise.regularizers",),
    "utils": ("gatewise.utils",),
}


class NotThere(Exception):
    """A test used a name of Keras that gatewise does not have."""


class Missing:
    """A name of Keras that gatewise does not have."""

    def __init__(self, name: str) -> None:
        self._missing = name

    def __getattr__(self, name: str) -> Missing:
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(f"{self._missing}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotThere(f"{self._missing} is not there")

    def __mro_entries__(self, bases: Any) -> tuple[type, ...]:
        name = self._missing

        class Absent:
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                raise NotThere(f"{name} is not there")

        return (Absent,)

    def __instancecheck__(self, instance: Any) -> bool:
        return False

    def __repr__(self) -> str:
        return f"<{self._missing} is not there>"


class StandIn(ModuleType):
    """A module of Keras, served from gatewise."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        value = self._find(name)
        setattr(self, name, value)
        return value

    def _find(self, name: str) -> Any:
        path = self.__name__.split(".")[1:]
        path = path[1:] if path[:1] == ["src"] else path
        folder = path[0] if path else ""
        for home in HOMES.get(folder, ()):
            try:
                return _served(getattr(importlib.import_module(home), name))
            except (AttributeError, ModuleNotFoundError):
                continue
        helper = getattr(helpers, folder or name, None) if folder in helpers.NAMES or not folder else None
        if folder in helpers.NAMES and hasattr(helper, name):
            return getattr(helper, name)
        base = KERAS.joinpath("src", *path, name)
        if base.with_suffix(".py").exists() or base.is_dir():
            return importlib.import_module(f"keras.src.{'.'.join([*path, name])}")
        return Missing(".".join([*path, name]))


def _served(value: Any) -> Any:
    """Returns a value of gatewise; one of its modules as the stand-in of Keras's."""
    if isinstance(value, ModuleType) and value.__name__.startswith("gatewise."):
        return importlib.import_module(f"keras.src.{value.__name__.removeprefix('gatewise.')}")
    return value


class _Finder(MetaPathFinder, Loader):
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name == "keras" or name.startswith("keras."):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        if name == "conftest":
            return importlib.machinery.ModuleSpec(name, self)
        return None

    def create_module(self, spec: Any) -> ModuleType:
        return helpers.conftest if spec.name == "conftest" else StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        pass


def folder() -> Path | None:
    """Returns the folder of the installed Keras, without importing it."""
    spec = importlib.machinery.PathFinder.find_spec("keras")
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)))


KERAS = folder() or Path()


def install() -> None:
    """Serves ``keras`` from now on."""
    sys.meta_path.insert(0, _Finder())
    assert gatewise.__version__
