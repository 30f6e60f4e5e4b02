"""Three versions of a module, cell by cell: as last generated (base), as it stands on disk, as the notebooks make it now."""

from __future__ import annotations

from ..markers import Section, markers_of, match_sections, split_sections
from ..records import dataclass, field
from .module import Module, ModuleCell


@dataclass(frozen=True)
class Edit:
    """A cell that was changed in the module, and in a conflict in the notebook as well."""

    cell: ModuleCell | None  # None if the notebook has it no more
    code: str  # as the module has it
    generated: str  # as the notebook makes it now
    line: int  # of its marker, in the module


@dataclass(frozen=True)
class Addition:
    """A new section of the module."""

    before: ModuleCell | None  # the cell that it follows
    code: str
    line: int


@dataclass
class Merge:
    """What was done by hand to one module since it was generated."""

    module: Module
    disk: str = ""  # its text, with the edits
    edits: list[Edit] = field(default_factory=list)
    added: list[Addition] = field(default_factory=list)
    removed: list[ModuleCell] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)  # text that belongs to no cell
    conflicts: list[Edit] = field(default_factory=list)

    def take_module(self) -> None:
        """Decide all conflicts for the module; what the notebook has no more becomes a new cell."""
        self.edits += [edit for edit in self.conflicts if edit.cell]
        self.added += [
            Addition(None, edit.code, edit.line) for edit in self.conflicts if not edit.cell
        ]
        self.conflicts = []

    def __len__(self) -> int:
        return sum(map(len, (self.edits, self.added, self.removed, self.outside, self.conflicts)))


def merge_module(module: Module, base: str | None, disk: str, new: str) -> Merge:
    """Tell the edits made in a module apart. Without a base, every difference is a conflict: nobody knows who made it."""
    folder = module.path.parent
    markers = markers_of(base or "", new)
    theirs, ours, old = (
        split_sections(text, folder, *markers)
        for text in (disk, new, new if base is None else base)
    )
    cells = dict(zip((n for n, s in enumerate(ours) if s.notebook), module.cells))
    to_disk = match_sections(old, theirs, numbers_hold=True)
    to_new = (
        {n: n for n in cells} if base is None else match_sections(old, ours, numbers_hold=False)
    )
    found = Merge(module, disk)
    for n, section in enumerate(old):
        if section.notebook:
            on_disk = theirs[to_disk[n]] if n in to_disk else None
            _merge_cell(
                found,
                section,
                on_disk,
                cells.get(to_new.get(n)),
                ours[to_new[n]] if n in to_new else None,
                base is None,
                disk,
            )
    back = {m: cells.get(to_new.get(n)) for n, m in to_disk.items()}
    _merge_rest(found, theirs, old, ours, back, set(cells) - set(to_new.values()), disk)
    return found


def _merge_cell(
    found: Merge,
    base: Section,
    disk: Section | None,
    cell: ModuleCell | None,
    new: Section | None,
    no_base: bool,
    text: str,
) -> None:
    if (
        disk is None
    ):  # a cell that the notebook changed since is not removed: that would lose the change
        found.removed += [cell] if cell and new.code == base.code else []
    elif new is not None and disk.code == new.code or disk.code == base.code and not no_base:
        pass
    elif new is not None and new.code == base.code and not no_base:
        found.edits.append(Edit(cell, disk.code, new.code, _line(text, disk)))
    else:
        found.conflicts.append(Edit(cell, disk.code, new.code if new else "", _line(text, disk)))


def _merge_rest(
    found: Merge,
    theirs: list[Section],
    old: list[Section],
    ours: list[Section],
    back: dict[int, ModuleCell | None],
    fresh: set[int],
    text: str,
) -> None:
    """New sections of the module, and changes to what belongs to no cell."""
    generated = {s.code for s in [*old, *ours] if not s.notebook}
    same = [ours[n].code for n in sorted(fresh)]  # cells that are new in the notebook too
    before = None
    for m, section in enumerate(theirs):
        if m in back:
            before = back[m] or before
        elif section.is_new and section.code:
            remark = section.marker.removeprefix("# %%").strip()
            code = (f"# {remark}\n" if remark else "") + section.code
            found.added += (
                [Addition(before, code, _line(text, section))] if code not in same else []
            )
        elif section.code and section.code not in generated and section.code not in same:
            found.outside.append(section.code)


def _line(text: str, section: Section) -> int:
    return text.count("\n", 0, text.find(f"{section.marker}\n{section.code}")) + 1
