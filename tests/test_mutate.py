"""The instrument that makes faults: each fault changes the code, and the code still parses."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from mutate import ROOT, choose, mutants_of, paths_of_tests

PATH = Path("literate/compile/x.py")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a == b", "a != b"),
        ("a in b", "a not in b"),
        ("a and b", "((a) or (b))"),
        ("not a", "bool(a)"),
        ("x = 3", "x = 4"),
        ("x = True", "x = False"),
        ("f(é)", "pass"),
        ("x += y", "pass"),
        ("def f():\n    return 'é', y", "def f():\n    return None"),
        ("if é:\n    x", "if (not (é)):\n    x"),
    ],
)
def test_a_fault(old, new):
    source = old.encode()
    assert new.encode() in [mutant.apply(source) for mutant in mutants_of(PATH, source)]


def test_every_fault_can_be_parsed():
    path = Path("literate/compile/merge.py")
    source = (ROOT / path).read_bytes()
    mutants = mutants_of(path, source)
    assert len(mutants) > 20
    for mutant in mutants:
        changed = mutant.apply(source)
        assert changed != source
        ast.parse(changed)
        assert mutant.describe(source).startswith(f"{path}:{mutant.line}: ")


def test_a_seed_gives_the_same_faults():
    paths = [Path("literate/compile/merge.py"), Path("literate/execute/verdict.py")]
    assert choose(paths, 3, seed=1) == choose(paths, 3, seed=1) != choose(paths, 3, seed=2)
    assert len(choose(paths, 3, seed=1)) == 6


def test_the_tests_of_a_file():
    assert paths_of_tests(Path("literate/compile/merge.py"))[-1] == "tests/compile"
    assert paths_of_tests(Path("literate/execute/worker/shell.py"))[-1] == "tests/execute"
