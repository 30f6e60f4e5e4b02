"""The reports that a run leaves behind. What a notebook says is hostile to all of them."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest
from conftest import notebook

from literate.diagnostics import UsageError
from literate.execute import FAILED, PASSED, SKIPPED, CellResult, Error, Frame, NotebookResult
from literate.report.github import annotation_commands, summary_text
from literate.report.html import html_text
from literate.report.json import json_text
from literate.report.junit import junit_text
from literate.report.registry import written_reports
from literate.report.summary import RunSummary
from literate.splice import line_in_file

HOSTILE = (
    "]]> </pre></script><script>alert(1)</script> & \" ' "
    "\x00\x07\x1b[31mred\x1b[0m \x85\x9b \ud800 \uffff ::error::x\r\n\r\n# h"
)
ROOT = Path("/project")


def stream(text: str) -> dict:
    return {"output_type": "stream", "name": "stdout", "text": text}


def display(**data: object) -> dict:
    return {
        "output_type": "display_data",
        "metadata": {},
        "data": {k.replace("_", "/"): v for k, v in data.items()},
    }


def failed(
    path: str, source: str = "1/0", message: str = "ValueError: x", outputs: tuple = ()
) -> NotebookResult:
    error = Error(
        message.partition(":")[0], message, (Frame(path, 1, "<module>", source, 1, "id"),)
    )
    return NotebookResult(
        path, FAILED, (CellResult(1, "id", source, FAILED, outputs=outputs, error=error),), 2, 0.5
    )


@pytest.fixture
def run(tmp_path, monkeypatch) -> RunSummary:
    """A run with each kind of outcome, seen from a folder without it: paths are told in full."""
    monkeypatch.chdir(tmp_path)
    cell = CellResult(0, "a", "1", PASSED, seconds=0.25, outputs=(stream("hi"),))
    return RunSummary(
        (
            NotebookResult(
                "/project/nbs/00_ok.ipynb",
                PASSED,
                (cell,),
                1,
                0.3,
                notes=("flaky",),
                failed_before=(failed("/project/nbs/00_ok.ipynb"),),
            ),
            NotebookResult("/project/nbs/01_no.ipynb", SKIPPED, reason=HOSTILE),
            failed(
                "/project/nbs/02_bad.ipynb",
                HOSTILE,
                f"E: {HOSTILE}",
                (stream(HOSTILE), display(text_html=HOSTILE)),
            ),
            NotebookResult("/project/nbs/03_broken.ipynb", FAILED, reason=HOSTILE),
        ),
        left=1,
        seconds=1.5,
    )


def test_junit_has_a_case_for_each_notebook(run):
    (suite,) = ElementTree.fromstring(junit_text(run, ROOT).encode())
    assert {k: suite.get(k) for k in ("tests", "failures", "errors", "skipped", "time")} == {
        "tests": "4",
        "failures": "2",
        "errors": "0",
        "skipped": "1",
        "time": "1.500",
    }
    cases = suite.findall("testcase")
    assert [(c.get("classname"), c.get("name"), [e.tag for e in c]) for c in cases] == [
        ("nbs", "00_ok.ipynb", []),
        ("nbs", "01_no.ipynb", ["skipped"]),
        ("nbs", "02_bad.ipynb", ["failure"]),
        ("nbs", "03_broken.ipynb", ["failure"]),
    ]
    assert cases[2][0].get("message").startswith("/project/nbs/02_bad.ipynb:cell 2 (id):1: E: ]]>")
    assert "nbs/00_ok.ipynb: flaky" in suite.find("system-out").text


def test_junit_keeps_to_both_schemas(run):
    """What Ant's schema requires, in its order, and nothing that Jenkins' does not know."""
    suites = ElementTree.fromstring(junit_text(run, ROOT).encode())
    assert (suites.tag, suites.attrib) == ("testsuites", {})
    (suite,) = suites
    assert set(suite.attrib) == {
        "name",
        "package",
        "id",
        "hostname",
        "timestamp",
        "tests",
        "failures",
        "errors",
        "skipped",
        "time",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", suite.get("timestamp"))
    assert [e.tag for e in suite] == ["properties", *["testcase"] * 4, "system-out", "system-err"]
    for case in suite.findall("testcase"):
        assert (
            set(case.attrib) == {"name", "classname", "time"}
            and len(case) <= 1
            and all(case.attrib.values())
        )
        for element in case:
            assert set(element.attrib) <= {"type", "message"} and (
                element.tag == "skipped" or element.get("type")
            )


def test_no_control_character_reaches_the_xml(run):
    text = junit_text(run, ROOT)
    assert not re.search(
        "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]|&#(x1b|27|7|0);", text
    )


def test_json_says_everything(run):
    data = json.loads(json_text(run, ROOT))
    assert (
        data["format"],
        data["passed"],
        data["counts"]["failed"],
        data["counts"]["not run"],
    ) == (1, False, 2, 1)
    bad = data["notebooks"][2]
    assert (bad["path"], bad["cells"][0]["line"], bad["cells"][0]["source"]) == (
        "nbs/02_bad.ipynb",
        1,
        HOSTILE,
    )
    assert bad["cells"][0]["outputs"][0]["text"] == HOSTILE


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


def tags(page: str) -> list[tuple[str, dict]]:
    parser = Tags()
    parser.feed(page)
    return parser.found


def test_html_lets_nothing_in(run):
    page = html_text(run, ROOT)
    found = tags(page)
    assert "script" not in {tag for tag, _ in found}
    assert not any(name.startswith("on") for _, attributes in found for name in attributes)
    frames = [attributes for tag, attributes in found if tag == "iframe"]
    assert len(frames) == 1 and frames[0]["sandbox"] == "" and "<script>" in frames[0]["srcdoc"]
    policy = next(
        a["content"] for _, a in found if a.get("http-equiv") == "Content-Security-Policy"
    )
    assert "default-src 'none'" in policy and "script-src" not in policy
    assert "\x1b" not in page and "http://" not in page and "https://" not in page


def test_html_shows_figures_and_refuses_what_is_none():
    svg = display(**{"image_svg+xml": "<svg onload='x'/>"})
    outputs = (display(image_png="iVBORw0KGgo=\n"), display(image_png='"><script>'), svg)
    cell = CellResult(0, "a", "1", PASSED, outputs=outputs)
    page = html_text(RunSummary((NotebookResult("/project/a.ipynb", PASSED, (cell,), 1),)), ROOT)
    images = [attributes["src"] for tag, attributes in tags(page) if tag == "img"]
    assert [src.partition(",")[0] for src in images] == [
        "data:image/png;base64",
        "data:image/svg+xml;base64",
    ]
    assert "<script" not in page and "onload" not in page


def test_html_links_every_failure_to_its_cell(run):
    found = tags(html_text(run, ROOT))
    ids = {a["id"] for _, a in found if "id" in a}
    assert {a["href"][1:] for tag, a in found if tag == "a"} <= ids and "n2c1" in ids


@pytest.mark.parametrize(
    "text, line",
    [
        (notebook("md:# x", "a = 1\nb = 2\n1/0"), "1/0"),
        (json.dumps(json.loads(notebook("md:# x", "a = 1\nb = 2\n1/0"))), None),
        (
            notebook(
                "md:# x",
                {
                    "cell_type": "code",
                    "id": "i",
                    "metadata": {},
                    "outputs": [],
                    "execution_count": None,
                    "source": "a = 1\nb = 2\n1/0",
                },
            ),
            "a = 1",
        ),
    ],
)
def test_the_true_line_of_a_cells_line(text, line):
    number = line_in_file(text, 1, 3)
    assert line in text.split("\n")[number - 1] if line else number == 1


def test_annotations_stand_on_the_true_line(tmp_path, monkeypatch):
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    path = tmp_path / "nbs" / "a, b.ipynb"
    path.parent.mkdir()
    path.write_text(notebook("md:# x", "1/0"))
    line = next(n for n, text in enumerate(path.read_text().split("\n"), 1) if '"1/0"' in text)
    (found,) = annotation_commands(
        RunSummary((failed(str(path), message="E: 100%\n::error::injected"),)), tmp_path
    )
    assert (
        found
        == f"::error file=nbs/a%2C b.ipynb,line={line},title=cell 2 (id)::E: 100%25%0A::error::injected"
    )


def test_annotations_for_what_is_not_there_any_more(run):
    lines = list(annotation_commands(run, ROOT))
    assert [line.partition(" ")[0] for line in lines] == ["::warning", "::error", "::error"]
    assert all("\n" not in line and "\r" not in line for line in lines)


def test_the_summary_of_a_step_is_html_without_empty_lines_inside(run):
    text = summary_text(run, ROOT)
    assert text.startswith("### Notebooks: 1 passed, 2 failed, 1 skipped, 1 not run in 1.5s\n")
    assert "<script>" not in text and "\n# h" not in text
    for block in re.findall(r"<details>.*?</details>", text, re.DOTALL):
        assert "\n\n" not in block


def test_a_long_summary_is_cut():
    results = tuple(
        failed(f"/project/{n}.ipynb", outputs=(stream(f"{'x' * 900}\n" * 40),)) for n in range(40)
    )
    text = summary_text(RunSummary(results), ROOT)
    assert (
        len(text) < 1_000_000
        and text.endswith("too long for this page.</p>\n")
        and "39.ipynb" in text
    )


def test_github_gets_its_lines_and_its_page(run, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    with written_reports(lambda: run, ROOT, on_github=True):
        print("::error::from a notebook")
    lines = capsys.readouterr().out.splitlines()
    token = lines[0].removeprefix("::stop-commands::")
    assert (
        len(token) > 20
        and lines[2] == f"::{token}::"
        and lines[3].startswith("::warning file=nbs/00_ok.ipynb")
    )
    assert "Notebooks: 1 passed" in (tmp_path / "summary.md").read_text()


def test_files_are_written_also_when_the_run_is_stopped(run, tmp_path):
    with (
        pytest.raises(KeyboardInterrupt),
        written_reports(
            lambda: run,
            ROOT,
            False,
            junit=str(tmp_path / "new" / "j.xml"),
            html=str(tmp_path / "h.html"),
            json="",
        ),
    ):
        raise KeyboardInterrupt
    assert sorted(p.name for p in tmp_path.rglob("*.*")) == ["h.html", "j.xml"]


def test_a_report_that_cannot_be_written_is_refused_beforehand(run, tmp_path):
    (tmp_path / "file").write_text("")
    for name in (tmp_path, tmp_path / "file" / "j.xml", tmp_path / "01_a.ipynb"):
        with (
            pytest.raises(UsageError, match="--junit"),
            written_reports(lambda: run, ROOT, False, junit=str(name)),
        ):
            raise AssertionError("it ran")


def test_two_reports_in_one_file_are_refused(run, tmp_path):
    both = {"junit": str(tmp_path / "r"), "json": str(tmp_path / "x" / ".." / "r")}
    with (
        pytest.raises(UsageError, match="two reports"),
        written_reports(lambda: run, ROOT, False, **both),
    ):
        raise AssertionError("it ran")
