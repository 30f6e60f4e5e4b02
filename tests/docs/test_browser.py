"""The pages in a real browser. Without one, or without a renderer, these tests are skipped."""

from __future__ import annotations

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import notebook
from pages import printed, shown, with_outputs

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.skipif(
        CHROMIUM is None, reason="there is no browser: apt-get install chromium, or put it on PATH"
    ),
    pytest.mark.skipif(
        find_spec("playwright") is None, reason="no playwright: pip install playwright"
    ),
    pytest.mark.skipif(
        find_spec("zensical") is None, reason="no renderer: pip install 'literate-notebooks[docs]'"
    ),
]

# Without these, Chromium talks to hosts of its maker.
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="900" height="300"><rect width="900"/></svg>'
PAGE = [
    "md:# A page\n\n> What it is.\n\nInline $a_1$ and\n\n$$\\sum_{i=1}^n x_i = \\frac{1}{2}$$",
    "#| default_exp core",
    '#| export\ndef double(x: int | None = 3): # a number\n    "Twice `double`."',
    with_outputs("draw()", shown(**{"image_svg+xml": SVG})),
    with_outputs("print(1)", printed("\x1b[31mred\x1b[0m " + "wide " * 60 + "\n")),
    with_outputs("#| proof: it holds\nprint('kills 2 of 2')", printed("kills 2 of 2\n")),
    "md:> [!WARNING]\n> Mind.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n[index](index.ipynb)",
]


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a finished site."""
    root = tmp_path_factory.mktemp("project")
    (root / "nbs").mkdir()
    (root / "settings.ini").write_text("[DEFAULT]\nlib_path = lib\nuser = me\nrepo = lib\n")
    (root / "nbs" / "00_core.ipynb").write_text(notebook(*PAGE))
    (root / "nbs" / "index.ipynb").write_text(notebook("md:# Home\n\n[a](00_core.ipynb)"))
    done = subprocess.run([sys.executable, "-m", "literate", "docs"], cwd=root, text=True)
    assert done.returncode == 0
    handler = functools.partial(_Quiet, directory=root / "_docs")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


class Visit:
    """A page that was opened, with everything that it asked for."""

    def __init__(self, browser, url: str, width: int = 1280, scheme: str = "light") -> None:
        viewport = {"width": width, "height": 900}
        context = browser.new_context(viewport=viewport, color_scheme=scheme)
        self.page = context.new_page()
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type == "error" else None,
        )
        self.page.goto(url, wait_until="networkidle")

    def count(self, selector: str) -> int:
        return self.page.locator(selector).count()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_a_page(browser, address, width, scheme):
    visit = Visit(browser, f"{address}core.html", width, scheme)
    outside = [url for url in visit.requests if not url.startswith((address, "data:"))]
    assert outside == []
    assert visit.errors == []
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    figure = visit.page.locator(".literate-figure img").bounding_box()
    assert 0.6 * width - 300 < figure["width"] <= width
    assert visit.page.evaluate("getComputedStyle(document.body).colorScheme") is not None


def test_formulas_are_set(browser, address):
    visit = Visit(browser, f"{address}core.html")
    assert visit.count(".katex") == 2
    assert visit.count(".katex-error") == 0
    assert visit.count(".katex-display") == 1


def test_a_page_without_formulas_loads_no_katex(browser, address):
    visit = Visit(browser, f"{address}index.html")
    assert not [url for url in visit.requests if "katex" in url]


def test_nothing_is_left_as_markdown(browser, address):
    text = Visit(browser, f"{address}core.html").page.locator("article").inner_text()
    for raw in ("**", "!!!", ":::", "{ #", "$$", "```", "&#124;", "\ue000"):
        assert raw not in text
    assert "int | None" in text
    assert "Proof: it holds kills 2 of 2" in " ".join(text.split())


def test_every_link_lives(browser, address):
    visit = Visit(browser, f"{address}core.html")
    links = visit.page.eval_on_selector_all("a[href]", "links => links.map(link => link.href)")
    own = {link.partition("#")[0] for link in links if link.startswith(address)}
    assert len(own) >= 4
    for link in own:
        assert visit.page.request.get(link).ok, link
    for link in links:
        target, _, anchor = link.partition("#")
        if target == f"{address}core.html" and anchor:
            assert visit.page.evaluate("id => !!document.getElementById(id)", anchor), link


def test_the_proof_opens(browser, address):
    page = Visit(browser, f"{address}core.html").page
    code = page.locator("details.literate-proof pre").first
    assert not code.is_visible()
    page.locator("details.literate-proof summary").click()
    assert code.is_visible()


def test_search_finds_code(browser, address):
    page = Visit(browser, f"{address}index.html").page
    page.keyboard.press("Control+k")
    page.keyboard.type("double")
    page.get_by_text("double").first.wait_for()


def test_without_javascript_the_text_is_there(browser, address):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}core.html")
    assert page.locator(".arithmatex").first.is_visible()
    assert page.locator(".literate-figure img").is_visible()


def test_print_shows_the_text_and_not_the_tools(browser, address):
    page = Visit(browser, f"{address}core.html").page
    page.emulate_media(media="print")
    assert not page.locator(".literate-links").is_visible()
    assert page.locator("article h1").is_visible()
    assert len(page.pdf()) > 10_000


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, address, scheme):
    script = _axe()
    if script is None:
        pytest.skip("axe-core is not installed: npm install --prefix build axe-core")
    page = Visit(browser, f"{address}core.html", scheme=scheme).page
    page.evaluate(script.read_text())
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []


def _axe() -> Path | None:
    root = Path(__file__).parents[2]
    script = root / "build" / "node_modules" / "axe-core" / "axe.min.js"
    return script if script.is_file() else None
