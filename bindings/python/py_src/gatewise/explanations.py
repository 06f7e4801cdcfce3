"""Explanations: why a model answered as it did. ``Predictor.explain`` returns them."""

from __future__ import annotations

import json
import os
from typing import Any

from gatewise import _gatewise

__all__ = ["Explanation"]


class Explanation:
    """Why a model answered as it did for one row.

    The keys are those of ``gatewise explain --format json``: ``tokens``, ``answer``, ``output``, ``attributions``,
    ``phrases``, ``beginnings``, ``endings``, ``layers``, ``counterfactuals``, ``parts``, ``notes``. A key is read as an
    item, ``explanation["answer"]["label"]``, and ``to_dict()`` returns all of them. A notebook shows the text with its
    words coloured by their contributions.
    """

    def __init__(self, text: str) -> None:
        self._json = text
        self._values: dict[str, Any] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Returns the explanation as a dictionary."""
        if self._values is None:
            self._values = json.loads(self._json)
        return self._values

    def to_json(self) -> str:
        """Returns the explanation as JSON."""
        return self._json

    def __getitem__(self, key: str) -> Any:
        values = self.to_dict()
        if key not in values:
            raise KeyError(f"an explanation has no {key!r}; it has {', '.join(values)}")
        return values[key]

    @property
    def label(self) -> str:
        """The predicted label."""
        label: str = self["answer"]["label"]
        return label

    @property
    def tokens(self) -> list[str]:
        """The tokens."""
        return [token["text"] for token in self["tokens"]]

    def contributions(self, method: str | None = None) -> list[tuple[str, float]]:
        """Returns each token with its contribution to the output before its activation.

        Args:
            method: ``"integrated_gradients"``, ``"gradient_times_input"``, ``"occlusion"``,
                ``"contextual_decomposition"`` or ``"linear_model"``. Default: the first that was asked for.

        Raises:
            ValueError: If the explanation has no contributions by this method.
        """
        found = {one["method"]: one["values"] for one in self["attributions"]}
        if method is None and found:
            method = next(iter(found))
        if method not in found:
            has = ", ".join(found) or "none"
            raise ValueError(f"there are no contributions by {method!r}; the explanation has {has}")
        return list(zip(self.tokens, found[method], strict=True))

    def save_html(self, path: str | os.PathLike[str], *, title: str = "Explanation") -> None:
        """Writes one page of HTML with all pictures, which needs no network."""
        page = _gatewise.explanation_page(title, [self._json])
        with open(path, "w", encoding="utf-8") as file:
            file.write(page)

    def _repr_html_(self) -> str:
        return _gatewise.explanation_html(self._json)

    def __repr__(self) -> str:
        output = self["output"]
        strongest = sorted(self.contributions(), key=lambda it: -abs(it[1]))[:5] if self["attributions"] else []
        words = ", ".join(f"{word} {value:+.2f}" for word, value in strongest)
        what = f"P({output['label']}) = " if output["label"] else ""
        return f"Explanation({self.label}: {what}{output['value']:.4g}; {words})"
