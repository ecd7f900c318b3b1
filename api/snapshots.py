"""When a tape in use gets a newer snapshot, and the process beside this one that makes it.

Every so many records, more of them as the tape grows: what a snapshot costs then stays a fixed
share of the work, and a restart a fixed share of the tape. A tape that grows fast waits for half a
minute all the same: whoever makes a snapshot takes processor time from those who serve. The state
that is served is not touched and nobody waits for it to be encoded, however large it is: another
process folds the tape. One that could not be made, for whatever reason, is a line in the log, and
the next start folds more. A process that ends takes a last one itself, unless that would hold up
its end.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Callable
from pathlib import Path

POLL_S = 1.0
SHARE = 10
"""A snapshot is due when the tape has grown by a tenth, if that is more than the setting."""
PATIENCE_S = 3_600.0
"""How long one may take."""
RECORDS_PER_S = 100_000
"""The state of how long a tape is surely encoded and written in a second: a fifth of what one core
of a small machine does.
"""
_RENEWAL = "adapters.tape_sqlite.renewal"

log = logging.getLogger("onetape.tape")


def is_quick(records: int, limit_s: float) -> bool:
    """Whether the state of a tape of so many records can be kept within the limit."""
    return records <= limit_s * RECORDS_PER_S


class Snapshots:
    """The snapshots of the tape in `file`, the newest of which holds after record `seq`. `durable`
    says how much of the tape is on the disk; none is made while fewer than `every` records are new,
    nor sooner than `pause_s` after the last one, or the start.
    """

    def __init__(
        self,
        file: Path,
        seq: int,
        every: int,
        durable: Callable[[], int],
        pause_s: float,
    ) -> None:
        self.file = file
        self._seq = seq
        self._every = every
        self._durable = durable
        self._pause_s = pause_s

    @property
    def is_due(self) -> bool:
        """Whether enough is new."""
        return self._durable() >= self._seq + max(self._every, self._seq // SHARE)

    async def run(self) -> None:
        """Keep them coming, until cancelled; none at all where `every` is 0."""
        wait_s = self._pause_s
        while self._every:
            await asyncio.sleep(wait_s)
            wait_s = POLL_S
            if self.is_due:
                self._seq = self._durable()
                await renew(self.file)
                wait_s = self._pause_s


async def renew(file: Path, patience_s: float = PATIENCE_S) -> bool:
    """Have a newer snapshot made of a tape; says whether it was."""
    try:
        async with asyncio.timeout(patience_s):
            why = await _complaint(file)
    except TimeoutError:
        why = f"not made within {patience_s:g} s"
    except OSError as error:  # a machine that is short of processes, files or memory
        why = str(error)
    if why:
        log.warning("%s: no snapshot was kept: %s", file, why)
    return not why


async def _complaint(file: Path) -> str:
    """Run the process that makes one; what it says went wrong, if anything did."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",  # what lies in this folder under the name of a package of ours is not meant
        "-m",
        _RENEWAL,
        str(file),
        stdin=DEVNULL,
        stdout=DEVNULL,
        stderr=PIPE,
        start_new_session=True,  # a Ctrl-C in the terminal is for the server, which ends this
    )
    try:
        _, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if not process.returncode:
        return ""
    return said.decode(errors="replace").strip() or f"exit status {process.returncode}"
