"""The documentation cannot rot: what exists in the code stands under `docs/reference/`.

Tables of events, errors, capabilities and settings, and the picture of an order's life, are
generated and must be fresh (`make docs`). Every path that a `Route` in `api/` declares must be
named in the reference. Relative links lead somewhere, and the index leads to every page.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.house import reference
from tests.house.tree import ROOT, Module, modules, parse

DOCS = ROOT / "docs"
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def dead_links(page: Path) -> list[str]:
    """The relative links of a page that lead nowhere, as `page -> target`."""
    targets = LINK.findall(page.read_text())
    return [f"{page.name} -> {each}" for each in targets if not (page.parent / each).exists()]


def routes(module: Module) -> list[str]:
    """The paths that a module declares: the first argument of every call to some `...Route`."""
    found = []
    for node in ast.walk(module.tree):
        match node:
            case ast.Call(func=func, args=[ast.Constant(value=str(path)), *_]):
                if ast.unparse(func).endswith("Route") and path.startswith("/"):
                    found.append(path)
    return found


def names_path(text: str, path: str) -> bool:
    """Say whether a code span names the path, with or without a method and a prefix before it."""
    return re.search(rf"`(?:[A-Z]+ )?(?:/v1)?{re.escape(path)}(?:\?[^`]*)?`", text) is not None


@pytest.mark.parametrize("page", reference.PAGES)
def test_every_generated_part_is_fresh(page: str) -> None:
    written = (DOCS / f"{page}.md").read_text()
    assert written == reference.render(page), "run: make docs"


def test_every_route_is_named_in_the_reference() -> None:
    text = "\n".join(page.read_text() for page in sorted((DOCS / "reference").glob("*.md")))
    declared = {path for module in modules("api") for path in routes(module)}
    assert sorted(path for path in declared if not names_path(text, path)) == []


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


def test_a_declared_route_is_found() -> None:
    text = 'Route("/orders/{order_id}", f)\nrouting.WebSocketRoute("/ws", g)\nOther("/no")'
    assert sorted(routes(parse("api/x.py", text))) == ["/orders/{order_id}", "/ws"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("`/orders`", True),
        ("`GET /orders`", True),
        ("`GET /v1/orders?status=OPEN`", True),
        ("/orders", False),
        ("`GET /orders/history`", False),
    ],
)
def test_a_path_is_named_by_a_code_span(text: str, named: bool) -> None:
    assert names_path(text, "/orders") is named
