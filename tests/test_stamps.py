"""Stamps: every change of a file is noticed, and a file that did not just change is not opened."""

from __future__ import annotations

import os

import pytest

from literate import stamps as stamps_module
from literate.stamps import has_digest, is_current, stamp, stamps, without_digest


@pytest.fixture
def later(monkeypatch):
    """Let the clock be an hour ahead, so that no file has changed recently."""
    now = stamps_module.time_ns
    monkeypatch.setattr(stamps_module, "time_ns", lambda: now() + 3600 * 10**9)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "a"
    path.write_text("one")
    return path


def with_same_time(path, text):
    """Write a file, and give it the time of change that it had."""
    status = path.stat()
    path.write_text(text)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_file_that_does_not_change_keeps_its_stamp(file):
    known = stamp(file)
    assert stamp(str(file)) == known
    assert is_current(file, known)
    file.read_text()
    assert is_current(file, known)


@pytest.mark.parametrize("change", [
    lambda path: path.write_text("three"),
    lambda path: os.utime(path, ns=(0, 0)),
    lambda path: path.unlink(),
    lambda path: path.chmod(0o600),
])  # fmt: skip
def test_a_change_is_noticed(file, later, change):
    known = stamp(file)
    assert not has_digest(known)
    change(file)
    assert not is_current(file, known)


def test_a_file_in_the_place_of_another_is_noticed(file, later, tmp_path):
    """Both have one size and one time, as after unpacking an archive."""
    other = tmp_path / "b"
    other.write_text("two")
    for path in (file, other):
        os.utime(path, (1_000_000_000, 1_000_000_000))
    known = stamp(file)
    os.replace(other, file)
    assert file.stat().st_mtime == 1_000_000_000
    assert not is_current(file, known)


def test_a_new_file_is_compared_by_its_content(file, monkeypatch):
    """It could change again within one tick of the clock; then only the content tells."""
    known = stamp(file)
    assert has_digest(known)
    with_same_time(file, "two")
    monkeypatch.setattr(stamps_module, "numbers", lambda _: without_digest(known))
    assert not is_current(file, known)
    with_same_time(file, "one")
    assert is_current(file, known)


def test_a_new_folder_is_compared_by_its_names(tmp_path, monkeypatch):
    known = stamp(tmp_path)
    assert has_digest(known)
    monkeypatch.setattr(stamps_module, "numbers", lambda _: without_digest(known))
    assert is_current(tmp_path, known)
    (tmp_path / "new").touch()
    assert not is_current(tmp_path, known)


def test_a_file_from_the_future_is_compared_by_its_content(file, later):
    os.utime(file, (32_503_680_000, 32_503_680_000))
    assert has_digest(stamp(file))


def test_a_file_that_did_not_just_change_is_not_opened(file, later, monkeypatch):
    known = stamp(file)
    monkeypatch.setattr(stamps_module, "_digest", None)
    assert is_current(file, known)


def test_a_pipe_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    known = stamp(tmp_path / "pipe")
    assert is_current(tmp_path / "pipe", known)


def test_a_missing_file_has_an_empty_stamp(file, tmp_path):
    missing = tmp_path / "nosuch"
    assert stamps([file, str(missing)]) == {str(file): stamp(file), str(missing): []}
    assert is_current(missing, [])
    missing.touch()
    assert not is_current(missing, [])


def test_a_name_that_no_file_can_have_is_that_of_a_missing_file():
    assert stamp("a\0b") == []
