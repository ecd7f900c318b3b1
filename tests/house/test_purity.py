"""The core is synchronous and blind: no coroutine, clock, chance, file or socket in `engine/`.

A banned name is a violation wherever it is mentioned, not only where it is called, because a
clock passed as a default argument is a clock all the same. Aliases are followed.
"""

import ast

import pytest

from tests.house.tree import Module, modules, parse

BANNED_NAMES = {
    "datetime.date.today",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "numpy.fromfile",
    "numpy.load",
    "numpy.memmap",
    "numpy.random",
    "numpy.save",
    "time.clock_gettime",
    "time.clock_gettime_ns",
    "time.gmtime",
    "time.localtime",
    "time.monotonic",
    "time.monotonic_ns",
    "time.perf_counter",
    "time.perf_counter_ns",
    "time.process_time",
    "time.sleep",
    "time.time",
    "time.time_ns",
    "uuid.uuid1",
    "uuid.uuid4",
}
# Only their call is banned: a bar may well have a field named `open`.
BANNED_BUILTINS = {"input", "open"}
BANNED_MODULES = {
    "asyncio",
    "multiprocessing",
    "os",
    "pathlib",
    "random",
    "secrets",
    "select",
    "shutil",
    "signal",
    "socket",
    "sqlite3",
    "ssl",
    "subprocess",
    "tempfile",
    "urllib",
}
ASYNCHRONOUS = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)


def violations(module: Module) -> list[str]:
    """Everything in the module that waits, or that reads the world, as `path:line what`."""
    origins = _origins(module)
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ASYNCHRONOUS):
            found.append(f"{module.path}:{node.lineno} {type(node).__name__}")
        elif isinstance(node, ast.Call) and _dotted(node.func, {}) in BANNED_BUILTINS:
            found.append(f"{module.path}:{node.lineno} calls {ast.unparse(node.func)}")
        elif isinstance(node, ast.Name | ast.Attribute):
            dotted = _dotted(node, origins)
            if dotted in BANNED_NAMES:
                found.append(f"{module.path}:{node.lineno} {dotted}")
    return found + [
        f"{module.path}:{imported.line} imports {imported.module}"
        for imported in module.imports()
        if imported.top in BANNED_MODULES
    ]


def _origins(module: Module) -> dict[str, str]:
    """What each imported local name stands for: `dt` for `datetime`, `now` for `time.time`."""
    origins = {}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top = alias.name.partition(".")[0]
                origins[alias.asname or top] = alias.name if alias.asname else top
        elif isinstance(node, ast.ImportFrom) and not node.level:
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return origins


def _dotted(node: ast.expr, origins: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return origins.get(node.id, node.id)
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, origins)
        return f"{base}.{node.attr}" if base else ""
    return ""


def test_the_engine_neither_waits_nor_looks_at_the_world() -> None:
    assert [line for module in modules("engine") for line in violations(module)] == []


@pytest.mark.parametrize(
    "text",
    [
        "async def f(): pass",
        "import time\ntime.time()",
        "import time as t\ndef f(clock=t.monotonic_ns): pass",
        "from time import time_ns as now\nnow()",
        "from datetime import datetime\ndatetime.now()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from uuid import uuid4\nuuid4()",
        "import random",
        "from os import urandom",
        "import numpy as np\nnp.random.default_rng(1)",
        "open('file')",
    ],
)
def test_a_look_at_the_world_is_found(text: str) -> None:
    assert len(violations(parse("engine/x.py", text))) == 1


@pytest.mark.parametrize(
    "text",
    [
        "from datetime import datetime\nopened: datetime",
        "order.open()",
        "class Bars:\n    open: int\n    close: int",
        "clock.now()",
        "import datetime\ndatetime.datetime.fromtimestamp(0, datetime.UTC)",
    ],
)
def test_a_pure_line_passes(text: str) -> None:
    assert violations(parse("engine/x.py", text)) == []
