"""nbdev as the oracle of the compiler: python tests/oracle.py PROJECT...

Compiles copies of a project with nbdev and with notebook2script and prints which files differ, and by which of the
deviations D1 to D12 (docs/layouts.md) each difference is explained. nbdev 2.4.7 compiles projects with a settings.ini,
nbdev 3.3.26 those with [tool.nbdev] in pyproject.toml; each is installed in an environment of its own when first needed.
Notebooks in nbdev 1's spelling, `#export`, are respelled in nbdev's copy: later versions of nbdev pass them over.
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

from literate.diagnostics import UserError
from literate.project import NBDEV3, find_project

PACKAGES = {
    "2.4.7": [
        "nbdev==2.4.7",
        "fastcore<2",
        "execnb<0.2",
        "ghapi<2",
    ],  # the last releases that nbdev 2 works with
    "3.3.26": ["nbdev==3.3.26"],
}


def nbdev_export(version: str) -> Path:
    """The export command of this nbdev, from an environment that is made once and kept in the user's cache folder."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = cache.resolve() / "literate-oracle"  # an environment knows its own path
    home = cache / f"nbdev-{version}"
    if not (home / "ready").exists():
        from filelock import FileLock

        cache.mkdir(parents=True, exist_ok=True)
        with FileLock(cache / "lock"):
            if not (home / "ready").exists():
                venv.create(home, with_pip=True, clear=True)
                subprocess.run(
                    [home / "bin" / "python", "-m", "pip", "install", "-qq", *PACKAGES[version]],
                    check=True,
                )
                (home / "ready").touch()
    return home / "bin" / ("nbdev_export" if version[0] == "2" else "nbdev-export")


class Failed(Exception):
    """A command that does not compile the project."""


def generated(root: Path, command: list) -> dict[str, str]:
    """The library's files after a command has compiled the project; a `Failed` says what the command printed."""
    done = subprocess.run(
        [str(word) for word in command],
        cwd=root,
        capture_output=True,
        text=True,
        env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "IN_TEST")},
        check=False,
    )
    if done.returncode:
        raise Failed(
            f"{' '.join(Path(word).name for word in command)} fails:\n{done.stdout[-1000:]}{done.stderr[-3000:]}"
        )
    lib = find_project(root).lib_path
    return {
        p.relative_to(lib).as_posix(): p.read_bytes().decode("utf-8", "surrogateescape")
        for p in lib.rglob("*.py")
    }


def compile_both(root: Path) -> tuple[dict[str, str], dict[str, str]]:
    """What nbdev makes of a project, and what we make of it, from two fresh copies."""
    version = "3.3.26" if find_project(root).layout == NBDEV3 else "2.4.7"
    with tempfile.TemporaryDirectory() as folder:
        copies = [Path(folder, name, root.name) for name in ("theirs", "ours")]
        for copy in copies:
            shutil.copytree(
                root,
                copy,
                symlinks=True,
                ignore=shutil.ignore_patterns(".git", ".literate", "__pycache__", ".venv"),
            )
        respell(find_project(copies[0]).nbs_path)
        theirs = generated(copies[0], [nbdev_export(version)])
        return theirs, generated(
            copies[1], [sys.executable, ROOT / "notebook2script.py", "--force", "--quiet"]
        )


NBDEV_1 = re.compile(
    r"^\s*#\s*(default_exp|export[si]?|hide\w*|default_cls_lvl|slow|cuda|collapse\w*)([ \t]+\S+)?\s*$",
    re.IGNORECASE,
)


def respell(folder: Path) -> None:
    """nbdev 1's directives at the head of a cell in nbdev 2's spelling, in notebooks that have no others."""
    for path in folder.rglob("*.ipynb"):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            cells = [
                (cell, "".join(cell["source"]).splitlines(keepends=True))
                for cell in data["cells"]
                if cell["cell_type"] == "code"
            ]
        except (ValueError, KeyError, TypeError):
            continue
        if any(re.match(r"\s*#\s*\|", line) for _, lines in cells for line in lines):
            continue
        for cell, lines in cells:
            for n, line in enumerate(lines):
                if match := NBDEV_1.match(line):
                    lines[n] = f"#| {match[1].lower()}{match[2] or ''}\n"
                elif line.strip() and not line.lstrip().startswith("%%"):
                    break
            cell["source"] = "".join(lines)
        path.write_text(json.dumps(data), encoding="utf-8")


def without_ids(text: str) -> str:
    return re.sub(r"^(# %% .*\.ipynb) #\S+$", r"\1", text, flags=re.MULTILINE)


def absolute_imports(text: str) -> str:
    """Every from-import without its module's name: relative or not, they look alike then."""
    return re.sub(r"from\s+[\w.]+\s+import", "from ? import", text)


def without_all(text: str) -> str:
    return re.sub(r"^__all__ = \[.*?\]$", "__all__", text, flags=re.MULTILINE | re.DOTALL)


def same_docstring(text: str) -> str:
    return re.sub(r'\A(r?""".*?)(?=\n# AUTOGENERATED)', "", text, flags=re.DOTALL)


def without_bare_directives(text: str) -> str:
    code = re.sub(r"^[ \t]*#[ \t]*\|.*\n?", "", text, flags=re.MULTILINE)
    return re.sub(
        r"\n+(?=# %% )", "\n\n", re.sub(r"\n\n# %% .*\n(?=\n*(# %% |\Z))", "", code)
    ).rstrip("\n")


def sorted_statements(text: str) -> str:
    """The module's top-level statements, in no order: `__future__` imports move."""
    if "from __future__" not in text:
        return text
    try:
        return "\n".join(sorted(ast.unparse(node) for node in ast.parse(text).body))
    except SyntaxError:
        return text


def holds_more(theirs: str, ours: str) -> str | None:
    """Why our file holds all that nbdev's does and more: it lost a notebook's cells, or a module's place in the index."""
    if ours.startswith("# Autogenerated by nbdev"):
        old, new = (ast.literal_eval(text.split("d = ", 1)[1])["syms"] for text in (theirs, ours))
        return (
            "D9"
            if all(new.get(module, {}).items() >= names.items() for module, names in old.items())
            else None
        )
    several = len(set(re.findall(r"^# %% (.*\.ipynb)", ours, re.MULTILINE))) > 1
    code = [
        line
        for line in absolute_imports(same_docstring(theirs)).splitlines()
        if not line.startswith(("#", "__all__", " " * 11))
    ]
    return "D1 or D2" if several and set(code) <= set(absolute_imports(ours).splitlines()) else None


DEVIATIONS: dict[str, Callable[[str], str]] = {
    "D10": without_ids,
    "D11": lambda text: text.replace("\r", ""),
    "D3": absolute_imports,
    "D4": without_all,
    "D5": same_docstring,
    "D7": without_bare_directives,
    "D6": sorted_statements,
}


def explain(theirs: str | None, ours: str | None) -> list[str] | None:
    """The deviations that make two texts equal, [] if they are, None if nothing explains the difference."""
    if theirs == ours:
        return []
    if theirs is None or ours is None:
        return None
    if reason := holds_more(theirs, ours):
        return [reason]
    needed = []
    for name, normal in DEVIATIONS.items():
        after = normal(theirs), normal(ours)
        if after != (theirs, ours) and (
            after[0] == after[1]
            or len(set(after[0].splitlines()) ^ set(after[1].splitlines()))
            < len(set(theirs.splitlines()) ^ set(ours.splitlines()))
        ):
            needed.append(name)
            theirs, ours = after
        if theirs == ours:
            return needed
    return None


def main(paths: list[str]) -> int:
    """Compare the projects; exit 1 if a difference is not explained."""
    unexplained = 0
    for path in map(Path, paths):
        try:
            theirs, ours = compile_both(path.resolve())
        except (Failed, UserError) as error:
            print(f"{path}: {error}")
            continue
        names = sorted(theirs.keys() | ours.keys())
        reasons = {name: explain(theirs.get(name), ours.get(name)) for name in names}
        print(
            f"{path}: {sum(r == [] for r in reasons.values())} of {len(names)} files are the same bytes"
        )
        for name, reason in reasons.items():
            if reason is None:
                unexplained += 1
                where = (
                    ""
                    if name in theirs and name in ours
                    else " (only nbdev's)"
                    if name in theirs
                    else " (only ours)"
                )
                print(f"  {name}: NOT EXPLAINED{where}")
            elif reason:
                print(f"  {name}: {' + '.join(reason)}")
    return 1 if unexplained else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
