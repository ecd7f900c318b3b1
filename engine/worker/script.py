"""A worker's file, loaded: run once in a namespace of its own, its callbacks found by name.

The namespace is an ordinary module but for its ``import``, which hands out the ``time`` and
``datetime`` of the worker's clock. Whoever loads has read the text; nothing is read here.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from engine.worker.clock import Clock, datetime_module, time_module
from engine.worker.errors import WorkerError, raised_in

CALLBACKS = ("setup", "tick", "on_bar", "on_quote", "on_order", "on_trade", "on_stop")

Callback = Callable[..., object]


class Script:
    """The callbacks that a worker's file defines; the others are None."""

    def __init__(self, source: str, path: str, clock: Clock) -> None:
        self.path = path
        self.name = path.replace("\\", "/").rpartition("/")[2].removesuffix(".py")
        namespace = _run(source, path, f"worker:{self.name}", clock)
        self._callbacks = _callbacks(namespace, path)

    def callback(self, name: str) -> Callback | None:
        """The function that the file defines as ``name``, one of ``CALLBACKS``."""
        return self._callbacks.get(name)

    @contextmanager
    def blamed(self) -> Iterator[None]:
        """Raise WorkerError for what passes through the worker's lines inside; what it had no part
        in passes as it is.
        """
        try:
            yield
        except Exception as error:
            fault = raised_in(self.path, error)
            if fault is None:
                raise
            raise fault from error


def _run(source: str, path: str, name: str, clock: Clock) -> dict[str, Any]:
    """Execute the file, and give what it defined; raises WorkerError for what it raises."""
    module = ModuleType(name)
    module.__file__ = path
    space = vars(module)
    space["__builtins__"] = {**vars(builtins), "__import__": _importer(clock)}
    # Dataclasses and type hints look their module up by name; no import statement says this one.
    sys.modules[name] = module
    try:
        exec(compile(source, path, "exec", dont_inherit=True), space)
    except Exception as error:
        raise (raised_in(path, error) or WorkerError(f"{path}: {error}")) from error
    return space


def _importer(clock: Clock) -> Callable[..., Any]:
    """An ``import`` that knows whose clock it is."""
    own = {"time": time_module(clock), "datetime": datetime_module(clock)}

    def bring(
        name: str,
        globals: Any = None,  # noqa: A002  as the language calls it
        locals: Any = None,  # noqa: A002
        fromlist: tuple[str, ...] | None = (),
        level: int = 0,
    ) -> Any:
        if level:
            raise ImportError("a worker is one file and has no package to import from")
        return own.get(name) or builtins.__import__(name, globals, locals, fromlist or (), 0)

    return bring


def _callbacks(space: dict[str, Any], path: str) -> dict[str, Callback]:
    """The callbacks in a namespace; WorkerError for none at all, or one that is misspelt."""
    found = {name: space[name] for name in CALLBACKS if callable(space.get(name))}
    known = ", ".join(CALLBACKS)
    for name, value in space.items():
        if name.startswith("on_") and callable(value) and name not in CALLBACKS:
            raise WorkerError(f"{path}: {name} is not a callback; expected one of {known}")
    if not found:
        raise WorkerError(f"{path} defines none of {known}")
    return found
