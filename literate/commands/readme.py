"""`literate readme`: README.md from a notebook."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path

    from ..docs.readme import Readme


def readme(
    # write nothing: exit with 1 unless README.md is what the notebook makes
    check: bool = False,
    # also replace a README.md that was written by hand
    force: bool = False,
) -> int:
    """Make README.md from index.ipynb, or from the notebook that readme_nb names.

    Its links and pictures are right on GitHub and on the package index.

    Exit codes: 0 done, 1 something is wrong, 2 bad usage.
    """
    from ..diagnostics import UserError, display_path
    from ..docs.draft_cache import MemoryCache
    from ..docs.readme import README, is_made, make_readme
    from ..docs.settings import read_site_settings
    from ..docs.site import draft_pages
    from ..project import find_project

    project = find_project()
    settings = read_site_settings(project)
    drafts, _ = draft_pages(project, settings, MemoryCache())
    made = make_readme(project, settings, drafts)
    for problem in made.problems:
        print(problem)
    path = project.root / README
    old = path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    changed = _changed(path, old, made)
    if not changed:
        print(f"{display_path(path)} is up to date")
        return 0
    if check:
        print(f"{', '.join(changed)}: not what {settings.home} makes; run literate readme")
        return 1
    if old and not is_made(old) and not force:
        message = f"{display_path(path)} was written by hand"
        raise UserError(f"{message}: --force replaces it, or give it another name")
    _write(path, made)
    print(f"{settings.home} -> {', '.join(changed)}")
    return 0


def _changed(path: Path, old: str, made: Readme) -> list[str]:
    """The files that are not what the notebook makes."""
    from ..diagnostics import display_path
    from ..docs.readme import FOLDER

    changed = [] if old == made.text else [path]
    for name, content in made.files.items():
        picture = path.parent / FOLDER / name
        if not picture.is_file() or picture.read_bytes() != content:
            changed.append(picture)
    return [display_path(each) for each in changed]


def _write(path: Path, made: Readme) -> None:
    from ..docs.folder import Folder
    from ..docs.readme import FOLDER
    from ..files import write_atomically

    folder = Folder(path.parent)
    for name, content in made.files.items():
        folder.write(f"{FOLDER}/{name}", content)
    write_atomically(path, made.text, inside=(path.parent,))


def run() -> None:
    """The console command."""
    from ..command import leave, main

    leave(main(readme))
