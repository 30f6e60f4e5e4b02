"""The HTML report: it shows every cell, and a hostile notebook can do nothing in it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from samples import ROOT, display, passed, stopped_run, stream

from literate.report.html import html_text
from literate.report.summary import RunSummary

Tag = tuple[str, dict[str, str]]  # its name and its attributes


class TagCollector(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Tag] = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def tags(page: str) -> list[Tag]:
    collector = TagCollector()
    collector.feed(page)
    return collector.found


@pytest.fixture
def page(tmp_path, monkeypatch) -> str:
    """The report of a stopped run, seen from a folder outside of the project."""
    monkeypatch.chdir(tmp_path)
    return html_text(stopped_run(), ROOT)


def test_nothing_of_a_notebook_is_run(page):
    found = tags(page)
    assert "script" not in {tag for tag, _ in found}
    names = {name for _, attributes in found for name in attributes}
    assert not any(name.startswith("on") for name in names)
    (frame,) = [attributes for tag, attributes in found if tag == "iframe"]
    assert frame["sandbox"] == ""
    assert "<script>" in frame["srcdoc"]


def test_the_page_forbids_scripts_and_connections(page):
    policies = []
    for _, attributes in tags(page):
        if attributes.get("http-equiv") == "Content-Security-Policy":
            policies.append(attributes["content"])
    (policy,) = policies
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "\x1b" not in page
    assert "http://" not in page
    assert "https://" not in page


def page_of(*outputs: dict) -> str:
    """The report of a notebook that passed, with these outputs."""
    return html_text(RunSummary((passed("/project/a.ipynb", *outputs),)), ROOT)


def test_figures_are_shown_as_images_if_their_data_is_safe():
    page = page_of(
        display({"image/png": "iVBORw0KGgo=\n"}),
        display({"image/png": '"><script>'}),
        display({"image/svg+xml": "<svg onload='x'/>"}),
    )
    images = [attributes["src"] for tag, attributes in tags(page) if tag == "img"]
    assert [source.partition(",")[0] for source in images] == [
        "data:image/png;base64",
        "data:image/svg+xml;base64",
    ]
    assert "<script" not in page
    assert "onload" not in page


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (stream("a < b"), '<pre class="stdout">a &lt; b</pre>'),
        ({**stream("oh"), "name": "stderr"}, '<pre class="stderr">oh</pre>'),
        (display({"text/plain": "<x>"}), "<pre>&lt;x&gt;</pre>"),
        (display({"application/x": "1", "a/b": "2"}), "<pre>application/x, a/b</pre>"),
        (display({"text/html": "<b>", "text/plain": "b"}), 'srcdoc="&lt;b&gt;"></iframe>'),
        (display({"text/html": "<br>" * 5}), 'style="height: 14em"'),
        (display({"text/html": "<p>" * 99}), 'style="height: 30em"'),
    ],
)
def test_an_output_is_shown_in_its_richest_safe_form(output, shown):
    assert shown in page_of(output)


def test_every_failure_links_to_its_cell(page):
    found = tags(page)
    ids = {attributes["id"] for _, attributes in found if "id" in attributes}
    targets = {attributes["href"][1:] for tag, attributes in found if tag == "a"}
    assert targets <= ids
    assert "n2c1" in ids


def test_only_notebooks_that_failed_are_unfolded(page):
    details = [attributes for tag, attributes in tags(page) if tag == "details"]
    assert details == [{}, {"open": None}]


def test_notebooks_that_did_not_run_are_counted(page):
    assert "<p>1 not run</p>" in page
    assert "not run" not in page_of()
