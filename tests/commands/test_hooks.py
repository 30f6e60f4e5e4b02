"""`literate hooks` on the command line."""

from __future__ import annotations

import pytest
from git_project import literate, make_repository


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: an action is needed: install, uninstall or status"),
        (["remove"], "error: 'remove' is not an action: install, uninstall or status"),
        (["install", "now"], "error: unexpected argument 'now'"),
        (["status", "--parts", "merge"], "error: --parts goes with install"),
        (["install", "--parts", "smudge"], "error: --parts smudge: there is no such part: filter"),
        (
            ["install", "--global", "--parts", "pre-commit"],
            "error: --parts pre-commit: there is no such part with --global: filter, merge, diff",
        ),
        (["install", "--everywhere"], "error: unknown flag --everywhere"),
        (["run"], "error: hooks run takes the name of a hook: pre-commit, post-merge, "),
        (["run", "pre-push"], "error: hooks run takes the name of a hook"),
    ],
)
def test_a_wrong_command_line_is_refused(tmp_path, words, message):
    done = literate(tmp_path, "hooks", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(message)


def test_each_part_has_a_line(tmp_path):
    repository = make_repository(tmp_path / "r")
    done = literate(repository, "hooks", "install")
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[0] == "ok  filter       installed"
    assert any("git add --renormalize ." in line for line in lines)
    assert any(line.startswith("Commit .gitattributes.") for line in lines)
    done = literate(repository, "hooks", "uninstall")
    assert "removed from .gitattributes\n" in done.stdout
    assert "removed .git/hooks/pre-commit\n" in done.stdout


def test_the_help_names_the_actions(tmp_path):
    text = literate(tmp_path, "hooks", "--help").stdout
    for word in ("install", "uninstall", "status", "--global", "--parts"):
        assert word in text
