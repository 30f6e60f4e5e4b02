"""`kills` and `wrong_versions`: does a check notice the known mistakes of a function?"""

from __future__ import annotations

from .mutants import Mistakes, known_mistakes, module_of
from .solutions import find_solution
from .sources import name_of
from .trials import failure_of, random_states, restore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .trials import Check


def wrong_versions(original: Any, module: str = "") -> dict[str, Any]:
    """The wrong versions of a function or a class, by the sentences that say what they do.

    `module` names the file of known mistakes. Without it, this is the module that the original
    belongs to.
    """
    mistakes, right = _mistakes(original, module)
    return mistakes.versions(right)


def kills(check: Check, original: Any, module: str = "") -> int:
    """Raise an AssertionError unless `check` passes on the original and on no wrong version.

    Returns the number of wrong versions.
    """
    mistakes, right = _mistakes(original, module)
    before = random_states()
    check(original)
    after = random_states()
    survivors = []
    for sentence, version in mistakes.versions(right).items():
        restore(before)
        error = failure_of(check, version)
        if error is None:
            survivors.append(sentence)
        elif type(error) is NameError:
            raise mistakes.error(sentence, f"the wrong version cannot run: {error}") from error
    restore(after)
    if survivors:
        listed = "; one that ".join(survivors)
        name = mistakes.name
        raise AssertionError(f"the check lets wrong versions of {name} pass: one that {listed}")
    return len(mistakes.known)


def _mistakes(original: Any, module: str) -> tuple[Mistakes, Any]:
    """The known mistakes, and what they are made from: in the student's edition, the solution."""
    solution = find_solution(original, name_of(original))
    right, mistakes = original, None
    if solution is not None:
        right, mistakes = solution.right_version(original), solution.mistakes(module)
    if mistakes is None:
        mistakes = known_mistakes(original, module or module_of(original))
    assert mistakes is not None  # they are needed
    return mistakes, right
