"""Wrong versions of the functions of distributed, each with one mistake that is easy to make."""

import torch
import torch.distributed as dist

from literate.exercises import helper


def to_the_first(original):
    """The first process adds up, in an order of its own."""

    def ring_allreduce(t):
        rank, world = place()
        total = t.clone().contiguous()
        if rank:
            dist.send(total, 0)
            dist.recv(total, 0)
        else:
            parts = [torch.empty_like(total) for _ in range(1, world)]
            for other, part in enumerate(parts, 1):
                dist.recv(part, other)
            for part in reversed(parts):
                total += part
            for other in range(1, world):
                dist.send(total, other)
        return torch.empty_like(t).copy_(total)

    return ring_allreduce


def each_adds_all(original):
    """Each process adds up all tensors in its own order."""

    def ring_allreduce(t):
        rank, world = place()
        total = t.clone().contiguous()
        passing = total.clone()
        for _ in range(world - 1):
            arrived = torch.empty_like(passing)
            sending = dist.isend(passing, (rank + 1) % world)
            dist.recv(arrived, (rank - 1) % world)
            sending.wait()
            total, passing = total + arrived, arrived
        return torch.empty_like(t).copy_(total)

    return ring_allreduce


def place():
    """The rank of this process, and how many there are."""
    return (dist.get_rank(), dist.get_world_size()) if dist.is_initialized() else (0, 1)


MUTANTS = {
    "ring_allreduce": {
        "gives the mean": ("copy_(total.view(t.shape))", "copy_(total.view(t.shape) / world)"),
        "keeps its own share": ("range(2 * (world - 1))", "range(0)"),
        "changes the tensor in place": ("torch.empty_like(t, requires_grad=False)", "t"),
        "loses the layout": (
            "torch.empty_like(t, requires_grad=False)",
            "torch.empty(t.shape)",
        ),
        "adds up twice": lambda original: lambda t: original(original(t)),
        "adds in the second half, too": ("if step < world - 1 else arrived", ""),
        "lets the first process add up": to_the_first,
        "lets each process add up in its own order": each_adds_all,
    },
    "Shard": {
        "gives all rows to everybody": ("t[rank::world]", "t"),
        "loses the last rows": ("t[rank::world]", "t[: len(t) // world * world][rank::world]"),
        "keeps the numbers of rows of all epochs": ("        self.rows = []\n", ""),
        "gives out blocks of rows of the whole batch twice": (
            "t[rank::world]",
            "t[rank:: max(1, world - 1)]",
        ),
    },
    "DDP": {
        "adds nothing up": (
            "_add_up([p.grad for p in self.trained], self.rows)",
            "pass",
        ),
        "gives the sum and not the mean": helper(
            "_add_up", "/ rows)", "/ rows * rank_and_world()[1])"
        ),
        "takes the mean of the means": helper(
            "_add_up",
            "    rows = grads[0].new_tensor([own_rows])",
            "    grads_of_one = [grad.div_(own_rows) for grad in grads]\n"
            "    rows = grads[0].new_tensor([1])",
        ),
        "starts with its own weights": ("        _take_first(model)\n", ""),
        "adds up in the first step only": (
            "_add_up([p.grad for p in self.trained], self.rows)",
            "_add_up([p.grad for p in self.trained], self.rows)\n            self.missing = 10**9",
            "            if self.missing:\n",
            "            if 0:\n",
        ),
    },
    "SyncBatchNorm": {
        "normalises in each process by itself": ("if world == 1 or", "if True or"),
        "has statistics without gradient": ("AllReduce.apply(table)", "ring_allreduce(table)"),
        "forgets the spread of the means": helper(
            "_of_all", "(variances + (means - mean).square())", "variances"
        ),
        "counts all parts equally": helper(
            "_of_all",
            "    total = counts.sum(0)",
            "    counts = 0 * counts + counts.mean()\n    total = counts.sum(0)",
        ),
        "keeps the variance divided by n": ("var * total / (total - 1)", "var"),
    },
    # --- exercises ---
    "rows_of": {
        "gives out blocks of neighbouring rows": (
            "list(range(rank, n, world))",
            "list(range(rank * n // world, (rank + 1) * n // world))",
        ),
        "starts at row 0 in each process": ("range(rank, n, world)", "range(0, n, world)"),
        "loses the rows that are left over": (
            "range(rank, n, world)",
            "range(rank, n // world * world, world)",
        ),
        "gives everybody all rows": ("range(rank, n, world)", "range(n)"),
    },
    "first_half": {
        "replaces and does not add": ("+= before[rank, k]", "= before[rank, k]"),
        "makes a step too few": ("range(world - 1)", "range(world - 2)"),
        "makes a step too many": ("range(world - 1)", "range(world)"),
        "sends the same chunk in each step": ("k = (rank - step) % world", "k = rank"),
        "sends to the process before": ("(rank + 1) % world", "(rank - 1) % world"),
    },
    "join_statistics": {
        "forgets the spread of the means": ("(variances + (means - mean) ** 2)", "variances"),
        "counts all parts equally": (
            "    total = counts.sum()",
            "    counts = torch.ones_like(counts)\n    total = counts.sum()",
        ),
        "takes the plain mean of the means": ("(counts * means).sum() / total", "means.mean()"),
        "takes only the spread of the means": (
            "(variances + (means - mean) ** 2)",
            "(means - mean) ** 2",
        ),
    },
    "step_seconds": {
        "does not share the work": ("work / world +", "work +"),
        "counts the messages of one half": ("2 * (world - 1)", "(world - 1)"),
        "sends the whole tensor in each message": ("size / world / speed", "size / speed"),
        "forgets the delay": ("(delay + size", "(size"),
        "counts the delay once": (
            "2 * (world - 1) * (delay + size / world / speed)",
            "delay + 2 * (world - 1) * size / world / speed",
        ),
    },
}
