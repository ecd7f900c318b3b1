"""What is public is public on purpose: modules say what they promise and keep their privates.

Every module opens with a docstring. A module that lists `__all__` lists all of its public classes
and functions and nothing that is missing. A name with a leading underscore stays in its package.
"""

import ast
from collections.abc import Iterator

import pytest

from tests.house.tree import PACKAGES, PYTHON_TREES, Module, modules, parse


def violations(module: Module) -> list[str]:
    """Where a module's public face is undocumented, wrong or bypassed, as `path what`."""
    found = []
    if not ast.get_docstring(module.tree):
        found.append(f"{module.path} has no docstring")
    listed = _listed(module)
    if listed is not None:
        bound, defined = set(_bound(module.tree.body)), set(_defined(module))
        found += [f"{module.path} lists absent {name}" for name in sorted(set(listed) - bound)]
        found += [f"{module.path} omits {name}" for name in sorted(defined - set(listed))]
        if len(set(listed)) != len(listed):
            found.append(f"{module.path} lists a name twice")
    return found


def trespasses(module: Module) -> list[str]:
    """Imports of another package's private names or modules, as `path:line what`."""
    found = []
    for imported in module.imports():
        parts = [*imported.module.split("."), imported.name]
        private = any(part.startswith("_") and not part.startswith("__") for part in parts)
        inside = f"{imported.module}.".startswith(f"{module.package}.")
        if imported.top in PACKAGES and private and not inside:
            found.append(f"{module.path}:{imported.line} {'.'.join(parts)}")
    return found


def _listed(module: Module) -> list[str] | None:
    for node in module.tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(each, ast.Name) and each.id == "__all__" for each in targets):
                return list(ast.literal_eval(node.value)) if node.value else []
    return None


def _defined(module: Module) -> Iterator[str]:
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    named = (node.name for node in module.tree.body if isinstance(node, definitions))
    return (name for name in named if not name.startswith("_"))


def _bound(body: list[ast.stmt]) -> Iterator[str]:
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Import() | ast.ImportFrom():
                yield from (alias.asname or alias.name for alias in node.names)
            case ast.Assign() | ast.AnnAssign():
                yield from _names(node)
            case ast.If() | ast.Try():
                yield from _bound(node.body)
                yield from _bound(node.orelse)


def _names(node: ast.AST) -> Iterator[str]:
    return (each.id for each in ast.walk(node) if isinstance(each, ast.Name))


def test_every_module_says_what_it_promises_and_lists_what_it_offers() -> None:
    assert [line for module in modules(*PYTHON_TREES) for line in violations(module)] == []


def test_no_package_reaches_into_the_private_names_of_another() -> None:
    assert [line for module in modules(*PACKAGES) for line in trespasses(module)] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ('"""Says."""', 0),
        ("x = 1", 1),
        ('"""Says."""\n__all__ = ["f"]\ndef f(): pass', 0),
        ('"""Says."""\n__all__ = ["LIMIT", "f"]\nfrom engine.x import f\nLIMIT: int = 1', 0),
        ('"""Says."""\n__all__ = ["g"]\ndef f(): pass', 2),
        ('"""Says."""\n__all__ = ["f", "f"]\ndef f(): pass', 1),
        ('"""Says."""\n__all__ = ["f"]\ndef f(): pass\ndef _g(): pass', 0),
    ],
)
def test_a_wrong_public_face_is_found(text: str, count: int) -> None:
    assert len(violations(parse("engine/x.py", text))) == count


@pytest.mark.parametrize(
    ("path", "text", "count"),
    [
        ("api/trading/routes.py", "from engine.orders import _fold", 1),
        ("api/trading/routes.py", "from engine._words import fold", 1),
        ("engine/core.py", "from engine.orders import _fold", 0),
        ("engine/core.py", "from engine.orders import fold", 0),
        ("api/cli.py", "from typing import __all__", 0),
    ],
)
def test_a_private_name_stays_in_its_package(path: str, text: str, count: int) -> None:
    assert len(trespasses(parse(path, text))) == count
