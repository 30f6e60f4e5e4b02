"""`literate clean` for one notebook: the noise goes, and no other byte changes."""

from __future__ import annotations

import difflib
import json
from pathlib import Path

import pytest
from conftest import notebook
from hypothesis import given
from hypothesis import strategies as st

from literate.diagnostics import UserError
from literate.notebook import new_id
from literate.records import replace
from literate.vcs.cleaning import clean_notebook
from literate.vcs.noise import CleanOptions

WIDGET = "application/vnd.jupyter.widget-view+json"
COLAB = "application/vnd.google.colaboratory.intrinsic+json"


def cell(*outputs: dict, **members: object) -> dict:
    base = {"cell_type": "code", "execution_count": None, "id": "abc", "metadata": {}}
    return {**base, "outputs": list(outputs), "source": ["x"], **members}


def result(**data: object) -> dict:
    return {"data": data, "execution_count": None, "metadata": {}, "output_type": "execute_result"}


def cleaned(text: str, **options: object) -> dict:
    """The notebook after cleaning, which must be settled after one time."""
    chosen = replace(CleanOptions(), **options)
    found = clean_notebook(Path("a.ipynb"), text.encode(), chosen)
    assert found.old == text
    assert found.is_changed == (found.new != text)
    assert bool(found.removed) == found.is_changed
    again = clean_notebook(Path("a.ipynb"), found.new.encode(), chosen)
    assert not again.is_changed
    return json.loads(found.new)


def metadata_of(metadata: dict, **options: object) -> dict:
    return cleaned(notebook(cell(metadata=metadata)), **options)["cells"][0]["metadata"]


def test_execution_counts_go():
    text = notebook(cell({**result(), "execution_count": 4}, execution_count=3))
    first = cleaned(text)["cells"][0]
    assert first["execution_count"] is None
    assert first["outputs"][0]["execution_count"] is None


def test_what_a_person_meant_stays_to_the_last_byte():
    text = notebook(
        cell(
            result(**{"text/plain": ["<A at 0x7f3a>"], "image/png": "iVBORw0KGgo=\n"}),
            {"name": "stdout", "output_type": "stream", "text": ["1\n"]},
            metadata={
                "tags": ["parameters"],
                "slideshow": {"slide_type": "slide"},
                "jupyter": {"source_hidden": True},
                "id": "mine",
                "unknown": {"execution": 1},
            },
        ),
        "md:# Title",
        kernelspec={
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        language_info={"name": "python", "file_extension": ".py"},
        jupytext={"formats": "ipynb,py"},
    )
    found = clean_notebook(Path("a.ipynb"), text.encode(), CleanOptions())
    assert not found.is_changed
    assert found.new is found.old


@pytest.mark.parametrize(
    "noise",
    [
        {"execution": {"iopub.execute_input": "2024-01-01T00:00:00Z"}},
        {"ExecuteTime": {"end_time": "2020"}},
        {"collapsed": True},
        {"trusted": False},
        {"vscode": {"languageId": "python"}},
        {"outputId": "a-b", "id": "colab-id", "colab": {"base_uri": "x"}},
        {"colab_type": "code", "id": "colab-id"},
    ],
)
def test_the_state_of_editors_goes(noise):
    assert metadata_of(noise) == {}
    assert metadata_of({"a": 1, **noise, "tags": ["x"]}) == {"a": 1, "tags": ["x"]}


def test_only_the_bytes_of_the_noise_go():
    text = notebook(cell(execution_count=7, metadata={"collapsed": True, "tags": ["x"]}), "y = 'é'")
    new = clean_notebook(Path("a"), text.encode(), CleanOptions()).new
    changed = [line for line in difflib.ndiff(text.split("\n"), new.split("\n")) if line[0] in "+-"]
    assert [line.strip() for line in changed] == [
        '-    "execution_count": 7,',
        '+    "execution_count": null,',
        '-     "collapsed": true,',
    ]


def test_metadata_of_the_notebook():
    text = notebook(
        "x",
        kernelspec={"display_name": "Python 3.9.7 64-bit ('base': conda)", "name": "python3"},
        language_info={"name": "python", "version": "3.9.7"},
        vscode={"interpreter": {"hash": "1"}},
        colab={"name": "a.ipynb", "provenance": [], "authorship_tag": "x"},
        title="mine",
    )
    assert cleaned(text)["metadata"] == {
        "kernelspec": {"display_name": "Python 3 (ipykernel)", "name": "python3"},
        "language_info": {"name": "python"},
        "colab": {"name": "a.ipynb"},
        "title": "mine",
    }
    assert "colab" not in cleaned(notebook("x", colab={"provenance": []}))["metadata"]


def test_the_names_of_kernels():
    for kernel in ({"display_name": "R", "name": "ir"}, {"name": "python3"}, {"display_name": "x"}):
        assert cleaned(notebook("x", kernelspec=kernel))["metadata"]["kernelspec"] == kernel
    kernel = {"display_name": "My R", "name": "ir"}
    plain = cleaned(notebook("x", kernelspec=kernel), plain_kernel_names=True)
    assert plain["metadata"]["kernelspec"]["display_name"] == "ir"


def test_widgets_stay_while_an_output_shows_one():
    shown = notebook(cell(result(**{WIDGET: {"model_id": "1"}})), widgets={"state": {"1": {}}})
    assert "widgets" in cleaned(shown)["metadata"]
    assert "widgets" not in cleaned(shown, outputs="none")["metadata"]
    assert "widgets" not in cleaned(notebook("x", widgets={"state": {}}))["metadata"]


def test_which_outputs_stay():
    stream = {"name": "stdout", "output_type": "stream", "text": ["1\n"]}
    table = result(**{"text/plain": ["t"], "text/html": ["<b>"], COLAB: {"type": "x"}})
    image = {"data": {"image/png": "abc"}, "metadata": {}, "output_type": "display_data"}
    text = notebook(cell(stream, table, image))
    everything = cleaned(text)["cells"][0]["outputs"]
    assert [*everything[1]["data"]] == ["text/plain", "text/html"]
    assert everything[2] == image
    only_text = cleaned(text, outputs="text")["cells"][0]["outputs"]
    assert only_text[0] == stream
    assert only_text[1]["data"] == {"text/plain": ["t"]}
    assert len(only_text) == 2
    assert cleaned(text, outputs="none")["cells"][0]["outputs"] == []


def test_addresses_go_if_that_is_asked_for():
    text = ["<A at 0x7f3a>, <bound method f of <m.B object at 0x10>>\n", "see 0x12 at 0x13"]
    stream = {"name": "stdout", "output_type": "stream", "text": text}
    given_text = notebook(cell(result(**{"text/plain": text, "text/html": text[0]}), stream))
    wanted = ["<A>, <bound method f of <m.B object>>\n", "see 0x12 at 0x13"]
    outputs = cleaned(given_text, addresses=True)["cells"][0]["outputs"]
    assert outputs[0]["data"] == {"text/plain": wanted, "text/html": wanted[0]}
    assert outputs[1]["text"] == wanted
    assert cleaned(given_text) == json.loads(given_text)


def test_what_the_settings_name_goes_or_stays():
    metadata = {"a": {"b": 1, "c": 2}, "d": 3, "e.f": 4, "collapsed": True}
    dropped = metadata_of(metadata, drop=("a.b", "d", "e.f", "no", "a.no", "d.x"))
    assert dropped == {"a": {"c": 2}}
    assert metadata_of(metadata, keep_in_cells=("collapsed",)) == metadata
    text = notebook("x", language_info={"name": "python", "version": "3"}, toc={"base": 1})
    assert cleaned(text, keep=("language_info",)) == json.loads(text)
    assert "toc" not in cleaned(text, drop=("toc",))["metadata"]


# --- ids ---------------------------------------------------------------------------------------


def without_ids(text: str, minor: int) -> str:
    data = json.loads(text)
    for each in data["cells"]:
        del each["id"]
    data["nbformat_minor"] = minor
    return json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def ids_of(*cells: str, minor: int = 4) -> list[str]:
    data = cleaned(without_ids(notebook(*cells), minor), ids=True)
    assert data["nbformat_minor"] == 5
    assert all([*each] == sorted(each) for each in data["cells"])
    return [each["id"] for each in data["cells"]]


def test_a_cell_gets_the_same_id_wherever_it_stands():
    assert ids_of("a", "b") == ids_of("b", "a")[::-1]
    assert ids_of("a", "new", "b", minor=5)[::2] == ids_of("a", "b")
    assert len(set(ids_of("a", "a", "md:a", "a"))) == 4


def test_an_id_that_exists_is_not_given_again():
    taken = new_id("code\0x")
    text = notebook({**cell(source=["y"]), "id": taken}, cell(source=["x"]))
    data = json.loads(text)
    del data["cells"][1]["id"]
    found = cleaned(json.dumps(data, indent=1) + "\n", ids=True)["cells"]
    assert found[0]["id"] == taken
    assert found[1]["id"] not in ("", taken)


def test_ids_come_only_if_they_are_asked_for():
    text = without_ids(notebook("a"), 5)
    assert cleaned(text) == json.loads(text)
    assert cleaned(notebook("a"), ids=True) == json.loads(notebook("a"))


@pytest.mark.parametrize("layout", [{}, {"indent": 1}, {"indent": 2}, {"separators": (",", ":")}])
def test_an_id_fits_into_any_layout(layout):
    text = json.dumps(json.loads(without_ids(notebook("a", "md:b"), 5)), **layout)
    assert len({each["id"] for each in cleaned(text, ids=True)["cells"]}) == 2


# --- proofs, and what cannot be cleaned --------------------------------------------------------


def test_proofs_are_folded():
    found = cleaned(notebook("#| proof: it works\nassert 1", "#hide_input\nx", "y"))["cells"]
    assert found[0]["metadata"] == {"jupyter": {"source_hidden": True}}
    assert [each["metadata"] for each in found[1:]] == [{}, {}]


@pytest.mark.parametrize(
    "raw",
    [b"", b"{", b"[]", b"\xff", b'{"cells": [1], "nbformat": 4}', b'{"cells": {}}', b"[" * 99999],
    ids=range(7),
)
def test_what_is_not_a_notebook_is_refused(raw):
    with pytest.raises(UserError, match=r"bad\.ipynb"):
        clean_notebook(Path("bad.ipynb"), raw, CleanOptions())


def test_strange_values_are_left_alone():
    text = notebook(
        cell(1, {"output_type": "stream"}, {"data": [], "text": 3}, metadata={"execution": None}),
        {"cell_type": "code", "source": "x", "outputs": None},
        colab=3,
        widgets=None,
    )
    data = cleaned(text, addresses=True, outputs="text", ids=True)
    assert len(data["cells"]) == 2


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
NOISY = st.sampled_from(["collapsed", "execution", "colab", "id", "tags", "a", "jupyter"])
CELLS = st.fixed_dictionaries(
    {"cell_type": st.sampled_from(["code", "markdown"]), "source": st.text(max_size=10)},
    optional={
        "execution_count": st.none() | st.integers(),
        "metadata": st.dictionaries(NOISY, JSON, max_size=3),
        "outputs": st.lists(st.fixed_dictionaries({}, optional={"data": JSON, "text": JSON})),
    },
)


@given(st.lists(CELLS, max_size=4), st.sampled_from([None, 1]), st.sampled_from(["all", "text"]))
def test_any_notebook_stays_valid_and_keeps_its_sources(cells, indent, outputs):
    data = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    text = json.dumps(data, indent=indent)
    new = cleaned(text, outputs=outputs, addresses=True, drop=("a", "jupyter.x"))
    for old_cell, new_cell in zip(cells, new["cells"], strict=True):
        assert old_cell["source"] == new_cell["source"]
        assert old_cell.keys() == new_cell.keys()
