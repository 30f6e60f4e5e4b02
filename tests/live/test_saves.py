from __future__ import annotations

from conftest import notebook

from literate.live.saves import wait_until_whole


class Clock:
    """A clock that goes on only while somebody sleeps."""

    def __init__(self, wake) -> None:
        self.now = 0.0
        self.wake = wake

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.wake(self.now)

    def __call__(self) -> float:
        return self.now


def test_a_whole_file_needs_no_wait(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text(notebook("x = 1"))
    clock = Clock(lambda now: None)
    assert wait_until_whole([path, tmp_path / "gone.ipynb"], clock.sleep, clock) == []
    assert clock.now == 0


def test_a_torn_file_is_read_again_until_it_is_whole(tmp_path):
    path = tmp_path / "a.ipynb"
    text = notebook("x = 1")
    path.write_text(text[:40])
    clock = Clock(lambda now: path.write_text(text[: int(len(text) * now * 10)]))
    assert wait_until_whole([path], clock.sleep, clock) == []
    assert 0.09 < clock.now < 0.13


def test_after_a_second_a_file_counts_as_it_is(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_text("{")
    clock = Clock(lambda now: None)
    assert wait_until_whole([path], clock.sleep, clock) == [path]
    assert 1 <= clock.now < 1.05
