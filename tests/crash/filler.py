"""Fills a real file system with a tape, recovers there, and says on standard output what it saw.

It is started inside a small file system of its own, with ballast in it. The tape grows until the
disk is full; then the ballast goes, and the tape is opened as the next process would.
"""

import sys
from pathlib import Path

from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.events import OrderAccepted
from engine.tape.errors import TapeFailed

GROUPS_MAX = 100_000
GROUP = 20


def fill(path: Path) -> tuple[int, bool]:
    """Commit groups until the disk refuses: what was durable, and whether there was room left."""
    tape = SqliteTape.open(path, reserve_bytes=200_000)
    had_room = tape.has_room()
    durable = 0
    try:
        for group in range(GROUPS_MAX):
            for number in range(GROUP):
                tape.append(group, "DU1", 0, OrderAccepted(f"{group}-{number}", "x" * 100))
            durable = tape.commit()
    except TapeFailed:
        assert not tape.has_room()
        tape.close()
        return durable, had_room
    raise AssertionError("the disk never filled up")


def main() -> None:
    """Fill, recover, go on; one line for the test to read."""
    folder = Path(sys.argv[1])
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(500_000))
    path = folder / "full.tape"
    durable, had_room = fill(path)
    ballast.unlink()
    reopened = SqliteTape.open(path)
    kept = reopened.head
    reopened.append(0, "DU1", 0, OrderAccepted("after"))
    reopened.commit()
    reopened.close()
    report = verify(path)
    sys.stdout.write(f"{had_room} {durable} {kept} {report.records} {report.reason}\n")


if __name__ == "__main__":
    main()
