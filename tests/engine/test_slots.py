"""A struct whose fields are set directly is the same struct otherwise."""

import msgspec
import pytest

from engine.slots import set_directly


@set_directly
class Quick(msgspec.Struct, gc=False):
    """Set on every order's way."""

    number: int
    name: str = ""


class Plain(msgspec.Struct, gc=False):
    """The same fields, set as msgspec sets them."""

    number: int
    name: str = ""


class Tracked(msgspec.Struct):
    """What may be part of a cycle."""

    inner: list["Tracked"]


def test_fields_are_set_deleted_and_encoded_as_before() -> None:
    quick, plain = Quick(1), Plain(1)
    for one in (quick, plain):
        one.number, one.name = 2, "b"
    assert msgspec.json.encode(quick) == msgspec.json.encode(plain)
    assert msgspec.structs.astuple(msgspec.structs.replace(quick, number=3)) == (3, "b")
    del quick.name
    with pytest.raises(AttributeError):
        _ = quick.name


def test_the_interpreter_reaches_the_slots() -> None:
    assert Quick.__setattr__ is object.__setattr__
    assert Plain.__setattr__ is not object.__setattr__
    with pytest.raises(AttributeError):
        Quick(1).other = 1  # type: ignore[attr-defined]


def test_what_the_collector_may_have_to_track_is_refused() -> None:
    with pytest.raises(TypeError, match="Tracked is not declared gc=False"):
        set_directly(Tracked)
