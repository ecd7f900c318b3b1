"""The tape: an append-only, ordered, chained log of facts, without a word about disks."""

from engine.tape.chain import GENESIS, link
from engine.tape.errors import TapeError, TapeFailed
from engine.tape.port import Codec, Tape
from engine.tape.record import Record

__all__ = ["GENESIS", "Codec", "Record", "Tape", "TapeError", "TapeFailed", "link"]
