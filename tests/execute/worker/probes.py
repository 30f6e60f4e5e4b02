"""Cells that look at what surrounds them. `test_like_jupyter.py` compares what they show.

They fork no process. A kernel has threads, so a process that it forks may hang in Jupyter.
"""

from __future__ import annotations

from textwrap import dedent

# The title of each probe, and its cell. All of them run in one notebook, in this order. The titles
# in the list of differences in docs/runner.md are those of the probes that show a difference.
_PROBES = {
    "Names at the first cell": """
        print(sorted(globals()))
        print([_, __, ___, _i, _ii, _iii, Out, _oh, In[0]])
        print(__name__, __doc__, __package__, __spec__, type(__builtins__))
    """,
    "The threads of the kernel": """
        import threading
        print(threading.active_count() == 1)
    """,
    "Results": """
        6 * 7
    """,
    "Results later": """
        print(_, Out, _3, _i3)
    """,
    "The shell": """
        import IPython
        shell = get_ipython()
        print(type(shell).__name__, type(shell).__module__, IPython.get_ipython() is shell)
        print('IPKernelApp' in shell.config, list(shell.config['IPKernelApp']))
        print(shell.execution_count, shell.user_ns is globals(), shell.user_module.__name__)
        print(shell.colors, shell.ast_node_interactivity, shell.autocall, shell.separate_in)
        print(shell.has_trait('kernel') or hasattr(shell, 'kernel'), shell.pylab_gui_select)
    """,
    "The kernel": """
        kernel = get_ipython().kernel
        names = ['comm_manager', 'session', 'get_parent', 'set_parent', 'shell', 'user_ns']
        names += ['user_module', 'iopub_socket', 'iopub_thread', 'shell_stream', 'io_loop', 'log']
        names += ['send_response', 'execution_count', 'implementation', 'config', 'ident']
        names += ['control_stream', 'parent', 'user_ns']
        print([name for name in names if not hasattr(kernel, name)])
        parent = kernel.get_parent()
        print(sorted(parent), sorted(parent['header']), parent['header']['msg_type'])
        print(get_ipython().get_parent()['content']['code'] == parent['content']['code'] == In[-1])
        print(sorted(parent['content']), kernel.implementation, kernel.session.username)
    """,
    "The class of the shell": """
        from ipykernel.zmqshell import ZMQInteractiveShell
        print(isinstance(get_ipython(), ZMQInteractiveShell))
    """,
    "The application": """
        print(kernel.parent is None, get_ipython().parent is None)
    """,
    "Modules that tell of a notebook": """
        import sys
        print('ipykernel' in sys.modules, 'comm' in sys.modules, 'IPython' in sys.modules)
        print('__main__' in sys.modules, vars(sys.modules['__main__']) is globals())
    """,
    "The environment": """
        import os
        names = ('TERM', 'CLICOLOR', 'CLICOLOR_FORCE', 'FORCE_COLOR')
        names += ('PAGER', 'GIT_PAGER', 'MPLBACKEND')
        print({name: os.environ.get(name) for name in names}, 'JPY_PARENT_PID' in os.environ)
    """,
    "The path": """
        import sys, os
        position = sys.path.index('')
        print(os.path.basename(sys.path[position - 1]), sys.path.count(''), os.getcwd() in sys.path)
    """,
    "The arguments": """
        import sys
        print([os.path.basename(sys.argv[0]), sys.argv[1], sys.argv[2].endswith('.json')])
        import argparse
        parser = argparse.ArgumentParser()
        parser.add_argument('--epochs', default=3)
        print(parser.parse_known_args()[0])
    """,
    "Arguments are not those of a script": """
        import contextlib, io
        with contextlib.redirect_stderr(io.StringIO()) as said:
            try:
                parser.parse_args()
            except SystemExit as end:
                print(end.code, 'unrecognized arguments: -f' in said.getvalue())
    """,
    "Streams": """
        import sys
        print(sys.stdout.isatty(), sys.stdout.encoding.lower(), sys.stdout.writable())
        print(sys.stdin.isatty(), sys.stdout.closed, sys.stdout.name)
    """,
    "`sys.stdout.buffer`": """
        sys.stdout.buffer.write(b'bytes');
    """,
    "Text of C code and of processes": """
        import os, subprocess
        os.write(1, b'by a descriptor')
        subprocess.run(['echo', 'by a process']);
    """,
    "Commands": """
        !echo one; echo two >&2
        names = !echo three
        print(names, _exit_code)
        !exit 3
        print(_exit_code)
    """,
    "A terminal for commands": """
        !test -t 1 && echo a terminal || echo no terminal
    """,
    "Magics": """
        %pwd
        %who_ls int
        %env FORCE_COLOR
        print(sorted(set(get_ipython().magics_manager.lsmagic()['line']))[:0])
    """,
    "Cell magics": """
        %%bash
        echo from bash
    """,
    "An unknown magic": """
        %nosuchmagic
    """,
    "The magics of Jupyter": """
        line_magics = get_ipython().magics_manager.magics['line']
        names = ('connect_info', 'qtconsole', 'subshell')
        print([name for name in names if name in line_magics])
    """,
    "Displays": """
        from IPython.display import HTML, Image, clear_output, display
        display(HTML('<b>x</b>'), 2)
        display('old', display_id='one')
        display('new', display_id='one')
        display({'text/plain': 'raw'}, raw=True);
    """,
    "A rich console": """
        try:
            from rich.console import Console
            print(Console().is_jupyter)
        except ImportError:
            print(True)
    """,
    "Progress bars": """
        try:
            from tqdm.autonotebook import tqdm
            print(tqdm.__module__)
        except ImportError:
            print('tqdm.notebook')
    """,
    "Widgets": """
        try:
            import ipywidgets
        except ImportError:
            ipywidgets = None
        if ipywidgets:
            widget = ipywidgets.Output()
            with widget:
                print('taken')
            slider = ipywidgets.IntSlider(value=3)
            print(type(slider.comm).__name__ != 'DummyComm', slider.value, widget.outputs)
    """,
    "An exception in a widget": """
        if ipywidgets:
            with widget:
                1/0
        print('goes on')
    """,
    "The event loop": """
        import asyncio
        loop = asyncio.get_event_loop()
        print(loop is asyncio.get_running_loop(), loop.is_running())
        async def three(): return 3
        task = asyncio.create_task(three())
        print(await three(), await task)
    """,
    "The current task": """
        print(asyncio.current_task() is not None)
    """,
    "A loop in a loop": """
        coroutine = three()
        try:
            loop.run_until_complete(coroutine)
        finally:
            coroutine.close()
    """,
    "`asyncio.run`": """
        coroutine = three()
        try:
            print(asyncio.run(coroutine))
        finally:
            coroutine.close()
    """,
    "Tasks go on between cells": """
        seen = []
        async def work():
            await asyncio.sleep(0)
            seen.append(1)
        task = asyncio.create_task(work());
    """,
    "What a task has done": """
        await task
        print(seen)
    """,
    "Threads": """
        import threading
        own = threading.current_thread()
        print(own is threading.main_thread(), own.name)
        thread = threading.Thread(target=print, args=['in a thread'])
        thread.start()
        thread.join()
    """,
    "An exception in a thread": """
        thread = threading.Thread(target=lambda: 1/0, name='counter')
        thread.start()
        thread.join()
    """,
    "Pools": """
        from concurrent.futures import ThreadPoolExecutor
        def double(x): return 2 * x
        with ThreadPoolExecutor(1) as pool:
            print(list(pool.map(double, [1])))
    """,
    "Signals": """
        import signal
        print(signal.getsignal(signal.SIGINT) is signal.default_int_handler)
        print(signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGCHLD))
        signal.signal(signal.SIGUSR2, lambda *_: print('handled'))
        signal.raise_signal(signal.SIGUSR2)
    """,
    "Sources": """
        import inspect
        print(inspect.getsource(double))
        print(inspect.getmodule(double), double.__module__, inspect.getdoc(double))
        import linecache
        print(linecache.getline(double.__code__.co_filename, 1))
    """,
    "The file names of cells": """
        print(double.__code__.co_filename.endswith('.py'))
    """,
    "Pickles": """
        import pickle
        class Point:
            def __init__(self, x): self.x = x
        print(pickle.loads(pickle.dumps(Point(3))).x, pickle.loads(pickle.dumps(double)) is double)
        print(Point.__module__, Point.__qualname__)
    """,
    "Warnings": """
        import warnings
        warnings.warn('mine', UserWarning)
        print(len(warnings.filters) > 0)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter('always')
            warnings.warn('other', DeprecationWarning)
        print(len(caught))
    """,
    "A warning of this notebook": """
        warnings.warn('old', DeprecationWarning)
    """,
    "Logging": """
        import logging
        print(logging.root.handlers, logging.root.level)
        logging.warning('shown')
        logging.info('not shown')
    """,
    "Hooks of Python": """
        print(sys.displayhook.__class__.__name__ != 'builtin_function_or_method')
        print(sys.excepthook.__name__, sys.getrecursionlimit(), sys.flags.optimize)
        print(sys.ps1, sys.gettrace(), __debug__)
    """,
    "Garbage collection": """
        import gc
        print(gc.isenabled(), gc.get_threshold())
    """,
    "Input": """
        input('who?')
    """,
    "An exit": """
        raise SystemExit(3)
    """,
    "An exception": """
        1/0
    """,
    "A syntax error": """
        x = = 2
    """,
    "A group of exceptions": """
        raise ExceptionGroup('many', [ValueError(1)])
    """,
    "An assert": """
        a = 3
        assert a == 5
    """,
    "The message of an assert": """
        try:
            assert a == 5
        except AssertionError as error:
            print(repr(str(error)), error.args)
    """,
    "The variables of an assert that failed": """
        try:
            assert a == 5
        except AssertionError:
            print([name for name in globals() if not name.isidentifier()])
    """,
    "An error below %%capture": """
        %%capture
        1/0
    """,
    "An interrupt": """
        raise KeyboardInterrupt
    """,
    "Exit handlers": """
        import atexit
        print(callable(atexit.register(print)))
        atexit.unregister(print);
    """,
    "The order of the two streams": """
        for name in ('one', 'three'):
            print(name)
            print(name, 'error', file=sys.stderr)
    """,
    "Help": """
        print?
    """,
    "Numbers": """
        import random
        print(random.random() != random.random(), os.environ.get('PYTHONHASHSEED'))
    """,
    "Files": """
        print(open.__module__, os.getcwd() == os.path.abspath('.'), '__file__' in globals())
        open(0)
    """,
    "A cell that skips the rest": """
        import unittest
        raise unittest.SkipTest('not here')
    """,
}

PROBES = {title: dedent(source).strip("\n") for title, source in _PROBES.items()}
