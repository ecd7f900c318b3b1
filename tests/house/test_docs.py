"""The documentation cannot rot: what exists in the code stands under `docs/reference/`.

Tables of events, errors, capabilities and settings are generated and must be fresh (`make docs`).
Routes are read from the application and must be named, method and path. Relative links lead
somewhere.
"""

import re
from pathlib import Path

import pytest

from tests.house import reference
from tests.house.tree import ROOT

DOCS = ROOT / "docs"
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def dead_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere, as `page -> target`."""
    targets = LINK.findall(page.read_text())
    return [f"{page.name} -> {each}" for each in targets if not (page.parent / each).exists()]


@pytest.mark.parametrize("page", reference.PAGES)
def test_the_generated_tables_are_fresh(page: str) -> None:
    written = (DOCS / "reference" / f"{page}.md").read_text()
    assert written == reference.render(page), "run: make docs"


def test_every_relative_link_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *DOCS.rglob("*.md")]
    assert [link for page in sorted(pages) for link in dead_links(page)] == []


def test_every_page_is_reached_from_the_index() -> None:
    linked = {(DOCS / each).resolve() for each in LINK.findall((DOCS / "index.md").read_text())}
    pages = {page for page in DOCS.rglob("*.md") if page.parent.name != "changes"}
    assert sorted(page.name for page in pages - linked - {DOCS / "index.md"}) == []


def test_a_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("[self](page.md) [web](https://example.com) [part](#part) [gone](gone.md#x)")
    assert dead_links(page) == ["page.md -> gone.md"]
