"""A job in a thread of its own, which has the waiting thread make its calls, for a limited time.

A worker's farewell may never end, and an engine belongs to one thread. So the farewell runs beside,
every call it makes is carried over here and back, and when the time is up nothing more is carried:
its next call raises, and so does its code, wherever it loops. What belongs to this thread is never
touched by the other.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from engine.worker.errors import WorkerStopped

Errand = tuple[Callable[..., Any], tuple[Any, ...], "Future[Any]"]


class Errands:
    """Carries calls from one job to the thread that attends it."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Errand | None] = SimpleQueue()
        self._is_over = False

    def call(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Have the attending thread call; what it gave or raised. For the job's thread."""
        answer: Future[Any] = Future()
        self._queue.put((function, arguments, answer))
        # Looked at after putting: what is put later than the last look of `_cut` is seen here.
        if self._is_over:
            raise WorkerStopped("time is up")
        return answer.result()

    def attend(self, job: Callable[[], None], timeout_s: float) -> bool:
        """Run ``job`` beside, and its calls here, until it has ended; raises what it raised. False
        when it had not ended in ``timeout_s`` and was cut off.
        """
        raised: list[BaseException] = []

        def work() -> None:
            try:
                job()
            except BaseException as error:  # noqa: BLE001  it is raised where it is waited for
                raised.append(error)
            self._queue.put(None)

        thread = Thread(target=work, name="worker-farewell", daemon=True)
        thread.start()
        ended = self._serve(monotonic() + timeout_s)
        if not ended:
            self._cut(thread)
        elif raised:
            raise raised[0]
        return ended

    def _serve(self, until: float) -> bool:
        """Make calls until the job has ended, which is True, or the time is up."""
        while (left := until - monotonic()) > 0:
            try:
                errand = self._queue.get(timeout=left)
            except Empty:
                break
            if errand is None:
                return True
            _run(errand)
        return False

    def _cut(self, thread: Thread) -> None:
        """Refuse what the job still asks for, and have its code end if it only loops."""
        self._is_over = True
        break_off(thread)
        while not self._queue.empty():
            errand = self._queue.get()
            if errand is not None:
                errand[2].set_exception(WorkerStopped("time is up"))


def break_off(thread: Thread) -> None:
    """Have WorkerStopped raised wherever ``thread`` is in its Python code. Only for a thread that
    runs nobody's code but a worker's: what it is in the middle of stays half done.
    """
    stopped = ctypes.py_object(WorkerStopped)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), stopped)


def _run(errand: Errand) -> None:
    function, arguments, answer = errand
    try:
        answer.set_result(function(*arguments))
    except Exception as error:  # noqa: BLE001  it is raised where the call was made
        answer.set_exception(error)
