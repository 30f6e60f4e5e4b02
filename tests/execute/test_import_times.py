"""What is remembered about the modules that notebooks import."""

import json

import pytest
from conftest import save_while_waiting_for_the_lock, write_files

from literate.execute import import_times
from literate.execute.import_times import ImportTimes


@pytest.fixture
def project(make_project):
    return make_project({"00_a": ["1"]})


def path_of(project, name: str) -> str:
    return str(project.nbs_path / f"{name}.ipynb")


def saved(project) -> dict:
    return json.loads((project.state_dir / "import-times.json").read_text())


def test_what_a_notebook_imports_is_remembered(project):
    times = ImportTimes(project)
    assert times.of(path_of(project, "00_a")) is None
    times.note(path_of(project, "00_a"), {"numpy": 0.12345})
    times.save()
    assert ImportTimes(project).of(path_of(project, "00_a")) == {"numpy": 0.123}
    assert saved(project) == {"notebooks": {"nbs/00_a.ipynb": {"numpy": 0.123}}, "unsafe": []}


def test_other_times_of_the_same_modules_are_not_news(project):
    for seconds in (0.1, 0.2):
        times = ImportTimes(project)
        times.note(path_of(project, "00_a"), {"numpy": seconds})
        times.save()
    assert ImportTimes(project).of(path_of(project, "00_a")) == {"numpy": 0.1}


def test_other_modules_are_news(project):
    for modules in ({"numpy": 0.1}, {"torch": 2.0}):
        times = ImportTimes(project)
        times.note(path_of(project, "00_a"), modules)
        times.save()
    assert ImportTimes(project).of(path_of(project, "00_a")) == {"torch": 2.0}


def test_unsafe_modules_are_remembered(project):
    for module in ("b", "a", "b"):
        times = ImportTimes(project)
        times.refuse([module])
        assert module in times.unsafe
        times.save()
    assert ImportTimes(project).unsafe == {"a", "b"}
    assert saved(project)["unsafe"] == ["a", "b"]


def test_without_news_nothing_is_written(project):
    ImportTimes(project).save()
    assert not project.state_dir.exists()


def test_two_runs_at_once_keep_each_others_times(project, monkeypatch):
    names = ["early", "ours", "late"]
    runs = [ImportTimes(project) for _ in names]
    for times, name in zip(runs, names, strict=True):
        times.note(path_of(project, name), {name: 1.0})
        times.refuse([f"unsafe_{name}"])
    early, ours, late = runs
    early.save()
    save_while_waiting_for_the_lock(monkeypatch, import_times, late.save)
    ours.save()
    after = ImportTimes(project)
    assert [after.of(path_of(project, name)) for name in names] == [{name: 1.0} for name in names]
    assert after.unsafe == {"unsafe_early", "unsafe_ours", "unsafe_late"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"notebooks": 1, "unsafe": []}',
        '{"notebooks": {"x": {"numpy": "fast"}}, "unsafe": []}',
        '{"notebooks": {}}',
        "[" * 100_000,
    ],
)
def test_a_damaged_state_file_counts_as_empty(project, text):
    write_files(project.state_dir, {"import-times.json": text})
    times = ImportTimes(project)
    assert times.of("x") is None
    assert times.unsafe == frozenset()


def test_where_nothing_can_be_written_nothing_is_remembered(project):
    write_files(project.state_dir, {"import-times.json/is_a_folder": ""})
    times = ImportTimes(project)
    times.refuse(["a"])
    times.save()
    assert ImportTimes(project).unsafe == frozenset()
