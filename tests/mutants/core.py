"""Wrong versions of the functions of 00_core, each with one mistake that is easy to make."""

MUTANTS = {
    "limit": {
        "does not stop at 0": ("max(x, 0)", "x"),
        "does not stop at 1": ("min(max(x, 0), 1)", "max(x, 0)"),
    },
    "fraction_wrong": {
        "returns the fraction of right elements": ("got != want", "got == want"),
        "returns how many are wrong, not which part": (".mean()", ".sum()"),
        "says only whether there is a wrong element": (".double().mean()", ".any().double()"),
    },
    "relative_error": {
        "forgets the absolute value of the difference": (
            "(got - want).abs().max()",
            "(got - want).max()",
        ),
        "divides by the largest value and not by the largest absolute value": (
            "want.abs().max()",
            "want.max()",
        ),
        "takes the mean of the differences and not the largest": (
            "(got - want).abs().max()",
            "(got - want).abs().mean()",
        ),
    },
    "check_sorting": {
        "does not look for an argument that has changed": (
            "    test_eq(numbers, [3, 1, 3, 2])\n",
            "",
        ),
        "tries no list in which a number occurs twice": (
            "[3, 1, 3, 2]\n    test_eq(f(numbers), [1, 2, 3, 3])\n"
            "    test_eq(numbers, [3, 1, 3, 2])",
            "[3, 1, 2]\n    test_eq(f(numbers), [1, 2, 3])\n    test_eq(numbers, [3, 1, 2])",
        ),
        "compares only the length": (
            "test_eq(f(numbers), [1, 2, 3, 3])",
            "test_eq(len(f(numbers)), 4)",
        ),
    },
}
