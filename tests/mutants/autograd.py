"""Wrong versions of the functions of autograd, each with one mistake that is easy to make."""

MUTANTS = {
    "topological_order": {
        "goes down the first path it finds": lambda original: depth_first,
        "lists a variable once for each path to it": lambda original: every_path,
        "starts at the inputs": lambda original: lambda out: original(out)[::-1],
        "forgets the inputs": ("if uses[inp] == 0:", "if False:"),
    },
    "unbroadcast": {
        "sums nothing": lambda original: lambda grad, shape: grad,
        "takes the first elements": (
            "grad.sum(dims).reshape(shape) if dims else grad",
            "grad.flatten()[:torch.Size(shape).numel()].reshape(shape)",
        ),
        "sums over the added dimensions only": (
            "[*range(added), *(added + i for i, size in enumerate(shape) if size == 1)]",
            "list(range(added))",
        ),
        "takes the mean": ("grad.sum(dims)", "grad.mean(dims)"),
        "sums everything": (
            "grad.sum(dims).reshape(shape) if dims else grad",
            "grad.sum().expand(shape)",
        ),
    },
    "gradients": {
        "overwrites instead of adding up": (
            "grads[inp] + contribution if inp in grads else contribution",
            "contribution",
        ),
        "does not sum over what was broadcast": (
            "unbroadcast(pullback(grads[var]), inp.shape)",
            "pullback(grads[var])",
        ),
        "always gives zeros": ("torch.ones_like(out.data)", "torch.zeros_like(out.data)"),
        "has the wrong sign": ("torch.ones_like(out.data)", "-torch.ones_like(out.data)"),
        "gives twice the gradient": ("torch.ones_like(out.data)", "2 * torch.ones_like(out.data)"),
    },
    "Var.backward": {
        "overwrites what an earlier pass left": (
            "grad + (0 if var.grad is None else var.grad)",
            "grad + 0",
        ),
        "gives one and the same tensor to several variables": (
            "grad + (0 if var.grad is None else var.grad)",
            "grad if var.grad is None else var.grad + grad",
        ),
        "ignores the gradient for the result": (
            "gradients(self, out_g)",
            "gradients(self, torch.ones_like(self.data))",
        ),
        "keeps the gradients of all variables": ("if not var.edges:", "if True:"),
    },
    "sigmoid_pullback": {
        "has the slope 1": ("g * result * (1 - result)", "g"),
        "forgets the gradient for the result": ("g * result * (1", "result * (1"),
        "has the slope of the exponential function": ("g * result * (1 - result)", "g * result"),
        "has the slope of tanh": ("result * (1 - result)", "(1 - result * result)"),
    },
    "larger_pullback": {
        "hands the gradient to both": ("g * left_wins, g * ~left_wins", "g, g"),
        "hands the gradient to the smaller one": (
            "g * left_wins, g * ~left_wins",
            "g * ~left_wins, g * left_wins",
        ),
        "hands it to nobody where both are equal": ("g * ~left_wins", "g * (right > left)"),
        "hands half of it to each": ("g * left_wins, g * ~left_wins", "g / 2, g / 2"),
    },
    "log_sum_exp": {
        "subtracts no maximum": ("shift = a.data.max()", "shift = 0."),
        "does not add the maximum again": (".log() + shift", ".log()"),
        "subtracts the maximum instead of adding it again": (
            ".log() + shift",
            ".log() - shift",
        ),
        "takes the mean for the sum": (".sum()", ".mean()"),
    },
    "graph_size": {
        "counts a variable once for each use": (
            "return len(order), sum(",
            "return 1 + sum(len(var.edges) for var in order), sum(",
        ),
        "does not count the result": ("return len(order),", "return len(order) - 1,"),
        "counts the leaves only": (
            "return len(order),",
            "return sum(not var.edges for var in order),",
        ),
        "counts the edges of the result only": ("for var in order)", "for var in order[:1])"),
    },
}


def depth_first(out):
    """Each variable before its inputs, in the order in which they are found."""
    order = {out: None}
    for inp, _ in out.edges:
        order |= dict.fromkeys(depth_first(inp))
    return list(order)


def every_path(out):
    """A variable for each path that leads to it."""
    return [out] + [var for inp, _ in out.edges for var in every_path(inp)]
