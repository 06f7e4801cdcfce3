"""Data sets."""

from gatewise.datasets import imdb, reviews

__all__ = ["imdb", "reviews"]
