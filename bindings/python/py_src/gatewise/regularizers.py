"""Regularizers: penalties on weights, which are added to the loss."""

from __future__ import annotations

import json
from typing import Any

from gatewise import _gatewise
from gatewise._config import Configured, choose


class Regularizer(Configured):
    """The base of all regularizers."""


class L1L2(Regularizer):
    """``l1 · Σ|w| + l2 · Σw²``"""

    def __init__(self, l1: float = 0.0, l2: float = 0.0) -> None:
        self.l1, self.l2 = float(l1 or 0.0), float(l2 or 0.0)

    def __call__(self, x: Any) -> float:
        """Returns the penalty of an array."""
        return _gatewise.penalty(json.dumps(self._spec()), x)

    def _spec(self) -> Any:
        return {"l1": self.l1, "l2": self.l2}


class L1(L1L2):
    """``l1 · Σ|w|``"""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)


class L2(L1L2):
    """``l2 · Σw²``"""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)


def l1_l2(l1: float = 0.01, l2: float = 0.01) -> L1L2:
    """Returns ``L1L2(l1, l2)``."""
    return L1L2(l1, l2)


l1, l2 = L1, L2
_NAMES: dict[str, Any] = {"l1": L1, "l2": L2, "l1_l2": l1_l2, "l1l2": l1_l2, "L1": L1, "L2": L2, "L1L2": L1L2}


def get(identifier: Any) -> Regularizer | None:
    """Returns the regularizer that a name or an object means."""
    found = choose("regularizer", identifier, _NAMES, Regularizer)
    return found() if callable(found) and not isinstance(found, Regularizer) else found
