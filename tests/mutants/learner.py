"""Wrong versions of the classes of learner, each with one mistake that is easy to make."""

from literate.exercises import helper

EPOCH = "    def _epoch(self, batches: Iterable) -> None:\n"
ENDS = (
    "            for callback in reversed(self.callbacks):\n"
    "                at_the_end.callback(self._call, callback, 'after_fit')\n"
    "            self._run('fit', self._epochs)"
)


def moved(old, new):
    "The callback with the method of one event under the name of another one."

    def edit(original):
        class Moved(original):
            pass

        setattr(Moved, new, getattr(original, old))
        setattr(Moved, old, lambda self, learner: None)
        return Moved

    return edit


def called_with(**values):
    "The callback with other values in the learner while it is called."

    def edit(original):
        class Other(original):
            def after_loss(self, learner):
                before = {name: getattr(learner, name) for name in values}
                vars(learner).update(values)
                super().after_loss(learner)
                vars(learner).update(before)

        return Other

    return edit


def epoch_from_zero(bar):
    "The number of the epoch is the one that the learner counts."

    class FromZero(bar):
        def after_loss(self, learner):
            super().after_loss(learner)
            self.bar.update(self.task, epoch=learner.epoch)

    return FromZero


def training_only(bar):
    "The bar moves for the batches of training."

    class Training(bar):
        def after_loss(self, learner):
            if learner.training:
                super().after_loss(learner)

    return Training


def stops_after_training(bar):
    "The bar stops when the last epoch ends, if that comes."

    class Stops(bar):
        def after_fit(self, learner):
            if learner.epoch == learner.epochs - 1:
                self.bar.stop()

    return Stops


def never_stops(finder):
    "The search goes on, however large the loss has become."

    class Endless(finder):
        def after_loss(self, learner):
            factor, self.factor = self.factor, float("inf")
            try:
                super().after_loss(learner)
            except Exception:
                pass
            self.factor = factor

    return Endless


def equal_steps(finder):
    "The rate grows by the same amount in each step."

    class Equal(finder):
        def before_batch(self, learner):
            super().before_batch(learner)
            share = learner.step / max(1, self.steps - 1)
            learner_rate = self.start + (self.end - self.start) * share
            groups = getattr(learner.opt, "param_groups", None) or [learner.opt.hypers]
            for group in groups:
                group["lr"] = learner_rate

    return Equal


def puts_back_again(finder):
    "What was saved is kept, and put back after a training that never began."

    class Again(finder):
        def after_fit(self, learner):
            saved = self._saved
            super().after_fit(learner)
            self._saved = saved

    return Again


def without_copy(finder):
    "What is saved goes on changing."

    class Shared(finder):
        def before_fit(self, learner):
            super().before_fit(learner)
            self._saved = learner.model.state_dict(), learner.opt.state_dict()

    return Shared


def not_put_back(kept):
    "A part of what was saved is not put back."

    def edit(finder):
        class Kept(finder):
            def after_fit(self, learner):
                if self._saved is not None:
                    now = learner.model.state_dict(), learner.opt.state_dict()
                    self._saved = tuple(now[i] if i == kept else self._saved[i] for i in range(2))
                super().after_fit(learner)

        return Kept

    return edit


MUTANTS = {
    "Learner": {
        "announces the beginning of an epoch twice": helper(
            "_Announces",
            "            self._announce(f'before_{level}')\n",
            "            self._announce(f'before_{level}')\n"
            "            if level == 'epoch':\n"
            "                self._announce('before_epoch')\n",
        ),
        "learns from the validation batches": helper(
            "_Trains",
            EPOCH,
            EPOCH + "        self.training = True\n        torch.set_grad_enabled(True)\n",
        ),
        "counts the steps of an epoch": helper("_Trains", EPOCH, EPOCH + "        self.step = 0\n"),
        "always trains for one epoch": ("= epochs, 0, 0", "= 1, 0, 0"),
        "keeps the mode of training": helper(
            "_Trains", "self.model.train(self.training)", "self.model.train()"
        ),
        "computes gradients in validation": helper(
            "_Trains", "torch.set_grad_enabled(self.training)", "torch.enable_grad()"
        ),
        "lets gradients add up": helper("_Trains", "            self.opt.zero_grad()\n", ""),
        "calls the highest order first": ("callback.order)", "-callback.order)"),
        "calls the last one of the same order first": (
            "_checked([*own, *callbacks])",
            "_checked([*own, *callbacks])[::-1]",
        ),
        "drops what a callback returns": helper(
            "_Announces", "(result := method(self)) is not None", "(result := method(self)) is ..."
        ),
        "lets every level catch every exception": helper(
            "_Announces", "except CANCELS[level]:", "except tuple(CANCELS.values()):"
        ),
        "announces the end of what was cancelled": helper(
            "_Announces",
            "            body(*args)\n",
            "            try:\n"
            "                body(*args)\n"
            "            except CANCELS[level]:\n"
            "                pass\n",
        ),
        "ignores what cancels": helper(
            "_Announces",
            "            self._call(callback, event)",
            "            try:\n"
            "                self._call(callback, event)\n"
            "            except tuple(CANCELS.values()):\n"
            "                pass",
        ),
        "leaves callbacks behind": (
            "            at_the_end.callback(setattr, self, 'callbacks', own)\n",
            "",
        ),
        "leaves callbacks behind after errors": (
            "            at_the_end.callback(setattr, self, 'callbacks', own)\n",
            "",
            "            self._run('fit', self._epochs)",
            "            self._run('fit', self._epochs)\n        self.callbacks = own",
        ),
        "announces no end after errors": (
            ENDS,
            "            self._run('fit', self._epochs)\n            self._announce('after_fit')",
        ),
        "lets a failing end stop the others": (
            ENDS,
            "            try:\n"
            "                self._run('fit', self._epochs)\n"
            "            finally:\n"
            "                self._announce('after_fit')",
        ),
        "takes a class for a callback": helper(
            "_checked", "if isinstance(callback, type):", "if isinstance(callback, type) and False:"
        ),
    },
    "Metrics": {
        "lets every batch count the same": helper("_EpochSums", "n = len(learner.x)", "n = 1"),
        "never begins new sums": helper(
            "_EpochSums",
            "        self.n, self.sums",
            "        if hasattr(self, 'n'):\n            return\n        self.n, self.sums",
        ),
        "looks at the last batch only": helper(
            "_EpochSums",
            "        n = len(learner.x)\n",
            "        n = len(learner.x)\n        self.before_epoch(learner)\n",
        ),
        "keeps the rows of an earlier training": ("        self.rows = []", "        pass"),
        "leaves out batches that are cancelled": moved("after_loss", "after_batch"),
    },
    "Schedules": {
        "asks for the epoch": ("value(learner.step)", "value(learner.epoch)"),
        "begins anew in each epoch": ("value(learner.step)", "value(learner.batch)"),
        "sets the values after the step": ("def before_batch", "def after_batch"),
    },
    "Recorder": {
        "records the validation, too": called_with(training=True),
        "keeps the losses of an earlier training": (
            "    def before_fit(self, learner: Learner) -> None:\n"
            "        self._losses, self.hypers = [], {name: [] for name in self.hypers}\n",
            "",
        ),
    },
    "ProgressBar": {
        "goes on after errors": stops_after_training,
        "counts the batches of training only": training_only,
        "counts epochs from 0": epoch_from_zero,
    },
    "LRFinder": {
        "does not put the model back": not_put_back(0),
        "does not put the optimizer back": not_put_back(1),
        "saves without a copy": without_copy,
        "puts an old state back": puts_back_again,
        "never stops": never_stops,
        "raises the rate in equal steps": equal_steps,
        "does not correct the average": (" / (1 - self.smooth ** len(self.rates))", ""),
    },
    "ClipGradients": {
        "clips each parameter alone": (
            "grad *= self.most / length",
            "grad *= self.most / grad.norm().clamp_min(self.most)",
        ),
        "stretches short gradients, too": ("if length > self.most:", "if True:"),
        "clips before there are gradients": (
            "def after_backward",
            "def before_batch",
            "p.grad for p in learner.model.parameters()]",
            "p.grad for p in learner.model.parameters() if p.grad is not None]",
        ),
        "divides by the length only": ("self.most / length", "1 / length"),
    },
    "EveryOther": {
        "leaves out batches of validation, too": ("learner.training and ", ""),
        "leaves out the batches 0, 2, 4": ("% 2 == 1", "% 2 == 0"),
        "ends the epoch": ("CancelBatch", "CancelEpoch"),
        "cancels after the step": ("def before_batch", "def after_batch"),
    },
    "StopAtNan": {
        "lets infinity pass": (
            "not math.isfinite(learner.loss.item())",
            "math.isnan(learner.loss.item())",
        ),
        "looks after the step": ("def after_loss", "def after_batch"),
        "cancels the batch only": ("raise CancelFit", "raise CancelBatch"),
    },
    "KeepBest": {
        "keeps the weights themselves": (
            "copy.deepcopy(learner.model.state_dict())",
            "learner.model.state_dict()",
        ),
        "keeps the last epoch": ("curve[-1] == max(curve)", "True"),
        "keeps the worst epoch": ("max(curve)", "min(curve)"),
        "puts nothing back after an error": (
            "                self.best = copy.deepcopy(learner.model.state_dict())\n\n"
            "    def after_fit(self, learner):\n"
            "        if self.best is not None:\n"
            "            learner.model",
            "                self.best = copy.deepcopy(learner.model.state_dict())\n"
            "            if learner.epoch == learner.epochs - 1:\n"
            "                learner.model",
        ),
    },
}
