"""The messages between the three kinds of processes of a run, and their form on a pipe.

    front   the command, which plans the notebooks and reports their results
    server  the process that forks a worker for each notebook and watches over it
    worker  the process of one notebook

Each message is a record. On a pipe it is a frame: a mark, a length, and the record's name and
values in the format of `marshal`. That format is fast, and a notebook that patches `json` or
`pickle` does not break it. For the same reason, functions are bound here before a notebook runs.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from marshal import dumps, loads

from ..records import dataclass, is_record, record_values
from .results import Error, Frame
from .snapshot_messages import AboutSnapshot, SnapshotCommand, SnapshotReport

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    Argument = TypeVar("Argument")
    Result = TypeVar("Result")

_write = os.write
_set_blocking: Callable[[int, bool], None]
_set_blocking = getattr(os, "set_blocking", lambda descriptor, blocking: None)  # not on Windows

Output = dict[str, object]  # an output as a notebook stores it


# --- from the front to the server --------------------------------------------------------------


@dataclass(frozen=True)
class TaskCell:
    """A cell that a worker is to run."""

    index: int  # among all cells of the notebook, from 0
    cell_id: str
    file_name: str  # under which its code is compiled
    source: str
    raises: str  # the name of the exception that it has to raise, or ""


@dataclass(frozen=True)
class Task:
    """A notebook that is to run, with everything that its worker needs."""

    path: str
    folder: str
    root: str  # of the project
    state_dir: str
    engine: str  # "fork", "spawn" or "kernel"
    kernel: str  # the name of a Jupyter kernel, or ""
    cells: tuple[TaskCell, ...]
    parameters: dict[str, object]
    parameters_after: int | None  # the cell after which they are set; None: before the first cell
    timeout: float  # seconds for the notebook; 0: no limit
    cell_timeout: float  # seconds for a cell; 0: no limit
    own_timeouts: dict[int, float]  # seconds for the cells that give their own limit
    max_memory: int  # bytes; 0: no limit
    terminal: str  # where a person debugs, or ""
    allow_errors: bool
    strict: bool
    coverage: dict[str, object] | None  # the settings of coverage; None: it is not measured
    module_lines: dict[int, tuple[str, dict[int, int]]]  # for coverage: cell -> module file, lines
    edited: int | None = None  # under watch: how many cells are as before; None: no snapshots


@dataclass(frozen=True)
class SetEnvironment:
    """Set environment variables."""

    variables: dict[str, str]


@dataclass(frozen=True)
class Preload:
    """Import modules before the first notebook runs, and answer `ServerReady`."""

    modules: list[str]
    uses_magics: bool = False  # or anything else that IPython looks for word by word


@dataclass(frozen=True)
class RunNotebook:
    """Run a notebook; what is reported about it carries its number."""

    number: int
    task: Task
    snapshot: int | None = None  # where it goes on, if this snapshot is still there


# --- from a worker to the server ---------------------------------------------------------------


@dataclass(frozen=True)
class CellReport:
    """What a worker says about a cell that ended."""

    ok: bool
    seconds: float
    execution_count: int | None
    error: Error | None
    remarks: list[str]  # what went wrong beside the cell, for example in a thread
    skip: str = ""  # why the cell has skipped the rest of the notebook, or ""


@dataclass(frozen=True)
class CellBegins:
    """A cell begins. The worker does not wait for an answer."""

    index: int


@dataclass(frozen=True)
class CellEnds:
    """A cell ended."""

    index: int
    report: CellReport


@dataclass(frozen=True)
class Display:
    """A cell displays something; with a display id, a later cell can update it."""

    data: dict[str, object]
    metadata: dict[str, object]
    display_id: str | None


@dataclass(frozen=True)
class UpdateDisplay:
    """The new content of everything with this display id."""

    data: dict[str, object]
    metadata: dict[str, object]
    display_id: str | None


@dataclass(frozen=True)
class ShowResult:
    """The value of a cell's last expression."""

    data: dict[str, object]
    metadata: dict[str, object]
    execution_count: int | None


@dataclass(frozen=True)
class ClearOutput:
    """Forget the outputs of the cell, at once or when the next one comes."""

    wait: bool


@dataclass(frozen=True)
class StreamText:
    """Text that a kernel printed; the built-in engine prints into pipes instead."""

    name: str  # "stdout" or "stderr"
    text: str


@dataclass(frozen=True)
class Sync:
    """Wait until everything that was printed before has been read."""


@dataclass(frozen=True)
class Refuse:
    """The notebook cannot run at all."""

    reason: str


@dataclass(frozen=True)
class CellsDone:
    """No cell runs any more. The worker waits for threads, and does what Python does at the end."""


@dataclass(frozen=True)
class WorkerEnds:
    """The process of the notebook has come to its end."""

    remarks: list[str]
    import_times: dict[str, float]  # third-party modules, and the seconds that each import took
    refused_modules: list[str]  # preloaded modules that are not the ones the notebook means


# --- from the server to the front --------------------------------------------------------------


@dataclass(frozen=True)
class ServerReady:
    """The modules are loaded. No process can be forked after some, which were left out."""

    unsafe_modules: list[str]


@dataclass(frozen=True)
class CellStarted:
    """A cell of a notebook began."""

    number: int
    index: int


@dataclass(frozen=True)
class CellEnded:
    """A cell of a notebook ended."""

    number: int
    index: int
    report: CellReport
    outputs: list[Output]
    limit: str  # "cell" or "notebook" if a time limit passed, or ""


@dataclass(frozen=True)
class OutputsUpdated:
    """A later cell updated what a cell displays."""

    number: int
    index: int
    outputs: list[Output]


@dataclass(frozen=True)
class NotebookEnd:
    """How the process of a notebook ended."""

    status: int  # as `os.waitpid` gives it
    complete: bool = False  # whether the worker came to its end
    limit: str = ""  # "cell" or "notebook" if a time limit passed
    has_run_on: bool = False  # whether it still ran some time after its last cell, and was ended
    cell: int | None = None  # the cell that was running
    outputs: tuple[Output, ...] = ()  # what that cell had shown
    dump: str = ""  # what faulthandler wrote
    remarks: tuple[tuple[int | None, str], ...] = ()  # each with its cell
    refusal: str = ""  # why the notebook could not run at all
    import_times: dict[str, float] | None = None
    refused_modules: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotebookEnded:
    """The process of a notebook ended."""

    number: int
    end: NotebookEnd


ToServer = SetEnvironment | Preload | RunNotebook | SnapshotCommand
FromWorker = (
    CellBegins
    | CellEnds
    | Display
    | UpdateDisplay
    | ShowResult
    | ClearOutput
    | StreamText
    | Sync
    | Refuse
    | CellsDone
    | WorkerEnds
    | SnapshotReport
)
AboutNotebook = CellStarted | CellEnded | OutputsUpdated | NotebookEnded | AboutSnapshot
FromServer = ServerReady | AboutNotebook
Message = ToServer | FromWorker | FromServer

# Every record that may cross a pipe: as a part of a message, or as a message.
_PARTS: tuple[Callable[..., object], ...] = (TaskCell, Task, CellReport, NotebookEnd, Error, Frame)
_RECORDS = {record.__name__: record for record in (*_PARTS, *Message.__args__)}


# --- records as plain data ---------------------------------------------------------------------

_RECORD_TAG = "\0record"  # begins the tuple that stands for a record
_PLAIN = {bool, int, float, str, bytes, list, dict, type(None)}  # what is left as it is


def to_plain(value: object) -> Any:
    """Return a value as `marshal` can write it.

    Records may stand in records and in tuples, but not in lists and dicts.
    """
    kind = type(value)
    if kind in _PLAIN:
        return value
    if is_record(value):
        values = [to_plain(each) for each in record_values(value)]
        return (_RECORD_TAG, kind.__name__, *values)
    if type(value) is tuple:
        return tuple([to_plain(each) for each in value])
    return value


def from_plain(value: object) -> object:
    """Return the value that `to_plain` was given."""
    if type(value) is not tuple:
        return value
    if value[:1] == (_RECORD_TAG,):
        _, name, *values = value
        make_record = _RECORDS[name]
        return make_record(*[from_plain(each) for each in values])
    return tuple([from_plain(each) for each in value])


def write_task(task: Task) -> bytes:
    """Return a task as bytes, for a process that reads it from a file."""
    return dumps(to_plain(task))


def read_task(data: bytes) -> Task:
    """Return the task that `write_task` was given."""
    task = from_plain(loads(data))
    if not isinstance(task, Task):
        raise ProtocolError(f"these bytes hold not a task, but {task!r:.200}")
    return task


# --- frames ------------------------------------------------------------------------------------

CHUNK = 1 << 20  # bytes that a pipe from a worker holds
# Bytes that one read asks for. For more, Python would get memory from the system in each read and
# give it back, which takes twenty times as long as to read a message.
READ_SIZE = 1 << 16
GO_ON, STOP = b".", b"!"  # what the server answers to a worker
_MARK = b"\x93frame\x94\xff"  # begins a frame; other bytes, which a cell may write, are skipped
_LENGTH_SIZE = 4  # bytes
_HEAD_SIZE = len(_MARK) + _LENGTH_SIZE


class ProtocolError(ValueError):
    """A pipe brought a frame that cannot be read, or a message that does not belong there."""


def pack(message: Message) -> bytes:
    """Return a message as a frame."""
    data = dumps(to_plain(message))
    return _MARK + len(data).to_bytes(_LENGTH_SIZE, "little") + data


def write_all(descriptor: int, data: bytes) -> None:
    """Write every byte, also if the pipe takes only a part of them at once."""
    rest = memoryview(data)
    while rest:
        written = wait_for(_write, descriptor, rest)
        rest = rest[written:]


def wait_for(
    function: Callable[[int, Argument], Result], descriptor: int, argument: Argument
) -> Result:
    """Call `os.read` or `os.write`, wait until the pipe is ready, and return the result.

    A program that shares the pipe (Node does this) may have made it non-blocking for all.
    """
    while True:
        try:
            return function(descriptor, argument)
        except BlockingIOError:
            _set_blocking(descriptor, True)


class FrameReader:
    """Cuts the bytes of a pipe into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are complete with these bytes.

        Raises `ProtocolError` for a frame that does not hold a message.
        """
        self._buffer += data
        while self._begins_with_a_head():
            length = int.from_bytes(self._buffer[len(_MARK) : _HEAD_SIZE], "little")
            end = _HEAD_SIZE + length
            if len(self._buffer) < end:
                return
            content = self._buffer[_HEAD_SIZE:end]
            del self._buffer[:end]
            yield _unpack(content)

    def _begins_with_a_head(self) -> bool:
        """Skip everything before the next mark; return whether a whole head follows."""
        start = self._buffer.find(_MARK)
        if start < 0:  # the end of the buffer may be the beginning of a mark
            keep = len(_MARK) - 1
            del self._buffer[: max(0, len(self._buffer) - keep)]
            return False
        del self._buffer[:start]
        return len(self._buffer) >= _HEAD_SIZE


def _unpack(content: bytes | bytearray) -> Message:
    """Return the message that a frame holds."""
    try:
        message = from_plain(loads(content))
    except Exception as error:  # `loads` and the records raise errors of many kinds
        raise ProtocolError(f"a frame cannot be read: {error!r}") from error
    if not isinstance(message, Message):
        raise ProtocolError(f"a frame holds not a message, but {message!r:.200}")
    return message
