"""The solutions beside the student's edition: what attempts are compared with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..records import dataclass
from .mutants import Mistakes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass(frozen=True)
class Solution:
    """The solution of one exercise."""

    path: Path
    name: str
    mistakes: Mistakes | None

    def right_version(self, attempt: Any) -> Any: ...

    def record_as_done(self) -> None: ...


def find_solution(check: Callable[[Any], object], attempt: Any, name: str) -> Solution | None:
    """The solution of an exercise; None in the full edition, which holds it in its notebooks."""
    return None
