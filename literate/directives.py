"""What a cell says of itself: the directives at its head, in the four spellings of `#export` and `#| export`.

A directive line is removed from the code; Quarto options (`#| eval: false`) stay in nbdev 2's layout, and cell magics in both.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from .diagnostics import WARNING, Diagnostic
from .notebook import Cell, Notebook
from .project import NBDEV3, Project
from .values import dataclass, replace

EXPORTS = ("export", "exports", "exporti", "exportd")
COMPILER = ("default_exp", *EXPORTS)
# What nbdev, Quarto and the runner understand. A word that is followed by a colon is an option, and always known.
KNOWN = frozenset({
    *COMPILER, "hide", "hide_line", "hide_input", "hide_output", "filter_stream", "default_cls_lvl", "show_input",
    "show_output", "collapse_input", "collapse_output", "eval", "echo", "output", "notest", "skip", "skip_exec",
    "skip_showdoc", "exec_doc", "slow", "cuda", "raises", "reads", "timeout", "solution", "test", "hide_all", "collapse", "include", "label",
})


class Dialect:
    """How a notebook spells its directives. Plain strings: an Enum would be hashed in Python, for every cell."""

    PLAIN = "#export"
    MARKED = "#| export, as nbdev 2 reads it"
    MARKED_3 = "#| export, as nbdev 3 reads it, and directives in metadata"


@dataclass(frozen=True)
class Directive:
    """One word at the head of a cell, with its arguments."""

    name: str               # "export", or "eval:" for an option written with a colon
    args: tuple[str, ...]
    line: int               # in the cell, from 1; 0 for one in the metadata


@dataclass(frozen=True)
class Head:
    """A cell, taken apart: its directives, and the code without them."""

    directives: tuple[Directive, ...] = ()
    code: str = ""
    lines: Sequence[int] = ()  # the cell's line that each line of `code` comes from

    def get(self, *names: str) -> Directive | None:
        """The last directive of one of these names: as in nbdev, the last one counts."""
        return next((d for d in reversed(self.directives) if d.name in names), None)

    def option(self, name: str) -> tuple[str, ...]:
        """The values of an option such as `#| eval: false`; () if it is not there."""
        found = self.get(name, f"{name}:")
        return found.args if found else ()

    def line(self, number: int) -> int:
        """The cell's line for a line of `code`, both from 1."""
        return self.lines[min(max(number, 1), len(self.lines)) - 1] if self.lines else 1


_MARKED = re.compile(r"\s*#\s*\|(.*)", re.DOTALL)
_OPTION = re.compile(r"(\s*#\s*\|\s*[\w|-]+\s*:)(.*)", re.DOTALL)
_MAGIC = re.compile(r"\s*%%\w+")
_PLAIN = re.compile(r"#([ \t]*)([\w-]+)((?:[ \t]+\S+)*)$")
_PLAIN_WORDS = frozenset(COMPILER) | {"hide", "skip", "notest", "slow", "cuda", "hide_input", "hide_output", "default_cls_lvl", "collapse",
                                      "collapse_hide", "collapse_show", "collapse_input", "collapse_output"}  # nbdev 1's among them
_LATE = re.compile(rf"^\s*#\s*(\|?)\s*({'|'.join(COMPILER)})\b(?!:)[ \t]*(\S*)[ \t]*$", re.IGNORECASE | re.MULTILINE)


def dialect_of(notebook: Notebook, project: Project) -> str:
    """`#|` if any cell carries such a directive, or the metadata of nbdev 3 does: then plain `#export` does not count."""
    marked = Dialect.MARKED_3 if project.layout == NBDEV3 else Dialect.MARKED
    if any(_MARKED.match(line) for cell in notebook.cells if cell.type != "raw" and "|" in cell.source
           for line in _head_lines(cell.source, _MARKED.match)):
        return marked
    in_metadata = "nbdev" in notebook.metadata or any("nbdev" in cell.metadata for cell in notebook.cells)
    return marked if marked is Dialect.MARKED_3 and in_metadata else Dialect.PLAIN


def _head_lines(source: str, is_directive) -> list[str]:
    """The lines before the first line of code: blank ones, directives and cell magics, with their line ends."""
    head, at = [], 0
    while at < len(source):
        end = source.find("\n", at) + 1 or len(source)  # as Python counts lines: str.splitlines would also split at form feeds
        line = source[at:end]
        first = line.lstrip()[:1]
        if first and not (first == "#" and is_directive(line) or first == "%" and _MAGIC.match(line)):
            break
        head.append(line)
        at = end
    return head


def read_heads(notebook: Notebook, dialect: str) -> list[tuple[Cell, Head]]:
    """Every cell, taken apart. nbdev 3's metadata directives are added: a cell's own, and the notebook's to its first code cell."""
    heads = [(cell, read_head(cell, dialect)) for cell in notebook.cells]
    if dialect is not Dialect.MARKED_3 or not (extra := _metadata_directives(notebook.metadata)):
        return heads
    used = {d.name for _, head in heads for d in head.directives}
    extra = tuple(d for d in extra if d.name not in used)
    first = next((n for n, (cell, _) in enumerate(heads) if cell.type == "code"), None)
    if first is not None:
        cell, head = heads[first]
        heads[first] = cell, replace(head, directives=extra + head.directives)
    return heads


def read_head(cell: Cell, dialect: str) -> Head:
    """Take a cell apart in its notebook's dialect."""
    head = _read_head(cell.source, dialect)
    if dialect is Dialect.MARKED_3 and "nbdev" in cell.metadata:
        names = {d.name for d in head.directives}
        extra = tuple(d for d in _metadata_directives(cell.metadata) if d.name not in names)
        return replace(head, directives=head.directives + extra)
    return head


def _metadata_directives(metadata) -> tuple[Directive, ...]:
    """nbdev 3's `{"nbdev": {"export": ""}}`; a value that is no text is no directive."""
    found = metadata.get("nbdev")
    items = found.items() if isinstance(found, dict) else ()
    return tuple(Directive(name, () if value == "true" else tuple(value.split()), 0) for name, value in items if isinstance(value, str))


@lru_cache(maxsize=4096)
def _read_head(source: str, dialect: str) -> Head:
    parse = {Dialect.PLAIN: _plain, Dialect.MARKED: _marked, Dialect.MARKED_3: _marked_3}[dialect]
    head = _head_lines(source, _plain if dialect is Dialect.PLAIN else _MARKED.match)
    directives, code, lines = [], [], []
    for number, line in enumerate(head, 1):
        if not line.strip():
            continue
        if _MAGIC.match(line):
            kept = line
        else:
            found = parse(line)
            directives += [Directive(*found, number)] if found else []
            option = _OPTION.match(line) if dialect is Dialect.MARKED and not (found and found[0] in COMPILER) else None
            if not option:
                continue
            value = option[2].strip()
            kept = f"{option[1]} {value}\n" if value else f"{option[1]}\n"
        code.append(kept)
        lines.append(number)
    rest = source[sum(map(len, head)):]
    below = range(len(head) + 1, len(head) + 1 + rest.count("\n") + (rest[-1:] not in ("", "\n")))
    return Head(tuple(directives), "".join([*code, rest]), (*lines, *below) if lines else below)


def _marked_3(line: str) -> tuple[str, tuple[str, ...]] | None:
    """Name and arguments of a `#|` line, read as nbdev 3 reads it: `x y`, `x: y` and `x:y` are the same, `x: true` is `x`."""
    match = re.match(r"([^\s:]+)\s*:?\s?(.*)$", _MARKED.match(line)[1].strip(), re.DOTALL)
    return (match[1], () if match[2] == "true" else tuple(match[2].split())) if match else None


def _marked(line: str) -> tuple[str, tuple[str, ...]] | None:
    """Name and arguments of a `#|` line, read as nbdev 2 reads it."""
    text = _MARKED.match(line)[1].strip()
    text = text.replace(":", "") if text.endswith(":") else text.replace(":", ": ")
    words = text.split()
    return (words[0], tuple(words[1:])) if words else None


def _plain(line: str) -> tuple[str, tuple[str, ...]] | None:
    """Name and arguments of a plain `#export` line; any other comment, such as `# export the table`, is just a comment."""
    match = _PLAIN.match(line.strip())
    if not match or (name := match[2].lower().replace("-", "_")) not in _PLAIN_WORDS:
        return None
    space, args = match[1], tuple(match[3].split())
    if args and name != "default_cls_lvl" and (name not in COMPILER or (space and name != "default_exp" and not (len(args) == 1 and is_module_name(args[0])))):
        return None
    return name, args


def is_module_name(name: str) -> bool:
    """Whether `a.b` (or nbdev's `a/b`) can be a module of a package."""
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in re.split(r"[./]", name))


def check_directives(path: Path, heads: list[tuple[Cell, Head]], dialect: str, known: frozenset[str]) -> list[Diagnostic]:
    """Everything that looks like a directive and does not do what its author thinks; `known` are the project's own words."""
    marked = dialect is not Dialect.PLAIN
    found: list[Diagnostic] = []

    def report(cell: Cell, line: int, code: str, message: str, hint: str, severity: str = WARNING) -> None:
        found.append(Diagnostic(code, message, path, cell.index, cell.id, line, hint=hint, severity=severity))

    for cell, head in heads:
        if cell.type != "code" or "#" not in cell.source:
            continue
        _check_words(cell, head, dialect, KNOWN | known, report)
        _check_exports(cell, head, report)
        _check_misplaced(cell, head, marked, report)
    return found


def _check_words(cell: Cell, head: Head, dialect: str, known: frozenset[str], report) -> None:
    if dialect is not Dialect.PLAIN:
        for directive in head.directives:
            if dialect is Dialect.MARKED_3 and (not directive.line or re.search(r"\|\s*[^\s:]+\s*:", cell.source.splitlines()[directive.line - 1])):
                continue  # an option, `key: value`
            if directive.name.rstrip(":") in COMPILER and directive.name.endswith(":"):
                word = directive.name.rstrip(":")
                report(cell, directive.line, "unknown-directive", f"#| {word}: ... is an option, not a directive", f"write #| {word} without the colon")
            elif not directive.name.endswith(":") and directive.name not in known:
                near = nearest(directive.name, known)
                report(cell, directive.line, "unknown-directive", f"#| {directive.name} is no directive",
                       f"did you mean {near}?" if near else "make it a plain comment, or add the word to tst_flags in settings.ini")
        return
    for number, line in enumerate(cell.source.splitlines(), 1):  # the comments that a code cell begins with
        if line.strip() and not line.lstrip().startswith(("#", "%%")):
            break
        match = _PLAIN.match(line.strip())
        near = nearest(match[2].lower(), frozenset(COMPILER)) if match else None
        if near and all(map(is_module_name, match[3].split())) and len(match[3].split()) < 2:
            report(cell, number, "unknown-directive", f"#{match[2]} is no directive", f"did you mean #{near}?")


def _check_exports(cell: Cell, head: Head, report) -> None:
    family = [d for d in head.directives if d.name in EXPORTS]
    if len({d.name for d in family}) > 1:
        report(cell, family[-1].line, "two-exports", f"{' and '.join(d.name for d in family)} in one cell", "keep one of them")
    for directive in head.directives:
        if directive.name not in COMPILER:
            continue
        if directive.name == "default_exp" and not directive.args:
            report(cell, directive.line, "bad-module", "default_exp without a module", "write #default_exp name", "error")
        elif len(directive.args) > 1:
            report(cell, directive.line, "bad-module", f"{directive.name} takes one module, not {' '.join(directive.args)!r}",
                   "put a remark on a line of its own", "error")


def _check_misplaced(cell: Cell, head: Head, marked: bool, report) -> None:
    """Directives below the first line of code, and plain ones in a `#|` notebook: they do nothing."""
    first = head.lines[0] if head.lines else len(cell.source.splitlines()) + 1
    for match in _LATE.finditer(cell.source) if "exp" in cell.source.lower() else ():  # which all these words have in them
        line = cell.source.count("\n", 0, match.start(2)) + 1
        bar, word, argument = match.groups()
        spelled = match[0].strip()
        exact = not argument or (is_module_name(argument) and not re.match(r"#\s", spelled))  # "# export the table" is prose
        if any(d.line == line for d in head.directives) or not exact or not _is_comment(cell.source, line):
            continue
        if marked and not bar:
            report(cell, line, "mixed-dialects", f"{spelled} does nothing in a notebook that uses #| directives", f"write #| {word.lower()}")
        elif marked or not bar:
            where = "must come before the first line of code" if line >= first else "must be written in lower case"
            report(cell, line, "misplaced-directive", f"{spelled} {where}", "move it to the head of the cell" if line >= first else f"write #| {word.lower()}")


def _is_comment(source: str, line: int) -> bool:
    """Whether a line is a comment, and not part of a string."""
    import io
    import tokenize

    try:
        return any(t.type == tokenize.COMMENT and t.start[0] == line for t in tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return True  # not Python: better one warning too many


def nearest(word: str, known: frozenset[str]) -> str | None:
    """The known word that one slip of the keyboard (a letter more, less, other, or two swapped) makes into `word`."""
    return None if word in known else next((k for k in sorted(known) if len(k) > 3 and _is_slip(word, k)), None)


def _is_slip(a: str, b: str) -> bool:
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    i = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return a[i + 1:] == b[i:] or a[i:] == b[i + 1:] or a[i + 1:] == b[i + 1:] or (a[i:i + 2] == b[i:i + 2][::-1] and a[i + 2:] == b[i + 2:])
