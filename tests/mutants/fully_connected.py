"""Wrong versions of the functions of fully_connected, with mistakes that are easy to make."""


def times(factor):
    """Makes of a function that returns gradients one that multiplies them by a factor."""

    def wrong(original):
        def changed(*args):
            grads = original(*args)
            if isinstance(grads, tuple):
                return tuple(factor * grad for grad in grads)
            return factor * grads

        return changed

    return wrong


ANY_GRADIENT = {
    "always gives zeros": times(0),
    "has the wrong sign": times(-1),
    "gives twice the gradient": times(2),
}

MUTANTS = {
    "lin": {
        "forgets the bias": ("return x @ w + b", "return x @ w"),
        "adds the bias to each product": ("return x @ w + b", "return x @ w + len(w) * b"),
        "does not look at the shapes": lambda original: lambda x, w, b: x @ w + b,
        "looks at the shape of x only": (" or b.shape != w.shape[1:]", ""),
    },
    "relu": {
        "does nothing": lambda original: lambda x: x,
        "takes the absolute value": lambda original: lambda x: x.abs(),
        "makes 0 of nan": lambda original: lambda x: (x > 0).where(x > 0, 0.0) * x.nan_to_num(),
        "multiplies by 0": lambda original: lambda x: x * (x > 0),
        "changes its input": lambda original: lambda x: x.clamp_min_(0.0),
        "changes its input, and shifts it": (
            lambda original: lambda x: x.clamp_min_(0.0).sub_(0.5) + 0.5
        ),
    },
    "mse": {
        "adds no axis to the target": ("_difference(out, targ)", "(out - targ)"),
        "removes all axes of length 1": ("_difference(out, targ)", "(out.squeeze() - targ)"),
        "adds up instead of taking the mean": (".mean()", ".sum()"),
        "forgets the square": (".pow(2)", ""),
    },
    "mse_grad": {
        "divides by n and not by n * n_out": ("out.numel()", "len(out)"),
        "does not divide": (" / out.numel()", ""),
        "removes all axes of length 1": (
            "_difference(out, targ)",
            "(out.squeeze() - targ).unsqueeze(-1)",
        ),
        "adds no axis to the target": ("_difference(out, targ)", "(out - targ)"),
        **ANY_GRADIENT,
    },
    "relu_grad": {
        "lets the gradient through at 0": ("inp > 0", "inp >= 0"),
        "lets every gradient through": ("out_g * (inp > 0)", "out_g"),
        "forgets the gradient for its output": ("out_g * (inp > 0)", "(inp > 0).to(out_g)"),
        "lets the gradient through on the negative side": ("inp > 0", "inp < 0"),
        **ANY_GRADIENT,
    },
    "lin_grad": {
        "transposes the gradient for w": ("inp.T @ out_g", "out_g.T @ inp"),
        "does not transpose w": ("out_g @ w.T", "out_g @ w"),
        "takes the mean for b": ("out_g.sum(0)", "out_g.mean(0)"),
        "adds up over the wrong axis for b": ("out_g.sum(0)", "out_g.sum(1)"),
        "takes the mean for w": ("inp.T @ out_g", "inp.T @ out_g / len(inp)"),
        **ANY_GRADIENT,
    },
    "leaky_relu_grad": {
        "lets nothing through on the negative side": (", slope * out_g)", ", 0 * out_g)"),
        "takes the slope of the positive side at 0": ("where(inp > 0", "where(inp >= 0"),
        "forgets the gradient for its output": (
            ", out_g, slope * out_g",
            ", torch.ones_like(out_g), slope",
        ),
        "multiplies the input by the slope instead of the gradient": (
            ", slope * out_g)",
            ", slope * inp)",
        ),
    },
    "mae_grad": {
        "divides by n and not by n * n_out": ("out.numel()", "len(out)"),
        "gives the difference instead of its sign": (".sign()", ""),
        "has the wrong sign": ("(out - targ).sign()", "(targ - out).sign()"),
        "does not divide": (" / out.numel()", ""),
    },
    "downhill": {
        "goes uphill": ("p - rate", "p + rate"),
        "ignores the learning rate": ("rate * grad", "grad"),
        "changes the old parameters": ("p - rate * grad", "p.sub_(rate * grad)"),
        "changes only the first parameter": (
            "return [p - rate * grad for p, grad in zip(params, grads)]",
            "return [params[0] - rate * grads[0], *params[1:]]",
        ),
    },
    "Product": {
        "gives each input its own value as a factor": (
            "out_g * right, out_g * left",
            "out_g * left, out_g * right",
        ),
        "hands the gradient on to both, as a sum would": (
            "out_g * right, out_g * left",
            "out_g, out_g",
        ),
        "forgets the gradient for its output": ("out_g * right, out_g * left", "right, left"),
    },
}
