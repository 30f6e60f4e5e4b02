"""Wrong versions of the functions of train, each with one mistake that is easy to make."""

MUTANTS = {
    "Training": {
        "forgets the history": (
            "self.history = [Epoch(*epoch) for epoch in saved['history']]",
            "pass",
        ),
        "forgets the weights": ("self.model.load_state_dict(saved['model'])", "pass"),
        "forgets the averages of the optimizer": (
            "self.opt.load_state_dict(saved['opt'])",
            "pass",
        ),
        "forgets the random generator": ("self.generator.set_state(saved['generator'])", "pass"),
        "starts the schedule again": (
            "        self.generator.set_state(saved['generator'])",
            "        self.generator.set_state(saved['generator'])\n"
            "        done, schedule = len(self.history) * len(self.batches), self.schedule\n"
            "        self.schedule = lambda step: schedule(step - done)",
        ),
        "takes the images in the same order in each epoch": (
            "saved['generator'])",
            "seeded(self.settings.seed).get_state())",
        ),
        "draws the order of the images from a generator that is not saved": (
            "self.batches = _batches(settings, data, empty, self.generator)",
            "self.batches = _batches(settings, data, empty, seeded(settings.seed))",
        ),
    },
    # --- exercises ---
    "steps_left": {
        "forgets the smaller batch at the end": ("math.ceil(images / bs)", "(images // bs)"),
        "counts the steps of all epochs": ("(epochs - done)", "epochs"),
        "counts the steps that are over": ("(epochs - done)", "done"),
        "rounds up the steps of all epochs together": (
            "math.ceil(images / bs) * (epochs - done)",
            "math.ceil(images * (epochs - done) / bs)",
        ),
    },
    "best_epoch": {
        "takes the epoch with the smallest validation loss": (
            "[epoch.valid_acc for",
            "[-epoch.valid_loss for",
        ),
        "takes the epoch with the smallest training loss": (
            "[epoch.valid_acc for",
            "[-epoch.loss for",
        ),
        "takes the later one of two equal epochs": (
            "accuracies.index(max(accuracies))",
            "max(range(len(accuracies)), key=lambda i: (accuracies[i], i))",
        ),
        "counts from 1": (
            "accuracies.index(max(accuracies))",
            "accuracies.index(max(accuracies)) + 1",
        ),
    },
    "interval": {
        "forgets the square root": ("math.sqrt(acc * (1 - acc) / n)", "acc * (1 - acc) / n"),
        "takes one standard deviation": (
            "acc - 1.96 * deviation, acc + 1.96 * deviation",
            "acc - deviation, acc + deviation",
        ),
        "forgets to divide by n": ("(1 - acc) / n", "(1 - acc)"),
        "takes the deviation of a fair coin": ("acc * (1 - acc) / n", "1 / 4 / n"),
    },
    "go_on": {
        "starts at the first epoch": ("range(len(results), epochs)", "range(epochs)"),
        "leaves out the last epoch": (
            "range(len(results), epochs)",
            "range(len(results), epochs - 1)",
        ),
        "runs as many epochs as if none were over": (
            "range(len(results), epochs)",
            "range(len(results), len(results) + epochs)",
        ),
        "returns only the new results": ("results = list(state['results'])", "results = []"),
        "changes the state": ("list(state['results'])", "state['results']"),
    },
}
