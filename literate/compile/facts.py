"""Facts about a module: the names that it binds, and what it imports from its own package.

They are what the checks of one module need to know about another one. The compile cache keeps them.
"""

from __future__ import annotations

from ..records import dataclass, field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


@dataclass
class CellNames:
    """The names of a cell."""

    bound: set[str] = field(default_factory=set)  # what the cell adds to its module
    used: set[str] = field(default_factory=set)  # what the cell looks up in its module, at any time
    used_at_once: set[str] = field(default_factory=set)  # those that it looks up while it runs
    annotated: set[str] = field(default_factory=set)  # what its annotations name, unless evaluated


@dataclass(frozen=True)
class OwnImport:
    """One import of the own package."""

    module: str  # "lib.core"
    names: tuple[str, ...]  # those behind `from lib.core import`; empty for `import lib.core`
    runs: bool  # whether importing the module runs it: it does not stand in a function
    is_guarded: bool = False  # whether it stands in a `try` that catches an ImportError
    above: tuple[str, ...] = ()  # the names that the module binds above, since the import before
    notebook: str = ""  # "" in a module that was written by hand
    cell: int = 0
    cell_id: str = ""
    line: int = 1
    column: int = 1


@dataclass
class ModuleFacts:
    """What other modules, and their checks, need to know about a module."""

    bound: list[str] = field(default_factory=list)  # the names that it binds
    imports: list[OwnImport] = field(default_factory=list)  # of the own package, in their order
    is_dynamic: bool = False  # it may have names that cannot be seen
    unknown_stars: list[str] = field(default_factory=list)  # modules whose names it may use


def facts_as_json(facts: ModuleFacts) -> dict[str, Any]:
    """The facts as plain data."""
    return {**vars(facts), "imports": [dict(vars(each)) for each in facts.imports]}


def facts_from_json(data: dict[str, Any]) -> ModuleFacts:
    """The reverse of `facts_as_json`."""
    imports = []
    for entry in data["imports"]:
        names = {"names": tuple(entry["names"]), "above": tuple(entry["above"])}
        imports.append(OwnImport(**{**entry, **names}))
    return ModuleFacts(**{**data, "imports": imports})
