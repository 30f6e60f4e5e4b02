"""The pipeline: `literate.compile` makes modules of notebooks, `literate.execute` runs notebooks as tests."""
