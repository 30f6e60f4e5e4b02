"""The pipeline: `literate.compile` makes modules of notebooks, `literate.execute` runs notebooks as tests."""

__version__ = "0.1.0"
