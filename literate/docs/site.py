"""The site of a project: all pages are made, checked, rendered, and put into their folder."""

from __future__ import annotations

import base64
import json
import posixpath
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path

import literate

from ..diagnostics import ERROR, Diagnostic, UserError, diagnose
from ..project import Project, state_lock
from ..records import dataclass, field
from .api import draft_module, draft_names, modules_by_hand
from .contents import Section, contents_of
from .draft import Draft
from .draft_cache import Cache, DraftCache
from .folder import Folder
from .llms import llms_text
from .page import draft_notebook
from .renderer import CONFIGURATION, choose_renderer, configuration, render
from .resolve import Resolver
from .settings import SiteSettings
from .sources import parse_source, read_notes, read_source, site_sources

ALLOWED = ("broken-link", "docs-content")  # what `keep_going` allows
WORK = "docs"  # the folder in the state folder
ASSETS = Path(__file__).with_name("assets")


@dataclass
class Site:
    """A site that was made."""

    output: Path
    pages: int = 0
    changed: int = 0  # pages whose text is new
    problems: list[Diagnostic] = field(default_factory=list)  # warnings


@dataclass
class Pages:
    """All pages of a site as text, before the renderer."""

    drafts: dict[Path, Draft]
    texts: dict[str, str]  # by the path of the page
    contents: Section
    files: dict[str, Path]  # files to copy
    problems: list[Diagnostic]


def build_site(
    project: Project, settings: SiteSettings, renderer: str = "", keep_going: bool = False
) -> Site:
    """Make the site of a project.

    Nothing is written if a page has an error, unless `keep_going` allows links that lead nowhere.
    """
    renderer = choose_renderer(renderer)
    check_output(settings.output)
    with state_lock(project):
        work = work_folder(project)
        cache = DraftCache(work / "drafts.json", _key(project, settings))
        pages = make_pages(project, settings, cache)
        refuse_errors(project, pages.problems, keep_going)
        site = Site(settings.output, len(pages.texts), problems=pages.problems)
        is_new = write_pages(project, settings, pages, work)
        site.changed = len(is_new & {f"pages/{page}" for page in pages.texts})
        if is_new or not (settings.output / MARK).exists() or not cache.was_rendered_by(renderer):
            render(renderer, work)
            _finish(settings, pages, work)
            _publish(work / "site", settings.output)
        cache.store(renderer)
    return site


def check_site(project: Project, settings: SiteSettings) -> Site:
    """Make all pages and check their links, and write nothing."""
    cache = DraftCache(work_folder(project) / "drafts.json", _key(project, settings))
    pages = make_pages(project, settings, cache)
    refuse_errors(project, pages.problems)
    return Site(settings.output, len(pages.texts), problems=pages.problems)


def work_folder(project: Project) -> Path:
    """The folder in which a site is made before it is published."""
    return project.state_dir / WORK


def _key(project: Project, settings: SiteSettings) -> str:
    """What all drafts depend on beside their notebooks."""
    own = [str(path.stat().st_mtime_ns) for path in Path(__file__).parent.glob("*.py")]
    return repr((literate.__version__, sorted(own), project, settings))


# --- pages -------------------------------------------------------------------------------------


def make_pages(project: Project, settings: SiteSettings, cache: Cache) -> Pages:
    """All pages of a site as text, with every problem that was found."""
    drafts, problems = draft_pages(project, settings, cache)
    problems += _clashes(drafts)
    contents = contents_of(project, settings, drafts)
    _add_library(project, drafts, contents)
    resolver = Resolver(project, settings, drafts)
    texts = {}
    for path, draft in drafts.items():
        texts[draft.page] = page_text(draft, resolver.text_of(path), settings)
    problems += resolver.problems
    problems.sort(key=lambda problem: problem.sort_key)
    return Pages(drafts, texts, contents, resolver.files, problems)


def _add_library(project: Project, drafts: dict[Path, Draft], contents: Section) -> None:
    """Add the pages that no notebook makes: modules written by hand, and all names."""
    section = Section("Library")
    taken = {draft.page for draft in drafts.values()}
    for path in modules_by_hand(project, [draft.module for draft in drafts.values()]):
        module = draft_module(project, path)
        if module is not None and module.page not in taken:
            drafts[path] = module
            section.entries.append(module)
    names = draft_names(project, drafts)
    if names is not None:
        drafts[project.lib_path / "all names"] = names
        section.entries.insert(0, names)
        contents.entries.append(section)


def draft_pages(
    project: Project, settings: SiteSettings, cache: Cache
) -> tuple[dict[Path, Draft], list[Diagnostic]]:
    """The drafts of all pages, and the problems in them."""
    sources = site_sources(project, settings)
    if not sources:
        raise UserError(f"no notebooks in {project.nbs_path}")
    notes = read_notes(settings.notes)
    drafts: dict[Path, Draft] = {}
    problems: list[Diagnostic] = []
    for path in sources:
        raw = read_source(path)
        own_notes = notes.get(path.name, {})
        draft = cache.load(path, raw, own_notes)
        if draft is None:
            try:
                draft = draft_notebook(project, settings, parse_source(path, raw), own_notes)
            except UserError as error:
                problems += [each for each in error.problems if isinstance(each, Diagnostic)]
                continue
            cache.add(path, raw, own_notes, draft)
        drafts[path] = draft
        problems += draft.problems
    return drafts, problems


def _clashes(drafts: Mapping[Path, Draft]) -> list[Diagnostic]:
    """A problem for each notebook whose page another notebook has."""
    taken: dict[str, Path] = {}
    problems = []
    for path, draft in drafts.items():
        first = taken.setdefault(draft.page, path)
        if first != path:
            page = f"{draft.page.removesuffix('.md')}.html"
            message = f"its page would be {page}, which {first.name} has"
            problems.append(diagnose("page-clash", message, path))
    return problems


def refuse_errors(project: Project, problems: list[Diagnostic], keep_going: bool = False) -> None:
    """Raise a `UserError` if a problem is an error, or any problem in a strict project."""
    serious = [problem for problem in problems if problem.severity == ERROR or project.strict]
    if keep_going:
        serious = [problem for problem in serious if problem.code not in ALLOWED]
    if serious:
        raise UserError(*problems)


def page_text(draft: Draft, text: str, settings: SiteSettings) -> str:
    """The Markdown of a page: its title, its summary, and links to its notebook above the text."""
    head = {"title": draft.title}
    if draft.summary:
        head["description"] = draft.summary
    lines = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in head.items()]
    if draft.is_hidden:
        lines.append("search:\n  exclude: true")
    anchor = next(iter(draft.anchors), "top")
    parts = ["\n".join(["---", *lines, "---"]), f"# {_heading(draft.title)} {{ #{anchor} }}"]
    if draft.summary:
        parts.append(f'<p class="literate-summary">{escape(draft.summary, quote=False)}</p>')
    if draft.source.endswith(".ipynb"):
        parts.append(_links(draft, settings))
    return "\n\n".join([*parts, text])


def _heading(title: str) -> str:
    """A title as Markdown: marks in it are not emphasis."""
    return re.sub(r"([\\`*_\[\]<>])", r"\\\1", title)


def _links(draft: Draft, settings: SiteSettings) -> str:
    links = []
    if address := settings.edit(draft.source):
        links.append(f'<a href="{escape(address)}">Edit this notebook</a>')
    links.append(f"<span>Run it: <code>{escape(settings.run)} {escape(draft.source)}</code></span>")
    # With a plain dot, Zensical would take the address for that of a page.
    twin = f"{posixpath.basename(draft.page).removesuffix('.md')}.html%2Emd"
    links.append(f'<a href="{escape(twin)}">Markdown</a>')
    return f'<div class="literate-links">{"".join(links)}</div>'


# --- files -------------------------------------------------------------------------------------


def write_pages(project: Project, settings: SiteSettings, pages: Pages, work: Path) -> set[str]:
    """Write what the renderer reads; returns the files that are new or changed."""
    folder = Folder(work)
    for page, text in pages.texts.items():
        folder.write(f"pages/{page}", text.encode("utf-8", "replace"))
    for draft in pages.drafts.values():
        for name, content in draft.files.items():
            place = posixpath.join(posixpath.dirname(draft.page), name)
            folder.write(f"pages/{place}", base64.b64decode(content))
    for place, path in pages.files.items():
        folder.write(f"pages/{place}", read_source(path))
    for path in sorted(ASSETS.rglob("*")):
        if path.is_file():
            folder.write(f"pages/literate/{path.relative_to(ASSETS).as_posix()}", path.read_bytes())
    text = configuration(settings, pages.contents, work / "site")
    folder.write(CONFIGURATION, text.encode())
    folder.delete_others("pages")
    return folder.changed


MARK = ".literate-docs"  # a file that lists what the command made in a folder
_MARK_TEXT = "literate docs made these files, and replaces them:"


def check_output(output: Path) -> None:
    """Refuse a folder that holds something else than a site."""
    if not output.exists():
        return
    if not output.is_dir():
        raise UserError(f"{output} is not a folder: remove it, or set doc_path to another folder")
    if any(output.iterdir()) and not (output / MARK).is_file():
        message = f"{output} holds files that literate docs did not make"
        raise UserError(f"{message}: remove it, or set doc_path to another folder")


def _finish(settings: SiteSettings, pages: Pages, work: Path) -> None:
    """Add what no renderer makes: the pages as Markdown, llms.txt, and old addresses."""
    folder = Folder(work / "site")
    for draft in pages.drafts.values():
        stem = draft.page.removesuffix(".md")
        folder.write(f"{stem}.html.md", twin_of(pages.texts[draft.page]).encode("utf-8", "replace"))
        for alias in old_addresses(draft):
            target = posixpath.relpath(f"{stem}.html", posixpath.dirname(alias) or ".")
            if not (work / "site" / alias).exists():
                folder.write(alias, _redirect(target).encode())
    if "index.md" not in pages.texts:
        folder.write("index.html", _redirect(_first_page(settings, pages)).encode())
    folder.write("llms.txt", llms_text(settings, pages.contents).encode("utf-8", "replace"))
    folder.write(".nojekyll", b"")  # GitHub's pages would leave out some files


def _first_page(settings: SiteSettings, pages: Pages) -> str:
    """The page that readers see first if none is called index."""
    for path, draft in pages.drafts.items():
        if path.name == settings.home:
            return f"{draft.page.removesuffix('.md')}.html"
    first = next(pages.contents.pages())
    return f"{first.page.removesuffix('.md')}.html"


def twin_of(text: str) -> str:
    """A page as Markdown for programs: without the links above it and without marks for HTML."""
    text = re.sub(r'(?m)^<div class="literate-links">.*\n\n?', "", text)
    text = re.sub(r'(?m)^<div class="literate-(?:output|anchors)[^>]*>(?:<span.*)?\n\n?', "", text)
    text = re.sub(r"(?m)^</div>\n\n?", "", text)
    text = re.sub(r"(?m)^(#+ .*?) \{ #[^{}]*\}$", r"\1", text)
    return re.sub(r"\]\(((?![a-z]+:)[^()\s]*?)\.md([#)])", r"](\1.html.md\2", text)


def old_addresses(draft: Draft) -> list[str]:
    """Other addresses that lead to a page: those in its front matter, and its notebook's name."""
    folder = posixpath.dirname(draft.page)
    found = []
    for alias in draft.aliases:
        path = posixpath.normpath(posixpath.join("" if alias[:1] == "/" else folder, alias))
        path = path.lstrip("/")
        if not path.endswith(".html"):
            path = posixpath.join(path, "index.html")
        if not path.startswith(".."):
            found.append(path)
    name = posixpath.basename(draft.source)
    if name.endswith(".ipynb"):
        found.append(posixpath.join(folder, f"{name.removesuffix('.ipynb')}.html"))
    return [path for path in found if path != f"{draft.page.removesuffix('.md')}.html"]


def _redirect(target: str) -> str:
    address = escape(target)
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<title>Moved</title>\n<link rel="canonical" href="{address}">\n'
        f'<meta http-equiv="refresh" content="0; url={address}">\n</head>\n'
        f'<body><p>This page is now <a href="{address}">here</a>.</p></body>\n</html>\n'
    )


def _publish(site: Path, output: Path) -> None:
    """Bring the finished site into its folder. Files that did not change stay as they are."""
    folder = Folder(output)
    made = _files_made(output)
    names = [
        path.relative_to(site).as_posix() for path in sorted(site.rglob("*")) if path.is_file()
    ]
    for name in names:
        folder.write(name, (site / name).read_bytes())
    folder.write(MARK, "\n".join([_MARK_TEXT, *names, ""]).encode("utf-8", "surrogateescape"))
    folder.delete_others("", made)


def _files_made(output: Path) -> set[str]:
    """The files that an earlier run made in a folder. Others there are somebody else's."""
    try:
        text = (output / MARK).read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return set()
    return set(text.splitlines()[1:])
