"""Write the tables of flags into the documentation: `python docs/flags.py`.

In a page, a table stands between `<!-- flags of literate test -->` and `<!-- end -->`. Its rows are
the flags as the command itself knows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from literate.command import Flag, flag_rows, flags_of
from literate.commands.bump import bump
from literate.commands.clean import clean
from literate.commands.diff import diff
from literate.commands.docs import docs
from literate.commands.exercises import exercises
from literate.commands.export import notebook2script
from literate.commands.hooks import hooks
from literate.commands.init import init
from literate.commands.locate import locate
from literate.commands.merge import merge
from literate.commands.new import new
from literate.commands.readme import readme
from literate.commands.test import all_flags
from literate.commands.watch import watch_flags

DOCS = Path(__file__).parent
TABLE = re.compile(r"<!-- flags of (literate \w+) -->\n.*?<!-- end -->", re.DOTALL)


def flags_by_command() -> dict[str, Iterable[Flag]]:
    """The flags of each command that has a table."""
    return {
        "literate export": flags_of(notebook2script),
        "literate test": all_flags(),
        "literate docs": flags_of(docs),
        "literate readme": flags_of(readme),
        "literate watch": watch_flags(),
        "literate exercises": flags_of(exercises),
        "literate new": flags_of(new),
        "literate init": flags_of(init),
        "literate bump": flags_of(bump),
        "literate hooks": flags_of(hooks),
        "literate locate": flags_of(locate),
        "literate clean": flags_of(clean),
        "literate merge": flags_of(merge),
        "literate diff": flags_of(diff),
    }


def table(command: str) -> str:
    """The flags of a command as a table in Markdown."""
    rows = ["| flag | default | effect |", "|---|---|---|"]
    for flag, default, effect in flag_rows(flags_by_command()[command]):
        rows.append(f"| `{flag}` | {default} | {effect} |")
    return "\n".join(rows)


def with_tables(text: str) -> str:
    """A page with its tables made anew."""

    def replacement(match: re.Match[str]) -> str:
        return f"<!-- flags of {match[1]} -->\n{table(match[1])}\n<!-- end -->"

    return TABLE.sub(replacement, text)


def main() -> None:
    """Write the tables of all pages."""
    for page in DOCS.glob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(with_tables(text), encoding="utf-8")


if __name__ == "__main__":
    main()
