"""The process of one notebook: it runs the cells and reports what comes of each.

Such a process begins in one of three ways:

    worker.py  the server has forked it; this is the usual way
    spawn.py   it is a fresh Python interpreter (`--isolation spawn`)
    kernel.py  it speaks to a Jupyter kernel, which runs the cells

In all three cases it sends the messages of `protocol.py` to the server, through `channel.py`.

A notebook may patch anything that it can import, for example `time.perf_counter` or `json.dumps`.
Functions that the worker needs between cells are therefore bound to names of their own when these
files are imported, which is before the notebook runs.
"""
