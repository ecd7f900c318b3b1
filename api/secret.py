"""A text that must not be seen by accident: wherever it is shown, it is three stars.

A `Secret` is the text `***`, to every formatter, encoder and pickle; what it guards is had by
`reveal` alone, so whoever needs the value says so in a way that a search finds. The encoders of
wire and tape refuse to take one at all. Comparing two takes the same time whatever they hold.
"""

from __future__ import annotations

import hmac
from typing import Any

from pydantic_core import CoreSchema, core_schema

STARS = "***"


class Secret(str):
    """A text that shows as three stars. Copies are the same object; a pickle holds the stars."""

    __slots__ = ("_guarded",)

    _guarded: str

    def __new__(cls, guarded: str) -> Secret:
        """Guard a text."""
        made = super().__new__(cls, STARS)
        made._guarded = guarded
        return made

    def reveal(self) -> str:
        """The text itself."""
        return self._guarded

    def __repr__(self) -> str:
        """Three stars, without quotes."""
        return STARS

    def __eq__(self, other: object) -> bool:
        """Whether the other is a secret that guards the same."""
        if not isinstance(other, Secret):
            return False
        return hmac.compare_digest(self._guarded.encode(), other._guarded.encode())

    def __ne__(self, other: object) -> bool:
        """The opposite; a text would have an answer of its own."""
        return not self == other

    def __hash__(self) -> int:
        """By what is guarded, as equality is."""
        return hash((Secret, self._guarded))

    def __copy__(self) -> Secret:
        """Itself, for it can not change."""
        return self

    def __deepcopy__(self, _memo: dict[int, Any]) -> Secret:
        """Itself, for it can not change."""
        return self

    def __reduce_ex__(self, _protocol: Any) -> tuple[Any, ...]:
        """The stars: what is secret leaves no process."""
        return (str, (STARS,))

    def __getnewargs__(self) -> tuple[str]:
        """The stars, for whoever rebuilds texts by their parts."""
        return (STARS,)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        """Let a setting be a secret: read from a text, shown as the stars."""
        return core_schema.no_info_after_validator_function(
            cls._from_text,
            core_schema.union_schema(
                [core_schema.is_instance_schema(cls), core_schema.str_schema()]
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _secret: STARS),
        )

    @classmethod
    def _from_text(cls, text: str) -> Secret:
        return text if isinstance(text, Secret) else cls(text)
