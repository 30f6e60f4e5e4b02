"""Notebooks that pass."""

from conftest import sleeper, split_cells, tagged

SLEEPER = sleeper(1)  # the command that a notebook leaves behind

MAGICS = {
    "magics": split_cells("""
        %timeit -n1 -r1 1
        # %%
        %%time
        x = 1
        # %%
        assert x == 1
        # %%
        %env LITERATE_QUIRK=1
        # %%
        import os
        assert os.environ['LITERATE_QUIRK'] == '1'
    """),
    "shell_commands": split_cells("""
        !echo hi
        # %%
        lines = !echo a; echo b
        assert lines == ['a', 'b']
        # %%
        !exit 3
        # %%
        assert _exit_code == 3
        # %%
        name = 'x'
        !echo {name}
    """),
    "jupyters_magics": split_cells("""
        %autosave 60
        %less x
        # %%
        x = 1
        %store x
        # %%
        %cd -q ..
        # %%
        %cd -0
        %pwd
        # %%
        assert _.endswith('nbs')
    """),
    "bash_cell": split_cells("""
        %%bash
        echo from bash
    """),
    "matplotlib_magic": split_cells("""
        %matplotlib inline
        %config InlineBackend.figure_format = 'svg'
        import matplotlib.pyplot as plt
        # %%
        plt.plot([1, 2]);
    """),
    "autoreload": split_cells("""
        %load_ext autoreload
        %autoreload 2
        # %%
        import lib.core
        # %%
        %tb
    """),
    "captured": split_cells(r"""
        %%capture out
        print('inside')
        !echo below
        # %%
        assert out.stdout == 'inside\nbelow\n'
    """),
}

IPYTHON = {
    "underscore": split_cells("""
        40 + 2
        # %%
        assert _ == 42
        # %%
        assert Out[1] == 42 and In[1] == '40 + 2'
    """),
    "question_mark": split_cells("""
        len?
        # %%
        str.join??
    """),
    "future_import": split_cells("""
        from __future__ import annotations
        # %%
        def f(x: Missing): ...
        # %%
        assert f.__annotations__ == {'x': 'Missing'}
    """),
    "source_of_a_function": split_cells(r"""
        import inspect

        def f():
            return 1
        # %%
        assert inspect.getsource(f) == 'def f():\n    return 1\n'
    """),
    "blank_first_lines": ["\n\nx = 1\n", ""],
}

DIRECTIVES = {
    "raises_and_does": [tagged("1/0", "raises-exception")],
    "raises_by_name": split_cells("""
        #| export
        x = 1
        # %%
        #| raises: ArithmeticError
        1/0
    """),
    "all_but_eval": split_cells("""
        #| eval: false
        1/0
        # %%
        1
    """),
}

ASYNCIO = {
    "top_level_await": split_cells("""
        import asyncio
        await asyncio.sleep(0)
        # %%
        assert await asyncio.sleep(0, 5) == 5
    """),
    "task_across_cells": split_cells("""
        import asyncio
        async def f(): return 7
        # %%
        task = asyncio.create_task(f())
        # %%
        assert await task == 7
    """),
    "asyncio_run": split_cells("""
        import asyncio
        async def f():
            await asyncio.sleep(0)
            return 5
        assert asyncio.run(f()) == 5
        # %%
        assert await f() == 5
    """),
}

PROCESSES = {
    "threads": split_cells("""
        import threading
        t = threading.Thread(target=print, args=('from a thread',))
        t.start(); t.join()
    """),
    "signals": split_cells("""
        import signal, os
        seen = []
        signal.signal(signal.SIGUSR2, lambda *a: seen.append(1))
        os.kill(os.getpid(), signal.SIGUSR2)
        assert seen
    """),
    "multiprocessing": split_cells("""
        import multiprocessing
        def square(x): return x * x
        # %%
        with multiprocessing.get_context('fork').Pool(2) as pool:
            assert pool.map(square, [1, 2, 3]) == [1, 4, 9]
    """),
    "spawn": split_cells("""
        import multiprocessing, os
        p = multiprocessing.get_context('spawn').Process(target=os.getpid)
        p.start(); p.join()
        assert p.exitcode == 0
    """),
    "forked_print": split_cells("""
        import os, sys
        print('ours')
        if os.fork() == 0:
            print('theirs', file=sys.stderr)
            os._exit(0)
        os.wait()
        print('ours again')
    """),
    "leaves_a_process": split_cells(f"""
        import subprocess
        p = subprocess.Popen(['sleep', '{SLEEPER}'], start_new_session=True)
    """),
    "flood_in_the_background": split_cells("""
        import subprocess
        p = subprocess.Popen(['yes'])
        # %%
        1
        # %%
        print('x')
    """),
    "atexit_handler": split_cells("""
        import atexit, pathlib
        atexit.register(lambda: pathlib.Path('atexit.txt').write_text('ran'))
    """),
}

SURROUNDINGS = {
    "environment": split_cells("""
        import os, sys, pathlib
        assert os.environ['IN_TEST'] == '1' and pathlib.Path.cwd().name == 'nbs'
        # %%
        position = sys.path.index('')
        assert sys.path[position + 1] == os.path.dirname(os.getcwd())
        assert sys.path.index(os.path.dirname(os.__file__)) < position
        # %%
        import lib.core
        # %%
        assert not sys.stdin.isatty() and sys.stdin.read() == ''
    """),
    "numpy_and_torch": split_cells("""
        import numpy as np, torch
        a = np.ones((300, 300)) @ np.ones((300, 300))
        assert a[0, 0] == 300
        # %%
        torch.set_num_threads(2)
        b = torch.ones(600, 600) @ torch.ones(600, 600)
        assert b[0, 0] == 600
        # %%
        x = torch.ones(3, requires_grad=True)
        (x * 2).sum().backward()
        assert x.grad[0] == 2
    """),
    "leaks": split_cells("""
        import json, os, sys, warnings
        json.LEAK = os.environ['LEAK'] = 'x'
        sys.path.insert(0, '/leak')
        warnings.simplefilter('error')
    """),
    "leaks_not": split_cells("""
        import json, os, sys, warnings
        assert not hasattr(json, 'LEAK') and 'LEAK' not in os.environ and '/leak' not in sys.path
        warnings.warn('x')
    """),
    "patched_json": split_cells("""
        import json, marshal, os
        json.dumps = marshal.dumps = None
        os.write = None
        # %%
        1 + 1
    """),
    "Über_alles": ["x = 1"],
}

OUTPUTS = {
    "widgets": split_cells("""
        import ipywidgets
        ipywidgets.IntSlider()
    """),
    "figure": split_cells("""
        import matplotlib.pyplot as plt
        plt.plot([1, 2]);
    """),
    "display_html": split_cells("""
        from IPython.display import HTML
        HTML('<b>x</b>')
    """),
    "updated_display": split_cells("""
        from IPython.display import display
        h = display('old', display_id=True)
        # %%
        h.update('new')
    """),
    "cleared_output": split_cells("""
        from IPython.display import clear_output
        print('old')
        clear_output()
        print('new')
    """),
    "order": split_cells(r"""
        import os, sys
        from IPython.display import display
        print('one')
        print('two', file=sys.stderr)
        os.system('echo three >&2')
        display(4)
        os.write(1, b'five\n');
    """),
    "order_of_streams": split_cells("""
        import sys
        print('one', file=sys.stderr)
        print('two')
        print('three', end='', file=sys.stderr)
        print('four')
        print('five', file=sys.stderr)
    """),
    "surrogates": [
        r"print('\ud800')" "\n" r"'\ud800'",
        tagged(r"raise ValueError('\ud800')", "raises-exception"),
    ],
    "flood": split_cells("""
        import os
        print('x' * 5_000_000)
        os.write(1, b'y' * 3_000_000);
    """),
}

PASSING = {
    **MAGICS,
    **IPYTHON,
    **DIRECTIVES,
    **ASYNCIO,
    **PROCESSES,
    **SURROUNDINGS,
    **OUTPUTS,
}
