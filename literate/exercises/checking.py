"""`check_exercise`: whether an attempt is right, and if not, which known mistake it makes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from .diagnosis import Diagnosis, failing_line, sentence_for
from .mutants import Mistakes, known_mistakes, module_of
from .solutions import Solution, find_solution
from .sources import define, name_of, separate_globals, source_of
from .stripping import UNWRITTEN, stripped
from .trials import Restore, failure_of, random_states, restore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Check = Callable[[Any], object]

_MOST_LINES = 15  # of a message that says how a check failed


class ExerciseError(Exception):
    """An exercise that is not done, or not done right."""


def check_exercise(check: Check, attempt: Any, module: str = "", name: str = "") -> None:
    """Check an attempt at an exercise, and say what is wrong with it.

    `check` gets the attempt and raises an exception if it is wrong. `module` names the file of
    known mistakes. Without it, it is the module of the attempt. `name` is the name of an attempt
    that is neither a function nor a class.

    In the student's edition, the attempt is compared with the solution and with known mistakes. In
    the full edition, where the attempt is the solution, this proves that the exercise works: it
    fails while it is unwritten, and each known mistake gets its own diagnosis.
    """
    name = name or name_of(attempt)
    if not name:
        kind = type(attempt).__name__
        raise ExerciseError(f"a {kind} has no name: give it with name='...'")
    solution = find_solution(check, attempt, name)
    before = random_states()
    _attempt(check, attempt, name, module, solution, before)
    after = random_states()
    right = solution.right_version(attempt) if solution else attempt
    mistakes = _mistakes(solution, check, attempt, name, module)
    if solution is None:
        told_apart = _prove(check, right, name, mistakes, before)
    else:
        told_apart = _count_told_apart(check, right, mistakes, before)
        solution.record_as_done()
    restore(after)
    text = f"{name}: right."
    if mistakes is not None:
        text += f" {told_apart} of {len(mistakes.known)} known mistakes are told apart."
    print(text)


def _mistakes(
    solution: Solution | None, check: Check, attempt: Any, name: str, module: str
) -> Mistakes | None:
    if solution is not None:
        return solution.mistakes
    return known_mistakes(
        attempt, module or module_of(attempt if name_of(attempt) else check), name
    )


# --- an attempt --------------------------------------------------------------------------------


def _attempt(
    check: Check,
    attempt: Any,
    name: str,
    module: str,
    solution: Solution | None,
    states: list[Restore],
) -> None:
    """Run the check, and raise an ExerciseError that says what is wrong."""
    if attempt is ...:
        raise ExerciseError(f"{name} {UNWRITTEN}.")
    try:
        check(attempt)
    except NotImplementedError as error:
        raise ExerciseError(_unwritten(name, error)) from None
    except Exception as error:
        message = f"{name} is not right yet: {_failure(check, error)}"
        diagnosis = _explain(check, attempt, name, solution, states)
        if diagnosis:
            message += f"\n{diagnosis}"
        cause = None if isinstance(error, AssertionError) else error
        raise ExerciseError(message) from cause


def _unwritten(name: str, error: NotImplementedError) -> str:
    """The message for an attempt that is not written, or that needs another one that is not."""
    text = str(error)
    return f"{text}." if text.endswith(UNWRITTEN) else f"{name} {UNWRITTEN}."


def _failure(check: Check, error: Exception) -> str:
    """How a check failed: the message of the exception, or the line of the check without one."""
    message = str(error)
    lines = message.strip().splitlines()
    if len(lines) > _MOST_LINES:
        lines = [*lines[:_MOST_LINES], "..."]
    message = "\n".join(lines)
    if isinstance(error, AssertionError):
        return message or failing_line(check, error) or "the check fails."
    kind = type(error).__name__
    return f"{kind}: {message}" if message else kind


def _explain(
    check: Check, attempt: Any, name: str, solution: Solution | None, states: list[Restore]
) -> str:
    """The diagnosis of an attempt that fails, as a sentence, or ""."""
    if solution is None:
        return ""
    right = solution.right_version(attempt)
    restore(states)
    if failure_of(check, right) is not None:
        return f"The solution of {name} fails here, too: is an earlier exercise not right yet?"
    if solution.mistakes is None:
        return ""
    versions = solution.mistakes.versions(right)
    return sentence_for(name, Diagnosis(check, right, versions, name, states).of(attempt))


def _count_told_apart(
    check: Check, right: Any, mistakes: Mistakes | None, states: list[Restore]
) -> int:
    """The number of known mistakes that the check notices."""
    count = 0
    for version in mistakes.versions(right).values() if mistakes else ():
        restore(states)
        count += failure_of(check, version) is not None
    return count


# --- the full edition --------------------------------------------------------------------------


def _prove(
    check: Check, right: Any, name: str, mistakes: Mistakes | None, states: list[Restore]
) -> int:
    """Prove that the exercise works, or raise an AssertionError that says what does not.

    Returns the number of known mistakes.
    """
    _prove_unwritten_fails(check, right, name, states)
    if mistakes is None:
        return 0
    versions = mistakes.versions(right)
    diagnosis = Diagnosis(check, right, versions, name, states)
    for sentence, version in versions.items():
        error = diagnosis.known(sentence).error
        if error is None:
            raise AssertionError(f"the check lets a wrong {name} pass: one that {sentence}")
        if type(error) is NameError:
            raise mistakes.error(sentence, f"the wrong version cannot run: {error}") from error
        found = diagnosis.of(version)
        if found != [sentence]:
            raise AssertionError(_other_diagnosis(name, sentence, found))
    return len(versions)


def _other_diagnosis(name: str, sentence: str, found: Sequence[str]) -> str:
    wrong = f"a {name} that {sentence}"
    if not found:
        return f"{wrong} gets no diagnosis: does it do something else in each run?"
    others = "; ".join(text for text in found if text != sentence)
    return f"the check cannot tell apart {wrong}, and one that {others}"


def _prove_unwritten_fails(check: Check, right: Any, name: str, states: list[Restore]) -> None:
    """Raise an AssertionError unless the check fails while the exercise is unwritten."""
    if not (isinstance(right, type) or callable(right)):
        return
    label = f"{name}, unwritten"
    unwritten = define(stripped(source_of(right)), right, separate_globals(right), label)
    restore(states)
    error = failure_of(check, unwritten)
    if error is None:
        raise AssertionError(f"the check of {name} passes while {name} {UNWRITTEN}")
    if not isinstance(error, NotImplementedError):
        kind = type(error).__name__
        raise AssertionError(
            f"the check of {name} hides that {name} {UNWRITTEN}: it raises {kind}: {error}"
        )
