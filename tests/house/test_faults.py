"""Every fault in `docs/concepts/faults.md` has a promise, and the tests that it names exist."""

import ast
import re

import pytest

from tests.house.tree import ROOT

PAGE = ROOT / "docs" / "concepts" / "faults.md"
NAME = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


def names(text: str) -> list[tuple[str, str]]:
    """The tests that a text names: file and function."""
    return NAME.findall(text)


def exists(path: str, function: str) -> bool:
    """Whether a file has a test function of this name."""
    file = ROOT / path
    if not file.is_file():
        return False
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    body = ast.walk(ast.parse(file.read_text()))
    return any(isinstance(node, kinds) and node.name == function for node in body)


def test_every_fault_names_a_test() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    faults = [row for row in rows if not row.startswith("| Fault |")]
    assert len(faults) > 30
    assert [row for row in faults if not names(row)] == []


@pytest.mark.parametrize(("path", "function"), names(PAGE.read_text()))
def test_every_test_that_is_named_exists(path: str, function: str) -> None:
    assert exists(path, function)


def test_a_test_that_does_not_exist_is_missed() -> None:
    assert not exists("tests/house/test_faults.py", "test_nothing")
    assert not exists("tests/house/test_nothing.py", "test_nothing")
