"""Times the library's layers against PyTorch's, side by side: python benchmarks/layers.py

Each row is a whole step, forward and backward, on one thread: the two take turns, so that a busy
machine disturbs both alike; medians in milliseconds, their ratio, and the ratio that is aimed at.
"""

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

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

CEILINGS = {
    "weight gradient": float("inf"),
    "connected": 1.2,
    "convolution": 6.0,
    "normalisation": 3.0,
    "optimizer": 1.2,
    "ResNet": 4.0,
}


def side_by_side(ours: Callable, torchs: Callable, seconds: float = 1.5) -> tuple[float, float]:
    "Median CPU seconds of a call of each, taken in turns for about `seconds`."
    times = {ours: [], torchs: []}
    for f in times:
        f(), f()
    stop = time.perf_counter() + seconds
    while time.perf_counter() < stop or len(times[ours]) < 5:
        for f, found in times.items():
            start = time.process_time()
            f()
            found.append(time.process_time() - start)
    return statistics.median(times[ours]), statistics.median(times[torchs])


def training_step(model: nn.Module, opt, loss_func: Callable, x: Tensor, y: Tensor) -> Callable:
    "One step of training, as a function without arguments."

    def step():
        opt.zero_grad()
        loss_func(model(x), y).backward()
        opt.step()

    return step


def by_hand_step(x: Tensor, y: Tensor, n_hidden: int) -> Callable:
    "The same without autograd: layers, gradients and update by hand."
    w1, w2 = torch.randn(784, n_hidden) * 0.05, torch.randn(n_hidden, 10) * 0.1
    net = Model(
        FirstLin(w1, torch.zeros(n_hidden)), Relu(), Lin(w2, torch.zeros(10)), loss=CrossEntropy()
    )

    def step():
        net.zero_grad()
        net(x, y)
        net.backward()
        for p in net.parameters():
            p.sub_(p.g, alpha=0.01)

    return step


def connected(n: int, n_hidden: int) -> tuple[Callable, Callable, Callable]:
    "Steps of the fully connected network: through autograd, without it, and PyTorch's."
    x, y = torch.randn(n, 784), torch.randint(10, (n,))
    ours = fully_connected_net((784, n_hidden, 10))
    torchs = nn.Sequential(nn.Linear(784, n_hidden), nn.ReLU(), nn.Linear(n_hidden, 10))
    return (
        training_step(ours, Optimizer(ours.parameters(), lr=0.01), ByHand(CrossEntropy()), x, y),
        by_hand_step(x, y, n_hidden),
        training_step(
            torchs, torch.optim.SGD(torchs.parameters(), lr=0.01), nn.functional.cross_entropy, x, y
        ),
    )


def forward_backward(module: nn.Module, x: Tensor, out_g: Tensor) -> Callable:
    "Forward, and the gradients of the parameters and (where x asks for it) of x."
    wanted = [p for p in (x, *module.parameters()) if p.requires_grad]
    return lambda: torch.autograd.grad(module(x), wanted, out_g)


def layers(ours: nn.Module, torchs: nn.Module, shape: tuple, input_grad: bool = True) -> tuple:
    "Steps of two modules with the same parameters, on images with their channels last."
    torchs.load_state_dict(ours.state_dict(), strict=False)
    x = torch.randn(shape)
    if len(shape) == 4:
        x = x.to(memory_format=torch.channels_last)
    out_g = torch.randn_like(torchs(x))
    x.requires_grad_(input_grad)
    return tuple(forward_backward(module, x, out_g) for module in (ours, torchs))


def optimizer_steps() -> tuple[Callable, Callable]:
    "Steps of AdamW on the parameters of the small ResNet."
    models = get_model("small"), get_model("small")
    for model in models:
        for p in model.parameters():
            p.grad = torch.randn_like(p)
    return AdamW(models[0].parameters()).step, torch.optim.AdamW(models[1].parameters()).step


def resnets(name: str) -> tuple[Callable, Callable]:
    "Forward and backward of a whole network, with the library's layers and with PyTorch's."
    ours, torchs = get_model(name, conv=Conv2d, norm=BatchNorm), get_model(name)
    return layers(ours, torchs, (128, 1, 28, 28), input_grad=False)


def weight_gradients() -> dict[str, Callable]:
    "The gradient of the weights of 784-50 for 512 images, from a loop to one product."
    x, out_g = torch.randn(512, 784), torch.randn(512, 50)
    return {
        "a loop over the images": lambda: sum(torch.outer(*pair) for pair in zip(x, out_g)),
        "outer products, summed": lambda: (x[:, :, None] * out_g[:, None]).sum(0),
        "einsum": lambda: einsum("bi,bo->io", x, out_g),
        "one product": lambda: x.T @ out_g,
        "torch": lambda: torch.einsum("bi,bo->io", x, out_g),
    }


def cases() -> list[tuple[str, str, Callable, Callable]]:
    "Kind, description, our step, PyTorch's step."
    *ladder, (_, best) = weight_gradients().items()
    rows = [("weight gradient", name, rung, best) for name, rung in ladder]
    for n, n_hidden in ((64, 50), (512, 50), (64, 512)):
        through_autograd, by_hand, torchs = connected(n, n_hidden)
        rows.append(("connected", f"784-{n_hidden}-10, batch {n}", through_autograd, torchs))
        rows.append(("connected", "  without autograd", by_hand, torchs))
    for c_in, c_out, size, stride in (
        (1, 16, 28, 1),
        (16, 32, 14, 1),
        (32, 64, 7, 1),
        (16, 32, 14, 2),
    ):
        pair = (kind(c_in, c_out, 3, stride, 1) for kind in (Conv2d, nn.Conv2d))
        rows.append(
            (
                "convolution",
                f"{c_in} to {c_out}, {size} by {size}, stride {stride}",
                *layers(*pair, (128, c_in, size, size), input_grad=c_in > 1),
            )
        )
    for nf, size in ((16, 14), (32, 7), (64, 4)):
        rows.append(
            (
                "normalisation",
                f"batch norm, {nf} of {size} by {size}",
                *layers(BatchNorm(nf), nn.BatchNorm2d(nf), (128, nf, size, size)),
            )
        )
    rows.append(
        (
            "normalisation",
            "layer norm, 512 by 512",
            *layers(LayerNorm(512), nn.LayerNorm(512), (512, 512)),
        )
    )
    rows.append(("optimizer", "AdamW, small ResNet", *optimizer_steps()))
    return rows + [("ResNet", f"{name}, batch 128", *resnets(name)) for name in ("small", "large")]


def main() -> None:
    "Prints the table."
    torch.set_num_threads(1)
    set_seed(0)
    print(f"{'':42}{'ours ms':>9}{'torch ms':>10}{'ratio':>8}{'aim':>6}")
    for kind, description, ours, torchs in cases():
        a, b = side_by_side(ours, torchs)
        mark = "" if a / b <= CEILINGS[kind] else "  above"
        print(
            f"{kind + ': ' + description:42}{1e3 * a:9.3f}{1e3 * b:10.3f}{a / b:8.2f}"
            f"{CEILINGS[kind]:6.1f}{mark}"
        )


if __name__ == "__main__":
    main()
