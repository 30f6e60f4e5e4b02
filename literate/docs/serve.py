"""`literate docs --serve`: the site in a browser, which shows each save of a notebook.

The renderer serves pages from a folder that exists only meanwhile, and this file keeps the pages of
that folder up to date.
"""

from __future__ import annotations

import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from ..diagnostics import UsageError, UserError
from ..project import Project
from ..records import replace
from ..signals import stopped_by_signals
from .draft_cache import MemoryCache
from .renderer import choose_renderer, command, environment, failure
from .settings import SiteSettings
from .site import ALLOWED, make_pages, write_pages

HOST = "localhost"
_LOG = "renderer.log"
_SUFFIXES = (".ipynb", ".md", ".qmd", ".py", ".yml", ".png", ".svg", ".jpg", ".jpeg", ".gif")


class Preview:
    """The pages that the renderer serves. They stay as they are while a notebook is torn."""

    def __init__(
        self, project: Project, settings: SiteSettings, work: Path, say: Callable[[str], None]
    ) -> None:
        self._project = project
        # With the address of the finished site, the browser would not be told about new pages.
        self._settings = replace(settings, url="")
        self._work = work
        self._say = say
        self._cache = MemoryCache()
        self._said: list[str] = []
        self._is_written = False

    def update(self) -> int:
        """Write the pages that changed, and return how many they are.

        Problems are said when they are not those of the last time.
        """
        pages = make_pages(self._project, self._settings, self._cache)
        problems = [str(problem) for problem in pages.problems]
        self._say_new(problems)
        is_torn = any(problem.code not in ALLOWED for problem in pages.problems)
        if is_torn and self._is_written:
            return 0
        self._is_written = True
        changed = write_pages(self._project, self._settings, pages, self._work)
        return len(changed & {f"pages/{page}" for page in pages.texts})

    def follow_save(self) -> None:
        """Bring the pages up to date. An error is said, and the pages stay."""
        start = time.monotonic()
        try:
            changed = self.update()
        except (UserError, OSError) as error:
            self._say_new([str(error)])
            return
        if changed:
            pages = "page" if changed == 1 else "pages"
            self._say(f"{changed} {pages} changed in {time.monotonic() - start:.2f} s")

    def _say_new(self, problems: list[str]) -> None:
        if problems != self._said:
            self._said = problems
            for problem in problems:
                self._say(problem)


def serve_site(
    project: Project,
    settings: SiteSettings,
    renderer: str,
    port: int,
    say: Callable[[str], None],
) -> None:
    """Serve the site until a signal ends it, and bring it up to date after each save."""
    renderer = choose_renderer(renderer)
    check_port(port)
    with tempfile.TemporaryDirectory(prefix="literate-docs-") as folder, stopped_by_signals():
        work = Path(folder)
        preview = Preview(project, settings, work, say)
        preview.update()
        server = _start(renderer, work, port)
        try:
            say(f"http://{HOST}:{port}/ shows each save; Ctrl-C ends it")
            for is_saved in _saves(project, settings):
                if server.poll() is not None:
                    printed = (work / _LOG).read_text(errors="replace")
                    raise failure(renderer, server.returncode, printed)
                if is_saved:
                    preview.follow_save()
        finally:
            server.terminate()
            server.wait()


def check_port(port: int) -> None:
    """Refuse a port that does not exist, or that another program has."""
    if not 0 < port < 65536:
        raise UsageError(f"--port {port}: it is a number from 1 to 65535")
    try:
        # Programs may listen at one of the addresses of the host only: a connection tells.
        with socket.create_connection((HOST, port), timeout=1):
            pass
    except OSError:
        return
    raise UserError(f"--port {port}: another program has this port (choose another port)")


def _start(renderer: str, work: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server of the renderer. What it prints is kept, for the case that it fails."""
    with open(work / _LOG, "wb") as log:
        return subprocess.Popen(
            [*command(renderer, "serve"), "-a", f"{HOST}:{port}"],
            cwd=work,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def _saves(project: Project, settings: SiteSettings) -> Iterator[bool]:
    """True for each save of something that pages are made from, and False once a second.

    The first one is True: something may have been saved before the folders were watched.
    """
    from watchfiles import watch

    folders = {project.nbs_path, project.lib_path, *(path.parent for path in settings.pages)}
    for path in (settings.contents, settings.notes):
        if path is not None:
            folders.add(path.parent)
    is_first = True
    for changes in watch(
        *(folder for folder in folders if folder.is_dir()),
        watch_filter=lambda change, path: path.endswith(_SUFFIXES),
        debounce=50,
        step=10,
        rust_timeout=1000,
        yield_on_timeout=True,
        raise_interrupt=True,
    ):
        yield is_first or bool(changes)
        is_first = False
