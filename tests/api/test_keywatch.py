"""A running server's keys follow the file, and doubt keeps people out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from api import keywatch
from api.auth import OWNER, Principal
from api.keyfile import KeyFile
from api.keywatch import KeyWatch
from api.sources import SettingsError
from tests.api.credentials import KEY, stored

pytestmark = pytest.mark.anyio
HEADERS = {b"x-api-key": KEY.encode()}
BOT = stored("bot", "trade")


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KeyFile:
    monkeypatch.setattr(keywatch, "POLL_S", 0.01)
    return KeyFile(tmp_path / "onetape.keys")


async def looked(watch: KeyWatch, times: int = 2) -> None:
    """Let the watch look at its file so many times."""
    seen = asyncio.Semaphore(0)
    running = asyncio.create_task(watch.run(lambda _admits: seen.release()))
    async with asyncio.timeout(5):
        for _ in range(times):
            await seen.acquire()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_without_a_file_nobody_is_asked_for_a_key(file: KeyFile) -> None:
    watch = KeyWatch(file)
    await looked(watch)
    assert watch.ring.authorize({}) is OWNER


async def test_a_key_counts_once_it_is_in_the_file_and_no_longer(file: KeyFile) -> None:
    watch = KeyWatch(file)
    file.change(lambda _keys: (BOT,))
    await looked(watch)
    assert watch.ring.authorize(HEADERS) == BOT.principal()
    file.change(lambda _keys: ())
    await looked(watch)
    assert not isinstance(watch.ring.authorize(HEADERS), Principal)


async def test_a_file_that_vanishes_lets_nobody_in(file: KeyFile) -> None:
    file.change(lambda _keys: (BOT,))
    watch = KeyWatch(file)
    file.path.unlink()
    await looked(watch)
    assert not isinstance(watch.ring.authorize(HEADERS), Principal)
    assert not isinstance(watch.ring.authorize({}), Principal)


async def test_a_file_that_can_not_be_read_changes_nothing_and_is_said_once(
    file: KeyFile, caplog: pytest.LogCaptureFixture
) -> None:
    file.change(lambda _keys: (BOT,))
    watch = KeyWatch(file)
    file.path.write_text("{")
    await looked(watch, 5)
    assert watch.ring.authorize(HEADERS) == BOT.principal()
    assert [each.levelname for each in caplog.records] == ["ERROR"]
    file.path.unlink()
    file.change(lambda _keys: ())
    await looked(watch)
    assert not isinstance(watch.ring.authorize(HEADERS), Principal)


async def test_whoever_is_not_admitted_any_more_is_dismissed(file: KeyFile) -> None:
    file.change(lambda _keys: (BOT,))
    watch = KeyWatch(file)
    asked: asyncio.Queue[Callable[[Principal], bool]] = asyncio.Queue()
    running = asyncio.create_task(watch.run(asked.put_nowait))
    async with asyncio.timeout(5):
        assert (await asked.get())(BOT.principal())
        file.change(lambda _keys: ())
        while (await asked.get())(BOT.principal()):
            pass
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_a_file_that_is_wrong_at_the_start_is_an_error(file: KeyFile) -> None:
    file.path.write_text("{")
    with pytest.raises(SettingsError, match="key file"):
        KeyWatch(file)
