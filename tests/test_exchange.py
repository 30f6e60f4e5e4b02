"""Two files change places in one step."""

import errno
import os
import sys

import pytest

from literate.exchange import exchange

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this")


@pytest.fixture
def files(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_text("first")
    other.write_text("second")
    return one, other


def test_two_files_change_places(files):
    one, other = files
    if not exchange(str(one), str(other)):
        pytest.skip("this file system cannot exchange files")
    assert (one.read_text(), other.read_text()) == ("second", "first")


def test_a_missing_file_is_an_error_that_names_it(files):
    one, other = files
    other.unlink()
    with pytest.raises(FileNotFoundError) as error:
        exchange(str(one), str(other))
    assert error.value.filename == str(other)
    assert one.read_text() == "first"


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOSYS])
def test_a_file_system_that_cannot_do_it_changes_nothing(files, monkeypatch, number):
    import ctypes

    class Library:
        @staticmethod
        def renameat2(*_):
            ctypes.set_errno(number)
            return -1

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Library)
    one, other = files
    assert not exchange(str(one), str(other))
    assert (one.read_text(), other.read_text()) == ("first", "second")


def test_a_system_without_the_function_changes_nothing(files, monkeypatch):
    import ctypes

    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    one, other = files
    assert not exchange(str(one), str(other))
    assert sorted(os.listdir(one.parent)) == ["one", "other"]
