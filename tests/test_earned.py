"""Exported code uses only those operations of PyTorch that cells before it have rebuilt, and shown to agree with PyTorch's."""

import ast
import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from conftest import notebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
from claims import code_cells  # noqa: E402

FREE = {
    "makes a tensor, or says what it is": """
        tensor as_tensor from_numpy zeros zeros_like ones ones_like empty empty_like full full_like eye arange linspace new_tensor
        new_zeros new_empty new_full zero_ fill_ copy_ clone detach Size size shape dtype device ndim dim numel item tolist numpy
        data data_ptr grad requires_grad finfo get_default_dtype is_floating_point float float32 float64 bfloat16 double long int64
        uint8 bool to cpu element_size nbytes contiguous_format channels_last memory_format""",
    "random numbers": "Generator manual_seed rand randn randint randperm normal_ uniform_ bernoulli get_rng_state set_rng_state",
    "shapes, indices and order: nothing is calculated": """
        view reshape flatten squeeze unsqueeze expand expand_as permute transpose t T mT movedim diagonal as_strided stride
        contiguous split chunk cat stack gather scatter_ masked_fill where nonzero flip roll repeat sort argsort pad one_hot""",
    "arithmetic and elementary functions, element by element, also several steps in one call": """
        abs neg sign add sub mul div pow square sqrt rsqrt exp log sin cos floor ceil round lerp addcmul addcdiv
        clamp clamp_min clamp_max maximum minimum threshold nan_to_num""",
    "comparisons": "eq ne lt le gt ge equal isclose isnan isfinite logical_and logical_or logical_not",
    "sums and counts, and what is largest": "sum sum_to_size cumsum prod any all min max amin amax argmin argmax topk bincount",
    "holds code, parameters and settings": """
        Module ModuleList Sequential Identity Parameter ParameterList parameters buffers modules children register_buffer
        Function save_for_backward saved_tensors no_grad enable_grad train eval state_dict load_state_dict requires_grad_
        set_grad_enabled is_grad_enabled register_hook register_post_accumulate_grad_hook get_num_threads
        set_num_threads is_available save load""",
    "processes, and messages from one to another": """
        init_process_group destroy_process_group is_initialized get_rank get_world_size isend send recv""",
    "also a method of Python's lists and dictionaries": "index values",
}

# Another name for an operation: what is earned under one is earned under all.
SAME = {"@": "matmul", "mm": "matmul", "bmm": "matmul", "grad": "backward"}

# The kit that compares with PyTorch has to call it.
KIT = {"00_core.ipynb"}


def plain(name: str) -> str:
    """The operation that a name stands for: torch.relu, F.relu, x.relu_() and nn.ReLU are one."""
    last = name.rpartition(".")[2].replace("_", "").lower()
    return SAME.get(last, last)


FREE_NAMES = {name.replace("_", "").lower() for names in FREE.values() for name in names.split()}


def unearned(folder: Path) -> list[str]:
    """What the exported cells of a folder's notebooks use too early: notebook, cell, line and operation."""
    earned, ours, found = set(FREE_NAMES), set(), []
    for path in sorted(folder.glob("*.ipynb")):
        imports: dict[str, str] = {}
        for number, _, source in code_cells(path):
            tree = ast.parse(source)
            if source.startswith("#export"):
                imports |= _imports(tree)
                ours |= set(_defined(tree))
                if path.name not in KIT:
                    found += [
                        f"{path.name}, cell {number}, line {line}: {name} is used before it is earned"
                        for line, name in _uses(tree, imports, ours)
                        if plain(name) not in earned
                    ]
            earned |= set(map(plain, _earned(tree.body)))  # from the next cell on
    return found


def _earned(statements: list[ast.stmt]) -> Iterator[str]:
    """The names in calls of `earn` that are statements of their own, also in the body of a claim."""
    for node in statements:
        if isinstance(node, ast.With):
            yield from _earned(node.body)
        elif (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Call)
            and getattr(node.value.func, "id", "") == "earn"
        ):
            yield node.value.args[0].value


def _imports(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, such as {"F": "torch.nn.functional"}."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {
                a.asname or a.name.partition(".")[0]: a.name
                if a.asname
                else a.name.partition(".")[0]
                for a in node.names
            }
        elif isinstance(node, ast.ImportFrom):
            found |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    return found


def _defined(tree: ast.Module) -> Iterator[str]:
    """The methods of the library's own classes: `net.backward()` need not be PyTorch's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            yield from (part.name for part in node.body if isinstance(part, ast.FunctionDef))
        elif isinstance(node, ast.FunctionDef) and any(
            getattr(d, "id", "") == "patch" for d in node.decorator_list
        ):
            yield node.name


def _uses(tree: ast.Module, imports: dict[str, str], ours: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of what is, or may be, an operation of PyTorch."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(getattr(node, "op", None), ast.MatMult):
            yield node.lineno, "@"
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "torch":
            yield from (
                (node.lineno, name)
                for a in node.names
                if _is_operation(name := f"{node.module}.{a.name}")
            )
        elif isinstance(node, ast.Attribute) and not node.attr.startswith("__"):
            root, name = _dotted(node)
            if root in imports:
                name = f"{imports[root]}.{name}"
                if _is_operation(name):
                    yield node.lineno, name
            elif id(node) in called and hasattr(torch.Tensor, node.attr) and node.attr not in ours:
                yield node.lineno, f".{node.attr}"


def _dotted(node: ast.Attribute) -> tuple[str, str]:
    """("torch", "nn.Linear") for torch.nn.Linear; ("", "") if it does not begin with a name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return (node.id, ".".join(parts[::-1])) if isinstance(node, ast.Name) else ("", "")


def _is_operation(name: str) -> bool:
    """Whether a dotted name is something in PyTorch other than a module or Tensor itself."""
    root, *parts = name.split(".")
    found = torch if root == "torch" else None
    for part in parts:
        found = getattr(found, part, None)
    return root == "torch" and found is not torch.Tensor and not isinstance(found, type(torch))


def test_exported_code_uses_what_is_earned():
    assert unearned(ROOT / "nbs") == []


@pytest.fixture
def copied(tmp_path):
    """Change a cell of a notebook of the project, in a copy of all: `copied("01_matmul", "torch.einsum", "...")`."""

    def change(name: str, old: str, new: str) -> Path:
        shutil.copytree(ROOT / "nbs", tmp_path / "nbs", ignore=shutil.ignore_patterns(".*"))
        path = tmp_path / "nbs" / f"{name}.ipynb"
        data = json.loads(path.read_text(encoding="utf-8"))
        cell = next(cell for cell in data["cells"] if old in "".join(cell["source"]))
        cell["source"] = "".join(cell["source"]).replace(old, new)
        path.write_text(json.dumps(data), encoding="utf-8")
        return tmp_path / "nbs"

    return change


def test_einsum_may_not_be_used_before_it_is_earned(copied):
    folder = copied(
        "01_matmul",
        "n, k, m = product_sizes(a, b)\n",
        "n, k, m = product_sizes(a, b)\n    return torch.einsum('ik,kj->ij', a, b)\n",
    )
    (report,) = unearned(folder)
    assert report.startswith("01_matmul.ipynb, cell ") and report.endswith(
        ", line 8: torch.einsum is used before it is earned"
    )


def test_what_is_no_longer_earned_is_noticed(copied):
    found = unearned(copied("02_fully_connected", "earn('torch.relu'", "print('torch.relu'"))
    assert found and all("relu" in line.lower() for line in found)


IMPORTS = "#export\nimport math\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor, nn\n"


@pytest.mark.parametrize(
    "code, name",
    [
        ("torch.relu(x)", "torch.relu"),
        ("F.relu(x)", "torch.nn.functional.relu"),
        ("nn.ReLU()", "torch.nn.ReLU"),
        ("x.relu_()", ".relu_"),
        ("torch.Tensor.softmax(x)", "torch.Tensor.softmax"),
        ("f(x).conv2d(y).softmax(0)", ".softmax"),
        ("x @ y", "@"),
        ("x @= y", "@"),
        ("from torch.nn.functional import relu", "torch.nn.functional.relu"),
        ("torch.autograd.grad(x, y)", "torch.autograd.grad"),
    ],
)
def test_what_is_noticed(tmp_path, code, name):
    (tmp_path / "01_x.ipynb").write_text(notebook(IMPORTS + "\n" + code), encoding="utf-8")
    assert unearned(tmp_path) == [f"01_x.ipynb, cell 1, line 7: {name} is used before it is earned"]


@pytest.mark.parametrize(
    "code",
    [
        "x.sum(0).sqrt_()",
        "torch.zeros(2)[0] + math.tanh(1)",
        "nn.Parameter(x)",
        "torch.float32",
        "class A(nn.Module):\n    def softmax(self): return self.softmax()",
    ],
)
def test_what_is_free(tmp_path, code):
    (tmp_path / "01_x.ipynb").write_text(notebook(IMPORTS + "\n" + code), encoding="utf-8")
    assert unearned(tmp_path) == []


def test_an_operation_is_earned_from_the_next_cell_on(tmp_path):
    earn = "with claim('S1', 'x'):\n    earn('torch.relu', ours, torch.relu, cases)"
    (tmp_path / "01_x.ipynb").write_text(
        notebook(IMPORTS, "#export\nx.relu()", earn, "#export\nF.relu(x)"), encoding="utf-8"
    )
    (tmp_path / "02_x.ipynb").write_text(
        notebook("#export\nimport torch\nx = torch.relu(y)"), encoding="utf-8"
    )
    assert unearned(tmp_path) == ["01_x.ipynb, cell 2, line 2: .relu is used before it is earned"]
    (tmp_path / "01_x.ipynb").write_text(
        notebook(IMPORTS, "test_fail(lambda: " + earn.splitlines()[1].strip() + ")"),
        encoding="utf-8",
    )
    assert unearned(tmp_path) == [
        "02_x.ipynb, cell 1, line 3: torch.relu is used before it is earned"
    ]
