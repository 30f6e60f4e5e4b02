"""What runs notebooks for the front: a server, or Jupyter kernels where there can be none."""

from __future__ import annotations

from .server.client import ForkServerClient, start_server
from .server.launch import HAS_SERVER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .kernel_threads import KernelThreads

    NotebookServer = ForkServerClient | KernelThreads


def start_notebook_server(workers: int) -> NotebookServer:
    """Start what runs notebooks; `workers` at a time will share the cores of this machine."""
    if HAS_SERVER:
        return start_server(workers)
    from .kernel_threads import KernelThreads

    return KernelThreads()
