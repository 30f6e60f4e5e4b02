"""The licences that a new project can have."""

from __future__ import annotations

from pathlib import Path

# By the word of the command line: the name in the list of SPDX.
LICENCES = {"apache-2.0": "Apache-2.0", "mit": "MIT", "none": ""}

_FOLDER = Path(__file__).parent / "licences"


def licence_text(word: str, author: str, year: int) -> str:
    """The text of a licence; "" for "none"."""
    if not LICENCES[word]:
        return ""
    text = (_FOLDER / f"{word}.txt").read_text(encoding="utf-8")
    return text.replace("{year}", str(year)).replace("{author}", author or "the authors")
