"""The root of all facts: a frozen struct with a tag, its default values left out."""

from __future__ import annotations

import msgspec


class Fact(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, tag_field="type"):
    """The root of all facts."""
