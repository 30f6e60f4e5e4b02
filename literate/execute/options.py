"""The options of a run, each declared once, as a field of `Options`.

To add an option, add a field with a `Declaration` and write the code that obeys the option. The
flag of the command line, its help and its default, the key of `--changed`, and the table of the
documentation follow from the field. So does the setting of the pytest plugin, if the declaration
says `in_pytest=True`.
"""

from __future__ import annotations

import os
import re

from ..command import Flag
from ..diagnostics import UsageError
from ..records import dataclass, field, record_metadata
from .parameters import parse_parameters

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from typing import Any

MARKED = "marked"  # --check-outputs=marked
_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


# --- the texts of flags, and their values ------------------------------------------------------


def split_words(text: str) -> frozenset[str]:
    """The words of `slow gpu` or `slow,gpu`."""
    return frozenset(text.replace(",", " ").split())


def parse_size(text: str) -> int:
    """The bytes in `4G`; 0 for an empty text."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([KMGT]?)I?B?", text.upper() or "0")
    if match is None:
        raise UsageError(f"--max-memory takes an amount such as 500M or 4G, not {text!r}")
    return int(float(match[1]) * _UNITS[match[2]])


def pick_shard(paths: list[Path], shard: str) -> list[Path]:
    """Every n-th path, beginning with the i-th one, for the text `i/n`; all paths for no text."""
    if not shard:
        return paths
    match = re.fullmatch(r"(\d+)/(\d+)", shard)
    if match is None or not 1 <= int(match[1]) <= int(match[2]):
        raise UsageError(
            f"--shard takes a part and the number of parts, such as 1/4, not {shard!r}"
        )
    first = int(match[1]) - 1
    parts = int(match[2])
    chosen = paths[first::parts]
    if not chosen:
        raise UsageError(f"--shard {shard}: there are only {len(paths)} notebooks")
    return chosen


def check_choice(flag: str, value: str, choices: tuple[str, ...]) -> str:
    """Return the value if it is one of the choices; raise `UsageError` otherwise."""
    if value not in choices:
        raise UsageError(f"{flag} takes {' or '.join(choices)}, not {value!r}")
    return value


def check_isolation(value: str) -> str:
    """Return the value if it is a way to start the process of a notebook."""
    return check_choice("--isolation", value, ("fork", "spawn"))


def check_kernel(name: str) -> str:
    """Return the name if it is empty or the name of an installed Jupyter kernel."""
    if not name:
        return name
    # This import takes a quarter of a second, so it waits until a kernel is named.
    from jupyter_client.kernelspec import KernelSpecManager

    installed = sorted(KernelSpecManager().find_kernel_specs())
    if name not in installed:
        known = ", ".join(installed) or "none"
        raise UsageError(f"--kernel {name}: no such kernel; installed: {known}")
    return name


def find_terminal(elsewhere: str) -> str:
    """The terminal on which a person can debug a notebook, such as `/dev/pts/1`.

    `elsewhere` is the kernel or the cluster that the notebooks run in, or "". Raises `UsageError`
    without such a terminal.
    """
    if elsewhere:
        raise UsageError("--pdb works in the built-in engine, not with --kernel or --dask")
    try:
        return os.ttyname(0)
    except OSError:
        raise UsageError("--pdb needs a person: stdin is not a terminal") from None


def _find_terminal_for(pdb: bool, kernel: str | None, dask: str | None) -> str:
    """The terminal to debug on, or "" without `--pdb`."""
    if not pdb:
        return ""
    return find_terminal(kernel or dask or "")


# --- the options -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Declaration:
    """How a user sets an option, and whether the option can change an outcome."""

    help: str
    changes_outcome: bool = True  # whether a notebook that passed could fail with another value
    in_pytest: bool = False  # whether the pytest plugin has a setting for it
    flag: str = ""  # the name of its flag, if it is not the field's name
    flag_default: object = None  # the default of its flag, if it is not the field's default
    parse: Callable[..., object] | None = None  # makes the field's value of the flag's value
    parse_with: tuple[str, ...] = ()  # other flags whose values `parse` also takes
    words: tuple[str, ...] = ()  # values that a switch takes beside True and False
    repeats: bool = False  # whether its flag may be given several times


def _declare(help: str, **more: Any) -> dict[str, Declaration]:
    """The metadata of a field that is an option."""
    return {"declaration": Declaration(help, **more)}


@dataclass(frozen=True)
class Options:
    """How to run notebooks.

    A flag has the type of its default, which is that of the field or `flag_default`: a switch, a
    number or a text. Where the field holds a value of another type, `parse` makes it.
    """

    workers: int = field(
        default=0,
        metadata=_declare(
            "notebooks to run at once; 0 means one for each core",
            changes_outcome=False,
            in_pytest=True,
        ),
    )
    timeout: float = field(
        default=600.0,
        metadata=_declare("seconds that a notebook may take; 0 means no limit", in_pytest=True),
    )
    cell_timeout: float = field(
        default=0.0,
        metadata=_declare("seconds that a cell may take; 0 means no limit", in_pytest=True),
    )
    flags: frozenset[str] = field(
        default=frozenset(),
        metadata=_declare(
            'test flags whose cells run too, such as "slow gpu"',
            in_pytest=True,
            flag_default="",
            parse=split_words,
        ),
    )
    fail_fast: bool = field(
        default=False,
        metadata=_declare("stop at the first notebook that fails", changes_outcome=False),
    )
    save: bool = field(
        default=False,
        metadata=_declare("write the outputs into the notebooks that pass", changes_outcome=False),
    )
    allow_errors: bool = field(
        default=False,
        metadata=_declare("go on after a failing cell, to see every failure"),
    )
    strict: bool = field(
        default=False,
        metadata=_declare(
            "fail a notebook also for failed threads, tasks and !commands, and for processes that "
            "it leaves behind"
        ),
    )
    max_memory: int = field(  # bytes; 0: no limit
        default=0,
        metadata=_declare(
            "memory that each process of a notebook may take, such as 4G",
            flag_default="",
            parse=parse_size,
        ),
    )
    retries: int = field(
        default=0,
        metadata=_declare(
            "how often a notebook runs again if it fails; if it passes then, it is called flaky",
            changes_outcome=False,
        ),
    )
    shuffle: str = field(
        default="",
        metadata=_declare(
            "run the notebooks in a random order; the same text gives the same order",
            changes_outcome=False,
        ),
    )
    parameters: dict[str, object] = field(
        default_factory=dict,
        metadata=_declare(
            "set variables: \"epochs=1 name='a b'\", after a cell tagged parameters, "
            "or at the start",
            flag="param",
            flag_default="",
            parse=parse_parameters,
            repeats=True,
        ),
    )
    isolation: str = field(
        default="fork",
        metadata=_declare(
            "fork each notebook from a prepared process, or spawn a fresh interpreter for it",
            parse=check_isolation,
        ),
    )
    changed: bool = field(
        default=False,
        metadata=_declare(
            "skip notebooks that passed, unless something that they depend on has changed",
            changes_outcome=False,
        ),
    )
    check_outputs: bool | str = field(  # or MARKED
        default=False,
        metadata=_declare(
            "compare the outputs with the stored ones, within tolerances; "
            "=marked: only those of cells with #| check_outputs",
            words=(MARKED,),
        ),
    )
    kernel: str = field(
        default="",
        metadata=_declare(
            "run the notebooks in this Jupyter kernel instead of the built-in engine",
            parse=check_kernel,
        ),
    )
    terminal: str = field(  # the device of a person's terminal, such as /dev/pts/1; "": no debugger
        default="",
        metadata=_declare(
            "open the debugger where a notebook fails; one notebook at a time, without time limits",
            changes_outcome=False,
            flag="pdb",
            flag_default=False,
            parse=_find_terminal_for,
            parse_with=("kernel", "dask"),
        ),
    )

    @property
    def fingerprint(self) -> str:
        """The values of all options that can change an outcome, as text.

        It is a part of the key under which `--changed` remembers that a notebook passed.
        """
        values = []
        for name, declaration in declarations().items():
            if not declaration.changes_outcome:
                continue
            value = getattr(self, name)
            if isinstance(value, frozenset):  # its order differs from process to process
                value = sorted(value)
            values.append((name, value))
        return repr(sorted(values))

    @property
    def limits(self) -> dict[str, float]:
        """The limits by their subject: seconds for a cell and a notebook, bytes for the memory."""
        return {"cell": self.cell_timeout, "notebook": self.timeout, "memory": self.max_memory}


def declarations() -> dict[str, Declaration]:
    """The declaration of each option, by the name of its field."""
    metadata = record_metadata(Options)
    return {name: metadata[name]["declaration"] for name in metadata}


def option_flags() -> tuple[Flag, ...]:
    """The flags of all options, in the order of the fields."""
    return tuple(_flag(name, declared) for name, declared in declarations().items())


def plugin_flags() -> tuple[Flag, ...]:
    """The flags of the options for which the pytest plugin has a setting."""
    chosen = {name: declared for name, declared in declarations().items() if declared.in_pytest}
    return tuple(_flag(name, declared) for name, declared in chosen.items())


def _flag(field_name: str, declaration: Declaration) -> Flag:
    default = declaration.flag_default
    if default is None:
        default = getattr(Options, field_name)
    kind = type(default)
    minimum = 0 if kind in (int, float) else None
    name = declaration.flag or field_name
    more = (declaration.words, declaration.repeats)
    return Flag(name, kind, default, declaration.help, minimum, *more)


def parse_options(values: Mapping[str, Any]) -> Options:
    """The options that the values of flags stand for; raises `UsageError` for a wrong value.

    A flag without a value leaves its option at the default. Flags that do not belong to an option
    are ignored.
    """
    fields = {}
    for name, declaration in declarations().items():
        flag = declaration.flag or name
        if flag not in values:
            continue
        value = values[flag]
        if declaration.parse is not None:
            others = [values.get(other) for other in declaration.parse_with]
            value = declaration.parse(value, *others)
        fields[name] = value
    return Options(**fields)
