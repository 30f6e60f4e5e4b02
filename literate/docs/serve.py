"""`literate docs --serve`: the site in a browser, which shows each save of a notebook."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..diagnostics import UsageError, UserError
from ..project import Project
from .draft import Draft
from .draft_cache import DraftCache
from .renderer import choose_renderer, command
from .settings import SiteSettings
from .site import Pages, make_pages, work_folder, write_pages

_SUFFIXES = (".ipynb", ".md", ".qmd", ".py", ".png", ".svg", ".jpg", ".gif")


class MemoryCache(DraftCache):
    """The drafts of a site while it is served, without a file."""

    def __init__(self) -> None:
        self._drafts: dict[Path, tuple[bytes, dict[str, str], Draft]] = {}

    def load(self, path: Path, raw: bytes, notes: dict[str, str]) -> Draft | None:
        """The draft of a notebook with this content, or None."""
        known = self._drafts.get(path)
        if known is None or known[:2] != (raw, notes):
            return None
        return known[2]

    def add(self, path: Path, raw: bytes, notes: dict[str, str], draft: Draft) -> None:
        """Keep the draft of a notebook."""
        self._drafts[path] = raw, notes, draft


class Preview:
    """The pages that the renderer serves. A notebook with an error keeps its last page."""

    def __init__(
        self, project: Project, settings: SiteSettings, say: Callable[[str], None]
    ) -> None:
        self.work = work_folder(project).with_name("docs-preview")
        self._project = project
        self._settings = settings
        self._say = say
        self._cache = MemoryCache()

    def update(self) -> int:
        """Write the pages that changed, and return how many they are."""
        try:
            pages: Pages = make_pages(self._project, self._settings, self._cache)
        except UserError as error:
            self._say(str(error))
            return 0
        for problem in pages.problems:
            self._say(str(problem))
        changed = write_pages(self._project, self._settings, pages, self.work)
        return len(changed & {f"pages/{page}" for page in pages.texts})


def serve_site(
    project: Project,
    settings: SiteSettings,
    renderer: str,
    port: int,
    say: Callable[[str], None],
) -> int:
    """Serve the site until it is stopped, and bring it up to date after each save."""
    renderer = choose_renderer(renderer)
    if not 0 < port < 65536:
        raise UsageError(f"--port {port}: it is a number from 1 to 65535")
    preview = Preview(project, settings, say)
    preview.update()
    words = [*command(renderer, "serve"), "-a", f"localhost:{port}"]
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    server = subprocess.Popen(words, cwd=preview.work, env=environment, stdin=subprocess.DEVNULL)
    say(f"http://localhost:{port}/ shows each save; Ctrl-C ends it")
    try:
        for _ in _saves(project, settings):
            if server.poll() is not None:
                raise UserError(f"{renderer} ended with exit code {server.returncode}")
            start = time.monotonic()
            changed = preview.update()
            if changed:
                say(f"{changed} pages changed in {time.monotonic() - start:.2f} s")
    finally:
        server.terminate()
        server.wait()
    return 0


def _saves(project: Project, settings: SiteSettings) -> Iterator[None]:
    """One None for each save of something that pages are made from, and each second."""
    from watchfiles import watch

    folders = {project.nbs_path, project.lib_path, *(path.parent for path in settings.pages)}
    if settings.contents is not None:
        folders.add(settings.contents.parent)
    present = [folder for folder in folders if folder.is_dir()]
    for _ in watch(
        *present,
        watch_filter=lambda change, path: path.endswith(_SUFFIXES),
        debounce=50,
        step=10,
        rust_timeout=1000,
        yield_on_timeout=True,
        raise_interrupt=True,
    ):
        yield None
