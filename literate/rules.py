"""The rules: every kind of diagnostic, in one table.

A new diagnostic is an entry in this table and a check that calls `diagnose` with its code.
`docs/diagnostics.md` is made from the table.
"""

from __future__ import annotations

from .records import dataclass

ERROR, WARNING, REMARK = "error", "warning", "remark"


@dataclass(frozen=True)
class Rule:
    """One kind of diagnostic."""

    code: str  # the name that is printed at the end of each message
    severity: str  # ERROR, WARNING or REMARK, unless a check says otherwise
    meaning: str  # one sentence: what is wrong
    explanation: str  # the paragraph of the documentation: why it matters, and what to do
    hint: str = ""  # what the message proposes, unless a check proposes something more exact
    former: str = ""  # the code of this rule in version 0.1, which is still printed

    @property
    def anchor(self) -> str:
        """The place of this rule in the documentation."""
        return f"docs/diagnostics.md#{self.code}"


_TABLE = (
    Rule(
        "syntax",
        ERROR,
        "An exported cell is not valid Python.",
        "IPython's magics (`%time`, `!ls`, `%%bash`) and an `await` or a `return` outside of a "
        "function count as errors too: a module that contains them cannot be imported. Move them "
        "to a cell that is not exported. Code for a newer Python than the one that runs the "
        "compiler is an error, so the message names that Python. Code that was edited in a module "
        "is checked in the same way before it goes into a notebook.",
        hint="this cell is exported",
    ),
    Rule(
        "bad-module",
        ERROR,
        "A `default_exp` or an `export` names something that cannot be a module of the package.",
        "Such names are a path out of the package (`../x`), a keyword, a name with a hyphen, "
        "`_modidx`, and no name at all. It is a warning if the name is possible but probably not "
        "meant: `core.py` is the module `py` in the folder `core`, and no import statement can "
        "name `01_clean`. It is also an error if the notebook's own file name cannot be written "
        "into a comment of the module, for example because it contains a line break.",
        hint="write a name, or names joined by dots, such as core or data.images",
    ),
    Rule(
        "exported-proof",
        ERROR,
        "A cell is a proof, and it is exported.",
        "A cell that begins with `#| proof: ...` proves something about the code of the notebook. "
        "It runs with the notebook, and it is no part of the module. Take the directive away, or "
        "put the code that the module needs into a cell of its own.",
        hint="put the code for the module into a cell of its own",
    ),
    Rule(
        "relative-import",
        ERROR,
        "An exported cell imports with a leading dot, as in `from .other import x`.",
        "A notebook does not belong to a package, so the cell fails when the notebook runs. Write "
        "`from package.other import x`: the module gets the relative form.",
        hint="import from the package by its name; the module gets a relative import",
    ),
    Rule(
        "not-generated",
        ERROR,
        "The file of a module exists, and it was written by hand.",
        "The compiler does not replace it unless you use `--force`. Rename the file, or choose "
        "another module for the notebook.",
        hint="rename it, choose another module for the notebook, or replace it with --force",
    ),
    Rule(
        "not-json",
        ERROR,
        "The file of a notebook is not valid JSON.",
        "It was probably not saved completely. The message gives the line of the file.",
        hint="is it saved completely?",
    ),
    Rule(
        "merge-conflict",
        ERROR,
        "A notebook or a module contains the markers of an unresolved merge.",
        "They stand between its lines, as git writes them, or in cells of their own, as "
        "`nbdev_fix` writes them. Resolve the merge in the notebook first. A module is then made "
        "again, unless it contains lines that no notebook of the two branches makes: take such "
        "lines and the markers out of it by hand.",
        hint="resolve the merge, then run again",
    ),
    Rule(
        "not-a-notebook",
        ERROR,
        "The file is JSON, but it is not a notebook of nbformat 4.",
        "It has no list of cells, or a part of it has another type than the format requires.",
        hint="is it another kind of file, or written by a program?",
        former="no-notebook",
    ),
    Rule(
        "unsupported-nbformat",
        ERROR,
        "The notebook has another format than nbformat 4.",
        "Open it in JupyterLab and save it, or convert it with `jupyter nbconvert --to notebook`.",
        hint="open it in JupyterLab and save it, or use jupyter nbconvert --to notebook",
        former="old-format",
    ),
    Rule(
        "not-utf8",
        ERROR,
        "A file is not encoded in UTF-8.",
        "The message gives the position of the first byte that cannot be decoded.",
        hint="save it again as UTF-8",
    ),
    Rule(
        "unreadable",
        ERROR,
        "A file cannot be read.",
        "It does not exist, its permissions forbid it, or it is not a regular file.",
        hint="check the path and its permissions",
    ),
    Rule(
        "edited",
        ERROR,
        "A generated module was edited by hand since it was generated.",
        "Nothing is written, because that would lose the edits. `--update` carries them into the "
        "notebooks, `--prefer notebook` gives them up.",
        hint="--update carries edits into the notebooks, --prefer notebook gives them up",
    ),
    Rule(
        "conflict",
        ERROR,
        "A cell was changed in its notebook and in its module.",
        "The message shows both versions, nothing is written, and the exit code is 3. Make both "
        "versions equal, or choose a side: `--prefer notebook` keeps the notebook's version, "
        "`--update --prefer module` keeps the module's.",
        hint="make both the same, or use --prefer notebook, or --update --prefer module",
    ),
    Rule(
        "edit-outside-cell",
        ERROR,
        "A module was edited outside of its cells, for example above the first one.",
        "Such text has no place in a notebook, except for imports, which go to the first cell "
        "that imports. Move it below the marker of a cell, or give it up with "
        "`--prefer notebook`. The docstring of a module, its `__all__` and sections of text come "
        "from the notebook: change them there.",
        hint="move it below the marker of a cell, or give it up with --prefer notebook",
        former="outside",
    ),
    Rule(
        "removed",
        ERROR,
        "A section was deleted in a module, and its cell still stands in the notebook.",
        "Delete the cell in the notebook, or let `--update --prune` remove it there. "
        "`--prefer notebook` brings the section back.",
        hint="--update --prune removes the cell there, --prefer notebook brings it back here",
    ),
    Rule(
        "uncarried",
        ERROR,
        "An edit in a module cannot be carried into the notebook.",
        "Before anything is written, the notebooks are compiled as they would be. If they did not "
        "make the module with each edit exactly once, the update is refused. Make the change in "
        "the notebook.",
        hint="make the change in the notebook, and give it up here with --prefer notebook",
    ),
    Rule(
        "given-up",
        WARNING,
        "Lines were given up, as `--prefer` or `--force` asked for.",
        "The message shows each line. The folder `.literate/history` keeps the last 20 versions of "
        "files from which lines were given up.",
        hint=".literate/history keeps the file as it was",
    ),
    Rule(
        "bad-timeout",
        ERROR,
        "The value of `#| timeout: ...` is not a number of seconds.",
        "It limits how long the cell may run. Only the runner reads it: the compiler accepts any "
        "value.",
        hint="such as #| timeout: 30",
    ),
    Rule(
        "outside-project",
        ERROR,
        "A link leads out of the project to a place where the compiler would write.",
        "The compiler writes only inside of the project, wherever its files come from. A link that "
        "leads to another place inside of the project is followed.",
        hint="put a file or folder of the project in its place",
    ),
    Rule(
        "changed-meanwhile",
        ERROR,
        "A file was saved again and again while the compiler ran.",
        "Just before a file is replaced, it is compared with what the compiler has read. If it "
        "changed in between, everything starts again, at most three times. Then nothing more is "
        "written.",
        hint="run again when no program saves it",
    ),
    Rule(
        "settings",
        ERROR,
        "`settings.ini` or `pyproject.toml` cannot be read, or one of its values cannot be used.",
        "For example, a switch is neither True nor False, or `lib_path` lies outside of the "
        "project.",
    ),
    Rule(
        "unknown-directive",
        WARNING,
        "A cell begins with a word that is not a directive, such as `#| exprot`.",
        "If the word differs from a directive by one typing error, the message proposes that "
        "directive. Add words of your own to `tst_flags` in the settings.",
        hint="make it a plain comment, or add the word to tst_flags in settings.ini",
    ),
    Rule(
        "misplaced-directive",
        WARNING,
        "A directive has no effect where it stands.",
        "Directives belong at the head of a cell, above the first line of code, in lower case, and "
        "each on a line of its own: in `#| hide export`, only `hide` counts.",
        hint="move it to the head of the cell",
    ),
    Rule(
        "mixed-dialects",
        WARNING,
        "A plain `#export` stands in a notebook that also uses directives with `#|`.",
        "In such a notebook only `#|` counts, so the cell is not exported. Write `#| export`.",
    ),
    Rule(
        "two-exports",
        WARNING,
        "A cell has two directives of the export family.",
        "These are `export`, `exports`, `exporti` and `exportd`. The last one counts.",
        hint="keep one of them",
    ),
    Rule(
        "two-default-exp",
        WARNING,
        "A notebook names two default modules.",
        "The last one counts for all of its cells. A single cell can still go to another module "
        "with `#export other_module`.",
        hint="keep one; a cell can still say #export other_module",
    ),
    Rule(
        "no-module",
        WARNING,
        "A notebook exports cells, but it does not say to which module.",
        "It has neither a `default_exp` nor a number at the beginning of its name, so its cells "
        "are left out.",
        hint="put #default_exp name into the notebook, or a number before its name",
    ),
    Rule(
        "empty-proof",
        WARNING,
        "A proof does not say what it proves.",
        "Editors and pages fold the cell, and show only its first line. So this line is all that a "
        "reader sees: `#| proof: the gradient agrees with finite differences, for 5 shapes`.",
        hint="write #| proof: and a sentence",
    ),
    Rule(
        "empty-solution",
        WARNING,
        "A cell with `#| solution` or `#| exercise` has nothing that a student could write.",
        "It has neither a function nor a class nor an assignment, or only functions whose names "
        "begin with an underscore, which students are given. Or it is not valid Python.",
        hint="put a function, a class or an assignment into it, or remove the directive",
    ),
    Rule(
        "undefined-name",
        WARNING,
        "An exported cell uses a name that its module neither defines nor imports.",
        "The name may be a typing error. Or only a cell that is not exported defines it, such as "
        "an `import math` without a directive: the notebook runs, and the module fails with a "
        "`NameError`. Then export that cell too. Names in annotations that are strings count if "
        "such a cell defines them. Names in code that Python can never reach, such as code below a "
        "`return`, are not looked for.",
        hint="define it, or import it, in an exported cell",
        former="left-behind",
    ),
    Rule(
        "used-before-defined",
        WARNING,
        "An exported cell uses a name that its module defines only in a later cell.",
        "It needs the name when the module is imported, so the import fails. A cell of another "
        "notebook with `#export name` is an example: it may land above the imports of the module "
        "`name`. Move the definition up, or repeat the import in this cell.",
        hint="define it above, or import it in this cell",
    ),
    Rule(
        "missing-import",
        WARNING,
        "An exported cell imports a module or a name that the package does not have.",
        "It was probably renamed or removed. An import in a `try` that catches an `ImportError` is "
        "not reported.",
        hint="was it renamed, or removed?",
    ),
    Rule(
        "self-import",
        WARNING,
        "A module imports everything from itself.",
        "The notebook gets the names of the last compile. But the module cannot be imported: while "
        "Python imports it, it does not have its names yet.",
        hint="remove the import, or move it to a cell that is not exported",
    ),
    Rule(
        "circular-import",
        WARNING,
        "Modules of the package import each other, so that one of them cannot be imported.",
        "Each notebook runs, because it meets the modules of the last compile. Move an import into "
        "the function that needs it, or move what both modules need into a third one.",
        hint="move the import into the function that needs it",
    ),
    Rule(
        "hidden-module",
        WARNING,
        "A module has the name of a package that stands beside it.",
        "If there are `a.py` and a folder `a/`, then `import a` means the folder.",
        hint="choose another name for the module or for the folder",
    ),
    Rule(
        "same-module",
        WARNING,
        "A notebook without a `default_exp` goes to a module that is probably not meant.",
        "Two notebooks imply the same module by their names, such as `x/00_core.ipynb` and "
        "`y/00_core.ipynb`. Or the notebook has the name of a copy, such as "
        "`00_core-Copy1.ipynb`. If this is what you want, name the module with `default_exp`.",
        hint="if both belong to this module, say so with #default_exp",
    ),
    Rule(
        "defined-twice",
        WARNING,
        "Two notebooks that make one module define the same name.",
        "In the module, the later definition replaces the earlier one. One of the notebooks is "
        "probably a copy of the other.",
        hint="rename one of them, or export one of the notebooks to another module",
    ),
    Rule(
        "dynamic-all",
        WARNING,
        "`_all_` is assigned something else than a list of names and strings.",
        "`_all_ = names` is an example. The compiler does not run code, so it cannot add these "
        "names to `__all__`. Write them out.",
        hint="write _all_ = ['name', other_name]",
        former="unclear-all",
    ),
    Rule(
        "no-notebooks",
        WARNING,
        "The folder that `nbs_path` names does not exist.",
        "Create the folder, or correct `nbs_path` in the settings.",
        hint="nbs_path says where the notebooks are",
    ),
    Rule(
        "orphan",
        WARNING,
        "No notebook generates this module any more.",
        "Its notebook was removed, or it exports to another module now. `--prune` deletes the "
        "module.",
        hint="--prune deletes it",
    ),
    Rule(
        "broken-link",
        ERROR,
        "A link on a page of the documentation leads nowhere.",
        "The file or the heading that it names does not exist. The message names the cell.",
        hint="correct the link",
    ),
    Rule(
        "page-clash",
        ERROR,
        "Two notebooks would have one page: the number at the head of a name is left out.",
        "Rename one of them, or give it a page by `output-file: name.html` in its front matter.",
        hint="rename one of them, or write output-file into its front matter",
    ),
    Rule(
        "docs-content",
        WARNING,
        "A page of the documentation cannot show a part of its notebook.",
        "It is a shortcode of Quarto, a block that does not end, an image that is damaged, or an "
        "output that would load something from another host. The rest of the page is made.",
    ),
    Rule(
        "other-language",
        REMARK,
        "A notebook with directives is not written in Python.",
        "It is left out, because a module is a file of Python.",
        hint="its directives are ignored",
    ),
    Rule(
        "repeated-directive",
        REMARK,
        "A directive stands at the head of its cell, and again further down.",
        "The first one counts.",
        hint="repeated; delete it",
    ),
    Rule(
        "unchecked-names",
        REMARK,
        "Undefined names are not looked for in some modules.",
        "They import everything (`from x import *`) from a module outside of the project. Its "
        "names are not known, because the compiler does not run code. Import the names one by one "
        "if you want them to be checked.",
        hint="to check them, import the names one by one",
    ),
)
RULES = {rule.code: rule for rule in _TABLE}
