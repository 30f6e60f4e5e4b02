"""Cells that use Python and its library as notebooks do. See `probes.py`."""

from __future__ import annotations

from textwrap import dedent

_PROBES = {
    "Short tracebacks": """
        %xmode Plain
    """,
    "Passwords": """
        import getpass
        getpass.getpass('secret?')
    """,
    "Input in a thread": """
        import threading
        def ask():
            try:
                input('who?')
            except Exception as error:
                print(type(error).__name__)
        thread = threading.Thread(target=ask)
        thread.start()
        thread.join()
    """,
    "A line of standard input": """
        import sys
        print(repr(sys.stdin.readline()), repr(sys.stdin.read()))
    """,
    "The debugger": """
        breakpoint()
    """,
    "The debugger of Python": """
        import pdb
        pdb.set_trace()
        print('goes on')
    """,
    "Warnings, once for each place": """
        import io, os, sys, warnings
        def old():
            warnings.warn('once', UserWarning)
        old(); old()
        for _n in range(2):
            warnings.warn('in a loop', UserWarning)
    """,
    "Warnings, in the next cell": """
        old()
        warnings.warn('in a loop', UserWarning)
    """,
    "Warnings that are errors": """
        with warnings.catch_warnings():
            warnings.simplefilter('error')
            old()
    """,
    "Logging with a format": """
        import logging
        logging.basicConfig(level=logging.INFO, format='%(levelname)s %(message)s')
        logging.getLogger('probe').info('to stderr')
        logging.getLogger('probe').debug('nowhere')
        try:
            1/0
        except ZeroDivisionError:
            logging.exception('caught')
    """,
    "Logging to stdout": """
        handler = logging.StreamHandler(sys.stdout)
        logger = logging.getLogger('loud')
        logger.propagate = False
        logger.addHandler(handler)
        logger.warning('to stdout')
    """,
    "The names of the module": """
        print(__name__, '__file__' in globals(), '__annotations__' in globals())
        import __main__
        print(__main__.__name__, hasattr(__main__, '__file__'), __builtins__.__name__)
        here: int = 3
        print(__annotations__)
    """,
    "Sources of classes and dataclasses": """
        import dataclasses, inspect, typing
        @dataclasses.dataclass
        class Pair:
            left: int
            right: 'typing.Optional[Pair]' = None
            def sum(self):
                return self.left
        print(Pair(1), inspect.getsource(Pair.sum))
        print(typing.get_type_hints(Pair)['right'] == typing.Optional[Pair])
        print(inspect.getsourcelines(Pair)[1], inspect.signature(Pair))
    """,
    "Sources of a name that is defined anew": """
        def again(): return 1
        first_again = again
        def again(): return 2
        print(inspect.getsource(first_again), inspect.getsource(again))
    """,
    "Named tuples and enums": """
        import collections, enum, pickle
        Named = collections.namedtuple('Named', 'x')
        class Colour(enum.Enum):
            RED = 1
        print(pickle.loads(pickle.dumps([Named(1), Colour.RED])), Named.__module__)
    """,
    "Doctests": """
        def doubled(x):
            '''
            >>> doubled(2)
            4
            '''
            return 2 * x
        import doctest
        print(doctest.testmod())
    """,
    "A doctest that fails": """
        def tripled(x):
            '''
            >>> tripled(2)
            7
            '''
            return 3 * x
        print(doctest.testmod().failed)
    """,
    "Unit tests": """
        import unittest
        class Probe(unittest.TestCase):
            def test_one(self):
                self.assertEqual(1, 1)
        result = unittest.main(argv=['', 'Probe'], exit=False, verbosity=0).result
        print(result.testsRun, result.wasSuccessful())
    """,
    "Unit tests that exit": """
        unittest.main(argv=['', 'Probe.nothing'], verbosity=0)
    """,
    "Context variables": """
        import contextvars
        variable = contextvars.ContextVar('variable', default='unset')
        token = variable.set('set')
        print(variable.get())
    """,
    "Context variables in the next cell": """
        print(variable.get())
    """,
    "Context variables of a cell that awaits": """
        import asyncio
        await asyncio.sleep(0)
        print(variable.get())
        variable.set('awaited')
    """,
    "Context variables after it": """
        print(variable.get())
        async def read():
            return variable.get()
        print(await asyncio.create_task(read()))
    """,
    "Awaiting what fails": """
        async def fails():
            raise ValueError('awaited')
        await fails()
    """,
    "Awaiting after an error": """
        await asyncio.sleep(0)
        print(await asyncio.gather(read(), fails(), return_exceptions=True))
    """,
    "Asynchronous loops and contexts": """
        async def numbers():
            for number in range(2):
                await asyncio.sleep(0)
                yield number
        async for number in numbers():
            print(number)
        print([number async for number in numbers()])
        async with asyncio.timeout(5):
            await asyncio.sleep(0)
    """,
    "A task that goes on": """
        done = []
        async def later():
            for _n in range(3):
                await asyncio.sleep(0.001)
            done.append('done')
        task = asyncio.create_task(later())
    """,
    "A task has gone on": """
        await task
        print(done)
    """,
    "A task that fails": """
        failing = asyncio.ensure_future(fails())
        await asyncio.wait([failing])
        print(type(failing.exception()).__name__)
    """,
    "A cancelled task": """
        waits = asyncio.create_task(asyncio.sleep(1000))
        await asyncio.sleep(0)
        waits.cancel()
        await waits
    """,
    "A loop of one's own": """
        import threading
        def in_thread():
            print(asyncio.run(read_plain()))
        async def read_plain():
            return 'in a thread'
        thread = threading.Thread(target=in_thread)
        thread.start()
        thread.join()
    """,
    "Work in an executor": """
        print(await asyncio.get_running_loop().run_in_executor(None, lambda: 'in an executor'))
        print(await asyncio.to_thread(lambda: 'in a thread'))
    """,
    "A process of asyncio": """
        process = await asyncio.create_subprocess_exec('echo', 'x', stdout=-1)
        print((await process.communicate())[0])
    """,
    "A timer": """
        ticks = []
        asyncio.get_running_loop().call_later(0.001, ticks.append, 'tick')
        await asyncio.sleep(0.05)
        print(ticks)
    """,
    "A thread that prints": """
        import threading
        started = threading.Event()
        def speak():
            print('from a thread')
            print('error of a thread', file=sys.stderr)
        threads = [threading.Thread(target=speak)]
        for thread in threads:
            thread.start()
            thread.join()
    """,
    "Thread pools and timers": """
        from concurrent.futures import ThreadPoolExecutor
        with ThreadPoolExecutor(2) as pool:
            print(list(pool.map(len, ['a', 'bc'])))
            future = pool.submit(int, 'x')
        future.result()
    """,
    "Exits": """
        sys.exit(0)
    """,
    "An exit with words": """
        sys.exit('words')
    """,
    "Recursion": """
        def deeper(n):
            return deeper(n + 1)
        deeper(0)
    """,
    "Recursion in data": """
        cycle = []
        cycle.append(cycle)
        cycle
    """,
    "A large number": """
        str(10 ** 5000)
    """,
    "A large output": """
        print('x' * 100_000)
    """,
    "A long list": """
        list(range(2000))
    """,
    "Text beyond ASCII": """
        print('naïve 🎈 \\u202e \\x00 \\x1b[31mred\\x1b[0m')
        '🎈'
    """,
    "Half of a character": """
        print(repr('\\ud800'))
    """,
    "Carriage returns": """
        for step in range(3):
            print(f'\\rstep {step}', end='')
        print()
    """,
    "Text without a line end": """
        print('no end', end='')
        sys.stdout.write(' of a line')
    """,
    "Lines": """
        print('flushed', flush=True)
        print(sys.stdout.write('x\\n'), sys.stdout.writelines(['a\\n', 'b\\n']))
        sys.stdout.flush()
    """,
    "A stream that is replaced": """
        saved_stdout = sys.stdout
        sys.stdout = io.StringIO()
        print('hidden')
        text = sys.stdout.getvalue()
        sys.stdout = saved_stdout
        print(repr(text))
    """,
    "Processes that print": """
        import subprocess
        print(subprocess.run(['echo', 'x'], capture_output=True, text=True).stdout)
        print(subprocess.check_output('echo y; echo z >&2', shell=True, stderr=-2))
        subprocess.check_call(['sh', '-c', 'exit 4'])
    """,
    "Faulthandler": """
        import faulthandler
        print(faulthandler.is_enabled())
    """,
    "Tracing": """
        import traceback
        try:
            1/0
        except ZeroDivisionError:
            print(traceback.format_exc().splitlines()[-1])
        print(sys.exc_info(), hasattr(sys, 'last_value'))
    """,
    "Chained exceptions": """
        try:
            {}['key']
        except KeyError as error:
            raise ValueError('from it') from error
    """,
    "The last exception": """
        print(sys.last_type.__name__, sys.last_value, sys.last_traceback is not None)
    """,
    "An exception with a note": """
        noted = ValueError('noted')
        noted.add_note('a note')
        raise noted
    """,
    "An exception that shows itself": """
        class Own(Exception):
            def _render_traceback_(self):
                return ['rendered by itself']
        raise Own('own')
    """,
    "A handler of exceptions": """
        def handle(shell, kind, value, traceback, tb_offset=None):
            print('handled', kind.__name__)
        get_ipython().set_custom_exc((KeyError,), handle)
        {}['key']
    """,
    "A hook of Python for exceptions": """
        get_ipython().set_custom_exc((), None)
        sys.excepthook = lambda *_: print('hooked')
        1/0
    """,
    "A stop": """
        class Stop(Exception):
            def _render_traceback_(self):
                return []
        raise Stop
    """,
    "A syntax error in code that is compiled": """
        eval('1 +')
    """,
    "A syntax error of indentation": """
        if True:
        print(1)
    """,
    "A magic with a wrong option": """
        %timeit -z
    """,
    "An unknown cell magic": """
        %%nosuchcellmagic
        1
    """,
    "A syntax warning": """
        print(1 is 1)
    """,
    "An import that fails": """
        import no_such_module_anywhere
    """,
    "Future statements": """
        from __future__ import annotations
        def annotated(x: Undefined): pass
        print(annotated.__annotations__)
    """,
    "Future statements hold": """
        def annotated_too(x: Undefined): pass
        print(annotated_too.__annotations__)
    """,
    "A signal of time": """
        import signal, time
        def alarm(*_): raise TimeoutError('rang')
        signal.signal(signal.SIGALRM, alarm)
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        time.sleep(60)
    """,
    "Local time": """
        import locale, time
        print(time.tzname, locale.setlocale(locale.LC_ALL), sys.getfilesystemencoding())
        print(sys.getdefaultencoding(), sys.flags.utf8_mode, locale.getpreferredencoding())
    """,
    "Options of Python": """
        print(sys.flags, sys.warnoptions, sys.dont_write_bytecode, sys._xoptions)
    """,
    "Temporary files": """
        import tempfile
        with tempfile.NamedTemporaryFile('w+') as file:
            print(file.write('x'), os.path.exists(file.name))
    """,
    "The mask of new files": """
        mask = os.umask(0)
        os.umask(mask)
        print(oct(mask), os.getpgrp() == os.getpid(), os.nice(0))
    """,
}

PROBES_OF_PYTHON = {title: dedent(source).strip("\n") for title, source in _PROBES.items()}
