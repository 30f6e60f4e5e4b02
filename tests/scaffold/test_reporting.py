"""What is said about the files of a new project."""

import json
from pathlib import Path

from literate.scaffold.making import KEPT, WRITTEN, MadeFile
from literate.scaffold.reporting import as_json, summary

MADE = [MadeFile("a.py", WRITTEN), MadeFile("b\x1b.py", KEPT)]


def test_each_file_has_a_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = summary(tmp_path / "new", MADE).splitlines()
    assert lines == [
        "  written   a.py",
        "  kept      b\\x1b.py",
        "new: 1 files made, 1 kept as they are",
    ]
    assert summary(Path.cwd(), MADE[:1]).splitlines()[-1] == "this folder: 1 files made"


def test_the_files_as_data():
    files = json.loads(as_json(MADE))["files"]
    assert files[0] == {"path": "a.py", "state": "written"}
