"""Notebooks that are skipped: no cell of them is to run."""

from conftest import split_cells, tagged

FRONT_MATTER = {
    "cell_type": "raw",
    "id": "raw00001",
    "metadata": {},
    "source": "---\nskip_exec: true\n---",
}

SKIPPED_NOTEBOOKS = {
    "eval_false": split_cells("""
        #| eval: false
        1/0
    """),
    "directive": split_cells("""
        #| slow
        1/0
    """),
    "plain_directive": split_cells("""
        # slow
        1/0
        # %%
        #cuda
        1/0
    """),
    "by_tag": [tagged("1/0", "skip-execution")],
    "front_matter": [FRONT_MATTER, "1/0"],
    "title_matter": split_cells("""
        md:# Title

        > words

        - skip_exec: true
        # %%
        1/0
    """),
    "no_code": ["md:# only words"],
}
