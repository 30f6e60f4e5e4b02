"""A function as a command line.

The flags of a command are data: a tuple of `Flag`. A command declares them itself, or `flags_of`
reads them from the signature of its function, and their help from its docstring.

Fire assigns the words of a command line to the flags. By itself, it does what no user should meet:

- It calls the function first and complains about an unknown flag afterwards. Here Fire calls a
  function that only collects values. The command runs after every word has been checked.
- It guesses types from the look of the text: `--up-to 1e3` would be the number 1000.0, and the name
  `[x]` a list. Here it leaves all as text, and `_convert` makes values of the declared types.
- It lets a switch take the next word as its value: `--check a.ipynb` would set `check` to
  "a.ipynb". Here every flag reaches Fire as `--name=value`.
- It accepts other spellings: `-c` and `--nocheck`. Here Fire only sees names that are declared.
- It takes a `-` as the end of a call. Here the separator is one that no command line can contain.
- It opens a pager for its help page and imports IPython for it. Here `help_text` writes the page.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Callable, Sequence
from types import ModuleType

from .diagnostics import UsageError, UserError
from .printable import printable
from .records import dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    # `inspect` takes longer to import than everything else here, and only flags need it.
    import inspect
    from typing import Any, NoReturn

INTERNAL_ERROR = 70  # EX_SOFTWARE: a bug in literate, as opposed to a failure of a notebook

_SEPARATOR = "\0"  # the words of a command line cannot contain this character
# What Fire imports for its pager and for the console of Windows.
_UNUSED_BY_FIRE = () if sys.platform == "win32" else ("ctypes", "platform", "subprocess")

# Errors that the user can repair, such as a full disk. They may come without a file name.
_USER_ERRNOS = {
    errno.EACCES,
    errno.EPERM,
    errno.EROFS,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EIO,
    errno.EMFILE,
    errno.ENAMETOOLONG,
}


@dataclass(frozen=True)
class Flag:
    """A flag of a command, or the list of names that the command takes beside its flags."""

    name: str  # as Python writes it: up_to
    kind: type  # bool, int, float or str; tuple for the list of names
    default: object
    help: str = ""
    minimum: float | None = None  # the smallest number that is accepted
    words: tuple[str, ...] = ()  # values that a switch takes beside True and False
    repeats: bool = False  # given several times, its texts are joined by blanks

    @property
    def is_list_of_names(self) -> bool:
        """Whether this stands for all words that do not belong to a flag."""
        return self.kind is tuple

    @property
    def spelling(self) -> str:
        """The flag as it is typed: `--up-to`, and `--global` for the name `global_`."""
        return f"--{self.name.rstrip('_').replace('_', '-')}"

    @property
    def usage(self) -> str:
        """The flag and its value as the help shows them: `--check`, `--up-to UP_TO`, `NAMES...`."""
        if self.is_list_of_names:
            return f"{self.name.upper()}..."
        if self.kind is bool:
            return self.spelling + "".join(f"[={word}]" for word in self.words)
        return f"{self.spelling} {self.name.upper()}"

    @property
    def default_text(self) -> str:
        """The default as the help shows it; "" for a default such as 0, None or an empty text."""
        return str(self.default) if self.default else ""


def flags_of(function: Callable[..., object], with_help: bool = True) -> tuple[Flag, ...]:
    """The flags that the signature of a function declares.

    A keyword-only parameter is a flag, and `*names` is the list of names. Lines
    `name: comment` of the docstring become the help, and comments beside the parameters. To read
    them costs an import of fastcore, so `with_help=False` leaves them out.
    """
    import inspect

    comments = _comments(function) if with_help else {}
    flags = []
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        is_list = parameter.kind is parameter.VAR_POSITIONAL
        kind = tuple if is_list else _kind_of(parameter.annotation)
        default = () if is_list else parameter.default
        flags.append(Flag(name, kind, default, comments.get(name, "")))
    return tuple(flags)


def _comments(function: Callable[..., object]) -> dict[str, str]:
    """What is said of each parameter, on one line: in a line of the docstring, or beside it."""
    from fastcore.docments import docments

    comments = {name: text for name, text in _doc_lines(function) if name}
    beside = {name: " ".join(text.split()) for name, text in docments(function).items() if text}
    return comments | beside


def _doc_lines(function: Callable[..., object]) -> list[tuple[str, str]]:
    """The lines of the docstring; `name: comment` is split if it begins with a parameter."""
    import inspect

    names = inspect.signature(function).parameters
    parts = [line.partition(": ") for line in (inspect.getdoc(function) or "").splitlines()]
    return [(first, rest) if first in names else ("", first + c + rest) for first, c, rest in parts]


def _kind_of(annotation: Any) -> type:
    """The type of a flag's value: for `int | None`, it is `int`."""
    kind: type = annotation
    for option in getattr(annotation, "__args__", ()):
        if option is not type(None):
            return _kind_of(option)
    return kind


def defaults_of(flags: Sequence[Flag]) -> dict[str, Any]:
    """The default of each flag, by name."""
    return {flag.name: flag.default for flag in flags if not flag.is_list_of_names}


# --- running a command -------------------------------------------------------------------------


def main(
    function: Callable[..., int | None],
    arguments: Sequence[str] | None = None,
    name: str = "",
    flags: Sequence[Flag] = (),
) -> int:
    """Run `function(*names, flag=...)` as the command line says and return the exit code.

    `arguments` and `name` are those of this process, unless they are given. Without `flags`, the
    signature of the function declares them. Every failure is printed as one clear line.
    """
    _replace_closed_streams()
    name = name or os.path.basename(sys.argv[0])
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        return _run(function, words, name, flags)
    except UserError as error:
        print(error, file=sys.stderr)
        if isinstance(error, UsageError):
            print(f"See {name} --help", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt as stop:
        from .signals import report_stop

        return report_stop(stop)
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        _discard_output()
        return 0
    except OSError as error:
        from .signals import report_stop, stop_behind

        _discard_output()
        behind = stop_behind(error)
        if behind is not None:
            return report_stop(behind)
        if error.errno not in _USER_ERRNOS and not error.filename:
            return _report_internal_error()
        tell(error)
        return 1
    except Exception:
        return _report_internal_error()


def _run(
    function: Callable[..., int | None], words: list[str], name: str, flags: Sequence[Flag]
) -> int:
    if hasattr(sys.stdout, "reconfigure"):
        # File names that are not valid text are printed with escapes, as they are on stderr.
        # This call can fail, because it first writes the text that waits in the buffer.
        sys.stdout.reconfigure(errors="backslashreplace")
    if "--help" in words or "-h" in words:
        print(help_text(function, name, flags or flags_of(function)), flush=True)
        return 0
    if words:
        names, values = read_arguments(flags or flags_of(function, with_help=False), words)
        code = function(*names, **values)
    else:  # without words, neither Fire nor inspect has to be imported
        code = function()
    sys.stdout.flush()
    return code or 0


def _replace_closed_streams() -> None:
    """Give the process streams that lead nowhere if it was started with `>&-` or `2>&-`."""
    if sys.stdout is None:
        sys.stdout = open(os.devnull, "w")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")


def _discard_output() -> None:
    """Let stdout lead nowhere if it cannot be written.

    The buffer keeps the text that could not be written, so the next flush would fail again.
    """
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def tell(error: OSError) -> None:
    """Print an error of the operating system as one line: the file and the reason."""
    line = f"error: {error.filename or 'writing'}: {error.strerror}"
    print(printable(line), file=sys.stderr)


def _report_internal_error() -> int:
    import traceback

    traceback.print_exc()
    print(
        "internal error: a bug in literate; please report it with the lines above", file=sys.stderr
    )
    return INTERNAL_ERROR


def leave(code: int) -> NoReturn:
    """End the process at once, without the work that Python does at its end.

    A coverage measurement, a debugger and a profiler need that work, so with them the process ends
    as usual.
    """
    if "coverage" in sys.modules or sys.gettrace() or sys.getprofile():
        sys.exit(code)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


# --- reading a command line --------------------------------------------------------------------


def read_arguments(
    flags: Sequence[Flag], arguments: Sequence[str]
) -> tuple[tuple[str, ...], dict[str, object]]:
    """The names on a command line, and the values of the flags that it sets, in their types.

    Raises `UsageError` for a word that does not fit.
    """
    if not arguments:
        return (), {}
    names, texts = _collect(flags, _spell_out(flags, arguments))
    values = {}
    for flag in flags:
        if flag.name in texts:
            values[flag.name] = _convert(flag, texts[flag.name])
    return names, values


def _spell_out(flags: Sequence[Flag], arguments: Sequence[str]) -> list[str]:
    """The same command line with each flag as `--name=value`, so that Fire has nothing to guess."""
    known = {flag.name.rstrip("_"): flag for flag in flags if not flag.is_list_of_names}
    takes_names = len(known) < len(flags)
    explicit = []
    repeated: dict[str, str] = {}
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-") or word == "-":
            if not takes_names:
                raise UsageError(f"unexpected argument {word!r}")
            explicit.append(word)
            continue
        typed, equals, value = word.partition("=")
        key = typed.lstrip("-").replace("-", "_")
        if key not in known:
            raise _unknown_flag(typed, key, known)
        if not equals:
            value = _take_value(known[key], rest)
        if known[key].repeats:
            value = repeated[key] = f"{repeated.get(key, '')} {value}".strip()
        explicit.append(f"--{known[key].name}={value}")
    return explicit


def _take_value(flag: Flag, rest: list[str]) -> str:
    """The value of a flag that is typed without `=`; it is taken from the following words."""
    if flag.kind is bool:
        return "True"
    if not rest or rest[0].startswith("--"):
        raise UsageError(f"{flag.spelling} needs a value")
    return rest.pop(0)


def _unknown_flag(typed: str, key: str, known: dict[str, Flag]) -> UsageError:
    from .spelling import nearest

    near = nearest(key, frozenset(known))
    if near is None:
        return UsageError(f"unknown flag {typed}")
    return UsageError(f"unknown flag {typed}: did you mean {known[near].spelling}?")


def _collect(flags: Sequence[Flag], words: list[str]) -> tuple[tuple[str, ...], dict[str, str]]:
    """The names, and the text of each flag, as Fire finds them in the words."""
    fire = _import_fire()
    calls: list[tuple[tuple[str, ...], dict[str, str]]] = []

    def collect(*names: str, **texts: str) -> None:
        calls.append((names, texts))

    vars(collect)["__signature__"] = _signature(flags)
    leave_as_text = fire.decorators.SetParseFn(str)
    settings_of_fire = ["--", f"--separator={_SEPARATOR}"]
    fire.Fire(leave_as_text(collect), command=[*words, *settings_of_fire], name="literate")
    return calls[0]


def _signature(flags: Sequence[Flag]) -> inspect.Signature:
    """The signature of a function that takes these flags."""
    from inspect import Parameter, Signature

    parameters = []
    for flag in flags:
        if flag.is_list_of_names:
            parameters.append(Parameter(flag.name, Parameter.VAR_POSITIONAL))
        else:
            parameter = Parameter(flag.name, Parameter.KEYWORD_ONLY, default=flag.default)
            parameters.append(parameter)
    return Signature(parameters)


def _import_fire() -> ModuleType:
    """The module `fire`, imported in a third of the time, as modules stand in for others.

    Fire only asks asyncio whether a function is a coroutine function, which `inspect` knows too.
    """
    import inspect

    asyncio = ModuleType("asyncio")
    vars(asyncio)["iscoroutinefunction"] = inspect.iscoroutinefunction
    stand_ins = [asyncio, *[ModuleType(name) for name in _UNUSED_BY_FIRE]]
    needed = {each.__name__: each for each in stand_ins if each.__name__ not in sys.modules}
    sys.modules.update(needed)
    try:
        import fire
    finally:
        for name in needed:
            del sys.modules[name]
    module: ModuleType = fire
    return module


def _convert(flag: Flag, text: str) -> object:
    """The value of a flag in the flag's type."""
    if flag.kind is bool:
        if text in flag.words:
            return text
        if text not in ("True", "False"):
            values = " or ".join(["True", "False", *flag.words])
            raise UsageError(f"{flag.spelling} takes no value, or {values}, not {text!r}")
        return text == "True"
    try:
        value = flag.kind(text)
    except ValueError:
        kind = "a whole number" if flag.kind is int else "a number"
        raise UsageError(f"{flag.spelling} takes {kind}, not {text!r}") from None
    check_minimum(flag, value, flag.spelling)
    return value


def check_minimum(flag: Flag, value: Any, name: str) -> None:
    """Raise a `UsageError` if a value is too small for its flag; the message shows `name`."""
    if flag.minimum is not None and value < flag.minimum:
        raise UsageError(f"{name} takes numbers from {flag.minimum:g}, not {value:g}")


# --- the help ----------------------------------------------------------------------------------


def help_text(function: Callable[..., object], name: str, flags: Sequence[Flag]) -> str:
    """The page for `--help`: the docstring of the function and a line for each flag."""
    usage = f"usage: {name} [FLAGS]"
    for flag in flags:
        if flag.is_list_of_names:
            usage += f" [{flag.usage}]"
    width = max(len(flag.usage) for flag in flags) + 2
    lines = []
    for flag in flags:
        default = f" (default: {flag.default_text})" if flag.default_text else ""
        lines.append(f"  {flag.usage:<{width}}{flag.help}{default}".rstrip())
    return "\n".join([usage, "", _description(function), "", *lines])


def _description(function: Callable[..., object]) -> str:
    """The docstring of a function without its parameters, with each paragraph on one line."""
    text = "\n".join(line for name, line in _doc_lines(function) if not name).strip()
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def flag_rows(flags: Sequence[Flag]) -> list[tuple[str, str, str]]:
    """The flags as a table for the documentation: flag, default and help."""
    return [(flag.usage, flag.default_text, flag.help) for flag in flags]
