"""The thread that makes a tape durable while the engine goes on.

The engine's thread calls `wake` when a command is done; everything appended up to that moment goes
to the disk together, so the facts of one command are durable together or not at all. While a sync
runs, later commands gather for the next one: the busier the tape, the larger its groups.
"""

from __future__ import annotations

import sys
from queue import Empty, SimpleQueue
from threading import Thread

from adapters.tape_sqlite.tape import SqliteTape
from engine.tape.errors import TapeFailed

STOP_TIMEOUT_S = 30.0

SWITCH_INTERVAL_S = 0.0005
"""How long a busy thread may keep the interpreter from this one. A commit gives it up and needs it
back at every step into SQLite; at Python's usual 5 ms a group of 64 took 186 ms beside a loop that
never rested, at this it took 1.4 ms.
"""


class Committer:
    """Commits a tape in a thread of its own, from `start` to `stop`; also a context manager.

    When the tape fails the thread ends; the tape's `on_failure` callbacks have said so by then.
    """

    def __init__(self, tape: SqliteTape) -> None:
        self._tape = tape
        self._marks: SimpleQueue[int | None] = SimpleQueue()
        self._asked = 0
        self._thread = Thread(target=self._run, name="tape-committer", daemon=True)

    def start(self) -> None:
        """Begin; call once. Lowers the interpreter's switch interval for the whole process."""
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_S))
        self._thread.start()

    def wake(self) -> None:
        """Have everything appended so far committed soon; called by the appending thread."""
        head = self._tape.head
        if head != self._asked:
            self._asked = head
            self._marks.put(head)

    def stop(self, timeout_s: float = STOP_TIMEOUT_S) -> None:
        """Commit what is left and end the thread; raises `TimeoutError` if the disk hangs."""
        self._marks.put(None)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"{self._tape.path} was not committed within {timeout_s} s")

    def __enter__(self) -> Committer:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self) -> None:
        try:
            while (mark := self._newest_mark()) is not None:
                self._tape.commit(mark)
            self._tape.commit()
        except TapeFailed:
            return  # told through on_failure, with the cause

    def _newest_mark(self) -> int | None:
        """Wait for a mark and take every other one that has come with it."""
        mark = self._marks.get()
        try:
            while mark is not None:
                mark = self._marks.get_nowait()
        except Empty:
            pass
        return mark
