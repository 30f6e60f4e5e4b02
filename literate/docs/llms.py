"""llms.txt: the contents of a site for language models, with links to the pages as Markdown."""

from __future__ import annotations

from .contents import Section
from .settings import SiteSettings


def llms_text(settings: SiteSettings, contents: Section) -> str:
    """The text of llms.txt, as https://llmstxt.org describes it."""
    lines = [f"# {settings.title}", ""]
    if settings.description:
        lines += [f"> {settings.description}", ""]
    lines += _section(settings, contents, "Pages")
    return "\n".join(lines).rstrip() + "\n"


def _section(settings: SiteSettings, section: Section, title: str) -> list[str]:
    """The pages of a section, and below them those of its sections."""
    lines = []
    pages = [entry for entry in section.entries if not isinstance(entry, Section)]
    if pages:
        lines += [f"## {title}", ""]
    for draft in pages:
        address = f"{settings.url}{draft.page.removesuffix('.md')}.html.md"
        summary = f": {draft.summary}" if draft.summary else ""
        lines.append(f"- [{draft.title}]({address}){summary}")
    if pages:
        lines.append("")
    for entry in section.entries:
        if isinstance(entry, Section):
            lines += _section(settings, entry, entry.title)
    return lines
