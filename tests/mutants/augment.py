"""Wrong versions of the functions of augment, each with one mistake that is easy to make."""

import torch

from literate.exercises import helper


def rolled(original):
    """What leaves on one side comes in on the other."""

    def shift(x, down, right, fill):
        by = torch.stack([torch.as_tensor(by).expand(len(x)) for by in (down, right)], 1)
        moved = [image.roll(by[i].tolist(), (1, 2)) for i, image in enumerate(x)]
        return torch.stack(moved)

    return shift


MUTANTS = {
    "shift": {
        "fills with 0": ("pad(x, most, fill)", "pad(x, most, 0.)"),
        "rolls the images around the edge": rolled,
        "changes the images in place": (
            "return moved.permute(0, 3, 1, 2)",
            "return x.copy_(moved.permute(0, 3, 1, 2))",
        ),
        "moves up and not down": ("most - down[:, None]", "most + down[:, None]"),
        "exchanges down and right": ("for by in (down, right))", "for by in (right, down))"),
        "moves all images like the second": (
            "    most = int",
            "    down, right = down[1].expand(n), right[1].expand(n)\n    most = int",
        ),
    },
    "RandShift": {
        "draws one distance for all images": (
            "        size = 2, len(x)",
            "        size = 2, 1",
            "return shift(",
            "down, right = down.expand(len(x)), right.expand(len(x))\n        return shift(",
        ),
        "never draws the largest distance": ("self.most + 1, size", "self.most, size"),
        "moves along the diagonal only": (
            "right.to(x.device), self.fill",
            "down.to(x.device), self.fill",
        ),
        "changes the images in place": (
            "return shift(x, down.to(x.device), right.to(x.device), self.fill), y",
            "return x.copy_(shift(x, down.to(x.device), right.to(x.device), self.fill)), y",
        ),
        "fills with 0": ("right.to(x.device), self.fill", "right.to(x.device), 0."),
        "does not use its generator": ("generator=self.generator", "generator=None"),
        "draws the same numbers each time": (
            "        size = 2, len(x)",
            "        size = 2, len(x)\n"
            "        self.state = getattr(self, 'state', self.generator.get_state())\n"
            "        self.generator.set_state(self.state)",
        ),
        "shuffles the labels": ("self.fill), y\n", "self.fill), y[torch.randperm(len(y))]\n"),
    },
    "Augmented": {
        "applies only the last change": ("= batches, changes", "= batches, changes[-1:]"),
        "applies the changes in the other order": (
            "= batches, changes",
            "= batches, changes[::-1]",
        ),
        "keeps the batches of the first epoch": (
            "        for x, y in self.batches:",
            "        if not hasattr(self, 'kept'):\n"
            "            self.kept = list(self._changed())\n"
            "        return iter(self.kept)\n\n"
            "    def _changed(self):\n"
            "        for x, y in self.batches:",
        ),
        "changes the dataset": (
            "                x, y = change(x, y)\n            yield x, y",
            "                x_new, y = change(x, y)\n"
            "                x.copy_(x_new)\n            yield x, y",
        ),
    },
    "RandErase": {
        "draws one rectangle for all images": (
            "_stretches(n, size, self.largest, self.generator) for",
            "_stretches(1, size, self.largest, self.generator).expand(n, -1) for",
        ),
        "changes the images in place": (
            "return torch.where(",
            "return x.copy_(torch.where(",
            "fill, x), y",
            "fill, x)), y",
        ),
        "fills with 0": ("self.fill, x)", "0., x)"),
        "erases squares only": (
            "        erased = erased & rows",
            "        length = rows.sum(1, keepdim=True).clamp_max(sizes[1])\n"
            "        start = torch.minimum(columns.int().argmax(1, True), sizes[1] - length)\n"
            "        place = torch.arange(sizes[1])\n"
            "        columns = (place >= start) & (place < start + length)\n"
            "        erased = erased & rows",
        ),
        "lets rectangles hang over the edge": helper(
            "_stretches", "* (size + 1 - length)", "* size"
        ),
        "erases crosses": (
            "erased & rows[:, :, None] & columns",
            "erased & (rows[:, :, None] | columns",
            "[:, None, :]\n",
            "[:, None, :])\n",
        ),
    },
    "beta": {
        "draws nothing again": ("kept = (a + b > 0) & (a + b <= 1)", "kept = a + b > 0"),
        "draws all shares equally often": ("** (1 / alpha)", "** 1."),
        "takes the power alpha": ("** (1 / alpha)", "** alpha"),
        "keeps 0 / 0": ("(a + b > 0) & (a + b <= 1)", "a + b <= 1"),
    },
    "soft_cross_entropy": {
        "looks at the largest target only": (
            "return -(targets * log_softmax(out)).sum(1).mean()",
            "return cross_entropy(out, targets.argmax(1))",
        ),
        "takes the mean over the classes": (".sum(1).mean()", ".mean()"),
        "takes the sum over the images": (".sum(1).mean()", ".sum()"),
        "does not check the shapes": ("targets.shape != out.shape", "False"),
        "overflows": ("log_softmax(out)", "out.softmax(1).log()"),
    },
    "MixUp": {
        "draws one share for all images": (
            "beta(self.alpha, len(x), self.generator)",
            "beta(self.alpha, 1, self.generator).expand(len(x))",
        ),
        "does not mix the targets": ("_mix(targets, targets[partner], share)", "targets"),
        "takes the targets of another image": (
            "return _mix(x, x[partner], share),",
            "return _mix(x, x[partner], share).roll(1, 0),",
        ),
        "exchanges the shares of the targets": (
            "_mix(targets, targets[partner], share)",
            "_mix(targets[partner], targets, share)",
        ),
    },
    "TTA": {
        "takes the mean of the outputs": (
            "        logs = ",
            "        return torch.stack([self.model(view(x)) for view in self.views]).mean(0)\n"
            "        logs = ",
        ),
        "takes the mean of the logarithms": (
            "largest + ((logs - largest).exp().sum(0) / len(logs)).log()",
            "logs.mean(0)",
        ),
        "asks for the first view only": ("list(views)", "list(views)[:1]"),
        "overflows": (
            "largest + ((logs - largest).exp().sum(0) / len(logs)).log()",
            "(logs.exp().sum(0) / len(logs)).log()",
        ),
        "adds the probabilities": (".sum(0) / len(logs)", ".sum(0)"),
    },
    # --- exercises ---
    "mirror_some": {
        "turns the images upside down": ("x.flip(3)", "x.flip(2)"),
        "mirrors all images": ("chosen[:, None, None, None]", "torch.ones(len(x), 1, 1, 1) > 0"),
        "mirrors those that are not chosen": ("x.flip(3), x)", "x, x.flip(3))"),
        "changes the images in place": (
            "return torch.where(chosen[:, None, None, None], x.flip(3), x)",
            "x[chosen] = x[chosen].flip(3)\n    return x",
        ),
    },
    "smooth_targets": {
        "gives the right class no part of the smoothing": (
            "(1 - smooth) * one_hot + smooth / c",
            "(1 - smooth) * one_hot + (1 - one_hot) * smooth / c",
        ),
        "divides among the wrong classes only": (
            "(1 - smooth) * one_hot + smooth / c",
            "(1 - smooth) * one_hot + (1 - one_hot) * smooth / (c - 1)",
        ),
        "gives all of 1 to the right class": ("(1 - smooth) * one_hot", "one_hot"),
        "forgets to divide by c": ("smooth / c\n", "smooth\n"),
    },
    "cut_mix": {
        "exchanges the shares of the targets": (
            "(1 - share) * targets + share * targets.roll(1, 0)",
            "share * targets + (1 - share) * targets.roll(1, 0)",
        ),
        "does not mix the targets": (
            "(1 - share) * targets + share * targets.roll(1, 0)",
            "targets",
        ),
        "takes the image after it as the partner": (
            "x.roll(1, 0)",
            "x.roll(-1, 0)",
            "targets.roll(1, 0)",
            "targets.roll(-1, 0)",
        ),
        "counts the height of the rectangle only": (
            "(bottom - top) * (right - left) / (x.shape[2] * x.shape[3])",
            "(bottom - top) / x.shape[2]",
        ),
    },
    "mean_answer": {
        "takes the mean of the outputs first": (
            "outputs.softmax(2).mean(0)",
            "outputs.mean(0).softmax(1)",
        ),
        "takes the mean of the logarithms": (
            "outputs.softmax(2).mean(0)",
            "outputs.log_softmax(2).mean(0).exp()",
        ),
        "takes the softmax over the views": ("softmax(2)", "softmax(0)"),
        "overflows": (
            "outputs.softmax(2).mean(0)",
            "(outputs.exp() / outputs.exp().sum(2, keepdim=True)).mean(0)",
        ),
        "adds up the views": (".mean(0)", ".sum(0)"),
    },
}
