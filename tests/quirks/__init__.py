"""Tiny notebooks, each named for its quirk, and what has to come of them."""

from quirks.failing import FAILING, HANGING, STUBBORN
from quirks.passing import PASSING
from quirks.skipped import SKIPPED_NOTEBOOKS

__all__ = ["FAILING", "HANGING", "PASSING", "SKIPPED_NOTEBOOKS", "STUBBORN"]
