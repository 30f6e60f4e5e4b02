"""The two notebooks of a new project, and its README, which the second one makes."""

from __future__ import annotations

import json
from typing import Any

from .facts import Facts

_MARK = "<!-- Made by literate readme from index.ipynb. Edit the notebook, not this file. -->"

_EXAMPLE = """\
#| export
def mean(values: list[float]) -> float:
    "The arithmetic mean of some numbers."
    return sum(values) / len(values)"""


def core_notebook(facts: Facts) -> str:
    """The first notebook: a function, and its tests."""
    return _notebook(
        [
            _markdown(
                "core-title",
                f"# {facts.module}\n\n> The first module of this library. Say here what it is for.",
            ),
            _code("core-module", f"#| default_exp {facts.module}"),
            _markdown(
                "core-export",
                "A cell with `#| export` goes into the module "
                f"`{facts.lib_path}/{facts.module}.py`. All other cells are documentation and "
                "tests.",
            ),
            _code("core-mean", _EXAMPLE),
            _code("core-shown", "mean([1, 2, 3])", "2.0"),
            _markdown(
                "core-tests",
                "`literate test` runs the notebook from top to bottom. An error fails it, and so "
                "does an assertion that does not hold:",
            ),
            _code("core-test", "assert mean([4]) == 4\nassert mean([0, 1]) == 0.5"),
        ]
    )


def index_notebook(facts: Facts) -> str:
    """The notebook of the README."""
    cells = [_markdown("index-title", _title(facts))]
    cells.append(_markdown("index-install", _install(facts)))
    if not facts.has_notebooks:
        cells.append(_markdown("index-use", "## How to use it"))
        cells.append(_code("index-example", _use(facts), "2.0"))
    return _notebook(cells)


def readme(facts: Facts) -> str:
    """The README, as `literate readme` makes it of the notebook above."""
    title, _, rest = _title(facts).partition("\n\n")
    parts = [title, _MARK, rest, _install(facts)]
    if not facts.has_notebooks:
        parts += ["## How to use it", f"```python\n{_use(facts)}\n```", "```text\n2.0\n```"]
    return "\n\n".join(part for part in parts if part) + "\n"


def _title(facts: Facts) -> str:
    about = facts.description or f"Say here in one sentence what {facts.name} does."
    return f"# {facts.name}\n\n> {about}"


def _install(facts: Facts) -> str:
    return f"## Install\n\n```sh\npip install {facts.name}\n```"


def _use(facts: Facts) -> str:
    return f"from {facts.package}.{facts.module} import mean\n\nmean([1, 2, 3])"


# --- cells -------------------------------------------------------------------------------------


def _markdown(cell_id: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": _lines(source)}


def _code(cell_id: str, source: str, result: str = "") -> dict[str, Any]:
    outputs = []
    if result:
        shown = {"data": {"text/plain": [result]}, "execution_count": None, "metadata": {}}
        outputs.append({**shown, "output_type": "execute_result"})
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": cell_id,
        "metadata": {},
        "outputs": outputs,
        "source": _lines(source),
    }


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)


def _notebook(cells: list[dict[str, Any]]) -> str:
    """The text of a notebook, as Jupyter lays it out."""
    kernel = {"display_name": "python3", "language": "python", "name": "python3"}
    data = {
        "cells": cells,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"
