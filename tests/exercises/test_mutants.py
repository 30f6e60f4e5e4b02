"""Wrong versions: made from sources by small edits, without a trace in the original."""

from __future__ import annotations

import importlib
import inspect
import sys
import textwrap

import pytest

from literate.exercises import MutantError, kills, wrong_versions

MODULE = '''
from __future__ import annotations
import functools

scale = 1
calls = []

def noted(function):
    @functools.wraps(function)
    def wrapper(*args):
        calls.append(function.__name__)
        return function(*args)
    return wrapper

def _total(numbers):
    return sum(numbers)

def _mean_of(numbers):
    return _total(numbers) / len(numbers)

def mean(numbers):
    """The mean of some numbers."""
    return scale * _mean_of(numbers)

@noted
def double(x):
    return 2 * x

class Base:
    def value(self): return 10

class Counter(Base):
    """Counts."""
    start = 1

    def __init__(self):
        self.count = self.start

    @property
    def half(self):
        return self.count / 2

    def add(self, n):
        self.count += n
        return self

    def value(self):
        return super().value() + self.count

def make(factor):
    def times(x):
        return factor * x
    return times
'''

MUTANTS = """
from literate.exercises import helper

MUTANTS = {
    "mean": {
        "always gives the first number": lambda original: lambda numbers: numbers[0],
        "adds one": ("scale * _mean_of(numbers)", "scale * _mean_of(numbers) + 1"),
        "leaves out the last number": helper("_total", "sum(numbers)", "sum(numbers[:-1])"),
    },
    "double": {"triples": ("2 * x", "3 * x")},
    "Counter": {"begins at zero": ("start = 1", "start = 0")},
    "Counter.add": {"forgets what it had": ("+=", "="), "gives nothing": ("return self", "pass")},
    "Counter.value": {"leaves out its base": ("super().value() + ", "")},
    "Counter.half": {"gives a third": ("2", "3")},
    "times": {"adds": ("*", "+")},
}
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A project with a module and a file of mistakes; returns the module."""
    (tmp_path / "settings.ini").write_text("[DEFAULT]\nlib_name = lib\nrepo = lib\nuser = me\n")
    (tmp_path / "figures.py").write_text(MODULE)
    write_mutants(tmp_path, MUTANTS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "figures", raising=False)
    yield importlib.import_module("figures")
    sys.modules.pop("figures", None)


def write_mutants(project, text):
    folder = project / "tests" / "mutants"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "figures.py").write_text(text)


def test_edits_functions_and_helpers(library):
    versions = wrong_versions(library.mean)
    values = {sentence: version([3, 6]) for sentence, version in versions.items()}
    assert values == {
        "always gives the first number": 3,
        "adds one": 5.5,
        "leaves out the last number": 1.5,
    }


def test_nothing_leaks_into_the_original(library):
    before = dict(vars(library))
    for version in wrong_versions(library.mean).values():
        version([3, 6])
    wrong_versions(library.Counter)
    assert vars(library) == before
    assert library.mean([3, 6]) == 4.5
    assert library.Counter().add(2).value() == 13


def test_a_wrong_version_has_the_name_and_the_text_of_the_original(library):
    version = wrong_versions(library.mean)["adds one"]
    assert version.__qualname__ == "mean"
    assert version.__doc__ == library.mean.__doc__
    assert "+ 1" in inspect.getsource(version)


def test_decorators_are_applied_again(library):
    assert wrong_versions(library.double)["triples"](2) == 6
    assert library.calls == ["double"]


def test_edits_classes_and_their_methods(library):
    values = {}
    for sentence, version in wrong_versions(library.Counter).items():
        counter = version()
        added = counter.add(2)
        values[sentence] = (counter.count, counter.value(), counter.half, added is counter)
    assert values == {
        "begins at zero": (2, 12, 1, True),
        "forgets what it had": (2, 12, 1, True),
        "gives nothing": (3, 13, 1.5, False),
        "leaves out its base": (3, 3, 1.5, True),
        "gives a third": (3, 13, 1, True),
    }


def test_edits_a_method_alone_with_super(library):
    version = wrong_versions(library.Counter.value)["leaves out its base"]
    assert version(library.Counter()) == 1
    write_mutants(library_folder(library), 'MUTANTS = {"Counter.value": {"subtracts": ("+", "-")}}')
    assert wrong_versions(library.Counter.value)["subtracts"](library.Counter()) == 9


def library_folder(library):
    from pathlib import Path

    return Path(library.__file__).parent


def test_edits_a_function_in_a_function(library):
    assert wrong_versions(library.make(5), "figures")["adds"](2) == 7


def test_kills_counts_the_wrong_versions(library):
    def check(mean):
        assert mean([3, 6]) == 4.5

    assert kills(check, library.mean) == 3


def test_kills_names_the_survivors(library):
    def check(mean):
        assert mean([3, 3]) == 3

    with pytest.raises(AssertionError, match="one that always gives the first number$"):
        kills(check, library.mean)


def test_kills_refuses_a_check_that_fails_on_the_original(library):
    def check(mean):
        assert mean([1]) == 2, "not two"

    with pytest.raises(AssertionError, match="not two"):
        kills(check, library.mean)


def test_each_version_draws_the_same_random_numbers(library):
    import random

    drawn = []

    def check(mean):
        drawn.append(random.random())
        assert mean([3, 6]) == 4.5

    random.seed(5)
    kills(check, library.mean)
    following = random.random()
    assert len(drawn) == 4 and len(set(drawn)) == 1
    random.seed(5)
    random.random()
    assert following == random.random()


def test_a_check_is_stopped_by_an_interrupt(library):
    def check(mean):
        if mean([3, 6]) != 4.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kills(check, library.mean)


REFUSED = {
    '{"mean": {"x": ("nowhere", "y")}}': "figures.py: mean, 'x': 'nowhere' stands 0 times",
    '{"mean": {"x": ("numbers", "y")}}': "'numbers' stands 3 times in the source, not once",
    '{"mean": {"x": ("scale", "scale")}}': "'scale' is replaced by itself",
    '{"mean": {"x": ("scale",)}}': "an edit is a tuple",
    '{"mean": {"x": "scale"}}': "an edit is a tuple",
    '{"mean": {"x": (("scale", "2"),)}}': "an edit is a tuple",
    '{"mean": {"x": ("scale * ", "2", "* _mean", "3")}}': "two of its old texts overlap",
    '{"mean": {"x": ("scale *", "2 *)")}}': "the edited source is wrong",
    '{"mean": {"x": helper("_sum", "a", "b")}}': "the module has no '_sum'",
    '{"mean": {"x": helper("scale", "a", "b")}}': "neither a function nor a class",
    '{"mean": {"x": helper("_total", "zz", "b")}}': "'zz' stands 0 times",
    '{"mean": ["x"]}': "'mean' needs a dict",
    '["mean"]': "it has no dict MUTANTS",
    '{"median": {}}': "MUTANTS has no entry 'mean', only median",
}


@pytest.mark.parametrize("table", REFUSED)
def test_an_edit_that_cannot_be_made_is_named(library, table):
    text = f"from literate.exercises import helper\nMUTANTS = {table}\n"
    write_mutants(library_folder(library), text)
    with pytest.raises(MutantError) as caught:
        wrong_versions(library.mean)
    assert REFUSED[table] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_wrong_version_that_cannot_run_does_not_count(library):
    text = 'MUTANTS = {"mean": {"has a typing error": ("scale", "scael")}}'
    write_mutants(library_folder(library), text)
    with pytest.raises(MutantError, match="cannot run: name 'scael'"):
        kills(lambda mean: mean([1]), library.mean)


@pytest.mark.parametrize("text", ["import nosuch", "MUTANTS = {", "1 / 0"])
def test_a_file_that_cannot_be_run_is_named(library, text):
    write_mutants(library_folder(library), text)
    with pytest.raises(MutantError, match=r"figures\.py: it cannot be run: \w+Error: "):
        wrong_versions(library.mean)


def test_what_belongs_to_no_module_is_found_in_the_only_file_that_lists_it(library):
    library.mean.__module__ = "__main__"
    library.mean.__code__ = library.mean.__code__.replace(co_filename="/nowhere/ipykernel/1.py")
    with pytest.raises(MutantError, match="the source of mean cannot be found"):
        wrong_versions(library.mean)
    (library_folder(library) / "tests" / "mutants" / "other.py").write_text(MUTANTS)
    message = "figures.py and other.py list mistakes of mean: name the module with module='...'"
    with pytest.raises(MutantError, match=message):
        wrong_versions(library.mean)
    with pytest.raises(MutantError, match="no file lists mistakes of double_"):
        wrong_versions(renamed(library.double))


def renamed(function):
    function.__qualname__ = "double_"
    function.__module__ = "__main__"
    function.__wrapped__.__code__ = function.__wrapped__.__code__.replace(co_filename="/no/1.py")
    return function


def test_a_missing_file_is_named(library):
    with pytest.raises(MutantError, match=r"tests/mutants/nosuch\.py: there is no such file"):
        wrong_versions(library.mean, "nosuch")


def test_multi_line_edits_in_methods_are_written_without_the_indentation_of_the_class(library):
    text = '''
    MUTANTS = {"Counter.add": {"adds twice": ("self.count += n\\n    return", """self.count += n
        self.count += n
        return""")}}
    '''
    text = textwrap.dedent(text)
    write_mutants(library_folder(library), text)
    assert wrong_versions(library.Counter)["adds twice"]().add(2).count == 5
