"""The terms of a remote broker's contracts at this edge: asked of it before anything is ordered by
them, and listed as facts.

Whoever is about to order, or names a contract that was never heard of here, waits for the broker's
word, as long as for any answer of its. Several who ask for the same wait for one. What is held can
be closed whether or not the broker tells.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

from api.lines.lines import UP
from engine.errors import EngineError, ProviderUnavailable, SymbolNotFound
from engine.instruments import is_plausible
from engine.ports import Directory
from engine.values import NANOSECONDS

if TYPE_CHECKING:
    from api.lines.driver import Driver
    from engine.core import Engine
    from engine.instruments import Instrument, Listing

AGAIN_S = 60.0
"""How long what a quote would have listed is not asked for again after a failure."""

log = logging.getLogger("onetape.market")
Ask = Callable[[Directory], Awaitable["Instrument"]]


class Terms:
    """The contracts of the broker behind one line; nothing is asked of one that tells no terms."""

    def __init__(self, engine: Engine, driver: Driver) -> None:
        self._engine = engine
        self._driver = driver
        self._directory = driver.broker if isinstance(driver.broker, Directory) else None
        self._under_way: dict[str, asyncio.Task[Instrument]] = {}
        self._wishes: set[str] = set()
        self._not_before: dict[str, float] = {}
        self._wished = asyncio.Event()

    async def run(self) -> None:
        """List what was wished for, one after the other, until cancelled."""
        while True:
            await self._wished.wait()
            self._wished.clear()
            while self._wishes:
                symbol = self._wishes.pop()
                try:
                    await self._learn(symbol)
                except EngineError as error:
                    self._not_before[symbol] = time.monotonic() + AGAIN_S
                    log.info("terms: %s", error.message)

    def wish(self, symbol: str) -> bool:
        """Have a symbol listed soon, unless it is; False if this broker tells no terms."""
        if self._directory is None:
            return False
        if not self._is_known(symbol) and time.monotonic() >= self._not_before.get(symbol, 0.0):
            self._wishes.add(symbol)
            self._wished.set()
        return True

    async def know(self, account: str, symbols: Iterable[str]) -> None:
        """Have these listed by the broker's terms before anything is ordered in ``account``.

        SymbolNotFound where the broker has no such contract; ProviderUnavailable where it does not
        tell in time. Returns at once for what no broker could have, and while the line is down: the
        engine takes no orders then, and says why.
        """
        held = {one.symbol for one in self._engine.account(account).positions.values()}
        for symbol in symbols:
            if not is_plausible(symbol) or self._is_known(symbol) or not self._is_up:
                continue
            try:
                await self._learn(symbol)
            except EngineError:
                if symbol not in held:
                    raise

    async def named(self, contract_id: str) -> None:
        """Have the contract of this number listed, likewise."""
        if self._directory is not None and self._is_up:
            await self._asked(contract_id, lambda one: one.terms_of(contract_id))

    async def find(self, text: str, *, by_name: bool, kind: str) -> list[Listing]:
        """The contracts that the broker finds for a text; ProviderUnavailable where it does not
        answer.
        """
        directory, line = self._directory, self._driver.line
        if directory is None or not self._is_up:
            raise ProviderUnavailable(f"{line.broker} is {line.state}: it can not be searched")
        try:
            async with asyncio.timeout(self._patience_s):
                return await directory.find(text, by_name=by_name, kind=kind)
        except Exception as error:
            why = str(error) or type(error).__name__
            raise ProviderUnavailable(f"{line.broker} did not search for {text}: {why}") from error

    async def _learn(self, symbol: str) -> None:
        if self._directory is not None and not self._is_known(symbol):
            await self._asked(symbol, lambda one: one.terms(symbol))

    async def _asked(self, name: str, ask: Ask) -> None:
        """Wait for the one question about ``name``, and list what it gives."""
        task = self._under_way.get(name)
        if task is None:
            task = self._under_way[name] = asyncio.create_task(self._answer(name, ask))
            task.add_done_callback(lambda _done: self._under_way.pop(name, None))
        told = await asyncio.shield(task)
        self._engine.now = max(self._engine.now, time.time_ns())
        self._engine.learn(told)

    async def _answer(self, name: str, ask: Ask) -> Instrument:
        broker, directory = self._driver.line.broker, self._directory
        if directory is None:
            raise SymbolNotFound(name)
        try:
            async with asyncio.timeout(self._patience_s):
                return await ask(directory)
        except EngineError:
            raise
        except TimeoutError as error:
            late = f"{broker} did not tell the terms of {name} within {self._patience_s:g} s"
            raise ProviderUnavailable(late, symbol=name) from error
        except Exception as error:
            why = str(error) or type(error).__name__
            told = f"{broker} did not tell the terms of {name}: {why}"
            raise ProviderUnavailable(told, symbol=name) from error

    def _is_known(self, name: str) -> bool:
        """Whether the instrument is listed by this broker's own terms."""
        if self._directory is None:
            return True
        try:
            return self._directory.vendor in self._engine.instruments.resolve(name).ids
        except SymbolNotFound:
            return False

    @property
    def _is_up(self) -> bool:
        return self._driver.line.state in UP

    @property
    def _patience_s(self) -> float:
        return self._driver.timing.answer_ns / NANOSECONDS
