"""The checkout as the house tests see it: every Python file parsed once, with its imports resolved.

Files are read from disk, tracked or not, so that a rule speaks before the commit. Nothing of the
product is imported here.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("engine", "adapters", "api")
PYTHON_TREES = (*PACKAGES, "tests", "benchmarks", "examples")


@dataclass(frozen=True)
class Import:
    """One imported dotted name (`engine.orders.Order`), and where the statement stands."""

    module: str
    name: str
    line: int
    eager: bool

    @property
    def top(self) -> str:
        """The top-level package that the statement reaches."""
        return self.module.partition(".")[0]


@dataclass(frozen=True)
class Module:
    """A parsed source file: its path below the root, its dotted name, its text and tree."""

    path: str
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """The dotted name it is imported by."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def package(self) -> str:
        """The package that its relative imports start from."""
        return self.name if self.path.endswith("__init__.py") else self.name.rpartition(".")[0]

    def imports(self) -> list[Import]:
        """Every import in the file, also those inside functions and under TYPE_CHECKING."""
        return [found for node, eager in _walk(self.tree, True) for found in self._of(node, eager)]

    def _of(self, node: ast.AST, eager: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, "", node.lineno, eager)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parents = self.package.split(".")
                kept = parents[: len(parents) - node.level + 1]
                base = ".".join([*kept, base] if base else kept)
            for alias in node.names:
                yield Import(base, alias.name, node.lineno, eager)


def parse(path: str, text: str) -> Module:
    """Parse text as if it were the file at `path`; the rules try themselves on such files."""
    return Module(path, text, ast.parse(text))


@cache
def modules(*tops: str) -> tuple[Module, ...]:
    """Every Python file below the given top folders, in path order."""
    paths = sorted(path for top in tops for path in (ROOT / top).rglob("*.py"))
    return tuple(parse(path.relative_to(ROOT).as_posix(), path.read_text()) for path in paths)


def _walk(node: ast.AST, eager: bool) -> Iterator[tuple[ast.AST, bool]]:
    """Yield nodes with whether importing the module runs them."""
    for child in ast.iter_child_nodes(node):
        runs = eager and not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            runs = False
        yield child, runs
        yield from _walk(child, runs)
