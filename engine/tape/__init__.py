"""The tape: an append-only, ordered, chained log of facts, without a word about disks."""

from engine.tape.chain import GENESIS, link
from engine.tape.digests import digest
from engine.tape.errors import TapeError, TapeFailed
from engine.tape.memory import MemoryTape
from engine.tape.port import Encoder, Tape
from engine.tape.record import Record, body_of
from engine.tape.verify import Report, Row, verify_rows

__all__ = [
    "GENESIS",
    "Encoder",
    "MemoryTape",
    "Record",
    "Report",
    "Row",
    "Tape",
    "TapeError",
    "TapeFailed",
    "body_of",
    "digest",
    "link",
    "verify_rows",
]
