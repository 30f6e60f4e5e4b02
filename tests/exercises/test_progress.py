"""Which exercises are done."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from lessons import make_course, make_student_edition

from literate.exercises.progress import print_progress, progress_of, record


@pytest.fixture
def edition(make_project):
    return make_student_edition(make_course(make_project))


def done(edition):
    (progress,) = progress_of(edition)
    return list(progress.done)


def state_file(edition):
    return edition.parent / ".literate" / "exercises.json"


def test_done_and_not_done_any_more(edition):
    assert done(edition) == []
    record(edition, "01_stats.ipynb", "spread", True)
    record(edition, "01_stats.ipynb", "mean", True)
    assert done(edition) == ["mean", "spread"]
    record(edition, "01_stats.ipynb", "spread", False)
    assert done(edition) == ["mean"]
    assert json.loads(state_file(edition).read_text()) == {
        "exercises": {"01_stats.ipynb": ["mean"]}
    }


def test_what_is_known_is_not_written_again(edition):
    record(edition, "01_stats.ipynb", "mean", False)
    assert not state_file(edition).exists()
    record(edition, "01_stats.ipynb", "mean", True)
    before = state_file(edition).stat().st_ino
    record(edition, "01_stats.ipynb", "mean", True)
    assert state_file(edition).stat().st_ino == before


def test_two_editions_have_two_records(edition):
    record(edition.with_name("other"), "01_stats.ipynb", "mean", True)
    assert done(edition) == []


def test_notebooks_that_run_at_the_same_time_lose_nothing(edition):
    names = [f"exercise_{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: record(edition, "02_b.ipynb", name, True), names))
    found = json.loads(state_file(edition).read_text())
    assert found["exercises"]["02_b.ipynb"] == sorted(names)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"exercises": 1}', '{"exercises": {"a": 1}}'])
def test_a_damaged_record_counts_as_empty(edition, text):
    record(edition, "01_stats.ipynb", "mean", True)
    state_file(edition).write_text(text)
    assert done(edition) == []
    record(edition, "01_stats.ipynb", "answer", True)
    assert done(edition) == ["answer"]


def test_the_table(edition, capsys):
    record(edition, "01_stats.ipynb", "mean", True)
    record(edition, "01_stats.ipynb", "Counter", True)
    print_progress()
    assert capsys.readouterr().out == (
        "notebook          done  next exercise\n"
        "01_stats.ipynb  2 of 4  spread\n"
        "all             2 of 4\n"
    )
    for name in ("spread", "answer"):
        record(edition, "01_stats.ipynb", name, True)
    print_progress(str(edition))
    assert "01_stats.ipynb  4 of 4\n" in capsys.readouterr().out
