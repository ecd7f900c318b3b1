"""A secret shows as three stars to everything that shows, encodes or stores it."""

from __future__ import annotations

import copy
import json
import logging
import pickle
from collections.abc import Callable

import msgspec
import pytest
from pydantic import BaseModel, ValidationError

from api.secret import Secret

CANARY = "canary-of-high-entropy"
SECRET = Secret(CANARY)


class Login(BaseModel):
    """A setting with a secret inside."""

    user: str = "u"
    password: Secret


@pytest.mark.parametrize(
    "show",
    [
        str,
        repr,
        lambda secret: f"{secret}",
        lambda secret: f"{secret!r:>9}",
        lambda secret: "%s %r" % (secret, secret),  # noqa: UP031  this form, too
        lambda secret: secret + "",
        lambda secret: secret[:3],
        lambda secret: repr({"key": [secret]}),
        lambda secret: json.dumps({"key": secret}),
        lambda secret: str(pickle.dumps(secret)),
        lambda secret: str(pickle.dumps(secret, protocol=0)),
        lambda secret: str(Login(password=secret)),
        lambda secret: Login(password=secret).model_dump_json(),
        lambda secret: repr(Login(password=secret).model_dump()),
        lambda secret: str(KeyError(secret)),
    ],
)
def test_wherever_it_is_shown_it_is_three_stars(show: Callable[[Secret], str]) -> None:
    assert "***" in show(SECRET)
    assert CANARY not in show(SECRET)


def test_a_log_shows_three_stars(caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("onetape").warning("the key %s and %r", SECRET, SECRET)
    assert caplog.messages == ["the key *** and ***"]


def test_the_encoders_of_wire_and_tape_refuse_it() -> None:
    with pytest.raises(TypeError):
        msgspec.json.encode({"key": SECRET})
    with pytest.raises(TypeError):
        msgspec.msgpack.encode(SECRET)


def test_the_text_is_had_by_asking_for_it() -> None:
    assert SECRET.reveal() == CANARY
    assert copy.copy(SECRET) is SECRET
    assert copy.deepcopy([SECRET])[0].reveal() == CANARY
    assert pickle.loads(pickle.dumps(SECRET)) == "***"


def test_two_are_the_same_when_they_guard_the_same() -> None:
    assert Secret("é") == Secret("é")
    assert Secret("a") != Secret("b")
    assert SECRET != "***"
    assert len({Secret("a"), Secret("a"), Secret("b")}) == 2


def test_a_setting_is_read_from_text_and_nothing_else() -> None:
    assert Login.model_validate({"password": CANARY}).password.reveal() == CANARY
    with pytest.raises(ValidationError):
        Login.model_validate({"password": 7})
