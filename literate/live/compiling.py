"""The compiler under `literate watch`: what it writes and what is wrong, as data."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from traceback import format_exc

from ..compile import compile_project
from ..diagnostics import Diagnostic, UserError
from ..discovery import project_notebooks
from ..project import Project
from ..records import dataclass

Problem = Diagnostic | str


@dataclass(frozen=True)
class Compiled:
    """What came of a compile."""

    ok: bool  # whether the modules are up to date
    written: tuple[Path, ...] = ()
    unchanged: int = 0
    problems: tuple[Problem, ...] = ()
    seconds: float = 0.0

    @property
    def accused(self) -> set[Path]:
        """The files that the problems are about."""
        found = set()
        for problem in self.problems:
            if isinstance(problem, Diagnostic) and problem.path is not None:
                found.add(problem.path)
        return found


class Compiler:
    """Compiles a project as `literate export` does. It never writes over an edit."""

    def __init__(self, project: Project) -> None:
        self._project = project

    def notebooks(self) -> list[Path]:
        """The notebooks that are compiled."""
        return project_notebooks(self._project)

    def compile(self) -> Compiled:
        """Compile all notebooks."""
        start = time.monotonic()
        try:
            plan, result = compile_project(self._project)
        except UserError as error:
            return Compiled(False, problems=tuple(error.problems), seconds=_since(start))
        except OSError as error:  # a full disk: at the next save there may be room
            problem = f"error: {error.filename or 'writing'}: {error.strerror}"
            return Compiled(False, problems=(problem,), seconds=_since(start))
        except Exception:  # a bug of the compiler must not stop the tests
            problem = f"internal error: a bug in literate; please report it\n{format_exc()}"
            return Compiled(False, problems=(problem,), seconds=_since(start))
        problems: Sequence[Problem] = [*plan.diagnostics, *result.given_up]
        written = tuple(result.changed)
        return Compiled(True, written, result.unchanged, tuple(problems), _since(start))


def _since(start: float) -> float:
    return time.monotonic() - start
