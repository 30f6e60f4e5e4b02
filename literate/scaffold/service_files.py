"""The files that tell GitHub, GitLab and the program pre-commit what to check."""

from __future__ import annotations

import literate

from .facts import OLDEST_PYTHON, Facts

# What is in place of the command that installs the project.
_INSTALL = "INSTALL"

_GITHUB = f"""\
name: test

on: [push, pull_request, workflow_dispatch]

jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: "{OLDEST_PYTHON}"
          cache: pip
          cache-dependency-path: pyproject.toml
      # Which notebooks have passed, so that only those run whose outcome can have changed.
      - uses: actions/cache@v4
        with:
          path: .literate/passed.json
          key: passed-${{{{ github.sha }}}}
          restore-keys: passed-
      - run: {_INSTALL}
      - run: literate clean --check
      - run: literate export --check
      - run: literate test --changed
"""

_GITLAB = f"""\
test:
  image: python:{OLDEST_PYTHON}
  cache:
    # Which notebooks have passed, so that only those run whose outcome can have changed.
    - key: passed-$CI_COMMIT_REF_SLUG
      fallback_keys: [passed-$CI_DEFAULT_BRANCH]
      paths: [.literate/passed.json]
  script:
    - {_INSTALL}
    - literate clean --check
    - literate export --check
    - literate test --changed --junit report.xml
  artifacts:
    when: always
    reports:
      junit: report.xml
"""

PRE_COMMIT = r"""# For the program pre-commit. `literate hooks install` does the same without it.
repos:
  - repo: local
    hooks:
      - id: literate-clean
        name: literate clean
        entry: literate clean
        language: system
        types: [jupyter]
      - id: literate-check
        name: literate export --check
        entry: literate export --check
        language: system
        files: (\.ipynb|\.py|^settings\.ini|^pyproject\.toml)$
        pass_filenames: false
      - id: literate-test
        name: literate test --changed
        entry: literate test --changed
        language: system
        files: (\.ipynb|\.py|^settings\.ini|^pyproject\.toml)$
        pass_filenames: false
        stages: [pre-push]
"""


def install_command(facts: Facts) -> str:
    """The command that installs the project together with literate."""
    if not facts.can_be_built:
        return "python -m pip install -e '.[dev]'"
    version = ".".join(literate.__version__.split(".")[:2])
    return f"python -m pip install -e . 'literate-notebooks>={version}'"


def github_file(facts: Facts) -> str:
    """The workflow of GitHub."""
    return _GITHUB.replace(_INSTALL, install_command(facts))


def gitlab_file(facts: Facts) -> str:
    """The pipeline of GitLab."""
    return _GITLAB.replace(_INSTALL, install_command(facts))
