"""`check_exercise`: whether an attempt is right, and if not, which known mistake it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..records import dataclass
from .diagnosis import Diagnosis, failing_line, sentence_for
from .mutants import Mistakes, known_mistakes, module_of
from .solutions import Solution, find_solution
from .sources import define, functions_of, globals_of, separate_globals, source_of, variable_of
from .stripping import UNWRITTEN, stripped
from .trials import Restore, failure_of, random_states, restore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Check = Callable[[Any], object]

_MOST_LINES = 15  # of a message that says how a check failed


class ExerciseError(Exception):
    """An exercise that is not done, or not done right."""

    @property
    def _render_traceback_(self) -> Callable[[], list[str]]:
        """Let IPython show the message alone, where the lines behind it tell a student nothing.

        An exception of the student's own code is shown with its lines.
        """
        if self.__cause__ is not None:
            raise AttributeError("_render_traceback_")
        return lambda: [f"{type(self).__name__}: {self}"]


def check_exercise(check: Check, attempt: Any, module: str = "", name: str = "") -> None:
    """Check an attempt at an exercise, and say what is wrong with it.

    `check` gets the attempt and raises an exception if it is wrong. `module` names the file of
    known mistakes. Without it, it is the module of the attempt. `name` is the name of an attempt
    that is neither a function nor a class.

    In the student's edition, the attempt is compared with the solution and with known mistakes. In
    the full edition, where the attempt is the solution, this proves that the exercise works: it
    fails while it is unwritten, and each known mistake gets its own diagnosis.
    """
    place = attempt if functions_of(attempt) or isinstance(attempt, type) else check
    name = name or variable_of(attempt, globals_of(place))
    if not name:
        kind = type(attempt).__name__
        raise ExerciseError(f"a {kind} has no name: give it with name='...'")
    solution = find_solution(place, name)
    exercise = _Exercise(check, attempt, name, module, place, solution, random_states())
    exercise.run()
    after = random_states()
    result = _prove(exercise) if solution is None else _count_told_apart(exercise)
    restore(after)
    text = f"{name}: right."
    if result is not None:
        told_apart, known = result
        text += f" {told_apart} of {known} known mistakes are told apart."
    print(text)


@dataclass(frozen=True)
class _Exercise:
    """An attempt, and what it is compared with."""

    check: Check
    attempt: Any
    name: str
    module: str  # the module that the notebook names, or ""
    place: Any  # the attempt, or for an attempt that is a plain value, the check
    solution: Solution | None  # None in the full edition
    states: list[Restore]  # of the random generators, before the first run of the check

    @property
    def is_value(self) -> bool:
        """Whether the attempt is neither a function nor a class."""
        return self.place is not self.attempt

    def run(self) -> None:
        """Run the check, and raise an ExerciseError that says what is wrong."""
        try:
            if self.attempt is ...:
                raise ExerciseError(f"{self.name} {UNWRITTEN}.")
            self.check(self.attempt)
        except NotImplementedError as error:
            self._record(False)
            raise ExerciseError(_unwritten(self.name, error)) from None
        except ExerciseError:
            self._record(False)
            raise
        except Exception as error:
            self._record(False)
            message = f"{self.name} is not right yet. {_explain(self)}".rstrip()
            message += f"\n{_failure(self.check, error)}"
            cause = None if isinstance(error, AssertionError) else error
            raise ExerciseError(message) from cause
        self._record(True)

    def _record(self, is_done: bool) -> None:
        if self.solution is not None:
            self.solution.record(is_done)

    def right_version(self) -> Any:
        """The solution, or None if it cannot run here, because its notebook was changed."""
        if self.solution is None:
            return self.attempt
        try:
            return self.solution.right_version(self.place)
        except Exception:
            return None

    def mistakes(self) -> Mistakes | None:
        """The known mistakes. Only plain values may have none in the full edition."""
        if self.solution is not None:
            return self.solution.mistakes(self.module)
        module = self.module or module_of(self.place)
        return known_mistakes(self.place, module, self.name, needed=not self.is_value)


# --- an attempt that fails ---------------------------------------------------------------------


def _unwritten(name: str, error: NotImplementedError) -> str:
    """The message for an attempt that is not written, or that needs another one that is not."""
    text = str(error)
    return f"{text}." if text.endswith(UNWRITTEN) else f"{name} {UNWRITTEN}."


def _failure(check: Check, error: Exception) -> str:
    """How a check failed: its line, and what the exception says."""
    text = str(error).strip()
    if not isinstance(error, AssertionError):
        kind = type(error).__name__
        text = f"{kind}: {text}" if text else kind
    lines = text.splitlines()
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], "..."]
    place = failing_line(check, error)
    if place:
        lines.insert(0, f"The check fails here: {place}")
    return "\n".join(lines) or "The check fails."


def _explain(exercise: _Exercise) -> str:
    """The diagnosis of an attempt that fails, as a sentence, or ""."""
    if exercise.solution is None:
        return ""
    name, check = exercise.name, exercise.check
    right = exercise.right_version()
    if right is None:
        return ""
    restore(exercise.states)
    if failure_of(check, right) is not None:
        return f"The solution of {name} fails here, too: is an earlier exercise not right yet?"
    mistakes = exercise.mistakes()
    if mistakes is None:
        return ""
    diagnosis = Diagnosis(check, right, mistakes.versions(right), name, exercise.states)
    return sentence_for(name, diagnosis.of(exercise.attempt))


# --- an attempt that is right ------------------------------------------------------------------


def _count_told_apart(exercise: _Exercise) -> tuple[int, int] | None:
    """How many known mistakes the check notices, and how many there are; None without any."""
    right, mistakes = exercise.right_version(), exercise.mistakes()
    if right is None or mistakes is None:
        return None
    count = 0
    for version in mistakes.versions(right).values():
        restore(exercise.states)
        count += failure_of(exercise.check, version) is not None
    return count, len(mistakes.known)


# --- the full edition --------------------------------------------------------------------------


def _prove(exercise: _Exercise) -> tuple[int, int] | None:
    """Prove that the exercise works, or raise an AssertionError that says what does not.

    Returns the number of known mistakes twice, because all are told apart; None without any.
    """
    if not exercise.is_value:
        _prove_unwritten_fails(exercise)
    mistakes = exercise.mistakes()
    if mistakes is None:
        return None
    name, right = exercise.name, exercise.attempt
    versions = mistakes.versions(right)
    diagnosis = Diagnosis(exercise.check, right, versions, name, exercise.states)
    for sentence, version in versions.items():
        error = diagnosis.known(sentence).error
        if error is None:
            raise AssertionError(f"the check lets a wrong {name} pass: one that {sentence}")
        if type(error) is NameError:
            raise mistakes.error(sentence, f"the wrong version cannot run: {error}") from error
        found = diagnosis.of(version)
        if found != [sentence]:
            raise AssertionError(_other_diagnosis(name, sentence, found))
    return len(versions), len(versions)


def _other_diagnosis(name: str, sentence: str, found: Sequence[str]) -> str:
    wrong = f"a {name} that {sentence}"
    if not found:
        return f"{wrong} gets no diagnosis: does it do something else in each run?"
    others = "; ".join(text for text in found if text != sentence)
    return f"the check cannot tell apart {wrong}, and one that {others}"


def _prove_unwritten_fails(exercise: _Exercise) -> None:
    """Raise an AssertionError unless the check fails while the exercise is unwritten."""
    name, right = exercise.name, exercise.attempt
    source = stripped(source_of(right))
    unwritten = define(source, right, separate_globals(right), f"{name}, unwritten")
    restore(exercise.states)
    error = failure_of(exercise.check, unwritten)
    if error is None:
        raise AssertionError(f"the check of {name} passes while {name} {UNWRITTEN}")
    if not isinstance(error, NotImplementedError):
        kind = type(error).__name__
        problem = f"the check of {name} hides that {name} {UNWRITTEN}: it raises {kind}: {error}"
        raise AssertionError(problem)
