"""The results as a single HTML file: every cell that ran, its outputs, and the failures.

Texts of a notebook are treated as hostile:

- Text is escaped.
- An HTML output is shown in a frame that can neither run scripts nor reach anything.
- An SVG output is shown as an image, and images do not run scripts.
- The page forbids scripts and every connection.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from html import escape
from pathlib import Path

from ..diagnostics import format_location
from ..execute.results import FAILED, CellResult, NotebookResult
from .failure import ERROR, FAINT, HEAD, MARK, describe_cell, error_of, legible, strip_ansi
from .summary import NOT_RUN, RunSummary, path_in, row

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
_CLASSES = {HEAD: "head", MARK: "mark", FAINT: "faint", ERROR: "wrong"}
_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"

_STYLE = """
:root {
  color-scheme: light dark;
  --line: #8884; --back: #8881;
  --good: #1a7f37; --bad: #cf222e; --idle: #9a6700;
}
@media (prefers-color-scheme: dark) {
  :root { --good: #3fb950; --bad: #ff7b72; --idle: #d29922; }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .5rem; }
table { border-collapse: collapse; width: 100%; }
td, th { padding: .25rem .8rem .25rem 0; text-align: left; }
tr { border-bottom: 1px solid var(--line); }
.number { text-align: right; font-variant-numeric: tabular-nums; }
pre, code { font: 13px/1.45 ui-monospace, monospace; }
a { color: inherit; }
pre {
  margin: 0; padding: .5rem .8rem;
  overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere;
}
.cell { border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0; overflow: hidden; }
.cell > header { display: flex; gap: 1rem; padding: .2rem .8rem; font-size: 12px; opacity: .75; }
.cell > header span:last-child { margin-left: auto; }
.cell .source { background: var(--back); }
.cell.failed { border-color: var(--bad); }
.cell.skipped { opacity: .6; }
.stderr { border-left: 3px solid var(--idle); }
td.passed, h1.passed { color: var(--good); }
td.skipped { color: var(--idle); }
td.failed, .wrong, .head { color: var(--bad); }
.head, .mark { font-weight: 600; }
.faint { opacity: .65; }
.cell img { max-width: 100%; background: #fff; }
iframe { width: 100%; border: 0; background: #fff; resize: vertical; }
summary { cursor: pointer; }
"""


def html_text(run: RunSummary, root: Path) -> str:
    """The report of a run; the notebooks' paths are given from `root`."""
    verdict = "passed" if run.passed else "wrong"
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        f"<title>{_text(run.closing_line)}</title>",
        f"<style>{_STYLE}</style>",
        f'<h1 class="{verdict}">{_text(run.closing_line)}</h1>',
        *_table(run, root),
    ]
    for number, result in enumerate(run.results):
        parts += _notebook(number, result, root)
    parts.append("</html>\n")
    return legible("\n".join(parts))


def _table(run: RunSummary, root: Path) -> Iterator[str]:
    """The table of notebooks; each row links to the notebook's section."""
    head = '<tr><th>notebook<th class="number">cells<th class="number">seconds<th>result'
    yield f"<table><thead>{head}</thead><tbody>"
    for number, result in enumerate(run.results):
        path = _text(path_in(root, result.path))
        yield (
            f'<tr><td><a href="#n{number}">{path}</a>'
            f'<td class="number">{result.ran}'
            f'<td class="number">{result.seconds:.1f}'
            f'<td class="{result.outcome}">{_text(row(result)[-1])}'
        )
    yield "</tbody></table>"
    if run.left:
        yield f"<p>{run.left} {NOT_RUN}</p>"


def _notebook(number: int, result: NotebookResult, root: Path) -> Iterator[str]:
    """The section of a notebook: links to the cells that failed, then every cell."""
    failed = result.outcome == FAILED
    yield f'<h2 id="n{number}">{_text(path_in(root, result.path))}</h2>'
    if result.reason:
        yield f'<pre class="{"wrong" if failed else ""}">{_text(result.reason)}</pre>'
    for cell in result.failures:
        place = format_location(Path(result.path), cell.index, cell.id, cell.line)
        link = _text(f"{place}: {error_of(cell).message}")
        yield f'<p class="wrong"><a href="#n{number}c{cell.index}">{link}</a></p>'
    if not result.cells:
        return
    count = "1 cell" if len(result.cells) == 1 else f"{len(result.cells)} cells"
    yield f"<details{' open' if failed else ''}><summary>{count}</summary>"
    for cell in result.cells:
        yield from _cell(f"n{number}c{cell.index}", Path(result.path), cell)
    yield "</details>"


def _cell(anchor: str, path: Path, cell: CellResult) -> Iterator[str]:
    outcome = f"{cell.outcome}: {cell.reason}" if cell.reason else cell.outcome
    yield f'<div class="cell {cell.outcome}" id="{anchor}">'
    yield f"<header><span>cell {cell.index + 1}</span><span>{_text(cell.id)}</span>"
    yield f"<span>{_text(outcome)}</span><span>{cell.seconds:.2f} s</span></header>"
    if cell.outcome == FAILED:
        lines = []
        for kind, text in describe_cell(path, cell, outputs=False):
            lines.append(f'<span class="{_CLASSES.get(kind, "")}">{_text(text)}</span>')
        yield "<pre>" + "\n".join(lines) + "</pre>"
    else:
        yield f'<pre class="source">{_text(cell.source)}</pre>'
    for output in cell.outputs:
        yield _output(output)
    yield "</div>"


def _output(output: dict[str, Any]) -> str:
    """An output in the richest form that is safe."""
    if "text" in output:
        stream = "stderr" if output.get("name") == "stderr" else "stdout"
        return f'<pre class="{stream}">{_text(output["text"])}</pre>'
    data = output["data"]
    for kind in _IMAGES:
        image = data.get(kind)
        if isinstance(image, str) and _BASE64.fullmatch(image):
            return _image(kind, "".join(image.split()))
    drawing = data.get("image/svg+xml")
    if isinstance(drawing, str):
        encoded = base64.b64encode(drawing.encode("utf-8", "replace"))
        return _image("image/svg+xml", encoded.decode())
    page = data.get("text/html")
    if isinstance(page, str):
        return _frame(page)
    text = data.get("text/plain") or ", ".join(data)  # without a text, the names of the formats
    return f"<pre>{_text(str(text))}</pre>"


def _image(kind: str, data: str) -> str:
    return f'<img alt="a figure" src="data:{kind};base64,{data}">'


def _frame(page: str) -> str:
    """A frame for an HTML output. Its height is estimated, because no script can measure it."""
    lines = max(page.count("<tr"), page.count("<p"), page.count("<br"))
    height = min(30, 4 + 2 * lines)
    return f'<iframe sandbox="" style="height: {height}em" srcdoc="{escape(page)}"></iframe>'


def _text(text: str) -> str:
    return escape(strip_ansi(text))
