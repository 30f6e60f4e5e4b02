"""Exercises that check themselves: an attempt is compared with known wrong versions.

Notebooks import from here. Importing this package loads nothing but Python's own modules.
"""

from __future__ import annotations

from .checking import ExerciseError as ExerciseError
from .checking import check_exercise as check_exercise
from .mutants import MutantError as MutantError
from .mutants import helper as helper
from .proofs import kills as kills
from .proofs import wrong_versions as wrong_versions

# The name that a traceback shows is the one by which they are imported.
ExerciseError.__module__ = MutantError.__module__ = __name__
