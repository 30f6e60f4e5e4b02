"""Wrong versions of the functions of 11_distributed, each with one mistake that is easy to make."""

from collections.abc import Callable

import torch
import torch.distributed as dist
from torch import Tensor, nn

from literate.exercises import helper


def to_the_first(original: Callable) -> Callable:
    """The first process adds up, in another order, and sends the sum to all."""

    def allreduce(t: Tensor) -> Tensor:
        rank, world = original.__globals__["rank_and_world"]()
        total = t.clone().contiguous()
        for other in range(1, world):
            if rank == other:
                dist.send(total, 0)
                dist.recv(total, 0)
        if rank == 0:
            parts = [torch.empty_like(total) for _ in range(1, world)]
            for other, part in enumerate(parts, 1):
                dist.recv(part, other)
            for part in reversed(parts):
                total += part
            for other in range(1, world):
                dist.send(total, other)
        return torch.empty_like(t).copy_(total)

    return allreduce


def each_adds_all(original: Callable) -> Callable:
    """Each process adds up whole tensors in its own order."""

    def allreduce(t: Tensor) -> Tensor:
        rank, world = original.__globals__["rank_and_world"]()
        total = t.clone().contiguous()
        passing = total.clone()
        for _ in range(world - 1):
            arrived = torch.empty_like(passing)
            sending = dist.isend(passing, (rank + 1) % world)
            dist.recv(arrived, (rank - 1) % world)
            sending.wait()
            total, passing = total + arrived, arrived
        return torch.empty_like(t).copy_(total)

    return allreduce


def one_step(original: type) -> type:
    """Adds up the gradients of the first step only."""

    class OneStep(original):
        def _arrived(self, p: Tensor) -> None:
            if not getattr(self, "done", False):
                super()._arrived(p)
                self.done = self.missing == 0

    return OneStep


OF_ALL = "self._of_all(*AllReduce.apply(table).transpose(0, 1))"

MUTANTS = {
    "ring_allreduce": {
        "returns the mean": ("copy_(total.view(t.shape))", "copy_(total.view(t.shape) / world)"),
        "returns its own tensor only": lambda original: lambda t: t.clone(),
        "changes its input": lambda original: lambda t: t.copy_(original(t)),
        "loses the layout": lambda original: lambda t: original(t).contiguous(),
        "adds up twice": lambda original: lambda t: original(original(t)),
        "lets the first process add up": to_the_first,
        "adds up in each process's own order": each_adds_all,
    },
    "Shard": {
        "gives everybody all rows": ("t[rank::world].contiguous()", "t"),
        "loses the last rows": (
            "t[rank::world].contiguous()",
            "t[: len(t) // world * world][rank::world].contiguous()",
        ),
        "keeps the numbers of rows of all epochs": (
            "        self.rows = []\n        for",
            "        for",
        ),
    },
    "DDP": {
        "adds nothing up": helper("_add_up", "    total = ring", "    return\n    total = ring"),
        "takes the sum instead of the mean": helper(
            "_add_up", "/ all_rows)", "/ all_rows * rank_and_world()[1])"
        ),
        "takes the mean of means": helper(
            "_add_up",
            "ring_allreduce(torch.cat([*(grad.flatten() for",
            "ring_allreduce(torch.cat([*(grad.flatten() / rows for",
            "/ all_rows)",
            "/ rank_and_world()[1])",
        ),
        "lets each process keep its own first weights": (
            "t.copy_(ring_allreduce(t if rank == 0 else torch.zeros_like(t)))",
            "pass",
        ),
        "adds up in the first step only": one_step,
    },
    "SyncBatchNorm": {
        "normalises in each process by itself": lambda original: nn.BatchNorm2d,
        "gives the statistics no gradient": (OF_ALL, f"(t.detach() for t in {OF_ALL})"),
        "forgets that the means differ": ("(variances + (means - mean).square())", "variances"),
        "weights all processes equally": (
            "        total = counts.sum(0)",
            "        counts = 0 * counts + counts.mean()\n        total = counts.sum(0)",
        ),
    },
    "chunk_to_send": {
        "goes around the ring in the other direction": ("rank - step", "rank + step"),
        "always sends its own chunk": ("(rank - step) % world", "rank"),
        "sends the chunk before its own first": ("rank - step", "rank - step - 1"),
    },
    "numbers_sent": {
        "counts the first half of the ring only": ("2 * (world - 1)", "(world - 1)"),
        "sends whole tensors instead of chunks": (" // world", ""),
        "counts a step for itself": ("(world - 1)", "world"),
    },
    "combined_mean": {
        "takes the mean of the means": ("(counts * means).sum() / counts.sum()", "means.mean()"),
        "does not divide by the number of all": (" / counts.sum()", " / len(counts)"),
        "weights the means by their own size": ("(counts * means)", "(means * means)"),
    },
    "combined_variance": {
        "forgets that the means differ": ("(variances + (means - mean) ** 2)", "variances"),
        "weights all processes equally": (
            "(counts * (variances + (means - mean) ** 2)).sum() / counts.sum()",
            "(variances + (means - mean) ** 2).mean()",
        ),
        "takes the distance to the mean of the means": (
            "mean = (counts * means).sum() / counts.sum()",
            "mean = means.mean()",
        ),
        "does not square the distances": ("(means - mean) ** 2", "(means - mean).abs()"),
    },
}
