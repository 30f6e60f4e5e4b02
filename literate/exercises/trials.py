"""Running a check on one version after the other: quietly, and with the same random numbers."""

from __future__ import annotations

import io
import random
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Check = Callable[[Any], object]

# What sets a generator back to the state that it had.
Restore = Callable[[], object]


def random_states() -> list[Restore]:
    """The states of Python's generator, and those of NumPy and PyTorch if they are imported."""
    python_state = random.getstate()
    states: list[Restore] = [lambda: random.setstate(python_state)]
    numpy = sys.modules.get("numpy")
    if numpy is not None and hasattr(numpy, "random"):
        numpy_state = numpy.random.get_state()
        states.append(lambda: numpy.random.set_state(numpy_state))
    torch = sys.modules.get("torch")
    if torch is not None and hasattr(torch, "get_rng_state"):
        torch_state = torch.get_rng_state()
        states.append(lambda: torch.set_rng_state(torch_state))
    return states


def restore(states: list[Restore]) -> None:
    """Set the generators back."""
    for set_back in states:
        set_back()


def failure_of(check: Check, version: Any) -> Exception | None:
    """The exception that a check raises for a version, or None. What it prints is not shown."""
    try:
        with silence():
            check(version)
    except Exception as error:
        return error
    return None


@contextmanager
def silence() -> Iterator[None]:
    """Show nothing of what is printed, and no warnings: wrong versions divide by zero."""
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
