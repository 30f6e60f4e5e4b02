"""Dataclasses that cost nothing to define: `dataclasses` imports `inspect` and compiles each class's methods from text.

For a command that is done in 50 ms that is every fifth of them. The same names, so that type checkers know them: only
what is used here (`frozen` classes compare by value and can be hashed; the order of the fields is the order of `__init__`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import asdict, dataclass, field, replace

__all__ = ["asdict", "dataclass", "field", "replace"]


class field:
    """A default that each instance makes anew."""

    def __init__(self, *, default_factory):
        self.make = default_factory


def dataclass(cls=None, *, frozen=False, eq=True):
    """Give a class of annotated names `__init__`, `__repr__` and comparison."""
    if cls is None:
        return lambda cls: dataclass(cls, frozen=frozen, eq=eq)
    names = tuple(cls.__dict__.get("__annotations__", ()))
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    made = {name: value.make for name, value in defaults.items() if isinstance(value, field)}
    count = len(names)

    def __init__(self, *values, **more):
        held = self.__dict__
        if len(values) == count and not more:
            held.update(zip(names, values))
            return
        held.update(defaults)
        for name, make in made.items():
            held[name] = make()
        held.update(zip(names, values))
        held.update(more)
        if len(held) != count or len(values) > count:
            raise TypeError(f"{cls.__name__}({', '.join(names)}) was given {len(values)} values and {', '.join(more) or 'no names'}")

    def same(self, other):
        return all(getattr(self, n) == getattr(other, n) for n in names) if other.__class__ is self.__class__ else NotImplemented

    def fixed(self, name, value):
        raise AttributeError(f"{cls.__name__} is frozen: {name} cannot be set")

    cls._names, cls.__init__ = names, __init__
    if eq:
        cls.__eq__, cls.__hash__ = same, None
    cls.__repr__ = lambda self: f"{cls.__name__}({', '.join(f'{n}={getattr(self, n)!r}' for n in names)})"
    if frozen:
        cls.__hash__, cls.__setattr__ = lambda self: hash(tuple(getattr(self, n) for n in names)), fixed
    return cls


def replace(value, **changes):
    """The same value with other fields."""
    return value.__class__(**{name: getattr(value, name) for name in value._names} | changes)


def asdict(value):
    """A dict of the fields, and of those of the values in it."""
    if isinstance(value, (tuple, list)):
        return type(value)(asdict(each) for each in value)
    if isinstance(value, dict):
        return {key: asdict(each) for key, each in value.items()}
    return {name: asdict(getattr(value, name)) for name in value._names} if hasattr(value, "_names") else value
