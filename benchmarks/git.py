"""Measure clean and merge beside nbstripout, nbdev and nbdime, and beside git itself.

    python benchmarks/git.py PEERS FOLDER [REPOSITORY...]

PEERS is a virtual environment with the other programs: nbstripout, nbdev and nbdime. FOLDER has
notebooks: each program cleans them one by one, as git's filter does it, and then all at once. In
each REPOSITORY, every merge commit is replayed in which both branches changed a notebook. A merge
is "right" if the types and the sources of all cells are those of the commit, and a conflict is
"valid" if the file is still a notebook.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from compare import compare, table

LITERATE = [sys.executable, "-m", "literate"]
PATIENCE = 120  # seconds for one merge

PYPROJECT = '[project]\nname = "lib"\nversion = "1"\n[tool.nbdev]\n'  # nbdev needs settings

SIDES = ("base", "ours", "theirs", "result")


# --- cleaning ----------------------------------------------------------------------------------


def clean_commands(peers: Path) -> dict[str, list[str]]:
    """The command of each program that cleans the notebook on its standard input.

    nbdev 3.3.26 prints nothing then, so it is measured with folders alone. A Python that only hands
    on its input shows what a start takes.
    """
    return {
        "literate": [*LITERATE, "clean", "--stdin", "a.ipynb"],
        "nbstripout": [str(peers / "bin" / "nbstripout"), "--keep-output"],
        "python": [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read())"],
    }


def measure_filters(peers: Path, notebooks: list[Path]) -> None:
    """Print the seconds that each filter takes for all notebooks, and the ratios."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pyproject.toml").write_text(PYPROJECT)
        commands = {}
        for program, command in clean_commands(peers).items():
            script = folder / f"{program}.sh"
            lines = []
            for notebook in notebooks:
                words = " ".join(f"'{word}'" for word in command)
                lines.append(f"{words} < '{notebook}' | cat > /dev/null")  # a pipe, as from git
            script.write_text("\n".join(lines))
            commands[program] = (["bash", str(script)], folder)
        found = compare(commands, runs=3)
    print(table(f"A filter, {len(notebooks)} times", found))


def measure_folders(peers: Path, notebooks: list[Path]) -> None:
    """Print the seconds for all notebooks at once: cleaned the first time, and once more."""
    commands = {
        "literate": [*LITERATE, "clean", "nbs"],
        "nbstripout": [str(peers / "bin" / "nbstripout"), "--keep-output"],
        "nbdev": [str(peers / "bin" / "nbdev-clean"), "--fname", "nbs"],
    }
    with tempfile.TemporaryDirectory() as name:
        prepared = {}
        for program, command in commands.items():
            folder = Path(name, program)
            (folder / "nbs").mkdir(parents=True)
            (folder / "pyproject.toml").write_text(PYPROJECT)
            names = []
            for number, notebook in enumerate(notebooks):
                target = folder / "nbs" / f"{number}_{notebook.name}"
                shutil.copy(notebook, target)
                names.append(str(target))
            words = [*command, *names] if program == "nbstripout" else command
            prepared[program] = (words, folder)
        again = compare(prepared, runs=3)
    print(table(f"{len(notebooks)} clean notebooks at once", again))


# --- merges ------------------------------------------------------------------------------------


@dataclass
class Merge:
    """A merge of one notebook that somebody made: the texts of `SIDES`."""

    texts: dict[str, bytes]


@dataclass
class Tally:
    """What became of the merges with one program."""

    counts: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)


def git(repository: Path, *words: str) -> bytes:
    """What git prints about a repository; nothing if it fails."""
    command = ["git", f"--git-dir={repository}", *words]
    return subprocess.run(command, capture_output=True).stdout


def changed(repository: Path, old: str, new: str) -> dict[str, tuple[str, str]]:
    """The blobs of each notebook that was changed between two commits."""
    listing = git(repository, "diff-tree", "-r", "--raw", "--no-renames", old, new, "--", "*.ipynb")
    found = {}
    for line in listing.decode("utf-8", "surrogateescape").splitlines():
        about, _, name = line.partition("\t")
        _, _, old_blob, new_blob, kind = about.split()
        if kind == "M":
            found[name] = old_blob, new_blob
    return found


def merges_in(repository: Path) -> Iterator[Merge]:
    """Each merge of a notebook that both branches changed, once."""
    seen = set()
    for line in git(repository, "rev-list", "--all", "--merges", "--parents").decode().splitlines():
        commit, *parents = line.split()
        if len(parents) != 2:
            continue
        bases = git(repository, "merge-base", "--all", *parents).decode().split()
        if len(bases) != 1:
            continue
        ours, theirs = (changed(repository, bases[0], parent) for parent in parents)
        for name in sorted(ours.keys() & theirs.keys()):
            result = git(repository, "rev-parse", f"{commit}:{name}").decode().strip()
            blobs = (ours[name][0], ours[name][1], theirs[name][1], result)
            if blobs in seen or blobs[1] == blobs[2]:
                continue
            seen.add(blobs)
            texts = [git(repository, "cat-file", "blob", blob) for blob in blobs]
            if all(texts):  # a copy of a repository may lack its largest files
                yield Merge(dict(zip(SIDES, texts, strict=True)))


def merge_commands(peers: Path) -> dict[str, list[str]]:
    """The command of each merge driver; the three files and the path follow."""
    return {
        "git": ["git", "merge-file"],
        "literate": [*LITERATE, "merge", "--driver"],
        "nbdev": [str(peers / "bin" / "nbdev-merge")],
        "nbdime": [str(peers / "bin" / "git-nbmergedriver"), "merge"],
    }


def view(text: bytes) -> list[tuple[str, str]] | None:
    """Type and source of each cell; None if the text is not a notebook."""
    try:
        cells = json.loads(text)["cells"]
        return [(cell["cell_type"], "".join(cell.get("source", ""))) for cell in cells]
    except (ValueError, KeyError, TypeError):
        return None


def replay(merge: Merge, program: str, command: list[str], tally: Tally) -> None:
    """Let one program do a merge, and count what comes out."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for side in SIDES[:3]:
            (folder / side).write_bytes(merge.texts[side])
        (folder / "pyproject.toml").write_text(PYPROJECT)
        words = ["ours", "base", "theirs"] if program == "git" else ["base", "ours", "theirs"]
        if program != "git":
            words.append("a.ipynb")
        if program == "nbdime":
            words = ["base", "ours", "theirs", "7", "a.ipynb"]
        start = time.perf_counter()
        try:
            done = subprocess.run(
                [*command, *words], cwd=folder, capture_output=True, timeout=PATIENCE
            )
        except subprocess.TimeoutExpired:
            tally.counts["timeout"] += 1
            return
        tally.seconds.append(time.perf_counter() - start)
        merged = view((folder / "ours").read_bytes())
    if done.returncode == 0:
        tally.counts["clean"] += 1
        tally.counts["right"] += merged == view(merge.texts["result"])
    else:
        tally.counts["conflict"] += 1
        tally.counts["valid"] += merged is not None


def measure_merges(peers: Path, repositories: list[Path]) -> None:
    """Replay the merges of some repositories with each program, and print what came out."""
    commands = merge_commands(peers)
    tallies = {program: Tally() for program in commands}
    number = 0
    for repository in repositories:
        for merge in merges_in(repository):
            number += 1
            for program, command in commands.items():
                replay(merge, program, command, tallies[program])
    print(f"{number} merges of notebooks that both branches changed")
    heads = ("clean", "right", "conflict", "valid", "timeout")
    print(f"{'':12}" + "".join(f"{head:>10}" for head in (*heads, "longest s", "ratio")))
    for program, tally in tallies.items():
        ratio = sum(tally.seconds) / max(1e-9, sum(tallies["literate"].seconds))
        counts = "".join(f"{tally.counts[key]:>10}" for key in heads)
        print(f"{program:12}{counts}{max(tally.seconds, default=0):>10.2f}{ratio:>10.1f}")


def main(peers: str, folder: str, *repositories: str) -> None:
    """Print the tables."""
    notebooks = sorted(Path(folder).resolve().rglob("*.ipynb"))
    measure_filters(Path(peers).resolve(), notebooks)
    measure_folders(Path(peers).resolve(), notebooks)
    if repositories:
        measure_merges(Path(peers).resolve(), [Path(each).resolve() for each in repositories])


if __name__ == "__main__":
    main(*sys.argv[1:])
