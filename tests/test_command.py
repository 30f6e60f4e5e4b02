"""Command lines: everything is checked before anything runs."""

import subprocess
import sys

import pytest

from literate.command import INTERNAL_ERROR, INTERRUPTED, flags_of, main, read_arguments
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


@pytest.mark.parametrize(
    "line, names, flags",
    [
        ("", (), {}),
        ("a b", ("a", "b"), {}),
        ("a --check b", ("a", "b"), {"check": True}),
        ("--up-to 02 1e3 None [x]", ("1e3", "None", "[x]"), {"up_to": "02"}),
        ("--up_to=-1 --workers 3 --limit=2", (), {"up_to": "-1", "workers": 3, "limit": 2.0}),
        ("--check=False --up-to True", (), {"check": False, "up_to": "True"}),
    ],
)
def test_words_find_their_place_and_type(line, names, flags):
    assert read_arguments(flags_of(command), line.split()) == (names, flags)


@pytest.mark.parametrize(
    "line, message",
    [
        ("--chekc", "unknown flag --chekc: did you mean --check?"),
        ("--bogus=3", "unknown flag --bogus"),
        ("--up-to", "--up-to needs a value"),
        ("--up-to --check", "--up-to needs a value"),
        ("--workers x", "--workers takes a whole number, not 'x'"),
        ("--limit x", "--limit takes a number, not 'x'"),
        ("--check=yes", "--check takes no value, or True or False, not 'yes'"),
    ],
)
def test_what_does_not_fit_is_a_usage_error_and_nothing_runs(line, message, capsys):
    with pytest.raises(UsageError, match="^error: " + message.replace("?", r"\?") + "$"):
        read_arguments(flags_of(command), line.split())
    assert main(command, line.split(), "it") == 2
    assert capsys.readouterr().err == f"error: {message}\nSee it --help\n"


@pytest.mark.parametrize(
    "raised, code, shown",
    [
        (UserError("broken"), 1, "error: broken\n"),
        (KeyboardInterrupt(), INTERRUPTED, "interrupted\n"),
        (
            IsADirectoryError(21, "Is a directory", "lib/a.py"),
            1,
            "error: lib/a.py: Is a directory\n",
        ),
        (
            ZeroDivisionError("ours"),
            INTERNAL_ERROR,
            "internal error: a bug in literate; please report it with the lines above\n",
        ),
    ],
)
def test_each_way_to_fail_has_its_code(raised, code, shown, capsys):
    def fails(*names: str) -> int:
        """Fail."""
        raise raised

    assert main(fails, [], "it") == code
    error = capsys.readouterr().err
    assert error.endswith(shown) and ("Traceback" in error) == (code == INTERNAL_ERROR)


def test_a_name_that_is_no_text_can_be_printed():
    code = (
        "from literate.command import main; main(lambda *names: print(names[0]), ['\\udcff'], 'it')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("\\udcff\n", "")


def test_help_shows_flags_as_they_are_typed_with_their_comments(capsys):
    assert main(command, ["--help"], "it") == 0
    assert (
        capsys.readouterr().out
        == """\
usage: it [FLAGS] [NAMES...]

Do the work.

  NAMES...           what to work on
  --up-to UP_TO      where to stop
  --check            only look
  --workers WORKERS  how many
  --limit LIMIT      seconds (default: 1.5)
"""
    )
