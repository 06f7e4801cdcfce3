"""Data sets."""

from gatewise.datasets import imdb

__all__ = ["imdb"]
