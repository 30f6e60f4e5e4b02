"""Whether two results are the same: of numbers, arrays and tensors, and of what holds them."""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# How far two numbers may lie apart. The sums of two right versions differ by rounding.
RELATIVE = 1e-4
ABSOLUTE = 1e-7

_DEPTH = 20  # of objects in objects
_SEARCHED = 5  # of objects in objects that are searched for arrays


def snapshot(value: Any) -> Any:
    """A copy that later changes of the value do not reach, as far as it can be copied."""
    try:
        return copy.deepcopy(value)
    except Exception:
        return _copy_parts(value)


def _copy_parts(value: Any) -> Any:
    """A copy of something that `deepcopy` refuses, such as a tensor with a history."""
    if isinstance(value, list | tuple) and type(value) in (list, tuple):
        return type(value)(snapshot(item) for item in value)
    if type(value) is dict:
        return {key: snapshot(item) for key, item in value.items()}
    if is_tensor(value):
        made = value.detach().clone().requires_grad_(value.requires_grad)
        for name, item in vars(value).items():
            setattr(made, name, snapshot(item))
        return made
    return value


def bytes_of(value: Any, depth: int = 0) -> int:
    """How many bytes the arrays and tensors in a value have, roughly."""
    if is_tensor(value):
        return int(value.numel() * value.element_size())
    if is_array(value):
        return int(value.nbytes)
    if depth > _SEARCHED or isinstance(value, type | FunctionType | ModuleType):
        return 0
    if isinstance(value, list | tuple | set):
        return sum(bytes_of(item, depth + 1) for item in value)
    if isinstance(value, Mapping):
        return sum(bytes_of(item, depth + 1) for item in value.values())
    return sum(bytes_of(item, depth + 1) for item in getattr(value, "__dict__", {}).values())


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor of PyTorch, which is not imported for this question."""
    torch = sys.modules.get("torch")
    return torch is not None and hasattr(torch, "Tensor") and isinstance(value, torch.Tensor)


def is_array(value: Any) -> bool:
    """Whether a value is an array or a number of NumPy, which is not imported for this question."""
    numpy = sys.modules.get("numpy")
    if numpy is None or not hasattr(numpy, "ndarray"):
        return False
    return isinstance(value, numpy.ndarray | numpy.generic)


def same(first: Any, second: Any, depth: int = 0) -> bool:
    """Whether two results are the same, but for rounding."""
    if first is second or depth > _DEPTH:
        return True
    if _is_number(first) and _is_number(second):
        return close(first, second)
    if not _same_type(first, second):
        return False
    if is_tensor(first):
        return _same_tensors(first, second, depth)
    if is_array(first):
        return _same_arrays(first, second)
    if isinstance(first, Mapping):
        return _same_mappings(first, second, depth)
    if isinstance(first, list | tuple):
        return _same_sequences(first, second, depth)
    if isinstance(first, FunctionType | BuiltinFunctionType | ModuleType | type):
        return bool(_name(first) == _name(second))
    return _same_objects(first, second, depth)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | complex) and not isinstance(value, bool)


def close(first: complex, second: complex) -> bool:
    """Whether two numbers are the same, but for rounding."""
    if first == second:
        return True
    if first != first or second != second:  # a NaN
        return first != first and second != second
    if isinstance(first, int) and isinstance(second, int):
        return False
    distance = abs(first - second)
    if not math.isfinite(distance):
        return False
    return distance <= ABSOLUTE + RELATIVE * max(abs(first), abs(second))


def _same_type(first: Any, second: Any) -> bool:
    """Whether the types have the same name: a class and its wrong version are two classes."""
    return _name(type(first)) == _name(type(second))


def _name(value: Any) -> object:
    return getattr(value, "__module__", None), getattr(value, "__qualname__", None)


def _same_sequences(first: Any, second: Any, depth: int) -> bool:
    if len(first) != len(second):
        return False
    return all(same(one, other, depth + 1) for one, other in zip(first, second, strict=True))


def _same_mappings(first: Any, second: Any, depth: int) -> bool:
    if first.keys() != second.keys():
        return False
    return all(same(first[key], second[key], depth + 1) for key in first)


def _same_objects(first: Any, second: Any, depth: int) -> bool:
    """Whether objects are equal, or hold the same values."""
    try:
        if first == second:
            return True
    except Exception:  # what cannot be compared may still hold the same values
        pass
    values = getattr(first, "__dict__", None)
    if not values:
        # An object without values that defines no equality tells nothing.
        return "__eq__" not in _members(type(first))
    return _same_mappings(values, vars(second), depth)


def _members(kind: type) -> set[str]:
    """The names that a class and its bases define, without those of `object`."""
    bases = [base for base in kind.__mro__ if base is not object]
    return {name for base in bases for name in vars(base)}


def _same_arrays(first: Any, second: Any) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    numpy = sys.modules["numpy"]
    if first.dtype.kind not in "fc":
        return bool((first == second).all())
    finite = abs(second[numpy.isfinite(second)]) if second.shape else abs(second)
    scale = float(finite.max()) if finite.size else 0.0
    within = ABSOLUTE * (scale if math.isfinite(scale) else 0.0)
    return bool(numpy.allclose(first, second, rtol=RELATIVE, atol=within, equal_nan=True))


def _same_tensors(first: Any, second: Any, depth: int) -> bool:
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if first.requires_grad != second.requires_grad:
        return False
    if not _same_elements(first.detach(), second.detach()):
        return False
    if first.is_leaf and second.is_leaf and not same(first.grad, second.grad, depth + 1):
        return False
    return _same_mappings(vars(first), vars(second), depth)


def _same_elements(first: Any, second: Any) -> bool:
    torch = sys.modules["torch"]
    if first.device != second.device or first.layout != second.layout:
        return False
    if not (first.is_floating_point() or first.is_complex()):
        return bool((first == second).all())
    finite = second[torch.isfinite(second)].abs()
    scale = float(finite.max()) if finite.numel() else 0.0
    return bool(torch.allclose(first, second, rtol=RELATIVE, atol=ABSOLUTE * scale, equal_nan=True))
