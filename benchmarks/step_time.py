"""Times a training step by number format, layout and compiler: python benchmarks/step_time.py

Writes benchmarks/results/step_time.json, which nbs/10_accel.ipynb draws.
Run it on an idle machine with a C++ compiler.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TORCHINDUCTOR_FORCE_DISABLE_CACHES", "1")  # compile, each time
ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # a checkout works without being installed

import torch  # noqa: E402
from matmul_ladder import machine, rounded  # noqa: E402
from torch import nn  # noqa: E402

from foundations.accel import Precision, time_step  # noqa: E402
from foundations.core import Timing, set_seed, test_close  # noqa: E402
from foundations.resnet import MODELS, get_model  # noqa: E402

RESULT = ROOT / "benchmarks" / "results" / "step_time.json"


def channels_first(model: nn.Module) -> nn.Module:
    "The network with PyTorch's usual layout."
    return model.to(memory_format=torch.contiguous_format)


WAYS: dict[str, Callable[[nn.Module], nn.Module]] = {
    "float32, channels first": channels_first,
    "bfloat16, channels first": lambda model: Precision(channels_first(model)),
    "float32, channels last": lambda model: model,
    "bfloat16, channels last": Precision,
    "float32, last, compiled": torch.compile,
}


def compile_seconds(name: str) -> float:
    "Processor time of the first step of a compiled network, nearly all of it the compiler's."
    torch.compiler.reset()
    net = torch.compile(get_model(name))
    start = sum(os.times()[:4])  # with the C++ compiler, which is a process of its own
    net(torch.randn(128, 1, 28, 28)).sum().backward()
    return sum(os.times()[:4]) - start


def compare(name: str, rounds: int = 5) -> dict[str, Timing]:
    "The time of a step each way; they take turns, so that a busy machine disturbs all alike."
    set_seed(0)
    x, y = torch.randn(128, 1, 28, 28), torch.randint(10, (128,))
    model = get_model(name)
    nets = {way: change(get_model(name)) for way, change in WAYS.items()}
    for net in nets.values():
        weights = {
            key.replace("_orig_mod.", "").replace("model.", ""): key for key in net.state_dict()
        }
        net.load_state_dict({key: model.state_dict()[plain] for plain, key in weights.items()})
        test_close(net(x), model(x), rtol=0.02)  # the same network, whichever way
    times = [
        {way: time_step(net, x, y, number=5) for way, net in nets.items()} for _ in range(rounds)
    ]
    return {way: min(found[way] for found in times) for way in WAYS}


def measure() -> dict:
    "Seconds of a step of each network in each way, and the machine they were on."
    torch.set_num_threads(1)
    return {
        "machine": machine(),
        "batch_size": 128,
        "compiling": {name: rounded(compile_seconds(name)) for name in MODELS},
        "models": {
            name: {
                way: {"min": rounded(best), "median": rounded(median), "n": n}
                for way, (best, median, n) in compare(name).items()
            }
            for name in MODELS
        },
    }


def main() -> None:
    "Measures, writes the result and prints it."
    result = measure()
    RESULT.parent.mkdir(parents=True, exist_ok=True)
    RESULT.write_text(json.dumps(result, indent=1) + "\n")
    for name, timings in result["models"].items():
        first = next(iter(timings.values()))["min"]
        for way, timing in timings.items():
            print(f"{name:8}{way:28}{timing['min'] * 1e3:>8.2f} ms{first / timing['min']:>8.2f}x")


if __name__ == "__main__":
    main()
