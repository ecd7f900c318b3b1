"""Which account a request means: the default one, or the one that it names.

An account is named by the header `X-Account-ID` or by `?account_id=`; by both only if they agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.endpoints import Call
from api.trading import parse
from engine.errors import AccountNotFound, InvalidRequest

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


def account_alone(desk: Desk, call: Call) -> str:
    """The account that is meant by a request whose query may say nothing else."""
    return account_of(desk, call, parse.NO_QUERY.read_query(call.query) if call.query else {})
