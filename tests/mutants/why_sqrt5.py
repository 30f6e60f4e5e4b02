"""Wrong versions of the functions of 02b_why_sqrt5, each with one mistake that is easy to make."""

MUTANTS = {
    "default_draw": {
        "draws as uniform Kaiming weights": (
            "uniform(k, n_out, n_in)",
            "uniform(math.sqrt(6) * k, n_out, n_in)",
        ),
        "takes the standard deviation for the bound": (
            "uniform(k, n_out, n_in)",
            "uniform(k / math.sqrt(3), n_out, n_in)",
        ),
        "has no biases": ("uniform(k, n_out)", "uniform(0, n_out)"),
    },
    "default_bound": {
        "divides by the neurons and not by the inputs": ("shape[1:]", "shape[:1]"),
        "ignores the window": ("math.prod(shape[1:])", "shape[1]"),
        "gives the standard deviation and not the bound": ("1 / math", "3 ** -.5 / math"),
        "forgets the root": ("math.sqrt(math.prod(shape[1:]))", "math.prod(shape[1:])"),
    },
    "signal": {
        "takes the deviation of all numbers together": ("x.var(0).mean().sqrt()", "x.std()"),
        "compares neurons and not inputs": ("x.var(0)", "x.var(1)"),
        "takes the mean of the deviations and not of the variances": (
            "x.var(0).mean().sqrt()",
            "x.std(0).mean()",
        ),
        "forgets the root": ("x.var(0).mean().sqrt()", "x.var(0).mean()"),
    },
    "best_constant_loss": {
        "takes one constant for all columns": ("targets.mean(0)", "targets.mean()"),
        "always predicts 0": ("targets - targets.mean(0)", "targets"),
        "adds up over the columns": (
            "(targets - targets.mean(0)).square().mean()",
            "(targets - targets.mean(0)).square().sum(1).mean()",
        ),
        "predicts the mean of each row": (
            "targets.mean(0)",
            "targets.mean(1, keepdim=True)",
        ),
    },
}
