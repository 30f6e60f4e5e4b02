"""IPython's syntax is taken out of a cell, and the rest is Python."""

from __future__ import annotations

import pytest

from literate.compile.cell_names import bound_names
from literate.compile.ipython_syntax import python_of


@pytest.mark.parametrize(
    "code",
    [
        "import math",
        "%matplotlib inline\nimport math",
        "!echo hello\nimport math",
        "!pip install \\\n   a \\\n   b\nimport math",
        "%%time\nimport math",
        "# a remark\n%%capture out\nimport math",
        "import math\nmath.pi?",
        "import math\n?math.pi",
        "import math\n%timeit -n1 math.sqrt(2)",
        "if True:\n    %cd ..\n    import math",
        "%time import math",
    ],
)
def test_what_stands_beside_a_magic_is_found(code):
    assert bound_names(python_of(code)) == {"math"}


@pytest.mark.parametrize(
    "code, expected",
    [
        ("files = !ls", {"files"}),
        ("a, b = %sx", {"a", "b"}),
        ("%time y = 1", {"y"}),
        ("%timeit y = 1", set()),
        ("s = '''\n%time\n'''", {"s"}),
        ("%%bash\nx=1", set()),
        ("%%writefile a.py\nx = 1", set()),
    ],
)
def test_the_names_that_a_cell_binds(code, expected):
    assert bound_names(python_of(code)) == expected


@pytest.mark.parametrize("code", ["x = (", "%ls\nx = (", "x <- 1 y"])
def test_what_is_not_python_even_then(code):
    assert python_of(code) is None


def test_code_without_magics_stays_as_it_is():
    code = "x = 5\ny = (x\n  % 3)"
    assert python_of(code) == code
