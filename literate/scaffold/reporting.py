"""What `literate new` and `literate init` say about the files that they made."""

from __future__ import annotations

import json
from pathlib import Path

from ..diagnostics import display_path
from ..printable import printable
from ..records import asdict
from .making import KEPT, MadeFile


def summary(folder: Path, made: list[MadeFile]) -> str:
    """A line for each file, and a line for all of them."""
    lines = [printable(f"  {each.state:9} {each.path}") for each in made]
    kept = sum(each.state == KEPT for each in made)
    shown = "this folder" if folder == Path.cwd() else display_path(folder)
    total = f"{shown}: {len(made) - kept} files made"
    return "\n".join([*lines, f"{total}, {kept} kept as they are" if kept else total])


def as_json(made: list[MadeFile]) -> str:
    """The files as data for other programs."""
    return json.dumps({"files": asdict(made)}, indent=1, ensure_ascii=False)
