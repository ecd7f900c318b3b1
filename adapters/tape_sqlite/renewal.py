"""A newer snapshot of a tape, made from the tape itself and beside whoever writes it.

What is on the disk is all that a state needs, so nobody has to stop to be copied: the durable
records are folded on from the last snapshot by a reader. `python -m adapters.tape_sqlite.renewal
FILE` does that in a process of its own, behind everybody else in the queue for the processor; it
says on standard error why it could not.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from adapters.tape_sqlite import snapshots
from adapters.tape_sqlite.files import Unreadable
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.room import RESERVE_BYTES
from engine.state import State
from engine.tape.errors import TapeError

_NICENESS = 10


def renew(path: str | Path, reserve_bytes: int = RESERVE_BYTES) -> int:
    """Fold what is durable of the tape at `path` and keep the state beside it; gives the record it
    holds after.

    Raises `TapeError` where there is no tape or it is damaged, `OSError` when the snapshot can not
    be written or would leave less than `reserve_bytes` free.
    """
    with SqliteTapeReader.open(path) as tape:
        state = snapshots.restore(path, tape) or State()
        for record in tape.records(state.seq):
            state.apply(record)
        snapshots.save(path, tape, state.seq, state.to_bytes(), reserve_bytes)
    return state.seq


def main(path: str) -> int:
    """Renew, and say what was wrong; 0 when the snapshot is there."""
    os.nice(_NICENESS)
    try:
        renew(path)
    except (OSError, TapeError, *Unreadable) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
