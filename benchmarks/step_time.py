"""Measure a training step by number format, layout and compiler: python benchmarks/step_time.py

This writes benchmarks/results/step_time.json, which nbs/10_accel.ipynb draws. Run it on an idle
machine with a C++ compiler.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TORCHINDUCTOR_FORCE_DISABLE_CACHES", "1")  # each run compiles anew
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout works without being installed

import torch  # noqa: E402
from matmul_ladder import machine, rounded  # noqa: E402
from torch import nn  # noqa: E402

from foundations.accel import Precision, time_step  # noqa: E402
from foundations.core import Timing, set_seed, test_close  # noqa: E402
from foundations.resnet import MODELS, get_model  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "step_time.json"


def channels_first(model: nn.Module) -> Any:
    """The network with PyTorch's usual layout."""
    # PyTorch's stubs do not know this argument.
    return model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]


WAYS: dict[str, Callable[[Any], Any]] = {
    "float32, channels first": channels_first,
    "bfloat16, channels first": lambda model: Precision(channels_first(model)),
    "float32, channels last": lambda model: model,
    "bfloat16, channels last": Precision,
    "float32, last, compiled": torch.compile,
}


def processor_seconds() -> float:
    """The processor time of this process and of its children, such as the C++ compiler."""
    return sum(os.times()[:4])


def compile_seconds(name: str) -> float:
    """Processor time of the first step of a compiled network, nearly all of it the compiler's."""
    torch.compiler.reset()
    net = torch.compile(get_model(name))
    start = processor_seconds()
    net(torch.randn(128, 1, 28, 28)).sum().backward()
    return processor_seconds() - start


def compare(name: str, rounds: int = 5) -> dict[str, Timing]:
    """The time of a step in each way.

    The ways take turns, so that a busy machine disturbs all of them alike.
    """
    set_seed(0)
    x, y = torch.randn(128, 1, 28, 28), torch.randint(10, (128,))
    model = get_model(name)
    nets = {way: change(get_model(name)) for way, change in WAYS.items()}
    for net in nets.values():
        copy_weights(model, net)
        test_close(net(x), model(x), rtol=0.02)  # it is the same network in each way
    times: dict[str, list[Timing]] = {way: [] for way in WAYS}
    for _ in range(rounds):
        for way, net in nets.items():
            times[way].append(time_step(net, x, y, number=5))
    return {way: min(found) for way, found in times.items()}


def copy_weights(source: nn.Module, target: nn.Module) -> None:
    """Give a network the weights of another one, which it may hold under longer names."""
    weights = source.state_dict()
    copied = {}
    for key in target.state_dict():
        plain = key.replace("_orig_mod.", "").replace("model.", "")
        copied[key] = weights[plain]
    target.load_state_dict(copied)


def measure() -> dict[str, Any]:
    """Measure the seconds of a step of each network in each way."""
    torch.set_num_threads(1)
    here = machine()
    compiling = {name: rounded(compile_seconds(name)) for name in MODELS}
    models: dict[str, dict[str, Any]] = {}
    for name in MODELS:
        models[name] = {}
        for way, (best, median, n) in compare(name).items():
            models[name][way] = {"min": rounded(best), "median": rounded(median), "n": n}
    return {"machine": here, "batch_size": 128, "compiling": compiling, "models": models}


def main() -> None:
    """Measure, write the result and print it."""
    result = measure()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    for name, timings in result["models"].items():
        first = next(iter(timings.values()))["min"]
        for way, timing in timings.items():
            print(f"{name:8}{way:28}{timing['min'] * 1e3:>8.2f} ms{first / timing['min']:>8.2f}x")


if __name__ == "__main__":
    main()
