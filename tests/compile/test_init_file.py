"""The package's `__init__.py`: what is ours is replaced, and what a person typed stays."""

from __future__ import annotations

import pytest

from literate.compile.init_file import docstring_of, is_ours_alone, with_docstring, with_version

# --- the version -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", '__version__ = "1.2"\n'),
        ("import os\n", '__version__ = "1.2"\nimport os\n'),
        ('"""D."""\n__version__ = "1.0"\nx\n', '"""D."""\n__version__ = "1.2"\nx\n'),
        ("__version__ = '1.0'  # see é\n", '__version__ = "1.2"  # see é\n'),
        ("é = 1; __version__ = '1.0'; y = 2\n", 'é = 1; __version__ = "1.2"; y = 2\n'),
        ('__version__: str = "1.0"\n', '__version__: str = "1.2"\n'),
        ('__version__ = (  # why\n    "1.0"\n)\n', '__version__ = (  # why\n    "1.2"\n)\n'),
        ("__version__ = version()  # mine\n", "__version__ = version()  # mine\n"),
        ('"""\n__version__ = "1.0"\n"""\n', '__version__ = "1.2"\n"""\n__version__ = "1.0"\n"""\n'),
        ("x = (\n", '__version__ = "1.2"\nx = (\n'),
        ("__version__ = '1.0'\nx = (\n", "__version__ = '1.0'\nx = (\n"),
    ],
)
def test_only_the_string_of_the_version_is_replaced(text, expected):
    assert with_version(text, "1.2") == expected


def test_the_version_stands_below_future_imports():
    text = "# mine\nfrom __future__ import annotations\nx = 1\n"
    new = with_version(text, "1.2")
    assert new == text.replace("x = 1", '__version__ = "1.2"\nx = 1')
    compile(new, "__init__.py", "exec")


# --- the docstring -----------------------------------------------------------------------------

LISTED = '"""Old.\n\nModules:\n- `lib.a`: A"""\n'


@pytest.mark.parametrize(
    "text, docstring, expected",
    [
        ("", "New.", '"""New."""\n'),
        ("import os\n", "New.", '"""New."""\n\nimport os\n'),
        ('"""Old."""\n\nimport os\n', "New.", '"""New."""\n\nimport os\n'),
        ("'old'  # why\nimport os\n", "New.", '"""New."""\n\n# why\nimport os\n'),
        ("3\nimport os\n", "New.", '"""New."""\n\n3\nimport os\n'),
        ("print()\n", "New.", '"""New."""\n\nprint()\n'),
        ('"""Old."""\nimport os\n', "", '"""Old."""\nimport os\n'),
        (f"{LISTED}import os\n", "", '"""About."""\n\nimport os\n'),
        (LISTED, "", '"""About."""\n'),
    ],
)
def test_the_docstring_of_an_init_file_is_replaced(text, docstring, expected):
    assert with_docstring(text, docstring, "About.") == expected


@pytest.mark.parametrize(
    "text, expected",
    [
        ('# mine\n"""Old."""\n', '# mine\n"""New."""\n'),
        ('"""Old."""; import os\n', '"""New."""\n\nimport os\n'),
    ],
)
def test_what_stands_around_a_docstring_stays(text, expected):
    assert with_docstring(text, "New.", "") == expected


def test_a_file_that_is_not_python_has_no_docstring():
    assert docstring_of('"""D."""\nx = 1\n') == "D."
    assert docstring_of('"""D."""\nx = (\n') == docstring_of("x = 1\n") == ""


# --- a file that becomes a module --------------------------------------------------------------


@pytest.mark.parametrize(
    "text, expected",
    [
        ("", True),
        ('__version__ = "1.0"\n', True),
        (LISTED + '\n__version__ = "1.0"\n', True),
        ('__version__ = "1.0"  # mine\n', False),
        ('"""Mine."""\n', False),
        (f"# mine\n{LISTED}", False),
        ("import os\n", False),
        ("x = (\n", False),
    ],
)
def test_what_nobody_typed_may_become_a_module(text, expected):
    assert is_ours_alone(text) is expected
