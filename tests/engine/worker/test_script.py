"""A worker's file is run in a namespace of its own, and what is wrong with it is named by line."""

from __future__ import annotations

import sys
import time
from textwrap import dedent

import pytest

from engine.worker.errors import WorkerError, WorkerStopped
from engine.worker.script import Script
from tests.engine.worker.test_clock import START, Hands


def load(source: str, path: str = "folder/mine.py") -> Script:
    """Run a file's text."""
    return Script(dedent(source), path, Hands())


def test_the_callbacks_are_found_by_name() -> None:
    script = load("def tick(ctx): return 5\nsetup = 3")
    tick = script.callback("tick")
    assert tick is not None
    assert tick(None) == 5
    assert script.callback("setup") is None
    assert script.name == "mine"


@pytest.mark.parametrize(
    "how",
    [
        "import time; return time.time_ns()",
        "import time as t; return t.time_ns()",
        "from time import time_ns; return time_ns()",
        "import datetime; return int(datetime.datetime.now().timestamp())",
        "from datetime import datetime; return int(datetime.now().timestamp())",
        "return __import__('time').time_ns()",
        "return eval(\"__import__('time').time_ns()\")",
    ],
)
def test_every_way_to_import_a_clock_finds_the_workers(how: str) -> None:
    tick = load(f"def tick(ctx): {how}").callback("tick")
    assert tick is not None
    assert tick(None) in (START, START // 10**9)


def test_nobody_elses_clock_is_touched() -> None:
    load("import time, datetime\ndef tick(ctx): pass")
    assert time.time_ns() > START + 10**15
    assert sys.modules["time"] is time


def test_other_imports_and_annotations_work_as_anywhere() -> None:
    script = load("""
    from __future__ import annotations
    import os.path
    from collections import deque
    from dataclasses import dataclass
    from typing import ClassVar

    @dataclass
    class Pair:
        left: int
        kind: ClassVar[str] = "pair"

    def tick(ctx: object) -> object:
        return Pair(1).left, os.path.basename("a/b"), deque([1])[0]
    """)
    tick = script.callback("tick")
    assert tick is not None
    assert tick(None) == (1, "b", 1)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def tick(ctx):\n    retrun 1", r"^folder/mine\.py:2: invalid syntax"),
        ("x = 1\ny = x / 0", r"^folder/mine\.py:2: ZeroDivisionError: division by zero$"),
        ("\n\nfrom .near import x", r"^folder/mine\.py:3: ImportError: "),
        ("raise KeyError", r"^folder/mine\.py:1: KeyError$"),
        ("", r"^folder/mine\.py defines none of setup, tick, on_bar"),
        ("def on_tick(ctx): pass", r"^folder/mine\.py: on_tick is not a callback; expected one of"),
        ("x = '\x00'", r"^folder/mine\.py: source code string cannot contain null bytes"),
    ],
)
def test_what_is_wrong_with_a_file_is_named_by_line(source: str, said: str) -> None:
    with pytest.raises(WorkerError, match=said):
        load(source)


def test_blame_falls_on_the_deepest_line_of_the_worker() -> None:
    script = load("""
    def tick(ctx):
        helper(ctx)

    def helper(ctx):
        int("x")
    """)
    tick = script.callback("tick")
    assert tick is not None
    with (
        pytest.raises(WorkerError, match=r"^folder/mine\.py:6 in helper: ValueError: invalid"),
        script.blamed(),
    ):
        tick(None)


def test_errors_of_others_and_orders_to_stop_pass_through() -> None:
    script = load("def tick(ctx): pass")
    with pytest.raises(ValueError, match="ours"), script.blamed():
        raise ValueError("ours")
    with pytest.raises(WorkerStopped), script.blamed():
        raise WorkerStopped
