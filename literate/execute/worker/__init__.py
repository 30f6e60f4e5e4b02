"""The process of one notebook: it runs the cells and reports what comes of each.

Such a process begins in one of three ways:

    worker.py  the server forks its own process: this is the usual way
    spawn.py   the server starts a fresh Python interpreter (`--isolation spawn`)
    kernel.py  the server starts a process that lets a Jupyter kernel run the cells (`--kernel`)

In all three cases it sends the messages of `protocol.py` to the server, through `channel.py`.

A notebook may patch anything that it can import, for example `time.perf_counter` or `json.dumps`.
Functions that the worker needs between cells are therefore bound to names of their own when these
files are imported, which is before the notebook runs.
"""
