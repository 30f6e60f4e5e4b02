"""Each option of a run is declared once: flag, help, default, fingerprint and setting follow."""

from __future__ import annotations

from typing import Any

import pytest

from literate.command import main
from literate.commands.test import all_flags
from literate.diagnostics import UsageError
from literate.execute import options as options_module
from literate.execute.options import (
    Declaration,
    Options,
    declarations,
    option_flags,
    parse_options,
    plugin_flags,
)
from literate.pytest_plugin import _SETTINGS
from literate.records import dataclass, field, record_values, replace

# For each option, a value that is not the default, as the runner and as a user gives it.
OTHER_VALUES: dict[str, tuple[Any, Any]] = {
    "workers": (2, 2),
    "timeout": (1.0, 1.0),
    "cell_timeout": (1.0, 1.0),
    "flags": (frozenset({"slow", "gpu"}), "slow,gpu"),
    "fail_fast": (True, True),
    "save": (True, True),
    "allow_errors": (True, True),
    "strict": (True, True),
    "max_memory": (2048, "2K"),
    "retries": (1, 1),
    "shuffle": ("seed", "seed"),
    "parameters": ({"epochs": 1}, "epochs=1"),
    "isolation": ("spawn", "spawn"),
    "changed": (True, True),
    "check_outputs": (True, True),
    "kernel": ("python3", "python3"),
    "terminal": ("/dev/pts/1", True),
}

# The options that say how to run, and that cannot change an outcome.
WITHOUT_INFLUENCE = {
    *("workers", "fail_fast", "save", "retries", "shuffle", "changed", "terminal"),
}


@pytest.fixture
def terminal(monkeypatch) -> None:
    """There is a terminal on stdin."""
    monkeypatch.setattr(options_module.os, "ttyname", lambda descriptor: "/dev/pts/1")


def test_every_field_is_declared():
    assert tuple(declarations()) == Options._record_fields
    assert tuple(OTHER_VALUES) == Options._record_fields


def test_the_fields_keep_their_order_and_defaults():
    """Code that constructs `Options` by position depends on both."""
    assert record_values(Options()) == (
        *(0, 600.0, 0.0, frozenset(), False, False, False, False, 0, 0, "", {}, "fork"),
        *(False, False, "", ""),
    )


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_the_fingerprint_holds_the_options_that_can_change_an_outcome(name):
    value, _ = OTHER_VALUES[name]
    changed = replace(Options(), **{name: value}).fingerprint
    assert (changed == Options().fingerprint) == (name in WITHOUT_INFLUENCE)


def test_the_fingerprint_is_that_of_earlier_versions():
    """Another text would make `--changed` run everything once more."""
    options = Options(flags=frozenset({"slow", "gpu"}), max_memory=5, parameters={"a": 1})
    assert options.fingerprint == (
        "[('allow_errors', False), ('cell_timeout', 0.0), ('check_outputs', False), "
        "('flags', ['gpu', 'slow']), ('isolation', 'fork'), ('kernel', ''), ('max_memory', 5), "
        "('parameters', {'a': 1}), ('strict', False), ('timeout', 600.0)]"
    )


@pytest.mark.parametrize("name", OTHER_VALUES)
def test_a_flag_sets_its_option(name, terminal):
    expected, given = OTHER_VALUES[name]
    flag = declarations()[name].flag or name
    assert parse_options({flag: given}) == replace(Options(), **{name: expected})


def test_the_defaults_of_the_flags_are_the_defaults_of_the_options():
    assert parse_options({flag.name: flag.default for flag in option_flags()}) == Options()
    assert parse_options({}) == Options()


def test_each_instance_has_parameters_of_its_own():
    assert Options().parameters is not Options().parameters


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"isolation": "x"}, "--isolation takes fork or spawn, not 'x'"),
        ({"kernel": "no-such"}, "--kernel no-such: no such kernel; installed: "),
        ({"max_memory": "x"}, "--max-memory takes an amount such as 500M or 4G, not 'x'"),
        ({"param": "1=2"}, "--param takes name=value, not '1=2'"),
        ({"pdb": True, "kernel": "python3"}, "not with --kernel or --dask"),
        ({"pdb": True, "dask": "tcp://host:1"}, "not with --kernel or --dask"),
    ],
)
def test_a_wrong_value_is_a_usage_error(values, message, terminal):
    with pytest.raises(UsageError, match=message):
        parse_options(values)


@pytest.mark.parametrize("name", ["workers", "timeout", "cell_timeout", "retries", "durations"])
def test_a_number_below_zero_is_refused(name, capsys):
    flag = f"--{name.replace('_', '-')}"
    assert main(lambda **values: 0, [flag, "-1"], "it", all_flags()) == 2
    assert capsys.readouterr().err.startswith(f"error: {flag} takes numbers from 0, not -1\n")


def test_the_settings_of_the_pytest_plugin():
    assert [flag.name for flag in plugin_flags()] == ["workers", "timeout", "cell_timeout", "flags"]
    assert list(_SETTINGS) == [
        *("notebook_workers", "notebook_timeout", "notebook_cell_timeout", "notebook_flags")
    ]


def test_a_field_is_all_that_a_new_option_needs(monkeypatch):
    @dataclass(frozen=True)
    class WithSeed:
        seed: int = field(
            default=7, metadata={"declaration": Declaration("the first random state")}
        )
        fingerprint = Options.fingerprint

    monkeypatch.setattr(options_module, "Options", WithSeed)
    (flag,) = [flag for flag in all_flags() if flag.name == "seed"]
    assert (flag.usage, flag.default_text) == ("--seed SEED", "7")
    assert flag.help == "the first random state"
    assert parse_options({"seed": 8}).fingerprint == "[('seed', 8)]"
