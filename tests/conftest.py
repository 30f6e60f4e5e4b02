"""Small projects to try things on."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from literate.project import Project, read_project


def settings_text(extra: str = "") -> str:
    """A settings.ini; the lines of `extra` add keys or replace them."""
    lines = ["lib_name = lib", "lib_path = lib", "nbs_path = nbs", "user = me", "repo = lib",
             "author = me", "description = d", "author_email = a@b", *extra.splitlines()]
    return "[DEFAULT]\n" + "".join(f"{line}\n" for line in {line.split(" = ")[0]: line for line in lines if line}.values())


def notebook(*cells: str | dict, **metadata) -> str:
    """A notebook's text: a string is a code cell, one that begins with `md:` is markdown, a dict is taken as it is."""
    def cell(number: int, source: str | dict) -> dict:
        if isinstance(source, dict):
            return source
        kind, text = ("markdown", source[3:]) if source.startswith("md:") else ("code", source)
        code = {"execution_count": None, "outputs": []} if kind == "code" else {}
        return {"cell_type": kind, "id": f"{number:08x}", "metadata": {}, "source": text.splitlines(keepends=True), **code}

    data = {"cells": [cell(n, c) for n, c in enumerate(cells)], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


@pytest.fixture
def make_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Project]:
    """`make_project({"00_core": ["#export\\nx = 1"]}, "strict = True")`: a project on disk, and the current folder."""
    def make(notebooks: dict[str, list | str], settings: str = "") -> Project:
        (tmp_path / "settings.ini").write_text(settings_text(settings))
        for name, cells in notebooks.items():
            path = tmp_path / "nbs" / f"{name}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(cells if isinstance(cells, str) else notebook(*cells), encoding="utf-8")
        monkeypatch.chdir(tmp_path)
        return read_project(tmp_path / "settings.ini")
    return make


def pytest_terminal_summary(terminalreporter) -> None:
    """How many mutants the notebooks killed, if they were run; one that survives fails its notebook."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    for killed in (value for report in reports for name, value in report.user_properties if name == "mutants"):
        terminalreporter.write_line(f"kills {killed} of {killed} mutants")
