"""What the source of a function or a class says about it: signature, docstring and comments.

Nothing is imported. A comment beside a parameter describes it, or a comment above it, or a line
`name: comment` of the docstring.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Sequence

from ..records import dataclass

Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef

_WIDTH = 80  # of a signature on one line


@dataclass(frozen=True)
class Parameter:
    """A parameter, or the result if its name is "return"."""

    name: str  # with its stars
    annotation: str
    default: str
    comment: str


@dataclass(frozen=True)
class Described:
    """A function, a method or a class, as its source describes it."""

    name: str  # with its class: Learner.fit
    kind: str  # "function", "class" or "method"
    signature: str
    docstring: str
    parameters: tuple[Parameter, ...]
    line: int  # in the code, from 1
    end_line: int

    @property
    def summary(self) -> str:
        """The first paragraph of the docstring, in one line."""
        return " ".join(self.docstring.split("\n\n")[0].split())


def describe(code: str) -> list[Described]:
    """The functions, classes and public methods that code defines at its top level.

    A function that fastcore's `@patch` adds to a class is described as a method of this class.
    Code that cannot be parsed defines nothing.
    """
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return []
    definitions = [node for node in tree.body if isinstance(node, Definition)]
    if not definitions:
        return []
    comments = _comments(code)
    found: list[Described] = []
    for node in definitions:
        if isinstance(node, ast.ClassDef):
            found.append(_describe_class(node, comments))
            found += _methods(node, comments)
            continue
        owners = patched_classes(node)
        for owner in owners:
            found.append(_describe_function(node, comments, owner))
        if not owners:
            found.append(_describe_function(node, comments))
    return found


def names_defined(code: str) -> list[str]:
    """The names that code assigns at its top level; private names are left out."""
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        return []
    names: list[str] = []
    for node in tree.body:
        targets: Sequence[ast.expr] = ()
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = (node.target,)
        names += [target.id for target in targets if isinstance(target, ast.Name)]
    return [name for name in names if not name.startswith("_")]


def patched_classes(node: Function) -> list[str]:
    """The classes to which fastcore's `@patch` or `@patch_to` adds a function."""
    for decorator in node.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = ast.unparse(call).rpartition(".")[2]
        first = node.args.posonlyargs + node.args.args
        if name == "patch" and first and first[0].annotation:
            return _class_names(first[0].annotation)
        if name == "patch_to" and isinstance(decorator, ast.Call) and decorator.args:
            return _class_names(decorator.args[0])
    return []


def _class_names(annotation: ast.expr) -> list[str]:
    """A and B for `A | B`, for `(A, B)` and for `Union[A, B]`."""
    if isinstance(annotation, ast.BinOp):
        return _class_names(annotation.left) + _class_names(annotation.right)
    if isinstance(annotation, ast.Tuple | ast.List):
        return [name for item in annotation.elts for name in _class_names(item)]
    if isinstance(annotation, ast.Subscript) and ast.unparse(annotation.value).endswith("Union"):
        return _class_names(annotation.slice)
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return [annotation.value]
    return [ast.unparse(annotation)]


# --- classes -----------------------------------------------------------------------------------


def _describe_class(node: ast.ClassDef, comments: dict[int, str]) -> Described:
    docstring = ast.get_docstring(node) or ""
    constructor = _constructor(node)
    parameters: tuple[Parameter, ...] = ()
    if constructor is not None:
        parameters = _parameters(constructor, comments, docstring, skips_first=True)
        docstring = docstring or ast.get_docstring(constructor) or ""
    elif _is_dataclass(node):
        parameters = _fields(node, comments, docstring)
    bases = [ast.unparse(base) for base in (*node.bases, *node.keywords)]
    shown = parameters or tuple(Parameter(base, "", "", "") for base in bases)
    signature = _signature(f"class {node.name}", shown)
    own = tuple(parameter for parameter in parameters if parameter.name != "return")
    line = _first_line(node)
    return Described(node.name, "class", signature, docstring, own, line, node.end_lineno or line)


def _constructor(node: ast.ClassDef) -> Function | None:
    for inner in node.body:
        if isinstance(inner, Function) and inner.name == "__init__":
            return inner
    return None


def _is_dataclass(node: ast.ClassDef) -> bool:
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    bases = [ast.unparse(base) for base in node.bases]
    return any("dataclass" in text for text in decorators) or "NamedTuple" in bases


def _fields(node: ast.ClassDef, comments: dict[int, str], doc: str) -> tuple[Parameter, ...]:
    """The fields of a dataclass as parameters of its constructor."""
    found = []
    for inner in node.body:
        if not isinstance(inner, ast.AnnAssign) or not isinstance(inner.target, ast.Name):
            continue
        default = ast.unparse(inner.value) if inner.value else ""
        comment = _comment_for(inner.target.id, inner.lineno, set(), comments, doc)
        annotation = ast.unparse(inner.annotation)
        found.append(Parameter(inner.target.id, annotation, default, comment))
    return tuple(found)


def _methods(node: ast.ClassDef, comments: dict[int, str]) -> Iterator[Described]:
    """The public methods of a class that have a docstring."""
    for inner in node.body:
        if not isinstance(inner, Function) or inner.name.startswith("_"):
            continue
        if ast.get_docstring(inner):
            yield _describe_function(inner, comments, node.name)


# --- functions ---------------------------------------------------------------------------------


def _describe_function(node: Function, comments: dict[int, str], owner: str = "") -> Described:
    docstring = ast.get_docstring(node) or ""
    decorators = {ast.unparse(decorator) for decorator in node.decorator_list}
    is_bound = bool(owner) and "staticmethod" not in decorators
    parameters = _parameters(node, comments, docstring, skips_first=is_bound)
    name = f"{owner}.{node.name}" if owner else node.name
    if "property" in decorators or any("as_prop=True" in text for text in decorators):
        result = ast.unparse(node.returns) if node.returns else ""
        signature = f"{name}: {result}" if result else name
    else:
        word = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        signature = _signature(f"{word} {node.name}", parameters)
    kind = "method" if owner else "function"
    line = _first_line(node)
    last = node.end_lineno or line
    return Described(name, kind, signature, docstring, parameters, line, last)


def _first_line(node: Definition) -> int:
    """The line of the first decorator, or of the definition itself."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _parameters(
    node: Function, comments: dict[int, str], doc: str, skips_first: bool
) -> tuple[Parameter, ...]:
    arguments = node.args
    positional = arguments.posonlyargs + arguments.args
    defaults: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    pairs: list[tuple[str, ast.arg, ast.expr | None]] = []
    for argument, default in zip(positional, [*defaults, *arguments.defaults], strict=True):
        pairs.append(("", argument, default))
    if skips_first:
        pairs = pairs[1:]
    if arguments.vararg:
        pairs.append(("*", arguments.vararg, None))
    elif arguments.kwonlyargs:
        pairs.append(("*", ast.arg(""), None))
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        pairs.append(("", argument, default))
    if arguments.kwarg:
        pairs.append(("**", arguments.kwarg, None))
    # A comment belongs to the last parameter on its line, or to the result.
    last_on = {argument.lineno: argument.arg for _, argument, _ in pairs if argument.arg}
    if node.returns is not None:
        last_on[node.returns.lineno] = "return"
    found = []
    for stars, argument, default in pairs:
        annotation = ast.unparse(argument.annotation) if argument.annotation else ""
        value = ast.unparse(default) if default else ""
        comment = ""
        if argument.arg:
            is_last = last_on[argument.lineno] == argument.arg
            beside = comments if is_last else {}
            comment = _comment_for(argument.arg, argument.lineno, set(last_on), beside, doc)
        found.append(Parameter(stars + argument.arg, annotation, value, comment))
    if node.returns is not None:
        comment = comments.get(node.returns.lineno, "")
        found.append(Parameter("return", ast.unparse(node.returns), "", comment))
    return tuple(found)


def _comment_for(
    name: str, line: int, taken: set[int], comments: dict[int, str], docstring: str
) -> str:
    """What the source says about a parameter: beside it, above it, or in the docstring."""
    if line in comments:
        return comments[line]
    above: list[str] = []
    number = line - 1
    while number in comments and number not in taken and comments[number].startswith("\0"):
        above.insert(0, comments[number].lstrip("\0"))
        number -= 1
    if above:
        return " ".join(above)
    match = re.search(rf"(?m)^[ \t]*\*{{0,2}}{re.escape(name)}: +(\S.*)$", docstring)
    return match[1] if match else ""


def _comments(code: str) -> dict[int, str]:
    """The comments by their lines; a comment that stands alone on its line begins with a null."""
    found: dict[int, str] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            if token.type == tokenize.COMMENT:
                is_alone = token.line.lstrip().startswith("#")
                text = token.string.lstrip("#").strip()
                found[token.start[0]] = f"\0{text}" if is_alone else text
    except (tokenize.TokenError, SyntaxError):
        pass
    return found


# --- signatures --------------------------------------------------------------------------------


def _signature(start: str, parameters: Sequence[Parameter]) -> str:
    """A signature on one line, or with a line for each parameter if it is long."""
    result = ""
    shown = []
    for parameter in parameters:
        if parameter.name == "return":
            result = f" -> {parameter.annotation}"
        else:
            shown.append(_spelled(parameter))
    if start.startswith("class") and not shown:
        return start
    line = f"{start}({', '.join(shown)}){result}"
    if len(line) <= _WIDTH:
        return line
    return "\n".join([f"{start}(", *(f"    {text}," for text in shown), f"){result}"])


def _spelled(parameter: Parameter) -> str:
    text = parameter.name
    if parameter.annotation:
        text += f": {parameter.annotation}"
    if parameter.default:
        equals = " = " if parameter.annotation else "="
        text += f"{equals}{parameter.default}"
    return text
