"""The table of rules: each rule is used, each diagnostic has a rule, and the page is up to date."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from literate.diagnostics import Diagnostic, UserError, diagnose
from literate.rules import ERROR, REMARK, RULES, WARNING

ROOT = Path(__file__).parents[1]


def codes_in_calls(name: str) -> set[str]:
    """The first argument of each call of a function in literate, where it is written out."""
    found = set()
    for path in (ROOT / "literate").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") != name:
                continue
            if node.args and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


def test_nothing_but_the_table_makes_diagnostics_by_hand():
    assert codes_in_calls("Diagnostic") == set()


def test_each_rule_is_used_and_each_code_has_a_rule():
    source = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "literate").rglob("*.py"))
    assert codes_in_calls("diagnose") <= RULES.keys()
    unused = [code for code in RULES if source.count(f'"{code}"') < 2]  # once in the table itself
    assert not unused


def test_the_page_is_up_to_date():
    code = "import diagnostics; print(diagnostics.page_text(), end='')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "docs",
        env={"PYTHONPATH": f"{ROOT}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (ROOT / "docs" / "diagnostics.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_a_rule_is_complete(rule):
    assert rule.severity in (ERROR, WARNING, REMARK)
    assert rule.meaning.endswith(".")
    assert rule.explanation.endswith(".")
    assert rule.anchor == f"docs/diagnostics.md#{rule.code}"


def test_the_rule_gives_severity_and_hint():
    found = diagnose("orphan", "no notebook generates this module any more")
    assert (found.severity, found.hint) == (WARNING, "--prune deletes it")
    assert diagnose("orphan", "x", severity=ERROR, hint="").severity == ERROR
    assert diagnose("orphan", "x", hint="").hint == ""
    with pytest.raises(KeyError):
        diagnose("no-such-rule", "x")


def test_a_message_names_place_hint_and_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "nbs" / "01_a.ipynb"
    found = diagnose("syntax", "invalid syntax", path, 6, "6fd14ecd", 3, 5, detail="    more")
    assert str(found) == (
        "nbs/01_a.ipynb:cell 7 (6fd14ecd):3:5: error: invalid syntax "
        "(this cell is exported) [syntax]\n    more"
    )


def test_a_rule_that_had_another_code_is_printed_with_both():
    assert str(Diagnostic("undefined-name", "x")).endswith("[undefined-name] [left-behind]")


def test_an_error_prints_diagnostics_and_plain_lines():
    error = UserError(diagnose("orphan", "x", hint=""), "y")
    assert str(error) == "warning: x [orphan]\nerror: y"
