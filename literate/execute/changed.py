"""`--changed` and `--explain`: which notebooks could come out other than when they last passed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from ..diagnostics import UserError, display_path
from ..files import read_state_file, write_state_file
from ..project import PASSED as PASSED_FILE
from ..project import Project, state_lock
from .dependencies import DependencyGraph, Digests, Node
from .results import FAILED, PASSED, SKIPPED, NotebookResult
from .selection import NotebookPlan

UNCHANGED = "unchanged since it passed"  # why a notebook is skipped
_MOST_REASONS = 3  # that a message names


class PassHistory:
    """Which notebooks of a project passed, each with digests of everything that it depended on.

    The history is kept in the state folder. `options` stands for the options of the run. With
    `outputs`, the outputs that are stored in a notebook count as a dependency.
    """

    def __init__(self, project: Project, options: str, outputs: bool = False) -> None:
        self.graph = DependencyGraph(project)
        self._project = project
        self._options = options
        self._outputs = outputs
        self._file = project.state_dir / PASSED_FILE
        self._passed = _read(self._file)  # by the label of the notebook
        self._parts: dict[str, Digests] = {}  # by the path of the notebook, from before it ran
        self._news: dict[str, Digests | None] = {}  # by label; None: it has not passed

    def look_at(self, plan: NotebookPlan) -> None:
        """Note what a notebook depends on, before it runs."""
        if plan.path not in self._parts:
            self._parts[plan.path] = self.graph.parts(plan, self._options, self._outputs)

    def why(self, plan: NotebookPlan) -> str:
        """Why the outcome could differ from the last pass, or "" if nothing has changed."""
        self.look_at(plan)
        before = self._passed.get(self.graph.label(Path(plan.path)))
        if before is None:
            return "no pass of it is on record"
        return in_words(before, self._parts[plan.path])

    def note(self, path: str, parts: Digests) -> None:
        """Note what a notebook depends on now. It may have been another time before."""
        self._parts[path] = parts

    def take(self, result: NotebookResult) -> None:
        """Note how a notebook ended. A pass after failed attempts does not count as a pass."""
        if result.outcome not in (PASSED, FAILED) or result.path not in self._parts:
            return
        has_passed = result.outcome == PASSED and not result.failed_before
        label = self.graph.label(Path(result.path))
        self._news[label] = self._parts[result.path] if has_passed else None

    def save(self) -> None:
        """Write what is new. What other runs have written in the meantime stays.

        If the file cannot be written, the notebooks run again next time.
        """
        with suppress(OSError, UserError), state_lock(self._project):
            known = _read(self._file)
            updated = {**known, **self._news}
            passed = {label: parts for label, parts in updated.items() if parts}
            if passed != known:
                write_state_file(self._file, json.dumps(passed, indent=1, sort_keys=True) + "\n")


def in_words(before: Digests, now: Digests) -> str:
    """What has changed, in words; "" if nothing has."""
    found = differences(before, now)
    named = ", ".join(found[:_MOST_REASONS])
    more = len(found) - _MOST_REASONS
    return f"{named} and {more} more" if more > 0 else named


def differences(before: Digests, now: Digests) -> list[str]:
    """What has changed, in words: "lib/b.py changed", "lib/c.py is new", "lib/d.py is gone"."""
    found = []
    for name in sorted({*before, *now}):
        if name not in before:
            found.append(f"{name} is new")
        elif name not in now:
            found.append(f"{name} is gone")
        elif before[name] != now[name]:
            found.append(f"{name} changed")
    return found


def _read(file: Path) -> dict[str, Digests]:
    """The passes in a state file; none if the file is missing or damaged."""
    with suppress(OSError, ValueError, RecursionError):
        found = json.loads(read_state_file(file))
        if isinstance(found, dict):
            return {label: parts for label, parts in found.items() if isinstance(parts, dict)}
    return {}


def unchanged_result(plan: NotebookPlan) -> NotebookResult:
    """The result of a notebook that does not run, because nothing has changed since it passed."""
    return NotebookResult(plan.path, SKIPPED, reason=UNCHANGED, unchanged=True)


def explain_plans(
    history: PassHistory, plans: Iterable[NotebookPlan | NotebookResult]
) -> Iterator[str]:
    """Lines that say what each notebook depends on, and whether and why it would run."""
    for plan in plans:
        name = display_path(Path(plan.path))
        if isinstance(plan, NotebookResult):
            yield f"{name}: {plan.outcome}: {plan.reason}"
            continue
        reason = history.why(plan)
        yield f"{name}: would run: {reason}" if reason else f"{name}: {UNCHANGED}"
        nodes = history.graph.nodes(plan)
        yield from _tree(nodes, nodes[plan.notebook.path], set())


def _tree(nodes: dict[Path, Node], node: Node, seen: set[Path], depth: int = 1) -> Iterator[str]:
    """The files that a node leads to, indented; a file that leads on is opened only once."""
    for path in node.leads_to:
        is_opened_above = path in seen and nodes[path].leads_to
        yield f"{'  ' * depth}{display_path(path)}{' ...' if is_opened_above else ''}"
        if path not in seen:
            seen.add(path)
            yield from _tree(nodes, nodes[path], seen, depth + 1)
