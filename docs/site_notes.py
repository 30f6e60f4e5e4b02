#!/usr/bin/env python3
"""Writes the notes that the course's site shows below the cells with proofs: `make site`.

The claims and their measured values come from the notebooks and from docs/claims.json. The notes
are written to the file that `docs_notes` in settings.ini names.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from pathlib import Path

import claims

from literate.docs.settings import read_site_settings
from literate.project import find_project, state_lock


def notes_of(made: Iterable[claims.Claim], store: claims.Store) -> dict[str, dict[str, str]]:
    """For each notebook, the notes by the ids of their cells."""
    notes: dict[str, dict[str, str]] = {}
    for claim in made:
        measured = store["claims"].get(claims.key_of(claim), {})
        own = notes.setdefault(claim.notebook, {})
        note = _note(claim, *claims.median_and_range(claim, measured))
        own[claim.cell_id] = "\n".join(filter(None, [own.get(claim.cell_id, ""), note]))
    return notes


def _note(claim: claims.Claim, median: str, spread: str) -> str:
    """A line of HTML: the row, the sentence, and how far the measured values are from the bound."""
    values = f"measured: {median}" + (f", over all runs {spread}" if spread else "")
    bound = f"<br><code>{escape(claim.bound, quote=False)}</code>" if claim.bound else ""
    sentence = escape(claim.text, quote=False)
    text = f"<strong>{escape(claim.row)}</strong> {sentence}. <em>{escape(values)}</em>{bound}"
    return f'<p class="literate-claim">{text}</p>'


def main() -> None:
    """Write the notes."""
    project = find_project(Path(__file__).parent)
    path = read_site_settings(project).notes
    if path is None:
        raise SystemExit("docs_notes is not set in settings.ini")
    notes = notes_of(claims.read_claims(), claims.read_store())
    with state_lock(project):
        path.write_text(json.dumps(notes, indent=1, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
