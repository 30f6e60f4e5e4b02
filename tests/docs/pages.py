"""Helpers for the tests of the documentation: a small project, and the text of its pages."""

from __future__ import annotations

from literate.docs.draft_cache import MemoryCache
from literate.docs.settings import read_site_settings
from literate.docs.site import Pages, make_pages
from literate.project import Project

# A picture of one white pixel.
PIXEL = (
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsxbX3wAAAABJRU5ErkJggg=="
)


def pages_of(project: Project) -> Pages:
    """All pages of a project, without a cache."""
    return make_pages(project, read_site_settings(project), MemoryCache())


def body(text: str) -> str:
    """The text of a page without what stands above the first cell."""
    marker = 'class="literate-links"'
    return text.split(marker, 1)[1].partition("\n\n")[2] if marker in text else text


def with_outputs(source: str, *outputs: dict) -> dict:
    """A code cell with outputs."""
    return {
        "cell_type": "code",
        "id": "cell0001",
        "metadata": {},
        "execution_count": 1,
        "source": source,
        "outputs": list(outputs),
    }


def shown(**data: object) -> dict:
    """An output with data; the kinds are written `text_plain` and `image_svg+xml`."""
    kinds = {kind.replace("_", "/", 1): value for kind, value in data.items()}
    return {"output_type": "execute_result", "data": kinds, "metadata": {}, "execution_count": 1}


def printed(text: str, name: str = "stdout") -> dict:
    """An output of `print`."""
    return {"output_type": "stream", "name": name, "text": text}
