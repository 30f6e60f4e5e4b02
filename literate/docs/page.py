"""A notebook as a page: its texts, code, outputs and the entries of what it exports."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path

from ..compile.docstrings import page_of
from ..diagnostics import diagnose
from ..directives import ParsedCell, dialect_of, parse_cells
from ..notebook import Cell, Notebook
from ..project import Project
from .api import placed_entry
from .blocks import BlockRewriter, fenced
from .cells import CellView, view_of
from .containers import PageBlocks, heading_of, split_at_fences
from .draft import (
    ENTRY,
    SOURCE,
    Draft,
    Reference,
    Symbol,
    anchor_of,
    mark,
    plain_text,
    unique_anchor,
)
from .exports import Exports, own_imports
from .front_matter import FrontMatter, read_title_options, split_front_matter
from .inline import AddReference, InlineRewriter
from .settings import FOLDED, HIDDEN, OPEN, SHOWN, SiteSettings
from .shown_outputs import OutputRenderer, folded
from .sources import StoredCells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def draft_notebook(
    project: Project, settings: SiteSettings, notebook: Notebook, notes: dict[str, str]
) -> Draft:
    """The page of a notebook. `notes` are texts to show below its cells, by their ids."""
    return _PageDrafter(project, settings, notebook, notes).draft()


class _PageDrafter:
    def __init__(
        self, project: Project, settings: SiteSettings, notebook: Notebook, notes: dict[str, str]
    ) -> None:
        self._settings = settings
        self._notebook = notebook
        self._notes = notes
        self._stored = StoredCells(notebook)
        self._cells = parse_cells(notebook, dialect_of(notebook, project))
        self._front, self._skipped = _front_matter(notebook)
        page = page_path(project, settings, notebook.path, self._front.text("output-file"))
        self._draft = Draft(
            page=page,
            source=_in_repository(notebook.path, project.root),
        )
        self._exports = Exports(settings, notebook, self._cells, self._front)
        self._draft.module = self._exports.module
        self._draft.imports = own_imports(self._cells, project.package)
        self._blocks = PageBlocks()
        self._cell = notebook.cells[0] if notebook.cells else Cell(0, "", "raw", "", {})
        self._level = 1
        self._heading = ""  # the text of the last heading
        self._heading_anchor = ""
        self._demotes = False  # the first heading was the title, and there are others of its level
        inline = InlineRewriter(self._add, self._name_shortcode)
        self._inline = inline
        self._rewriter = BlockRewriter(inline.rewrite, self._write_heading, inline.rewrite_html)
        self._quiet = BlockRewriter(inline.rewrite, _bold_heading, inline.rewrite_html)
        folder = f"{Path(self._draft.page).stem}_files"
        self._folder = folder
        self._outputs = OutputRenderer(folder, self._quiet.rewrite)
        self._taken = {anchor: anchor for anchor in self._exports.anchors.values()}

    def draft(self) -> Draft:
        """The page with everything but its references."""
        self._find_title()
        for parsed in self._cells:
            self._cell = parsed.cell
            if parsed.cell.index in self._skipped:
                continue
            if parsed.cell.type == "markdown":
                self._add_text(parsed)
            elif parsed.cell.type == "code":
                self._add_code(parsed)
            self._draft.cells[parsed.cell.id] = self._heading_anchor
            if note := self._notes.get(parsed.cell.id):
                self._blocks.add(note)
        if self._blocks.depth:
            self._problem("docs-content", "a block that begins with ::: does not end")
        self._draft.text = self._blocks.text()
        self._draft.symbols = self._exports.symbols
        self._draft.aliases = self._front.items("aliases")
        self._draft.order = self._front.number("order")
        self._draft.is_hidden = self._front.text("search") == "false"
        return self._draft

    def _find_title(self) -> None:
        """The title and the summary, from the front matter or the first heading."""
        headings = 0
        for parsed in self._cells:
            if parsed.cell.type == "markdown" and parsed.cell.index not in self._skipped:
                text = re.sub(r"(?ms)^(`{3,}|~{3,}).*?^\1", "", parsed.code)
                headings += len(re.findall(r"(?m)^# +\S", text))
        draft = self._draft
        draft.title = self._front.text("title")
        draft.summary = self._front.text("description")
        self._demotes = headings > (0 if draft.title else 1)
        if draft.title:
            self._level = 1
            draft.anchors[anchor_of(draft.title)] = draft.title
        elif not headings:
            draft.title = _title_from(self._notebook.path)
            draft.anchors[anchor_of(draft.title)] = draft.title

    def _has_own_title(self) -> bool:
        return bool(self._draft.title)

    # --- text cells --------------------------------------------------------------------------

    def _add_text(self, parsed: ParsedCell) -> None:
        text = parsed.code
        if parsed.get("hide") or parsed.cell.index in self._skipped:
            return
        if parsed.cell.index == 0:
            text = split_front_matter(text)[1]
        if re.match(r"\s*#{1,6} .* -\s*$", text) and "\n" not in text.strip():
            return  # nbdev hides a heading that ends with a dash
        is_title_cell = not self._has_own_title() and text.lstrip().startswith("# ")
        self._take_attachments()
        for piece in split_at_fences(text):
            if piece is None:
                if not self._blocks.close():
                    self._problem("docs-content", "a line ::: ends a block that did not begin")
            elif isinstance(piece, str):
                self._add_piece(piece, is_title_cell)
                is_title_cell = False
            else:
                self._blocks.open(piece)

    def _add_piece(self, text: str, is_title_cell: bool) -> None:
        if is_title_cell:
            text = self._take_title(text)
        if "$" in text or "\\begin{" in text:
            self._draft.has_math = True
        for block in self._rewriter.blocks(text):
            heading = heading_of(block)
            if heading and (self._blocks.takes_tab or self._blocks.takes_title):
                self._blocks.set_title(plain_text(heading))
            else:
                self._blocks.add(block)

    def _take_title(self, text: str) -> str:
        """Take title and summary from the first cell, and return the rest of its text."""
        first, _, rest = text.strip().partition("\n")
        draft = self._draft
        heading = re.sub(r"\s*\{[^{}]*\}\s*$", "", first.lstrip("# "))
        draft.title = plain_text(heading)
        anchor = unique_anchor(anchor_of(heading), self._taken)
        self._taken[anchor] = anchor
        draft.anchors[anchor] = draft.title
        match = re.match(r"\s*((?:^>(?! ?\[!).*\n?)+)", rest, re.MULTILINE)
        if match:
            lines = [line.lstrip("> ").strip() for line in match[1].splitlines()]
            draft.summary = draft.summary or plain_text(" ".join(lines))
            rest = rest[match.end() :]
        return read_title_options(rest)[1]

    def _write_heading(self, level: int, text: str, attributes: str) -> str:
        if self._blocks.takes_tab or self._blocks.takes_title:
            return f"{'#' * level} {text}"
        level = min(level + self._demotes, 6)
        given = re.search(r"#([\w.:-]+)", attributes)
        anchor = unique_anchor(given[1] if given else anchor_of(text), self._taken)
        self._taken[anchor] = anchor
        self._draft.anchors[anchor] = self._heading = plain_text(text)
        self._level, self._heading_anchor = level, anchor
        inline = InlineRewriter(self._add, self._name_shortcode, links_names=False)
        return f"{'#' * level} {inline.rewrite(text.strip())} {{ #{anchor} }}"

    def _take_attachments(self) -> None:
        """Make files of the images that are stored in a text cell."""
        raw = self._stored[self._cell.index]
        attachments = raw.get("attachments")
        if not isinstance(attachments, dict):
            return
        for name, forms in attachments.items():
            if isinstance(forms, dict):
                for content in forms.values():
                    text = content if isinstance(content, str) else "".join(map(str, content))
                    self._draft.files[f"{self._folder}/{_safe(name)}"] = "".join(text.split())

    # --- code cells --------------------------------------------------------------------------

    def _add_code(self, parsed: ParsedCell) -> None:
        view = view_of(parsed, self._notebook.language, self._settings.source)
        if view.is_hidden or self._blocks.is_dropped:
            self._note_symbols(parsed, is_hidden=True)
            return
        if view.documents:
            self._blocks.add(self._explicit_entry(view))
            return
        if view.is_exported:
            self._note_symbols(parsed, is_hidden=False)
            if self._settings.source != SHOWN:
                for symbol in self._exports.entries_of(parsed):
                    deeper = symbol.kind == "method"
                    self._blocks.add(self._entry(symbol, self._level + 1 + deeper))
        rendered = self._outputs.render(
            self._stored[parsed.cell.index].get("outputs") or (),
            view,
            parsed.cell.id,
            self._heading or self._draft.title,
        )
        for problem in rendered.problems:
            self._problem("docs-content", f"the page cannot show {problem}")
        for name, content in rendered.files.items():
            self._draft.files[f"{self._folder}/{name}"] = content
        self._draft.has_math = self._draft.has_math or rendered.has_math
        self._add_code_block(parsed, view, rendered.blocks)

    def _add_code_block(self, parsed: ParsedCell, view: CellView, outputs: list[str]) -> None:
        code = fenced(view.code, view.language) if view.code.strip() else ""
        if view.is_exported and self._settings.source == SHOWN and code:
            code = self._shown_export(parsed, code)
        if view.kind == "proof":
            result = _result_of(self._stored[parsed.cell.index].get("outputs") or ())
            summary = f"<strong>Proof:</strong> {escape(view.summary, quote=False)}"
            if result:
                summary += f' <span class="literate-result">{escape(result, quote=False)}</span>'
            self._blocks.add(folded(summary, "\n\n".join([code, *outputs]), "literate-proof"))
            return
        if view.shows in (FOLDED, OPEN) and code:
            name = "literate-solution" if view.kind else "literate-fold"
            summary = escape(view.summary, quote=False)
            code = folded(summary, code, name, is_open=view.shows == OPEN)
        if view.shows != HIDDEN:
            self._blocks.add(code)
        for block in outputs:
            self._blocks.add(block)

    def _shown_export(self, parsed: ParsedCell, code: str) -> str:
        """Exported code with the anchors of its names, and where it is in the library."""
        described = self._exports.described(parsed)
        own = [self._exports.anchors[each.name] for each in described]
        spans = "".join(f'<span id="{anchor}"></span>' for anchor in dict.fromkeys(own))
        source = ""
        if described:
            source = self._add(Reference(SOURCE, described[0].name, described[-1].name))
        anchors = f'<div class="literate-anchors">{spans}</div>' if spans else ""
        return "\n\n".join(part for part in (anchors, code, source) if part)

    def _note_symbols(self, parsed: ParsedCell, is_hidden: bool) -> None:
        def make_rewriter(add: AddReference) -> Callable[[str], str]:
            inline = InlineRewriter(
                lambda reference: add(self._placed(reference)), self._name_shortcode
            )
            rewriter = BlockRewriter(inline.rewrite, _bold_heading, inline.rewrite_html)
            return rewriter.rewrite

        self._exports.note(parsed, is_hidden, self._heading_anchor, make_rewriter)

    def _entry(self, symbol: Symbol, level: int) -> str:
        offset = len(self._draft.references)
        self._draft.references += symbol.references
        return placed_entry(symbol, level, offset)

    def _explicit_entry(self, view: CellView) -> str:
        """What `show_doc(name)` asks for: a name of this notebook, or of another one."""
        level = min(view.level or self._level + 1, 6)
        return self._add(Reference(ENTRY, view.documents, level=level))

    # --- references and problems ---------------------------------------------------------------

    def _add(self, reference: Reference) -> str:
        if reference.target.startswith("attachment:"):
            name = _safe(reference.target.removeprefix("attachment:"))
            target = f"{self._folder}/{name}"
            reference = Reference(reference.kind, f"figure:{target}", reference.text)
        self._draft.references.append(self._placed(reference))
        return mark(len(self._draft.references) - 1)

    def _placed(self, reference: Reference) -> Reference:
        """The reference with its place in the notebook."""
        position = self._cell.source.find(reference.target) if reference.target else -1
        line = self._cell.source.count("\n", 0, max(position, 0)) + 1
        return Reference(
            reference.kind,
            reference.target,
            reference.text,
            reference.suffix,
            reference.level,
            self._cell.index,
            self._cell.id,
            line,
        )

    def _name_shortcode(self, word: str) -> None:
        self._problem("docs-content", f"the shortcode {{{{< {word} >}}}} is not known here")

    def _problem(self, code: str, message: str) -> None:
        path = self._notebook.path
        self._draft.problems.append(diagnose(code, message, path, self._cell.index, self._cell.id))


def page_path(project: Project, settings: SiteSettings, path: Path, output_file: str) -> str:
    """The path of a page in the site. nbdev's pages have the same, so that links stay right."""
    if not path.is_relative_to(project.nbs_path):
        is_home = path == settings.contents and not _has_index(project)
        return "index.md" if is_home else f"{path.stem.lower()}.md"
    page = Path(page_of(path, project.nbs_path))
    if output_file:
        page = page.with_name(Path(output_file).name)
    return page.with_suffix(".md").as_posix()


def _has_index(project: Project) -> bool:
    return any((project.nbs_path / f"index{suffix}").exists() for suffix in (".ipynb", ".md"))


# --- pieces ------------------------------------------------------------------------------------


def _front_matter(notebook: Notebook) -> tuple[FrontMatter, set[int]]:
    """What a notebook says about itself, and the cells that say nothing else.

    nbdev also reads a list below the title: `- key: value`.
    """
    for cell in notebook.cells[:2]:
        if cell.type == "code":
            break
        front, rest = split_front_matter(cell.source)
        if front.values:
            return front, set() if rest.strip() and cell.type == "markdown" else {cell.index}
    for cell in notebook.cells:
        if cell.type == "markdown" and cell.source.startswith("# "):
            below = re.sub(r"\A# [^\n]*\n(?:\s*>[^\n]*\n)*", "", cell.source)
            return read_title_options(below)[0], set()
    return FrontMatter(), set()


def _in_repository(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name


def _title_from(path: Path) -> str:
    """A title for a notebook without one: "Train loop" for 11_train_loop.ipynb."""
    words = re.sub(r"^\d+[a-zA-Z0-9]*_", "", path.stem).replace("_", " ").strip()
    return words[:1].upper() + words[1:] or path.stem


def _bold_heading(level: int, text: str, attributes: str) -> str:
    return f"**{text.strip()}**"


def _safe(name: str) -> str:
    """A name for the file of an attachment."""
    return re.sub(r"[^\w.-]", "-", name.replace("%20", " ")).lstrip(".") or "attachment"


def _result_of(outputs: Iterable[Any]) -> str:
    """The last line that a proof printed, or its value: what it came to."""
    last = ""
    for output in outputs:
        if not isinstance(output, dict):
            continue
        text = output.get("text") or (output.get("data") or {}).get("text/plain", "")
        lines = "".join(text).strip().splitlines()
        last = lines[-1].strip("'") if lines else last
    return last if len(last) < 120 else ""
