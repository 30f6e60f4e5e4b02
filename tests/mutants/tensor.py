"""Wrong versions of the functions of 01a_tensor, each with one mistake that is easy to make.

The programs of the notebook call `attempt(x, step)`. Its wrong versions replace a method of the
class for the time of a step.
"""

import math
from collections.abc import Callable
from typing import Any

import torch

Method = Callable[..., Any]


def with_method(name: str, wrong: Callable[[Any, Method], Method]) -> Callable[[Method], Method]:
    """Run a step while a method of Tensor is another one.

    wrong: takes the class and its right method, and returns the wrong one
    """

    def change(attempt: Method) -> Method:
        cls = attempt.__globals__["Tensor"]
        right = getattr(cls, name)

        def run(x: Any, step: Any) -> Any:
            setattr(cls, name, wrong(cls, right))
            try:
                return attempt(x, step)
            except (TypeError, AttributeError) as error:
                raise AssertionError(error) from error
            finally:
                setattr(cls, name, right)

        return run

    return change


def copied(cls: Any, x: Any) -> Any:
    """A contiguous copy of a tensor."""
    return cls(list(x.elements()), x.shape)


def write_without_a_check(cls: Any, right: Method) -> Method:
    """A `copy_` that also writes where elements share a place."""

    def copy_(self: Any, source: Any) -> Any:
        source = source if isinstance(source, cls) else cls([source], ())
        values = source.expand(*self.shape).elements()
        for position, value in zip(self.positions(), values, strict=False):
            self.storage[position] = value
        return self

    return copy_


def permute_inversely(cls: Any, right: Method) -> Method:
    """Put the dimensions into the inverse order."""
    return lambda x, *dims: right(x, *sorted(range(x.ndim), key=lambda d: dims[d]))


MUTANTS = {
    "contiguous_strides": {
        "stores a tensor column by column": lambda original: (
            lambda shape: original(shape[::-1])[::-1]
        ),
        "takes the sizes for strides": lambda original: lambda shape: tuple(shape),
        "makes all strides 1": lambda original: lambda shape: (1,) * len(shape),
        "multiplies by sizes of 0": lambda original: (
            lambda shape: tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))
        ),
    },
    "attempt": {
        "copies in permute": with_method(
            "permute", lambda cls, right: lambda x, *dims: copied(cls, right(x, *dims))
        ),
        "permutes inversely": with_method("permute", permute_inversely),
        "inserts a dimension one place too late": with_method(
            "unsqueeze",
            lambda cls, right: lambda x, dim: right(x, dim + 1 if 0 <= dim < x.ndim else dim),
        ),
        "squeezes all dimensions": with_method(
            "squeeze",
            lambda cls, right: (
                lambda x, dim: x[tuple(0 if n == 1 else slice(None) for n in x.shape)]
            ),
        ),
        "copies in expand": with_method(
            "expand", lambda cls, right: lambda x, *shape: copied(cls, right(x, *shape))
        ),
        "expands any size": with_method(
            "expand",
            lambda cls, right: (
                lambda x, *shape: cls(
                    x.storage, [max(n, 0) for n in shape], [0] * len(shape), x.offset
                )
            ),
        ),
        "copies where there is no view": with_method(
            "view", lambda cls, right: lambda x, *shape: right(x.contiguous(), *shape)
        ),
        "gives a view the strides of a contiguous tensor": with_method(
            "view",
            lambda cls, right: (
                lambda x, *shape: cls(
                    x.storage, torch.empty(x.shape).view(shape).shape, None, x.offset
                )
            ),
        ),
        "always copies in reshape": with_method(
            "reshape", lambda cls, right: lambda x, *shape: copied(cls, right(x, *shape))
        ),
        "writes to expanded tensors": with_method("copy_", write_without_a_check),
        "writes to a copy": with_method(
            "copy_", lambda cls, right: lambda x, source: right(copied(cls, x), source)
        ),
        "keeps the summed dimensions": with_method(
            "sum", lambda cls, right: lambda x, dim, keepdim=False: right(x, dim, True)
        ),
        "sums over all dimensions": with_method(
            "sum", lambda cls, right: lambda x, dim, keepdim=False: right(x)
        ),
        "calls every tensor contiguous": with_method(
            "is_contiguous", lambda cls, right: lambda x: True
        ),
        "copies in an index": with_method(
            "__getitem__", lambda cls, right: lambda x, index: copied(cls, right(x, index))
        ),
        "multiplies the other way round": with_method(
            "__matmul__", lambda cls, right: lambda x, y: right(y, x)
        ),
    },
    "place": {
        "forgets the offset": ("    for i,", "    offset = 0\n    for i,"),
        "adds up the index without the strides": ("i * stride", "i"),
        "takes the strides in reverse": ("zip(index, strides)", "zip(index, strides[::-1])"),
    },
    "diagonal_strides": {
        "steps along the rows only": ("strides[0] + strides[1]", "strides[1]"),
        "steps along the columns only": ("strides[0] + strides[1]", "strides[0]"),
        "multiplies the strides": ("strides[0] + strides[1]", "strides[0] * strides[1]"),
    },
    "overlapping": {
        "makes one window too few": ("len(storage) - size + 1", "len(storage) - size"),
        "repeats the first window": ("(1, 1))", "(0, 1))"),
        "copies the numbers": ("Tensor(storage,", "Tensor(list(storage),"),
    },
    "mean_of": {
        "returns the sum": (" / x.shape[dim]", ""),
        "divides by the number of all elements": ("x.shape[dim]", "x.numel()"),
        "drops the dimension": (", keepdim=True", ""),
    },
}
