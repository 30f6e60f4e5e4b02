"""`literate bump`: the next version of a project."""

from __future__ import annotations


def bump(
    # major, minor, patch, or a version such as 1.2.0rc1; without it, the version is only printed
    *part: str,
    # write nothing: print what the next version would be
    check: bool = False,
    # print the versions and the changed files as JSON
    json: bool = False,
) -> int:
    """Raise the version of a project where it stands, and change nothing else.

    It stands in settings.ini, in the table [project] of pyproject.toml, or as __version__ in the
    package.

    Exit codes: 0 done, 1 something is wrong, 2 bad usage.
    """
    from ..diagnostics import UsageError, display_path
    from ..project import find_project
    from ..scaffold.version import find_places, raised, write_version

    if len(part) > 1:
        raise UsageError(f"unexpected argument {part[1]!r}")
    project = find_project()
    places = find_places(project)
    old = places[0].version
    new = raised(old, part[0]) if part else old
    if new != old and not check:
        write_version(project, places, new)
    paths = [place.path for place in places]
    if json:
        from json import dumps

        print(dumps({"old": old, "new": new, "files": [str(path) for path in paths]}, indent=1))
    elif not part:
        print(old)
    else:
        print(f"{old} -> {new} in {', '.join(map(display_path, paths))}")
    return 0


def run() -> None:
    """The console command."""
    from ..command import leave, main

    leave(main(bump))
