"""A notebook as text, for people and for git."""

from __future__ import annotations

import json

from conftest import notebook

from literate.vcs.cell_text import cell_lines, notebook_lines


def stream(text: str) -> dict:
    return {"name": "stdout", "output_type": "stream", "text": text.splitlines(keepends=True)}


def cell(source: str, *outputs: dict, **metadata: object) -> dict:
    return {
        "cell_type": "code",
        "execution_count": 7,
        "id": "6fd14ecd",
        "metadata": metadata,
        "outputs": list(outputs),
        "source": source,
    }


def test_a_whole_notebook():
    text = notebook(
        "md:# Title",
        cell("x = 1\nx", stream("1\n2\n"), tags=["a"]),
        kernelspec={"display_name": "My Python", "name": "python3"},
        language_info={"name": "python", "version": "3.1"},
        widgets={"state": {}},
        title="a\nb",
    )
    assert notebook_lines(json.loads(text)) == [
        "nbformat: 4.5",
        "kernelspec.name: python3",
        "language_info.name: python",
        "title: a b",
        "",
        "# %% markdown #00000000",
        "# Title",
        "",
        "# %% code #6fd14ecd",
        '#@ tags: ["a"]',
        "x = 1",
        "x",
        "#> 1",
        "#> 2",
    ]


def test_noise_makes_no_difference():
    noisy = cell("x", collapsed=True, execution={"a": 1}, ExecuteTime={"end_time": "2020"})
    assert cell_lines(noisy) == cell_lines({**cell("x"), "execution_count": None})


def test_outputs_are_shortened_and_every_change_can_be_seen():
    long = cell("x", stream("".join(f"{number}\n" for number in range(50))))
    lines = cell_lines(long)
    assert lines[2:4] == ["#> 0", "#> 1"]
    assert lines[-1].startswith("#> ... 30 more lines, ")
    other = cell("x", stream("".join(f"{number}\n" for number in range(49)) + "end\n"))
    assert lines != cell_lines(other)
    wide = cell("x", stream("a" * 1000 + "\n"))
    assert len(cell_lines(wide)[2]) < 250
    assert cell_lines(wide) != cell_lines(cell("x", stream("a" * 999 + "b\n")))


def test_kinds_of_outputs():
    outputs = [
        {"output_type": "error", "ename": "E", "evalue": "no\nway", "traceback": []},
        {"output_type": "display_data", "data": {"text/plain": "t", "image/png": "abc" * 9000}},
        {"output_type": "execute_result", "data": {"application/json": {"a": 1}}},
        3,
        {"output_type": "stream"},
        {"output_type": "display_data", "data": []},
    ]
    lines = cell_lines(cell("x", *outputs))
    assert lines[2:4] == ["#> E: no way", "#> t"]
    assert lines[4].startswith("#> image/png: 27k characters, ")
    assert lines[5].startswith("#> application/json: 8 characters, ")


def test_attachments_and_cells_without_ids():
    made = {"cell_type": "markdown", "source": "", "attachments": {"a.png": {"image/png": "x"}}}
    first, attachment = cell_lines(made)
    assert first == "# %% markdown"
    assert attachment.startswith("#@ attachment a.png ")
