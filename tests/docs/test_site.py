"""The site of a project, from the command to its folder."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec

import pytest
from conftest import notebook
from pages import PIXEL, shown, with_outputs

from literate.docs.settings import read_site_settings
from literate.docs.site import build_site, old_addresses, twin_of

needs_renderer = pytest.mark.skipif(
    find_spec("zensical") is None, reason="no renderer: pip install 'literate-notebooks[docs]'"
)
NOTEBOOKS = {
    "index": ["md:# Home\n\nSee [core](00_core.ipynb#part)."],
    "00_core": [
        "md:---\naliases: [old.html]\n---\n# The core\n\n## Part\n\n$x^2$ is `double`.",
        "#| default_exp core",
        '#| export\ndef double(x):\n    "Twice."',
        with_outputs("x", shown(image_png=PIXEL)),
    ],
}


def docs(*words: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "literate", "docs", *words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.fixture(scope="module", params=["zensical", "mkdocs"])
def built(request, tmp_path_factory):
    """A site that is only read by the tests."""
    module, package = {
        "zensical": ("zensical", "literate-notebooks[docs]"),
        "mkdocs": ("material", "mkdocs-material"),
    }[request.param]
    if find_spec(module) is None:
        pytest.skip(f"no renderer: pip install '{package}'")
    root = tmp_path_factory.mktemp("project")
    (root / "nbs").mkdir()
    for name, cells in NOTEBOOKS.items():
        (root / "nbs" / f"{name}.ipynb").write_text(notebook(*cells))
    (root / "settings.ini").write_text("[DEFAULT]\nlib_path = lib\nuser = me\nrepo = lib\n")
    command = [sys.executable, "-m", "literate", "docs", "--renderer", request.param]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "3 pages, 3 changed -> _docs\n"
    return root / "_docs"


def test_pages(built):
    home = (built / "index.html").read_text()
    assert 'href="core.html#part"' in home
    core = (built / "core.html").read_text()
    assert '<h2 id="part">' in core
    assert '<a href="#double"><code>double</code></a>' in core
    assert 'class="arithmatex"' in core
    assert (built / "core_files" / "cell0001-0.png").read_bytes().startswith(b"\x89PNG")


def test_formulas_are_set_by_files_of_the_site(built):
    for name in ("katex.min.js", "katex.min.css", "LICENSE", "fonts/KaTeX_Main-Regular.woff2"):
        assert (built / "literate" / "katex" / name).is_file()


def test_old_addresses_lead_to_the_page(built):
    for name in ("old.html", "00_core.html"):
        assert 'content="0; url=core.html"' in (built / name).read_text()


def test_pages_for_programs(built):
    text = (built / "llms.txt").read_text()
    assert text.startswith("# lib\n")
    assert "- [The core](https://me.github.io/lib/core.html.md)" in text
    twin = (built / "core.html.md").read_text()
    assert "[`double`](#double)" in twin
    assert "literate-links" not in twin
    assert "{ #" not in twin


def test_a_twin_is_plain_markdown():
    output = '<div class="literate-output" markdown="1">\n\n3\n\n</div>'
    page = f"## A {{ #a .x }}\n\n{output}\n\n[b](c.md#d)\n"
    assert twin_of(page) == "## A\n\n3\n\n[b](c.html.md#d)\n"


@pytest.mark.parametrize(
    ("aliases", "found"),
    [
        (["old.html", "/top.html"], ["sub/old.html", "top.html"]),
        (["folder/"], ["sub/folder/index.html"]),
        (["../../out.html"], []),
    ],
)
def test_aliases(aliases, found):
    from literate.docs.draft import Draft

    draft = Draft("sub/core.md", "nbs/sub/core.ipynb", aliases=aliases)
    assert old_addresses(draft) == found


@needs_renderer
def test_only_what_changed_is_made_again(make_project):
    project = make_project(NOTEBOOKS)
    assert docs()[:2] == (0, "3 pages, 3 changed -> _docs\n")
    page = project.root / "_docs" / "index.html"
    before = page.stat()
    assert docs()[:2] == (0, "3 pages, 0 changed -> _docs\n")
    assert page.stat().st_ino == before.st_ino
    cells = [*NOTEBOOKS["00_core"], "md:One more line."]
    (project.nbs_path / "00_core.ipynb").write_text(notebook(*cells))
    assert docs()[:2] == (0, "3 pages, 1 changed -> _docs\n")
    assert "One more line." in (project.root / "_docs" / "core.html").read_text()
    assert page.stat().st_ino == before.st_ino
    (project.nbs_path / "index.ipynb").unlink()
    docs()
    assert 'url=core.html"' in page.read_text()


@needs_renderer
def test_a_broken_link_stops_it(make_project):
    project = make_project({"00_core": ["md:# A", "md:x\n\n[b](nosuch.ipynb)"]})
    code, out, err = docs()
    assert (code, out) == (1, "")
    assert err == (
        "nbs/00_core.ipynb:cell 2 (00000001):3: error: nosuch.ipynb leads nowhere: there is no "
        "nosuch.ipynb (correct the link) [broken-link]\n"
    )
    assert not (project.root / "_docs").exists()
    code, out, _ = docs("--keep-going")
    assert code == 1
    assert out.endswith("1 pages, 1 changed -> _docs\n")
    assert (project.root / "_docs" / "core.html").exists()


def test_check_writes_nothing(make_project):
    project = make_project(NOTEBOOKS)
    assert docs("--check")[:2] == (0, "3 pages, every link leads somewhere\n")
    assert sorted(path.name for path in project.root.iterdir()) == ["nbs", "settings.ini"]


def test_json(make_project):
    make_project({"00_core": ["md:{{< x >}}"]})
    code, out, _ = docs("--check", "--json")
    data = json.loads(out)
    assert (code, data["pages"]) == (0, 1)
    assert "the shortcode {{< x >}} is not known here" in data["problems"][0]


@needs_renderer
def test_files_of_others_are_never_replaced(make_project):
    project = make_project(NOTEBOOKS)
    (project.root / "_docs").mkdir()
    (project.root / "_docs" / "mine.txt").write_text("mine")
    code, _, err = docs()
    assert code == 1
    assert "_docs holds files that literate docs did not make: remove it, or set doc_path" in err
    assert (project.root / "_docs" / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("00_bad.ipynb", b"{", "nbs/00_bad.ipynb:1: error: not JSON"),
        ("00_bad.ipynb", b"", "nbs/00_bad.ipynb:1: error: not JSON"),
        ("00_bad.ipynb", b"\xff\xfe", "not UTF-8"),
        ("bad.md", b"\xff\xfe", "nbs/bad.md: error: not UTF-8: byte 0 cannot be decoded"),
        (
            "01_core.ipynb",
            notebook("x").encode(),
            "its page would be core.html, which 00_core",
        ),
    ],
)
def test_bad_notebooks_are_named(make_project, name, content, message):
    project = make_project(NOTEBOOKS)
    (project.nbs_path / name).write_bytes(content)
    code, _, err = docs("--check")
    assert code == 1
    assert message in err


def test_pages_of_markdown(make_project):
    project = make_project({"00_core": ["md:# Core"]})
    (project.nbs_path / "guide.md").write_text("# Guide\n\n<!-- no\nno -->\n[a](nosuch.md)\n")
    (project.nbs_path / "README.md").write_text("[a](nosuch.md)")
    (project.nbs_path / "_draft.md").write_text("[a](nosuch.md)")
    code, _, err = docs("--check")
    assert code == 1
    assert err.startswith("nbs/guide.md:5: error: nosuch.md leads nowhere")
    assert err.count("error") == 1


def test_a_wrong_command_line():
    code, _, err = docs("--renderer", "sphinx")
    assert code == 2
    assert "--renderer sphinx: it is one of zensical, mkdocs" in err


@needs_renderer
def test_a_file_of_somebody_else_in_the_folder_stays(make_project):
    project = make_project({"00_a": ["md:# A"], "01_b": ["md:# B"]})
    settings = read_site_settings(project)
    build_site(project, settings)
    (settings.output / "own.txt").write_text("mine")
    (project.nbs_path / "01_b.ipynb").unlink()
    build_site(project, settings)
    assert (settings.output / "own.txt").read_text() == "mine"
    assert not (settings.output / "b.html").exists()
