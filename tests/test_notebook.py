"""Reading a notebook, and writing into it without touching what was not meant."""

import json
import os
import re
import stat

import pytest
from conftest import notebook
from hypothesis import given
from hypothesis import strategies as st

from literate.diagnostics import UserError
from literate.files import write_atomically
from literate.notebook import Notebook, _cell, read_notebook
from literate.splice import insert_cell, remove_cell, replace_sources

ODD_NOTEBOOKS = {
    "indented as Jupyter does": notebook("a = 1\nb = 2", "md:# Title", "c"),
    "on one line": json.dumps(json.loads(notebook("a = 1\nb = 2", "md:x", "c"))),
    "source as a string": json.dumps(
        {"cells": [{"cell_type": "code", "source": "a\nb", "metadata": {}}] * 3, "nbformat": 4},
        indent=2,
    ),
    "empty sources": notebook("", "", ""),
    "four spaces, sorted keys": json.dumps(
        json.loads(notebook("a\nb", "c", "d")), indent=4, sort_keys=True
    ),
    "CRLF file": notebook("a\nb", "c", "d").replace("\n", "\r\n"),
    "escaped non-ASCII": json.dumps(
        json.loads(notebook("é = 1", "ß", "😀")), indent=1, ensure_ascii=True
    ),
    "non-ASCII": notebook("é = 1", "ß", "😀"),
    "no final newline": notebook("a", "b", "c").rstrip(),
    "odd spaces": '{ "nbformat" :4,\t"cells"\n: [ {"cell_type":"code","source" : [ "a\\n" , "b" ],"metadata":{}},'
    ' {"cell_type":"raw","metadata":{},"source":[]} ,{"source":"","cell_type":"code","metadata":{}}]  }  ',
    "the word source elsewhere": notebook(
        {
            "cell_type": "code",
            "metadata": {"source": ["x"]},
            "outputs": [{"text": ['"source": ["no"]']}],
            "source": ["a"],
        },
        "b",
        "c",
    ),
    "metadata before the cells": '{"metadata": {"cells": [1, {"source": 2}]}, "cells": [{"cell_type": "code", "source": ["a"]},'
    '{"cell_type": "code"}, {"cell_type": "code", "source": ["b"]}], "nbformat": 4}',
}


def parse(text: str) -> Notebook:
    data = json.loads(text)
    return Notebook(
        None,
        text.encode(),
        data,
        tuple(_cell(None, index, cell) for index, cell in enumerate(data["cells"])),
    )


@pytest.mark.parametrize("text", ODD_NOTEBOOKS.values(), ids=ODD_NOTEBOOKS)
@given(
    index=st.integers(0, 2),
    source=st.text(st.characters(exclude_characters="\r", exclude_categories=["Cs"]), max_size=40),
)
def test_a_new_source_changes_that_source_and_no_other_character(text, index, source):
    changed = replace_sources(text, {index: source})
    before, after = json.loads(text), json.loads(changed)
    assert parse(changed).cells[index].source == source
    if "source" not in before["cells"][index]:
        del after["cells"][index]["source"]
        assert after == before
        return
    kind = type(before["cells"][index]["source"])
    assert isinstance(after["cells"][index]["source"], kind)
    after["cells"][index]["source"] = before["cells"][index]["source"]
    assert after == before
    restored = replace_sources(changed, {index: parse(text).cells[index].source})
    assert json.loads(restored) == before
    if index == 0 and text.count("\n") > 9:  # laid out by a program: back to the same bytes
        assert restored == text


@pytest.mark.parametrize("text", ODD_NOTEBOOKS.values(), ids=ODD_NOTEBOOKS)
def test_replacing_nothing_gives_the_same_bytes(text):
    assert replace_sources(text, {}) == text


def test_several_sources_at_once():
    text = notebook("a", "b", "c")
    assert [c.source for c in parse(replace_sources(text, {0: "x\ny", 2: ""})).cells] == [
        "x\ny",
        "b",
        "",
    ]


@pytest.mark.parametrize(
    "content, code, line",
    [
        ("{", "not-json", 1),
        ('{\n "cells": [\n<<<<<<< HEAD\n 1,\n=======\n 2\n>>>>>>> other\n]}', "merge-conflict", 3),
        ("[]", "not-a-notebook", None),
        ('{"cells": 3}', "not-a-notebook", None),
        ('{"cells": [3]}', "not-a-notebook", None),
        ('{"cells": [], "nbformat": 3}', "unsupported-nbformat", None),
        ("# %% not a notebook\nimport os", "not-json", 1),
    ],
)
def test_what_is_no_notebook_is_named(tmp_path, content, code, line):
    path = tmp_path / "00_bad.ipynb"
    path.write_text(content)
    with pytest.raises(UserError) as error:
        read_notebook(path)
    (problem,) = error.value.problems
    assert (problem.code, problem.line, problem.path) == (code, line, path)
    assert "00_bad.ipynb" in str(error.value) and problem.hint


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("source", [["a"]], "cell 1: error: its source is neither a string nor a list of strings"),
        ("source", {"a": 1}, "its source is neither"),
        ("source", None, "its source is neither"),
        ("cell_type", 3, "cell 1: error: its cell_type is a number, not a string"),
        ("id", ["a"], "its id is a list, not a string"),
        ("metadata", "x", "its metadata is a string, not an object"),
    ],
)
def test_what_is_no_cell_is_named(tmp_path, member, value, message):
    path = tmp_path / "00_bad.ipynb"
    path.write_text(
        notebook({"cell_type": "code", "source": "1", "id": "a", "metadata": {}, member: value})
    )
    with pytest.raises(UserError, match=message):
        read_notebook(path)


@pytest.mark.parametrize("cell_id", ["two\nlines", "a b", "#", "\ud800"])
def test_an_id_that_no_marker_could_hold_is_none(tmp_path, cell_id):
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "source": "1", "id": cell_id}]}))
    assert re.fullmatch("[0-9a-f]{8}", read_notebook(path).cells[0].id)


def test_a_pipe_is_no_notebook(tmp_path):
    os.mkfifo(tmp_path / "a.ipynb")
    with pytest.raises(UserError, match="it is not a regular file"):
        read_notebook(tmp_path / "a.ipynb")


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "a.ipynb").write_bytes(b'{"cells": ["\xff"]}')
    with pytest.raises(UserError, match="not UTF-8: byte 12"):
        read_notebook(tmp_path / "a.ipynb")
    with pytest.raises(UserError, match="No such file"):
        read_notebook(tmp_path / "b.ipynb")


def test_images_are_not_read(tmp_path):
    path = tmp_path / "a.ipynb"
    png = {
        "cell_type": "code",
        "source": ['"image/png": "'],
        "outputs": [{"data": {"image/png": "iVBOR\n", "text/plain": ["é"]}}] * 2,
    }
    path.write_text(notebook(png, "x"))
    read = read_notebook(path)
    assert read.text == path.read_text() and [cell.source for cell in read.cells] == [
        '"image/png": "',
        "x",
    ]
    assert (
        read.data["cells"][0]["outputs"] == [{"data": {"image/png": "", "text/plain": ["é"]}}] * 2
    )
    for odd in ('x\\"y', "\\\\", ""):
        path.write_text(
            '{"cells": [{"cell_type": "raw", "image/png": "' + odd + '", "source": "a"}]}'
        )
        assert read_notebook(path).data["cells"][0] in (
            {**json.loads(path.read_text())["cells"][0], "image/png": seen}
            for seen in ("", json.loads(f'"{odd}"'))
        )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"cells": [{"image/png": "\xff"}]}', "not UTF-8: byte 26"),
        (b'{"cells": [{"image/png": "iVBOR"},, ', r"not JSON: .*\(char 34\)"),
        (b'{"cells": [{"image/png": "iVBOR', "not JSON: Unterminated string"),
    ],
)
def test_what_is_wrong_around_images(tmp_path, content, message):
    (tmp_path / "a.ipynb").write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_notebook(tmp_path / "a.ipynb")


def test_line_ends_and_byte_order_mark_do_not_show(tmp_path):
    path = tmp_path / "a.ipynb"
    path.write_bytes(
        b"\xef\xbb\xbf" + notebook({"cell_type": "code", "source": ["a\r\n", "b"]}).encode()
    )
    assert read_notebook(path).cells[0].source == "a\nb"
    write_atomically(path, replace_sources(read_notebook(path).text, {0: "c"}))
    assert (
        path.read_bytes().startswith(b"\xef\xbb\xbf{")
        and read_notebook(path).cells[0].source == "c"
    )


def test_derived_ids_are_stable_and_distinct():
    cells = parse(notebook(*[{"cell_type": "code", "source": "same"}] * 3)).cells
    again = parse(notebook(*[{"cell_type": "code", "source": "same"}] * 3)).cells
    assert [c.id for c in cells] == [c.id for c in again]
    assert len({c.id for c in cells}) == 3


def test_a_write_keeps_mode_and_link_and_leaves_no_temporary_file(tmp_path):
    target, link = tmp_path / "real.txt", tmp_path / "link.txt"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target)
    write_atomically(link, "new é")
    assert target.read_text("utf-8") == "new é" and link.is_symlink()
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert sorted(os.listdir(tmp_path)) == ["link.txt", "real.txt"]


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, "new")
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("layout", ODD_NOTEBOOKS)
def test_a_notebook_that_has_lost_all_of_its_cells_takes_one(layout):
    text = ODD_NOTEBOOKS[layout]
    while json.loads(text)["cells"]:
        text = remove_cell(text, 0)
    cell = {"cell_type": "code", "id": "0000000a", "metadata": {}, "outputs": [], "source": ["é"]}
    filled = insert_cell(text, 1, cell)
    assert json.loads(filled) == json.loads(text) | {"cells": [cell]}
    assert ("\r\n" in filled) == ("\r\n" in text)


def test_the_first_cell_of_a_notebook_is_laid_out_as_jupyter_does():
    empty = notebook().replace('"cells": []', '"cells": [\n  \n ]')
    cell = json.loads(notebook("a = 1\nb = 2"))["cells"][0]
    assert insert_cell(empty, 0, cell) == notebook("a = 1\nb = 2")
    assert insert_cell(notebook(), 0, cell) == notebook("a = 1\nb = 2")
