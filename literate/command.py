"""A function as a command line: Fire parses it, its signature decides what is allowed, its comments are the help.

Left to itself Fire runs the function before it finds an unknown flag, guesses types from the look of a value
(`--up-to 02` is 2, `None` is None), lets a switch swallow the next word, and opens a pager for help. Here Fire only
collects words; the function runs when every one of them has found its place and its annotated type.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from .diagnostics import UsageError, UserError

TYPE_CHECKING = False
if (
    TYPE_CHECKING
):  # `inspect` takes longer than all the rest of this file, and only arguments need it
    import inspect
    from typing import NoReturn

INTERNAL_ERROR = (
    70  # EX_SOFTWARE: a bug of ours, told apart from every failure of the user's notebooks
)
INTERRUPTED = 130
_MENDABLE = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.EMFILE,
    errno.ENAMETOOLONG,
}


def main(
    function: Callable[..., int | None], arguments: Sequence[str] | None = None, name: str = ""
) -> int:
    """Run `function(*names, flag=...)` as a command line says; return the exit code. Every failure is one clear line."""
    sys.stdout, sys.stderr = (
        stream or open(os.devnull, "w") for stream in (sys.stdout, sys.stderr)
    )  # None after `>&-`
    name = name or os.path.basename(sys.argv[0])
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if hasattr(sys.stdout, "reconfigure"):  # this may fail: it writes what is in the buffer
            sys.stdout.reconfigure(errors="backslashreplace")  # as stderr: a name may be no text
        if {"--help", "-h"} & set(arguments):
            print(help_text(function, name), flush=True)
            return 0
        positional, switches = read_arguments(function, arguments)
        code = function(*positional, **switches) or 0
        sys.stdout.flush()
        return code
    except UserError as error:
        print(
            f"{error}\nSee {name} --help" if isinstance(error, UsageError) else error,
            file=sys.stderr,
        )
        return error.exit_code
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:  # `| head`: whoever reads has seen enough
        _write_no_more()
        return 0
    except OSError as error:
        _write_no_more()
        if error.errno not in _MENDABLE and not error.filename:
            return _internal_error()
        tell(error)
        return 1
    except Exception:
        return _internal_error()


def _write_no_more() -> None:
    """Let what stdout has not taken go nowhere: the buffer keeps it, and would fail again."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(error: OSError) -> None:
    """What the system refuses, as a line: of which file, and why."""
    print(f"error: {error.filename or 'writing'}: {error.strerror}", file=sys.stderr)


def leave(code: int) -> NoReturn:
    """End the process without taking everything apart first, unless something that measures it has to do with the end."""
    if not ("coverage" in sys.modules or sys.gettrace() or sys.getprofile()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def _internal_error() -> int:
    import traceback

    traceback.print_exc()
    print(
        "internal error: a bug in literate; please report it with the lines above", file=sys.stderr
    )
    return INTERNAL_ERROR


def read_arguments(
    function: Callable, arguments: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, object]]:
    """The names and the flags on a command line, the flags in their annotated types; a `UsageError` says what does not fit."""
    if not arguments:
        return (), {}
    import inspect

    fire = _import_fire()
    signature = inspect.signature(function, eval_str=True)
    collected: list = []

    def collect(*positional, **switches):
        collected[:] = positional, switches

    collect.__signature__ = signature
    fire.Fire(
        fire.decorators.SetParseFn(str)(collect),
        command=_explicit(signature, arguments),
        name="literate",
    )
    positional, switches = collected
    return positional, {
        key: _convert(key, value, signature.parameters[key].annotation)
        for key, value in switches.items()
    }


def _import_fire() -> ModuleType:
    """Fire without asyncio, of which it only needs to hear that our commands are no coroutines: half of its time."""
    import inspect

    stand_in = ModuleType("asyncio")
    stand_in.iscoroutinefunction = inspect.iscoroutinefunction
    stands_in = sys.modules.setdefault("asyncio", stand_in) is stand_in
    try:
        import fire
    finally:
        if stands_in:
            del sys.modules["asyncio"]
    return fire


def _explicit(signature: inspect.Signature, arguments: Sequence[str]) -> list[str]:
    """The same command line with every flag as --name=value, so that nothing is left to guess."""
    flags = {
        key: p.annotation for key, p in signature.parameters.items() if p.kind is p.KEYWORD_ONLY
    }
    explicit, rest = [], list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            if not any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values()):
                raise UsageError(f"unexpected argument {word!r}")
            explicit.append(word)
            continue
        key, equals, value = word.lstrip("-").partition("=")
        key = key.replace("-", "_")
        if key not in flags:
            from .spelling import nearest

            near = nearest(key, frozenset(flags))
            raise UsageError(
                f"unknown flag {word.partition('=')[0]}"
                + (f": did you mean --{near.replace('_', '-')}?" if near else "")
            )
        if not equals and flags[key] is bool:
            value = "True"
        elif not equals:
            if not rest or rest[0].startswith("--"):
                raise UsageError(f"--{key.replace('_', '-')} needs a value")
            value = rest.pop(0)
        explicit.append(f"--{key}={value}")
    return explicit


def _convert(key: str, value: str, annotation: type) -> object:
    """`value` in the annotated type: bool, int, float or str, or one of them with None as the default."""
    if options := getattr(annotation, "__args__", ()):  # int | None
        annotation = next(option for option in options if option is not type(None))
    if annotation is bool:
        if value not in ("True", "False"):
            raise UsageError(
                f"--{key.replace('_', '-')} takes no value, or True or False, not {value!r}"
            )
        return value == "True"
    try:
        return annotation(value)
    except ValueError:
        kind = {int: "a whole number", float: "a number"}[annotation]
        raise UsageError(f"--{key.replace('_', '-')} takes {kind}, not {value!r}") from None


def help_text(function: Callable, name: str) -> str:
    """What the command does and takes: its docstring, and the comments beside its parameters."""
    import inspect

    from fastcore.docments import (
        docments,
    )  # reads the comments; Fire's own help page would import IPython

    comments, rows = docments(function), []
    for key, parameter in inspect.signature(function, eval_str=True).parameters.items():
        if parameter.kind is parameter.VAR_POSITIONAL:
            words, default = f"{key.upper()}...", ""
        else:
            kind = "" if parameter.annotation is bool else f" {key.upper()}"
            words = f"--{key.replace('_', '-')}{kind}"
            default = (
                "" if parameter.default in (False, None, "") else f" (default: {parameter.default})"
            )
        rows.append((words, f"{comments.get(key) or ''}{default}"))
    width = max(len(words) for words, _ in rows) + 2
    lines = [
        f"  {words:<{width}}{line}" for words, text in rows for line in [" ".join(text.split())]
    ]
    return "\n".join(
        [f"usage: {name} [FLAGS] [{rows[0][0]}]", "", inspect.getdoc(function) or "", "", *lines]
    )
