"""The line from a worker to its engine.

The engine belongs to one thread. In a free run the worker lives in that thread, and a call is a
call; elsewhere whoever runs the worker puts a ``call`` here that carries the function over, waits,
and brings back what it gave or raised. Everything a worker does to its engine goes through its one
line, so that it can be moved, or cut.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def direct(function: Callable[..., Any], *arguments: Any) -> Any:
    """Call at once: worker and engine are in one thread."""
    return function(*arguments)


class Line:
    """How to reach the engine now."""

    __slots__ = ("call",)

    def __init__(self, call: Callable[..., Any] = direct) -> None:
        self.call = call
        """Takes a function and its arguments; gives what the function gave."""
