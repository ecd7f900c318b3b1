"""A live worker as a process of its own, heard line by line and ended by its pid."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from pathlib import Path

from tests.api.command import COMMAND

WAIT_S = 20.0
LIFE_S = 120.0


class Worker:
    """A running `onetape worker`."""

    def __init__(self, *arguments: str | Path) -> None:
        self.process = subprocess.Popen(
            [COMMAND, "worker", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)

    def wait_for(self, text: str, times: int) -> None:
        """Wait until it has said ``text`` in so many lines, or for a second after it said ready."""
        until = time.monotonic() + WAIT_S
        while sum(text in line for line in self.said) < times:
            if text == "ready" and any("ready" in line for line in self.said):
                time.sleep(1.5)
                return
            assert self.process.poll() is None, self.said
            assert time.monotonic() < until, self.said
            time.sleep(0.02)

    def finish(self, timeout_s: float = LIFE_S) -> list[str]:
        """Wait until it ends by itself, which it must do well; everything that it said."""
        try:
            assert self.process.wait(timeout_s) == 0, self.said
        finally:
            self.stop()
        return self.said

    def stop(self) -> list[str]:
        """Ask it to leave; everything that it said."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(WAIT_S)
        self._listening.join(WAIT_S)
        if self.process.stderr is not None:
            self.process.stderr.close()
        return self.said
