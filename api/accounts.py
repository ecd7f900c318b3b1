"""Which account a call means, and whether its key opens that account.

A call that names none means the first account of its key, or the server's default where the key
opens all.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from api.fields import Text
from engine.errors import AccountNotFound, InvalidRequest

if TYPE_CHECKING:
    from api.endpoints import Call
    from engine.core import Engine

HEADER = b"x-account-id"
ACCOUNT = Text("The account meant, where it is not the default one", 64)


class Desk(Protocol):
    """What is served: an engine's accounts, one of which is the default."""

    engine: Engine
    default_account: str


def account_of(desk: Desk, call: Call, query: Mapping[str, Any]) -> str:
    """The account that the header `X-Account-ID` or `?account_id=` names; both only if they agree.

    AccountNotFound for one that is not served, a 403 refusal for one that the key does not open.
    """
    named: str | None = query.get("account_id")
    in_header = call.headers.get(HEADER)
    if in_header is not None:
        account = ACCOUNT.read("X-Account-ID", in_header.decode("latin-1"))
        if named is not None and named != account:
            raise InvalidRequest("account_id", named, f"{account}, as X-Account-ID says")
        named = account
    return account_named(desk, call, named)


def account_named(desk: Desk, call: Call, named: str | None) -> str:
    """The account of this name, or the one meant where none is named; raises as `account_of`."""
    caller = call.caller
    account = named or caller.account_or(desk.default_account)
    refusal = caller.denies(account)
    if refusal is not None:
        raise refusal
    if account not in desk.engine.state.accounts:
        raise AccountNotFound(account)
    return account
