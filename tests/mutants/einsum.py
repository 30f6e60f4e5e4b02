"""Wrong versions of the functions of 01b_einsum, each with one mistake that is easy to make."""

from collections.abc import Callable
from typing import Any

from literate.exercises import helper

ONCE = "sorted(name for name in count if name.isalpha() and count[name] == 1)"


def across_only(name_sizes: Callable) -> Callable:
    """Sizes of 1 broadcast within an operand, too."""

    def wrong(inputs: Any, shapes: Any) -> Any:
        names = [name for names in inputs for name in names]
        return name_sizes(names, [(size,) for shape in shapes for size in shape])

    return wrong


def last_size(name_sizes: Callable) -> Callable:
    """The last size of a name counts."""

    def wrong(inputs: Any, shapes: Any) -> Any:
        name_sizes(inputs, shapes)
        sizes = {}
        for names, shape in zip(inputs, shapes, strict=True):
            sizes |= dict(zip(names, shape, strict=True))
        return sizes

    return wrong


MUTANTS = {
    "letters_of": {
        "accepts every character": lambda original: lambda term: list(term.replace(" ", "")),
        "drops what is not a letter": lambda original: (
            lambda term: [letter for letter in term if letter.isalpha()]
        ),
        "turns capitals into small letters": lambda original: lambda term: original(term.lower()),
    },
    "name_sizes": {
        "takes the last size of a name": last_size,
        "broadcasts within an operand, too": across_only,
    },
    "take_diagonals": {
        "takes the diagonal of one pair only": (
            "while names.count(name) > 1",
            "if names.count(name) > 1",
        ),
        "takes no diagonal": lambda original: lambda x, names: (x, list(names)),
        "takes the first elements": lambda original: (
            lambda x, names: (x[:, :, 0, 0, 0], ["i", "j"]) if "ii" in names else original(x, names)
        ),
    },
    "einsum": {
        "orders the letters of an implicit result as they appear": helper(
            "parse", ONCE, ONCE.replace("sorted(", "list(")
        ),
        "keeps all letters in an implicit result": helper("parse", " and count[name] == 1", ""),
        "puts capitals last in an implicit result": helper(
            "parse", "count[name] == 1)", "count[name] == 1)[::-1]"
        ),
        "aligns the ellipsis at the first dimension": helper(
            "_name_ellipsis", "reversed(range(hidden))", "range(hidden)"
        ),
        "drops the ellipsis of the result": helper("parse", "max(hidden)", "0"),
        "does not check the sizes": ("    name_sizes(inputs, [x.shape for x in operands])\n", ""),
        "takes no diagonals": ("take_diagonals(x, names) for", "(x, list(names)) for"),
        "takes means instead of sums": helper("sum_except", "x.sum(dims) if", "x.mean(dims) if"),
        "sums over the batch": helper(
            "contract",
            "if name in y_names and name in needed]",
            "if False]",
            "if name in y_names and name not in needed]",
            "if name in y_names]",
        ),
        "does not broadcast sizes of 1": helper(
            "_drop_ones", "return x.squeeze(ones), kept", "return x, list(names)"
        ),
    },
    "pair_distances": {
        "forgets the factor 2": ("- 2 * torch", "- torch"),
        "adds the products instead of subtracting them": ("- 2 * torch", "+ 2 * torch"),
        "forgets the squares of x": (
            "squares_of_x[:, None] -",
            "squares_of_x[:, None] * 0 -",
        ),
    },
    "batch_trace": {
        "adds up whole matrices": ("'bii->b'", "'bij->b'"),
        "returns the diagonals and not their sums": ("'bii->b'", "'bii->bi'"),
        "adds up the matrices of the batch, too": ("'bii->b'", "'bii->'"),
    },
    "head_scores": {
        "keeps the products without adding them up": ("'bhnd,bhmd->bhnm'", "'bhnd,bhmd->bhnmd'"),
        "returns keys by queries": ("->bhnm", "->bhmn"),
        "adds up the heads": ("'bhnd,bhmd->bhnm'", "'bhnd,bhmd->bnm'"),
    },
    "gradient_equation": {
        "leaves out the gradient of the result": ("[result, *others]", "others"),
        "keeps the operand itself": ("terms[place + 1:]", "terms[place:]"),
        "puts the gradient of the result last": ("[result, *others]", "[*others, result]"),
    },
}
