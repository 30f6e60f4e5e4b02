"""Running a check on several versions, under the same conditions."""

from __future__ import annotations

import random
import warnings

import numpy
import pytest

from literate.exercises.trials import failure_of, random_states, restore, silence


def test_all_generators_are_set_back():
    import torch

    def draw() -> list[float]:
        return [random.random(), float(numpy.random.rand()), float(torch.rand(1))]

    states = random_states()
    first = draw()
    assert draw() != first
    restore(states)
    assert draw() == first


def test_the_failure_of_a_check():
    error = ValueError("no")

    def check(version):
        if version:
            raise error

    assert failure_of(check, True) is error
    assert failure_of(check, False) is None


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_is_no_failure(stop):
    def check(version):
        raise stop

    with pytest.raises(stop):
        failure_of(check, 1)


def test_nothing_is_shown(capsys):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with silence():
            print("text")
            warnings.warn("careful", stacklevel=1)
    assert capsys.readouterr() == ("", "")
