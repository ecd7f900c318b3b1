"""Raises short-lived writers of a tape, each a process of its own, quickly enough to kill hundreds.

It imports once and forks for every life that is asked for on standard input. A child says its
number, then what it opened, then acknowledges every record only after it is durable. When the child
is dead the nursery says so, after everything the child had said.
"""

import os
import random
import signal
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import NoReturn

from adapters.tape_sqlite import snapshots
from adapters.tape_sqlite.committer import Committer
from adapters.tape_sqlite.tape import SqliteTape
from engine.events import OrderAccepted

GROUP_MAX = 8
SNAPSHOT_EVERY = 10
SAVED_AT_ONCE = 20_000


def say(line: str) -> None:
    """One line to whoever listens, in one write, so that lines of two processes never mix."""
    os.write(1, f"{line}\n".encode())


def main() -> None:
    """Raise one child for each line `kind life path` until there are no more."""
    for line in sys.stdin:
        kind, life, path = line.rstrip("\n").split(" ", 2)
        child = os.fork()
        if child == 0:
            KINDS[kind](int(life), Path(path))
        os.waitpid(child, 0)
        say("gone")


def groups(life: int, tape: SqliteTape) -> Iterator[str]:
    """Append groups of facts for ever; yields the id of each group's last fact."""
    dice = random.Random(life)
    numbers = count()
    while True:
        for _ in range(dice.randint(1, GROUP_MAX)):
            order_id = f"{life}-{next(numbers)}"
            tape.append(next(numbers), "DU1", 0, OrderAccepted(order_id, "x" * dice.randint(0, 99)))
        yield order_id


def direct(life: int, path: Path) -> NoReturn:
    """Commit every group in the thread that appends."""
    say(f"pid {os.getpid()}")
    tape = SqliteTape.open(path)
    say(f"open {tape.head}")
    for turn, order_id in enumerate(groups(life, tape)):
        tape.commit()
        say(f"ack {tape.durable} {order_id}")
        if turn % SNAPSHOT_EVERY == 0:
            snapshots.save(path, tape, tape.durable, str(tape.durable).encode() * 1000)
    raise AssertionError("groups never end")


def threaded(life: int, path: Path) -> NoReturn:
    """Commit in the background, two commands to a wait."""
    say(f"pid {os.getpid()}")
    tape = SqliteTape.open(path)
    say(f"open {tape.head}")
    with Committer(tape) as committer:
        for turn, order_id in enumerate(groups(life, tape)):
            committer.wake()
            if turn % 2:
                tape.wait_durable(tape.head, timeout_s=10)
                say(f"ack {tape.head} {order_id}")
    raise AssertionError("groups never end")


def at_once(life: int, path: Path) -> NoReturn:
    """Keep everything in memory and save it at the end."""
    tape = SqliteTape.open(path, durability="none")
    for _, _ in zip(range(SAVED_AT_ONCE), groups(life, tape), strict=False):
        pass
    say(f"pid {os.getpid()}")
    say(f"open {tape.head}")
    tape.close()
    say(f"ack {tape.head} -")
    while True:
        signal.pause()


KINDS = {"direct": direct, "threaded": threaded, "at_once": at_once}

if __name__ == "__main__":
    main()
