"""Notebooks that fail, and what the result has to say."""

from typing import NamedTuple

from conftest import split_cells, tagged


class Failing(NamedTuple):
    """A notebook in which one cell fails."""

    cells: list[str | dict]
    index: int  # of the cell that fails
    error: str  # the name of the exception
    line: int | None  # in the cell, or None if it is not known
    message: str  # a part of the message


EXCEPTIONS = {
    "exception": Failing(
        split_cells("""
            md:# x
            # %%
            x = 0
            # %%
            print('before')
            1/x
        """),
        index=2,
        error="ZeroDivisionError",
        line=2,
        message="division by zero",
    ),
    "blank_lines_then_error": Failing(
        ["\n\n1/0"],
        index=0,
        error="ZeroDivisionError",
        line=3,
        message="division",
    ),
    "group": Failing(
        ["raise ExceptionGroup('many', [ValueError(1), KeyError(2)])"],
        index=0,
        error="ExceptionGroup",
        line=1,
        message="2 sub-exceptions",
    ),
    "repr": Failing(
        split_cells("""
            class A:
                def __repr__(self): raise ValueError('no repr')
            A()
        """),
        index=0,
        error="ValueError",
        line=2,
        message="no repr",
    ),
    "unawaited": Failing(
        split_cells("""
            import asyncio
            async def f():
                await asyncio.sleep(0)
                1/0
            # %%
            await f()
        """),
        index=1,
        error="ZeroDivisionError",
        line=1,
        message="division",
    ),
    "deep_recursion": Failing(
        split_cells("""
            def f(n): return f(n + 1)
            # %%
            f(0)
        """),
        index=1,
        error="RecursionError",
        line=1,
        message="maximum recursion",
    ),
}

SYNTAX_AND_MAGICS = {
    "below_time": Failing(
        split_cells("""
            %%time
            x = 1
            1/0
        """),
        index=0,
        error="ZeroDivisionError",
        line=3,
        message="division",
    ),
    "below_capture": Failing(
        split_cells("""
            %%capture
            x = 1

            raise ValueError('inside')
        """),
        index=0,
        error="ValueError",
        line=4,
        message="inside",
    ),
    "syntax": Failing(
        split_cells("""
            x = 1
            print(x
            y = 2
        """),
        index=0,
        error="SyntaxError",
        line=2,
        message="never closed",
    ),
    "syntax_below_capture": Failing(
        split_cells("""
            %%capture
            x = 1
            y = = 2
        """),
        index=0,
        error="SyntaxError",
        line=3,
        message="invalid",
    ),
    "unknown_magic": Failing(
        ["%nosuchmagic"],
        index=0,
        error="UsageError",
        line=1,
        message="UsageError: Line magic",
    ),
}

ENDINGS = {
    "exit": Failing(
        split_cells("""
            import sys
            sys.exit()
        """),
        index=0,
        error="SystemExit",
        line=2,
        message="SystemExit",
    ),
    "quit": Failing(
        ["quit()"],
        index=0,
        error="SystemExit",
        line=1,
        message="exit() in a cell",
    ),
    "input": Failing(
        ["name = input('who? ')"],
        index=0,
        error="StdinNotImplementedError",
        line=1,
        message="nobody is there",
    ),
    "raises_and_does_not": Failing(
        [tagged("x = 1", "raises-exception")],
        index=0,
        error="DidNotRaise",
        line=None,
        message="raised nothing",
    ),
    "raises_something_else": Failing(
        split_cells("""
            #| export
            x = 1
            # %%
            #| raises: KeyError
            1/0
        """),
        index=1,
        error="ZeroDivisionError",
        line=2,
        message="had to raise KeyError",
    ),
}

DEATHS = {
    "os_exit": Failing(
        split_cells("""
            import os
            # %%
            print('last words')
            os._exit(3)
        """),
        index=1,
        error="Died",
        line=None,
        message="exit status 3",
    ),
    "segfault": Failing(
        split_cells("""
            import ctypes
            # %%
            print('dying')
            ctypes.string_at(0)
        """),
        index=1,
        error="Died",
        line=2,
        message="SIGSEGV",
    ),
    "kills_itself": Failing(
        split_cells("""
            import os, signal
            # %%
            os.kill(os.getpid(), signal.SIGKILL)
        """),
        index=1,
        error="Died",
        line=None,
        message="SIGKILL",
    ),
    "rare_signal": Failing(
        split_cells("""
            import os
            os.kill(os.getpid(), 40)
        """),
        index=0,
        error="Died",
        line=None,
        message="signal 40, Real-time signal",
    ),
    "kills_its_group": Failing(
        split_cells("""
            import os, signal
            # %%
            os.killpg(0, signal.SIGTERM)
        """),
        index=1,
        error="Died",
        line=None,
        message="SIGTERM",
    ),
}

FAILING = {**EXCEPTIONS, **SYNTAX_AND_MAGICS, **ENDINGS, **DEATHS}

# Cells that hang, and that end when they are interrupted. They have limits of their own, so that
# the other cells, which are quick, need no limit.
HANGING = {
    "loop": Failing(
        split_cells("""
            #| timeout: 1.5
            print('x')
            while True: pass
        """),
        index=0,
        error="Timeout",
        line=3,
        message="still running after 1.5 s",
    ),
    "hang_in_sleep": Failing(
        split_cells("""
            import time
            # %%
            #| timeout: 1
            def f():
                time.sleep(9999)
            f()
        """),
        index=1,
        error="Timeout",
        line=3,
        message="still",
    ),
    "hang_in_await": Failing(
        split_cells("""
            import asyncio
            # %%
            #| timeout: 1
            1
            await asyncio.sleep(9999)
        """),
        index=1,
        error="Timeout",
        line=3,
        message="still",
    ),
}

# Cells that hang, and that have to be killed.
STUBBORN = {
    "stubborn_loop": Failing(
        # The inner loop is there because Python 3.11 counts an interrupt at the first statement of
        # a `try` as an interrupt before it.
        split_cells("""
            while True:
                try:
                    x = 1
                    while True: pass
                except BaseException: pass
        """),
        index=0,
        error="Timeout",
        line=4,
        message="still running after 1.5 s (--cell-timeout)",
    ),
    "hang_in_c": Failing(
        split_cells("""
            import signal, time
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            time.sleep(9999)
        """),
        index=0,
        error="Timeout",
        line=None,
        message="still",
    ),
}
