"""Random edits on both sides, and crashes in between: no edit ever disappears from both sides."""

import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from conftest import notebook, settings_text
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

import literate.files
from literate.compile import compile_project, update_notebooks
from literate.diagnostics import UserError
from literate.project import read_project

PICK = st.integers(0, 10**6)  # picks an element of a list, whatever its length
LAYOUTS = st.sampled_from(["cell_ids = True", "", "cell_number = False"])


class Crash(Exception):
    """The process dies here."""


class TwoSides(RuleBasedStateMachine):
    """A person at the notebooks, a person at the modules, and the compiler between them.

    Each edit types a word of its own (t1, t2, ...). Before each run of the compiler the words on
    both sides are noted. Afterwards a word may be missing only if it had been generated, and a
    person then took it out on one side.
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

    # --- a person at the notebooks ---

    def notebooks(self) -> list[Path]:
        return sorted((self.root / "nbs").glob("*.ipynb"))

    def change_notebook(self, n: int, change: Callable[[list[dict]], object]) -> None:
        paths = self.notebooks()
        path = paths[n % len(paths)]
        data = json.loads(path.read_text())
        change(data["cells"])
        path.write_text(json.dumps(data, indent=1) + "\n")

    def change_cell(self, n: int, change: Callable[[list[dict]], object]) -> None:
        """Change a notebook, unless an update has removed its last cell."""
        self.change_notebook(n, lambda cells: change(cells) if cells else None)

    @rule(n=PICK, i=PICK)
    def edit_cell(self, n, i):
        def change(cells):
            cell = cells[i % len(cells)]
            lines = "".join(cell["source"]).split("\n")
            first = 1 + i % max(1, len(lines) - 1)
            lines[first:] = [self.word()]
            cell["source"] = "\n".join(lines).splitlines(keepends=True)

        self.change_cell(n, change)

    @rule(n=PICK, i=PICK, exported=st.booleans())
    def add_cell(self, n, i, exported):
        source = f"#export\n{self.word()}" if exported else self.word()
        new = json.loads(notebook(source))["cells"][0] | {"id": f"new{self.words}"}
        self.change_notebook(n, lambda cells: cells.insert(i % (len(cells) + 1), new))

    @rule(n=PICK, i=PICK)
    def delete_cell(self, n, i):
        def change(cells):
            if len(cells) > 1:
                cells.pop(i % len(cells))

        self.change_notebook(n, change)

    @rule(n=PICK, i=PICK, j=PICK)
    def move_cell(self, n, i, j):
        def change(cells):
            place = j % len(cells)
            cells.insert(place, cells.pop(i % len(cells)))

        self.change_cell(n, change)

    @rule(n=PICK)
    def rename_notebook(self, n):
        paths = self.notebooks()
        path = paths[n % len(paths)]
        number = path.stem.split("_")[0]
        path.rename(path.with_name(f"{number}_r{self.words}{n % 7}.ipynb"))

    # --- a person at the modules ---

    def change_module(self, n: int, change: Callable[[list[str]], object]) -> None:
        paths = [path for path in sorted((self.root / "lib").glob("*.py")) if path.name[0] != "_"]
        if paths:
            path = paths[n % len(paths)]
            lines = path.read_text().split("\n")
            change(lines)
            path.write_text("\n".join(lines))

    def markers_in(self, lines: list[str]) -> list[int]:
        return [number for number, line in enumerate(lines) if line.startswith("# %% ..")]

    @rule(n=PICK, i=PICK)
    def edit_line(self, n, i):
        def change(lines):
            code = [number for number, line in enumerate(lines) if re.match(r"t\d+ = ", line)]
            if code:
                lines[code[i % len(code)]] = self.word()

        self.change_module(n, change)

    @rule(n=PICK, i=PICK)
    def insert_line(self, n, i):
        self.change_module(n, lambda lines: lines.insert(i % (len(lines) + 1), self.word()))

    @rule(n=PICK)
    def add_section(self, n):
        def change(lines):
            places = self.markers_in(lines) or [len(lines)]
            place = places[n % len(places)]
            lines[place:place] = ["# %%", self.word(), "", ""]

        self.change_module(n, change)

    @rule(n=PICK, i=PICK)
    def delete_section(self, n, i):
        def change(lines):
            markers = self.markers_in(lines)
            if markers:
                number = i % len(markers)
                end = [*markers, len(lines)][number + 1]
                del lines[markers[number] : end]

        self.change_module(n, change)

    # --- the compiler ---

    def words_in(self, folder: str, pattern: str) -> set[str]:
        found: set[str] = set()
        for path in (self.root / folder).rglob(pattern):
            text = path.read_text().replace("\\n", "\n")  # sources in JSON
            found.update(re.findall(r"\bt\d+ = ", text))
        return found

    def run(self, action, **options) -> None:
        in_notebooks = self.words_in("nbs", "*.ipynb")
        in_modules = self.words_in("lib", "*.py")
        generated = self.words_in(".literate", "generated.json")
        try:
            action(read_project(self.root / "settings.ini"), **options)
        except (UserError, Crash):
            pass
        after = self.words_in("nbs", "*.ipynb") | self.words_in("lib", "*.py")
        on_both_sides = in_notebooks & in_modules
        typed = (in_notebooks | in_modules) - generated
        kept = on_both_sides | typed
        assert kept <= after, f"lost: {kept - after}"

    @rule()
    def compile(self):
        self.run(compile_project)

    @rule(prune=st.booleans())
    def update(self, prune):
        self.run(update_notebooks, prune=prune)

    @rule(writes=st.integers(0, 6), prune=st.booleans(), updating=st.booleans())
    def crash(self, writes, prune, updating):
        """The compiler again, but the process dies before one of its writes."""
        real_replace = os.replace
        left = writes

        def replace(*paths):
            nonlocal left
            left -= 1
            if left < 0:
                raise Crash
            real_replace(*paths)

        literate.files.os.replace = replace
        try:
            if updating:
                self.run(update_notebooks, prune=prune)
            else:
                self.run(compile_project)
        finally:
            literate.files.os.replace = real_replace

    @invariant()
    @precondition(lambda self: hasattr(self, "root"))
    def notebooks_can_be_read_and_no_temporary_files_are_left(self):
        for path in self.notebooks():
            json.loads(path.read_text())
        assert not list(self.root.rglob("*.tmp"))

    def teardown(self):
        if hasattr(self, "root"):
            shutil.rmtree(self.root)


TwoSides.TestCase.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
test_two_sides = TwoSides.TestCase
