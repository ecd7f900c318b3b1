"""Which account a request means, and which symbol: what every list and command may be told.

The account is the default one unless the header `X-Account-ID` or `?account_id=` names another;
both may be there only if they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.endpoints import Call
from api.trading import parse
from engine.errors import AccountNotFound, InvalidRequest, SymbolNotFound

if TYPE_CHECKING:
    from api.trading.port import Desk

HEADER = b"x-account-id"


def account_of(desk: Desk, call: Call, query: Mapping[str, Any]) -> str:
    """The id of the account that is meant; AccountNotFound for one that is not served."""
    in_header = call.headers.get(HEADER)
    in_query: str | None = query.get("account_id")
    if in_header is None:
        account = in_query or desk.default_account
    else:
        account = parse.ACCOUNT.read("X-Account-ID", in_header.decode("latin-1"))
        if in_query is not None and in_query != account:
            raise InvalidRequest("account_id", in_query, f"{account}, as X-Account-ID says")
    if account not in desk.engine.state.accounts:
        raise AccountNotFound(account)
    return account


def symbol_of(desk: Desk, query: Mapping[str, Any]) -> str | None:
    """The symbol that a list is narrowed to, by any of its names; an unknown one stays as is."""
    name: str | None = query.get("symbol")
    if name is None:
        return None
    try:
        return desk.engine.instruments.resolve(name).symbol
    except SymbolNotFound:
        return name


def account_alone(desk: Desk, call: Call) -> str:
    """The account that is meant by a request whose query may say nothing else."""
    return account_of(desk, call, parse.NO_QUERY.read_query(call.query) if call.query else {})
