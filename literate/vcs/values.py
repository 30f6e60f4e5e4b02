"""Three versions of a JSON value, merged key by key: for metadata."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Missing:
    """The value of a key that an object does not have."""


MISSING: Any = _Missing()


def merge_values(versions: tuple[Any, Any, Any], path: str, conflicts: list[str]) -> Any:
    """The merged value of the versions base, ours and theirs.

    Where both sides changed a value in different ways, it is that of ours.

    The paths of such values are added to `conflicts`. `MISSING` stands for a value that is not
    there.
    """
    base, ours, theirs = versions
    if _same(ours, theirs) or _same(theirs, base):
        return ours
    if _same(ours, base):
        return theirs
    if isinstance(ours, dict) and isinstance(theirs, dict):
        old = base if isinstance(base, dict) else {}
        return merge_objects((old, ours, theirs), path, conflicts)
    if _is_set_of_words(ours) and _is_set_of_words(theirs):
        return _merge_words(base if _is_set_of_words(base) else [], ours, theirs)
    conflicts.append(path)
    return theirs if ours is MISSING else ours


def merge_objects(
    versions: tuple[dict[str, Any], dict[str, Any], dict[str, Any]], path: str, conflicts: list[str]
) -> dict[str, Any]:
    """The merged object, with its keys in the order of ours."""
    base, ours, theirs = versions
    merged = {}
    for key in [*ours, *(key for key in theirs if key not in ours)]:
        values = base.get(key, MISSING), ours.get(key, MISSING), theirs.get(key, MISSING)
        inner = f"{path}.{key}" if path else key
        value = merge_values(values, inner, conflicts)
        if value is not MISSING:
            merged[key] = value
    return merged


def _same(one: Any, other: Any) -> bool:
    """Whether two values are equal as JSON, where 1, 1.0 and true differ."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return bool(one == other)


def _is_set_of_words(value: Any) -> bool:
    """Whether a value is a list of different texts, such as the tags of a cell."""
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        return False
    return len(set(value)) == len(value)


def _merge_words(base: list[str], ours: list[str], theirs: list[str]) -> list[str]:
    """What both sides added, without what one of them took away."""
    gone = {word for word in base if word not in ours or word not in theirs}
    merged = [word for word in ours if word not in gone]
    return merged + [word for word in theirs if word not in gone and word not in ours]
