"""The front of a run: plan the notebooks, start the server, and remember what came of them."""

from __future__ import annotations

import random
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from ..diagnostics import UserError
from ..project import Project
from ..records import replace
from . import coverage
from .changed import PassHistory, explain_plans, unchanged_result
from .dispatcher import Attempt, Dispatcher, engine_of
from .failures import FailureRecord
from .import_times import ImportTimes
from .options import Options
from .parameters import check_parameters
from .preload import modules_to_preload
from .processes import cores
from .protocol import Preload
from .results import FAILED, Event, NotebookFinished, NotebookResult
from .selection import NotebookPlan, plan_notebook
from .server.launch import HAS_SERVER
from .serving import start_notebook_server

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .same_text import Mask
    from .serving import NotebookServer

_DEFAULTS = Options()


def run(
    project: Project,
    paths: Sequence[Path],
    options: Options = _DEFAULTS,
    lent_server: NotebookServer | None = None,
) -> Iterator[Event]:
    """Run notebooks, each in a process of its own, and yield what happens.

    Closing the iterator ends all processes. A caller that makes several runs, one after the other,
    can lend them a server, which then stays alive.
    """
    if not HAS_SERVER:
        _check_without_server(options)
    if options.terminal:  # a person debugs there, without time limits
        options = replace(options, workers=1, timeout=0.0, cell_timeout=0.0)
    workers = max(1, min(options.workers or cores(), len(paths)))
    server = lent_server or start_notebook_server(workers)
    coverage_settings = coverage.settings()
    failures = FailureRecord(project)
    events = _run_with(server, workers, project, paths, options, coverage_settings)
    try:
        with closing(events):
            for event in events:
                if isinstance(event, NotebookFinished):
                    failures.take(event.result)
                yield event
    finally:
        failures.save()
        if lent_server is None:
            server.close()
        coverage.collect(coverage_settings)


def _run_with(
    server: NotebookServer,
    workers: int,
    project: Project,
    paths: Sequence[Path],
    options: Options,
    coverage_settings: coverage.Settings | None,
) -> Generator[Event, None, None]:
    """Plan the notebooks, run those that have to run, and yield what happens."""
    masks = _masks(project, options)
    history = _history(project, options, masks)
    import_times = ImportTimes(project)
    plans: list[NotebookPlan] = []
    planning = Stopwatch()
    for path in _in_order(paths, options.shuffle):
        with planning.of(str(path)):
            plan = _plan(project, path, options, history)
        if isinstance(plan, NotebookPlan):
            plans.append(plan)
            continue
        yield NotebookFinished(plan)
        if options.fail_fast and plan.outcome == FAILED:
            return
    if not plans:
        return
    check_parameters(plans, options.parameters)
    server.send(_preload(project, plans, options, import_times, coverage_settings))
    # This finds the dependencies of each notebook before it runs, while the server imports modules.
    reasons = {}
    for plan in plans:
        with planning.of(plan.path):
            reasons[plan.path] = history.why(plan)
    waiting = []
    for number, plan in enumerate(plans):
        waiting.append(Attempt(number, plan, planning=planning.seconds[plan.path]))
    dispatcher = Dispatcher(
        project, server, workers, options, import_times, coverage_settings, waiting, masks
    )
    try:
        for event in dispatcher.run():
            if isinstance(event, NotebookFinished):
                history.take(event.result)
                if options.changed:
                    event = _with_reason(event, reasons)
            yield event
    finally:
        import_times.save()
        history.save()


def _check_without_server(options: Options) -> None:
    """Refuse what only a server can do, where notebooks run in Jupyter kernels."""
    for flag, is_wanted in (
        ("--max-memory", options.max_memory),
        ("--strict", options.strict),
        ("--pdb", options.terminal),
    ):
        if is_wanted:
            raise UserError(f"{flag} works on Linux and macOS, and this is {sys.platform}")


class Stopwatch:
    """Adds up the seconds that the plan of each notebook takes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)  # by the path of the notebook

    @contextmanager
    def of(self, path: str) -> Iterator[None]:
        """Count the time meanwhile for a notebook."""
        start = time.monotonic()
        yield
        self.seconds[path] += time.monotonic() - start


def _masks(project: Project, options: Options) -> tuple[Mask, ...]:
    """The project's own masks, if outputs are to be compared."""
    if not options.check_outputs:
        return ()
    from .masks import project_masks

    return project_masks(project)


def _history(project: Project, options: Options, masks: tuple[Mask, ...] = ()) -> PassHistory:
    key = options.fingerprint
    if masks:
        key += repr([pattern.pattern for pattern, _ in masks])
    return PassHistory(project, key, bool(options.check_outputs))


def _in_order(paths: Sequence[Path], seed: str) -> Sequence[Path]:
    """The paths in the random order that belongs to a seed, or as they are without a seed."""
    if not seed:
        return paths
    return random.Random(seed).sample(paths, len(paths))


def _plan(
    project: Project, path: Path, options: Options, history: PassHistory
) -> NotebookPlan | NotebookResult:
    """The plan of a notebook, or its result if it does not run."""
    plan = plan_notebook(project, path, options.flags, options.kernel)
    if isinstance(plan, NotebookPlan) and options.changed and not history.why(plan):
        return unchanged_result(plan)
    return plan


def _preload(
    project: Project,
    plans: Iterable[NotebookPlan],
    options: Options,
    import_times: ImportTimes,
    coverage_settings: coverage.Settings | None,
) -> Preload:
    """The command that tells the server what to import before the first notebook runs."""
    forked = [plan for plan in plans if engine_of(plan, options) == "fork"]
    modules = modules_to_preload(project, forked, import_times)
    if coverage_settings:
        modules.append("coverage")
    return Preload(modules, any(_uses_magics(plan) for plan in forked))


def _uses_magics(plan: NotebookPlan) -> bool:
    sources = [step.cell.source for step in plan.runs]
    return any(not source.isascii() or set("%!?") & set(source) for source in sources)


def _with_reason(event: NotebookFinished, reasons: Mapping[str, str]) -> NotebookFinished:
    """The same event; the first note of its result says why the notebook had to run."""
    result = event.result
    notes = (reasons[result.path], *result.notes)
    return NotebookFinished(replace(result, notes=notes))


def run_notebooks(
    project: Project, paths: Sequence[Path], options: Options = _DEFAULTS
) -> list[NotebookResult]:
    """Run notebooks, and return the results in the order of the paths."""
    results = {}
    for event in run(project, paths, options):
        if isinstance(event, NotebookFinished):
            results[event.result.path] = event.result
    return [results[str(path)] for path in paths if str(path) in results]


def explain(project: Project, paths: Sequence[Path], options: Options = _DEFAULTS) -> Iterator[str]:
    """Lines that say what each notebook depends on, and why `--changed` would run it or not."""
    plans = (plan_notebook(project, path, options.flags, options.kernel) for path in paths)
    history = _history(project, options, _masks(project, options))
    return explain_plans(history, plans)
