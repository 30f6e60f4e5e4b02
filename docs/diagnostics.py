"""Write docs/diagnostics.md from the table of rules: `python docs/diagnostics.py`."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill

from literate.rules import ERROR, REMARK, RULES, WARNING, Rule

PAGE = Path(__file__).with_name("diagnostics.md")

EXAMPLE = (
    "nbs/01_matmul.ipynb:cell 7 (6fd14ecd):3:5: error: '(' was never closed "
    "(this cell is exported) [syntax]"
)
INTRODUCTION = f"""\
# Diagnostics of the compiler

Each message about a notebook ends with the code of its rule:

```
{EXAMPLE}
```

The message begins with the place: the file, the cell with its id, the line in the cell, and the
column. Cells are counted from 1, and Markdown cells count too.

An **error** would lead to a wrong module. The compiler then writes nothing, and its exit code is 1.
A **warning** does not stop the compiler, unless `strict = True` stands in `settings.ini` or the
command runs with `--check`. A **remark** never stops anything.

This page is made by `python docs/diagnostics.py` from the table in `literate/rules.py`.
"""


def page_text() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for severity, title in ((ERROR, "Errors"), (WARNING, "Warnings"), (REMARK, "Remarks")):
        parts.append(f"## {title}\n")
        parts += [_paragraph(rule) for rule in RULES.values() if rule.severity == severity]
    return "\n".join(parts)


def _paragraph(rule: Rule) -> str:
    text = fill(f"{rule.meaning} {rule.explanation}", 100, break_on_hyphens=False)
    paragraph = f"### {rule.code}\n\n{text}\n"
    if rule.former:
        paragraph += f"\nVersion 0.1 called this rule `{rule.former}`.\n"
    return paragraph


if __name__ == "__main__":
    PAGE.write_text(page_text(), encoding="utf-8")
