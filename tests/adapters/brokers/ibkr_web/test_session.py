"""How a session is opened, what it must be told, and when it is left alone."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.brokers.ibkr_web.broker import IbkrWebBroker
from adapters.brokers.ibkr_web.errors import (
    Competing,
    LoginNeeded,
    NotAnswered,
    NotConnected,
    SessionLost,
)
from adapters.brokers.ibkr_web.options import Options
from tests.adapters.brokers.ibkr_web.gateway import ACCOUNT, Gateway
from tests.adapters.brokers.ibkr_web.line import QUICK, Line, line, served

pytestmark = pytest.mark.anyio
DOWN = {"authenticated": False, "competing": False, "connected": True}
TAKEN = {**DOWN, "competing": True}
INIT = "/iserver/auth/ssodh/init"


async def failing(gateway: Gateway, *errors: type[Exception], **options: Any) -> list[str]:
    """Open a line once for each of these errors, and give the paths that were called."""
    async with served(gateway) as (url, _):
        broker = IbkrWebBroker("ibkr", Options(**{**QUICK, "url": url, **options}))
        for error in errors:
            with pytest.raises(error):
                await Line(broker).open()
    return [path for _, path, _ in gateway.calls]


async def test_a_session_that_is_up_is_used_as_it_is_and_primed_in_order() -> None:
    gateway = Gateway()
    async with line(gateway, suppressed=("o163", "o354")):
        pass
    paths = [path for _, path, _ in gateway.calls]
    assert paths[:7] == [
        "/iserver/auth/status",
        "/iserver/accounts",
        "/iserver/questions/suppress",
        "/portfolio/accounts",
        "/iserver/account/orders",
        "/iserver/account/trades",
        "/tickle",
    ]
    assert gateway.asked("/suppress") == [{"messageIds": ["o163", "o354"]}]
    assert INIT not in paths


async def test_a_session_that_is_down_is_opened_without_taking_it_from_anybody() -> None:
    gateway = Gateway()
    gateway.status = dict(DOWN)
    async with line(gateway):
        assert gateway.asked(INIT) == [{"publish": True, "compete": False}]


async def test_a_session_that_another_program_has_is_left_to_it() -> None:
    gateway = Gateway()
    gateway.status = dict(TAKEN)
    assert INIT not in await failing(gateway, Competing)


async def test_a_session_that_another_program_has_is_taken_back_when_asked_to() -> None:
    gateway = Gateway()
    gateway.status = dict(TAKEN)
    async with line(gateway, competing="take"):
        assert gateway.asked(INIT) == [{"publish": True, "compete": True}]


async def test_a_gateway_where_nobody_is_logged_in_is_left_alone_for_a_while() -> None:
    gateway = Gateway()
    gateway.lay("/iserver/auth/status", b"Access Denied", status=401)
    calls = await failing(gateway, LoginNeeded, NotConnected, NotConnected)
    assert calls == ["/iserver/auth/status"]


async def test_each_refusal_doubles_the_time_up_to_the_ceiling() -> None:
    gateway = Gateway()
    gateway.status = dict(DOWN)
    gateway.after_init = dict(DOWN)
    options = {"login_wait_s": 0.05, "login_wait_longest_s": 0.05}
    async with served(gateway) as (url, _):
        broker = IbkrWebBroker("ibkr", Options(**{**QUICK, "url": url, **options}))
        waits = []
        for _ in range(3):
            with pytest.raises(SessionLost):
                await Line(broker).open()
            with pytest.raises(NotConnected) as left:
                await Line(broker).open()
            waits.append(str(left.value))
            await asyncio.sleep(0.06)
    assert len(gateway.asked(INIT)) == 3
    assert len(waits) == 3


async def test_another_account_of_the_username_is_selected() -> None:
    gateway = Gateway()
    gateway.accounts = ["DU9", ACCOUNT]
    async with line(gateway):
        assert gateway.asked("/iserver/account") == [{"acctId": ACCOUNT}]


async def test_an_account_that_the_username_does_not_have_is_refused_for_good() -> None:
    gateway = Gateway()
    gateway.accounts = ["DU9"]
    await failing(gateway, PermissionError)


async def test_a_list_without_any_account_says_nothing_yet() -> None:
    gateway = Gateway()
    gateway.lay("/iserver/accounts", {"accounts": []})
    await failing(gateway, NotAnswered)


@pytest.mark.parametrize(("is_paper", "live"), [(True, True), (False, False)])
async def test_real_money_and_paper_money_are_never_mistaken(is_paper: bool, live: bool) -> None:
    gateway = Gateway()
    gateway.is_paper = is_paper
    await failing(gateway, PermissionError, live=live)


async def test_a_gateway_that_is_not_there_is_not_connected() -> None:
    broker = IbkrWebBroker("ibkr", Options(**{**QUICK, "url": "http://127.0.0.1:9/v1/api"}))
    with pytest.raises(NotConnected):
        await Line(broker).open()


async def test_a_session_that_wants_its_accounts_first_again_is_lost() -> None:
    gateway = Gateway()
    gateway.lay(
        "/portfolio/accounts",
        {"error": "Bad Request: Please query /accounts first", "statusCode": 400},
        status=500,
    )
    await failing(gateway, SessionLost)
