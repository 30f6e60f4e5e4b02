"""Random edits on both sides, and crashes in between: nothing that a person typed is ever gone from both sides."""

import json
import os
import re
import shutil
import tempfile
from pathlib import Path

from conftest import notebook, settings_text
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import literate.files
from literate.compile import compile_project, update_notebooks
from literate.diagnostics import UserError
from literate.project import read_project

PICK = st.integers(0, 10**6)
LAYOUTS = st.sampled_from(["cell_ids = True", "", "cell_number = False"])


class Crash(Exception):
    """The process dies here."""


class TwoSides(RuleBasedStateMachine):
    """A person at the notebooks, a person at the modules, and the compiler between them.

    Each edit types a word of its own (t1, t2, ...). Before each run of the compiler the words on either side are noted.
    Afterwards a word may only be missing if it had been generated, and a person then took it out on one side.
    """

    @initialize(layout=LAYOUTS)
    def start(self, layout):
        self.root = Path(tempfile.mkdtemp())
        self.words = 0
        (self.root / "settings.ini").write_text(settings_text(layout))
        (self.root / "nbs").mkdir()
        for name in ("00_a", "01_b"):
            cells = [
                "md:# Title",
                f"#export\n{self.word()}\n{self.word()}",
                f"{self.word()}",
                f"#export\n{self.word()}",
            ]
            text = notebook(*cells).replace("000000", name[-1] * 6)
            (self.root / "nbs" / f"{name}.ipynb").write_text(text)
        self.compile()

    def word(self) -> str:
        self.words += 1
        return f"t{self.words} = {self.words}"

    # what a person does at the notebooks

    def books(self) -> list[Path]:
        return sorted((self.root / "nbs").glob("*.ipynb"))

    def change(self, n: int, act) -> None:
        path = self.books()[n % len(self.books())]
        data = json.loads(path.read_text())
        act(data["cells"])
        path.write_text(json.dumps(data, indent=1) + "\n")

    @rule(n=PICK, i=PICK)
    def edit_cell(self, n, i):
        def act(cells):
            cell = cells[i % len(cells)]
            lines = "".join(cell["source"]).split("\n")
            lines[1 + i % max(1, len(lines) - 1) :] = [self.word()]
            cell["source"] = "\n".join(lines).splitlines(keepends=True)

        self.change(n, act)

    @rule(n=PICK, i=PICK, exported=st.booleans())
    def add_cell(self, n, i, exported):
        source = f"#export\n{self.word()}" if exported else self.word()
        new = json.loads(notebook(source))["cells"][0] | {"id": f"new{self.words}"}
        self.change(n, lambda cells: cells.insert(i % (len(cells) + 1), new))

    @rule(n=PICK, i=PICK)
    def delete_cell(self, n, i):
        self.change(n, lambda cells: len(cells) > 1 and cells.pop(i % len(cells)))

    @rule(n=PICK, i=PICK, j=PICK)
    def move_cell(self, n, i, j):
        self.change(n, lambda cells: cells.insert(j % len(cells), cells.pop(i % len(cells))))

    @rule(n=PICK)
    def rename_notebook(self, n):
        path = self.books()[n % len(self.books())]
        path.rename(path.with_name(f"{path.stem.split('_')[0]}_r{self.words}{n % 7}.ipynb"))

    # what a person does at the modules

    def modules(self) -> list[Path]:
        return [p for p in sorted((self.root / "lib").glob("*.py")) if p.name[0] != "_"]

    def change_module(self, n: int, act) -> None:
        if paths := self.modules():
            path = paths[n % len(paths)]
            lines = path.read_text().split("\n")
            act(lines)
            path.write_text("\n".join(lines))

    @rule(n=PICK, i=PICK)
    def edit_line(self, n, i):
        def act(lines):
            code = [k for k, line in enumerate(lines) if re.match(r"t\d+ = ", line)]
            if code:
                lines[code[i % len(code)]] = self.word()

        self.change_module(n, act)

    @rule(n=PICK, i=PICK)
    def insert_line(self, n, i):
        self.change_module(n, lambda lines: lines.insert(i % (len(lines) + 1), self.word()))

    @rule(n=PICK)
    def add_section(self, n):
        def act(lines):
            marks = [k for k, line in enumerate(lines) if line.startswith("# %% ..")] or [
                len(lines)
            ]
            k = marks[n % len(marks)]
            lines[k:k] = ["# %%", self.word(), "", ""]

        self.change_module(n, act)

    @rule(n=PICK, i=PICK)
    def delete_section(self, n, i):
        def act(lines):
            marks = [k for k, line in enumerate(lines) if line.startswith("# %% ..")]
            if marks:
                k = i % len(marks)
                del lines[marks[k] : (marks[k + 1] if k + 1 < len(marks) else len(lines))]

        self.change_module(n, act)

    # what the compiler does

    def text(self, folder: Path, pattern: str) -> set[str]:
        return {
            w
            for p in folder.rglob(pattern)
            for w in re.findall(r"\bt\d+ = ", p.read_text().replace("\\n", "\n"))
        }

    def run(self, action, **options) -> None:
        books, modules = (
            self.text(self.root / "nbs", "*.ipynb"),
            self.text(self.root / "lib", "*.py"),
        )
        base = self.text(self.root / ".literate", "generated.json")
        try:
            action(read_project(self.root / "settings.ini"), **options)
        except (UserError, Crash):
            pass
        after = self.text(self.root / "nbs", "*.ipynb") | self.text(self.root / "lib", "*.py")
        kept = (books & modules) | ((books | modules) - base)
        assert kept <= after, f"lost: {kept - after}"

    @rule()
    def compile(self):
        self.run(compile_project)

    @rule(prune=st.booleans())
    def update(self, prune):
        self.run(update_notebooks, prune=prune)

    @rule(writes=st.integers(0, 6), prune=st.booleans(), updating=st.booleans())
    def crash(self, writes, prune, updating):
        """The same, but the process dies before one of its writes."""
        real, left = os.replace, [writes]

        def replace(*paths):
            left[0] -= 1
            if left[0] < 0:
                raise Crash
            real(*paths)

        literate.files.os.replace = replace
        try:
            self.run(update_notebooks, prune=prune) if updating else self.run(compile_project)
        finally:
            literate.files.os.replace = real

    @invariant()
    @precondition(lambda self: hasattr(self, "root"))
    def notebooks_can_be_read_and_nothing_lies_about(self):
        for path in self.books():
            json.loads(path.read_text())
        assert not list(self.root.rglob("*.tmp"))

    def teardown(self):
        if hasattr(self, "root"):
            shutil.rmtree(self.root)


TwoSides.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
test_two_sides = TwoSides.TestCase
