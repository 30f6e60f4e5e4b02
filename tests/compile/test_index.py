"""The index is written as pprint would write it."""

from pprint import pformat

from hypothesis import given, settings
from hypothesis import strategies as st

from literate.compile.modidx import format_literal

NAMES = st.text("ab.'\"é\\", min_size=1, max_size=60) | st.text("abc", min_size=100, max_size=160)
SYMBOLS = st.dictionaries(NAMES, st.tuples(NAMES, NAMES), max_size=25)


@settings(max_examples=60, deadline=None)
@given(
    st.fixed_dictionaries(
        {
            "settings": st.dictionaries(NAMES, NAMES, max_size=5),
            "syms": st.dictionaries(NAMES, SYMBOLS, max_size=4),
        }
    )
)
def test_the_index_looks_as_pprint_makes_it(index):
    assert format_literal(index) == pformat(index, width=140, indent=2, compact=True)
