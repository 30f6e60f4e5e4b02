"""A failing `assert` shows its values: those that its expressions had when it ran.

`assert f(x) == 5` is compiled as `assert (saved := f(x)) == 5`, followed by `del saved`. So each
expression is evaluated once, as ever, and where it passes, nothing is left of it. If the assert
fails, the values are found in the frame that raised the exception. The exception itself remains as
it is, and code in a cell notices nothing.

pytest rewrites asserts, too. But its import takes as long as a whole run of small notebooks, its
rewriting changes the message of the exception, and it leaves variables in the notebook.
"""

from __future__ import annotations

import ast
import reprlib
from collections.abc import Mapping
from copy import deepcopy
from types import BuiltinFunctionType, FrameType, FunctionType, ModuleType

from ...records import dataclass

# No name in Python code begins like this.
_PREFIX = "@assert"

_UNSET = ...  # the value of such a variable whose expression was not evaluated

_MAX_SHOWN = 12  # values below the first line
_MAX_IN_LINE = 60  # characters of a value in the first line

# How functions, classes, modules and objects without a text of their own are shown.
_TELL_NOTHING = {
    kind.__repr__ for kind in (FunctionType, BuiltinFunctionType, type, ModuleType, object)
}

# Expressions that show no more than they say. Their names would, but not all of them have values
# when the assert fails.
_OPAQUE = (
    ast.Constant,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
    ast.Starred,
    ast.Yield,
    ast.YieldFrom,
    ast.Slice,
)


@dataclass(eq=False)
class _Assert:
    """An assert of a cell."""

    test: ast.expr  # as it stands in the cell
    saved: dict[str, ast.expr]  # its expressions, by the variables that hold their values
    compiled: ast.Assert  # its lines are those of the code that runs


class Asserts:
    """Compiles asserts so that they keep their values, and explains those that fail."""

    def __init__(self) -> None:
        self._known: dict[str, _Assert] = {}  # by the prefix of their variables

    def instrument(self, tree: ast.AST) -> None:
        """Let the asserts of parsed code keep their values."""
        _Instrumenter(self._known).visit(tree)

    def explain(self, error: BaseException) -> str:
        """The values of the assert that has raised an exception; "" if there is none."""
        if not isinstance(error, AssertionError) or error.__traceback__ is None:
            return ""
        trace = error.__traceback__
        while trace.tb_next is not None:
            trace = trace.tb_next
        values = _saved_values(trace.tb_frame.f_locals)
        for prefix in dict.fromkeys(_prefix_of(name) for name in values):
            failed = self._known[prefix]
            end = failed.compiled.end_lineno or failed.compiled.lineno
            if failed.compiled.lineno <= trace.tb_lineno <= end:
                return _explanation(failed, values, trace.tb_frame)
        return ""

    def forget_values(self, namespace: dict[str, object]) -> None:
        """Remove what the asserts that failed in a cell have left among its variables."""
        if self._known:
            for name in _saved_values(namespace):
                del namespace[name]


# --- the code of an assert ---------------------------------------------------------------------


class _Instrumenter(ast.NodeTransformer):
    """Replaces asserts by asserts that keep their values."""

    def __init__(self, known: dict[str, _Assert]) -> None:
        self._known = known
        self._is_in_class = False

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        # The variables of an assert in the body of a class would be attributes of the class.
        return self._visit_inside(node, is_in_class=True)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._visit_inside(node, is_in_class=False)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._visit_inside(node, is_in_class=False)

    def _visit_inside(self, node: ast.AST, is_in_class: bool) -> ast.AST:
        outside = self._is_in_class
        self._is_in_class = is_in_class
        self.generic_visit(node)
        self._is_in_class = outside
        return node

    def visit_Assert(self, node: ast.Assert) -> ast.stmt:
        if self._is_in_class:
            return node
        prefix = f"{_PREFIX}{len(self._known)}"
        rewriter = _Rewriter(prefix)
        compiled = ast.Assert(rewriter.rewritten(node.test), node.msg)
        if not rewriter.saved:
            return node
        self._known[prefix] = _Assert(node.test, rewriter.saved, compiled)
        return _with_variables(node, compiled, list(rewriter.saved), rewriter.uncertain)


class _Rewriter:
    """Makes the test of an assert that keeps its values."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix
        self.saved: dict[str, ast.expr] = {}  # the expressions, by their variables
        self.uncertain: list[str] = []  # variables that may not be set when the assert passes
        self._is_certain = True

    def rewritten(self, node: ast.expr) -> ast.expr:
        """The expression, with its parts saved, but not itself."""
        match node:
            case ast.BoolOp(op, values):
                first = self.rewritten(values[0])
                others = self._perhaps(values[1:])
                return ast.copy_location(ast.BoolOp(op, [first, *others]), node)
            case ast.UnaryOp(ast.Not() as op, operand):
                return ast.copy_location(ast.UnaryOp(op, self.rewritten(operand)), node)
            case ast.Compare(left, ops, comparators):
                values = [self._saved(left), self._saved(comparators[0])]
                was_certain = self._is_certain
                self._is_certain = False  # a < b < c: without a < b, c is not evaluated
                values += [self._saved(each) for each in comparators[1:]]
                self._is_certain = was_certain
                return ast.copy_location(ast.Compare(values[0], ops, values[1:]), node)
            case ast.Tuple():
                return node  # it is always true, and Python warns of it
        return self._saved(node)

    def _perhaps(self, nodes: list[ast.expr]) -> list[ast.expr]:
        """The operands of `and` and `or` behind the first one, which are not always evaluated."""
        was_certain = self._is_certain
        self._is_certain = False
        rewritten = [self.rewritten(node) for node in nodes]
        self._is_certain = was_certain
        return rewritten

    def _saved(self, node: ast.expr) -> ast.expr:
        """The expression, with its value saved, and the values of its own calls."""
        if isinstance(node, _OPAQUE):
            return node
        inner = self._with_arguments(node)
        if isinstance(node, (ast.Tuple, ast.List, ast.Dict, ast.Set)) and not _names(node):
            return inner
        name = f"{self._prefix}.{len(self.saved)}"
        self.saved[name] = node
        if not self._is_certain:
            self.uncertain.append(name)
        target = ast.copy_location(ast.Name(name, ast.Store()), node)
        return ast.copy_location(ast.NamedExpr(target, inner), node)

    def _with_arguments(self, node: ast.expr) -> ast.expr:
        """A call, whose arguments are saved if they are calls and the like."""
        if not isinstance(node, ast.Call):
            return node
        arguments = [self._argument(each) for each in node.args]
        keywords = []
        for keyword in node.keywords:
            value = self._argument(keyword.value)
            keywords.append(ast.copy_location(ast.keyword(keyword.arg, value), keyword))
        return ast.copy_location(ast.Call(node.func, arguments, keywords), node)

    def _argument(self, node: ast.expr) -> ast.expr:
        if isinstance(node, (ast.Call, ast.BinOp, ast.Attribute, ast.Subscript)):
            return self._saved(node)
        return node


def _with_variables(
    statement: ast.Assert, compiled: ast.Assert, names: list[str], uncertain: list[str]
) -> ast.stmt:
    """An assert, with its variables: those that may stay unset are set before, and all end."""
    body: list[ast.stmt] = [compiled]
    if uncertain:
        targets: list[ast.expr] = [ast.Name(name, ast.Store()) for name in uncertain]
        body.insert(0, ast.Assign(targets, ast.Constant(_UNSET)))
    body.append(ast.Delete([ast.Name(name, ast.Del()) for name in names]))
    block = ast.If(ast.Constant(True), body, [])  # one statement: IPython runs each by itself
    for node in (block, *body):
        ast.copy_location(node, statement)
        ast.fix_missing_locations(node)
    return block


def _names(node: ast.AST) -> list[str]:
    """The names that stand in an expression."""
    found = [each.id for each in ast.walk(node) if isinstance(each, ast.Name)]
    return list(dict.fromkeys(found))


# --- the values --------------------------------------------------------------------------------


class _Repr(reprlib.Repr):
    """Shows values, but neither all of a long one, nor an error of their own."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.maxlevel = 6
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = 50
        self.maxarray = self.maxdeque = 50
        self.maxstring = self.maxlong = self.maxother = limit


_show_in_line = _Repr(_MAX_IN_LINE).repr
_show = _Repr(1000).repr


def _saved_values(namespace: Mapping[str, object]) -> dict[str, object]:
    """The variables of asserts among all variables."""
    names = [name for name in list(namespace) if name.startswith(_PREFIX)]
    return {name: namespace[name] for name in names}


def _prefix_of(name: str) -> str:
    return name.partition(".")[0]


def _explanation(failed: _Assert, values: dict[str, object], frame: FrameType) -> str:
    """The assert with its values, and below it a line for each expression and each variable."""
    shown: dict[str, str] = {}  # by expression
    replaced: dict[int, object] = {}
    for name, node in failed.saved.items():
        if values.get(name, _UNSET) is not _UNSET:
            shown.setdefault(ast.unparse(node), _show(values[name]))
            in_line = " ".join(_show_in_line(values[name]).split())
            replaced[id(node)] = ast.Name(in_line)
    for name, value in _variables(failed.test, frame).items():
        shown.setdefault(name, _show(value))
    test: ast.expr = deepcopy(failed.test, replaced)
    lines = [f"assert {ast.unparse(test)}"]
    for expression, value in list(shown.items())[:_MAX_SHOWN]:
        lines.append(f"  {expression} = {_indented(value)}")
    return "\n".join(lines)


def _indented(text: str) -> str:
    return text.replace("\n", "\n    ")


def _variables(test: ast.expr, frame: FrameType) -> dict[str, object]:
    """The variables that stand in a test, with their values, if these tell something."""
    found: dict[str, object] = {}
    for name in _names(test):
        for namespace in (frame.f_locals, frame.f_globals):
            if name in namespace:
                value = namespace[name]
                show: object = type(value).__repr__
                if show not in _TELL_NOTHING:
                    found[name] = value
                break
    return found
