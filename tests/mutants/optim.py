"""Wrong versions of the functions of optim, each with one mistake that is easy to make."""

from literate.exercises import helper

SGD_DECAY = "    if weight_decay:\n        grad = grad.add(p, alpha=weight_decay)\n"
ADAM_DECAY = "    p.mul_(1 - lr * weight_decay)\n"
ADAM_STEP = "    p.addcdiv_(average, root.add_(eps), value=-lr)"


def shared_state(opt_class):
    "All parameters of a shape have one memory."

    class Shared(opt_class):
        def __init__(self, params, **options):
            super().__init__(params, **options)
            states = {p.shape: {} for p in self.params}
            self.state = [states[p.shape] for p in self.params]

    return Shared


MUTANTS = {
    "SGD": {
        "has no momentum": helper("sgd_step", "    if momentum:\n", "    if False:\n"),
        "takes an average in place of the sum": helper(
            "sgd_step",
            "add_(grad)",
            "add_(grad, alpha=1 - momentum)",
            "grad.clone()",
            "grad * (1 - momentum)",
        ),
        "decays after the step": helper(
            "sgd_step",
            SGD_DECAY,
            "",
            "    p.sub_(grad, alpha=lr)",
            "    p.sub_(grad, alpha=lr)\n    p.mul_(1 - lr * weight_decay)",
        ),
        "ignores nesterov": helper("sgd_step", "if nesterov else", "if False else"),
        "shares its state between parameters": shared_state,
        "ignores the decay": helper("sgd_step", SGD_DECAY, ""),
    },
    "RMSProp": {
        "adds eps inside the root": helper(
            "rmsprop_step", "squares.sqrt().add_(eps)", "squares.add(eps).sqrt()"
        ),
        "forgets the squares of earlier steps": helper(
            "rmsprop_step",
            "state.setdefault('squares', torch.zeros_like(p))",
            "torch.zeros_like(p)",
        ),
        "ignores the decay": helper("rmsprop_step", SGD_DECAY, ""),
    },
    "AdamW": {
        "adds the decay to the gradient": helper(
            "adamw_step", ADAM_DECAY, "", "(p, grad, state", "(p, grad + weight_decay * p, state"
        ),
        "decays after the step": helper(
            "adamw_step", ADAM_DECAY, "", ADAM_STEP, ADAM_STEP + "\n" + ADAM_DECAY.rstrip()
        ),
        "decays without the learning rate": helper(
            "adamw_step", "p.mul_(1 - lr * weight_decay)", "p.mul_(1 - weight_decay)"
        ),
        "has no bias correction": helper(
            "_adam_averages", "1 - beta1 ** state['step'], 1 - beta2 ** state['step']", "1., 1."
        ),
        "adds eps inside the root": helper(
            "adamw_step", "root.add_(eps)", "(root ** 2 + eps).sqrt()"
        ),
        "exchanges the betas": helper("adamw_step", "state, beta1, beta2)", "state, beta2, beta1)"),
    },
    "lamb_step": {
        "does not scale by the length of p": ("length / size", "1."),
        "leaves out the decay": (".add_(p, alpha=weight_decay)", ""),
        "takes the direction of the gradient": (
            "average.div_(root.add_(eps))",
            "grad.clone()",
        ),
        "goes twice as far": ("p.sub_(lr *", "p.sub_(2 * lr *"),
    },
    "combine": {
        "takes the schedules in reverse order": (
            "    def combined(share):\n",
            "    schedules = schedules[::-1]\n\n    def combined(share):\n",
        ),
        "gives each schedule the same share": (
            "    def combined(share):\n",
            "    shares = [1 / len(shares)] * len(shares)\n\n    def combined(share):\n",
        ),
    },
    "one_cycle": {
        "is asked once an epoch": helper(
            "cycle", "        if step < top:", "        step //= 10\n        if step < top:"
        ),
        "goes along straight lines": helper(
            "cosine", "(1 + math.cos(math.pi * share)) / 2", "(1 - share)"
        ),
        "has its peak elsewhere": ("steps, pct)", "steps, .4)"),
        "starts elsewhere": ("cycle(lr / div,", "cycle(lr / 5,"),
        "ends elsewhere": ("lr / div / final_div, steps", "lr / div / 2, steps"),
        "is one step late": helper(
            "cycle",
            "        if step < top:",
            "        step = max(0, step - 1)\n        if step < top:",
        ),
    },
    "largest_rate": {
        "ignores the momentum": ("2 * (1 + beta) / h", "2 / h"),
        "divides by 1 - beta": ("2 * (1 + beta) / h", "2 / (1 - beta) / h"),
        "multiplies by the curvature": ("/ h", "* h"),
    },
    "adagrad_step": {
        "forgets like RMSProp": ("squares += grad ** 2", "squares.mul_(.99).add_(.01 * grad ** 2)"),
        "takes no root": ("squares.sqrt()", "squares"),
        "does not square": ("grad ** 2", "grad.abs()"),
        "forgets the squares of earlier steps": (
            "squares = state.setdefault('squares', torch.zeros_like(p))",
            "squares = state['squares'] = torch.zeros_like(p)",
        ),
    },
    "warmup": {
        "starts at 0": ("(step + 1) / (warm + 1)", "step / max(warm, 1)"),
        "falls from the first step": ("(steps - step) / (steps - warm)", "(steps - step) / steps"),
        "stays at the top": ("return lr * (steps - step) / (steps - warm)", "return lr"),
        "reaches 0 one step too early": (
            "(steps - step) / (steps - warm)",
            "(steps - 1 - step) / (steps - 1 - warm)",
        ),
    },
    "average_weights": {
        "exchanges the shares": (
            "mean *= beta",
            "mean *= 1 - beta",
            "+= (1 - beta) * p",
            "+= beta * p",
        ),
        "makes new tensors": ("mean *= beta\n", "mean = mean * beta\n"),
        "adds the whole parameter": ("+= (1 - beta) * p", "+= p"),
        "changes the parameters": ("mean += (1 - beta) * p", "mean += p.mul_(1 - beta)"),
    },
}
