from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from literate.execute.worker.copyable import (
    Descriptors,
    NotCopyableError,
    mentions_identity,
    open_anew,
)

# What a process does, and the reason why it cannot be copied.
DEEDS = {
    "pass": "",
    "import os; os.getcwd()": "",
    "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()": (
        "threads run"
    ),
    "import subprocess; process = subprocess.Popen(['sleep', '100'])": "child processes run",
    "import os, subprocess; process = subprocess.Popen(['true']); "
    "os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)": "child processes run",
    "import subprocess; subprocess.run(['true'])": "",
    "import signal; signal.signal(signal.SIGCHLD, lambda *_: None)": (
        "the end of child processes is handled"
    ),
    "import signal; signal.alarm(1000)": "a timer is set",
    "import mmap; shared = mmap.mmap(-1, 4096)": "memory is shared: /dev/zero (deleted)",
    "import sys, types; sys.modules['torch.cuda'] = cuda = types.ModuleType('cuda'); "
    "cuda.is_initialized = lambda: True": "CUDA is in use",
    "import sys, types; sys.modules['torch.cuda'] = cuda = types.ModuleType('cuda'); "
    "cuda.is_initialized = lambda: False": "",
    "import socket; pair = socket.socketpair()": "socket",
    "import os; pipe = os.pipe()": "pipe",
    "import tempfile; file = tempfile.TemporaryFile()": "is open",
    "file = open('/dev/null', 'w')": "",
    "file = open('/etc/passwd')": "",
}
SCRIPT = """
from literate.execute.worker.copyable import Descriptors, NotCopyableError, check_process
descriptors = Descriptors()
{deed}
try:
    check_process()
    descriptors.files_of_cells()
except NotCopyableError as error:
    print(error)
import os, signal
try:
    process.kill()
except NameError:
    pass
"""


@pytest.mark.parametrize(("deed", "reason"), DEEDS.items())
def test_what_a_copy_would_lack_is_noticed(deed, reason):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(deed=deed)], capture_output=True, text=True, check=True
    )
    assert reason in done.stdout
    assert bool(reason) == bool(done.stdout)


@pytest.mark.parametrize("source", ["os.getpid()", "from os import getppid", "t.native_id"])
def test_code_that_asks_who_it_is_is_noticed(source):
    assert mentions_identity(source)


@pytest.mark.parametrize("source", ["pid = 1", "forget_pid()", "# the process"])
def test_other_code_is_not(source):
    assert not mentions_identity(source)


def test_files_that_are_open_for_reading_get_a_position_of_their_own(tmp_path):
    path = tmp_path / "data"
    path.write_bytes(b"0123456789")
    descriptors = Descriptors()
    with path.open("rb", buffering=0) as file:
        file.read(4)
        positions = descriptors.files_of_cells()
        assert positions == {file.fileno(): 4}
        shared = os.dup(file.fileno())
        open_anew(positions)
        file.read(3)
        assert os.lseek(shared, 0, os.SEEK_CUR) == 4
        assert file.read(1) == b"7"
        os.close(shared)


def test_a_file_that_a_library_has_closed_after_the_fork_stays_closed(tmp_path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_bytes(b"0123456789")
    second.write_bytes(b"0123456789")
    descriptors = Descriptors()
    closed, file = first.open("rb", buffering=0), second.open("rb", buffering=0)
    file.read(4)
    positions = descriptors.files_of_cells()
    assert closed.fileno() in positions
    closed.close()
    open_anew(positions)
    assert file.read(1) == b"4"
    file.close()


def test_descriptors_that_stand_for_something_else_now_do_not_belong_to_the_worker():
    first, second = socket.socketpair()
    descriptors = Descriptors()
    descriptors.files_of_cells()
    third, fourth = socket.socketpair()
    with pytest.raises(NotCopyableError, match="socket"):
        descriptors.files_of_cells()
    os.dup2(third.fileno(), first.fileno())
    third.close()
    fourth.close()
    with pytest.raises(NotCopyableError, match="socket"):
        descriptors.files_of_cells()
    descriptors.renew_known()
    assert descriptors.files_of_cells() == {}
    first.close()
    second.close()
