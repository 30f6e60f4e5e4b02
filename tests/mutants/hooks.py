"""Wrong versions of the functions of hooks, each with one mistake that is easy to make."""

from literate.exercises import helper

RUN = "            model.eval()(*inputs)\n"

MUTANTS = {
    "Hooks": {
        "never removes them": ("            handle.remove()", "            pass"),
        "replaces the output": ("-> None:\n            f(", "-> None:\n            return f("),
        "does not remove them after an error": (
            "def __exit__(self, *error) -> None:\n        self.remove()",
            "def __exit__(self, *error) -> None:\n        error[0] or self.remove()",
        ),
        "leaves some behind when it cannot begin": (
            "            self.remove()\n            raise",
            "            raise",
        ),
        "watches the first module only": (
            "for module in modules:",
            "for module in list(modules)[:1]:",
        ),
    },
    "histogram": {
        "loses what is beyond the top": (
            ".clamp_max(bins - 1)",
            "",
            "places.long()",
            "places[places < bins].long()",
        ),
        "takes negative numbers for 0": (".abs()", ".clamp_min(0.)"),
        "takes nan for 0": (".nan_to_num(bins)", ".nan_to_num(0.)"),
        "has a range of its own": ("(bins / top)", "(bins / x.float().abs().max())"),
        "gives shares": ("(minlength=bins)", "(minlength=bins) / x.numel()"),
    },
    "Activations": {
        "gives the share of zeros": (".transpose(0, 1).flatten(1).all(1)", ""),
        "looks at the first input only": (
            "out.detach().float()\n",
            "out.detach().float()[:1]\n",
        ),
        "looks for dead images": (".transpose(0, 1)", ""),
        "gives the variance": ("out.std()", "out.var()"),
        "remembers gradients": ("out.detach().float()", "out.float()"),
    },
    "ActivationStats": {
        "leaves its hooks behind": ("self._hooks.remove()", "pass"),
        "removes its hooks in the last epoch only": (
            "if self._hooks is not None:",
            "if self._hooks is not None and learner.epoch:",
        ),
        "keeps the statistics of an earlier training": helper(
            "_Watch",
            "        self.stats = {}\n",
            "        self.stats = getattr(self, 'stats', {})\n",
        ),
    },
    "summary": {
        "counts the parameters of each call": (" if id(p) not in counted", ""),
        "counts multiplications only": helper("count_flops", "sum(2 * w", "sum(w"),
        "counts biases, too": (
            "count_flops(own, out)",
            "count_flops(own, out) + sum(p.numel() for p in own)",
        ),
        "counts one image": helper("_run_in_evaluation", "(*inputs)", "(*(x[:1] for x in inputs))"),
        "leaves out what is elsewhere": (
            "if rest := count(model.parameters()):",
            "if (rest := count(model.parameters())) < 0:",
        ),
        "leaves the model in evaluation mode": helper("_run_in_evaluation", "= mode", "= False"),
        "leaves all modules in training mode": helper("_run_in_evaluation", "= mode", "= True"),
        "moves running statistics": helper(
            "_run_in_evaluation",
            RUN,
            "            model.train()(*inputs)\n" + RUN,
        ),
        "leaves its hooks behind": helper("_run_in_evaluation", "with hooks:", "if True:"),
    },
    "output_shapes": {
        "gives the shapes of the inputs": ("tuple(out.shape)", "tuple(inputs[0].shape)"),
        "leaves out the number of rows": ("tuple(out.shape)", "tuple(out.shape[1:])"),
        "looks into the parts of parts": (
            "Hooks(model,",
            "Hooks([m for m in model.modules() if not list(m.children())],",
        ),
    },
    "first_bad": {
        "finds the last one": (
            "bad.index(True)",
            "(len(bad) - 1 - bad[::-1].index(True))",
        ),
        "lets infinity pass": ("not out.isfinite().all()", "bool(out.isnan().any())"),
        "counts from 1": ("bad.index(True)", "bad.index(True) + 1"),
        "gives -1 for none": ("else None", "else -1"),
    },
    "conv_flops": {
        "counts multiplications only": ("2 * c_in", "c_in"),
        "forgets the channels of the input": ("c_in * c_out", "c_out"),
        "takes k for the window": ("k * k", "k"),
        "forgets the pixels": (" * rows * columns", ""),
    },
    "hidden_neurons": {
        "counts multiplications only": ("2 * (784 + 10)", "(784 + 10)"),
        "forgets the last layer": ("784 + 10", "784"),
        "rounds up": ("most // (2 * (784 + 10))", "-(-most // (2 * (784 + 10)))"),
    },
}
