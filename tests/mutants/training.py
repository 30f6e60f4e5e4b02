"""Wrong versions of the functions of training, each with one mistake that is easy to make."""

import torch

from literate.exercises import helper

LOG_SOFTMAX = "    return shifted - shifted.exp().sum(-1, keepdim=True).log()\n"


def mean_of_means(evaluate):
    "Each batch counts the same, however small it is."

    def wrong(model, batches, *functions):
        pairs = [evaluate(model, [batch], *functions) for batch in batches]
        if not pairs:
            return evaluate(model, [])
        return type(pairs[0])(*(sum(values) / len(pairs) for values in zip(*pairs, strict=True)))

    return wrong


def shuffled_once(sampler):
    "The first order is used for all epochs."

    class Once(sampler):
        def __iter__(self):
            if not hasattr(self, "order"):
                self.order = list(super().__iter__())
            return iter(self.order)

    return Once


def one_memory(by_hand):
    "All calls share the memory of the last one."

    class OneMemory(by_hand):
        def forward(self, *inputs):
            self.called = [*getattr(self, "called", []), super().forward(*inputs)]
            for call in self.called:
                call.grad_fn.layers = self.called[-1].grad_fn.layers
            return self.called[-1]

    return OneMemory


def old_gradients_kept(by_hand):
    "What an earlier pass left in `g` is handed over, too."

    class NotCleared(by_hand):
        def forward(self, *inputs):
            for p in self.weights:
                p.g = torch.ones_like(p)
            return super().forward(*inputs)

    return NotCleared


def mode_kept(fit):
    "The mode of the last evaluation stays."

    def wrong(model, *args, **kwargs):
        model.train = lambda mode=True: model
        return fit(model, *args, **kwargs)

    return wrong


def not_divided(grad):
    "The gradient of the sum of the losses in place of their mean."

    def wrong(out, *args):
        return len(out) * grad(out, *args)

    return wrong


def drawn_once(dropout):
    "All calls drop the same activations."

    class Once(dropout):
        def forward(self, x):
            if self.training:
                if not hasattr(self, "dropped"):
                    self.dropped = super().forward(torch.ones_like(x))
                return x * self.dropped
            return x

    return Once


MUTANTS = {
    "accuracy": {
        "does not check the shape of the labels": ("y.shape != out.shape[:-1]", "False"),
        "compares the largest output of each class": ("out.argmax(-1)", "out.argmax(0)[0]"),
        "takes the smallest output for the answer": ("argmax", "argmin"),
        "counts the right rows and does not divide": (".float().mean()", ".float().sum()"),
    },
    "log_softmax": {
        "takes the logarithm of a fraction that overflows": (
            LOG_SOFTMAX,
            "    return (out.exp() / out.exp().sum(-1, keepdim=True)).log()\n",
        ),
        "subtracts no maximum": ("out - out.detach().amax(-1, keepdim=True)", "out"),
        "adds up over the images": (
            "    shifted =",
            "    out = out.T\n    shifted =",
            "keepdim=True).log()",
            "keepdim=True).log() + 0 * out",
        ),
        "subtracts the maximum of the whole batch": ("amax(-1, keepdim=True)", "amax()"),
        "divides by the mean in place of the sum": (".exp().sum(", ".exp().mean("),
    },
    "cross_entropy": {
        "takes the logarithm of a softmax that overflows": (
            "log_softmax(out)",
            "(out.exp() / out.exp().sum(1, keepdim=True)).log()",
        ),
        "smooths the wrong side": helper(
            "_loss_of_logs",
            "return (1 - smooth) * loss - smooth * logs.mean() if smooth else loss",
            "return smooth * loss - (1 - smooth) * logs.mean()",
        ),
        "adds up over the classes when it smooths": helper(
            "_loss_of_logs", "smooth * logs.mean()", "smooth * logs.sum(1).mean()"
        ),
        "ignores the smoothing": ("y, smooth)", "y, 0.)"),
        "flattens labels of a wrong shape": ("y, smooth)", "y.flatten(), smooth)"),
        "picks by an index that may count from the end": helper(
            "nll", "logs.gather(1, y[:, None])", "logs[torch.arange(len(y)), y.long()]"
        ),
        "adds up the losses of the batch": ("return _loss", "return len(y) * _loss"),
    },
    "cross_entropy_grad": {
        "returns zeros": ("return _grad", "return 0 * _grad"),
        "has the wrong sign": ("return _grad", "return -_grad"),
        "is twice too large": ("return _grad", "return 2 * _grad"),
        "is not divided by the number of rows": not_divided,
        "is divided by the classes as well": (
            "y, smooth)\n",
            "y, smooth) / out.shape[1]\n",
        ),
        "ignores the smoothing": ("y, smooth)\n", "y, 0.)\n"),
        "forgets to subtract the target": helper("_grad_of_logs", ".sub_(targets)", ""),
    },
    "CrossEntropy": {
        "ignores the gradient of what comes after it": (") * out_g, None", "), None"),
        "ignores the smoothing": ("self.smooth = smooth", "self.smooth = 0."),
    },
    "Sampler": {
        "draws with replacement": (
            "torch.randperm(self.n, generator",
            "torch.randint(max(self.n, 1), (self.n,), generator",
        ),
        "never shuffles": ("self.generator is not None", "False"),
        "shuffles once for all epochs": shuffled_once,
        "drops a last batch that is smaller": ("[:len(self)])", "[:self.n // self.batch_size])"),
    },
    "Optimizer": {
        "goes up instead of down": helper("gradient_step", "alpha=lr", "alpha=-lr"),
        "changes a copy": helper("gradient_step", "p.sub_(", "p.sub("),
        "ignores a learning rate that was changed": (
            "state, **self.hypers)",
            "state, **self.first)",
            "self.state =",
            "self.first = dict(hypers)\n        self.state =",
        ),
        "keeps the gradients": ("p.grad = None", "pass"),
        "shares its state with what it saved": (
            "    @torch.no_grad()\n",
            "    def state_dict(self):\n"
            "        return {'hypers': self.hypers, 'state': self.state}\n\n"
            "    @torch.no_grad()\n",
        ),
    },
    "ByHand": {
        "keeps old gradients": old_gradients_kept,
        "changes the output": ("return _Chain.apply(", "return 1 + _Chain.apply("),
        "shares the memory of the last call": one_memory,
        "asks for a gradient of the gradient by hand": helper(
            "_Chain", "if torch.is_grad_enabled():", "if False:"
        ),
    },
    "evaluate": {
        "lets every batch count the same": mean_of_means,
        "leaves the model in training mode": ("model.eval()", "model.train()"),
        "computes gradients": ("@torch.no_grad()\n", ""),
        "looks at the last batch only": ("        n += len(y)", "        n = len(y)"),
    },
    "fit": {
        "keeps the gradients": helper("_training_step", "    opt.zero_grad()\n", ""),
        "takes no steps": helper("_training_step", "    opt.step()\n", ""),
        "stays in the mode of the evaluation": mode_kept,
        "asks the schedule for the epoch": ("schedule(len(losses))", "schedule(epoch)"),
        "trains for one epoch only": ("range(epochs)", "range(min(1, epochs))"),
        "ends without a word when the batches are used up": (
            "if len(losses) == before:",
            "if False:",
        ),
    },
    "is_overfitting": {
        "compares with a training loss": lambda _: lambda losses: losses[-1] > 0.05,
        "compares with the first loss": ("min(valid_losses)", "valid_losses[0]"),
        "takes any rise for overfitting": ("(1 + tolerance)", "1"),
        "never sees it": ("return valid_losses[-1] >", "return False and valid_losses[-1] >"),
    },
    "Dropout": {
        "drops in evaluation, too": ("if not self.training:", "if False:"),
        "does not divide by what is left": (" / (1 - self.p)", ""),
        "keeps a share of p": ("(draw >= self.p)", "(draw < self.p)"),
        "drops whole calls": ("torch.rand(x.shape,", "torch.rand(1,"),
        "draws once for all calls": drawn_once,
    },
    "Embedding": {
        "draws from 0 to 1": ("torch.randn(", "torch.rand("),
        "gives columns in place of rows": ("(n, width, generator", "(width, n, generator"),
        "learns from one look-up of each row": (
            "return self.weight[index]",
            "return self.weight[index].detach() + 0 * self.weight.sum()",
        ),
    },
    "softmax": {
        "subtracts no maximum": ("(out - out.max(1, keepdim=True).values)", "out"),
        "adds up over the images": ("powers.sum(1, keepdim=True)", "powers.sum(0, keepdim=True)"),
        "subtracts the maximum of the whole batch": (
            "out.max(1, keepdim=True).values",
            "out.max()",
        ),
        "returns logarithms": (
            "return powers / powers.sum(1, keepdim=True)",
            "return (powers / powers.sum(1, keepdim=True)).log()",
        ),
    },
    "confusion": {
        "has the answers in its rows": ("counts[right, answer]", "counts[answer, right]"),
        "counts each pair once": ("+= 1", "= 1"),
        "takes the smallest output for the answer": ("argmax", "argmin"),
    },
    "clip_gradients": {
        "clips each parameter alone": (
            "            p.grad *= most / length",
            "            p.grad *= most / p.grad.norm().clamp_min(most)",
        ),
        "stretches short gradients, too": ("if length > most:", "if True:"),
        "returns the length after": ("return length", "return min(length, most)"),
        "changes copies": ("p.grad *= most / length", "p.grad * most / length"),
    },
    "stop_epoch": {
        "compares with the epoch before": (
            "loss < valid_losses[best]",
            "loss < valid_losses[epoch - 1]",
        ),
        "counts epochs from 0": ("return epoch + 1", "return epoch"),
        "waits one epoch longer": ("epoch - best >= patience", "epoch - best > patience"),
        "looks at the last epoch only": (
            "        if epoch - best >= patience:",
            "        if epoch == len(valid_losses) - 1 and epoch - best >= patience:",
        ),
    },
    "embedding_grad": {
        "keeps only the last look-up of a row": ("+= grad", "= grad"),
        "takes the mean over the look-ups": (
            "    return table_g",
            "    return table_g / len(index)",
        ),
        "lets the rows be those of the look-ups": (
            "zip(index.tolist(), out_g)",
            "enumerate(out_g)",
        ),
    },
}
