"""Which modules the server imports before it forks, so that notebooks need not import them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from ..project import Project
from .import_times import ImportTimes
from .selection import NotebookPlan

# Packages that take long to import, each with the module that is imported for it. It is safe to
# fork after these imports, because they start no threads.
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
_MOST_NAMES = 20  # that count in one import statement


def modules_to_preload(
    project: Project,
    plans: Sequence[NotebookPlan],
    import_times: ImportTimes | None = None,
) -> list[str]:
    """The modules that are worth importing once for all notebooks.

    For a notebook that has passed before, the modules that it imported then count. For any other
    notebook, the modules that its code names count. `preload = ` in the project's settings
    overrides both.
    """
    if project.preload is not None:
        return list(project.preload)
    users: Counter[str] = Counter()  # how many notebooks import a module
    seconds: dict[str, float] = {}  # how long its import takes
    new_plans = []
    for plan in plans:
        times = import_times.of(plan.path) if import_times else None
        if times is None:
            new_plans.append(plan)
        else:
            users.update(times.keys())
            seconds.update(times)
    named = _modules_in_code(project, new_plans)
    learned = []
    for name, cost in seconds.items():
        if (users[name] - 1) * cost > WORTH:  # all users but one are spared the import
            learned.append(name)
    unsafe = import_times.unsafe if import_times else frozenset()
    return sorted({*named, *learned} - unsafe)


def _modules_in_code(project: Project, plans: Iterable[NotebookPlan]) -> list[str]:
    """The safe modules that notebooks import, themselves or through modules of the project."""
    packages: set[str] = set()
    seen: set[Path] = set()
    texts = []
    for plan in plans:
        texts.append("\n".join(step.cell.source for step in plan.runs))
    while texts:
        for name in _imported(texts.pop(), project.package):
            packages.add(name.partition(".")[0])
            module = _module_file(project, name)
            if module and module not in seen:
                seen.add(module)
                with suppress(OSError):
                    texts.append(module.read_text(encoding="utf-8", errors="replace"))
    return [SAFE[name] for name in sorted(packages & SAFE.keys())]


_IMPORT = re.compile(
    r"^[ \t]*+(?:from[ \t]++([\w.]++)[ \t]++import[ \t]++(.*)|import[ \t]++([\w., \t]++))",
    re.MULTILINE,
)


def _imported(text: str, package: str) -> Iterator[str]:
    """The dotted names in the import statements of a text.

    A relative name is taken to start from the package.
    """
    for source, names, modules in _IMPORT.findall(text):
        if source:
            base = source
            if source.startswith("."):
                base = f"{package}.{source.lstrip('.')}".rstrip(".")
            yield base
            for name in re.findall(r"\w+", names)[:_MOST_NAMES]:
                yield f"{base}.{name}"
        for module in modules.split(","):
            if module.strip():
                yield module.split()[0]


def _module_file(project: Project, name: str) -> Path | None:
    """The file of a module of the project; None for any other name."""
    package, _, rest = name.partition(".")
    if package != project.package:
        return None
    path = project.lib_path / "__init__"
    if rest:
        path = project.lib_path.joinpath(*rest.split("."))
    for file in (path.with_suffix(".py"), path / "__init__.py"):
        if file.is_file():
            return file
    return None
