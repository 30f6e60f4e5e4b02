"""Random notebooks, and random edits of them, to compare resumed runs with runs from the top."""

from __future__ import annotations

import random

# The first cell is never edited: the files that other cells change begin anew with it.
FIRST = """
import asyncio, os, random, sys, tempfile
from pathlib import Path
random.seed(1)
for number in range(3):
    Path(f"f{number}.txt").write_text("begin\\n")
data = Path("data.txt")
data.write_text("".join(f"line {number}\\n" for number in range(9)))
total = 0
seen = []
folder = tempfile.mkdtemp()
"""

# What a cell may do. {n} is a number, so that two cells of a kind can differ.
CELLS = [
    "total += {n}\ntotal",
    "print('out {n}', total)",
    "print('err {n}', file=sys.stderr)\nprint('out')\nprint('err', file=sys.stderr)",
    "seen.append(random.random())\nseen",
    "def f{n}(x):\n    y = x + {n}\n    return y / 0",
    "f{n}(1)",
    "try:\n    f{n}(2)\nexcept NameError as error:\n    print(error)",
    "assert total == {n}, f'{{total}}'",
    "1 / ({n} - 1)",
    "In[-2:], len(Out), _",
    "_, __, ___",
    "from IPython.display import display\nhandle = display({n}, display_id='d{n}')",
    "try:\n    handle.update(total)\nexcept NameError:\n    print('no handle')",
    "with open('f1.txt', 'a') as file:\n    file.write('more {n}\\n')\nPath('f1.txt').read_text()",
    "Path('f2.txt').read_text(), {n}",
    "Path('f2.txt').write_text(Path('f2.txt').read_text() + '{n}')",
    "Path(folder, 't{n}').write_text('x')\nsorted(os.listdir(folder))",
    "[os.remove(Path(folder, name)) for name in os.listdir(folder)]\n{n}",
    "Path(tempfile.gettempdir(), 'shared').open('a').write('{n}')\n"
    "Path(tempfile.gettempdir(), 'shared').read_text()",
    "reader = data.open()\nreader.readline()",
    "try:\n    print(reader.readline(), {n})\nexcept NameError:\n    print('no reader')",
    "os.environ['V'] = '{n}'\nos.environ['V']",
    "os.makedirs('sub', exist_ok=True)\nos.chdir('sub')\nprint(Path.cwd().name)\nos.chdir('..')",
    "await asyncio.sleep(0)\n{n}",
    "async def later():\n    print('later {n}')\nasync def now():\n    await later()\nawait now()",
    "task = asyncio.ensure_future(asyncio.sleep(0, {n}))",
    "try:\n    print(await task)\nexcept NameError:\n    print('no task')",
    "%who int",
    "%%capture text\nprint({n})",
    "get_ipython().run_cell('total += {n}').success",
    "!echo command {n} >> f1.txt; cat f1.txt",
    "import lib_{n}\nlib_{n}.value",
    "raise KeyError({n}) from ValueError('cause')",
    "import unittest\nraise unittest.SkipTest('{n}')",
    "syntax error {n}",
    "import threading\nthreading.active_count(), {n}",
    "import subprocess\nprocess = subprocess.Popen(['true'])\n{n}",
    "try:\n    print(process.wait())\nexcept NameError:\n    print('no process')",
    "import socket\na, b = socket.socketpair()\na.send(b'{n}')",
    "try:\n    print(b.recv(1))\nexcept NameError:\n    print('no socket')",
    "me = os.getpid()\n{n}",
    "try:\n    assert me == os.getpid()\nexcept NameError:\n    print('no id')",
    "pool = threading.Thread(target=threading.Event().wait, daemon=True)\npool.start()",
    "hash('a') == hash('a'), {n}",
    "import weakref, gc\ngc.collect()\n{n}",
    "import uuid, logging\nlogging.warning('w{n}')",
]
# Cells that end a notebook, or after which there are fewer snapshots.
_RARE = (
    *("raise ", "1 / ", "assert ", "syntax", "f{n}(1)", "import unittest", "pool = ", "me = "),
    *("import subprocess", "import socket", "!echo", "with open('f1", "Path('f2.txt').write"),
)


class Author:
    """Somebody who writes a notebook and edits it, as a seed says."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._ids = 0
        self.cells = [self._cell(FIRST)]
        for _ in range(self._random.randint(3, 12)):
            self.cells.append(self._new_cell())
        self.modules = {f"lib_{number}.py": f"value = {number}\n" for number in range(4)}

    def edit(self) -> str:
        """Change something; return what, in a word."""
        kind = self._random.choice(
            ["change", "change", "change", "change", "insert", "delete", "move", "tag", "module"]
        )
        place = self._random.randint(1, len(self.cells))
        is_cell = place < len(self.cells)
        if kind == "module":
            name = self._random.choice(sorted(self.modules))
            self.modules[name] = f"value = {self._random.randint(10, 99)}\n"
        elif kind == "insert" or not is_cell:
            self.cells.insert(place, self._new_cell())
        elif kind == "change":
            self.cells[place] = {**self.cells[place], "source": self._source()}
        elif kind == "tag":
            tags = [] if self.cells[place]["metadata"] else ["raises-exception"]
            self.cells[place] = {**self.cells[place], "metadata": {"tags": tags} if tags else {}}
        elif kind == "delete":
            del self.cells[place]
        else:
            self.cells.insert(self._random.randint(1, len(self.cells) - 1), self.cells.pop(place))
        return f"{kind} {place}"

    def _new_cell(self) -> dict:
        return self._cell(self._source())

    def _source(self) -> str:
        while True:
            source = self._random.choice(CELLS)
            if not source.startswith(_RARE) or self._random.random() < 0.15:
                number = str(self._random.randint(0, 3))
                return source.replace("{n}", number).replace("{{", "{").replace("}}", "}")

    def _cell(self, source: str) -> dict:
        self._ids += 1
        return {
            "cell_type": "code",
            "id": f"cell{self._ids:04}",
            "metadata": {},
            "outputs": [],
            "execution_count": None,
            "source": source.strip("\n"),
        }
