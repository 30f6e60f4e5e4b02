"""What people type for a run, as values: parameters, amounts of memory, the name of a kernel."""

from __future__ import annotations

import ast
import keyword
import os
import re
import shlex
from pathlib import Path

from ..diagnostics import UsageError
from ..records import dataclass, field

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


@dataclass(frozen=True)
class Options:
    """How to run."""

    workers: int = 0  # notebooks at once; 0: one for each core
    timeout: float = 600.0  # seconds for a notebook; 0: no limit
    cell_timeout: float = 0.0  # seconds for a cell; 0: no limit
    flags: frozenset[str] = frozenset()  # test flags whose cells run too
    fail_fast: bool = False  # stop at the first notebook that fails
    save: bool = False  # write the outputs of notebooks that pass back into them
    allow_errors: bool = False  # run on after a cell that fails
    strict: bool = (
        False  # failing threads, tasks, !commands, and processes left behind are failures
    )
    max_memory: int = 0  # bytes for each process of a notebook; 0: no limit
    retries: int = 0  # how often a notebook that fails runs again
    shuffle: str = ""  # seed of a random order; "": as given
    parameters: dict[str, object] = field(
        default_factory=dict
    )  # set before the first cell, or after `parameters`
    isolation: str = (
        "fork"  # "fork" from a warm process, or "spawn" a fresh interpreter for each notebook
    )
    changed: bool = False  # leave out what would come out as when it last passed
    check_outputs: bool = False  # compare the outputs with the stored ones
    kernel: str = ""  # a Jupyter kernel to run every notebook in
    terminal: str = ""  # where to debug what fails, one notebook at a time and without time limits, such as /dev/pts/1

    @property
    def fingerprint(self) -> str:
        """Everything here that an outcome can depend on."""
        how = {"workers", "terminal", "fail_fast", "save", "retries", "shuffle", "changed"}
        values = {**vars(self), "flags": sorted(self.flags)}
        return repr(sorted((name, value) for name, value in values.items() if name not in how))

    @property
    def limits(self) -> dict[str, float]:
        """The limits, by what they are for: time in seconds, memory in bytes."""
        return {"cell": self.cell_timeout, "notebook": self.timeout, "memory": self.max_memory}


def parse_parameters(text: str) -> dict[str, object]:
    """`epochs=1 name='a b'`: each value as the Python literal that it is, or else as a string."""
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"--param {text}: {str(error).lower()}") from None
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier() or keyword.iskeyword(name):
            raise UsageError(f"--param takes name=value, not {word!r}")
        found[name] = _literal(value)
    return found


def _literal(text: str) -> object:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def parse_size(text: str) -> int:
    """`4G` in bytes; 0 for no text."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)I?B?", text.upper() or "0")
    if not match:
        raise UsageError(f"--max-memory takes an amount such as 500M or 4G, not {text!r}")
    return int(float(match[1]) * _UNITS[match[2]])


def pick_shard(paths: list[Path], shard: str) -> list[Path]:
    """Every n-th of the paths, from the i-th on, for `i/n`; all of them for no text."""
    if not shard:
        return paths
    match = re.fullmatch(r"(\d+)/(\d+)", shard)
    if not match or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(
            f"--shard takes a part and the number of parts, such as 1/4, not {shard!r}"
        )
    part = paths[int(match[1]) - 1 :: int(match[2])]
    if not part:
        raise UsageError(f"--shard {shard}: there are only {len(paths)} notebooks")
    return part


def check_choice(flag: str, value: str, choices: tuple[str, ...]) -> str:
    """The value, if it is one of the choices."""
    if value not in choices:
        raise UsageError(f"{flag} takes {' or '.join(choices)}, not {value!r}")
    return value


def check_kernel(name: str) -> str:
    """The name, if it is "" or that of an installed Jupyter kernel."""
    if name:
        from jupyter_client.kernelspec import (
            KernelSpecManager,
        )  # a quarter of a second, for those who ask for it

        known = sorted(KernelSpecManager().find_kernel_specs())
        if name not in known:
            raise UsageError(
                f"--kernel {name}: no such kernel; installed: {', '.join(known) or 'none'}"
            )
    return name


def find_terminal(elsewhere: str) -> str:
    """The terminal on which a person can debug what fails; a `UsageError` where that is not possible."""
    if elsewhere:
        raise UsageError("--pdb works in the built-in engine, not with --kernel or --dask")
    try:
        return os.ttyname(0)
    except OSError:
        raise UsageError("--pdb needs a person: stdin is no terminal") from None
