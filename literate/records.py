"""Records: dataclasses that are cheap to define.

The module `dataclasses` imports `inspect` and compiles the methods of each class from text. That
takes 58 of the 120 ms of a cold compile, so these lines take its place. They can go when defining a
dataclass costs little. Type checkers see the same as with `dataclasses`.

The names are those of `dataclasses`, and only what is used here is supported. Frozen records
compare by value and can be hashed.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar, dataclass_transform, overload

    T = TypeVar("T")
    R = TypeVar("R")

_MISSING = object()


class Field:
    """How the default of a field is made, and what else is known about the field."""

    def __init__(
        self, default: object, make: Callable[[], object] | None, metadata: Any, compare: bool
    ) -> None:
        self.default = default
        self.make = make
        self.metadata = metadata
        self.compare = compare


def field(
    *,
    default: Any = _MISSING,
    default_factory: Callable[[], Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    compare: bool = True,
) -> Any:
    """A field with a default that each instance makes anew, or with metadata.

    With `compare=False`, the field is left out of comparisons and of `repr`.
    """
    return Field(default, default_factory, metadata, compare)


if TYPE_CHECKING:

    @overload
    @dataclass_transform(field_specifiers=(field,))
    def dataclass(cls: type[T]) -> type[T]: ...
    @overload
    @dataclass_transform(field_specifiers=(field,))
    def dataclass(*, frozen: bool = False, eq: bool = True) -> Callable[[type[T]], type[T]]: ...
    def dataclass(*_: Any, **__: Any) -> Any: ...
else:

    def dataclass(cls=None, *, frozen=False, eq=True):
        """Give a class with annotated names `__init__`, `__repr__` and comparison."""
        if cls is None:
            return lambda cls: _make_record(cls, frozen, eq)
        return _make_record(cls, frozen, eq)


def _make_record(cls: Any, frozen: bool, eq: bool) -> Any:
    names = tuple(cls.__dict__.get("__annotations__", ()))
    cls._record_fields = names
    cls._compared_fields = _compared(cls, names)
    cls.__match_args__ = names  # type: ignore[misc]  # mypy expects it in the body of a class
    cls._record_metadata = _take_metadata(cls, names)
    cls.__init__ = _make_init(cls, names)
    cls.__repr__ = _make_repr(cls, cls._compared_fields)
    if eq:
        cls.__eq__ = _make_eq(cls._compared_fields)
        cls.__hash__ = None
    if frozen:
        cls.__hash__ = _hash_values
        cls.__setattr__ = _refuse_assignment
    return cls


def _compared(cls: Any, names: tuple[str, ...]) -> tuple[str, ...]:
    """The fields that count when two records are compared."""
    fields = [(name, cls.__dict__.get(name)) for name in names]
    return tuple(name for name, value in fields if not isinstance(value, Field) or value.compare)


def _take_metadata(cls: Any, names: tuple[str, ...]) -> dict[str, Any]:
    """The metadata of the fields; a plain default takes the place of a field that has one."""
    metadata = {}
    for name in names:
        value = cls.__dict__.get(name)
        if isinstance(value, Field):
            if value.metadata is not None:
                metadata[name] = value.metadata
            if value.make is None:
                setattr(cls, name, value.default)
    return metadata


def _make_init(cls: Any, names: tuple[str, ...]) -> Callable[..., None]:
    defaults = {name: cls.__dict__[name] for name in names if name in cls.__dict__}
    makers = {}
    for name, value in defaults.items():
        if isinstance(value, Field) and value.make is not None:
            makers[name] = value.make
    count = len(names)

    def __init__(self: Any, *values: object, **more: object) -> None:
        held = self.__dict__
        if len(values) == count and not more:
            held.update(zip(names, values, strict=True))
            return
        held.update(defaults)
        for name, make in makers.items():
            held[name] = make()
        held.update(zip(names, values, strict=False))
        held.update(more)
        if len(held) != count or len(values) > count:
            signature = f"{cls.__name__}({', '.join(names)})"
            given = ", ".join(more) or "no names"
            raise TypeError(f"{signature} was given {len(values)} values and {given}")

    return __init__


def _make_repr(cls: Any, names: tuple[str, ...]) -> Callable[[Any], str]:
    def __repr__(self: Any) -> str:
        values = [f"{name}={getattr(self, name)!r}" for name in names]
        return f"{cls.__name__}({', '.join(values)})"

    return __repr__


def _make_eq(names: tuple[str, ...]) -> Callable[[Any, Any], bool]:
    def __eq__(self: Any, other: Any) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in names)

    return __eq__


def _hash_values(self: object) -> int:
    record: Any = self
    return hash(tuple([getattr(record, name) for name in record._compared_fields]))


def _refuse_assignment(self: object, name: str, value: object) -> None:
    raise AttributeError(f"{type(self).__name__} is frozen: {name} cannot be set")


def is_record(value: object) -> bool:
    """Whether a value is an instance of a record."""
    return hasattr(type(value), "_record_fields")


def record_values(record: Any) -> tuple[Any, ...]:
    """The values of all fields, in their order."""
    return tuple([getattr(record, name) for name in record._record_fields])


def record_metadata(cls: Any) -> dict[str, Any]:
    """The metadata of the fields that have any, by name."""
    metadata: dict[str, Any] = cls._record_metadata
    return metadata


def replace(record: R, **changes: object) -> R:
    """The same record with other values in some fields."""
    held: Any = record
    values = {name: getattr(held, name) for name in held._record_fields}
    made: R = held.__class__(**{**values, **changes})
    return made


def asdict(value: Any) -> Any:
    """A record as a dict of its fields; records inside of it become dicts too."""
    if isinstance(value, tuple | list):
        return type(value)(asdict(each) for each in value)
    if isinstance(value, dict):
        return {key: asdict(each) for key, each in value.items()}
    if is_record(value):
        return {name: asdict(getattr(value, name)) for name in value._record_fields}
    return value
