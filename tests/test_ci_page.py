"""docs/ci.md: its commands run in a new project."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from git_project import git, run
from test_docs import blocks

import literate.__main__ as commands
from literate.scaffold.facts import facts_for_new
from literate.scaffold.making import make_new_project

PAGE = (Path(__file__).parents[1] / "docs" / "ci.md").read_text(encoding="utf-8")


def shell_commands() -> list[str]:
    """The commands of the page, without those that install, and those of words still to come."""
    lines = [line for block in blocks(PAGE, "sh") for line in block.splitlines()]
    lines += [step["run"].replace("${{ matrix.shard }}", "1/4") for step in shard_steps()]
    found = []
    for line in dict.fromkeys(lines):
        words = re.findall(r"\bliterate (\w+)", line)
        if words and all(word in commands.COMMANDS for word in words):
            found.append(line)
    return found


def shard_steps() -> list[dict[str, str]]:
    (job,) = [yaml.safe_load(block) for block in blocks(PAGE, "yaml") if "strategy:" in block]
    assert job["strategy"]["matrix"]["shard"] == ["1/4", "2/4", "3/4", "4/4"]
    return job["steps"]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("a folder") / "my-library"
    make_new_project(folder, facts_for_new("my-library", folder.parent, "mit"))
    git(folder, "init", "-q")
    return folder


@pytest.mark.parametrize("command", shell_commands())
def test_a_command_of_the_page_is_green(command, project):
    done = run(project, "bash", "-c", f"set -o pipefail; {command}")
    if "ruff" in command:  # it may find something, and says so
        assert done.returncode in (0, 1)
    else:
        assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "error" not in done.stderr


def test_the_page_has_commands():
    assert {"literate export --check", "literate test", "literate test --shard 1/4"} <= set(
        shell_commands()
    )


def test_what_has_passed_counts_in_a_fresh_checkout(project, tmp_path):
    assert run(project, "bash", "-c", "literate test").returncode == 0
    passed = (project / ".literate" / "passed.json").read_bytes()
    git(project, "add", "-A")
    git(project, "commit", "-qm", "first")
    project.rename(tmp_path / "before")
    git(tmp_path, "clone", "-q", "before", str(project))  # as a service does: to the same folder
    (project / ".literate").mkdir()
    (project / ".literate" / "passed.json").write_bytes(passed)
    done = run(project, "bash", "-c", "literate test --changed")
    assert done.returncode == 0
    assert "2 unchanged" in done.stdout
