"""Slots of structs, for those that change on the way of every order.

After each assignment to a field msgspec looks whether the collector has to track the struct from
now on. One declared ``gc=False`` never has to be tracked, so for it there is nothing to look at;
but the look stands between the interpreter and the slot, and makes setting it cost three times as
much. ``set_directly`` takes it away.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

Untracked = TypeVar("Untracked", bound=type[msgspec.Struct])


def set_directly(struct: Untracked) -> Untracked:
    """Let the fields of ``struct``, from which nothing else may derive, be set as those of any
    class with slots; raises TypeError for one that the collector may have to track, or that is
    frozen.
    """
    config = struct.__struct_config__
    if config.gc or config.frozen:
        raise TypeError(f"{struct.__name__} is not declared gc=False, or it is frozen")
    for name in ("__delattr__", "__setattr__"):  # both: the interpreter keeps them in one place
        type.__setattr__(struct, name, getattr(object, name))
    return struct
