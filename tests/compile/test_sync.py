"""Random edits on both sides, and crashes in between: no edit ever disappears from both sides.

`make fuzz` runs this for longer.
"""

import json
import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from conftest import Killed, killed_after, notebook, settings_text
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from literate.compile import compile_project, planned_update, update_notebooks, write
from literate.diagnostics import UserError
from literate.project import read_project

PICK = st.integers(0, 10**6)  # picks an element of a list, whatever its length
EXAMPLES = int(os.environ.get("SYNC_EXAMPLES", "60"))
LAYOUTS = st.sampled_from(["cell_ids = True", "", "cell_number = False"])


class TwoSides(RuleBasedStateMachine):
    """A person at the notebooks, a person at the modules, and the compiler between them.

    Each edit types a word of its own (t1, t2, ...). Before each run of the compiler the words on
    both sides are noted. Afterwards a word may be missing only if it had been generated, and a
    person then took it out on one side. A side that is preferred may also replace words of the
    other one, but these are kept in the history.
    """

    @initialize(layout=LAYOUTS)
    def start(self, layout):
        self.root = Path(tempfile.mkdtemp())
        self.words = 0
        self.generated: set[str] = set()
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

    @rule(n=PICK, i=PICK)
    def swap_sections(self, n, i):
        def change(lines):
            markers = [*self.markers_in(lines), len(lines)]
            if len(markers) < 3:
                return
            start, middle, end = markers[i % (len(markers) - 2) :][:3]
            lines[start:end] = [*lines[middle:end], *lines[start:middle]]

        self.change_module(n, change)

    @rule(n=PICK, i=PICK)
    def split_cell(self, n, i):
        """A section in the middle of another one, with its directive."""

        def change(lines):
            code = [number for number, line in enumerate(lines) if re.match(r"t\d+ = ", line)]
            if code:
                place = code[i % len(code)] + 1
                lines[place:place] = ["# %% more", "#export", self.word(), ""]

        self.change_module(n, change)

    @rule(n=PICK)
    def import_above_the_cells(self, n):
        self.change_module(n, lambda lines: lines.insert(1, f"import os as {self.word()[:-4]}"))

    @rule(n=PICK)
    def save_as_an_editor_does(self, n):
        """With a byte order mark, other line ends, and more blank lines."""
        paths = sorted((self.root / "lib").glob("[ab]*.py"))
        if paths:
            path = paths[n % len(paths)]
            text = path.read_text().removeprefix("\ufeff").replace("\n\n", "\n\n\n")
            path.write_text("\ufeff" + text, newline="\r\n")

    @rule()
    def edit_init(self):
        path = self.root / "lib" / "__init__.py"
        if path.exists():
            path.write_text(path.read_text() + self.word() + "\n")

    @rule(n=PICK, i=PICK)
    def leave_a_conflict(self, n, i):
        """A merge fails: git writes both versions of a line."""

        def change(lines):
            code = [number for number, line in enumerate(lines) if re.match(r"t\d+ = ", line)]
            if code and "<<<<<<< HEAD" not in lines:
                place = code[i % len(code)]
                both = [lines[place], "=======", self.word(), ">>>>>>> side"]
                lines[place : place + 1] = ["<<<<<<< HEAD", *both]

        self.change_module(n, change)

    @rule()
    def settle_conflicts(self):
        for path in sorted((self.root / "lib").glob("*.py")):
            lines = path.read_text().split("\n")
            settled = [line for line in lines if line[:7] not in ("<" * 7, "=" * 7, ">" * 7)]
            path.write_text("\n".join(settled))

    # --- git ---

    def git(self, *words: str) -> None:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@b", *words]
        subprocess.run(command, cwd=self.root, check=True, capture_output=True)

    @rule(forgets=st.booleans())
    def commit(self, forgets):
        """Commit everything, edits included; then perhaps go on in a fresh clone."""
        if not (self.root / ".git").exists():
            self.git("init")
        self.git("add", "-A")
        self.git("commit", "--allow-empty", "-m", "a")
        if forgets:
            shutil.rmtree(self.root / ".literate", ignore_errors=True)

    # --- the compiler ---

    def words_in(self, folder: str, pattern: str) -> set[str]:
        found: set[str] = set()
        for path in filter(Path.is_file, (self.root / folder).rglob(pattern)):
            text = path.read_text().replace("\\n", "\n")  # sources in JSON
            found.update(re.findall(r"\bt\d+ = ", text))
        return found

    def run(self, action, **options) -> bool:
        """Run the compiler; whether it succeeded."""
        in_notebooks = self.words_in("nbs", "*.ipynb")
        in_modules = self.words_in("lib", "*.py")
        is_done = True
        try:
            action(read_project(self.root / "settings.ini"), **options)
        except (UserError, Killed):
            is_done = False
        now_in_notebooks = self.words_in("nbs", "*.ipynb")
        now_in_modules = self.words_in("lib", "*.py")
        after = now_in_notebooks | now_in_modules
        if options.get("prefer") or options.get("force"):
            after |= self.words_in(".literate", "*.ipynb") | self.words_in(".literate", "*.py")
        on_both_sides = in_notebooks & in_modules
        typed = (in_notebooks | in_modules) - self.generated
        kept = on_both_sides | typed
        assert kept <= after, f"lost: {kept - after}"
        self.generated |= now_in_notebooks & now_in_modules
        if is_done:  # otherwise the file may contain what the compiler was about to write
            self.generated |= self.words_in(".literate", "generated.json")
        return is_done

    def is_at_rest(self) -> None:
        """Nothing is left to do, and no word stands in two cells."""
        project = read_project(self.root / "settings.ini")
        assert update_notebooks(project)[0] == []
        assert compile_project(project)[1].changed == ()
        words: Counter[str] = Counter()
        for path in self.notebooks():
            words.update(re.findall(r"\bt\d+ = ", path.read_text().replace("\\n", "\n")))
        assert all(count == 1 for count in words.values()), words

    @rule()
    def compile(self):
        self.run(compile_project)

    @rule(prune=st.booleans())
    def update(self, prune):
        if self.run(update_notebooks, prune=prune):
            self.is_at_rest()

    @rule(side=st.sampled_from(["notebook", "module"]), updating=st.booleans())
    def prefer(self, side, updating):
        if updating and self.run(update_notebooks, prefer=side):
            self.is_at_rest()
        elif side == "notebook":
            self.run(compile_project, prefer=side)

    @rule(n=PICK, i=PICK, updating=st.booleans())
    def save_meanwhile(self, n, i, updating):
        """The compiler again, but a module is saved after it was read."""
        action, module = (
            (update_notebooks, planned_update) if updating else (compile_project, write)
        )
        write_plan = module.write_plan
        typed: list[str] = []

        def save_and_write(*arguments, **options):
            before = self.words
            self.insert_line(n, i)
            typed.extend(f"t{number} = " for number in range(before + 1, self.words + 1))
            return write_plan(*arguments, **options)

        module.write_plan = save_and_write
        try:
            self.run(action)
        finally:
            module.write_plan = write_plan
        assert set(typed) <= self.words_in("nbs", "*.ipynb") | self.words_in("lib", "*.py")

    @rule(writes=st.integers(0, 6), prune=st.booleans(), updating=st.booleans())
    def crash(self, writes, prune, updating):
        """The compiler again, but the process dies before one of its writes."""
        with killed_after(writes):
            if updating:
                self.run(update_notebooks, prune=prune)
            else:
                self.run(compile_project)

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
    max_examples=EXAMPLES,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
test_two_sides = TwoSides.TestCase
