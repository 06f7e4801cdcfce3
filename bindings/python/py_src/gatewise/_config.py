"""Objects with a name in Keras and settings that the library checks: layers, losses, optimizers, initializers, ….

A ``Configured`` object keeps its arguments by their names. The extension module gets them as JSON.
"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar, TypeVar

T = TypeVar("T", bound="Configured")


class Configured:
    """An object that is its settings: ``get_config`` returns them, ``from_config`` builds the object from them."""

    #: The name of the class in the library's JSON.
    _name: ClassVar[str] = ""

    def get_config(self) -> dict[str, Any]:
        """Returns the arguments of the object, as ``from_config`` takes them."""
        names = [name for name in inspect.signature(type(self).__init__).parameters if name not in ("self", "kwargs")]
        return {name: getattr(self, name) for name in names if hasattr(self, name)}

    @classmethod
    def from_config(cls: type[T], config: dict[str, Any]) -> T:
        """Builds an object from the result of ``get_config``."""
        return cls(**config)

    def __repr__(self) -> str:
        defaults = inspect.signature(type(self).__init__).parameters
        shown = [
            f"{name}={value!r}"
            for name, value in self.get_config().items()
            if name not in defaults or defaults[name].default != value
        ]
        return f"{type(self).__name__}({', '.join(shown)})"


def choose(kind: str, given: Any, names: dict[str, Any], base: type) -> Any:
    """Returns the object of ``base`` that ``given`` is, or names."""
    if given is None or isinstance(given, base):
        return given
    if isinstance(given, type) and issubclass(given, base):
        return given()
    if isinstance(given, str):
        if given in names:
            found = names[given]
            return found() if isinstance(found, type) else found
        known = ", ".join(sorted({name for name in names if name.islower()}))
        raise ValueError(f"unknown {kind} {given!r}; there are {known}")
    if isinstance(given, dict) and "class_name" in given:
        made = choose(kind, given["class_name"], names, base)
        return type(made).from_config(given.get("config", {}))
    if callable(given):
        return given
    raise TypeError(f"{given!r} is not a name or an object of the {'losses' if kind == 'loss' else kind + 's'}")


def plain(value: Any) -> Any:
    """Returns a NumPy number or array as Python's numbers, for JSON."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{value!r} is not a number or a list of numbers")
