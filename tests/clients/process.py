"""A server as a process of its own: the installed command, awaited, and ended by its pid."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

from tests.api.command import COMMAND

READY = re.compile(r"^ready: (http://\S+)")
READY_TIMEOUT_S = 15.0
END_TIMEOUT_S = 15.0


class Served:
    """A running `onetape` command that serves at `url`."""

    def __init__(
        self, *arguments: str | Path, cwd: Path | None = None, command: Sequence[str] = (COMMAND,)
    ) -> None:
        self.process = subprocess.Popen(
            [*command, *map(str, arguments), "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=cwd,
        )
        self.said: list[str] = []
        self._lines: Queue[str | None] = Queue()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()
        self.url = self._wait_until_ready()

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said.append(line)
            self._lines.put(line)
        self._lines.put(None)

    def _wait_until_ready(self) -> str:
        while True:
            try:
                line = self._lines.get(timeout=READY_TIMEOUT_S)
            except Empty:
                self.kill()
                raise AssertionError(f"no ready line in time, only {self.said}") from None
            if line is None:
                raise AssertionError(f"ended before it was ready: {self.said}")
            found = READY.match(line)
            if found:
                return found[1]

    def finish(self, timeout_s: float = END_TIMEOUT_S) -> str:
        """Wait for its end and give what it printed; it must have ended well."""
        assert self.process.stdout is not None
        printed = self.process.stdout.read()
        assert self.process.wait(timeout_s) == 0, self.said
        self._listening.join(timeout_s)
        return printed

    def stop(self) -> str:
        """Ask it to shut down, as an operator does."""
        self.process.send_signal(signal.SIGTERM)
        return self.finish()

    def kill(self) -> None:
        """End it without a word, as a crash does."""
        self.process.kill()
        self.process.wait(END_TIMEOUT_S)
        self._listening.join(END_TIMEOUT_S)


@contextmanager
def served(
    *arguments: str | Path, cwd: Path | None = None, command: Sequence[str] = (COMMAND,)
) -> Iterator[Served]:
    """A server that is gone when the block is left."""
    server = Served(*arguments, cwd=cwd, command=command)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.kill()
        for stream in (server.process.stdout, server.process.stderr):
            if stream is not None:
                stream.close()
