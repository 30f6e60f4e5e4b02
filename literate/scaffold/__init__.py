"""A project's beginning and its versions: `literate new`, `literate init` and `literate bump`."""
