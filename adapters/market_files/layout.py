"""Which column of a file plays which role, read from its header.

Names are matched without regard to case or surrounding blanks. A file with a bid and an ask holds
quotes, one with an open holds bars. The time column may have the common other names, or none at
all if it is the first (the index of a saved data frame). Columns that play no role are ignored.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from adapters.market_files.errors import Fault

Kind = Literal["bars", "quotes"]

TIMESTAMP = "timestamp"
PRICES: dict[Kind, tuple[str, ...]] = {
    "bars": ("open", "high", "low", "close"),
    "quotes": ("bid", "ask"),
}
SIZES: dict[Kind, tuple[str, ...]] = {"bars": ("volume",), "quotes": ("bid_size", "ask_size")}

_TIME_NAMES = frozenset({TIMESTAMP, "date", "datetime", "time", "__index_level_0__"})
_ROLES = frozenset({"open", "high", "low", "close", "volume", "bid", "ask", "bid_size", "ask_size"})


class Layout(NamedTuple):
    """What a file holds and where: role to the position of its column."""

    kind: Kind
    columns: dict[str, int]

    @property
    def prices(self) -> tuple[str, ...]:
        """The roles that are prices."""
        return PRICES[self.kind]

    @property
    def sizes(self) -> tuple[str, ...]:
        """The roles that are sizes or volumes and that the file has."""
        return tuple(role for role in SIZES[self.kind] if role in self.columns)


def layout(header: Sequence[str], kind: Kind | None) -> Layout:
    """The layout of a file with this *header*; Fault if a column is missing or there twice."""
    columns: dict[str, int] = {}
    for position, name in enumerate(header):
        role = _role(name, position)
        if role is None:
            continue
        if role in columns:
            raise Fault(None, f"two columns for {role}: {header[columns[role]]!r} and {name!r}")
        columns[role] = position
    found = kind or ("quotes" if {"bid", "ask"} & columns.keys() else "bars")
    needed = (TIMESTAMP, *PRICES[found], *(SIZES[found] if found == "bars" else ()))
    missing = [role for role in needed if role not in columns]
    if not missing and found == "quotes" and ("bid_size" in columns) != ("ask_size" in columns):
        missing = [role for role in SIZES[found] if role not in columns]
    if missing:
        names = ", ".join(repr(name) for name in header)
        raise Fault(None, f"no column {', '.join(missing)}, which {found} need; it has {names}")
    return Layout(found, columns)


def _role(name: str, position: int) -> str | None:
    """The role of a column called *name*; None if it has none."""
    plain = name.strip().lower()
    if plain in _TIME_NAMES or (position == 0 and plain in {"", "index"}):
        return TIMESTAMP
    return plain if plain in _ROLES else None
