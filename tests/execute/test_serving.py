"""What runs notebooks for the front."""

from literate.execute import serving
from literate.execute.kernel_threads import KernelThreads
from literate.execute.server.client import ForkServerClient


def test_a_server_runs_notebooks_where_there_can_be_one():
    server = serving.start_notebook_server(1)
    assert isinstance(server, ForkServerClient)
    server.close()


def test_kernels_run_them_elsewhere(monkeypatch):
    monkeypatch.setattr(serving, "HAS_SERVER", False)
    server = serving.start_notebook_server(1)
    assert isinstance(server, KernelThreads)
    server.close()
