"""`literate docs`: the notebooks of a project as a site."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ..docs.settings import SiteSettings
    from ..docs.site import Site
    from ..project import Project


def docs(
    # the folder of the site; by default doc_path in the settings, which is _docs
    output: str = "",
    # make the pages and check their links, and write nothing
    check: bool = False,
    # make the site although links lead nowhere; the exit code is 1 all the same
    keep_going: bool = False,
    # the program that makes HTML: zensical or mkdocs; by default the one that is installed
    renderer: str = "",
    # show the site in a browser, and each save of a notebook, until Ctrl-C
    serve: bool = False,
    # the port of --serve
    port: int = 8000,
    # print as JSON how many pages there are, and the problems
    json: bool = False,
) -> int:
    """Make a site of the notebooks of a project: their texts, code and outputs, and its names.

    Nothing is run and nothing is imported. A link that leads nowhere is an error.

    Exit codes: 0 done, 1 something is wrong, 2 bad usage.
    """
    from ..diagnostics import ERROR, UsageError
    from ..docs.renderer import RENDERERS
    from ..docs.settings import read_site_settings
    from ..docs.site import build_site, check_site
    from ..project import find_project

    if renderer and renderer not in RENDERERS:
        raise UsageError(f"--renderer {renderer}: it is one of {', '.join(RENDERERS)}")
    if serve and (output or check or keep_going or json):
        raise UsageError("--serve goes together with --renderer and --port only")
    project = find_project()
    settings = read_site_settings(project, output)
    if serve:
        return _serve(project, settings, renderer, port)
    if check:
        site = check_site(project, settings)
    else:
        site = build_site(project, settings, renderer, keep_going)
    if json:
        _print_json(site)
    else:
        _print(site, check)
    return int(any(problem.severity == ERROR for problem in site.problems))


def _serve(project: Project, settings: SiteSettings, renderer: str, port: int) -> int:
    """Serve the site; Ctrl-C is its usual end."""
    from functools import partial

    from ..docs.serve import serve_site

    try:
        serve_site(project, settings, renderer, port, partial(print, flush=True))
    except KeyboardInterrupt:
        pass
    return 0


def _print(site: Site, check: bool) -> None:
    from ..diagnostics import display_path

    for problem in site.problems:
        print(problem)
    if check:
        print(f"{site.pages} pages, every link leads somewhere")
    else:
        print(f"{site.pages} pages, {site.changed} changed -> {display_path(site.output)}")


def _print_json(site: Site) -> None:
    from json import dumps

    problems = [str(problem) for problem in site.problems]
    values = {"pages": site.pages, "changed": site.changed, "output": str(site.output)}
    print(dumps({**values, "problems": problems}, indent=1, ensure_ascii=False))


def run() -> None:
    """The console command."""
    from ..command import leave, main

    leave(main(docs))
