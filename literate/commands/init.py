"""`literate init`: what a folder lacks to be a project with notebooks."""

from __future__ import annotations


def init(
    # the name of the library, if it is not to be found out
    *,
    name: str = "",
    # apache-2.0, mit or none
    licence: str = "apache-2.0",
    # print as JSON which files were written
    json: bool = False,
) -> int:
    """Make the current folder a project: write what is missing, and overwrite nothing.

    The name comes from pyproject.toml, from the remote repository or from the folder, and yours
    from git's configuration. Notebooks, a package, a licence and a README that are there count.

    Exit codes: 0 done, 1 something is wrong, 2 bad usage.
    """
    from pathlib import Path

    from ..scaffold.facts import facts_of_folder
    from ..scaffold.making import compile_folder, fill_folder
    from ..scaffold.reporting import as_json, summary
    from ..scaffold.service_files import install_command

    folder = Path.cwd()
    facts = facts_of_folder(folder, name, licence)
    made = fill_folder(folder, facts)
    if not facts.has_notebooks:
        made += compile_folder(folder)
    if json:
        print(as_json(made))
        return 0
    print(summary(folder, made))
    print("", "To go on:", f"  {install_command(facts)}", sep="\n")
    if facts.has_notebooks:
        print("  literate export")
    print("  literate test")
    if (folder / ".git").exists():
        print("  literate hooks install")
    return 0


def run() -> None:
    """The console command."""
    from ..command import leave, main

    leave(main(init))
