"""Which small faults in the code do the tests not notice? `make mutants`, or

    python tests/mutate.py [--count 3] [--seed 0] [literate/compile/merge.py ...]

Each fault (a mutant) changes one place of one file of `literate/compile` or `literate/execute`: a
comparison, a condition, a number, a returned value, or a statement that goes. The tests that
belong to the file run in a copy of this repository, then those of its folder. A mutant that they
all accept has survived. It is printed with its place, so that a person can decide whether a test
is missing, or whether the mutant changes nothing that matters. The places are drawn at random;
the same seed draws the same places.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import venv
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("compile", "execute")
LIMIT = 600.0  # seconds that the tests of a mutant may take
NOT_COPIED = shutil.ignore_patterns(".venv", ".git", ".literate", "__pycache__", "*_cache", "build")

OPPOSITES: dict[type[ast.AST], str] = {
    ast.Eq: "!=",
    ast.NotEq: "==",
    ast.Lt: "<=",
    ast.LtE: "<",
    ast.Gt: ">=",
    ast.GtE: ">",
    ast.In: "not in",
    ast.NotIn: "in",
    ast.Is: "is not",
    ast.IsNot: "is",
}


@dataclass(frozen=True)
class Mutant:
    """A fault: another text for a part of a file."""

    path: Path
    start: int  # in bytes
    end: int
    text: str
    line: int

    def apply(self, source: bytes) -> bytes:
        """The source with the fault."""
        return source[: self.start] + self.text.encode() + source[self.end :]

    def describe(self, source: bytes) -> str:
        """The place and the change, in one line."""
        old = " ".join(source[self.start : self.end].decode().split())
        return f"{self.path}:{self.line}: {old[:60]}  ->  {self.text[:60]}"


def mutants_of(path: Path, source: bytes) -> list[Mutant]:
    """All mutants of a file."""
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    found = []
    for node in _walk(ast.parse(source)):
        for target, text in _changes(node, source.decode()):
            start = starts[target.lineno - 1] + target.col_offset
            end = starts[target.end_lineno - 1] + target.end_col_offset
            if source[start:end] != text.encode():
                found.append(Mutant(path, start, end, text, target.lineno))
    return found


def _walk(node: ast.AST) -> Iterator[ast.AST]:
    """All nodes, but for those in f-strings: before Python 3.12, their places are wrong."""
    yield node
    if not isinstance(node, ast.JoinedStr):
        for child in ast.iter_child_nodes(node):
            yield from _walk(child)


def _changes(node: ast.AST, source: str) -> Iterator[tuple[ast.AST, str]]:
    """Nodes that are replaced, and their new text."""

    def text(part: ast.AST) -> str:
        return ast.get_source_segment(source, part) or ""

    match node:
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            if type(operator) in OPPOSITES:
                yield node, f"{text(left)} {OPPOSITES[type(operator)]} {text(right)}"
        case ast.BoolOp(op=operator, values=values):
            other = " or " if isinstance(operator, ast.And) else " and "
            yield node, "(" + other.join(f"({text(value)})" for value in values) + ")"
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield node, f"bool({text(operand)})"
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test):
            yield test, f"(not ({text(test)}))"
        case ast.Constant(value=bool(value)):
            yield node, str(not value)
        case ast.Constant(value=int(value)):
            yield node, str(value + 1)
        case ast.Return(value=ast.AST()):
            yield node, "return None"
        case ast.Expr(value=ast.Call()) | ast.AugAssign():
            yield node, "pass"


# --- a copy of the repository ------------------------------------------------------------------


class Copy:
    """A copy of this repository with an environment in which `literate` is the copied one."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "copy"
        self.output = folder / "output.txt"  # of the tests that ran last
        folder.mkdir()
        shutil.copytree(ROOT, self.root, ignore=NOT_COPIED, symlinks=True)
        self._make_environment()

    def _make_environment(self) -> None:
        environment = self.root / ".venv"
        venv.create(environment, symlinks=True)
        libraries = Path(sysconfig.get_path("purelib", vars={"base": str(environment)}))
        paths = [str(self.root), sysconfig.get_path("purelib")]
        (libraries / "copy.pth").write_text("\n".join(paths))
        shared = Path(sys.prefix, "share", "jupyter")
        if shared.exists():
            shutil.copytree(shared, environment / "share" / "jupyter")
        self.python = environment / "bin" / "python"

    def run(self, tests: list[str], limit: float) -> str:
        """The outcome of some tests: "passed", "failed" or "too long"."""
        command = [str(self.python), "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *tests]
        variables = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        with open(self.output, "w") as output:
            process = subprocess.Popen(
                command,
                cwd=self.root,
                env=variables,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            return "failed" if process.wait(limit) else "passed"
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return "too long"


def paths_of_tests(path: Path) -> list[str]:
    """The tests that belong to a file, the nearest first."""
    inside = path.relative_to("literate")
    mirrored = Path("tests", inside.parent, f"test_{inside.name}")
    found = [str(mirrored)] if (ROOT / mirrored).exists() else []
    return [*found, str(Path("tests", inside.parts[0]))]


def survives(copy: Copy, mutant: Mutant) -> bool:
    """Whether all tests accept a mutant."""
    target = copy.root / mutant.path
    source = target.read_bytes()
    target.write_bytes(mutant.apply(source))
    try:
        for tests in paths_of_tests(mutant.path):
            if copy.run([tests], LIMIT) != "passed":
                return False
        return True
    finally:
        target.write_bytes(source)


def check_without_mutants(copies: SimpleQueue[Copy], mutants: list[Mutant]) -> None:
    """End the program if a test fails in the copy already: then every mutant would seem to die."""
    copy = copies.get()
    for tests in sorted({path for mutant in mutants for path in paths_of_tests(mutant.path)}):
        if copy.run([tests], LIMIT) != "passed":
            print(copy.output.read_text()[-4000:])
            sys.exit(f"{tests} does not pass without a mutant")
    copies.put(copy)


def choose(paths: list[Path], count: int, seed: int) -> list[Mutant]:
    """Some mutants of each file."""
    chosen = []
    for path in paths:
        every = mutants_of(path, (ROOT / path).read_bytes())
        generator = random.Random(f"{seed} {path}")
        chosen += generator.sample(every, min(count, len(every)))
    return chosen


def main() -> None:
    """Run the mutants, and print those that survive."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--count", type=int, default=3, help="mutants of each file")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    every = [path for name in FOLDERS for path in (ROOT / "literate" / name).rglob("*.py")]
    paths = arguments.paths or sorted(path.relative_to(ROOT) for path in every)
    mutants = choose(paths, arguments.count, arguments.seed)
    with tempfile.TemporaryDirectory() as temporary:
        copies: SimpleQueue[Copy] = SimpleQueue()
        workers = max(1, (os.cpu_count() or 1))
        for number in range(workers):
            copies.put(Copy(Path(temporary, str(number))))

        def judge(mutant: Mutant) -> bool:
            copy = copies.get()
            try:
                return survives(copy, mutant)
            finally:
                copies.put(copy)

        check_without_mutants(copies, mutants)
        alive = 0
        with ThreadPoolExecutor(workers) as pool:
            for mutant, survived in zip(mutants, pool.map(judge, mutants), strict=True):
                if survived:
                    alive += 1
                    print(mutant.describe((ROOT / mutant.path).read_bytes()), flush=True)
    print(f"{alive} of {len(mutants)} mutants survived")


if __name__ == "__main__":
    main()
