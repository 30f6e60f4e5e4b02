"""What people type for a run, as values."""

from pathlib import Path

import pytest

from literate.diagnostics import UsageError
from literate.execute.options import check_choice, parse_size, pick_shard


def test_arguments():
    assert [parse_size(text) for text in ("", "10", "2k", "1.5M", "4G", "4 GiB")] == [
        0,
        10,
        2048,
        1572864,
        4 << 30,
        4 << 30,
    ]
    for text in ("x", "-1", "3X"):
        with pytest.raises(UsageError):
            parse_size(text)
    for text in ("x", "0/2", "3/2", "1/0", "4/9"):
        with pytest.raises(UsageError, match="--shard"):
            pick_shard([Path("a"), Path("b"), Path("c")], text)
    parts = [pick_shard(list(map(Path, "abcde")), f"{number}/2") for number in (1, 2)]
    assert ["".join(map(str, part)) for part in parts] == ["ace", "bd"]
    with pytest.raises(UsageError, match="takes fork or spawn"):
        check_choice("--isolation", "x", ("fork", "spawn"))
