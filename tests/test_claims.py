"""Every row of the notes is claimed, every claim is tested, and the page shows all of them."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from conftest import notebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
import claims  # noqa: E402
import proofs  # noqa: E402

# The numbers of the notes. The gaps are numbers that were never given.
ROWS = {
    "S": [*range(1, 16), *range(20, 26), *range(30, 51), *range(60, 79), *range(80, 93)],
    "Q": range(1, 13),
    "M": [*range(1, 18), *range(21, 30), 33, 35, 36, 37, 39, 41, 43],
}
KNOWN = {f"{letter}{number}" for letter, numbers in ROWS.items() for number in numbers}


@dataclass
class ClaimingCell:
    """A cell of a notebook, and the claims in its metadata."""

    source: str
    claims: dict[str, str] = field(default_factory=dict)


def read(tmp_path: Path, *cells: ClaimingCell) -> list[claims.Claim]:
    """The claims of a notebook with these cells."""
    content = json.loads(notebook(*(cell.source for cell in cells)))
    for made, cell in zip(content["cells"], cells, strict=True):
        if cell.claims:
            made["metadata"]["claims"] = cell.claims
    (tmp_path / "01_x.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return claims.read_claims(tmp_path)


def empty_store() -> claims.Store:
    return {"machines": {}, "claims": {}, "mutants": {}}


# --- the notebooks and the page of this repository ---------------------------------------------


@pytest.fixture(scope="module")
def made() -> list[claims.Claim]:
    """The claims of the project's notebooks."""
    return claims.read_claims()


def test_every_claim_holds_a_test(made):
    assert [f"{c.notebook}, cell {c.cell}: {c.row} {c.text}" for c in made if not c.bound] == []


def test_every_row_is_claimed_and_no_other(made):
    claimed = {claim.row for claim in made}
    assert sorted(KNOWN - claimed) == []
    assert sorted(claimed - KNOWN) == []


def test_no_claim_is_made_twice(made):
    texts = [(claim.row, claim.text) for claim in made]
    assert [pair for pair in set(texts) if texts.count(pair) > 1] == []
    assert all(text for _, text in texts)


def test_the_page_fits_the_notebooks(made):
    rendered = claims.render(made, claims.read_store(), proofs.read_proofs())
    assert rendered == claims.TABLE.read_text(encoding="utf-8"), "run make claims"


def test_the_page_knows_the_values_of_every_claim(made):
    stored = claims.read_store()["claims"]
    keys = [claims.key_of(claim) for claim in made if not claim.slow]
    assert [key for key in keys if key not in stored] == [], "run make claims"


def test_the_page_shows_values_and_no_addresses():
    page = claims.TABLE.read_text(encoding="utf-8")
    for mistake in (" at 0x", "[[]", "not measured yet"):
        assert mistake not in page


def test_the_page_counts_the_mutants_of_each_notebook():
    mutants = claims.read_store()["mutants"]
    paths = (ROOT / "nbs").glob("*.ipynb")
    users = {path.name for path in paths if "test_kills(" in path.read_text(encoding="utf-8")}
    assert set(mutants) == users
    assert min(mutants.values()) > 0


def test_every_proof_says_what_it_came_to():
    silent = [proof for proof in proofs.read_proofs() if not proof.result]
    assert [f"{proof.notebook}:cell {proof.cell} ({proof.cell_id})" for proof in silent] == []


# --- careless lines ----------------------------------------------------------------------------


def test_no_line_of_the_notebooks_escapes_the_matrix():
    assert list(claims.careless_lines()) == []


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("assert accuracy > .9", "test_between"),
        ("x = 1\nassert all(a <= b for a, b in pairs)", "test_between"),
        ("if fine: assert low < x < high, x", "test_between"),
        ("torch.manual_seed(0)", "set_seed"),
        ("generator = torch.Generator().manual_seed(seed)", "set_seed"),
        ("rng = np.random.default_rng(0)", "set_seed"),
        ("random.seed(3)", "set_seed"),
        ("rng = random.Random(1)", "set_seed"),
        ("#export\ntorch.manual_seed(settings.seed)", "set_seed"),
    ],
)
def test_a_careless_line_is_found(tmp_path, source, problem):
    (tmp_path / "01_x.ipynb").write_text(notebook("import torch", source), encoding="utf-8")
    (found,) = claims.careless_lines(tmp_path)
    assert problem in found
    last_line = source.count("\n") + 1
    assert found.startswith(f"01_x.ipynb:cell 2 (00000001):{last_line}: ")


@pytest.mark.parametrize(
    "source",
    [
        "test_between(accuracy, low=.9)",
        "set_seed(0)",
        "generator = seeded(0)",
        "#export\nassert x > 0",
        "assert a == b and not c",
        "generator = torch.Generator()",
        "x = a > b",
    ],
)
def test_a_careful_line_is_left_alone(tmp_path, source):
    (tmp_path / "01_x.ipynb").write_text(notebook(source), encoding="utf-8")
    assert list(claims.careless_lines(tmp_path)) == []


# --- the tests of a claim ----------------------------------------------------------------------


def claim_cell(row: str, text: str, body: str) -> ClaimingCell:
    return ClaimingCell(body, {row: text})


@pytest.mark.parametrize(
    "body",
    [
        "print(1)",
        "x = 3 > 2",
        "def f(): assert 1",
        "check = lambda: test_eq(1, 1)",
        "compare(1, 2)",
    ],
)
def test_a_claim_without_a_test_is_noticed(tmp_path, body):
    (found,) = read(tmp_path, claim_cell("S9", "two is two", body))
    assert (found.row, found.bound) == ("S9", "")


CHECKS = """def check(x): assert x
def outer(x): check(x)
def compare(a, b): return a == b"""


@pytest.mark.parametrize(
    ("body", "bound"),
    [
        ("test_eq(1, 1)", "test_eq(1, 1)"),
        ("assert 1 < 2", "assert 1 < 2"),
        ("for i in range(3): test_eq(i, i)", "test_eq(i, i)"),
        ("torch.autograd.gradcheck(f, x)", "torch.autograd.gradcheck(f, x)"),
        ("earn('x', f, g, cases)", "earn('x', f, g, cases)"),
        ("check(3)", "check(3)"),
        ("outer(3)", "outer(3)"),
    ],
)
def test_calls_that_count_as_tests(tmp_path, body, bound):
    (found,) = read(tmp_path, ClaimingCell(CHECKS), claim_cell("S9", "two is two", body))
    assert found.bound == bound
    assert (found.cell, found.notebook) == (2, "01_x.ipynb")


# --- the page ----------------------------------------------------------------------------------


def recorded(
    *tests: dict[str, Any], notes: tuple[str, ...] = (), cell: int = 1
) -> list[dict[str, Any]]:
    """The lines that the tests of a cell leave in a record."""
    running = f"01_x.ipynb:cell {cell} ({cell - 1:08x})"
    noted = [{"note": note} for note in notes]
    lines = []
    for line, test in enumerate([*tests, *noted], 1):
        place = f"{running}:{line}"
        lines.append({"place": place, "running": place, "notebook": "01_x.ipynb", **test})
    return lines


def between(value: float, low: float, high: float) -> dict[str, Any]:
    """The record of a `test_between`."""
    return {"test": "between", "least": value, "most": value, "low": low, "high": high}


def close(least: float, most: float) -> dict[str, Any]:
    """The record of a `test_close` with errors between these parts of the allowed error."""
    return {"test": "close", "least": least, "most": most, "low": -1.0, "high": 1.0}


def test_the_page_shows_median_and_range_of_all_runs(tmp_path):
    body = "test_between(x, 0, 3)\ntest_close(y, z)"
    found = read(tmp_path, claim_cell("S9", "a | b", body))
    store = empty_store()
    runs = []
    for number, value in enumerate((1.0, 2.0, 1.5)):
        tests = [between(value, 0.0, 3.0), close(-0.25 * value, 0.1)]
        mutants = {"mutants": 3, "notebook": "01_x.ipynb"}
        runs.append((f"run {number}", [*recorded(*tests), mutants]))
    claims.add_runs(store, found, "a machine", runs)
    page = claims.render(found, store)
    assert "- a machine: run 0; run 1; run 2" in page
    assert "| 01_x.ipynb | 3 |" in page
    assert r"| S9 | a \| b | `test_between(x, 0, 3); test_close(y, z)` " in page
    link = "[01_x, cell 1](../nbs/01_x.ipynb#cell-id=00000000)"
    assert f"| 1.5, error 37.5% | 1 to 2, 25.0% to 50.0% | {link} |" in page


def test_values_of_another_machine_are_added_and_those_of_a_changed_claim_dropped(tmp_path):
    def runs(value: float) -> list[tuple[str, list[dict[str, Any]]]]:
        return [("native", recorded(between(value, 0.0, 9.0)))]

    found = read(tmp_path, claim_cell("S9", "x", "test_between(x, 0, 9)"))
    store = empty_store()
    claims.add_runs(store, found, "one", runs(1.0))
    claims.add_runs(store, found, "two", runs(5.0))
    assert "| 3 | 1 to 5 |" in claims.render(found, store)
    changed = read(tmp_path, claim_cell("S9", "x", "test_between(x, 0, 8)"))
    claims.add_runs(store, changed, "one", [])
    assert store["claims"] == {}
    assert "not measured yet" in claims.render(changed, store)


def page_of(tmp_path: Path, *tests: dict[str, Any], notes: tuple[str, ...] = ()) -> str:
    """The page about a claim whose tests recorded these values in one run."""
    found = read(tmp_path, claim_cell("S9", "x", "test_close(x, y)"))
    store = empty_store()
    run = recorded(*tests, notes=notes)
    claims.add_runs(store, found, "one", [("native", run)])
    return claims.render(found, store)


def test_single_numbers_are_shown_unless_they_are_examples_of_many(tmp_path):
    error = close(-0.5, 0.1)
    single = {**error, "got": [3.0, 4.0]}
    assert "| 3, 4 |  |" in page_of(tmp_path, single)
    assert "| error 50.0% |  |" in page_of(tmp_path, single, error)
    assert "| error under 0.1% |  |" in page_of(tmp_path, close(-1e-9, 0.0))
    assert "| no error |  |" in page_of(tmp_path, close(-0.0, 0.0))


def test_mutants_say_more_than_the_numbers_of_the_check_that_kills_them(tmp_path):
    page = page_of(tmp_path, close(-0.5, 0.1), notes=("kills 4 of 4",))
    assert "| kills 4 of 4 |  |" in page


def test_texts_that_differ_between_runs_are_not_shown(tmp_path):
    found = read(
        tmp_path,
        claim_cell("S9", "x", "test_eq(x, y)"),
        claim_cell("S10", "z", "test_eq(z, 3)"),
    )
    store = empty_store()
    runs = []
    for name in ("a", "b"):
        differing = recorded(notes=(name,))
        equal = recorded(notes=("3",), cell=2)
        runs.append((name, differing + equal))
    claims.add_runs(store, found, "one", runs)
    page = claims.render(found, store)
    assert "| `test_eq(x, y)` | holds |  |" in page
    assert "| `test_eq(z, 3)` | 3 |  |" in page


# --- folded proofs -----------------------------------------------------------------------------


def output(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}


def test_a_proof_is_listed_with_the_last_line_that_it_printed(tmp_path):
    source = "#| proof: a | b, five shapes\nprint('first')\nprint('kills 5 of 5')"
    cell = {
        "cell_type": "code",
        "id": "abcd0123",
        "metadata": {},
        "execution_count": 1,
        "source": source,
        "outputs": [output("first\nkills 5 of 5\n")],
    }
    (tmp_path / "01_x.ipynb").write_text(notebook("x = 1", cell), encoding="utf-8")
    (proof,) = proofs.read_proofs(tmp_path)
    assert (proof.cell, proof.sentence, proof.result) == (2, "a | b, five shapes", "kills 5 of 5")
    row = r"| a \| b, five shapes | kills 5 of 5 | [01_x, cell 2]"
    assert any(line.startswith(row) for line in proofs.section([proof]))


def test_a_proof_that_prints_nothing_has_no_result(tmp_path):
    (tmp_path / "01_x.ipynb").write_text(notebook("#| proof: x\nx = 1"), encoding="utf-8")
    (proof,) = proofs.read_proofs(tmp_path)
    assert proof.result == ""
