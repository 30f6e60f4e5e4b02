"""Edits made by hand in the files around the modules: what they stop, and what is given up.

The docstring of the package and llms.txt are generated only in the layout of nbdev 3.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..diagnostics import Diagnostic, diagnose
from ..git import text_in_head
from ..project import NBDEV3
from .baseline import Baseline
from .init_file import docstring_of, is_list_of_modules
from .package_files import is_generated_index, llms_path
from .plan import CompilePlan
from .revisions import plain_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    Stale = Mapping[Path, tuple[str, str]]  # the old and the new text of each file


def refuse_package_edits(plan: CompilePlan, stale: Stale, baseline: Baseline) -> None:
    """Raise an `UncarriedEditsError` if a text by a person would be replaced."""
    from .edits import UncarriedEditsError

    problems: list[Diagnostic] = []
    if _edited_docstring(plan, baseline):
        message = "its docstring was written by hand, but it is made from the notebooks"
        hint = "move the text into the index notebook, or give it up with --prefer notebook"
        problems.append(diagnose("edited", message, _init(plan), hint=hint))
    llms = llms_path(plan.project)
    if _is_edited(llms, stale, baseline):
        message = "edited by hand, but it is made from the notebooks"
        hint = "move the text into a notebook, or give it up with --prefer notebook; "
        hint += "without its last line, the file is yours"
        problems.append(diagnose("edited", message, llms, hint=hint))
    if problems:
        raise UncarriedEditsError(*problems)


def give_up_package_edits(
    plan: CompilePlan, stale: Stale, baseline: Baseline, overwrite_edits: bool
) -> list[Diagnostic]:
    """Keep the replaced files in the history, and show the lines that are given up.

    Without `overwrite_edits`, this is done only where nobody knows what is generated: a llms.txt of
    which neither the last compile nor git tells anything.
    """
    from .history import dropped_lines, given_up_lines, keep_versions

    found: dict[Path, list[Diagnostic]] = {}
    llms = llms_path(plan.project)
    is_unknown = not baseline.texts(llms)
    if _is_edited(llms, stale, baseline) if overwrite_edits else is_unknown:
        old, new = stale.get(llms, ("", ""))
        if plain_text(old) != plain_text(text_in_head(llms) or "") or not is_unknown:
            found[llms] = dropped_lines(llms, plain_text(old), new, baseline.texts(llms))
    if overwrite_edits:
        init = _init(plan)
        found[init] = given_up_lines(init, _edited_docstring(plan, baseline).split("\n"))
        index = plan.project.lib_path / "_modidx.py"
        old, new = stale.get(index, ("", ""))
        if not is_generated_index(old):
            found[index] = dropped_lines(index, old, new, ())
    for path, remarks in found.items():
        if remarks:
            keep_versions(plan.project, {path: stale[path][0]})
    return [remark for remarks in found.values() for remark in remarks]


def _init(plan: CompilePlan) -> Path:
    return plan.project.lib_path / "__init__.py"


def _edited_docstring(plan: CompilePlan, baseline: Baseline) -> str:
    """The docstring of the package that would be replaced, if a person wrote it."""
    init = _init(plan)
    if plan.project.layout != NBDEV3 or init not in plan.old_texts:
        return ""
    old, new = docstring_of(plan.old_texts[init]), docstring_of(plan.files[init])
    if old in ("", new, plan.project.description):
        return ""
    generated = [docstring_of(text) for text in baseline.texts(init)]
    if not generated and is_list_of_modules(old):
        generated = [docstring_of(text_in_head(init) or "")]
    return "" if old in generated else old


def _is_edited(path: Path, stale: Stale, baseline: Baseline) -> bool:
    """Whether a file differs from what was generated last."""
    known = baseline.texts(path)
    return path in stale and bool(known) and plain_text(stale[path][0]) not in ("", *known)
