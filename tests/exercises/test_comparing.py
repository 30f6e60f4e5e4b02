"""Whether two results are the same, but for rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from literate.exercises.comparing import bytes_of, same, snapshot


class Box:
    def __init__(self, value):
        self.value = value


class Plain: ...


def looped():
    values: list = [1]
    values.append(values)
    return values


SAME = [
    (1, 1.0),
    (0.1 + 0.2, 0.3),
    (math.nan, math.nan),
    (math.inf, math.inf),
    ([1, {"a": (2.0, "x")}], [1, {"a": (2.00000001, "x")}]),
    (np.array([1.0, np.nan]), np.array([1.0000001, np.nan])),
    (np.array([1, 2]), np.array([1, 2])),
    (np.float32(1), np.float32(1)),
    (torch.tensor([1e8, 1.0]), torch.tensor([1e8, 1.5])),  # 0.5 is below the rounding of 1e8
    (torch.tensor([]), torch.tensor([])),
    (Box([1, 2]), Box([1, 2])),
    (Plain(), Plain()),
    ({1, 2}, {2, 1}),
    (None, None),
    (len, len),
    (looped(), looped()),
]
DIFFERENT = [
    (1, 2),
    (1.0, 1.001),
    (1, True),
    (math.inf, -math.inf),
    (math.nan, 0.0),
    (1, "1"),
    ([1], (1,)),
    ([1], [1, 1]),
    ({"a": 1}, {"b": 1}),
    (np.array([1.0]), np.array([1.1])),
    (np.array([1.0]), np.array([[1.0]])),
    (np.array([1.0]), np.array([1.0], dtype=np.float32)),
    (np.array(["a"]), np.array(["b"])),
    (torch.tensor([1.0]), torch.tensor([1.01])),
    (torch.tensor([1]), torch.tensor([1.0])),
    (torch.tensor([1, 2]), torch.tensor([1, 3])),
    (torch.tensor([1.0]), torch.tensor([1.0], requires_grad=True)),
    (Box(1), Box(2)),
    (Box(1), Plain()),
    ({1}, {2}),
    (len, print),
    (None, 0),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_same(first, second):
    assert same(first, second)
    assert same(second, first)


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_different(first, second):
    assert not same(first, second)
    assert not same(second, first)


def test_gradients_and_attributes_of_tensors_count():
    one, other = (torch.ones(2, requires_grad=True) for _ in range(2))
    one.sum().backward()
    assert not same(one, other)
    other.sum().backward()
    assert same(one, other)
    one.g = torch.zeros(2)
    assert not same(one, other)
    other.g = torch.zeros(2)
    assert same(one, other)


def test_a_snapshot_is_not_reached_by_later_changes():
    leaf = torch.ones(2, requires_grad=True)
    computed = leaf * 2  # `deepcopy` refuses it
    computed.g = torch.ones(2)
    values = ([computed, [1]], {"a": leaf})
    copy = snapshot(values)
    assert same(copy, values)
    computed.g += 1
    values[0][1].append(2)
    with torch.no_grad():
        leaf += 1
    assert copy[0][0].g.tolist() == [1, 1]
    assert copy[0][1] == [1]
    assert copy[1]["a"].tolist() == [1, 1]


def test_what_cannot_be_copied_stays_itself():
    generator = (n for n in range(3))
    assert snapshot(generator) is generator


def test_the_bytes_of_arrays_and_tensors():
    layer = torch.nn.Linear(10, 5)
    assert bytes_of(layer) == 4 * 55
    assert bytes_of([np.zeros(3), {"a": (torch.zeros(2),)}, Box(np.zeros(1)), "text", 3]) == 40
    assert bytes_of(looped()) == 0
