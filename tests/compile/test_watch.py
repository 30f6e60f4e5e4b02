"""Watching: what counts as a save. tests/commands/test_export.py tests the command itself."""

import pytest

from literate.compile.watch import _concerns_notebooks


@pytest.mark.parametrize(
    ("change", "path", "concerns"),
    [
        ("modified", "nbs/00_a.ipynb", True),
        ("deleted", "nbs/sub/00_a.ipynb", True),
        ("added", "nbs/sub", True),
        ("deleted", "nbs/gone", True),
        ("deleted", "nbs", True),
        ("modified", "nbs/_draft.ipynb", False),
        ("modified", "nbs/.ipynb_checkpoints/00_a.ipynb", False),
        ("added", "nbs/.literate", False),
        ("added", "nbs/LICENSE", False),
        ("deleted", "nbs/a.png", False),
    ],
)
def test_what_watch_looks_at(tmp_path, change, path, concerns):
    (tmp_path / "nbs" / "sub").mkdir(parents=True)
    (tmp_path / "nbs" / "LICENSE").touch()
    found = _concerns_notebooks(change, str(tmp_path / path), tmp_path / "nbs")
    assert found == concerns
