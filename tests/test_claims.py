"""Every statement, question and mistake that the library goes back to is claimed in a notebook, and every claim is tested."""

import sys
from pathlib import Path

import pytest
from conftest import notebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import claims  # noqa: E402

# The numbers of the notes; gaps are numbers that were never given.
ROWS = {"S": [*range(1, 16), *range(20, 26), *range(30, 51), *range(60, 79), *range(80, 93)],
        "Q": range(1, 13),
        "M": [*range(1, 18), *range(21, 30), 33, 35, 36, 37, 39, 41, 43]}
KNOWN = {f"{letter}{number}" for letter, numbers in ROWS.items() for number in numbers}


def read(tmp_path: Path, *cells: str) -> list[claims.Claim]:
    (tmp_path / "01_x.ipynb").write_text(notebook(*cells), encoding="utf-8")
    return claims.read_claims(tmp_path)


@pytest.fixture(scope="module")
def made() -> list[claims.Claim]:
    """The claims of the project's notebooks."""
    return claims.read_claims()


def test_every_claim_holds_a_test(made):
    assert [f"{c.notebook}, cell {c.cell}: {c.row} {c.text}" for c in made if not c.bound] == []


def test_every_row_is_claimed_and_no_other(made):
    claimed = {c.row for c in made}
    assert (sorted(KNOWN - claimed), sorted(claimed - KNOWN)) == ([], [])


def test_no_claim_is_made_twice(made):
    texts = [(c.row, c.text) for c in made]
    assert [pair for pair in set(texts) if texts.count(pair) > 1] == [] and all(text for _, text in texts)


def test_the_page_fits_the_notebooks(made):
    page = claims.TABLE.read_text(encoding="utf-8")
    try:
        rendered = claims.render(made, *claims.read_page(page))
    except KeyError as missing:
        pytest.fail(f"docs/claims.md has no {missing}: run make claims")
    assert rendered == page, "run make claims"


def test_the_page_counts_the_mutants_of_each_notebook():
    _, mutants = claims.read_page(claims.TABLE.read_text(encoding="utf-8"))
    users = {path.name for path in (ROOT / "nbs").glob("*.ipynb") if "test_kills(" in path.read_text(encoding="utf-8")}
    assert set(mutants) == users and min(mutants.values()) > 0


@pytest.mark.parametrize("body", ["print(1)", "x = 3 > 2", "def f(): assert 1", "check = lambda: test_eq(1, 1)", "compare(1, 2)"])
def test_a_claim_without_a_test_is_noticed(tmp_path, body):
    found = read(tmp_path, f"with claim('S9', 'two is two'):\n    {body}")
    assert [(c.row, c.bound) for c in found] == [("S9", "")]


@pytest.mark.parametrize("body", [
    "test_eq(1, 1)", "assert 1 < 2", "for i in range(3): test_eq(i, i)", "torch.autograd.gradcheck(f, x)", "earn('x', f, g, cases)",
    "check(3)", "outer(3)"])
def test_what_counts_as_a_test(tmp_path, body):
    checks = "def check(x): assert x\ndef outer(x): check(x)\ndef compare(a, b): return a == b"
    found = read(tmp_path, checks, f"with claim('S9', 'two is two'):\n    {body}")
    assert found[0].bound in body and found[0].bound and (found[0].cell, found[0].notebook) == (2, "01_x.ipynb")


def test_a_page_is_read_as_it_was_written(tmp_path):
    found = read(tmp_path, "with claim('S10', 'a | b, `c`'):\n    assert a | b", "with claim('S9', 'x'):\n    test_eq(x, 'y')")
    assert [c.row for c in found] == ["S9", "S10"]
    measured, mutants = {("S9", "x"): "y", ("S10", r"a \| b, 'c'"): r"1 \| 2"}, {"01_x.ipynb": 12}
    page = claims.render(found, measured, mutants)
    assert claims.read_page(page) == (measured, mutants)
    assert "| S9 | x | `test_eq(x, 'y')` | y | [01_x, cell 2](../nbs/01_x.ipynb#cell-id=00000001) |" in page
