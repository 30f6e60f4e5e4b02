"""Command lines: everything is checked before anything runs."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys

import pytest

from literate.command import (
    INTERNAL_ERROR,
    Flag,
    defaults_of,
    flag_rows,
    flags_of,
    help_text,
    main,
    read_arguments,
)
from literate.diagnostics import UsageError, UserError


def command(
    *names: str,  # what to work on
    up_to: str = "",  # where to stop
    check: bool = False,  # only look
    workers: int | None = None,  # how many
    limit: float = 1.5,  # seconds
) -> int:
    """Do the work."""
    return 0


FLAGS = (
    Flag("names", tuple, (), "what to work on"),
    Flag("up_to", str, "", "where to stop"),
    Flag("check", bool, False, "only look"),
    Flag("workers", int, None, "how many"),
    Flag("limit", float, 1.5, "seconds"),
)
HELP = """\
usage: it [FLAGS] [NAMES...]

Do the work.

  NAMES...           what to work on
  --up-to UP_TO      where to stop
  --check            only look
  --workers WORKERS  how many
  --limit LIMIT      seconds (default: 1.5)
"""


def test_a_signature_and_its_comments_declare_flags():
    assert flags_of(command) == FLAGS


def test_without_their_help_flags_are_read_without_fastcore():
    code = (
        "import sys; from literate.command import flags_of\n"
        "def command(*, check: bool = False): pass\n"
        "print(flags_of(command, with_help=False)[0].usage, 'fastcore' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "--check False\n"


def test_defaults():
    assert defaults_of(FLAGS) == {"up_to": "", "check": False, "workers": None, "limit": 1.5}


@pytest.mark.parametrize(
    ("line", "names", "values"),
    [
        ("", (), {}),
        ("a b", ("a", "b"), {}),
        ("a --check b", ("a", "b"), {"check": True}),
        ("--up-to 02 1e3 None [x]", ("1e3", "None", "[x]"), {"up_to": "02"}),
        ("--up-to None --up-to 1e3", (), {"up_to": "1e3"}),
        ("--up_to=-1 --workers 3 --limit=2", (), {"up_to": "-1", "workers": 3, "limit": 2.0}),
        ("--up-to=a=b", (), {"up_to": "a=b"}),
        ("a - --check b", ("a", "-", "b"), {"check": True}),
        ("--up-to -", (), {"up_to": "-"}),
        ("--up-to=-- a", ("a",), {"up_to": "--"}),
        ("--check=False --up-to True", (), {"check": False, "up_to": "True"}),
    ],
)
def test_words_find_their_place_and_type(line, names, values):
    assert read_arguments(FLAGS, line.split()) == (names, values)


REPEATED = (Flag("words", str, "", repeats=True), Flag("check", bool, False, words=("some",)))


@pytest.mark.parametrize(
    "line, words",
    [("--words a", "a"), ("--words=a --words b", "a b"), ("--words 'a b' --words c", "a b c")],
)
def test_a_flag_that_may_be_given_several_times(line, words):
    assert read_arguments(REPEATED, shlex.split(line)) == ((), {"words": words})


@pytest.mark.parametrize("text, value", [("", True), ("=some", "some"), ("=False", False)])
def test_a_switch_that_takes_words(text, value):
    assert read_arguments(REPEATED, [f"--check{text}"]) == ((), {"check": value})
    with pytest.raises(UsageError, match="takes no value, or True or False or some, not 'all'"):
        read_arguments(REPEATED, ["--check=all"])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("--chekc", "unknown flag --chekc: did you mean --check?"),
        ("--up-ot x", "unknown flag --up-ot: did you mean --up-to?"),
        ("--bogus=3", "unknown flag --bogus"),
        ("-c", "unknown flag -c"),
        ("--nocheck", "unknown flag --nocheck"),
        ("--", "unknown flag --"),
        ("--names x", "unknown flag --names"),
        ("--up-to", "--up-to needs a value"),
        ("--up-to --check", "--up-to needs a value"),
        ("--workers x", "--workers takes a whole number, not 'x'"),
        ("--workers 1.5", "--workers takes a whole number, not '1.5'"),
        ("--limit x", "--limit takes a number, not 'x'"),
        ("--check=yes", "--check takes no value, or True or False, not 'yes'"),
    ],
)
def test_a_word_that_does_not_fit_is_a_usage_error_and_nothing_runs(line, message, capsys):
    def fails(*names: str, **values: object) -> int:
        raise AssertionError("the command has run")

    with pytest.raises(UsageError, match=f"^error: {re.escape(message)}$"):
        read_arguments(FLAGS, line.split())
    assert main(fails, line.split(), "it", FLAGS) == 2
    assert capsys.readouterr().err == f"error: {message}\nSee it --help\n"


def test_a_command_without_names_refuses_names():
    with pytest.raises(UsageError, match="unexpected argument 'x'"):
        read_arguments(FLAGS[1:], ["x"])


@pytest.mark.parametrize("text", ["0", "1", "2.5"])
def test_a_number_from_the_minimum_on_is_accepted(text):
    flags = [Flag("cell_timeout", float, 0.0, minimum=0)]
    assert read_arguments(flags, ["--cell-timeout", text]) == ((), {"cell_timeout": float(text)})


def test_a_number_below_the_minimum_is_refused():
    flags = [Flag("cell_timeout", float, 0.0, minimum=0)]
    with pytest.raises(UsageError, match="--cell-timeout takes numbers from 0, not -0.5"):
        read_arguments(flags, ["--cell-timeout", "-0.5"])


@pytest.mark.parametrize("flags", [(), FLAGS], ids=["by signature", "declared"])
def test_the_function_gets_the_names_and_the_flags(flags):
    calls = []

    def notes(*names: str, up_to: str = "", check: bool = False) -> None:
        calls.append((names, up_to, check))

    assert main(notes, ["a", "--up-to", "02", "--check"], "it", flags) == 0
    assert main(notes, [], "it", flags) == 0
    assert calls == [(("a",), "02", True), ((), "", False)]


@pytest.mark.parametrize(
    ("raised", "code", "shown"),
    [
        (UserError("broken"), 1, "error: broken\n"),
        (UsageError("wrong"), 2, "error: wrong\nSee it --help\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (
            IsADirectoryError(21, "Is a directory", "lib/a.py"),
            1,
            "error: lib/a.py: Is a directory\n",
        ),
        (OSError(28, "No space left on device"), 1, "error: writing: No space left on device\n"),
        (BrokenPipeError(), 0, ""),
    ],
)
def test_each_failure_has_its_exit_code_and_its_line(raised, code, shown, capsys):
    def fails(*names: str) -> int:
        raise raised

    assert main(fails, [], "it") == code
    assert capsys.readouterr().err == shown


@pytest.mark.parametrize("raised", [ZeroDivisionError("a bug"), OSError(22, "Invalid argument")])
def test_an_internal_error_is_shown_with_its_traceback(raised, capsys):
    def fails(*names: str) -> int:
        raise raised

    assert main(fails, [], "it") == INTERNAL_ERROR
    error = capsys.readouterr().err
    assert "Traceback" in error
    assert error.endswith(
        "internal error: a bug in literate; please report it with the lines above\n"
    )


def test_the_exit_code_of_the_function_is_that_of_the_command():
    assert main(lambda *names: 3, [], "it") == 3


def test_a_name_that_is_not_valid_text_can_be_printed():
    code = (
        "from literate.command import main; main(lambda *names: print(names[0]), ['\\udcff'], 'it')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\\udcff\n", "")


@pytest.mark.parametrize("word", ["--help", "-h"])
@pytest.mark.parametrize("flags", [(), FLAGS], ids=["by signature", "declared"])
def test_help_shows_flags_as_they_are_typed(word, flags, capsys):
    assert main(command, ["a", word], "it", flags) == 0
    assert capsys.readouterr().out == HELP


def test_the_help_of_a_command_without_names(capsys):
    def count(*, up_to: int = 3) -> None:
        """Count, and
        do nothing else.

        Then stop."""

    assert main(count, ["--help"], "it") == 0
    assert capsys.readouterr().out == (
        "usage: it [FLAGS]\n\nCount, and do nothing else.\n\nThen stop.\n\n"
        "  --up-to UP_TO   (default: 3)\n"
    )


def test_help_that_stands_in_the_docstring(capsys):
    def train(*, epochs: int = 3, rate: float = 0.1) -> None:
        """Train: once, or more often.

        epochs: how often
        rate: how fast: not too fast
        """

    assert main(train, ["--help"], "it") == 0
    assert capsys.readouterr().out == (
        "usage: it [FLAGS]\n\nTrain: once, or more often.\n\n"
        "  --epochs EPOCHS  how often (default: 3)\n"
        "  --rate RATE      how fast: not too fast (default: 0.1)\n"
    )


def test_rows_for_the_documentation():
    assert flag_rows(FLAGS[2:]) == [
        ("--check", "", "only look"),
        ("--workers WORKERS", "", "how many"),
        ("--limit LIMIT", "1.5", "seconds"),
    ]


def test_modules_that_stand_in_for_the_import_of_fire_are_gone_afterwards():
    code = """if True:
        import sys
        from literate.command import Flag, read_arguments
        print(read_arguments([Flag('names', tuple, ()), Flag('n', int, 0)], ['a', '--n', '3']))
        assert 'fire' in sys.modules
        import asyncio, ctypes, platform, subprocess
        assert all([asyncio.run, ctypes.CDLL, platform.system(), subprocess.run])
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("(('a',), {'n': 3})\n", "")


def test_a_flag_may_be_called_as_a_word_of_python():
    def command(*, global_: bool = False) -> int:
        return 10 + global_

    assert main(command, ["--global"]) == 11
    assert main(command, ["--no"]) == 2
    assert "  --global" in help_text(command, "command", flags_of(command))
