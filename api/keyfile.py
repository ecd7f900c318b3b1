"""The file that keeps what is known of every key: for its owner alone, and replaced as a whole.

A change is made under a lock, written beside the file, brought to the disk and then renamed into
its place; so whoever reads, at whatever moment, reads what was before the change or after it. Where
there is no file no key is asked for; with a file that holds no key nobody is let in.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec

from api.keys import StoredKey
from api.sources import SettingsError

VERSION = 1
Keys = tuple[StoredKey, ...]
Mark = tuple[int, ...]


class Contents(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file."""

    version: int
    keys: Keys


class KeyFile:
    """The keys kept at ``path``. Raises SettingsError for a file that can not be used."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Keys | None:
        """The keys; None where there is no file."""
        try:
            with self.path.open("rb") as file:
                # What others may write could let anybody in.
                if os.fstat(file.fileno()).st_mode & (stat.S_IWGRP | stat.S_IWOTH):
                    raise self._unusable("others may write it; make it yours with chmod 600")
                content = file.read()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None
        return self._decoded(content)

    def mark(self) -> Mark | None:
        """What differs whenever the file was changed; None where there is none."""
        try:
            seen = self.path.stat()
        except FileNotFoundError:
            return None
        return seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino

    def change(self, edit: Callable[[Keys], Keys]) -> None:
        """Replace the keys by what ``edit`` makes of them; one change at a time, in any process."""
        try:
            with self._locked():
                keys = edit(self.read() or ())
                self._replace(msgspec.json.encode(Contents(VERSION, keys)))
        except OSError as error:
            raise self._unusable(error.strerror or str(error)) from None

    def _decoded(self, content: bytes) -> Keys:
        try:
            contents = msgspec.json.decode(content, type=Contents)
        except msgspec.DecodeError as error:
            raise self._unusable(str(error)) from None
        if contents.version != VERSION:
            raise self._unusable(f"version is {contents.version}; expected {VERSION}")
        for what in ("id", "name"):
            values = [getattr(key, what) for key in contents.keys]
            if len(set(values)) != len(values):
                raise self._unusable(f"two keys have the same {what}")
        return contents.keys

    def _replace(self, content: bytes) -> None:
        folder = self.path.parent
        # Made for its owner alone from the start, whatever the umask.
        with NamedTemporaryFile(
            dir=folder, prefix=f".{self.path.name}.", delete=False
        ) as temporary:
            try:
                temporary.write(msgspec.json.format(content, indent=2) + b"\n")
                temporary.flush()
                os.fsync(temporary.fileno())
                Path(temporary.name).replace(self.path)
            except BaseException:
                Path(temporary.name).unlink(missing_ok=True)
                raise
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        """Alone among those who change the file. The folder is what is locked: it is there, and
        stays, where a file of its own would have to be left behind.
        """
        descriptor = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _unusable(self, why: str) -> SettingsError:
        return SettingsError(f"key file {self.path}: {why}")
