"""Notebooks as source code: `compile` makes modules of them, `execute` runs them as tests."""

__version__ = "0.2.0"
