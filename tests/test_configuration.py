"""Configuration: values of both formats, read by their types."""

from __future__ import annotations

import os
from configparser import ConfigParser
from pathlib import Path

import pytest

from literate.configuration import ConfigReader, read_ini, read_toml, toml_table
from literate.diagnostics import UserError

CONFIG = Path("settings.ini")
TRUE = ["True", "y", "T", "yes", "on", "1"]
FALSE = ["False", "n", "f", "no", "OFF", "0", ""]


def reader(values: dict[str, object], **defaults: str) -> ConfigReader:
    return ConfigReader(CONFIG, values, defaults)


def ini_reader(text: str, **defaults: str) -> ConfigReader:
    parser = ConfigParser()
    parser.read_string(text)
    return ConfigReader(CONFIG, parser["DEFAULT"], defaults)


@pytest.mark.parametrize("word", TRUE + FALSE)
def test_switches_are_read_as_nbdev_reads_them(word):
    assert reader({"strict": word}).flag("strict") is (word in TRUE)
    assert ini_reader(f"[DEFAULT]\nstrict = {word}").flag("strict") is (word in TRUE)


def test_switches_of_toml_are_booleans():
    assert reader({"strict": True}).flag("strict") is True
    assert reader({"strict": False}, strict="true").flag("strict") is False


def test_a_missing_key_has_its_default():
    for missing in (reader({}, a="x y", b="true"), ini_reader("[DEFAULT]", a="x y", b="true")):
        assert missing.text("a") == "x y"
        assert missing.words("a") == ("x", "y")
        assert missing.flag("b") is True
        assert missing.text("nosuch") == ""
        assert missing.words("nosuch") == ()


def test_words_are_a_list_or_a_text():
    assert reader({"a": ["x y", "z"]}).words("a") == ("x y", "z")
    assert reader({"a": []}, a="default").words("a") == ()
    assert reader({"a": " x  y "}).words("a") == ("x", "y")
    assert reader({"a": "x, y|z"}).words("a", r"[\s,|]+") == ("x", "y", "z")
    assert reader({"a": ""}, a="default").words("a") == ("default",)


@pytest.mark.parametrize(
    ("method", "value", "message"),
    [
        ("text", 3, "a = 3 is not a text"),
        ("text", "x\0y", r"a = x\\x00y is not a text"),
        ("text", ["x\ny"], r"a = \['x\\ny'\] is not a text"),
        ("flag", "many\nwords", "a = many words is neither True nor False"),
        ("words", ["x", 1], r"a = \['x', 1\] is not a text"),
    ],
)
def test_a_value_of_another_type_gets_a_line(method, value, message):
    with pytest.raises(UserError, match=f"^settings.ini: error: {message}"):
        getattr(reader({"a": value}), method)("a")


def test_an_ini_value_may_refer_to_another_one():
    assert ini_reader("[DEFAULT]\na = x\nb = %(a)sy").text("b") == "xy"
    assert ini_reader("[DEFAULT]\nb = %(nosuch)s 100%").text("b") == "%(nosuch)s 100%"


def test_weaker_files_give_what_an_ini_file_leaves_out(tmp_path):
    (tmp_path / "weakest").write_text("[DEFAULT]\na = 1\nb = 1\nc = 1\n")
    (tmp_path / "weaker").write_text("[DEFAULT]\na = 2\nb = 2\n")
    (tmp_path / "own").write_text("[DEFAULT]\na = 3\n")
    weaker = [str(tmp_path / name) for name in ("weakest", "weaker", "nosuch")]
    values = read_ini(tmp_path / "own", weaker)["DEFAULT"]
    assert (values["a"], values["b"], values["c"]) == ("3", "2", "1")


def test_a_table_of_toml(tmp_path):
    (tmp_path / "a.toml").write_text("[a.b]\nc = 3\n")
    data = read_toml(tmp_path / "a.toml")
    assert toml_table(CONFIG, data, "a", "b") == {"c": 3}
    assert toml_table(CONFIG, data, "a", "x", "y") == {}
    with pytest.raises(UserError, match="a.b.c is not a table"):
        toml_table(CONFIG, data, "a", "b", "c")


# --- files from elsewhere ----------------------------------------------------------------------


def test_a_byte_order_mark_is_passed_over(tmp_path):
    (tmp_path / "a.ini").write_bytes(b"\xef\xbb\xbf[DEFAULT]\na = 1\n")
    (tmp_path / "a.toml").write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_ini(tmp_path / "a.ini", [])["DEFAULT"]["a"] == "1"
    assert read_toml(tmp_path / "a.toml") == {"a": 1}


def test_references_that_unfold_into_gigabytes_are_refused():
    lines = ["a0 = " + "x" * 100]
    for number in range(1, 9):
        lines.append(f"a{number} = " + f"%(a{number - 1})s" * 10)
    values = ini_reader("[DEFAULT]\n" + "\n".join(lines))
    assert len(values.text("a2")) == 10_000
    with pytest.raises(UserError, match="error: a8 is too long when all references are filled in"):
        values.text("a8")


def test_references_in_a_circle_stay_as_they_are():
    assert ini_reader("[DEFAULT]\na = %(b)s%(b)s\nb = %(a)s%(a)s").text("a") == "%(b)s%(b)s"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.ini", "[DEFAULT]\na" + " " * 200 + "b\n", "a line has too many blanks in a row"),
        ("a.ini", "[DEFAULT]\n" + "a\n" * 600_000, "it has more than 1,048,576 bytes"),
        ("a.ini", "a" * 1000, "a{0,150}"),
        ("a.toml", "a = " + "[" * 5000, "not TOML: "),
        ("a.toml", ".".join("a" * 6000) + " = 1", "a line has too many dots"),
    ],
)
def test_what_would_take_minutes_or_gigabytes_gets_a_short_line(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(UserError, match=f"{name}: error: .*{message}") as error:
        read_toml(path) if path.suffix == ".toml" else read_ini(path, [])
    assert len(str(error.value)) < 500
    assert "\n" not in str(error.value)


def test_a_pipe_is_not_read(tmp_path):
    os.mkfifo(tmp_path / "a")
    for read in (read_toml, lambda path: read_ini(path, [])):
        with pytest.raises(UserError, match="a: error: it is not a regular file"):
            read(tmp_path / "a")
