"""The key file is its owner's alone, is replaced as a whole, and loses no change."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from api.keyfile import KeyFile, Keys
from api.sources import SettingsError
from tests.api.credentials import stored

FIRST = stored("first", "read")
SECOND = stored("second", "trade", key=f"otk_99999999_{'7' * 64}", accounts=("A", "B"))
WRITER = """
import sys
from pathlib import Path
from api.keyfile import KeyFile
from api.keys import new_key
for number in range(10):
    kept = new_key(f"{sys.argv[2]}-{number}", ("read",))[1]
    KeyFile(Path(sys.argv[1])).change(lambda keys: (*keys, kept))
"""


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "onetape.keys")


def test_what_is_written_is_read_again(file: KeyFile) -> None:
    assert file.read() is None
    file.change(lambda keys: (*keys, FIRST, SECOND))
    assert file.read() == (FIRST, SECOND)
    file.change(lambda keys: keys[1:])
    assert file.read() == (SECOND,)
    file.change(lambda _keys: ())
    assert file.read() == ()


def test_the_file_is_its_owners_alone_whatever_the_umask(file: KeyFile) -> None:
    before = os.umask(0)
    try:
        file.change(lambda _keys: (FIRST,))
    finally:
        os.umask(before)
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in file.path.parent.iterdir()] == ["onetape.keys"]


def test_a_file_that_others_may_write_is_not_trusted(file: KeyFile) -> None:
    file.change(lambda _keys: (FIRST,))
    file.path.chmod(0o620)
    with pytest.raises(SettingsError, match="others may write it"):
        file.read()


def test_its_mark_differs_after_every_change(file: KeyFile) -> None:
    marks = [file.mark()]
    for keys in ((FIRST,), (SECOND,), (FIRST,)):
        file.change(lambda _keys, keys=keys: keys)  # type: ignore[misc]  # a default has no type
        marks.append(file.mark())
    assert marks[0] is None
    assert len(set(marks)) == 4


def test_a_change_that_fails_leaves_the_file_as_it_was(file: KeyFile) -> None:
    def fail(_keys: Keys) -> Keys:
        raise ZeroDivisionError

    file.change(lambda _keys: (FIRST,))
    with pytest.raises(ZeroDivisionError):
        file.change(fail)
    assert file.read() == (FIRST,)
    assert len(list(file.path.parent.iterdir())) == 1


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "malformed|truncated"),
        ("[]", "Expected `object`"),
        ('{"version": 2, "keys": []}', "version is 2; expected 1"),
        ('{"version": 1, "keys": [], "more": 1}', "unknown field `more`"),
        ('{"version": 1, "keys": [{"id": "0123abcd"}]}', "missing required field"),
        (
            '{"version": 1, "keys": [{"id": "0123abcd", "name": "a b", "sha256": "", '
            '"scopes": ["read"], "created_at": "2025-01-01T00:00:00Z"}]}',
            "name is 'a b'; expected",
        ),
    ],
)
def test_a_file_that_is_not_right_is_named_with_the_reason(
    file: KeyFile, content: str, reason: str
) -> None:
    file.path.write_text(content)
    with pytest.raises(SettingsError, match=reason) as refused:
        file.read()
    assert str(file.path) in str(refused.value)


def test_two_keys_that_can_not_be_told_apart_are_refused(file: KeyFile) -> None:
    file.change(lambda _keys: (FIRST, FIRST))
    with pytest.raises(SettingsError, match="two keys have the same id"):
        file.read()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = KeyFile(tmp_path / "absent" / "onetape.keys")
    assert file.read() is None
    with pytest.raises(SettingsError, match=r"absent/onetape\.keys: No such file"):
        file.change(lambda keys: keys)


def test_a_file_that_can_not_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="Is a directory"):
        KeyFile(tmp_path).read()


def test_processes_that_change_it_at_once_lose_nothing(file: KeyFile) -> None:
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file.path), name])
        for name in ("one", "two", "three")
    ]
    assert [writer.wait(30) for writer in writers] == [0, 0, 0]
    keys = file.read()
    assert keys is not None
    assert len({key.name for key in keys}) == 30
