"""Atomic: models bid for your task, the best race on real streams, one typed and validated answer comes out."""

from atomic_ai._core import __version__

__all__ = ["__version__"]
