"""What the warm parent imports before its first fork, so that the notebooks need not each do it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from ..project import Project
from .import_times import Imports
from .selection import NotebookPlan

# What notebooks import -> what is loaded for them: heavy, and safe to fork after, as no thread runs.
SAFE = {
    "fastcore": "fastcore.test",
    "matplotlib": "matplotlib.pyplot",
    "numpy": "numpy",
    "pandas": "pandas",
    "PIL": "PIL.Image",
    "scipy": "scipy",
    "sklearn": "sklearn",
    "sympy": "sympy",
    "torch": "torch",
}
WORTH = 0.05  # seconds that all notebooks together must save
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(.*)|import[ \t]+([\w., \t]+))", re.MULTILINE
)


def modules_to_preload(
    project: Project, plans: Iterable[NotebookPlan], imports: Imports | None = None
) -> list[str]:
    """What is worth importing once for all: by what the notebooks were seen to import, or else by what they say.

    `preload = ` in the project's settings overrides it.
    """
    if project.preload is not None:
        return list(project.preload)
    seen = {plan.path: imports.of(plan.path) if imports else None for plan in plans}
    new = [plan for plan in plans if seen[plan.path] is None]
    users: Counter[str] = Counter()
    cost: dict[str, float] = {}
    for each in filter(None, seen.values()):
        users.update(each.keys())
        cost.update(each)
    said = _modules_they_say(project, new)
    learned = [name for name in cost if (users[name] + (name in said) - 1) * cost[name] > WORTH]
    unsafe = imports.unsafe if imports else frozenset()
    return [name for name in sorted({*said, *learned}) if name not in unsafe]


def _modules_they_say(project: Project, plans: Iterable[NotebookPlan]) -> list[str]:
    """The safe ones among the packages that notebooks import, by themselves or through the project's modules."""
    found: set[str] = set()
    seen: set[Path] = set()
    texts = ["\n".join(step.cell.source for step in plan.runs) for plan in plans]
    while texts:
        for name in _imported(texts.pop(), project.package):
            found.add(name.partition(".")[0])
            module = _module_file(project, name)
            if module and module not in seen:
                seen.add(module)
                texts.append(module.read_text(encoding="utf-8", errors="replace"))
    return [SAFE[name] for name in sorted(found & SAFE.keys())]


def _imported(text: str, package: str) -> Iterable[str]:
    """Dotted names in the import statements of a text; relative ones are taken to start from the package."""
    for source, names, modules in _IMPORT.findall(text):
        if source:
            base = (
                f"{package}.{source.lstrip('.')}".rstrip(".") if source.startswith(".") else source
            )
            yield base
            yield from (f"{base}.{name}" for name in re.findall(r"\w+", names)[:20])
        yield from (name.split()[0] for name in modules.split(",") if name.strip())


def _module_file(project: Project, name: str) -> Path | None:
    """The file of one of the project's own modules."""
    package, _, rest = name.partition(".")
    if package != project.package:
        return None
    path = project.lib_path.joinpath(*rest.split(".")) if rest else project.lib_path / "__init__"
    return next((p for p in (path.with_suffix(".py"), path / "__init__.py") if p.is_file()), None)
