"""Arrows point inwards: the engine knows nobody, adapters and APIs know the engine.

Only the composition root knows both sides. The rules read imports from the syntax tree, so an
import inside a function or under TYPE_CHECKING counts as well.
"""

import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.house.tree import PACKAGES, Module, modules, parse

ENGINE_MAY_IMPORT = {"engine", "msgspec", "numpy"}
# The files that wire adapters to APIs. Keep this list short: everything else takes ports.
COMPOSITION_ROOT = {"api/app.py", "api/compose.py"}


def violations(module: Module) -> list[str]:
    """The imports of a module that point outwards, each as `path:line imports name`."""
    package = module.path.partition("/")[0]
    found = []
    for imported in module.imports():
        if package == "engine":
            legal = imported.top in ENGINE_MAY_IMPORT or imported.top in sys.stdlib_module_names
        elif package == "adapters":
            legal = imported.top != "api"
        else:
            legal = imported.top != "adapters" or module.path in COMPOSITION_ROOT
        if not legal:
            found.append(f"{module.path}:{imported.line} imports {imported.module}")
        if imported.top in {"tests", "benchmarks", "examples"}:
            found.append(f"{module.path}:{imported.line} imports {imported.module}")
    return found


def test_every_import_points_inwards() -> None:
    assert [line for module in modules(*PACKAGES) for line in violations(module)] == []


def test_importing_any_module_first_works_because_no_two_wait_for_each_other() -> None:
    known = {module.name for module in modules(*PACKAGES)}
    graph: dict[str, set[str]] = {}
    for module in modules(*PACKAGES):
        eager = [each for each in module.imports() if each.eager and each.top in PACKAGES]
        names = {f"{each.module}.{each.name}" for each in eager}
        reached = {name if name in known else name.rpartition(".")[0] for name in names}
        graph[module.name] = reached - {module.name}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("import cycle: " + " -> ".join(error.args[1]))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engine/orders.py", "import starlette"),
        ("engine/orders.py", "def f():\n    from adapters.brokers import simulator"),
        ("engine/tape/chain.py", "from ...api import app"),
        ("adapters/brokers/x.py", "if TYPE_CHECKING:\n    from api.app import build"),
        ("api/cli.py", "from adapters.tape_sqlite import SqliteTape"),
        ("api/streams.py", "from tests import builders"),
    ],
)
def test_an_outward_import_is_found(path: str, text: str) -> None:
    assert len(violations(parse(path, text))) == 1


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("engine/orders.py", "import msgspec, decimal\nfrom engine.values import Side"),
        ("engine/tape/chain.py", "from . import record\nfrom ..events import Event"),
        ("adapters/brokers/x.py", "from engine.ports import Broker\nimport pyarrow"),
        ("api/app.py", "from adapters.tape_sqlite import SqliteTape"),
    ],
)
def test_an_inward_import_passes(path: str, text: str) -> None:
    assert violations(parse(path, text)) == []
