"""How notebooks are handed to the server; the server only sends what a test tells it to send."""

from collections.abc import Iterator

import pytest
from conftest import tagged

from literate.discovery import project_notebooks
from literate.execute import (
    FAILED,
    PASSED,
    CellFinished,
    CellStarted,
    NotebookFinished,
    NotebookStarted,
    Options,
    dispatcher,
    protocol,
)
from literate.execute.dispatcher import Attempt, Dispatcher, engine_of, make_task
from literate.execute.import_times import ImportTimes
from literate.execute.selection import plan_notebook
from literate.execute.server.client import ServerDiedError
from literate.records import replace

KILLED = 9  # the status of a process that SIGKILL has ended


class Death:
    """Stands among the messages where the server dies."""


class ScriptedServer:
    """A server that sends the given messages, and records the commands that it gets.

    Each life is a list of messages; a restart begins the next life. A dispatcher that waits for
    more messages than a life has would wait forever, so the test fails then.
    """

    def __init__(self, *lives: list) -> None:
        self.lives = list(lives)
        self.told: list[object] = []
        self.restarts = 0
        self.killed = False

    def send(self, message: object) -> None:
        self.told.append(message)

    def reports(self) -> Iterator[object]:
        assert self.lives, "the dispatcher goes on after the last life of the server"
        for message in self.lives.pop(0):
            if isinstance(message, Death) or self.killed:
                self.killed = False
                raise ServerDiedError(KILLED)
            yield message
        pytest.fail("the dispatcher waits for a message that does not come")

    def kill(self) -> None:
        self.killed = True

    def restart(self) -> None:
        self.restarts += 1

    def started(self) -> list[int]:
        """The numbers of the notebooks that the server was told to run."""
        return [told.number for told in self.told if isinstance(told, protocol.RunNotebook)]


READY = protocol.ServerReady([])
SILENCE = None  # the server has said nothing for a while


def begins(number: int, cell: int = 0) -> protocol.CellStarted:
    return protocol.CellStarted(number, cell)


def ends(number: int, cell: int = 0, ok: bool = True) -> protocol.CellEnded:
    report = protocol.CellReport(ok, 0.0, 1, None, [])
    return protocol.CellEnded(number, cell, report, [], "")


def over(number: int, **end) -> protocol.NotebookEnded:
    """A notebook came to its end."""
    end = protocol.NotebookEnd(0, complete=True, **end)
    return protocol.NotebookEnded(number, end)


def crashes(number: int) -> protocol.NotebookEnded:
    return protocol.NotebookEnded(number, protocol.NotebookEnd(1 << 8))


@pytest.fixture
def dispatch(make_project):
    """`dispatch(server)`: a dispatcher of three notebooks with two cells each."""

    def make(server: ScriptedServer, workers: int = 1, notebooks: int = 3, **options) -> Dispatcher:
        project = make_project({f"{number:02}_x": ["1", "2"] for number in range(notebooks)})
        plans = [plan_notebook(project, path) for path in project_notebooks(project)]
        waiting = [Attempt(number, plan) for number, plan in enumerate(plans)]
        times = ImportTimes(project)
        return Dispatcher(project, server, workers, Options(**options), times, None, waiting)

    return make


def outcomes(events: list) -> list[tuple[str, str]]:
    """The names and the outcomes of the notebooks that finished."""
    results = [event.result for event in events if isinstance(event, NotebookFinished)]
    return [(result.path[-10:-6], result.outcome) for result in results]


ALL_PASSED = [("00_x", PASSED), ("01_x", PASSED), ("02_x", PASSED)]


def test_as_many_notebooks_run_as_there_are_workers(dispatch):
    server = ScriptedServer([READY, over(0), over(1), over(2)])
    started_when_finished = []
    for event in dispatch(server, workers=2).run():
        if isinstance(event, NotebookFinished):
            started_when_finished.append(server.started())
    assert started_when_finished == [[0, 1], [0, 1, 2], [0, 1, 2]]


def test_what_happens_becomes_events(dispatch):
    server = ScriptedServer([READY, begins(0), ends(0), over(0), over(1), over(2)])
    events = list(dispatch(server).run())
    kinds = [type(event) for event in events[:4]]
    assert kinds == [NotebookStarted, CellStarted, CellFinished, NotebookFinished]
    assert (events[0].cells, events[1].source, events[2].cell.outcome) == (2, "1", PASSED)
    assert outcomes(events) == ALL_PASSED


def test_an_updated_display_is_in_the_result(dispatch):
    output = {"output_type": "display_data", "data": {}, "metadata": {}}
    updated = protocol.OutputsUpdated(0, 0, [output])
    server = ScriptedServer([READY, ends(0), updated, over(0), over(1), over(2)])
    finished = [event for event in dispatch(server).run() if isinstance(event, NotebookFinished)]
    assert finished[0].result.cells[0].outputs == (output,)


def test_a_notebook_that_fails_runs_again_before_the_others(dispatch):
    server = ScriptedServer([READY, crashes(0), crashes(0), over(1), over(2)])
    events = list(dispatch(server, retries=1).run())
    assert server.started() == [0, 0, 1, 2]
    assert outcomes(events) == [("00_x", FAILED), *ALL_PASSED[1:]]


def test_fail_fast_starts_no_other_notebook(dispatch):
    server = ScriptedServer([READY, crashes(0)])
    events = list(dispatch(server, workers=2, fail_fast=True).run())
    assert server.started() == [0, 1]
    assert outcomes(events) == [("00_x", FAILED)]


def test_imports_are_learned_from_notebooks_that_pass(dispatch):
    failed_end = protocol.NotebookEnd(1 << 8, import_times={"b": 1.0})
    failed = protocol.NotebookEnded(1, failed_end)
    passed = over(0, import_times={"a": 1.0}, refused_modules=("c",))
    server = ScriptedServer([protocol.ServerReady(["d"]), passed, failed, over(2)])
    dispatching = dispatch(server)
    paths = [attempt.plan.path for attempt in dispatching.waiting]
    list(dispatching.run())
    times = dispatching.import_times
    assert [times.of(path) for path in paths] == [{"a": 1.0}, None, None]
    assert times.unsafe == {"c", "d"}


# --- the clock ---------------------------------------------------------------------------------


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch):
    made = Clock()
    monkeypatch.setattr(dispatcher, "time", made)
    return made


class Later:
    """A life of a server during which time passes, by so many seconds before each silence."""

    def __init__(self, clock: Clock, seconds: float, *messages: object) -> None:
        self.clock = clock
        self.seconds = seconds
        self.messages = messages

    def __iter__(self) -> Iterator[object]:
        for message in self.messages:
            if message is SILENCE:
                self.clock.now += self.seconds
            yield message


REST = [READY, over(1), over(2)]


def test_a_server_that_keeps_no_time_limit_is_killed(dispatch, clock):
    server = ScriptedServer(Later(clock, 9, READY, begins(0), SILENCE, SILENCE, SILENCE), REST)
    events = list(dispatch(server, timeout=10.0).run())
    assert outcomes(events) == [("00_x", FAILED), *ALL_PASSED[1:]]
    (failed,) = [event.result for event in events if isinstance(event, NotebookFinished)][:1]
    assert failed.failures[0].error.name == "Timeout"
    assert "brought the process that runs all notebooks to a halt" in failed.notes[0]


def test_the_limit_of_a_cell_is_kept_too(dispatch, clock):
    silences = [SILENCE] * 4
    life = Later(clock, 4, READY, begins(0), SILENCE, ends(0), begins(0, 1), *silences)
    events = list(dispatch(ScriptedServer(life, REST), cell_timeout=5.0).run())
    failed = next(event.result for event in events if isinstance(event, NotebookFinished))
    assert [cell.index for cell in failed.failures] == [1]
    assert "the cell was still running after 5 s" in failed.failures[0].error.message


def test_the_limit_of_a_cell_does_not_count_before_the_first_cell(dispatch, clock):
    silences = [SILENCE] * 3  # a kernel takes its time to start
    life = Later(clock, 4, READY, *silences, begins(0), ends(0), over(0), over(1), over(2))
    assert outcomes(list(dispatch(ScriptedServer(life), cell_timeout=5.0).run())) == ALL_PASSED


def test_of_several_notebooks_none_is_blamed_before_it_runs_alone(dispatch, clock):
    first = Later(clock, 20, READY, begins(0), begins(1), SILENCE, SILENCE)
    second = Later(clock, 20, READY, over(0), begins(1), SILENCE, SILENCE)
    server = ScriptedServer(first, second, [READY, over(2)])
    events = list(dispatch(server, workers=2, timeout=10.0).run())
    assert sorted(outcomes(events)) == [("00_x", PASSED), ("01_x", FAILED), ("02_x", PASSED)]


@pytest.mark.parametrize("options", [{"timeout": 100.0}, {"timeout": 0.0}])
def test_silence_within_the_limits_is_waited_for(dispatch, clock, options):
    life = Later(clock, 9, READY, begins(0), SILENCE, SILENCE, over(0), over(1), over(2))
    assert outcomes(list(dispatch(ScriptedServer(life), **options).run())) == ALL_PASSED


def test_planning_counts_towards_the_limit(dispatch):
    made = dispatch(ScriptedServer([READY, over(0), over(1), over(2)]), timeout=10.0)
    made.waiting = [replace(attempt, planning=4.0 * attempt.number) for attempt in made.waiting]
    list(made.run())
    tasks = [told.task for told in made.server.told if isinstance(told, protocol.RunNotebook)]
    assert [task.timeout for task in tasks] == [10.0, 6.0, 2.0]


# --- the death of the server -------------------------------------------------------------------


def test_notebooks_that_ran_when_the_server_died_run_again_one_at_a_time(dispatch):
    first_life = [READY, Death()]
    second_life = [READY, over(0), over(1), over(2), over(3)]
    server = ScriptedServer(first_life, second_life)
    dispatching = dispatch(server, workers=2, notebooks=4)
    at_once = []
    events = []
    for event in dispatching.run():
        events.append(event)
        if isinstance(event, NotebookStarted):
            at_once.append(len(dispatching.running))
    assert server.started() == [0, 1, 0, 1, 2, 3]
    assert at_once == [1, 2, 1, 1, 1, 2]
    assert (server.restarts, outcomes(events)) == (1, [*ALL_PASSED, ("03_x", PASSED)])
    assert server.told[2] == protocol.Preload([])


def test_a_notebook_that_ends_two_servers_has_failed(dispatch):
    first_life = [READY, Death()]
    second_life = [READY, begins(0), ends(0), Death()]
    third_life = [READY, over(1), over(2)]
    server = ScriptedServer(first_life, second_life, third_life)
    events = list(dispatch(server).run())
    assert outcomes(events) == [("00_x", FAILED), *ALL_PASSED[1:]]
    (killer,) = [
        event.result
        for event in events
        if isinstance(event, NotebookFinished) and event.result.outcome == FAILED
    ]
    # The second cell ran when the server died, whether the server could still report that or not.
    assert [(cell.index, cell.outcome) for cell in killer.cells] == [(0, PASSED), (1, FAILED)]
    assert "SIGKILL" in killer.failures[0].error.message
    assert "ended the process that runs all notebooks" in killer.notes[0]


def test_a_server_that_dies_twice_while_nothing_runs_is_an_error(dispatch):
    server = ScriptedServer([Death()], [Death()])
    with pytest.raises(ServerDiedError):
        list(dispatch(server).run())
    assert (server.restarts, server.started()) == (1, [])


def test_a_server_may_die_once_while_nothing_runs(dispatch):
    server = ScriptedServer([Death()], [READY, over(0), over(1), over(2)])
    assert outcomes(list(dispatch(server).run())) == ALL_PASSED


def test_a_server_that_dies_with_the_last_notebook_is_not_started_again(dispatch):
    server = ScriptedServer([READY, over(0), over(1), Death()], [READY, Death()])
    events = list(dispatch(server).run())
    assert outcomes(events) == [*ALL_PASSED[:2], ("02_x", FAILED)]
    assert server.restarts == 1


# --- the task ----------------------------------------------------------------------------------


@pytest.fixture
def plan(make_project):
    cells = [
        "0",
        "#| timeout: 5\n1",
        "#| eval: false\n2",
        tagged("3", "parameters"),
        tagged("#| raises: ValueError\n4", "parameters"),
    ]
    project = make_project({"00_a": cells})
    return project, plan_notebook(project, project.nbs_path / "00_a.ipynb")


def test_a_task_holds_what_a_worker_needs(plan):
    project, plan = plan
    task = make_task(project, plan, Options(timeout=7.0, max_memory=9), None)
    assert [cell.index for cell in task.cells] == [0, 1, 3, 4]
    assert [cell.raises for cell in task.cells] == ["", "", "", "ValueError"]
    assert task.cells[0].file_name == "00_a.ipynb:cell 1 (00000000)"
    assert (task.folder, task.root) == (str(project.nbs_path), str(project.root))
    assert (task.parameters_after, task.own_timeouts) == (3, {1: 5.0})
    assert (task.timeout, task.max_memory, task.coverage, task.module_lines) == (7.0, 9, None, {})


def test_a_person_who_debugs_has_no_time_limit(plan):
    project, plan = plan
    assert make_task(project, plan, Options(terminal="/dev/pts/1"), None).own_timeouts == {}


def test_the_engine_of_a_notebook(plan, monkeypatch):
    _, plan = plan
    assert engine_of(plan, Options()) == "fork"
    assert engine_of(plan, Options(isolation="spawn")) == "spawn"
    monkeypatch.setattr(dispatcher, "IS_LINUX", False)
    assert engine_of(plan, Options()) == "spawn"
