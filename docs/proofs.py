"""The folded proofs of the notebooks: cells that begin with `#| proof: what is proved`.

A proof prints what it came to in its last line, such as "kills 8 of 8". The line is read from the
outputs that are stored in the notebook.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
START = "#| proof:"


@dataclass(frozen=True)
class Proof:
    """A folded cell, and what it came to."""

    notebook: str  # the file's name
    cell: int  # its number, from 1, as the runner counts
    cell_id: str
    sentence: str
    result: str  # the last line that it printed; "" if it printed nothing


def read_proofs(notebooks: Path = ROOT / "nbs") -> list[Proof]:
    """All proofs of a folder's notebooks, in the order of their files."""
    found: list[Proof] = []
    for path in sorted(notebooks.glob("*.ipynb")):
        found += _proofs_of(path)
    return found


def _proofs_of(path: Path) -> Iterator[Proof]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    for number, cell in enumerate(cells, 1):
        first_line = "".join(cell["source"]).partition("\n")[0]
        if cell["cell_type"] == "code" and first_line.startswith(START):
            sentence = first_line.removeprefix(START).strip()
            yield Proof(path.name, number, cell["id"], sentence, _last_line(cell["outputs"]))


def _last_line(outputs: list[dict[str, Any]]) -> str:
    """The last line of what a cell printed, or of its value."""
    lines: list[str] = []
    for output in outputs:
        text = output.get("text", output.get("data", {}).get("text/plain", ""))
        lines += "".join(text).splitlines()
    return lines[-1].strip("'") if lines else ""


def section(proofs: list[Proof]) -> Iterator[str]:
    """The lines of the page about the proofs."""
    yield from ("", "## Proofs", "")
    yield "The notebooks show a short proof of each step. The long ones are folded: the first line"
    yield "says what is proved, and the last line that is printed says what came of it."
    yield f"There are {len(proofs)}."
    yield from ("", "| proved | result | where |", "|:--|:--|:--|")
    for proof in proofs:
        place = f"{proof.notebook.removesuffix('.ipynb')}, cell {proof.cell}"
        link = f"[{place}](../nbs/{proof.notebook}#cell-id={proof.cell_id})"
        yield f"| {_escaped(proof.sentence)} | {_escaped(proof.result)} | {link} |"


def _escaped(text: str) -> str:
    """A text for a cell of a table."""
    return text.replace("|", r"\|")
