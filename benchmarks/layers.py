"""Measure the library's layers side by side with PyTorch's: python benchmarks/layers.py

Each row is a whole step, forward and backward, on one thread. The two steps take turns, so that a
busy machine disturbs both alike. The columns are medians in milliseconds, their ratio, and the
ratio that is aimed at.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout works without being installed

import torch  # noqa: E402
from torch import Tensor, nn  # noqa: E402

from foundations.conv import Conv2d  # noqa: E402
from foundations.core import set_seed  # noqa: E402
from foundations.einsum import einsum  # noqa: E402
from foundations.fully_connected import Lin, Model, Relu  # noqa: E402
from foundations.norm import BatchNorm, LayerNorm  # noqa: E402
from foundations.optim import AdamW  # noqa: E402
from foundations.resnet import get_model  # noqa: E402
from foundations.training import (  # noqa: E402
    ByHand,
    CrossEntropy,
    FirstLin,
    Optimizer,
    fully_connected_net,
)

# The ratios that are aimed at, by kind of step.
CEILINGS = {
    "weight gradient": float("inf"),
    "connected": 1.2,
    "convolution": 6.0,
    "normalisation": 3.0,
    "optimizer": 1.2,
    "ResNet": 4.0,
}

Step = Callable[[], object]


@dataclass(frozen=True)
class Case:
    """A row of the table: the same step, with the library and with PyTorch."""

    kind: str
    description: str
    ours: Step
    torchs: Step


def side_by_side(ours: Step, torchs: Step, seconds: float = 1.5) -> tuple[float, float]:
    """Median processor seconds of a call of each, taken in turns for about `seconds`."""
    for step in (ours, torchs):  # the first calls are slower
        step()
        step()
    our_times: list[float] = []
    torch_times: list[float] = []
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop or len(our_times) < 5:
        our_times.append(processor_seconds(ours))
        torch_times.append(processor_seconds(torchs))
    return statistics.median(our_times), statistics.median(torch_times)


def processor_seconds(step: Step) -> float:
    """The processor time of one call."""
    start = time.process_time()
    step()
    return time.process_time() - start


# --- steps -------------------------------------------------------------------------------------


def training_step(
    model: nn.Module, optimizer: Any, loss_func: Callable[..., Any], x: Tensor, y: Tensor
) -> Step:
    """One step of training."""

    def step() -> None:
        optimizer.zero_grad()
        loss_func(model(x), y).backward()
        optimizer.step()

    return step


def by_hand_step(x: Tensor, y: Tensor, n_hidden: int) -> Step:
    """The same without autograd: layers, gradients and update by hand."""
    w1, w2 = torch.randn(784, n_hidden) * 0.05, torch.randn(n_hidden, 10) * 0.1
    layers = FirstLin(w1, torch.zeros(n_hidden)), Relu(), Lin(w2, torch.zeros(10))
    net = Model(*layers, loss=CrossEntropy())

    def step() -> None:
        net.zero_grad()
        net(x, y)
        net.backward()
        parameter: Any  # `backward` gives parameters the attribute `g`, which Tensor lacks
        for parameter in net.parameters():
            parameter.sub_(parameter.g, alpha=0.01)

    return step


def connected(n: int, n_hidden: int) -> tuple[Step, Step, Step]:
    """Steps of the fully connected network: through autograd, without it, and PyTorch's."""
    x, y = torch.randn(n, 784), torch.randint(10, (n,))
    ours = fully_connected_net((784, n_hidden, 10))
    our_optimizer = Optimizer(ours.parameters(), lr=0.01)
    torchs = nn.Sequential(nn.Linear(784, n_hidden), nn.ReLU(), nn.Linear(n_hidden, 10))
    torch_optimizer = torch.optim.SGD(torchs.parameters(), lr=0.01)
    return (
        training_step(ours, our_optimizer, ByHand(CrossEntropy()), x, y),
        by_hand_step(x, y, n_hidden),
        training_step(torchs, torch_optimizer, nn.functional.cross_entropy, x, y),
    )


def forward_backward(module: nn.Module, x: Tensor, out_g: Tensor) -> Step:
    """Forward, and the gradients of the parameters and of `x`, if it requires a gradient."""
    wanted = [tensor for tensor in (x, *module.parameters()) if tensor.requires_grad]
    return lambda: torch.autograd.grad(module(x), wanted, out_g)


def same_layers(
    ours: nn.Module, torchs: nn.Module, shape: tuple[int, ...], input_grad: bool = True
) -> tuple[Step, Step]:
    """Steps of two modules with the same parameters, on images with their channels last."""
    torchs.load_state_dict(ours.state_dict(), strict=False)
    x = torch.randn(shape)
    if len(shape) == 4:
        x = x.to(memory_format=torch.channels_last)
    out_g = torch.randn_like(torchs(x))
    x.requires_grad_(input_grad)
    return forward_backward(ours, x, out_g), forward_backward(torchs, x, out_g)


# --- cases -------------------------------------------------------------------------------------


def weight_gradient_cases() -> Iterator[Case]:
    """The gradient of the weights of 784-50 for 512 images, from a loop to one product."""
    x, out_g = torch.randn(512, 784), torch.randn(512, 50)

    def loop() -> object:
        return sum(torch.outer(*pair) for pair in zip(x, out_g, strict=True))

    def torchs() -> object:
        return torch.einsum("bi,bo->io", x, out_g)

    ladder: dict[str, Step] = {
        "a loop over the images": loop,
        "outer products, summed": lambda: (x[:, :, None] * out_g[:, None]).sum(0),
        "einsum": lambda: einsum("bi,bo->io", x, out_g),
        "one product": lambda: x.T @ out_g,
    }
    for name, rung in ladder.items():
        yield Case("weight gradient", name, rung, torchs)


def connected_cases() -> Iterator[Case]:
    """The fully connected network, through autograd and without it."""
    for n, n_hidden in ((64, 50), (512, 50), (64, 512)):
        through_autograd, by_hand, torchs = connected(n, n_hidden)
        yield Case("connected", f"784-{n_hidden}-10, batch {n}", through_autograd, torchs)
        yield Case("connected", "  without autograd", by_hand, torchs)


def convolution_cases() -> Iterator[Case]:
    """The convolutions of the small ResNet."""
    for c_in, c_out, size, stride in (
        (1, 16, 28, 1),
        (16, 32, 14, 1),
        (32, 64, 7, 1),
        (16, 32, 14, 2),
    ):
        ours = Conv2d(c_in, c_out, 3, stride, 1)
        torchs = nn.Conv2d(c_in, c_out, 3, stride, 1)
        steps = same_layers(ours, torchs, (128, c_in, size, size), input_grad=c_in > 1)
        description = f"{c_in} to {c_out}, {size} by {size}, stride {stride}"
        yield Case("convolution", description, *steps)


def normalisation_cases() -> Iterator[Case]:
    """Batch norm, and layer norm."""
    for nf, size in ((16, 14), (32, 7), (64, 4)):
        steps = same_layers(BatchNorm(nf), nn.BatchNorm2d(nf), (128, nf, size, size))
        yield Case("normalisation", f"batch norm, {nf} of {size} by {size}", *steps)
    steps = same_layers(LayerNorm(512), nn.LayerNorm(512), (512, 512))
    yield Case("normalisation", "layer norm, 512 by 512", *steps)


def optimizer_case() -> Case:
    """AdamW on the parameters of the small ResNet."""
    models = get_model("small"), get_model("small")
    for model in models:
        for parameter in model.parameters():
            parameter.grad = torch.randn_like(parameter)
    ours = AdamW(models[0].parameters())
    torchs = torch.optim.AdamW(models[1].parameters())
    return Case("optimizer", "AdamW, small ResNet", ours.step, torchs.step)


def resnet_cases() -> Iterator[Case]:
    """Whole networks, with the library's layers and with PyTorch's."""
    for name in ("small", "large"):
        ours = get_model(name, conv=Conv2d, norm=BatchNorm)
        steps = same_layers(ours, get_model(name), (128, 1, 28, 28), input_grad=False)
        yield Case("ResNet", f"{name}, batch 128", *steps)


def cases() -> list[Case]:
    """The rows of the table."""
    return [
        *weight_gradient_cases(),
        *connected_cases(),
        *convolution_cases(),
        *normalisation_cases(),
        optimizer_case(),
        *resnet_cases(),
    ]


def main() -> None:
    """Print the table."""
    torch.set_num_threads(1)
    set_seed(0)
    print(f"{'':42}{'ours ms':>9}{'torch ms':>10}{'ratio':>8}{'aim':>6}")
    for case in cases():
        ours, torchs = side_by_side(case.ours, case.torchs)
        ratio, ceiling = ours / torchs, CEILINGS[case.kind]
        mark = "" if ratio <= ceiling else "  above"
        times = f"{1e3 * ours:9.3f}{1e3 * torchs:10.3f}"
        print(f"{case.kind + ': ' + case.description:42}{times}{ratio:8.2f}{ceiling:6.1f}{mark}")


if __name__ == "__main__":
    main()
