from __future__ import annotations

import os

import pytest
from conftest import make_cells, make_task, rewrite

from literate.execute import snapshot_book
from literate.execute.protocol import Task
from literate.execute.results import PASSED, CellResult
from literate.execute.snapshot_book import (
    MOST,
    Snapshot,
    SnapshotBook,
    first_difference,
    least_useful,
    memory_for_snapshots,
    private_bytes,
)
from literate.execute.snapshot_messages import SnapshotKept, SnapshotMade, SnapshotsSpoiled
from literate.stamps import stamps


def task_of(*sources: str, **more: object) -> Task:
    return make_task(cells=make_cells(*sources), **more)


def kept(number: int, position: int, files: dict | None = None) -> SnapshotKept:
    return SnapshotKept(0, number, SnapshotMade(1000 + number, position, "", files or {}, 0.01))


def results_of(task: Task, seconds: float = 1.0) -> dict[int, CellResult]:
    return {
        cell.index: CellResult(cell.index, cell.cell_id, cell.source, PASSED, seconds=seconds)
        for cell in task.cells
    }


def book_with(task: Task, *positions: int, files: dict | None = None) -> SnapshotBook:
    """A book in which the number of each snapshot is its position."""
    book = SnapshotBook()
    for position in positions:
        book.note("a", task, kept(position, position, files), results_of(task))
    return book


def test_the_last_snapshot_before_the_first_difference_is_chosen():
    book = book_with(task_of("a", "b", "c", "d"), 1, 2, 3)
    chosen = book.choose("a", task_of("a", "b", "new", "d"))
    assert chosen.position == 2
    assert list(chosen.results) == [0, 1]
    assert book.take_dropped() == (3,)
    assert book.take_dropped() == ()


def test_cells_that_were_removed_and_added_are_differences():
    assert book_with(task_of("a", "b", "c"), 1, 2, 3).choose("a", task_of("a", "b")).position == 2
    book = book_with(task_of("a", "b"), 1, 2)
    assert book.choose("a", task_of("a", "b", "more")).position == 2


def test_without_a_common_cell_none_is_chosen():
    book = book_with(task_of("a", "b"), 1)
    assert book.choose("a", task_of("new", "b")) is None
    assert SnapshotBook().choose("a", task_of("a")) is None


def test_another_cell_for_the_parameters_is_a_difference():
    book = book_with(task_of("a", "b", parameters_after=None), 1)
    assert book.choose("a", task_of("a", "b", parameters_after=0)) is None


def test_a_file_that_has_changed_makes_a_snapshot_useless(tmp_path):
    path = tmp_path / "data"
    path.write_text("1")
    task = task_of("a", "b", "c")
    book = book_with(task, 1)
    book.note("a", task, kept(2, 2, stamps([path])), results_of(task))
    assert book.choose("a", task).position == 2
    rewrite(path, "2")
    assert book.choose("a", task).position == 1


def test_a_change_of_a_file_spoils_what_lies_between():
    book = book_with(task_of(*"abcde"), 1, 2, 3, 4)
    book.spoil("a", SnapshotsSpoiled(2, 3))
    assert [each.position for each in book.snapshots["a"]] == [1, 4]
    assert book.take_dropped() == (2, 3)


def test_a_snapshot_that_runs_on_is_taken_out():
    book = book_with(task_of("a", "b"), 1)
    assert book.use("a", 1).position == 1
    assert book.use("a", 1) is None
    assert book.take_dropped() == ()


def test_a_newer_snapshot_of_the_same_place_replaces_the_older_one():
    task = task_of("a", "b")
    book = book_with(task, 1)
    book.note("a", task, kept(9, 1), results_of(task))
    assert [each.number for each in book.snapshots["a"]] == [9]
    assert book.take_dropped() == (1,)


def test_there_are_never_more_than_the_most_and_the_last_one_stays():
    count = 5 * MOST
    task = task_of(*map(str, range(count)))
    book = book_with(task, *range(1, count))
    positions = [each.position for each in book.snapshots["a"]]
    assert len(positions) == MOST
    assert positions[-1] == count - 1
    assert len(book.take_dropped()) == count - 1 - MOST


def test_snapshots_are_rarer_far_from_the_end():
    count = 200
    task = task_of(*map(str, range(count)))
    book = book_with(task, *range(1, count))
    positions = [each.position for each in book.snapshots["a"]]
    gaps = [after - before for before, after in zip(positions, positions[1:], strict=False)]
    assert sum(gaps[-4:]) < sum(gaps[:4])
    assert positions[0] < count / 2


def test_one_snapshot_alone_can_be_dropped():
    snapshot = Snapshot(1, 1, 1, (), {}, {}, 1.0)
    assert least_useful([snapshot]) is snapshot


def test_memory_is_limited(monkeypatch):
    monkeypatch.setattr(snapshot_book, "private_bytes", lambda pid: 100)
    book = book_with(task_of(*"abcdef"), 1, 2, 3, 4, 5)
    book.limit_memory(250)
    assert len(book.snapshots["a"]) == 2
    assert len(book.take_dropped()) == 3
    book.limit_memory(0)
    assert book.snapshots["a"] == []


def test_the_memory_of_a_process_is_known():
    assert private_bytes(os.getpid()) > 1_000_000
    assert private_bytes(-1) == 0
    assert memory_for_snapshots() > 1_000_000


@pytest.mark.parametrize(
    ("old", "new", "count"),
    [("abc", "abc", 3), ("abc", "abx", 2), ("abc", "ab", 2), ("ab", "abc", 2), ("a", "x", 0)],
)
def test_the_first_difference_is_found(old, new, count):
    assert first_difference(task_of(*old), task_of(*new)) == count
