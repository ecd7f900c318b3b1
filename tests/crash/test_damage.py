"""Every bit of a small tape flipped, and every length its last records can be cut to.

Samples of these are in the tape's own tests; here is the whole of it, but for bytes that are zero,
as those of a page's unused middle are: one bit of each is enough. What a check does not find must
have changed no record, and nothing is ever raised but the tape's own errors.
"""

import sqlite3
from pathlib import Path

import pytest

from adapters.tape_sqlite import log, rows, watermark
from adapters.tape_sqlite.reader import SqliteTapeReader
from adapters.tape_sqlite.tape import SqliteTape
from adapters.tape_sqlite.verify import verify
from engine.tape import Record, body_of, verify_rows
from engine.tape.errors import NotATape, TapeTooNew, TapeTooOld
from tests.adapters.tape_sqlite.damage import copy, log_bytes
from tests.contract.tape_contract import append

pytestmark = [pytest.mark.crash, pytest.mark.slow, pytest.mark.timeout(180)]

RECORDS = 3


def found(path: Path, made: list[Record]) -> bool:
    """Whether a check finds the damage; where it does not, every record must be what it was."""
    try:
        if not verify(path).ok:
            return True
    except (NotATape, TapeTooNew, TapeTooOld) as refusal:
        with pytest.raises(type(refusal)):
            SqliteTape.open(path)
        return True
    with SqliteTapeReader.open(path) as reader:
        assert list(reader.records()) == made
    return False


def test_every_flipped_bit_is_found_or_changes_no_record(tmp_path: Path) -> None:
    path = tmp_path / "small.tape"
    tape = SqliteTape.open(path)
    made = append(tape, RECORDS)
    tape.close()
    image = path.read_bytes()
    detected = 0
    with path.open("r+b") as file:
        for offset in range(len(image)):
            for bit in range(8) if image[offset] else (offset % 8,):
                file.seek(offset)
                file.write(bytes([image[offset] ^ 1 << bit]))
                file.flush()
                detected += found(path, made)
            file.seek(offset)
            file.write(image[offset : offset + 1])
            file.flush()
    assert detected > 8 * sum(len(body_of(one)) for one in made)


def test_a_log_cut_at_every_byte_of_its_last_records_gives_a_whole_prefix(tmp_path: Path) -> None:
    path = tmp_path / "run.tape"
    tape = SqliteTape.open(path)
    ends = []
    for size in (3, 2):
        append(tape, size)
        tape.commit()
        ends.append((log_bytes(path), tape.head))
    made = list(tape.records())
    (before, kept), (whole, _) = ends
    watermark.forget(path)
    torn = copy(path, tmp_path / "torn")
    cut = log.path_of(torn)
    content = cut.read_bytes()
    for length in range(before, whole):
        cut.write_bytes(content[:length])
        reader = sqlite3.connect(torn)
        report = verify_rows(rows.read_rows(reader))
        reader.close()
        assert report.ok, (length, report.reason)
        assert report.head == kept, length
        cut.write_bytes(content[:length])
    reopened = SqliteTape.open(torn)
    assert list(reopened.records()) == made[:kept]
    reopened.close()
    tape.close()
