"""Cells that use IPython: results, displays, magics, commands. See `probes.py`."""

from __future__ import annotations

from textwrap import dedent

_PROBES = {
    "Inputs and results": """
        import os
        40 + 2
    """,
    "Inputs and results, one cell later": """
        print(_, __, ___, _i, In[-2], Out[max(Out)], sorted(Out)[-1] == len(In) - 2)
        print(_ih is In, _oh is Out, len(_dh), str(_dh[0]) == os.getcwd(), type(_dh[0]).__name__)
    """,
    "A result that is None, and one behind a semicolon": """
        None
    """,
    "A result behind a semicolon": """
        'unseen';
    """,
    "The result after them": """
        print(repr(_))
    """,
    "A name that replaces the last result": """
        _ = 7
        8
    """,
    "The last result is not replaced again": """
        print(_)
        del _
    """,
    "Several results": """
        from IPython.core.interactiveshell import InteractiveShell
        InteractiveShell.ast_node_interactivity = 'all'
    """,
    "Several results of a cell": """
        1
        2
        'three'
    """,
    "Only the last result again": """
        InteractiveShell.ast_node_interactivity = 'last_expr'
        1
        2
    """,
    "Clearing": """
        from IPython.display import clear_output, display, update_display
        print('gone')
        clear_output()
        print('gone, too')
        clear_output(wait=True)
        print('here')
    """,
    "Clearing by display": """
        print('gone')
        display(1, clear=True)
    """,
    "A display that is updated": """
        handle = display('first', display_id='a display')
        display('between')
        update_display('second', display_id='a display')
        handle.update('third')
    """,
    "Objects with forms of their own": """
        class Shown:
            def _repr_html_(self): return '<b>html</b>'
            def _repr_markdown_(self): return '*markdown*'
            def _repr_latex_(self): return '$x$'
            def _repr_json_(self): return {'a': 1}
            def _repr_png_(self): return None
            def __repr__(self): return 'text'
        Shown()
    """,
    "A bundle of forms": """
        class Bundle:
            def _repr_mimebundle_(self, include=None, exclude=None):
                return {'text/plain': 'plain', 'application/x+json': {'b': 2}}, {'text/plain': {}}
        display(Bundle(), metadata={'text/plain': {'c': 3}})
        Bundle()
    """,
    "An object that displays itself": """
        class Displays:
            def _ipython_display_(self): print('displayed')
        Displays()
    """,
    "An error in a form": """
        class Broken:
            def _repr_html_(self): raise ValueError('no html')
            def __repr__(self): return 'still shown'
        Broken()
    """,
    "An error in the text of a result": """
        class Mute:
            def __repr__(self): raise ValueError('no text')
        Mute()
    """,
    "Forms that a notebook registers": """
        class Plain: pass
        formatters = get_ipython().display_formatter.formatters
        formatters['text/html'].for_type(Plain, lambda it: '<i>registered</i>')
        formatters['text/plain'].for_type(Plain, lambda it, p, cycle: p.text('registered'))
        Plain()
    """,
    "The precision of numbers": """
        %precision 3
        3.14159265
    """,
    "Pretty printing": """
        %precision
        {'long': ['a' * 30, 'b' * 30], 'longer': {number: 'c' * number for number in range(9)}}
    """,
    "Pretty printing switched off": """
        %pprint
    """,
    "Pretty printing switched on": """
        %pprint
    """,
    "Captured output": """
        %%capture captured
        import sys
        print('out')
        print('err', file=sys.stderr)
        display('shown')
        'result'
    """,
    "What was captured": """
        print(repr(captured.stdout), repr(captured.stderr), len(captured.outputs))
        captured.show()
    """,
    "Capturing by a context": """
        from IPython.utils.capture import capture_output
        with capture_output() as inner:
            print('inside')
            display(1)
        print(repr(inner.stdout), len(inner.outputs))
    """,
    "Output that goes to a string": """
        import contextlib, io
        with contextlib.redirect_stdout(io.StringIO()) as text:
            print('redirected')
            !echo of a command
        print(repr(text.getvalue().replace('\\r', '')))
    """,
    "Writing and running a script": """
        %%writefile probe_script.py
        print('in a script', __name__)
        value_of_script = 5
    """,
    "Running a script": """
        %run probe_script.py
        print(value_of_script)
    """,
    "A script that exits": """
        !echo 'import sys; sys.exit(3)' > probe_exit.py
        %run probe_exit.py
    """,
    "A script that fails below %run": """
        !echo '1/0' > probe_fails.py
        %run probe_fails.py
    """,
    "Loading a file": """
        %load probe_script.py
    """,
    "Printing a file": """
        %pycat probe_script.py
    """,
    "Modules that are loaded again": """
        %load_ext autoreload
        %autoreload 2
        import probe_script
        !echo 'value_of_script = 77777' > probe_script.py
    """,
    "Modules that were loaded again": """
        print(probe_script.value_of_script)
        %autoreload 0
    """,
    "Times": """
        %time x = 3
        print(x)
    """,
    "Times of a cell": """
        %%time
        y = 4
    """,
    "Many times": """
        found = %timeit -n 2 -r 2 -o -q pass
        print(type(found).__name__, found.loops)
    """,
    "A profile": """
        profile = %prun -q -r sum([1, 2])
        print(type(profile).__name__)
    """,
    "Commands of a shell": """
        %%bash
        echo out
        echo err >&2
    """,
    "A shell that fails": """
        %%bash
        exit 3
    """,
    "A shell that is allowed to fail": """
        %%bash --no-raise-error --out shell_output
        echo kept
        exit 3
    """,
    "The output of a shell": """
        print(repr(shell_output))
    """,
    "Another interpreter": """
        %%python3
        import sys
        print('from', sys.version_info[0])
    """,
    "A script magic": """
        %%script sh
        echo by sh
    """,
    "Commands with variables": """
        name = 'world'
        !echo hello $name {1 + 1} $$HOME | sed s,/.*,home,
        lines = !printf 'a b\\nc\\n'
        print(type(lines).__name__, lines, lines.n, lines.fields(0))
    """,
    "A command in the system": """
        import os
        print(os.system('exit 2') >> 8, get_ipython().getoutput('echo x'))
        get_ipython().system('echo by the shell')
    """,
    "A command that does not exist": """
        !no-such-command-anywhere 2> /dev/null
        print(_exit_code)
    """,
    "A command in the background": """
        %%bash --bg --proc background
        echo background
    """,
    "The environment of commands": """
        %env PROBE=a value
        print(os.environ['PROBE'])
        %env PROBE
        !echo $PROBE
        %set_env PROBE other
    """,
    "Folders": """
        import os
        os.makedirs('probe_folder', exist_ok=True)
        %cd -q probe_folder
        print(os.path.basename(os.getcwd()), len(_dh))
        %cd -q ..
        %cd -q probe_folder
        %cd -q -
        print(os.path.basename(os.getcwd()) != 'probe_folder')
    """,
    "Aliases": """
        %alias probe_alias echo aliased %s
        probe_alias one
        %unalias probe_alias
    """,
    "Macros": """
        %macro -q probe_macro 1
        print(type(probe_macro).__name__)
    """,
    "Magics of a notebook": """
        from IPython.core.magic import register_cell_magic, register_line_magic
        @register_line_magic
        def shout(line):
            return line.upper()
        @register_cell_magic
        def lower(line, cell):
            print(line, cell.lower())
        %shout hello
    """,
    "A cell magic of a notebook": """
        %%lower first line
        SECOND LINE
    """,
    "Magics in code": """
        for number in range(2):
            %shout again
            !echo {number}
        loud = %shout loud
        print(loud)
    """,
    "Magics without a sign": """
        env PROBE
    """,
    "Names and values": """
        %who_ls module
    """,
    "The history": """
        %history -n 1
    """,
    "Resetting a name": """
        to_delete = 1
        %xdel to_delete
        print('to_delete' in globals())
    """,
    "Configuration": """
        %config InlineBackend.figure_formats = ['png']
        %config ZMQInteractiveShell.show_rewritten_input = True
        %xmode Plain
        %colors nocolor
    """,
    "Matplotlib": """
        %matplotlib inline
        import matplotlib
        print(matplotlib.get_backend().lower().replace('module://matplotlib_inline.backend_', ''))
        import matplotlib.pyplot as plt
        print(plt.isinteractive(), plt.get_fignums())
        figure = plt.figure(figsize=(1, 1))
        plt.plot([1, 2])
    """,
    "A figure that was shown": """
        print(plt.get_fignums())
        plt.figure(figsize=(1, 1))
        plt.show()
        print('after')
    """,
    "A figure that was closed": """
        plt.figure(figsize=(1, 1))
        plt.close()
    """,
    "Other backends": """
        matplotlib.use('agg')
        plt.figure(figsize=(1, 1))
        plt.switch_backend('module://matplotlib_inline.backend_inline')
        print('switched')
    """,
    "Callbacks of IPython": """
        def before(*_): print('before')
        def after(result): print('after', result.success)
        get_ipython().events.register('pre_run_cell', before)
        get_ipython().events.register('post_run_cell', after)
    """,
    "Callbacks of IPython, in the next cell": """
        print('cell')
        get_ipython().events.unregister('pre_run_cell', before)
        get_ipython().events.unregister('post_run_cell', after)
    """,
    "An error in a callback of IPython": """
        def broken(*_):
            get_ipython().events.unregister('post_run_cell', broken)
            raise ValueError('in a callback')
        get_ipython().events.register('post_run_cell', broken)
    """,
    "Transformers of the input": """
        def shorter(lines):
            return [line.replace('LONG', 'print') for line in lines]
        get_ipython().input_transformers_post.append(shorter)
    """,
    "Transformed input": """
        LONG('transformed')
        get_ipython().input_transformers_post.clear()
    """,
    "Code that IPython runs": """
        outcome = get_ipython().run_cell('print("inner"); 5')
        print(outcome.success, outcome.result)
        get_ipython().run_line_magic('pwd', '') == os.getcwd()
    """,
    "Code that IPython runs and that fails": """
        outcome = get_ipython().run_cell('1/0')
        print(outcome.success)
    """,
    "Names that IPython evaluates": """
        print(get_ipython().ev('1 + 1'), get_ipython().ex('pushed = 3'), pushed)
        get_ipython().push({'given': 4})
        print(given, get_ipython().user_ns['given'])
        print(get_ipython().object_inspect('given')['found'])
    """,
    "Completion": """
        print(get_ipython().complete('given.bit_c')[1])
    """,
    "Stored values": """
        %store given
        %store
    """,
    "The profile": """
        profile = get_ipython().profile_dir
        print(os.path.isdir(profile.startup_dir), os.path.basename(profile.location))
        print(os.path.dirname(profile.location) == get_ipython().ipython_dir)
    """,
    "Background jobs": """
        from IPython.lib import backgroundjobs
        jobs = backgroundjobs.BackgroundJobManager()
        job = jobs.new(lambda: 6)
        job.join()
        print(job.result)
    """,
    "Media": """
        from IPython.display import Javascript, JSON, Latex, Markdown, Math, SVG, YouTubeVideo
        display(Markdown('*x*'), Latex('$x$'), Math('x'), JSON({'a': [1]}), Javascript('1'))
        display(SVG('<svg xmlns="http://www.w3.org/2000/svg"/>'), YouTubeVideo('x'))
    """,
    "Links and frames": """
        from IPython.display import FileLink, IFrame
        display(IFrame('about:blank', 1, 2))
        print(FileLink('probe_script.py')._repr_html_())
    """,
    "A progress bar of IPython": """
        from IPython.display import ProgressBar
        for _n in ProgressBar(2):
            pass
    """,
    "Data frames": """
        try:
            import pandas
            table = pandas.DataFrame({'a': [1, 2]})
        except ImportError:
            table = None
        table
    """,
}

PROBES_OF_IPYTHON = {title: dedent(source).strip("\n") for title, source in _PROBES.items()}
