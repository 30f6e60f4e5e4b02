"""The names that a compiled module binds, and those that it looks up among its own.

A module is compiled in any case, to see whether Python accepts it. To read its names from the
instructions takes a tenth of the time that another symbol table takes. Code that never runs, such
as code below a `return`, has no instructions, and names in it are not looked up.
"""

from __future__ import annotations

import opcode
import re
from collections.abc import Iterable, Iterator
from types import CodeType

from ..records import dataclass, field


@dataclass
class ModuleNames:
    """The names of a compiled module."""

    bound: set[str] = field(default_factory=set)
    used: set[str] = field(default_factory=set)  # what it looks up, at any time
    early: set[str] = field(default_factory=set)  # what it looks up before it binds it, if ever


def names_in(code: CodeType) -> ModuleNames:
    """The names of a module, from its code."""
    names = ModuleNames()
    functions = _run(code, names)
    while functions:
        function = functions.pop()
        for instruction, argument in set(_instructions(function, _IN_FUNCTION)):
            group = names.bound if instruction in _BINDS else names.used
            group.add(_name(function, instruction, argument))
        for constant in function.co_consts:
            if isinstance(constant, CodeType):
                functions.append(constant)
    names.bound.discard("__doc__")  # a docstring binds it
    return names


def _run(code: CodeType, names: ModuleNames) -> list[CodeType]:
    """Follow the code of a module, with its classes and comprehensions, from top to bottom.

    Return the functions in it, which run later.
    """
    functions: list[CodeType] = []
    pending = [_Scope(code)]
    while pending:
        scope = pending[-1]
        step = next(scope.steps, None)
        if step is None:
            pending.pop()
            continue
        instruction, argument = step
        if instruction == _LOAD_CONST:
            constant = scope.code.co_consts[argument]
            if isinstance(constant, CodeType):
                if _runs_at_once(constant):
                    pending.append(_Scope(constant))
                else:
                    functions.append(constant)
            continue
        name = _name(scope.code, instruction, argument)
        if name in scope.own_names:
            continue
        if instruction in _BINDS:
            names.bound.add(name)
            continue
        names.used.add(name)
        if name not in names.bound:
            names.early.add(name)
    return functions


class _Scope:
    """Code that runs when its module is imported."""

    def __init__(self, code: CodeType) -> None:
        self.code = code
        self.steps = _instructions(code, _AT_ONCE)
        self.own_names: frozenset[str] = frozenset()  # those of a class
        if code.co_name != "<module>" and not code.co_flags & _IS_FUNCTION:
            self.own_names = frozenset(
                code.co_names[argument]
                for instruction, argument in _instructions(code, _BINDING_HERE)
                if instruction in _BINDS_HERE
            )


def _runs_at_once(code: CodeType) -> bool:
    """Whether code that stands in a module, or in a class, runs where it stands."""
    return not code.co_flags & _IS_FUNCTION or code.co_name in _COMPREHENSIONS


# --- instructions ------------------------------------------------------------------------------


def _numbers(*names: str) -> frozenset[int]:
    """The numbers of instructions, as far as this Python has them."""
    return frozenset(opcode.opmap[name] for name in names if name in opcode.opmap)


_LOAD_CONST = opcode.opmap["LOAD_CONST"]
_LOAD_GLOBAL = opcode.opmap["LOAD_GLOBAL"]
_BINDS_HERE = _numbers("STORE_NAME", "DELETE_NAME")
_BINDS_GLOBALLY = _numbers("STORE_GLOBAL", "DELETE_GLOBAL")
_BINDS = _BINDS_HERE | _BINDS_GLOBALLY
_LOADS = _numbers("LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS")

_IS_FUNCTION = 1  # the flag CO_OPTIMIZED
_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>")


def _pattern(instructions: Iterable[int]) -> re.Pattern[bytes]:
    """A pattern that cuts code into these instructions and pieces without them.

    An instruction has two bytes: its number and its argument.
    """
    numbers = re.escape(bytes([*instructions, opcode.EXTENDED_ARG]))
    return re.compile(b"([%b].)|(?:[^%b].)+" % (numbers, numbers), re.DOTALL)


_AT_ONCE = _pattern([*_BINDS, *_LOADS, _LOAD_CONST])
_BINDING_HERE = _pattern(_BINDS_HERE)
_IN_FUNCTION = _pattern([*_BINDS_GLOBALLY, *_LOADS])


def _instructions(code: CodeType, pattern: re.Pattern[bytes]) -> Iterator[tuple[int, int]]:
    """The instructions that a pattern finds, each with its argument."""
    if not code.co_names:
        return
    high = 0  # the upper bytes of an argument stand in instructions before
    for found in pattern.findall(code.co_code):
        if not found:
            high = 0
            continue
        instruction, low = found
        if instruction == opcode.EXTENDED_ARG:
            high = high << 8 | low
        else:
            yield instruction, high << 8 | low
            high = 0


def _name(code: CodeType, instruction: int, argument: int) -> str:
    """The name on which an instruction works."""
    if instruction == _LOAD_GLOBAL:  # the last bit of its argument says how the result is called
        argument >>= 1
    return code.co_names[argument]
