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

from literate.command import main
from literate.commands.docs import docs
from literate.diagnostics import UsageError, UserError
from literate.docs import serve
from literate.docs.serve import HOST, Preview, check_port, serve_site
from literate.docs.settings import read_site_settings


def test_only_the_pages_that_changed_are_written(make_project, tmp_path):
    project = make_project({"00_a": ["md:# A"], "01_b": ["md:# B\n\n[a](00_a.ipynb)"]})
    said: list[str] = []
    preview = Preview(project, read_site_settings(project), tmp_path / "work", said.append)
    assert preview.update() == 2
    assert preview.update() == 0
    (project.nbs_path / "00_a.ipynb").write_text(notebook("md:# A", "md:more"))
    assert preview.update() == 1
    assert "more" in (tmp_path / "work" / "pages" / "a.md").read_text()
    assert said == []


def test_an_error_is_said_once_and_the_pages_stay(make_project, tmp_path):
    project = make_project({"00_a": ["md:# A"], "01_b": ["md:# B"]})
    said: list[str] = []
    preview = Preview(project, read_site_settings(project), tmp_path / "work", said.append)
    preview.update()
    (project.nbs_path / "01_b.ipynb").write_text(notebook("md:# B\n\n[x](nosuch.md)"))
    preview.follow_save()
    preview.follow_save()
    assert "nosuch.md leads nowhere" in said[0]
    assert [line.partition(" in ")[0] for line in said[1:]] == ["1 page changed"]
    (project.nbs_path / "01_b.ipynb").write_text("{")
    preview.follow_save()
    assert "not JSON" in said[-1]
    page = tmp_path / "work" / "pages" / "b.md"
    assert "nosuch" in page.read_text()
    (project.nbs_path / "01_b.ipynb").write_text(notebook("md:# B"))
    preview.follow_save()
    assert "nosuch" not in page.read_text()


def test_a_project_without_notebooks_is_not_served(make_project, tmp_path):
    project = make_project({"00_a": ["md:# A"]})
    preview = Preview(project, read_site_settings(project), tmp_path / "work", print)
    (project.nbs_path / "00_a.ipynb").unlink()
    with pytest.raises(UserError, match="no notebooks in"):
        preview.update()


def test_a_port_that_another_program_has_is_refused():
    with socket.create_server((HOST, 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"--port {port}: another program has this port"):
            check_port(port)


@pytest.mark.parametrize("port", [-1, 0, 65536])
def test_a_port_that_does_not_exist_is_bad_usage(port):
    with pytest.raises(UsageError, match="from 1 to 65535"):
        check_port(port)


def test_serve_writes_no_other_folder(make_project, capsys):
    make_project({"00_a": ["md:# A"]})
    assert main(docs, ["--serve", "--output", "public"], name="literate docs") == 2
    assert "--serve goes together with" in capsys.readouterr().err


def test_the_reason_is_told_when_the_renderer_ends(make_project, monkeypatch):
    project = make_project({"00_a": ["md:# A"]})
    words = [sys.executable, "-c", "import sys; sys.exit('the renderer has no memory')"]
    monkeypatch.setattr(serve, "command", lambda renderer, verb: words)
    monkeypatch.setattr(serve, "choose_renderer", lambda renderer: "zensical")
    with pytest.raises(UserError, match="exit code 1: the renderer has no memory"):
        serve_site(project, read_site_settings(project), "", _free_port(), print)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def _page(port: int) -> str:
    try:
        with urlopen(f"http://{HOST}:{port}/a.html", timeout=5) as answer:
            return answer.read().decode()
    except OSError:
        return ""


@pytest.mark.skipif(
    find_spec("zensical") is None, reason="no renderer: pip install 'literate-notebooks[docs]'"
)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_save_is_shown_until_a_signal_comes(make_project, number):
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
            server.send_signal(number)
            code = server.wait(timeout=60)
    assert code == 0, Path("log.txt").read_text()
    assert "Traceback" not in Path("log.txt").read_text()
    check_port(port)  # nobody listens there any more
    assert not (project.root / "_docs").exists()
