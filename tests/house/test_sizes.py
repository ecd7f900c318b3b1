"""Sizes tell the truth: a file has one noun, a function fits a screen, a line fits a page.

A file that wants to be longer has a noun in it that has not been found yet.
"""

import ast

import pytest

from tests.house.tree import PYTHON_TREES, Module, modules, parse

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
LINE_COLUMNS_MAX = 100


def violations(module: Module) -> list[str]:
    """What is too long in a module, each as `path:line what`."""
    lines = module.text.splitlines()
    found = []
    if len(lines) > FILE_LINES_MAX:
        found.append(f"{module.path} has {len(lines)} lines")
    for number, line in enumerate(lines, start=1):
        if len(line) > LINE_COLUMNS_MAX:
            found.append(f"{module.path}:{number} has {len(line)} columns")
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > FUNCTION_LINES_MAX:
                found.append(f"{module.path}:{node.lineno} {node.name} has {length} lines")
    return found


def test_every_file_function_and_line_has_a_readable_size() -> None:
    assert [line for module in modules(*PYTHON_TREES) for line in violations(module)] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("\n" * FILE_LINES_MAX, 0),
        ("\n" * (FILE_LINES_MAX + 1), 1),
        ("#" * LINE_COLUMNS_MAX, 0),
        ("#" * (LINE_COLUMNS_MAX + 1), 1),
        ("def f():\n" + "    pass\n" * (FUNCTION_LINES_MAX - 1), 0),
        ("def f():\n" + "    pass\n" * FUNCTION_LINES_MAX, 1),
    ],
)
def test_each_limit_holds_exactly(text: str, count: int) -> None:
    assert len(violations(parse("engine/x.py", text))) == count
