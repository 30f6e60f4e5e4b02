"""The files for GitHub, GitLab and pre-commit: their commands run."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from git_project import git, run
from test_settings_text import FACTS

import literate.__main__ as literate_main
from literate.records import replace
from literate.scaffold.facts import facts_for_new
from literate.scaffold.making import make_new_project
from literate.scaffold.service_files import PRE_COMMIT, github_file, gitlab_file, install_command

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("a folder") / "my-library"
    make_new_project(folder, facts_for_new("my-library", folder.parent, "mit"))
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "first")
    return folder


def steps_of_github() -> list[str]:
    steps = yaml.safe_load(github_file(FACTS))["jobs"]["test"]["steps"]
    return [step["run"] for step in steps if "run" in step]


def steps_of_gitlab() -> list[str]:
    return list(yaml.safe_load(gitlab_file(FACTS))["test"]["script"])


def entries(text: str) -> list[str]:
    found = yaml.safe_load(text)
    hooks = found if isinstance(found, list) else found["repos"][0]["hooks"]
    assert all(hook["language"] == "system" for hook in hooks)
    return [hook["entry"] for hook in hooks]


def test_both_services_do_the_same():
    without_reports = [step.replace(" --junit report.xml", "") for step in steps_of_gitlab()]
    assert steps_of_github() == without_reports
    assert steps_of_github()[0] == install_command(FACTS) == "python -m pip install -e '.[dev]'"


def test_a_project_that_is_built_otherwise_is_installed_with_literate():
    facts = replace(FACTS, can_be_built=True)
    command = install_command(facts)
    assert command.startswith("python -m pip install -e . 'literate-notebooks>=")
    assert command in github_file(facts) and command in gitlab_file(facts)


# The commands of other words of literate are run as soon as these words exist.
COMMANDS = [
    command
    for command in {*steps_of_github()[1:], *steps_of_gitlab()[1:], *entries(PRE_COMMIT)}
    if command.split()[1] in literate_main.COMMANDS
]


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_each_command_is_green_in_a_new_project(command, project):
    done = run(project, "bash", "-c", command)
    assert done.returncode == 0, done.stdout + done.stderr
    assert git(project, "status", "--porcelain") in ("", "?? report.xml\n")


def test_what_has_passed_is_kept_for_the_next_run(project):
    paths = [
        step["with"]["path"]
        for step in yaml.safe_load(github_file(FACTS))["jobs"]["test"]["steps"]
        if "cache" in step.get("uses", "")
    ]
    assert paths == yaml.safe_load(gitlab_file(FACTS))["test"]["cache"][0]["paths"]
    assert run(project, "bash", "-c", "literate test --changed").returncode == 0
    assert (project / paths[0]).is_file()


def test_the_hooks_of_this_repository_are_those_of_new_projects():
    text = (ROOT / ".pre-commit-hooks.yaml").read_text()
    assert entries(text) == entries(PRE_COMMIT)
    assert [hook["id"] for hook in yaml.safe_load(text)] == [
        "literate-clean",
        "literate-check",
        "literate-test",
    ]
