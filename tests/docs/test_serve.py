"""The site while somebody writes."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from urllib.request import urlopen

import pytest
from conftest import notebook, wait_for

from literate.docs.serve import Preview
from literate.docs.settings import read_site_settings


def test_only_the_pages_that_changed_are_written(make_project):
    project = make_project({"00_a": ["md:# A"], "01_b": ["md:# B\n\n[a](00_a.ipynb)"]})
    said: list[str] = []
    preview = Preview(project, read_site_settings(project), said.append)
    assert preview.update() == 2
    assert preview.update() == 0
    (project.nbs_path / "00_a.ipynb").write_text(notebook("md:# A", "md:more"))
    assert preview.update() == 1
    assert "more" in (preview.work / "pages" / "a.md").read_text()
    assert said == []


def test_an_error_is_said_and_the_pages_stay(make_project):
    project = make_project({"00_a": ["md:# A"], "01_b": ["md:# B"]})
    said: list[str] = []
    preview = Preview(project, read_site_settings(project), said.append)
    preview.update()
    (project.nbs_path / "01_b.ipynb").write_text(notebook("md:[x](nosuch.md)"))
    preview.update()
    assert "nosuch.md leads nowhere" in said[0]
    (project.nbs_path / "01_b.ipynb").write_text("{")
    preview.update()
    assert "not JSON" in said[1]
    assert (preview.work / "pages" / "a.md").exists()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _page(port: int) -> str:
    try:
        with urlopen(f"http://localhost:{port}/a.html", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


@pytest.mark.skipif(find_spec("zensical") is None, reason="zensical is not installed")
def test_a_browser_sees_a_save(make_project):
    project = make_project({"00_a": ["md:# A"]})
    port = _free_port()
    command = [sys.executable, "-m", "literate", "docs", "--serve", "--port", str(port)]
    with Path("log.txt").open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            wait_for(lambda: "<h1" in _page(port))
            path = project.nbs_path / "00_a.ipynb"
            path.write_text(notebook("md:# A", "md:a new line"))
            wait_for(lambda: "a new line" in _page(port))
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=60)
    assert "Traceback" not in Path("log.txt").read_text()
    assert not (project.root / "_docs").exists()
