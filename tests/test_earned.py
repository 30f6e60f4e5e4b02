"""Exported code uses only those operations of PyTorch that earlier cells have rebuilt.

An operation is earned by a call of `earn`, which shows that the rebuilt operation agrees with
PyTorch's. From the next cell on, exported code may use it.
"""

from __future__ import annotations

import ast
import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from conftest import notebook

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "docs"))
from claims import code_cells  # noqa: E402

# The operations that need not be earned, by the reason.
FREE = {
    "makes a tensor, or says what it is": """
        tensor as_tensor from_numpy zeros zeros_like ones ones_like empty empty_like full full_like
        eye arange linspace new_tensor new_zeros new_empty new_full zero_ fill_ copy_ clone detach
        Size size shape dtype device ndim dim numel item tolist numpy data data_ptr grad
        requires_grad finfo get_default_dtype is_floating_point float float32 float64 bfloat16
        double long int64 uint8 bool to cpu element_size nbytes contiguous_format channels_last
        memory_format""",
    "random numbers": """
        Generator manual_seed rand randn randint randperm normal_ uniform_ bernoulli get_rng_state
        set_rng_state""",
    "shapes, indices and order: nothing is calculated": """
        view reshape flatten squeeze unsqueeze expand expand_as permute transpose t T mT movedim
        diagonal as_strided stride contiguous split chunk cat stack gather scatter_ masked_fill
        where nonzero flip roll repeat sort argsort pad one_hot""",
    "arithmetic and elementary functions, element by element, also several steps in one call": """
        abs neg sign add sub mul div pow square sqrt rsqrt exp log sin cos floor ceil round lerp
        addcmul addcdiv clamp clamp_min clamp_max maximum minimum threshold nan_to_num""",
    "comparisons": """
        eq ne lt le gt ge equal isclose isnan isfinite logical_and logical_or logical_not""",
    "sums and counts, and what is largest": """
        sum sum_to_size cumsum prod any all min max amin amax argmin argmax topk bincount""",
    "holds code, parameters and settings": """
        Module ModuleList Sequential Identity Parameter ParameterList parameters buffers modules
        children register_buffer Function save_for_backward saved_tensors no_grad enable_grad train
        eval state_dict load_state_dict requires_grad_ set_grad_enabled is_grad_enabled
        register_hook register_post_accumulate_grad_hook get_num_threads set_num_threads
        is_available save load""",
    "processes, and messages from one to another": """
        init_process_group destroy_process_group is_initialized get_rank get_world_size isend send
        recv""",
    "also a method of Python's lists and dictionaries": "index values",
}

# Other names for an operation. If it is earned under one name, it is earned under all.
SAME = {"@": "matmul", "mm": "matmul", "bmm": "matmul", "grad": "backward"}

# What makes the comparisons with PyTorch has to call PyTorch: a notebook, and a function.
KIT = {"00_core.ipynb", "gradcheck"}


# --- the rule ----------------------------------------------------------------------------------


def plain(name: str) -> str:
    """The operation that a name stands for: torch.relu, F.relu, x.relu_() and nn.ReLU are one."""
    last = name.rpartition(".")[2].replace("_", "").lower()
    return SAME.get(last, last)


def free_names() -> set[str]:
    """The operations that need not be earned."""
    words = " ".join(FREE.values()).split()
    return {word.replace("_", "").lower() for word in words}


def unearned(folder: Path) -> list[str]:
    """The operations that exported cells of a folder's notebooks use too early.

    Each is a line with notebook, cell, line and operation.
    """
    earned = free_names()
    own_methods: set[str] = set()
    found = []
    for path in sorted(folder.glob("*.ipynb")):
        imports: dict[str, str] = {}
        for number, _, source in code_cells(path):
            tree = ast.parse(source)
            if source.startswith("#export"):
                imports |= _imports(tree)
                own_methods |= set(_defined(tree))
                if not KIT & {path.name, *_functions(tree)}:
                    for line, name in _uses(tree, imports, own_methods):
                        if plain(name) not in earned:
                            place = f"{path.name}, cell {number}, line {line}"
                            found.append(f"{place}: {name} is used before it is earned")
            earned |= {plain(name) for name in _earned(tree.body)}  # from the next cell on
    return found


def _earned(statements: list[ast.stmt]) -> Iterator[str]:
    """The names in calls of `earn` that are statements."""
    for statement in statements:
        if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            call = statement.value
            if getattr(call.func, "id", "") == "earn":
                yield call.args[0].value


def _functions(tree: ast.Module) -> Iterator[str]:
    """The functions that a cell defines."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name


def _imports(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, such as {"F": "torch.nn.functional"}."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                found[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                found[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return found


def _defined(tree: ast.Module) -> Iterator[str]:
    """The methods of the library's own classes: `net.backward()` need not be PyTorch's."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.FunctionDef):
                    yield part.name
        elif isinstance(node, ast.FunctionDef):
            decorators = [getattr(decorator, "id", "") for decorator in node.decorator_list]
            if "patch" in decorators:
                yield node.name


def _uses(
    tree: ast.Module, imports: dict[str, str], own_methods: set[str]
) -> Iterator[tuple[int, str]]:
    """Line and name of each operation of PyTorch, and of each method that may be one."""
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(getattr(node, "op", None), ast.MatMult):
            yield node.lineno, "@"
        elif isinstance(node, ast.ImportFrom):
            for name in _imported_operations(node):
                yield node.lineno, name
        elif isinstance(node, ast.Attribute) and not node.attr.startswith("__"):
            root, rest = _dotted(node)
            is_called = id(node) in called
            if root in imports:
                name = f"{imports[root]}.{rest}"
                if _is_operation(name):
                    yield node.lineno, name
            elif is_called and hasattr(torch.Tensor, node.attr) and node.attr not in own_methods:
                yield node.lineno, f".{node.attr}"


def _imported_operations(node: ast.ImportFrom) -> Iterator[str]:
    if (node.module or "").split(".")[0] != "torch":
        return
    for alias in node.names:
        name = f"{node.module}.{alias.name}"
        if _is_operation(name):
            yield name


def _dotted(node: ast.Attribute) -> tuple[str, str]:
    """("torch", "nn.Linear") for torch.nn.Linear; ("", "") if it does not begin with a name."""
    parts = []
    part: ast.expr = node
    while isinstance(part, ast.Attribute):
        parts.append(part.attr)
        part = part.value
    if not isinstance(part, ast.Name):
        return "", ""
    return part.id, ".".join(reversed(parts))


def _is_operation(name: str) -> bool:
    """Whether a dotted name is something in PyTorch other than a module or Tensor itself."""
    root, *parts = name.split(".")
    if root != "torch":
        return False
    found: object = torch
    for part in parts:
        found = getattr(found, part, None)
    return found is not torch.Tensor and not isinstance(found, type(torch))


# --- the notebooks of this repository ----------------------------------------------------------


def test_exported_code_uses_only_earned_operations():
    assert unearned(ROOT / "nbs") == []


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str, str, str], Path]:
    """Copy all notebooks and change one cell: `copied("01_matmul", "old", "new")`."""

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
    line = "n, k, m = product_sizes(a, b)\n"
    with_einsum = f"{line}    return torch.einsum('ik,kj->ij', a, b)\n"
    (report,) = unearned(copied("01_matmul", line, with_einsum))
    assert report.startswith("01_matmul.ipynb, cell ")
    assert report.endswith(", line 5: torch.einsum is used before it is earned")


def test_an_operation_that_is_no_longer_earned_is_noticed(copied):
    found = unearned(copied("02_fully_connected", "earn('torch.relu'", "print('torch.relu'"))
    assert found
    assert all("relu" in line.lower() for line in found)


# --- planted notebooks -------------------------------------------------------------------------

IMPORTS = """#export
import math
import torch
import torch.nn.functional as F
from torch import Tensor, nn
"""


def write(folder: Path, name: str, *cells: str) -> None:
    (folder / name).write_text(notebook(*cells), encoding="utf-8")


@pytest.mark.parametrize(
    ("code", "name"),
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
def test_an_operation_that_is_not_earned_is_noticed(tmp_path, code, name):
    write(tmp_path, "01_x.ipynb", f"{IMPORTS}\n{code}")
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
def test_free_operations_and_own_methods_are_left_alone(tmp_path, code):
    write(tmp_path, "01_x.ipynb", f"{IMPORTS}\n{code}")
    assert unearned(tmp_path) == []


EARN = "earn('torch.relu', ours, torch.relu, cases)"


@pytest.fixture
def relu_in_two_notebooks(tmp_path: Path) -> Path:
    """A folder in which relu is used before and after it is earned, and in a second notebook."""
    write(tmp_path, "01_x.ipynb", IMPORTS, "#export\nx.relu()", EARN, "#export\nF.relu(x)")
    write(tmp_path, "02_x.ipynb", "#export\nimport torch\nx = torch.relu(y)")
    return tmp_path


def test_an_operation_is_earned_from_the_next_cell_on(relu_in_two_notebooks):
    found = unearned(relu_in_two_notebooks)
    assert found == ["01_x.ipynb, cell 2, line 2: .relu is used before it is earned"]


def test_a_call_of_earn_inside_of_an_expression_does_not_count(relu_in_two_notebooks):
    write(relu_in_two_notebooks, "01_x.ipynb", IMPORTS, f"test_fail(lambda: {EARN})")
    found = unearned(relu_in_two_notebooks)
    assert found == ["02_x.ipynb, cell 1, line 3: torch.relu is used before it is earned"]
