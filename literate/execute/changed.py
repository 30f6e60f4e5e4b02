"""What passed when, and so which notebooks have nothing new to say: `--changed`, and `--explain`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..diagnostics import display_path
from ..files import write_atomically
from ..project import PASSED as PASSED_FILE
from ..project import Project, state_lock
from .dependencies import Graph, Node
from .results import FAILED, PASSED, SKIPPED, NotebookResult
from .selection import NotebookPlan

UNCHANGED = "unchanged since it passed"


class Record:
    """The passes of a project's notebooks, each with digests of all that it depended on, in the state folder.

    `options` stands for the options of the run; with `outputs`, the stored outputs count too.
    """

    def __init__(self, project: Project, options: str, outputs: bool = False) -> None:
        self._project = project
        self.graph, self._options, self._outputs = Graph(project), options, outputs
        self._file = project.state_dir / PASSED_FILE
        self._passed = _read(self._file)
        self._parts: dict[str, dict[str, str]] = {}  # of the notebooks of this run, before they ran
        self._news: dict[str, dict[str, str] | None] = {}

    def look_at(self, plan: NotebookPlan) -> None:
        """Note what a notebook depends on, before it runs."""
        if plan.path not in self._parts:
            self._parts[plan.path] = self.graph.parts(plan, self._options, self._outputs)

    def why(self, plan: NotebookPlan) -> str:
        """Why a notebook could come out other than when it last passed; "" if nothing speaks for that."""
        self.look_at(plan)
        before = self._passed.get(self.graph.label(Path(plan.path)))
        if before is None:
            return "no pass of it is on record"
        now = self._parts[plan.path]
        told = [
            f"{name} {_how(before.get(name), now.get(name))}"
            for name in sorted({*before, *now})
            if before.get(name) != now.get(name)
        ]
        return ", ".join(told[:3]) + (f" and {len(told) - 3} more" if len(told) > 3 else "")

    def take(self, result: NotebookResult) -> None:
        """A notebook has ended. One that needed several attempts has proved nothing."""
        if result.outcome in (PASSED, FAILED) and result.path in self._parts:
            passed = result.outcome == PASSED and not result.failed_before
            self._news[self.graph.label(Path(result.path))] = (
                self._parts[result.path] if passed else None
            )

    def save(self) -> None:
        """Write down what is new, beside what other runs have written meanwhile."""
        with suppress(OSError), state_lock(self._project):
            known = _read(self._file)
            after = {name: parts for name, parts in {**known, **self._news}.items() if parts}
            if after != known:
                write_atomically(self._file, json.dumps(after, indent=1, sort_keys=True) + "\n")


def _how(before: str | None, now: str | None) -> str:
    return "is new" if before is None else "is gone" if now is None else "changed"


def _read(file: Path) -> dict[str, dict[str, str]]:
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(file.read_text(encoding="utf-8"))
        if isinstance(found, dict):
            return {name: parts for name, parts in found.items() if isinstance(parts, dict)}
    return {}


def unchanged(plan: NotebookPlan) -> NotebookResult:
    """The result of a notebook that need not run."""
    return NotebookResult(plan.path, SKIPPED, reason=UNCHANGED, unchanged=True)


def explain_plans(record: Record, plans: Iterable[NotebookPlan | NotebookResult]) -> Iterator[str]:
    """For people: what each notebook depends on, and why it would run, line by line."""
    for plan in plans:
        if isinstance(plan, NotebookResult):
            yield f"{display_path(Path(plan.path))}: {plan.outcome}: {plan.reason}"
            continue
        why = record.why(plan)
        yield f"{display_path(Path(plan.path))}: {f'would run: {why}' if why else UNCHANGED}"
        nodes = record.graph.nodes(plan)
        yield from _tree(nodes, nodes[plan.notebook.path], set())


def _tree(nodes: dict[Path, Node], node: Node, seen: set[Path], depth: int = 1) -> Iterator[str]:
    for path in node.leads_to:
        again = path in seen and nodes[path].leads_to
        yield f"{'  ' * depth}{display_path(path)}{' ...' if again else ''}"
        if path not in seen:
            seen.add(path)
            yield from _tree(nodes, nodes[path], seen, depth + 1)
