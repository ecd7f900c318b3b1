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


class Fixed(msgspec.Struct, frozen=True, gc=False):
    """What never changes."""

    number: int


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


@pytest.mark.parametrize("struct", [Tracked, Fixed])
def test_what_may_have_to_be_tracked_and_what_never_changes_are_refused(
    struct: type[msgspec.Struct],
) -> None:
    with pytest.raises(TypeError, match=f"{struct.__name__} is not declared gc=False, or it is"):
        set_directly(struct)
    assert struct.__setattr__ is not object.__setattr__
