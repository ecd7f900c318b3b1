"""The two manners in which the Web API is served: as one would wish it, and as the gateway is.

`friendly` answers every call at once, whole, in numbers that a program can read. `strict` has the
gateway's habits: calls that must come before others, first answers that are empty, decorated
figures, limits with a penalty. Each habit is one flag, so that no other module asks for a manner by
its name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Manner:
    """Which of the gateway's habits hold."""

    name: str
    accounts_first: bool = False
    """`/iserver/accounts` must come before orders and market data, `/portfolio/accounts` before
    the rest of the portfolio."""
    preflight: bool = False
    """The first snapshot of a contract only opens its stream, and shows nothing."""
    empty_first_calls: bool = False
    """The first list of orders, trades and profit in a session is empty, and positions are bare."""
    decorated: bool = False
    """Snapshots write thousands separators, `K` and `M`, and the prefix of a price that is not of
    today."""
    text_conids: bool = False
    """A search answers contract numbers as texts."""
    atomic_brackets: bool = True
    """A bracket with one bad leg is refused whole, instead of going live without the leg."""
    repeatable: bool = True
    """The same ticket under the same `cOID` gives the same order again, instead of an error."""
    named_fields: bool = True
    """Snapshots also carry their figures under names."""
    cautious: bool = False
    """Market orders, stops, and orders without market data are questioned as well."""
    one_question: bool = False
    """Another order makes an open question void."""
    filters_mute: bool = False
    """A filtered list of orders silences the stream of orders until a list is forced."""
    exact_filters: bool = False
    """Filters of orders count only in the spelling `pre_submitted`."""
    period_table: bool = False
    """A period takes only the bar sizes that its row of the table has."""
    streams_end: bool = False
    """A stream of market data ends without a word a quarter of an hour after it was asked for."""
    sessions_end: bool = False
    """A brokerage session ends when no call came for six minutes."""
    paced: bool = False
    """Calls beyond the limits are answered 429, and shut out for the penalty."""


FRIENDLY = Manner("friendly")
STRICT = Manner(
    "strict",
    accounts_first=True,
    preflight=True,
    empty_first_calls=True,
    decorated=True,
    text_conids=True,
    atomic_brackets=False,
    repeatable=False,
    named_fields=False,
    cautious=True,
    one_question=True,
    filters_mute=True,
    exact_filters=True,
    period_table=True,
    streams_end=True,
    sessions_end=True,
    paced=True,
)
MANNERS = {each.name: each for each in (FRIENDLY, STRICT)}
