"""Wrong versions of the functions of init, each with one mistake that is easy to make."""

from literate.exercises import helper

MULTIPLY = """\
    for _ in range(depth):
        w = torch.empty(n, n)
        x = x @ (scale(w) if callable(scale) else w.normal_(0, scale, generator=gen))
"""
MULTIPLY_BY_ONE_MATRIX = """\
    w = torch.empty(n, n)
    w = scale(w) if callable(scale) else w.normal_(0, scale, generator=gen)
    for _ in range(depth):
        x = x @ w
"""

MUTANTS = {
    "deep": {
        "applies no activation function": ("x = act(x)", "pass"),
        "has the same weights in each layer": (MULTIPLY, MULTIPLY_BY_ONE_MATRIX),
        "has a layer too many": ("range(depth)", "range(depth + 1)"),
        "takes the scale for a variance": ("w.normal_(0, scale,", "w.normal_(0, scale**2,"),
        "ignores the generator": ("w.normal_(0, scale, generator=gen)", "w.normal_(0, scale)"),
    },
    "gain": {
        "forgets the root": ("return math.sqrt(2 / (1 + a ** 2))", "return 2 / (1 + a**2)"),
        "does not square the slope": (
            "return math.sqrt(2 / (1 + a ** 2))",
            "return math.sqrt(2 / (1 + a))",
        ),
        "ignores the slope": ("return math.sqrt(2 / (1 + a ** 2))", "return math.sqrt(2)"),
        "forgets the factor 2": (
            "return math.sqrt(2 / (1 + a ** 2))",
            "return math.sqrt(1 / (1 + a**2))",
        ),
    },
    "fans": {
        "swaps the two": (
            "return n_in * window, n_out * window",
            "return n_out * window, n_in * window",
        ),
        "ignores the window": ("return n_in * window, n_out * window", "return n_in, n_out"),
        "counts the window for the input only": (
            "return n_in * window, n_out * window",
            "return n_in * window, n_out",
        ),
        "ignores the layout": (
            "shape[:2] if layout == 'in_out' else (shape[1], shape[0])",
            "shape[:2]",
        ),
        "always takes the layout of PyTorch": (
            "shape[:2] if layout == 'in_out' else (shape[1], shape[0])",
            "(shape[1], shape[0])",
        ),
    },
    "kaiming_": {
        "fills a copy": ("return w.normal_", "return w.clone().normal_"),
        "swaps the modes": ("== 'fan_out']", "== 'fan_in']"),
        "ignores the slope": ("gain(a) / math", "gain() / math"),
        "ignores the generator": (", generator=gen", ""),
        "ignores the layout": ("fans(w.shape, layout)", "fans(w.shape, 'torch')"),
        "takes the variance for the standard deviation": (
            "gain(a) / math.sqrt(fan)",
            "gain(a) ** 2 / fan",
        ),
        "draws uniform numbers": (
            "return w.normal_(0, gain(a) / math.sqrt(fan), generator=gen)",
            "bound = math.sqrt(3 / fan) * gain(a)\n"
            "    return w.uniform_(-bound, bound, generator=gen)",
        ),
    },
    "xavier_": {
        "fills a copy": ("return w.normal_", "return w.clone().normal_"),
        "ignores the generator": (", generator=gen", ""),
        "takes the sum of the fans for their mean": ("math.sqrt(2 / sum", "math.sqrt(1 / sum"),
        "looks at the fan-in only": ("sum(fans(w.shape, 'torch'))", "fans(w.shape, 'torch')[0]"),
    },
    "orthogonal_": {
        "fills a copy": (
            "    w.normal_(generator=gen)",
            "    w = w.clone().normal_(generator=gen)",
        ),
        "always gives the identity": (
            "w.normal_(generator=gen)",
            "w.copy_(torch.eye(*w.shape))",
        ),
        "scales the vectors only": ("vector -= (vectors[:i] @ vector) @ vectors[:i]", "pass"),
        "subtracts once only": ("range(2)", "range(1)"),
        "gives vectors of length 2": (
            "vector.square().sum().sqrt()",
            "vector.square().sum().sqrt() / 2",
        ),
        "ignores the generator": ("w.normal_(generator=gen)", "w.normal_()"),
    },
    "lsuv_": {
        "does nothing": ("_to_unit_variance(layer, weight, bias, xb, tol, max_iter)", "pass"),
        "leaves the mean alone": helper(
            "_to_unit_variance",
            *("(bias is None or mean.abs() < tol)", "True"),
            *("bias.sub_(mean).div_(std)", "pass"),
        ),
        "sends the same batch into every layer": (
            "        xb = layer(xb)\n    return xb",
            "        out = layer(xb)\n    return out",
        ),
        "is content too early": ("bias, xb, tol,", "bias, xb, .1,"),
        "ignores the limit": ("xb, tol, max_iter)\n", "xb, tol, 20)\n"),
        "returns its input": (
            "    for layer in getattr",
            "    start = xb\n    for layer in getattr",
            "    return xb",
            "    return start",
        ),
    },
    "measured_gain": {
        "takes the standard deviation for the root of the mean square": (
            "act(z).square().mean().sqrt().item()",
            "act(z).std(correction=0).item()",
        ),
        "gives what the activation keeps, and not what makes up for it": ("return 1 / ", "return "),
        "forgets the root": (".sqrt()", ""),
        "measures z before the activation": ("act(z).square()", "z.square()"),
    },
    "xavier_bound": {
        "gives the standard deviation and not the bound": ("sqrt(6 /", "sqrt(2 /"),
        "forgets the root": ("math.sqrt(6 / (fan_in + fan_out))", "6 / (fan_in + fan_out)"),
        "looks at the fan-in only": ("sqrt(6 / (fan_in + fan_out))", "sqrt(6 / fan_in)"),
        "takes the sum of the fans for their mean": ("sqrt(6 /", "sqrt(3 /"),
    },
    "first_too_large": {
        "counts from 0": ("layer, size = 1, factor", "layer, size = 0, factor"),
        "stops at the limit itself": ("size <= largest", "size < largest"),
        "counts the inputs as a layer": ("layer, size = 1, factor", "layer, size = 1, 1"),
        "adds the factor instead of multiplying": ("size *= factor", "size += factor"),
    },
    "diagnose": {
        "does not notice what is not a number": ("not last.isfinite() or ", ""),
        "takes the mean for the root mean square": (".square().mean().sqrt()", ".mean()"),
        "compares neighbours instead of the first and the last layer": ("(0, -1)", "(0, 1)"),
        "compares the mean squares": (".mean().sqrt()", ".mean()"),
    },
}
