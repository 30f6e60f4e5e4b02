"""Three versions of some lines, merged as git does it."""

from __future__ import annotations

from ..line_diff import common_blocks
from ..records import dataclass


@dataclass(frozen=True)
class Overlap:
    """Lines that both sides changed in different ways."""

    module: tuple[int, int]  # the lines of the module's version, from 0; the end is excluded
    notebook: tuple[int, int]  # those of the notebook's version


@dataclass(frozen=True)
class Merged:
    """The result of a merge."""

    lines: list[str]  # where both sides changed lines, they are the module's
    overlaps: list[Overlap]


def merge_lines(base: list[str], module: list[str], notebook: list[str]) -> Merged:
    """Merge the changes that two sides made to `base`.

    Changes overlap if no unchanged line stands between them.
    """
    merged: list[str] = []
    overlaps: list[Overlap] = []
    base_at = module_at = notebook_at = 0
    for base_start, module_start, notebook_start, size in common_blocks(base, module, notebook):
        old = base[base_at:base_start]
        theirs = module[module_at:module_start]
        ours = notebook[notebook_at:notebook_start]
        if theirs == old:
            merged += ours
        else:
            merged += theirs
            if ours != old and ours != theirs:
                spans = (module_at, module_start), (notebook_at, notebook_start)
                overlaps.append(Overlap(*spans))
        merged += base[base_start : base_start + size]
        base_at = base_start + size
        module_at = module_start + size
        notebook_at = notebook_start + size
    return Merged(merged, overlaps)
