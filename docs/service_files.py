"""Write the files for GitHub and GitLab into docs/ci.md: `python docs/service_files.py`.

In the page, such a file stands between `<!-- file of GitHub -->` and `<!-- end -->`. It is the one
that `literate new` writes.
"""

from __future__ import annotations

import re
from pathlib import Path

from literate.scaffold.facts import Facts
from literate.scaffold.service_files import github_file, gitlab_file

PAGE = Path(__file__).parent / "ci.md"
FILE = re.compile(r"<!-- file of (GitHub|GitLab) -->\n.*?<!-- end -->", re.DOTALL)
FACTS = Facts("my-library", "my_library", "", "", "none", "")


def with_files(text: str) -> str:
    """The page with its files made anew."""
    files = {"GitHub": github_file(FACTS), "GitLab": gitlab_file(FACTS)}

    def replacement(match: re.Match[str]) -> str:
        name = match[1]
        return f"<!-- file of {name} -->\n```yaml\n{files[name]}```\n<!-- end -->"

    return FILE.sub(replacement, text)


def main() -> None:
    """Write both files into the page."""
    PAGE.write_text(with_files(PAGE.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()
