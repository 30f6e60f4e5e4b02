"""nbdev as the oracle of the compiler: python tests/oracle.py PROJECT...

Compiles copies of a project with nbdev and with notebook2script. Prints which files differ, and
which of the deviations D1 to D12 (docs/layouts.md) explain each difference.

nbdev 2.4.7 compiles projects with a settings.ini, nbdev 3.3.26 those with [tool.nbdev] in
pyproject.toml. Each is installed in an environment of its own when it is first needed. Notebooks in
nbdev 1's spelling, `#export`, are respelled in nbdev's copy, because later versions ignore them.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from literate.diagnostics import UserError  # noqa: E402  # only now can it be found
from literate.directives import is_teaching_directive  # noqa: E402
from literate.project import NBDEV3, find_project  # noqa: E402

PACKAGES = {
    # fastcore 1, execnb 0.1 and ghapi 1 are the last releases with which nbdev 2 works.
    "2.4.7": ["nbdev==2.4.7", "fastcore<2", "execnb<0.2", "ghapi<2"],
    "3.3.26": ["nbdev==3.3.26"],
}
NOT_COPIED = shutil.ignore_patterns(".git", ".literate", "__pycache__", ".venv")


# --- compiling with both -----------------------------------------------------------------------


class Failed(Exception):
    """A command that does not compile the project."""


def nbdev_export(version: str) -> Path:
    """The export command of an nbdev.

    Its environment is made once and kept in the user's cache folder.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = cache.resolve() / "literate-oracle"  # an environment contains its own path
    home = cache / f"nbdev-{version}"
    if not (home / "ready").exists():
        from filelock import FileLock

        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "lock"):
            if not (home / "ready").exists():
                _install(version, home)
    command = "nbdev_export" if version.startswith("2") else "nbdev-export"
    return home / "bin" / command


def _install(version: str, home: Path) -> None:
    venv.create(home, with_pip=True, clear=True)
    pip = [home / "bin" / "python", "-m", "pip", "install", "-qq"]
    subprocess.run([*pip, *PACKAGES[version]], check=True)
    (home / "ready").touch()


def generated(root: Path, command: list[object]) -> dict[str, str]:
    """The library's files after a command has compiled the project.

    A `Failed` contains what the command printed.
    """
    words = [str(word) for word in command]
    environment = {
        name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "IN_TEST")
    }
    done = subprocess.run(
        words, cwd=root, capture_output=True, text=True, env=environment, check=False
    )
    if done.returncode:
        shown = " ".join(Path(word).name for word in words)
        raise Failed(f"{shown} fails:\n{done.stdout[-1000:]}{done.stderr[-3000:]}")
    lib = find_project(root).lib_path
    files = {}
    for path in lib.rglob("*.py"):
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        files[path.relative_to(lib).as_posix()] = text
    return files


def compile_both(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """The files that nbdev makes of a project, and those that we make, from two fresh copies."""
    version = "3.3.26" if find_project(root).layout == NBDEV3 else "2.4.7"
    with tempfile.TemporaryDirectory() as folder:
        their_copy = Path(folder, "theirs", root.name)
        our_copy = Path(folder, "ours", root.name)
        for copy in (their_copy, our_copy):
            shutil.copytree(root, copy, symlinks=True, ignore=NOT_COPIED)
        respell(find_project(their_copy).nbs_path)
        theirs = generated(their_copy, [nbdev_export(version)])
        door = ROOT / "notebook2script.py"
        ours = generated(our_copy, [sys.executable, door, "--force", "--quiet"])
        return theirs, ours


NBDEV_1 = re.compile(
    r"^\s*#\s*(default_exp|export[si]?|hide\w*|default_cls_lvl|slow|cuda|collapse\w*)"
    r"([ \t]+\S+)?\s*$",
    re.IGNORECASE,
)


def respell(folder: Path) -> None:
    """Write nbdev 1's directives in nbdev 2's spelling, in notebooks that have no others."""
    for path in folder.rglob("*.ipynb"):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            cells = [cell for cell in data["cells"] if cell["cell_type"] == "code"]
            sources = ["".join(cell["source"]).splitlines(keepends=True) for cell in cells]
        except (ValueError, KeyError, TypeError):
            continue
        lines = [line for source in sources for line in source]
        marked = [line for line in lines if re.match(r"\s*#\s*\|", line)]
        if not all(map(is_teaching_directive, marked)):
            continue
        for cell, source in zip(cells, sources, strict=True):
            cell["source"] = "".join(_respelled(source))
        path.write_text(json.dumps(data), encoding="utf-8")


def _respelled(source: list[str]) -> list[str]:
    """The lines of a cell, with the directives at its head in nbdev 2's spelling."""
    lines = list(source)
    for number, line in enumerate(source):
        match = NBDEV_1.match(line)
        if match:
            lines[number] = f"#| {match[1].lower()}{match[2] or ''}\n"
        elif is_teaching_directive(line):
            continue
        elif line.strip() and not line.lstrip().startswith("%%"):
            break
    return lines


# --- explaining differences --------------------------------------------------------------------
# Each function removes from a module all that one of the deviations may change.


def without_ids(text: str) -> str:
    return re.sub(r"^(# %% .*\.ipynb) #\S+$", r"\1", text, flags=re.MULTILINE)


def without_carriage_returns(text: str) -> str:
    return text.replace("\r", "")


def without_import_sources(text: str) -> str:
    """Each from-import without the module's name: absolute and relative ones become equal."""
    return re.sub(r"from\s+[\w.]+\s+import", "from ? import", text)


def without_all(text: str) -> str:
    return re.sub(r"^__all__ = \[.*?\]$", "__all__", text, flags=re.MULTILINE | re.DOTALL)


def without_docstring(text: str) -> str:
    return re.sub(r'\A(r?""".*?)(?=\n# AUTOGENERATED)', "", text, flags=re.DOTALL)


def without_bare_directives(text: str) -> str:
    """The module without `#|` lines, and without cells that contain nothing else."""
    code = re.sub(r"^[ \t]*#[ \t]*\|.*\n?", "", text, flags=re.MULTILINE)
    code = re.sub(r"\n\n# %% .*\n(?=\n*(# %% |\Z))", "", code)
    return re.sub(r"\n+(?=# %% )", "\n\n", code).rstrip("\n")


def sorted_statements(text: str) -> str:
    """The top-level statements of a module with `__future__` imports, sorted: these move."""
    if "from __future__" not in text:
        return text
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return text
    return "\n".join(sorted(map(ast.unparse, body)))


DEVIATIONS: dict[str, Callable[[str], str]] = {
    "D10": without_ids,
    "D11": without_carriage_returns,
    "D3": without_import_sources,
    "D4": without_all,
    "D5": without_docstring,
    "D7": without_bare_directives,
    "D6": sorted_statements,
}


def explain(theirs: str | None, ours: str | None) -> list[str] | None:
    """The deviations that make two texts equal; [] if they are equal, None without explanation."""
    if theirs == ours:
        return []
    if theirs is None or ours is None:
        return None
    reason = holds_more(theirs, ours)
    if reason:
        return [reason]
    needed = []
    for name, normalize in DEVIATIONS.items():
        their_rest = normalize(theirs)
        our_rest = normalize(ours)
        is_changed = (their_rest, our_rest) != (theirs, ours)
        is_closer = difference(their_rest, our_rest) < difference(theirs, ours)
        if is_changed and (their_rest == our_rest or is_closer):
            needed.append(name)
            theirs = their_rest
            ours = our_rest
        if theirs == ours:
            return needed
    return None


def difference(theirs: str, ours: str) -> int:
    """The number of lines that stand in one text only."""
    return len(set(theirs.splitlines()) ^ set(ours.splitlines()))


def holds_more(theirs: str, ours: str) -> str | None:
    """The deviation by which our file contains everything that nbdev's does, and more.

    nbdev loses cells of a notebook, or a module's place in the index.
    """
    if ours.startswith("# Autogenerated by nbdev"):
        return "D9" if _index_holds_more(theirs, ours) else None
    notebooks = set(re.findall(r"^# %% (.*\.ipynb)", ours, re.MULTILINE))
    if len(notebooks) < 2:
        return None
    their_code = set()
    for line in without_import_sources(without_docstring(theirs)).splitlines():
        if not line.startswith(("#", "__all__", " " * 11)):
            their_code.add(line)
    our_lines = set(without_import_sources(ours).splitlines())
    return "D1 or D2" if their_code <= our_lines else None


def _index_holds_more(theirs: str, ours: str) -> bool:
    their_symbols = _indexed_symbols(theirs)
    our_symbols = _indexed_symbols(ours)
    for module, symbols in their_symbols.items():
        if not our_symbols.get(module, {}).items() >= symbols.items():
            return False
    return True


def _indexed_symbols(index: str) -> dict[str, dict[str, object]]:
    return ast.literal_eval(index.split("d = ", 1)[1])["syms"]


# --- the command -------------------------------------------------------------------------------


def main(paths: list[str]) -> int:
    """Compare the projects; the exit code is 1 if a difference is not explained."""
    unexplained = 0
    for path in paths:
        try:
            theirs, ours = compile_both(Path(path).resolve())
        except (Failed, UserError) as error:
            print(f"{path}: {error}")
            continue
        unexplained += _report(path, theirs, ours)
    return 1 if unexplained else 0


def _report(path: str, theirs: dict[str, str], ours: dict[str, str]) -> int:
    """Print how the files of a project differ; return how many differences are not explained."""
    names = sorted(theirs.keys() | ours.keys())
    reasons = {name: explain(theirs.get(name), ours.get(name)) for name in names}
    equal = sum(reason == [] for reason in reasons.values())
    print(f"{path}: {equal} of {len(names)} files are the same bytes")
    unexplained = 0
    for name, reason in reasons.items():
        if reason is None:
            unexplained += 1
            where = ""
            if name not in ours:
                where = " (only nbdev's)"
            elif name not in theirs:
                where = " (only ours)"
            print(f"  {name}: NOT EXPLAINED{where}")
        elif reason:
            print(f"  {name}: {' + '.join(reason)}")
    return unexplained


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
