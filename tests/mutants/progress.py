"""Wrong answers to the exercises of 13_errata."""

import torch


def answer(value):
    """A wrong version that returns this value."""
    return lambda original: lambda: value


MUTANTS = {
    "squeeze_counterexample": {
        "returns a batch of two, which shows nothing": answer(torch.ones(2, 1)),
        "returns a vector": answer(torch.ones(1)),
    },
    "shapes_counterexample": {
        "returns equal shapes": answer(((2, 3), (2, 3))),
        "aligns the shapes at the first axis": answer(((2, 3), (2,))),
    },
    "times_counterexample": {
        "gives the faster function the smaller mean, too": answer(([3.0] * 5, [2.0] * 5)),
        "disturbs most of the measurements": answer(([3.0] * 5, [2.0, 9.0, 9.0, 9.0, 9.0])),
        "gives the slower function the smaller mean and the smaller median": answer(
            ([1.0] * 5, [2.0] * 5)
        ),
    },
    "einsum_counterexample": {
        "sums over the letter": answer("ii->"),
        "repeats no letter": answer("ij->i"),
    },
}
