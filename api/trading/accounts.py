"""Which symbol a request means, and which account where its query may say nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from api.accounts import account_of
from api.endpoints import Call
from api.trading import parse
from engine.errors import SymbolNotFound

if TYPE_CHECKING:
    from api.trading.port import Desk


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
