"""A running notebook as the server sees it: when its time limits pass, and what happens then."""

import signal

from literate.execute.protocol import CellBegins, CellReport, Task
from literate.execute.server import job as jobs


def a_task(**changes) -> Task:
    """A task of a notebook without cells and without limits; arguments change its fields."""
    values = {
        **dict.fromkeys(("path", "folder", "root", "state_dir", "kernel", "terminal"), ""),
        "engine": "fork",
        "cells": (),
        "parameters": {},
        "parameters_after": None,
        "timeout": 0.0,
        "cell_timeout": 0.0,
        "own_timeouts": {},
        "max_memory": 0,
        "allow_errors": False,
        "strict": False,
        "coverage": None,
        "module_lines": {},
    }
    return Task(**{**values, **changes})


def test_which_limit_counts_when(monkeypatch):
    """The cell's own limit counts, or else the command's. The clock of this test stands still."""
    monkeypatch.setattr(jobs.time, "monotonic", lambda: 1000.0)
    task = a_task(cell_timeout=1.0, own_timeouts={0: 30.0, 1: 0.2})
    job = jobs.Job(0, task, lambda message: None)
    assert job.due == float("inf")
    for cell, due in [(0, 1030.0), (1, 1000.2), (2, 1001.0)]:
        job._handle(CellBegins(cell))
        assert job.due == due
        job._end_cell(cell, CellReport(True, 0.0, None, None, []))
        assert job.due == 1001.0  # between the cells, and at the end


def test_what_is_sent_at_a_limit_and_when(monkeypatch):
    """The process is asked where it is, then interrupted, and a second later killed."""
    sent = []
    monkeypatch.setattr(jobs.time, "monotonic", lambda: 1000.0)
    monkeypatch.setattr(jobs.os, "kill", lambda pid, number: sent.append((now - due, number)))
    monkeypatch.setattr(jobs, "kill", lambda pid: sent.append((now - due, signal.SIGKILL)))
    job = jobs.Job(0, a_task(cell_timeout=5.0), lambda message: None)
    job._handle(CellBegins(0))
    due = job.due
    job.enforce(due - 0.1)
    assert sent == []
    while (now := job.due) < float("inf"):
        job.enforce(now)
    assert [number for _, number in sent] == [signal.SIGUSR1, signal.SIGINT, signal.SIGKILL]
    (asked, _), (interrupted, _), (killed, _) = sent
    assert asked == 0 and interrupted < 0.1 and killed >= 1
